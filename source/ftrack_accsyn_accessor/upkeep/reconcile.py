"""Finds what is registered in the staging location, yet neither at its destination nor in the outbox, and queues it.

For an outbox that was lost or damaged, and for what earlier releases have published. ftrack and the disk are read;
nothing in them is changed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Optional, Union

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted_batches
from ftrack_accsyn_accessor.model.entry import Kind, Publication, StagedFile
from ftrack_accsyn_accessor.model.errors import FileChanged
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.accessor import normalise_identifier
from ftrack_accsyn_accessor.staging.area import StagingArea

#: Components worked on in one go: their members, which may be thousands each, are in memory together.
_AT_ONCE = 50
#: Containers may hold containers; deeper than this nobody nests them.
_DEPTH = 8

_KINDS = {"SequenceComponent": Kind.SEQUENCE, "ContainerComponent": Kind.CONTAINER}


@dataclasses.dataclass(frozen=True)
class Queued:
    """A component that was queued, or would be."""

    component_id: str
    component: str
    version: str
    project: str
    path: str
    file_count: int
    size_bytes: int


@dataclasses.dataclass(frozen=True)
class Vanished:
    """A component that cannot be queued: files of it, relative to the staging root, are not there any more."""

    component_id: str
    component: str
    version: str
    project: str
    path: str
    missing: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What reconciling has found: how many components are registered, and what has become of them.

    Of those registered, `available` are at the destination and `known` are in the outbox; the rest was queued, has
    vanished, or has no files.
    """

    registered: int
    available: int
    known: int
    queued: tuple[Queued, ...]
    vanished: tuple[Vanished, ...]


@dataclasses.dataclass(frozen=True)
class _Registered:
    """A component and where it is registered; `owner` is the component whose entry its files belong to."""

    component_id: str
    name: str
    kind: Kind
    resource_identifier: str
    version_id: str
    owner: str


@dataclasses.dataclass(frozen=True)
class _Version:
    """Whose a version is: names as an entry of the outbox has them."""

    name: str = ""
    project_id: str = ""
    project_name: str = ""
    username: str = ""


