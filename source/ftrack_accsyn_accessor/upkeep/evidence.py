"""Collects, from ftrack, disk and outbox, what is known about the copies of entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted_batches
from ftrack_accsyn_accessor.model.entry import Entry, Kind
from ftrack_accsyn_accessor.model.errors import FileChanged
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea, Stamp
from ftrack_accsyn_accessor.upkeep.policy import Evidence

#: Containers may hold containers; deeper than this nobody nests them.
_DEPTH = 8


class Collector:
    """For one thread only.

    Methods may raise `errors.RegistrationError`, `errors.StagingGone` and `errors.OutboxError`.
    """

    def __init__(self, outbox: Outbox, area: StagingArea, connection: FtrackConnection) -> None:
        self._outbox = outbox
        self._area = area
        self._connection = connection

    def collect(self, entries: Sequence[Entry]) -> dict[int, Evidence]:
        """Return the evidence on each of *entries*, which come with their files, by id; a few requests for all."""
        jobs = self._outbox.tracking.jobs(entry.job for entry in entries if entry.job is not None)
        destinations = {entry.id: jobs[entry.job].destination_id for entry in entries if entry.job in jobs}
        components = self._components([entry for entry in entries if destinations.get(entry.id)])
        arrived = self._registered(components, destinations)
        staged = self._registered(components, {entry.id: entry.publication.location_id for entry in entries})
        shared = self._shared(entries)
        found: dict[int, Evidence] = {}
        for entry in entries:
            missing, changed = self._files(entry)
            found[entry.id] = Evidence(
                components=frozenset(components.get(entry.id, ())),
                destination_id=destinations.get(entry.id, ""),
                arrived=frozenset(arrived.get(entry.id, ())),
                staged=frozenset(staged.get(entry.id, ())),
                registrations=frozenset(staged.get(entry.id, {}).values()),
                missing=missing,
                changed=changed,
                shared=frozenset(shared.get(entry.id, ())),
            )
        return found

    def existing(self, registrations: Iterable[str]) -> list[str]:
        """Return those of the ids of registrations that ftrack still has."""
        found: list[str] = []
        for ids in quoted_batches(registrations):
            rows = self._connection.query(f"select id from ComponentLocation where id in ({ids})")  # noqa: S608
            found += [str(row["id"]) for row in rows]
        return found

    def _components(self, entries: Sequence[Entry]) -> dict[int, set[str]]:
        """Return the components of each entry, its own and its members, as far as ftrack knows them."""
        owners = {entry.publication.component_id: entry.id for entry in entries}
        nested = {entry.id for entry in entries if entry.publication.kind is Kind.CONTAINER}
        found: dict[int, set[str]] = {}
        for ids in quoted_batches(sorted(owners)):
            for row in self._connection.query(f"select id from Component where id in ({ids})"):  # noqa: S608
                found.setdefault(owners[row["id"]], set()).add(str(row["id"]))
        files = {entry.publication.component_id for entry in entries if entry.publication.kind is Kind.FILE}
        parents = {component_id: owner for component_id, owner in owners.items() if component_id not in files}
        for _ in range(_DEPTH):
            members: dict[str, int] = {}
            for ids in quoted_batches(sorted(parents)):
                rows = self._connection.query(f"select id, container_id from Component where container_id in ({ids})")  # noqa: S608
                members.update((str(row["id"]), parents[row["container_id"]]) for row in rows)
            for component_id, owner in members.items():
                found.setdefault(owner, set()).add(component_id)
            parents = {component_id: owner for component_id, owner in members.items() if owner in nested}
        return found

    def _registered(
        self, components: Mapping[int, set[str]], locations: Mapping[int, str]
    ) -> dict[int, dict[str, str]]:
        """Return the ids of registrations by component, of each entry in its location."""
        found: dict[int, dict[str, str]] = {}
        for location_id in sorted({locations[entry_id] for entry_id in components}):
            owners = {
                component_id: entry_id
                for entry_id, ids in components.items()
                if locations[entry_id] == location_id
                for component_id in ids
            }
            for quoted in quoted_batches(sorted(owners)):
                where = f'location_id is "{location_id}" and component_id in ({quoted})'
                rows = self._connection.query(f"select id, component_id from ComponentLocation where {where}")  # noqa: S608
                for row in rows:
                    found.setdefault(owners[row["component_id"]], {})[str(row["component_id"])] = str(row["id"])
        return found

    def _files(self, entry: Entry) -> tuple[frozenset[str], frozenset[str]]:
        """Return the staged files that are missing, and those that are not what was published."""
        missing, changed = set(), set()
        for file in entry.publication.files:
            try:
                stamp = self._area.stat_file(file.path)
            except FileChanged:
                missing.add(file.path)
                continue
            if not is_same(stamp, Stamp(file.size_bytes, file.mtime_ns)):
                changed.add(file.path)
        return frozenset(missing), frozenset(changed)

    def _shared(self, entries: Sequence[Entry]) -> Mapping[int, set[str]]:
        """Return the files of *entries* that entries which stay need as well."""
        owners: dict[str, list[int]] = {}
        for entry in entries:
            for file in entry.publication.files:
                owners.setdefault(file.path, []).append(entry.id)
        going = {entry.id for entry in entries}
        shared: dict[int, set[str]] = {}
        for other in self._outbox.entries():
            if other.id in going:
                continue
            for file in other.publication.files:
                for entry_id in owners.get(file.path, ()):
                    shared.setdefault(entry_id, set()).add(file.path)
        return shared


def is_same(found: Stamp, published: Stamp) -> bool:
    """Whether a staged file is what was published; times may differ below a microsecond, as in `StagingArea.verify`."""
    return found.size_bytes == published.size_bytes and found.mtime_ns // 1000 == published.mtime_ns // 1000
