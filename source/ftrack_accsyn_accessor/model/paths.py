"""Any notation of a storage <-> a volume and the path in it. Pure.

A path is compared by its folders, never as text, with the rule of the storage that each root lies on. Both slashes
separate in every notation, as they do in resource identifiers. Frame expressions and frame ranges are names like any
other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.model.naming import EXACT, LOOSE, Naming, unsafe_on_windows

WINDOWS, LINUX, MAC = "windows", "linux", "mac"
#: What accsyn, ftrack and Python call each platform.
PLATFORMS: Mapping[str, str] = {
    "windows": WINDOWS,
    "win32": WINDOWS,
    "linux": LINUX,
    "mac": MAC,
    "macos": MAC,
    "osx": MAC,
    "darwin": MAC,
}
_NAMINGS = {WINDOWS: Naming(any_case=True), LINUX: EXACT, MAC: LOOSE}
#: In a volume's `paths`: the same storage as machines see it that are connected by a VPN.
_VPN = "_vpn"

_DRIVE = re.compile(r"([A-Za-z]:)(?:/|$)")
_SHARE = re.compile(r"//+([^/]+)/+([^/]+)(?:/|$)")
_UNPARSED = re.compile(r"//[?]/(UNC/+)?", re.IGNORECASE)
_NAMES_DRIVE = re.compile(r"[A-Za-z]:")

#: What the reader can do: employees are shown none of accsyn's volumes.
_MORE_ROOTS = "others are told in the file that FTRACK_ACCSYN_LOCATIONS names"


class Root(NamedTuple):
    """Where a platform finds a volume.

    `platform` is windows, linux or mac, by which names are told apart: Windows and macOS ignore case, Linux does not.
    `any_case` says otherwise for this storage.
    """

    volume: str
    path: str
    platform: str
    any_case: Optional[bool] = None

    @property
    def naming(self) -> Naming:
        """The rule by which names on this storage are told apart."""
        usual = _NAMINGS.get(self.platform, EXACT)
        return usual if self.any_case is None else usual._replace(any_case=self.any_case)


class Place(NamedTuple):
    """A place in a volume: the volume's code, and the relative path with forward slashes; "" is all of the volume."""

    volume: str
    path: str


class _Reading(NamedTuple):
    """A full path: "P:", "//server/share" or "" for what stands before its names, and the names."""

    anchor: str
    names: tuple[str, ...]

    @property
    def depth(self) -> int:
        return len(self.names) + len(self.anchor.strip("/").split("/")) * bool(self.anchor)

    def key(self, naming: Naming, count: Optional[int] = None) -> str:
        """Return what is equal for all spellings of the first *count* names; drives and shares never know a case."""
        return f"{self.anchor.casefold()}/{naming.key('/'.join(self.names[:count]))}"

    def below(self, root: _Reading, naming: Naming) -> Optional[tuple[str, ...]]:
        """Return the names below *root*, None where it is not below it."""
        count = len(root.names)
        inside = len(self.names) >= count and self.key(naming, count) == root.key(naming)
        return self.names[count:] if inside else None

    def written(self, names: Iterable[str] = ()) -> str:
        """Return the path of *names* below it, as its platform writes it."""
        separator = "\\" if self.anchor else "/"
        anchor = self.anchor.replace("/", separator)
        path = separator.join([*self.names, *names])
        return anchor if anchor.startswith(separator) and not path else f"{anchor}{separator}{path}"