class Reconciliation:
    """Compares ftrack, an outbox and a staging area. For one thread only.

    *outbox* is None where there is none yet, which is as good as an empty one as long as nothing is to be queued.
    """

    def __init__(self, outbox: Optional[Outbox], area: StagingArea, connection: FtrackConnection) -> None:
        self._outbox = outbox
        self._area = area
        self._connection = connection

    def run(self, location_id: str, location_name: str, destination_id: str, dry_run: bool = False) -> Outcome:
        """Queue what is neither at the destination location nor in the outbox; with *dry_run* only find it.

        An empty *destination_id* means that no ftrack location stands for the destination: then nothing counts as
        available. A container counts as registered when it is registered itself; its members go with it.

        Raise `errors.RegistrationError`, `errors.OutboxError` or `errors.StagingGone`.
        """
        # In this order: what is published meanwhile is in the outbox before ftrack knows it.
        registered = self._registered(location_id)
        known = self._outbox.known(location_id) if self._outbox is not None else set()
        unknown = [item for item in registered if item.component_id not in known]
        there = self._at(destination_id, unknown) if destination_id else set()
        lost = [item for item in unknown if item.component_id not in there]
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
        return Outcome(len(registered), len(there), len(registered) - len(unknown), tuple(queued), tuple(vanished))

    # What ftrack says.

    def _registered(self, location_id: str) -> list[_Registered]:
        """Return the components in the location that are members of nothing."""
        where = f'location_id is "{location_id}" and component.container_id is none order by component_id'
        return [_as_registered(row, row["component_id"]) for row in self._locations(where)]

    def _locations(self, where: str) -> list[Any]:
        columns = "component_id, resource_identifier, component.name, component.version_id, component.container_id"
        return self._connection.query(f"select {columns} from ComponentLocation where {where}")  # noqa: S608

    def _at(self, location_id: str, items: Iterable[_Registered]) -> set[str]:
        found: set[str] = set()
        for ids in quoted_batches(item.component_id for item in items):
            where = f'location_id is "{location_id}" and component_id in ({ids})'
            rows = self._connection.query(f"select component_id from ComponentLocation where {where}")  # noqa: S608
            found.update(row["component_id"] for row in rows)
        return found

    def _members(self, items: Iterable[_Registered], location_id: str) -> dict[str, list[_Registered]]:
        """Return the registered files of containers, at any depth, by the id of the outermost one."""
        found: dict[str, list[_Registered]] = {}
        owners = {item.component_id: item.component_id for item in items if item.kind is not Kind.FILE}
        for _ in range(_DEPTH):
            inner: dict[str, str] = {}
            for ids in quoted_batches(owners):
                where = f'location_id is "{location_id}" and component.container_id in ({ids}) order by component_id'
                for row in self._locations(where):
                    member = _as_registered(row, owners[row["component"]["container_id"]])
                    if member.kind is Kind.FILE:
                        found.setdefault(member.owner, []).append(member)
                    else:
                        inner[member.component_id] = member.owner
            if not inner:
                break
            owners = inner
        return found

    def _versions(self, items: Iterable[_Registered]) -> dict[str, _Version]:
        rows: list[Any] = []
        for ids in quoted_batches({item.version_id for item in items if item.version_id}):
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
        self, items: Sequence[_Registered], location_id: str, location_name: str
    ) -> Iterator[Union[Publication, Vanished]]:
        """Yield what a publish of *items* would have queued; nothing for a container without files."""
        members = self._members(items, location_id)
        versions = self._versions(items)
        for item in items:
            files, missing = self._files(members.get(item.component_id, []) if item.kind is not Kind.FILE else [item])
            version = versions.get(item.version_id, _Version())
            project = version.project_name or item.resource_identifier.replace("\\", "/").lstrip("/").partition("/")[0]
            if missing:
                yield Vanished(
                    item.component_id, item.name, version.name, project, item.resource_identifier, tuple(missing)
                )
            elif files:
                yield Publication(
                    component_id=item.component_id,
                    component_name=item.name,
                    kind=item.kind,
                    resource_identifier=item.resource_identifier,
                    location_id=location_id,
                    location_name=location_name,
                    server_url=self._connection.credentials.server_url,
                    username=version.username or self._connection.credentials.api_user,
                    project_id=version.project_id,
                    project_name=project,
                    version_id=item.version_id,
                    version_name=version.name,
                    files=tuple(files),
                )

    def _files(self, items: Iterable[_Registered]) -> tuple[list[StagedFile], list[str]]:
        """Return the files of *items* as they lie on the disk, and the identifiers of those that do not."""
        files, missing = [], []
        for item in items:
            try:
                relative = normalise_identifier(item.resource_identifier, self._area.root)
                stamp = self._area.stat_file(relative)
            except (FileChanged, ValueError):  # gone, or never to be found below this root
                missing.append(item.resource_identifier)
            else:
                files.append(StagedFile(relative, stamp.size_bytes, stamp.mtime_ns))
        return files, missing


def _as_registered(row: Any, owner: str) -> _Registered:
    component = row["component"]
    return _Registered(
        component_id=row["component_id"],
        name=component["name"],
        kind=_KINDS.get(component.entity_type, Kind.FILE),
        resource_identifier=row["resource_identifier"] or "",
        version_id=component["version_id"] or "",
        owner=owner,
    )


def _as_version(row: Any, project_id: str, names: dict[str, str]) -> _Version:
    user = row["user"]
    return _Version(
        name="{} v{:03d}".format(row["asset"]["name"], row["version"]),
        project_id=project_id,
        project_name=names.get(project_id, ""),
        username=user["username"] if user else "",
    )


def _queued(publication: Publication) -> Queued:
    return Queued(
        component_id=publication.component_id,
        component=publication.component_name,
        version=publication.version_name,
        project=publication.project_name,
        path=publication.resource_identifier,
        file_count=len(publication.files),
        size_bytes=publication.size_bytes,
    )
