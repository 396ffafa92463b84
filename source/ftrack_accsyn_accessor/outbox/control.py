"""What people ask for through the outbox: pause, resume, retry, first, pins. Every process of the machine obeys."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Sequence
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.model.item import Endpoint, Item, State, Studio
from ftrack_accsyn_accessor.model.parties import DELIVERY
from ftrack_accsyn_accessor.outbox import attention, records
from ftrack_accsyn_accessor.outbox.connection import Connections

#: Statuses, in accsyn's words and ours, of jobs in which nothing moves: there is nothing to pause.
STILL = frozenset({"paused", "failed", "done", "aborted", "archived", "deleted"})

_PAUSED = "paused"
_PAUSED_JOBS = "paused-jobs"
_PINS = "pins"
_WAITING = (State.PENDING.value, State.NEEDS_ATTENTION.value)
_NOT_BEGUN = (State.PREPARED, State.PENDING, State.SUBMITTED, State.NEEDS_ATTENTION)


@dataclasses.dataclass(frozen=True)
class Pause:
    """Who has paused the outbox, and when (seconds since the epoch)."""

    by: str
    at: float


class Control:
    """Any thread of any process may call it.

    Who asks for something waits for it: the process that sends puts nothing off then, see `attention`.
    Every method may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.
    """

    def __init__(self, connections: Connections, clock: Callable[[], float]) -> None:
        self._connections = connections
        self._clock = clock

    # Pausing.

    def pause(self, by: str) -> bool:
        """Let nothing more be submitted, until `resume`; return False if that was so already.

        The worker pauses the running sync jobs in accsyn as soon as it can.
        """
        attention.give(self._connections.path)
        if self.paused() is not None:
            return False
        self._keep(_PAUSED, {"by": by, "at": self._clock()})
        return True

    def resume(self) -> bool:
        """Take `pause` back; return False if there was none.

        The worker resumes the jobs that it paused in accsyn.
        """
        attention.give(self._connections.path)
        if self.paused() is None:
            return False
        self._keep(_PAUSED, None)
        return True

    def paused(self) -> Optional[Pause]:
        """Return who has paused the outbox, or None."""
        kept = self._kept(_PAUSED)
        return Pause(str(kept["by"]), float(kept["at"])) if isinstance(kept, dict) else None

    def paused_jobs(self) -> frozenset[int]:
        """Return the rows of the jobs that were paused in accsyn because the outbox is; they are resumed with it."""
        return frozenset(self._kept(_PAUSED_JOBS) or ())

    def keep_paused_jobs(self, jobs: Collection[int]) -> None:
        """Write down which jobs were paused in accsyn because the outbox is."""
        if frozenset(jobs) != self.paused_jobs():
            self._keep(_PAUSED_JOBS, sorted(jobs))

    # Retrying.

    def retry(self, item_ids: Optional[Sequence[int]] = None) -> int:
        """Make items that wait for a time or for help due at once (None: all such); return how many.

        The worker submits them again; accsyn retries the tasks that it has already. What has arrived and waits for
        something else loses its cause, by which the worker knows that it is asked for.
        """
        waiting = ", ".join(f"'{state}'" for state in _WAITING)
        statements = (
            "UPDATE item SET next_try_at = NULL, updated_at = ? "  # noqa: S608 - constants
            f"WHERE state IN ({waiting}) AND next_try_at IS NOT NULL",
            "UPDATE item SET cause_kind = '', cause = '', updated_at = ? "  # noqa: S608 - constants
            f"WHERE state = '{State.TRANSFERRING.value}' AND arrived_at IS NOT NULL AND cause <> ''",
        )
        attention.give(self._connections.path)
        now = self._clock()
        with self._connections.writing() as connection:
            if item_ids is None:
                return sum(connection.execute(statement, (now,)).rowcount for statement in statements)
            rows = [(now, item_id) for item_id in item_ids]
            return sum(connection.executemany(f"{each} AND id = ?", rows).rowcount for each in statements)

    def deliver(self, request_id: int, destination: Endpoint) -> int:
        """Give what accsyn has taken nothing of, of a request, another *destination*, a delivery; return how many."""
        waiting = ", ".join(f"'{state}'" for state in _WAITING)
        with self._connections.writing() as connection:
            return connection.execute(
                "UPDATE item SET party = ?, destination_id = ?, destination_name = ?, job = NULL, attempts = 0, "  # noqa: S608
                f"state = '{State.PENDING.value}', cause_kind = '', cause = '', next_try_at = NULL, updated_at = ? "
                f"WHERE request = ? AND attempted = 0 AND state IN ({waiting})",
                (*destination, self._clock(), request_id),
            ).rowcount

    def first(self, item_ids: Sequence[int], priority: int) -> list[int]:
        """Give the tasks of items with which accsyn has not begun this *priority* (0 to 1000); return their ids.

        What is not submitted yet carries it along, and goes before what has a smaller one; the worker gives it to what
        is queued in accsyn. Of what its recipient is to fetch accsyn knows no order.
        """
        attention.give(self._connections.path)
        statement = (
            f"UPDATE item SET priority = ? WHERE id = ? AND state IN ({records.listed(_NOT_BEGUN)}) "  # noqa: S608
            f"AND party NOT LIKE '{DELIVERY}=%'"
        )
        with self._connections.writing() as connection:
            return [each for each in item_ids if connection.execute(statement, (priority, each)).rowcount]

    def untold(self, studio: Studio) -> list[Item]:
        """Return the items of *studio* whose tasks wait in accsyn with another priority, without their files."""
        mine, bound = records.of_studio(studio)
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"SELECT * FROM item WHERE state = '{State.SUBMITTED.value}' AND priority IS NOT NULL "  # noqa: S608
                f"AND priority IS NOT priority_told AND party NOT LIKE '{DELIVERY}=%' AND {mine} ORDER BY id",
                bound,
            )
            return [records.item(row) for row in rows]

    def told(self, items: Sequence[Item]) -> None:
        """Write down that the tasks of *items* have the priority that these have."""
        with self._connections.writing() as connection:
            connection.executemany(
                "UPDATE item SET priority_told = ? WHERE id = ?",
                [(item.publication.priority, item.id) for item in items],
            )

    # Cleaning.

    def pins(self) -> frozenset[str]:
        """Return what must stay staged: component ids, and paths relative to the staging area."""
        return frozenset(self._kept(_PINS) or ())

    def keep_pins(self, pins: Collection[str]) -> None:
        """Keep what must stay staged from now on."""
        self._keep(_PINS, sorted(pins))

    # What is kept.

    def _kept(self, name: str) -> Any:
        with self._connections.reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row is not None else None

    def _keep(self, name: str, value: Any) -> None:
        with self._connections.writing() as connection:
            if value is None:
                connection.execute("DELETE FROM meta WHERE name = ?", (name,))
            else:
                connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, json.dumps(value)))
