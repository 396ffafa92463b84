"""Finds what is registered in the staging location, yet neither at its destination nor in the outbox, and queues it.

For an outbox that was lost or damaged, and for what earlier releases have published. ftrack and the disk are read;
nothing in them is changed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Optional, Union

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted_batches
from ftrack_accsyn_accessor.ftrack.tree import members, registered_members
from ftrack_accsyn_accessor.model import titles
from ftrack_accsyn_accessor.model.errors import FileChanged, FileUnreadable
from ftrack_accsyn_accessor.model.item import Kind, Publication, StagedFile
from ftrack_accsyn_accessor.model.settings import DEFAULT_VOLUME
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.accessor import normalise_identifier
from ftrack_accsyn_accessor.staging.area import StagingArea

#: Components worked on in one go: their members, which may be thousands each, are in memory together.
_AT_ONCE = 50

#: What is read of a registration's component besides its id.
_COLUMNS = ", component.name, component.version_id"
_KINDS = {"SequenceComponent": Kind.SEQUENCE, "ContainerComponent": Kind.CONTAINER}


@dataclasses.dataclass(frozen=True)
class Queued:
    """A component that was queued, or would be."""

    component_id: str
    component: str
    version: str
    project: str
    path: str
    context: str
    title: str
    file_count: int
    size_bytes: int


@dataclasses.dataclass(frozen=True)
class Vanished:
    """A component that cannot be queued: files of it, relative to the staging root, are not there any more.

    The system's words stand behind those that it does not let be looked at.
    """

    component_id: str
    component: str
    version: str
    project: str
    path: str
    context: str
    title: str
    missing: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What reconciling has found: how many components are registered, and what has become of them.

    Of those registered, `available` are at the destination and `known` are in the outbox; the rest was queued, has
    vanished, is there without its members, or was `forgotten` by somebody: how many of these were left out.
    """

    registered: int
    available: int
    known: int
    queued: tuple[Queued, ...]
    vanished: tuple[Vanished, ...]
    forgotten: int = 0


@dataclasses.dataclass(frozen=True)
class _Registered:
    """A component and where it is registered."""

    component_id: str
    name: str
    kind: Kind
    resource_identifier: str
    version_id: str


@dataclasses.dataclass(frozen=True)
class _Version:
    """Whose a version is: names as an item of the outbox has them."""

    name: str = ""
    project_id: str = ""
    project_name: str = ""
    context: str = ""
    username: str = ""


