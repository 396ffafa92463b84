"""What rests in this machine's staging area after it has arrived: published, or fetched. For whoever frees it."""

from __future__ import annotations

import array
import heapq
import math
from collections.abc import Iterable, Iterator, Sequence

from ftrack_accsyn_accessor.model.item import Item, Reason, State
from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.archive import Archive, Arrived
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.listing import gone

#: Items read in one go by whoever walks through all of them.
_PAGE = 200
_IN_AREA = (Reason.PUBLISH, Reason.GET)
_HERE = f"reason IN ('{Reason.PUBLISH.value}', '{Reason.GET.value}')"
_ARRIVED = f"state = ? AND synced_at <= ? AND {_HERE}"


class Resting:
    """Any thread of any process may call it; nothing is changed.

    Every method may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.
    """

    def __init__(self, connections: Connections, archive: Archive) -> None:
        self._connections = connections
        self._archive = archive

    def synced(self, arrived_by: float) -> Iterator[Item]:
        """Yield the items that were synced by *arrived_by* (seconds since the epoch), in the order of their arrival.

        Those that are in this machine's staging area: published, or fetched. A few at a time, with their files where
        they are in the archive.
        """
        return heapq.merge(
            self._synced_here(arrived_by), self.archived(arrived_by), key=lambda item: (item.synced_at or 0.0, item.id)
        )

    def _synced_here(self, arrived_by: float) -> Iterator[Item]:
        with self._connections.reading() as connection:
            rows = connection.execute(f"SELECT id FROM item WHERE {_ARRIVED} ORDER BY synced_at, id", _by(arrived_by))  # noqa: S608
            ids = array.array("q", (row[0] for row in rows))
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE]
            marks = ", ".join("?" * len(page))
            with self._connections.reading() as connection:
                # An index would be that of all that is in the state, once for each page.
                found = connection.execute(
                    f"SELECT * FROM item NOT INDEXED WHERE id IN ({marks}) AND {_ARRIVED} ORDER BY synced_at, id",  # noqa: S608
                    (*page, *_by(arrived_by)),
                ).fetchall()
            yield from map(records.item, found)

    def archived(self, arrived_by: float = math.inf) -> Iterator[Item]:
        """Yield those of `synced` that are in the archive, with their files; none that has come back."""
        after = Arrived(-math.inf, 0)
        while True:
            found = self._archive.staged(arrived_by, after, _PAGE)
            if not found:
                return
            after = Arrived(found[-1]["synced_at"], found[-1]["id"])
            yield from (records.item(each) for each in gone(self._connections, found))

    def known(self, location_id: str, component_ids: Iterable[str]) -> set[str]:
        """Return those of *component_ids* that have an item of a location, in whatever state but withdrawn.

        Those that were published there, and those that were fetched.
        """
        return {each for each in component_ids if self._is_known(location_id, each)}

    def _is_known(self, location_id: str, component_id: str) -> bool:
        there = (component_id, State.WITHDRAWN.value, location_id, location_id)
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT 1 FROM item WHERE component_id = ? AND state <> ? "
                "AND (location_id = ? AND reason = 'publish' OR destination_id = ? AND reason = 'get') LIMIT 1",
                there,
            ).fetchone()
        items = map(records.item, self._archive.of_component(component_id) if row is None else ())
        return row is not None or any(item.staged_at == location_id and item.reason in _IN_AREA for item in items)

    def synced_bytes(self) -> int:
        """Return the size of all that `synced` yields."""
        with self._connections.reading() as connection:
            row = connection.execute(
                f"SELECT sum(size_bytes) FROM total WHERE state = ? AND {_HERE}",  # noqa: S608 - constants
                (State.SYNCED.value,),
            ).fetchone()
        return int(row[0]) + sum(self._archive.sums(reason).size_bytes for reason in (Reason.PUBLISH, Reason.GET))

    def any_synced(self, arrived_by: float) -> bool:
        """Whether `synced` would yield anything."""
        with self._connections.reading() as connection:
            row = connection.execute(
                # What arrived first is first in the index: nothing arrives before it is there.
                f"SELECT 1 FROM item WHERE {_ARRIVED} AND next_try_at IS NULL AND created_at <= ? LIMIT 1",  # noqa: S608
                (*_by(arrived_by), arrived_by),
            ).fetchone()
        return row is not None or self._archive.any_staged(arrived_by)

    def sharing(self, items: Sequence[Item]) -> Iterator[Item]:
        """Yield what is in the archive and may have a file of *items*, with its files."""
        for item in items:
            found = gone(self._connections, self._archive.related(item.publication, files=True))
            yield from (records.item(each) for each in found)

    def here(self) -> list[str]:
        """Return the ftrack locations that this machine's staging area is: something was published or fetched there."""
        with self._connections.reading() as connection:
            return [row[0] for row in connection.execute("SELECT location_id FROM here ORDER BY location_id")]


def _by(arrived_by: float) -> tuple[object, ...]:
    return State.SYNCED.value, arrived_by
