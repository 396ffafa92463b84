"""Frozen values as JSON: for `--json`, and for the diagnosis archive."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Optional


def as_json(value: Any, indent: Optional[int] = None, ascii_only: bool = False) -> str:
    """Return *value* as JSON: dataclasses with their fields and properties, enums as their values.

    What cannot be encoded, as in file names that are no UTF-8, is escaped as JSON does it; with *ascii_only* every
    letter beyond ASCII is.
    """
    text = json.dumps(plain(value), ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    return text.encode("utf-8", "backslashreplace").decode()


def plain(value: Any) -> Any:
    """Return *value* as dictionaries, lists, texts and numbers. What a dataclass hides from its repr stays hidden."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.repr]
        names += [name for name, member in vars(type(value)).items() if isinstance(member, property)]
        return {name: plain(getattr(value, name)) for name in names}
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
