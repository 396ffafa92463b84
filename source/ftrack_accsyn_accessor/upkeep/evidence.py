"""Collects, from ftrack, disk and outbox, what is known about the copies of items."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted, quoted_batches
from ftrack_accsyn_accessor.ftrack.tree import members
from ftrack_accsyn_accessor.model.errors import FileChanged, FileUnreadable
from ftrack_accsyn_accessor.model.item import Item, Kind, Reason, State
from ftrack_accsyn_accessor.model.stamp import is_same
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.naming import naming_of
from ftrack_accsyn_accessor.upkeep.policy import Evidence


class Files(NamedTuple):
    """Staged files of an item: the missing ones, those that are not what was published, words on the unreadable."""

    missing: frozenset[str]
    changed: frozenset[str]
    unreadable: tuple[str, ...]


class Collector:
    """For one thread only.

    Methods may raise `errors.RegistrationError`, `errors.StagingGone` and `errors.OutboxError`.
    """

    def __init__(self, outbox: Outbox, area: StagingArea, connection: FtrackConnection) -> None:
        self._outbox = outbox
        self._area = area
        self._connection = connection

    def of_synced(self, items: Sequence[Item]) -> dict[int, Evidence]:
        """Return the evidence on each of *items*, which come with their files, by id; a few requests for all."""
        destinations = {item.id: item.kept_at.location_id for item in items if item.kept_at.location_id}
        components = self._components([item for item in items if item.id in destinations])
        arrived = self._registered(components, destinations)
        return {
            item_id: dataclasses.replace(
                found,
                destination_id=destinations.get(item_id, ""),
                arrived=frozenset(arrived.get(item_id, ())),
            )
            for item_id, found in self._staged(items, components).items()
        }

    def of_withdrawn(self, items: Sequence[Item]) -> dict[int, Evidence]:
        """Return the evidence on withdrawn *items*, which come with their files, by id.

        Besides what it costs for synced ones, a request for each 500 staged files.
        """
        claimed = self._claimed(items)
        return {
            item_id: dataclasses.replace(found, claimed=frozenset(claimed.get(item_id, ())))
            for item_id, found in self._staged(items, self._components(items)).items()
        }

    def known(self, component_ids: Collection[str]) -> set[str]:
        """Return those of *component_ids* that ftrack knows; a request for each 500."""
        found: set[str] = set()
        for ids in quoted_batches(sorted(component_ids)):
            rows = self._connection.query(f"select id from Component where id in ({ids})")  # noqa: S608
            found.update(str(row["id"]) for row in rows)
        return found

    def files(self, item: Item) -> Files:
        """Look at the staged files of *item*."""
        missing, changed, unreadable = set(), set(), []
        for file in item.publication.files:
            try:
                stamp = self._area.stat_file(file.path)
            except FileChanged:
                missing.add(file.path)
            except FileUnreadable as error:
                unreadable.append(f"{file.path} cannot be looked at: {error.outcome}")
            else:
                if not is_same(stamp, file.stamp):
                    changed.add(file.path)
        return Files(frozenset(missing), frozenset(changed), tuple(unreadable))

    def _staged(self, items: Sequence[Item], components: Mapping[int, set[str]]) -> dict[int, Evidence]:
        """Return what is known of *items* on this machine's side."""
        staged = self._registered(components, {item.id: item.staged_at for item in items})
        shared, folders = self._shared(items), self._folders()
        found = {}
        for item in items:
            files = self.files(item)
            found[item.id] = Evidence(
                components=frozenset(components.get(item.id, ())),
                staged=frozenset(staged.get(item.id, ())),
                registrations=frozenset(staged.get(item.id, {}).values()),
                **files._asdict(),
                shared=frozenset(shared.get(item.id, ())),
                carried=self._carried(item, folders),
            )
        return found

    def _folders(self) -> list[tuple[str, str]]:
        """Return the folders, with their volumes, that are still to be sent from here as they are."""
        waiting = [state for state in State if state not in (State.SYNCED, State.WITHDRAWN)]
        return [
            (other.publication.volume, other.publication.path)
            for other in self._outbox.items(*waiting)
            if other.publication.kind is Kind.FOLDER and _is_sent_from_here(other)
        ]

    def _carried(self, item: Item, folders: Sequence[tuple[str, str]]) -> frozenset[str]:
        """Return the files of *item* that lie in one of *folders*: nobody lists what is in those."""
        naming, volume = naming_of(self._area.root), item.publication.volume
        around = [path for code, path in folders if code == volume]
        paths = (file.path for file in item.publication.files) if around else ()
        return frozenset(path for path in paths if any(naming.covers(folder, path) for folder in around))

    def _components(self, items: Sequence[Item]) -> dict[int, set[str]]:
        """Return the components of each item, its own and its members, as far as ftrack knows them."""
        owners = {item.publication.component_id: item.id for item in items}
        found: dict[int, set[str]] = {}
        for ids in quoted_batches(sorted(owners)):
            for row in self._connection.query(f"select id from Component where id in ({ids})"):  # noqa: S608
                found.setdefault(owners[row["id"]], set()).add(str(row["id"]))
        files = {item.publication.component_id for item in items if item.publication.kind is Kind.FILE}
        for level in members(self._connection, owners.keys() - files):
            for member in level:
                found.setdefault(owners[member.outermost], set()).add(member.component_id)
        return found

    def _registered(
        self, components: Mapping[int, set[str]], locations: Mapping[int, str]
    ) -> dict[int, dict[str, str]]:
        """Return the ids of registrations by component, of each item in its location."""
        found: dict[int, dict[str, str]] = {}
        for location_id in sorted({locations[item_id] for item_id in components}):
            owners = {
                component_id: item_id
                for item_id, found_ids in components.items()
                if locations[item_id] == location_id
                for component_id in found_ids
            }
            for ids in quoted_batches(sorted(owners)):
                where = f'location_id is "{location_id}" and component_id in ({ids})'
                rows = self._connection.query(f"select id, component_id from ComponentLocation where {where}")  # noqa: S608
                for row in rows:
                    found.setdefault(owners[row["component_id"]], {})[str(row["component_id"])] = str(row["id"])
        return found

    def _claimed(self, items: Sequence[Item]) -> dict[int, set[str]]:
        """Return the components that ftrack has in a location of this staging area under a path of each item."""
        locations = quoted(self._outbox.resting.here())
        owners: dict[str, set[int]] = {}
        for item in items:
            publication = item.publication
            for path in {publication.resource_identifier, publication.path, *(file.path for file in publication.files)}:
                owners.setdefault(path, set()).add(item.id)
        found: dict[int, set[str]] = {}
        for paths_of_many in quoted_batches(sorted(owners)):
            rows = self._connection.query(
                "select component_id, resource_identifier from ComponentLocation "  # noqa: S608 - ftrack's language
                f"where location_id in ({locations}) and resource_identifier in ({paths_of_many})"
            )
            for row in rows:
                for item_id in owners.get(row["resource_identifier"], ()):
                    found.setdefault(item_id, set()).add(str(row["component_id"]))
        return found

    def _shared(self, items: Sequence[Item]) -> Mapping[int, set[str]]:
        """Return the files of *items* that items which stay need as well; withdrawn ones need none."""
        key = naming_of(self._area.root).key
        owners: dict[str, list[tuple[int, str]]] = {}
        for item in items:
            for file in item.publication.files:
                owners.setdefault(key(file.path), []).append((item.id, file.path))
        going = {item.id for item in items}
        shared: dict[int, set[str]] = {}
        forgotten, archived = self._outbox.past.forgotten(), self._outbox.resting.sharing(items)
        for other in itertools.chain(self._outbox.items(), forgotten, archived):
            if other.id in going or other.state is State.WITHDRAWN or not _needs_staged(other):
                continue
            for file in other.publication.files:
                for item_id, path in owners.get(key(file.path), ()):
                    shared.setdefault(item_id, set()).add(path)
        return shared


def _is_here(item: Item) -> bool:
    """Whether *item* was published or fetched on this machine."""
    return item.reason in (Reason.PUBLISH, Reason.GET)


def rests_here(item: Item) -> bool:
    """Whether *item*, which does not move, lies in this machine's staging area."""
    return item.reason is Reason.PUBLISH or (item.reason is Reason.GET and item.state is State.SYNCED)


def _needs_staged(item: Item) -> bool:
    """Whether *item* needs staged files: what is sent from here needs them until it is there."""
    return _is_here(item) or _is_sent_from_here(item)


def _is_sent_from_here(item: Item) -> bool:
    return item.source.party.startswith("client=") and item.state is not State.SYNCED
