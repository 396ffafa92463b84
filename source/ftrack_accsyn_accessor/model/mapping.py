"""What a studio says of its ftrack locations in the file that FTRACK_ACCSYN_LOCATIONS names. Pure.

`resource/locations.example.toml` shows all that may be in it. JSON has the same form.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import importlib
import json
from collections.abc import Mapping
from typing import Any, Callable, Optional, TypeVar

from ftrack_accsyn_accessor.model import parties, paths
from ftrack_accsyn_accessor.model.errors import SettingsError
from ftrack_accsyn_accessor.model.parties import Party
from ftrack_accsyn_accessor.model.paths import Root

_PLATFORMS = (paths.WINDOWS, paths.LINUX, paths.MAC)
_KEYS = ("party", "volume", "prefix", "roots", "ignore_case", "near", "deliver")
#: Modules that read TOML: Python has one from 3.11 on.
_TOML = ("tomllib", "tomli")

_Value = TypeVar("_Value")


@dataclasses.dataclass(frozen=True)
class Entry:
    """What is said of the locations that *pattern* fits; what is left out follows from the location itself.

    `prefix` is where relative identifiers begin: a path in the volume, or a full one. `roots` are where the party has
    the volume. `near` are the parties from which files are fetched first, in this order. `deliver` means that a user
    gets deliveries instead of files in a share of theirs.
    """

    pattern: str
    party: Optional[Party] = None
    volume: str = ""
    prefix: str = ""
    roots: tuple[Root, ...] = ()
    near: tuple[Party, ...] = ()
    deliver: bool = False


@dataclasses.dataclass(frozen=True)
class LocationMapping:
    """The entries of the file, in its order."""

    entries: tuple[Entry, ...] = ()

    def of(self, name: str) -> Optional[Entry]:
        """Return the entry for the location *name*: the one of exactly this name, else the first pattern that fits."""
        exact = (entry for entry in self.entries if entry.pattern == name)
        fitting = (entry for entry in self.entries if fnmatch.fnmatchcase(name, entry.pattern))
        return next(exact, None) or next(fitting, None)


def read(text: str, path: str, workspace: str = "", volume: str = "") -> LocationMapping:
    """Return the mapping that *text*, the content of the file *path*, holds.

    *workspace* is the code of the workspace, *volume* that of the volume which entries without one mean. Raise
    `errors.SettingsError` that names everything that is wrong with it, each with its place.
    """
    try:
        content = _content(text.lstrip("\ufeff"), path)  # Windows' editors mark UTF-8 in this way
    except (ValueError, RecursionError) as error:
        raise _error(path, [f"it cannot be read: {error}"]) from None
    reader = _Reader(workspace, volume)
    mapping = reader.mapping(content)
    if reader.problems:
        raise _error(path, reader.problems)
    return mapping


def _error(path: str, problems: list[str]) -> SettingsError:
    remedy = "Correct the file; resource/locations.example.toml shows what may be in it."
    return SettingsError("use the mapping of locations", path, "; ".join(problems), remedy)


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


class _Reader:
    """Reads the content of a file and collects what is wrong with it."""

    def __init__(self, workspace: str, volume: str) -> None:
        self.workspace = workspace
        self.volume = volume
        self.problems: list[str] = []

    def mapping(self, content: Any) -> LocationMapping:
        table = self._table("", content, ("locations",))
        entries = self._value("locations", table.get("locations", {}), _mapping, "a table of locations") or {}
        return LocationMapping(tuple(self._entry(str(name), value) for name, value in entries.items()))

    def _entry(self, name: str, content: Any) -> Entry:
        where = f'locations."{name}"'
        table = self._table(where, content, _KEYS)
        volume = self._text(where, table, "volume")
        prefix = self._text(where, table, "prefix")
        if prefix and not paths.is_full(prefix) and paths.relative(prefix) is None:
            self._report(f"{where}.prefix", prefix, "a path in the volume, or a full one")
        near = self._value(f"{where}.near", table.get("near", []), _listed, "a list of parties") or []
        return Entry(
            pattern=name,
            party=self._party(f"{where}.party", table["party"]) if "party" in table else None,
            volume=volume,
            prefix=prefix,
            roots=tuple(self._roots(where, table, volume or self.volume)),
            near=tuple(filter(None, (self._party(f"{where}.near", each) for each in near))),
            deliver=bool(self._flag(where, table, "deliver")),
        )

    def _roots(self, where: str, table: Mapping[str, Any], volume: str) -> list[Root]:
        any_case = self._flag(where, table, "ignore_case")
        given = self._table(f"{where}.roots", table.get("roots", {}), _PLATFORMS)
        found = []
        for platform in (name for name in _PLATFORMS if name in given):
            values = given[platform] if isinstance(given[platform], list) else [given[platform]]
            for value in values:
                root = Root(volume, value, platform, any_case)
                if isinstance(value, str) and paths.is_root(root):
                    found.append(root)
                else:
                    self._report(f"{where}.roots.{platform}", value, f"a full path on {platform}")
        return found

    def _party(self, where: str, value: Any) -> Optional[Party]:
        try:
            return parties.parse(value, self.workspace)
        except (ValueError, AttributeError, TypeError):
            self._report(where, value, "an accsyn party: the workspace's code, hq, site=, client= or an e-mail address")
        return None

    def _flag(self, where: str, table: Mapping[str, Any], key: str) -> Optional[bool]:
        if key not in table:
            return None
        return self._value(f"{where}.{key}", table[key], lambda value: isinstance(value, bool), "true or false")

    def _text(self, where: str, table: Mapping[str, Any], key: str) -> str:
        if key not in table:
            return ""
        return self._value(f"{where}.{key}", table[key], _worded, "a text") or ""

    def _table(self, where: str, value: Any, keys: tuple[str, ...]) -> Mapping[str, Any]:
        """Return the table *value*, without what is none of *keys*."""
        found: Mapping[str, Any] = self._value(where, value, _mapping, "a table") or {}
        for key in sorted(found.keys() - set(keys)):
            self.problems.append(f"{where}{'.' if where else ''}{key} is not known; there may be: {', '.join(keys)}")
        return {key: found[key] for key in keys if key in found}

    def _value(self, where: str, value: _Value, fits: Callable[[Any], bool], wanted: str) -> Optional[_Value]:
        if fits(value):
            return value
        self._report(where or "it", value, wanted)
        return None

    def _report(self, where: str, value: Any, wanted: str) -> None:
        self.problems.append(f"{where} is {value!r}, not {wanted}")


def _mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _listed(value: Any) -> bool:
    return isinstance(value, list)


def _worded(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