class Roots:
    """The roots of volumes, by which paths are read and written.

    Of several roots around a path the longest counts. Of those that a volume has on a platform, the first is written.
    """

    def __init__(self, roots: Iterable[Root]) -> None:
        self._written: dict[tuple[str, str], tuple[Root, _Reading]] = {}
        self._tables: dict[Naming, dict[str, list[tuple[Root, _Reading]]]] = {}
        self._all: list[Root] = []
        self._lengths: dict[Naming, list[int]] = {}
        for root in dict.fromkeys(roots):
            reading = _root_reading(root)
            if reading is not None:
                self._add(root, reading)

    def _add(self, root: Root, reading: _Reading) -> None:
        self._all.append(root)
        self._written.setdefault((root.volume, root.platform), (root, reading))
        self._tables.setdefault(root.naming, {}).setdefault(reading.key(root.naming), []).append((root, reading))
        lengths = {len(reading.names), *self._lengths.get(root.naming, ())}
        self._lengths[root.naming] = sorted(lengths, reverse=True)

    def __iter__(self) -> Iterator[Root]:
        return iter(self._all)

    def place(self, text: str) -> Optional[Place]:
        """Return where in which volume the full path *text* leads, None where that is in none; see `why_not`."""
        found = self._find(text)
        return found if isinstance(found, Place) else None

    def why_not(self, text: str) -> str:
        """Return why the path *text* leads to no place, in words that follow a colon; empty where it does."""
        found = self._find(text)
        return "" if isinstance(found, Place) else found

    def written(self, place: Place, platform: str) -> Optional[str]:
        """Return the full path of *place* on *platform*, None where that has no root of the volume, or no such name."""
        root, reading = self._written.get((place.volume, platform), (None, None))
        names = _names(place.path.replace("\\", "/"))
        if root is None or reading is None or names is None or "\0" in place.path:
            return None
        if platform == WINDOWS and unsafe_on_windows("/".join(names)):
            return None
        return reading.written(names)

    def platforms(self, volume: str) -> list[str]:
        """Return the platforms that have a root of *volume*, in the order in which the roots were given."""
        return [platform for code, platform in self._written if code == volume]

    def naming(self, volume: str) -> Naming:
        """Return the rule of the first root of *volume*; without one, no two spellings are one."""
        return next((root.naming for root in self._all if root.volume == volume), EXACT)

    def _find(self, text: str) -> Place | str:
        """Return the place of *text*, or why it has none."""
        readings = _readings(text)
        if not readings:
            return "its .. lead above where it begins, or it names a device" if is_full(text) else "it is no full path"
        around: list[tuple[int, bool, Root, _Reading]] = []
        for reading in readings:
            for naming, table in self._tables.items():
                around += self._around(reading, naming, table)
        if not around:
            return f"it lies outside of all known roots of accsyn's volumes; {_MORE_ROOTS}"
        # The longest first; of equally long ones, that which is spelt like it.
        best = max(each[:2] for each in around)
        inner = [each for each in around if each[:2] == best]
        volumes = sorted({root.volume for _, _, root, _ in inner})
        if len(volumes) > 1:
            return f"it lies in a root that is that of several volumes: {', '.join(volumes)}"
        _, _, root, rest = inner[0]
        if root.platform == WINDOWS and unsafe_on_windows("/".join(rest.names)):
            return "Windows gives one of its names another meaning (a device, a stream, a trailing dot or blank)"
        return Place(root.volume, "/".join(rest.names))

    def _around(
        self, reading: _Reading, naming: Naming, table: Mapping[str, list[tuple[Root, _Reading]]]
    ) -> Iterator[tuple[int, bool, Root, _Reading]]:
        """Yield the longest roots of *table* around *reading*: depth, whether spelt alike, and what is below it."""
        for count in self._lengths[naming]:
            found = table.get(reading.key(naming, count), ()) if count <= len(reading.names) else ()
            for root, own in found:
                below = _Reading("", reading.names[count:])
                yield own.depth, own.names == reading.names[:count], root, below
            if found:
                return


