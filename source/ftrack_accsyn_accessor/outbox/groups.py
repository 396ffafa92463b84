"""What is not there yet, together where the same may be in its way. For people: nothing is changed."""

from __future__ import annotations

import dataclasses
import time
from typing import Optional

from ftrack_accsyn_accessor.model.item import State, Studio
from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.connection import Connections

_UNSENT = (State.PREPARED, State.PENDING)
_MOVING = (State.SUBMITTED, State.TRANSFERRING)
_WAITING = (State.PENDING, State.NEEDS_ATTENTION)
#: So many are looked at; where there are more, nearly each item has a cause of its own.
MOST = 2000


@dataclasses.dataclass(frozen=True)
class Group:
    """Items of one studio, state, cause and sync job: how many, their size, and the id of the one changed last."""

    item_id: int
    items: int
    size_bytes: int


class Groups:
    """Any thread of any process may call it; it may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def not_there(self) -> list[Group]:
        """Return all that is to arrive and has not, the largest groups first, `MOST` at most."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                # With max() SQLite takes the other columns from the row that has it.
                "SELECT id, count(*), sum(size_bytes), max(updated_at) FROM item "  # noqa: S608 - constants
                f"WHERE state IN ({records.listed((*_UNSENT, *_MOVING, State.NEEDS_ATTENTION))}) "
                # What a cause says of the item's own path tells it from no other.
                "GROUP BY studio, state, reason = 'publish', cause_kind, replace(cause, path, ''), job, "
                "next_try_at IS NULL "
                "ORDER BY 2 DESC, 3 DESC LIMIT ?",
                (MOST,),
            ).fetchall()
        return [Group(row[0], row[1], row[2]) for row in rows]

    def waits_for_somebody(self, studio: Optional[Studio], patience_s: float) -> bool:
        """Whether a process of *studio* (None: of any) would have done something by now, if one was there.

        It is given *patience_s* seconds. What waits for a time is nobody's work before that.
        """
        mine, bound = records.of_studio(studio)
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT 1 FROM item "  # noqa: S608 - constants
                f"WHERE (state IN ({records.listed((*_MOVING, State.PREPARED))}) "
                f"OR state IN ({records.listed(_WAITING)}) AND coalesce(next_try_at, 0) <= :then) "
                f"AND updated_at <= :then AND {mine} LIMIT 1",
                {"then": time.time() - patience_s, **bound},
            ).fetchone()
        return row is not None
