"""Which items a list shows, and how many there are: in the order of a list, without looking at all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Optional

from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.outbox.archive import Archive
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.kept import Known
from ftrack_accsyn_accessor.outbox.opening import Connection
from ftrack_accsyn_accessor.outbox.searching import PUBLISHED, conditions

_ATTENTION = State.NEEDS_ATTENTION.value
#: The most members of an SQL list that every SQLite takes.
LIST_LIMIT = 500
#: Whether an item needs attention, when it was created, its id: what is greatest stands first.
_Place = tuple[bool, float, int]


class Listing:
    """Any thread of any process may call it; it may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`."""

    def __init__(self, connections: Connections, archive: Archive) -> None:
        self._connections = connections
        self._archive = archive

    def ids(self, states: Collection[State], search: str, limit: int, offset: int, request: Optional[int]) -> list[int]:
        """Return the ids of a page, as `Survey.page` has it; a negative *limit* is none."""
        most = limit + offset if limit >= 0 else -1
        with self._connections.reading() as connection:
            if search or request not in (None, PUBLISHED):
                found = _searched(connection, states, search, request, most)
            else:
                found = [
                    place
                    for state in _filled(connection, states, request)
                    for place in _of_state(connection, state, request, most)
                ]
        # So many of the archive's stand above the page, wherever those of the outbox stand.
        above = max(0, offset - len(found))
        found += self._archived(states, search, request, most - above if most >= 0 else -1, above)
        places = sorted(set(found), reverse=True)  # one may have left the outbox between the two looks
        return [each[2] for each in places[offset - above : most - above if most >= 0 else None]]

    def count(self, states: Collection[State], search: str, request: Optional[int]) -> int:
        """Return how many items `ids` would find without a limit."""
        wanted = [state.value for state in states or tuple(State)]
        published = request == PUBLISHED
        if search or request not in (None, PUBLISHED):
            where, values = conditions(states, search, request)
            statement = f"SELECT count(*) FROM item {where}"  # noqa: S608 - constants; the values are bound
        else:
            where = f"state IN ({', '.join('?' * len(wanted))}){_whose(request)}"
            statement, values = f"SELECT coalesce(sum(items), 0) FROM total WHERE {where}", list(wanted)  # noqa: S608
        with self._connections.reading() as connection:
            here = int(connection.execute(statement, values).fetchone()[0])
        if State.SYNCED.value not in wanted:
            return here
        if search:
            return here + self._archive.count(search, None if published else request, published)
        if request not in (None, PUBLISHED):
            return here + self._archive.sums_of(request or 0)[0]
        return here + self._archive.sums(Reason.PUBLISH if published else None).items

    def _archived(
        self, states: Collection[State], search: str, request: Optional[int], most: int, offset: int
    ) -> list[_Place]:
        """Return the places of what has left the outbox for good."""
        if states and State.SYNCED not in states:
            return []
        published = request == PUBLISHED
        found = self._archive.newest(most, search, None if published else request, published, offset)
        with self._connections.reading() as connection:
            there = present(connection, [item for _, item in found]) if found else set()
        return [(False, at, item) for at, item in found if item not in there]


def present(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Return those of *ids* that have an item."""
    found: set[int] = set()
    for start in range(0, len(ids), LIST_LIMIT):
        part = ids[start : start + LIST_LIMIT]
        rows = connection.execute(f"SELECT id FROM item WHERE id IN ({', '.join('?' * len(part))})", part)  # noqa: S608
        found.update(row[0] for row in rows)
    return found


def gone(connections: Connections, archived: Sequence[Known]) -> list[Known]:
    """Return those of *archived* that are not in the outbox again."""
    with connections.reading() as connection:
        there = present(connection, [each["id"] for each in archived])
    return [each for each in archived if each["id"] not in there]


def _searched(
    connection: Connection, states: Collection[State], search: str, request: Optional[int], most: int
) -> list[_Place]:
    where, values = conditions(states, search, request)
    rows = connection.execute(
        f"SELECT state = '{_ATTENTION}', created_at, id FROM item {where} "  # noqa: S608 - constants; the values are bound
        "ORDER BY 1 DESC, created_at DESC, id DESC LIMIT ?",
        (*values, most),
    )
    return [(bool(row[0]), row[1], row[2]) for row in rows]


def _filled(connection: Connection, states: Collection[State], request: Optional[int]) -> list[State]:
    """Return those of *states* (none: all) that any item is in."""
    rows = connection.execute(f"SELECT DISTINCT state FROM total WHERE items > 0{_whose(request)}")  # noqa: S608
    filled = {State(row[0]) for row in rows}
    return [state for state in states or tuple(State) if state in filled]


def _of_state(connection: Connection, state: State, request: Optional[int], most: int) -> list[_Place]:
    """Return the first places in one state: what waits for no time is in their order in the index."""
    found: list[_Place] = []
    for waits in ("next_try_at IS NULL", "next_try_at IS NOT NULL"):
        rows = connection.execute(
            f"SELECT created_at, id FROM item INDEXED BY item_by_state WHERE state = ? AND {waits}{_whose(request)} "  # noqa: S608
            "ORDER BY created_at DESC, id DESC LIMIT ?",
            (state.value, most),
        )
        found += [(state is State.NEEDS_ATTENTION, row[0], row[1]) for row in rows]
    return found


def _whose(request: Optional[int]) -> str:
    return f" AND reason = '{Reason.PUBLISH.value}'" if request == PUBLISHED else ""
