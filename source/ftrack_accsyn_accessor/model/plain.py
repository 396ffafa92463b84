"""Frozen values as JSON: for `--json`, and for the diagnosis archive."""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import math
import operator
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Callable, Optional

_AS_THEY_ARE = frozenset((str, int, bool, type(None)))


def as_json(value: Any, indent: Optional[int] = None, ascii_only: bool = False) -> str:
    """Return *value* as JSON: dataclasses with their fields and properties, enums as their values.

    What cannot be encoded, as in file names that are no UTF-8, is escaped as JSON does it; with *ascii_only* every
    letter beyond ASCII is.
    """
    text = json.dumps(plain(value), ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    return text.encode("utf-8", "backslashreplace").decode()


@functools.cache
def _names(kind: type) -> tuple[str, ...]:
    """Return the names of what is told of a dataclass; there may be many of one."""
    shown = [field.name for field in dataclasses.fields(kind) if field.repr]
    return (*shown, *(name for name, member in vars(kind).items() if isinstance(member, property)))


@functools.cache
def _values(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives the values of `_names`, all in one go."""
    names = _names(kind)
    if len(names) > 1:
        return operator.attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def plain(value: Any) -> Any:
    """Return *value* as dictionaries, lists, texts and numbers. What a dataclass hides from its repr stays hidden."""
    kind: type = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is float:
        return value if math.isfinite(value) else None  # JSON has no word for it
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        told = zip(_names(kind), _values(kind)(value))
        # There may be very many of one: what is as it is needs no call.
        return {name: each if type(each) in _AS_THEY_ARE else plain(each) for name, each in told}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no word for it
    return str(value) if isinstance(value, PurePath) else value