class Reconciliation:
    """Compares ftrack, an outbox and a staging area. For one thread only.

    *outbox* is None where there is none yet, which is as good as an empty one as long as nothing is to be queued.
    *workspace* and *volume* are accsyn's codes for what is queued.
    """

    def __init__(
        self,
        outbox: Optional[Outbox],
        area: StagingArea,
        connection: FtrackConnection,
        workspace: str = "",
        volume: str = DEFAULT_VOLUME,
    ) -> None:
        self._outbox = outbox
        self._area = area
        self._connection = connection
        self._workspace = workspace
        self._volume = volume

    def run(
        self,
        location_id: str,
        location_name: str,
        destination_id: str,
        dry_run: bool = False,
        with_forgotten: bool = False,
    ) -> Outcome:
        """Queue what is neither at the destination location nor in the outbox; with *dry_run* only find it.

        An empty *destination_id* means that no ftrack location stands for the destination: then nothing counts as
        available. A container counts as registered when it is registered itself; its members go with it. What somebody
        has forgotten is left out, unless *with_forgotten* asks for it.

        Raise `errors.RegistrationError`, `errors.OutboxError` or `errors.StagingGone`.
        """
        # In this order: what is published meanwhile is in the outbox before ftrack knows it.
        registered = self._registered(location_id)
        ids = (each.component_id for each in registered)
        known = self._outbox.resting.known(location_id, ids) if self._outbox is not None else set()
        unknown = [each for each in registered if each.component_id not in known]
        there = self._at(destination_id, unknown) if destination_id else set()
        forgotten = self._outbox.past.forgotten_ids() if self._outbox is not None and not with_forgotten else set()
        missing = [each for each in unknown if each.component_id not in there]
        lost = [each for each in missing if each.component_id not in forgotten]
        queued: list[Queued] = []
        vanished: list[Vanished] = []
        for start in range(0, len(lost), _AT_ONCE):
            publications = []
            for found in self._publications(lost[start : start + _AT_ONCE], location_id, location_name):
                if isinstance(found, Vanished):
                    vanished.append(found)
                else:
                    publications.append(found)
                    queued.append(_queued(found))
            if publications and not dry_run and self._outbox is not None:
                self._outbox.enqueue(publications)
        known_count, left_out = len(registered) - len(unknown), len(missing) - len(lost)
        return Outcome(len(registered), len(there), known_count, tuple(queued), tuple(vanished), left_out)

    def look_up(
        self, component_ids: Iterable[str], location_id: str, location_name: str
    ) -> list[Union[Publication, Vanished]]:
        """Return what is registered in the location of *component_ids*, which are members of nothing.

        Each as a publish would queue it, or with the files that are not there. Raise as `run` does.
        """
        registered: list[_Registered] = []
        for ids in quoted_batches(component_ids):
            where = f'location_id is "{location_id}" and component_id in ({ids}) order by component_id'
            registered += [_as_registered(row) for row in self._locations(where)]
        return list(self._publications(registered, location_id, location_name))

    # What ftrack says.

    def _registered(self, location_id: str) -> list[_Registered]:
        """Return the components in the location that are members of nothing."""
        where = f'location_id is "{location_id}" and component.container_id is none order by component_id'
        return [_as_registered(row) for row in self._locations(where)]

    def _locations(self, where: str) -> list[Any]:
        columns = f"component_id, resource_identifier{_COLUMNS}"
        return self._connection.query(f"select {columns} from ComponentLocation where {where}")  # noqa: S608

    def _at(self, location_id: str, components: Iterable[_Registered]) -> set[str]:
        found: set[str] = set()
        for ids in quoted_batches(each.component_id for each in components):
            where = f'location_id is "{location_id}" and component_id in ({ids})'
            rows = self._connection.query(f"select component_id from ComponentLocation where {where}")  # noqa: S608
            found.update(row["component_id"] for row in rows)
        return found

    def _members(self, components: Iterable[_Registered], location_id: str) -> dict[str, list[_Registered]]:
        """Return the registered files of containers, at any depth, by the id of the outermost one.

        A container that ftrack knows no members of has an empty list; one of which none is registered has none.
        """
        containers = {each.component_id for each in components if each.kind is not Kind.FILE}
        found: dict[str, list[_Registered]] = {}
        for level in registered_members(self._connection, containers, location_id, _COLUMNS):
            for member in level:
                if member.is_file:
                    found.setdefault(member.outermost, []).append(_as_registered(member.row))
        bare = containers - found.keys()
        full = {member.outermost for level in members(self._connection, bare) for member in level}
        return {**found, **{component_id: [] for component_id in bare - full}}

    def _versions(self, components: Iterable[_Registered]) -> dict[str, _Version]:
        rows: list[Any] = []
        for ids in quoted_batches({each.version_id for each in components if each.version_id}):
            columns = "id, version, asset.name, link, user.username"
            rows += self._connection.query(f"select {columns} from AssetVersion where id in ({ids})")  # noqa: S608
        project_ids = {row["id"]: row["link"][0]["id"] for row in rows if row["link"]}
        names: dict[str, str] = {}
        for ids in quoted_batches(set(project_ids.values())):
            projects = self._connection.query(f"select id, name from Project where id in ({ids})")  # noqa: S608
            names.update((row["id"], row["name"]) for row in projects)
        return {row["id"]: _as_version(row, project_ids.get(row["id"], ""), names) for row in rows}

    # What the disk says.

    def _publications(
        self, components: Sequence[_Registered], location_id: str, location_name: str
    ) -> Iterator[Union[Publication, Vanished]]:
        """Yield what a publish of *components* would have queued; nothing for a container without its members."""
        files_of = self._members(components, location_id)
        versions = self._versions(components)
        for each in components:
            if each.kind is not Kind.FILE and each.component_id not in files_of:
                continue
            files, missing = self._files(files_of.get(each.component_id, [each]))
            version = versions.get(each.version_id, _Version())
            if missing:
                yield _vanished(each, version, missing)
            else:
                yield Publication(
                    component_id=each.component_id,
                    component_name=each.name,
                    kind=each.kind,
                    resource_identifier=each.resource_identifier,
                    location_id=location_id,
                    location_name=location_name,
                    server_url=self._connection.credentials.server_url,
                    username=version.username or self._connection.credentials.api_user,
                    project_id=version.project_id,
                    project_name=version.project_name,
                    version_id=each.version_id,
                    version_name=version.name,
                    files=tuple(files),
                    workspace=self._workspace,
                    volume=self._volume,
                    context=version.context,
                )

    def _files(self, components: Iterable[_Registered]) -> tuple[list[StagedFile], list[str]]:
        """Return the files of *components* as they lie on the disk, and the identifiers of those that do not."""
        files, missing = [], []
        for each in components:
            try:
                relative = normalise_identifier(each.resource_identifier, self._area.root)
                stamp = self._area.stat_file(relative)
            except (FileChanged, ValueError):  # gone, or never to be found below this root
                missing.append(each.resource_identifier)
            except FileUnreadable as error:
                missing.append(f"{each.resource_identifier} ({error.outcome})")
            else:
                files.append(StagedFile(relative, stamp.size_bytes, stamp.mtime_ns))
        return files, missing


def _as_registered(row: Any) -> _Registered:
    component = row["component"]
    return _Registered(
        component_id=row["component_id"],
        name=component["name"],
        kind=_KINDS.get(component.entity_type, Kind.FILE),
        resource_identifier=row["resource_identifier"] or "",
        version_id=component["version_id"] or "",
    )


def _as_version(row: Any, project_id: str, names: dict[str, str]) -> _Version:
    user = row["user"]
    return _Version(
        name="{} v{:03d}".format(row["asset"]["name"], row["version"]),
        project_id=project_id,
        project_name=names.get(project_id, ""),
        context="/".join(each["name"] for each in (row["link"] or ())[1:-1]),
        username=user["username"] if user else "",
    )


def _vanished(registered: _Registered, version: _Version, missing: Sequence[str]) -> Vanished:
    path = registered.resource_identifier
    return Vanished(
        component_id=registered.component_id,
        component=registered.name,
        version=version.name,
        project=version.project_name,
        path=path,
        context=version.context,
        title=titles.title(version.project_name, version.context, version.name, registered.name, path),
        missing=tuple(missing),
    )


def _queued(publication: Publication) -> Queued:
    return Queued(
        component_id=publication.component_id,
        component=publication.component_name,
        version=publication.version_name,
        project=publication.project_name,
        path=publication.resource_identifier,
        context=publication.context,
        title=publication.title,
        file_count=len(publication.files),
        size_bytes=publication.size_bytes,
    )
