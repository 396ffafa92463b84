"""Where accepted files go: their paths in the destination location, and the way there. Nothing is overwritten."""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.registrations import read_holders
from ftrack_accsyn_accessor.ftrack.versions import Component, Member, component_id
from ftrack_accsyn_accessor.model import errors, parties
from ftrack_accsyn_accessor.model.naming import LOOSE
from ftrack_accsyn_accessor.model.paths import Place
from ftrack_accsyn_accessor.model.submission import Found, Part, Shape
from ftrack_accsyn_accessor.send.endpoints import Endpoints, Resolved
from ftrack_accsyn_accessor.vendor.means import Means

_FRAME = re.compile(r"%[0-9]*d")


class Step(NamedTuple):
    """A file that goes from one path to another, both relative to the volume."""

    source: str
    target: str
    size_bytes: int


class Filed(NamedTuple):
    """What becomes of a delivery: its components with their identifiers, and the way of each file."""

    components: tuple[Component, ...]
    steps: tuple[Step, ...]


class Filing:
    """For one thread; every method may raise what ftrack, accsyn and the storage raise."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._resolved: Optional[Resolved] = None

    @property
    def location(self) -> Resolved:
        """The location that accepted versions are registered in."""
        if self._resolved is None:
            means = self._means
            endpoints = Endpoints(means.connection, means.workspace, means.mapping, means.settings)
            named = means.rules.location or means.rules.production or parties.HQ
            found = endpoints.resolve(named)
            if not found.endpoint.location_id:
                outcome = "no ftrack location stands for it"
                remedy = "Name one by `location` in the file that FTRACK_ACCSYN_VENDORS names."
                raise errors.NotReady("find where accepted versions are registered", named, outcome, remedy)
            self._resolved = found
        return self._resolved

    def plan(self, folder: str, names: Sequence[str], parts: Sequence[Part]) -> Filed:
        """Return where *parts* of what lies in *folder* go; *names* are those of the path, the number last."""
        above = "/".join(map(_plain, names))
        components, steps = [], []
        for part in parts:
            component, ways = self._part(folder, above, part)
            components.append(component)
            steps += ways
        return Filed(tuple(components), tuple(steps))

    def occupied(self, key: str, filed: Filed) -> str:
        """Return which path belongs to something else already, empty where none does.

        What lies there, and does not lie in quarantine any more, another machine has moved for the same delivery.
        """
        seen, storage = set[str](), self._means.storage
        for step in filed.steps:
            alike = LOOSE.key(step.target)
            lies = storage.find(step.target) is not None and storage.find(step.source) is not None
            if alike in seen or lies:
                return step.target
            seen.add(alike)
        own = {component_id(key, each.name) for each in filed.components}
        identifiers = [path for each in filed.components for path in _identifiers(each)]
        location_id = self.location.endpoint.location_id
        claims = read_holders(self._means.connection, location_id, identifiers)
        rival = next((each for each in claims if not own.intersection((each.component_id, *each.within))), None)
        return rival.resource_identifier if rival is not None else ""

    def move(self, filed: Filed) -> None:
        """Move what has not moved yet, and see to it that it is on the disk, whole."""
        storage = self._means.storage
        for step in filed.steps:
            storage.move(step.source, step.target)
        storage.flush(step.target for step in filed.steps)
        for step in filed.steps:
            lies = storage.find(step.target)
            if lies is None or lies.size_bytes != step.size_bytes:
                outcome = "it is not what was accepted any more"
                raise errors.StorageError("move what was accepted", step.target, outcome, "Look after the volume.")

    def back(self, filed: Filed) -> None:
        """Move back what has moved; what else lies under a target stays."""
        storage = self._means.storage
        for step in filed.steps:
            if storage.find(step.source) is None:
                storage.move(step.target, step.source)

    def _part(self, folder: str, above: str, part: Part) -> tuple[Component, list[Step]]:
        file_type = _file_type(part)
        targets = [(file, *_named(part, file, index, file_type)) for index, file in enumerate(part.files)]
        steps, members = [], []
        own = _expression(part, file_type)
        for file, name, member in targets:
            path = self._path(f"{above}/{name}")
            steps.append(Step(f"{folder}/{file.path}", path, file.size_bytes))
            if part.shape is not Shape.FILE:
                stem, ending = (member, file_type) if part.shape is Shape.SEQUENCE else posixpath.splitext(member)
                members.append(Member(stem, ending, self._identifier(path), file.size_bytes))
        component = Component(
            name=part.name,
            shape=part.shape,
            file_type=file_type,
            identifier=self._identifier(self._path(f"{above}/{own}")),
            size_bytes=sum(file.size_bytes for file in part.files),
            members=tuple(members),
            padding=part.padding,
        )
        return component, steps

    def _path(self, structured: str) -> str:
        """Return where the structure's path lies in the volume."""
        volume = self._means.settings.volume
        place = self.location.paths.read(structured) or Place(volume, structured)
        if place.volume != volume:
            outcome = f"it lies in the volume {place.volume}, and deliveries in {volume}"
            raise errors.NotReady("find the path of a delivered file", structured, outcome)
        return place.path

    def _identifier(self, path: str) -> str:
        found = self.location.paths.write(Place(self._means.settings.volume, path))
        if found is None:
            name = self.location.endpoint.location_name
            raise errors.NotReady("find the path of a delivered file", path, f"it has no place in {name}")
        return found


def _file_type(part: Part) -> str:
    """Return the extension; of frames all that follows the number."""
    if part.shape is Shape.FOLDER:
        return ""
    return _FRAME.split(part.path)[-1] if part.shape is Shape.SEQUENCE else posixpath.splitext(part.path)[1]


def _named(part: Part, file: Found, index: int, file_type: str) -> tuple[str, str]:
    """Return what a file of *part* is called below the version, and how as a member."""
    name = _plain(part.name)
    if part.shape is Shape.FILE:
        return f"{name}{_plain(file_type)}", ""
    if part.shape is Shape.SEQUENCE:
        frame = f"{part.frames[index]:0{part.padding}d}"
        return f"{name}.{frame}{_plain(file_type)}", frame
    below = file.path[len(part.path) + 1 :] if part.path and part.path != "." else file.path
    return f"{name}/{below}", below


def _expression(part: Part, file_type: str) -> str:
    if part.shape is Shape.SEQUENCE:
        frame = f"%0{part.padding}d" if part.padding else "%d"
        return f"{_plain(part.name)}.{frame}{_plain(file_type)}"
    return f"{_plain(part.name)}{_plain(file_type) if file_type else ''}"


def _identifiers(component: Component) -> Iterator[str]:
    yield component.identifier
    for member in component.members:
        yield member.identifier


@functools.lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    """Return a name as the staging location's structure, and ftrack's own, have it in a path."""
    from ftrack_accsyn_accessor.staging.structure import StagingStructure  # not before ftrack_api is needed

    return str(StagingStructure().sanitise_for_filesystem(name)) or "_"
