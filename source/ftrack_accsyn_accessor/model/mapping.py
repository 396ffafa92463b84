"""What a studio says of its ftrack locations in the file that FTRACK_ACCSYN_LOCATIONS names. Pure.

`resource/locations.example.toml` shows all that may be in it. JSON has the same form.
"""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Mapping
from typing import Any, Optional

from ftrack_accsyn_accessor.model import parties, paths
from ftrack_accsyn_accessor.model.errors import SettingsError
from ftrack_accsyn_accessor.model.parties import Party
from ftrack_accsyn_accessor.model.paths import Root
from ftrack_accsyn_accessor.model.tables import Tables, is_list, is_table, read_content

_PLATFORMS = (paths.WINDOWS, paths.LINUX, paths.MAC)
_KEYS = ("party", "volume", "prefix", "roots", "ignore_case", "near", "deliver")


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
        content = read_content(text, path)
    except ValueError as error:
        raise _error(path, [str(error)]) from None
    reader = _Reader(workspace, volume)
    mapping = reader.mapping(content)
    if reader.problems:
        raise _error(path, reader.problems)
    return mapping


def _error(path: str, problems: list[str]) -> SettingsError:
    remedy = "Correct the file; resource/locations.example.toml shows what may be in it."
    return SettingsError("use the mapping of locations", path, "; ".join(problems), remedy)


class _Reader(Tables):
    """Reads the content of a file and collects what is wrong with it."""

    def __init__(self, workspace: str, volume: str) -> None:
        super().__init__()
        self.workspace = workspace
        self.volume = volume

    def mapping(self, content: Any) -> LocationMapping:
        table = self.table("", content, ("locations",))
        entries = self.value("locations", table.get("locations", {}), is_table, "a table of locations") or {}
        return LocationMapping(tuple(self._entry(str(name), value) for name, value in entries.items()))

    def _entry(self, name: str, content: Any) -> Entry:
        where = f'locations."{name}"'
        table = self.table(where, content, _KEYS)
        volume = self.text(where, table, "volume")
        prefix = self.text(where, table, "prefix")
        if prefix and not paths.is_full(prefix) and paths.relative(prefix) is None:
            self.report(f"{where}.prefix", prefix, "a path in the volume, or a full one")
        near = self.value(f"{where}.near", table.get("near", []), is_list, "a list of parties") or []
        return Entry(
            pattern=name,
            party=self._party(f"{where}.party", table["party"]) if "party" in table else None,
            volume=volume,
            prefix=prefix,
            roots=tuple(self._roots(where, table, volume or self.volume)),
            near=tuple(filter(None, (self._party(f"{where}.near", each) for each in near))),
            deliver=bool(self.flag(where, table, "deliver")),
        )

    def _roots(self, where: str, table: Mapping[str, Any], volume: str) -> list[Root]:
        any_case = self.flag(where, table, "ignore_case")
        given = self.table(f"{where}.roots", table.get("roots", {}), _PLATFORMS)
        found = []
        for platform in (name for name in _PLATFORMS if name in given):
            values = given[platform] if isinstance(given[platform], list) else [given[platform]]
            for value in values:
                root = Root(volume, value, platform, any_case)
                if isinstance(value, str) and paths.is_root(root):
                    found.append(root)
                else:
                    self.report(f"{where}.roots.{platform}", value, f"a full path on {platform}")
        return found

    def _party(self, where: str, value: Any) -> Optional[Party]:
        try:
            return parties.parse(value, self.workspace)
        except (ValueError, AttributeError, TypeError):
            self.report(where, value, "an accsyn party: the workspace's code, hq, site=, client= or an e-mail address")
        return None