class LocationPaths:
    """How the resource identifiers of a ftrack location name places.

    Relative identifiers lie below *prefixes*, each a full path (one place, as each platform sees it) or a path in
    *volume*; without one, below *volume* itself. Full ones are read by *roots* everywhere. *full* tells which of both
    the location keeps, None that nobody knows. *nowhere* is why nothing here has a place, in words that follow a colon.
    """

    def __init__(
        self,
        roots: Roots,
        volume: str = "",
        prefixes: Iterable[str] = (),
        *,
        full: Optional[bool] = None,
        nowhere: str = "",
    ) -> None:
        self.roots = roots
        self.volume = volume
        self.prefixes = tuple(prefixes) or ("",)
        self.full = False if full is None and self.prefixes != ("",) else full
        self.nowhere = nowhere

    def read(self, identifier: str) -> Optional[Place]:
        """Return the place that *identifier* names, None where it names none; see `why_not`."""
        if self.nowhere:
            return None
        if is_full(identifier):
            return self.roots.place(identifier)
        path = None if self.full else relative(identifier)
        found = (self._below(prefix, path) for prefix in self.prefixes if path is not None)
        return next(filter(None, found), None)

    def why_not(self, identifier: str) -> str:
        """Return why *identifier* names no place, in words that follow a colon; empty where it does."""
        if self.read(identifier) is not None or self.nowhere:
            return self.nowhere
        if is_full(identifier):
            return self.roots.why_not(identifier)
        if self.full:
            return "it is no full path, and this location keeps no others"
        if relative(identifier) is None:
            return "it leads out of the location"
        return f"below {self.prefixes[0]}, {self.roots.why_not(f'{self.prefixes[0]}/{identifier}')}"

    def write(self, place: Place, sample: str = "") -> Optional[str]:
        """Return the identifier of *place* in this location, None where the location has none for it.

        *sample* is the identifier at another location: where nobody knows what this one keeps, a full one becomes a
        full one, of the same platform if that has a root here. A relative one that names the same place stays as it is.
        """
        if self.nowhere:
            return None
        if self.full or (self.full is None and is_full(sample)):
            return self._full(place, notation(sample) if is_full(sample) else "")
        if sample and not is_full(sample) and self.read(sample) == place:
            return sample
        found = (self._relative(prefix, place) for prefix in self.prefixes)
        return next((path for path in found if path is not None), None)

    def names(self, place: Place) -> list[str]:
        """Return all identifiers by which this location may name *place*, but for their case and slashes."""
        if self.nowhere:
            return []
        relatives = (self._relative(prefix, place) for prefix in self.prefixes)
        full = (f"{root.path.rstrip('/')}/{place.path}" for root in self.roots if root.volume == place.volume)
        return list(dict.fromkeys(filter(None, (*relatives, *full))))

    def begins_in(self, folder: Place) -> bool:
        """Whether relative identifiers begin at *folder*, or below it: then all of them may name places in it."""
        below = ((prefix, self._below(prefix, ".")) for prefix in self.prefixes)
        return any(
            base is not None
            and base.volume == folder.volume
            and self.roots.naming(base.volume).covers(folder.path, base.path)
            for prefix, base in below
            if prefix
        )

    def _full(self, place: Place, platform: str) -> Optional[str]:
        wanted = dict.fromkeys([platform, *self.roots.platforms(place.volume)])
        return next(filter(None, (self.roots.written(place, each) for each in wanted)), None)

    def _below(self, prefix: str, path: str) -> Optional[Place]:
        if is_full(prefix):
            return self.roots.place(f"{prefix}/{path}")
        base = relative(prefix)
        return None if base is None or not self.volume else Place(self.volume, f"{base}/{path}".strip("/"))

    def _relative(self, prefix: str, place: Place) -> Optional[str]:
        """Return the path of *place* below *prefix*, which may lie above the roots."""
        naming = self.roots.naming(place.volume)
        if not is_full(prefix):
            base: Optional[Place] = Place(self.volume, relative(prefix) or "")
        else:
            base = self.roots.place(prefix)
        if base is not None:
            names = _Reading("", _names(place.path) or ()).below(_Reading("", _names(base.path) or ()), naming)
            return "/".join(names) if names is not None and base.volume == place.volume else None
        full = [self.roots.written(place, platform) or "" for platform in self.roots.platforms(place.volume)]
        pairs = ((whole, above) for path in full for whole in _readings(path) for above in _readings(prefix))
        below = (whole.below(above, naming) for whole, above in pairs)
        return next(("/".join(names) for names in below if names is not None), None)


#: Why nothing has a place in the locations that every ftrack has; of these only `ftrack.unmanaged` names files.
NO_PLACES: Mapping[str, str] = {
    "ftrack.server": "ftrack's own server keeps it, which is no storage that accsyn serves",
    "ftrack.review": "ftrack's own server keeps it for reviews, which is no storage that accsyn serves",
    "ftrack.origin": "ftrack.origin is only where a publish takes files from, and keeps none",
    "ftrack.connect": "nothing tells where ftrack.connect keeps files",
}
UNMANAGED = "ftrack.unmanaged"


