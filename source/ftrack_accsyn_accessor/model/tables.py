"""Files that a studio writes for us, in TOML or JSON: what stands in them, and what is wrong with it. Pure."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import Any, Callable, Optional, TypeVar

#: Modules that read TOML: Python has one from 3.11 on.
_TOML = ("tomllib", "tomli")

_Value = TypeVar("_Value")


def read_content(text: str, path: str) -> Any:
    """Return what *text*, the content of the file *path*, holds; raise ValueError, in words, where it is neither."""
    try:
        return _content(text.lstrip("\ufeff"), path)  # Windows' editors mark UTF-8 in this way
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it cannot be read: {error}") from None


def _content(text: str, path: str) -> Any:
    if path.lower().endswith(".json") or (not path.lower().endswith(".toml") and text.lstrip().startswith("{")):
        return json.loads(text, object_pairs_hook=_unique)
    for name in _TOML:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        return module.loads(text)
    raise ValueError(
        "this Python reads no TOML (3.11 and later do); write the file in JSON, with a name ending in .json"
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse what JSON would pass over silently."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


class Tables:
    """Reads the tables of such a file, and collects what is wrong in `problems`, each with its place."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def flag(self, where: str, table: Mapping[str, Any], key: str) -> Optional[bool]:
        """Return what *table* says under *key*, None where that is nothing, or no truth value."""
        if key not in table:
            return None
        return self.value(f"{where}.{key}", table[key], lambda value: isinstance(value, bool), "true or false")

    def text(self, where: str, table: Mapping[str, Any], key: str) -> str:
        """Return what *table* says under *key*, empty where that is nothing, or no text."""
        if key not in table:
            return ""
        return self.value(f"{where}.{key}", table[key], _worded, "a text") or ""

    def table(self, where: str, value: Any, keys: tuple[str, ...]) -> Mapping[str, Any]:
        """Return the table *value*, without what is none of *keys*."""
        found: Mapping[str, Any] = self.value(where, value, is_table, "a table") or {}
        for key in sorted(found.keys() - set(keys)):
            self.problems.append(f"{where}{'.' if where else ''}{key} is not known; there may be: {', '.join(keys)}")
        return {key: found[key] for key in keys if key in found}

    def value(self, where: str, value: _Value, fits: Callable[[Any], bool], wanted: str) -> Optional[_Value]:
        """Return *value*, None where it does not fit, which is reported."""
        if fits(value):
            return value
        self.report(where or "it", value, wanted)
        return None

    def report(self, where: str, value: Any, wanted: str) -> None:
        """Note that what stands at *where* is not what is *wanted*."""
        self.problems.append(f"{where} is {value!r}, not {wanted}")


def is_table(value: Any) -> bool:
    """Whether *value* has names in it."""
    return isinstance(value, Mapping)


def is_list(value: Any) -> bool:
    """Whether *value* is a list."""
    return isinstance(value, list)


def _worded(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
