"""Conversion of attribute values between the wire, the store and query expressions.

Dates are stored as `YYYY-MM-DDTHH:MM:SS` in UTC, so that their order is the order of the text; on the wire they are
`{"__type__": "datetime", "value": ..}` (ftrack fact sheet, "Wire protocol").
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timezone
from typing import Any, Callable

from . import errors
from .schema import Attribute

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?")


def now() -> str:
    """The present, as dates are stored."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


def to_stored(attribute: Attribute, value: Any) -> Any:
    """`value` as the column keeps it. Raises `ServerError` when the column cannot hold it."""
    if value is None:
        return None
    try:
        stored = _CONVERTERS[attribute.kind](value)
    except (KeyError, OverflowError, TypeError, ValueError):
        raise errors.incorrect_value(attribute.kind, value, attribute.name) from None
    if attribute.choices and stored not in attribute.choices:
        choices = ", ".join(attribute.choices)
        raise errors.invalid_value(f"'{stored}' is not one of the values of '{attribute.name}': {choices}.")
    return stored


def to_wire(attribute: Attribute, value: Any) -> Any:
    """A stored value as it is sent."""
    if attribute.kind == "datetime" and value is not None:
        return {"__type__": "datetime", "value": value}
    return value


def to_plain(value: Any) -> Any:
    """A value of the kind "variable" as conditions see it: dates and lists of choices are text."""
    if isinstance(value, dict):
        return value.get("value")
    return ", ".join(value) if isinstance(value, list) else value


def as_plain(text: str, value: Any) -> Any:
    """What is written in a condition, as something that compares to *value*. Raises KeyError or ValueError."""
    if isinstance(value, bool):
        return _to_boolean(text)
    if isinstance(value, (int, float)):
        return float(text)
    return _to_datetime(text) if isinstance(value, dict) else text


def _to_string(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise TypeError(value)
    return value if isinstance(value, str) else str(value)


def _to_boolean(value: Any) -> bool:
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}[value.lower()] if value else False
    return bool(value)


def _to_number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return int(number) if number.is_integer() else number


def _to_datetime(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, (date, datetime)):
        value = value.isoformat()
    match = _ISO.fullmatch(value)
    if not match:
        raise ValueError(value)
    day, minute, second, zone = match.groups()
    text = f"{day}T{minute or '00:00'}:{second or '00'}"
    datetime.fromisoformat(text)  # no such day, or hour: ValueError
    if zone in (None, "Z", "+00:00", "+0000"):
        return text
    moment = datetime.strptime(text + zone.replace(":", ""), "%Y-%m-%dT%H:%M:%S%z")
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "string": _to_string,
    "json": _to_string,
    "object": _to_string,
    "integer": int,
    "number": _to_number,
    "boolean": _to_boolean,
    "datetime": _to_datetime,
    "variable": lambda value: value,
}
