"""Names that people, disks and attackers think of, and values of any class with such names in it."""

from __future__ import annotations

import dataclasses
import enum
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Union

from hypothesis import strategies as st

#: Controls, halves of surrogate pairs, what turns the direction of writing, is drawn over a letter, or is a wide one.
_ODD = [
    "\x1b[31m",
    "\r",
    "\t",
    "\n",
    "\u202e",
    "\u200d",
    "\udcff",
    "\ud83d",
    "e\u0301",
    "\u3000",
    "\xa0",
    "ｗ",
    "プ",
    "😀",
]
_LETTERS = st.characters(codec=None, exclude_categories=())
_PATH = st.lists(st.text(_LETTERS, min_size=1, max_size=60), min_size=1, max_size=6).map("/".join)

#: 1 to 300 characters.
NAMES: st.SearchStrategy[str] = st.one_of(
    st.text(_LETTERS, min_size=1, max_size=300),
    st.text("abcdefghijk ", min_size=1, max_size=300),
    st.lists(st.sampled_from(["sh010", "comp", " ", "-", *_ODD]), min_size=1, max_size=30).map("".join),
    _PATH,
).filter(lambda name: 0 < len(name) <= 300)

_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.one_of(NAMES, NAMES, st.just("")),
    int: st.integers(0, 10**16),
    float: st.floats(0, 4e9),
    bool: st.booleans(),
    Path: NAMES.map(lambda name: Path("/") / name.replace("\0", "0")),
    type(None): st.none(),
}


def anything(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of a class, a union or a collection, by the types that it is declared with."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Union:
        return st.one_of(*map(anything, arguments))
    if origin is tuple and arguments[-1:] == (Ellipsis,):
        return st.lists(anything(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(anything, arguments))
    if origin in (list, Sequence, typing.get_origin(typing.Collection[str])):
        return st.lists(anything(arguments[0]), max_size=3)
    if origin in (dict, Mapping):
        key, value = arguments
        if isinstance(key, type) and issubclass(key, enum.Enum):
            return st.fixed_dictionaries({each: anything(value) for each in key})
        return st.dictionaries(anything(key), anything(value), max_size=3)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return st.sampled_from(hint)
    return st.deferred(lambda: _made(hint))


def _made(hint: type) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(hint)
    names = [field.name for field in dataclasses.fields(hint)] if dataclasses.is_dataclass(hint) else hint._fields
    return st.builds(hint, **{name: anything(hints[name]) for name in names})