class Scenario(NamedTuple):
    """ftrack's centralised storage: the location, and where each platform mounts what its identifiers begin at."""

    location_id: str
    location_name: str
    mounts: tuple[str, ...]


def storage_scenario(text: str) -> Optional[Scenario]:
    """Return what ftrack's setting `storage_scenario` says, None where it is not the centralised one.

    *text* is the setting's value, JSON (ftrack workflow fact sheet, section 6).
    """
    try:
        content = json.loads(text)
        data = content["data"] if content["scenario"] == "ftrack.centralized-storage" else {}
        mounts = data["accessor"]["mount_points"]
        found = tuple(mounts[name] for name in ("windows", "linux", "osx") if isinstance(mounts.get(name), str))
        return Scenario(str(data["location_id"]), str(data["location_name"]), tuple(filter(is_full, found)))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def is_full(text: str) -> bool:
    """Whether *text* is written as a full path of any platform, whatever the platform of this machine."""
    text = text.replace("\\", "/")
    return text.startswith("/") or bool(_DRIVE.match(text))


def notation(text: str) -> str:
    """Return the platform whose notation the full path *text* has; macOS is known by where it mounts."""
    text = text.replace("\\", "/")
    if _DRIVE.match(text) or text.startswith("//"):
        return WINDOWS
    return MAC if text.startswith("/Volumes/") else LINUX


def relative(text: str) -> Optional[str]:
    """Return the relative path *text* in its one spelling; None where it is none, or leads out of where it begins."""
    text = text.replace("\\", "/")
    names = None if text.startswith("/") or _NAMES_DRIVE.match(text) or "\0" in text else _names(text)
    return None if names is None else "/".join(names)


def volume_roots(volume: str, row: Mapping[str, Any]) -> list[Root]:
    """Return the roots that accsyn's *row* of a volume tells: its `paths` of each platform, its `path`, those by VPN.

    Odd values are passed over (accsyn fact sheet, section 3).
    """
    given = row.get("paths")
    paths: Mapping[Any, Any] = given if isinstance(given, Mapping) else {}
    plain = [(name, path) for name, path in paths.items() if name in PLATFORMS]
    by_vpn = [(name[: -len(_VPN)], path) for name, path in paths.items() if str(name).endswith(_VPN)]
    own = row.get("path")
    named = [*plain, *([(notation(own), own)] if isinstance(own, str) else []), *by_vpn]
    found = [Root(volume, path, PLATFORMS[name]) for name, path in named if name in PLATFORMS and isinstance(path, str)]
    return [root for root in dict.fromkeys(found) if is_root(root)]


def is_root(root: Root) -> bool:
    """Whether the path of *root* is a full one of its platform."""
    return _root_reading(root) is not None


def _root_reading(root: Root) -> Optional[_Reading]:
    windows = root.platform == WINDOWS
    return next((reading for reading in _readings(root.path) if bool(reading.anchor) is windows), None)


def _readings(text: str) -> list[_Reading]:
    """Return what the full path *text* may mean: two slashes begin a share on Windows, and are one elsewhere."""
    if "\0" in text:
        return []
    text = text.replace("\\", "/")
    unparsed = _UNPARSED.match(text)
    if unparsed:
        text = text[unparsed.end() :]
        text = f"//{text}" if unparsed[1] else text
        if not (_SHARE.match(text) if unparsed[1] else _DRIVE.match(text)):
            return []
    drive, share = _DRIVE.match(text), _SHARE.match(text)
    found = []
    if drive:
        found.append((drive[1].upper(), _names(text[drive.end() :])))
    if share and not {share[1], share[2]} & {".", "..", "?"}:
        found.append((f"//{share[1]}/{share[2]}", _names(text[share.end() :])))
    if text.startswith("/") and not unparsed:
        found.append(("", _names(text)))
    return [_Reading(anchor, names) for anchor, names in found if names is not None]


def _names(text: str) -> Optional[tuple[str, ...]]:
    """Return the names in *text* (forward slashes), dots resolved; None where they lead above where it begins."""
    found: list[str] = []
    for name in text.split("/"):
        if name == "..":
            if not found:
                return None
            found.pop()
        elif name not in ("", "."):
            found.append(name)
    return tuple(found)
