"""Frozen values as JSON: for `--json`, and for the diagnosis archive."""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Optional

_AS_THEY_ARE = (str, int, bool, type(None))


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


def plain(value: Any) -> Any:
    """Return *value* as dictionaries, lists, texts and numbers. What a dataclass hides from its repr stays hidden."""
    if type(value) in _AS_THEY_ARE:
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no word for it
    return str(value) if isinstance(value, PurePath) else value
