"""The queries and steps of the tracker: what accsyn has reported of sync jobs and of the items in them."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.model import parties
from ftrack_accsyn_accessor.model.item import (
    REPAIRABLE,
    Item,
    Progress,
    Reason,
    Sent,
    StagedFile,
    State,
    Studio,
    sources,
)
from ftrack_accsyn_accessor.outbox import covering, ends, records, replacing
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.past import EXCLUDING, forgotten_ids
from ftrack_accsyn_accessor.outbox.recalling import Recalling
from ftrack_accsyn_accessor.outbox.records import JobRow

#: Assignments that take back what was reported of an item, when it is published or submitted anew.
FROM_THE_START = "done_bytes = 0, speed_bytes_per_s = NULL, left_s = NULL, arrived_at = NULL, synced_at = NULL"
_SUBMITTED = records.listed([State.SUBMITTED, State.TRANSFERRING])
_MOVING = records.listed([State.PREPARED, State.PENDING, State.SUBMITTED, State.TRANSFERRING])
_WITHDRAWN = f"state = '{State.WITHDRAWN.value}'"
_REPAIRABLE = records.listed(REPAIRABLE)
#: Items that what accsyn reports may still change.
_FOLLOWED = (
    f"item.state IN ({_SUBMITTED}, '{State.NEEDS_ATTENTION.value}') AND item.arrived_at IS NULL "
    f"AND (item.state IN ({_SUBMITTED}) OR item.cause_kind IN ({_REPAIRABLE}))"
)
_DELIVERS = f"(job.party LIKE '{parties.DELIVERY}=%')"
#: Requests of whose end nobody was told yet.
_OPEN = f"ended_at IS NULL AND reason IN ({records.listed(set(Reason) - {Reason.PUBLISH})})"
#: Published items of the present round: on their way, or on it since :since, in seconds since the epoch.
_IN_ROUND = f"job = :job AND reason = 'publish' AND (state IN ({_SUBMITTED}) OR updated_at >= :since)"


@dataclasses.dataclass(frozen=True)
class TrackedJob:
    """A sync job as it was last seen.

    `status` is accsyn's word, or archived or deleted; empty before it was seen. `followed` counts the items that what
    accsyn reports may still change. A round lasts from the first item on its way to the last one: `round_status` is
    running until it is closed as done or failed, `ftrack_job` the id of the ftrack Job that shows it, `noted` what the
    publisher was told of last. Times are seconds since the epoch.
    """

    row: JobRow
    status: str
    speed_bytes_per_s: Optional[float]
    left_s: Optional[float]
    polled_at: Optional[float]
    round_at: Optional[float]
    ftrack_job: str
    round_status: str
    noted: str
    followed: int


@dataclasses.dataclass(frozen=True)
class Tally:
    """The items of a round: how many, in which state, their files and their bytes.

    Of an item that is on its way as many files count as done as its bytes are worth. Files and bytes of withdrawn ones
    do not count.
    """

    items: int
    synced: int
    moving: int
    attention: int
    withdrawn: int
    files: int
    done_files: int
    progress: Progress


@dataclasses.dataclass(frozen=True)
class Change:
    """What became of *item*. `next_try_at` (seconds since the epoch) matters with `needs-attention` only.

    `arrived` tells that accsyn has reported all its tasks done. `remedy` is what to do where `cause` does not say so.
    """

    item: Item
    state: State
    progress: Progress
    cause_kind: str = ""
    cause: str = ""
    next_try_at: Optional[float] = None
    arrived: bool = False
    remedy: str = ""


class Tracking:
    """The tracker's side of an outbox. Any thread of any process may read; steps are for whoever holds its lock.

    Every method may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.
    """

    def __init__(
        self,
        connections: Connections,
        clock: Callable[[], float],
        recalling: Recalling,
        studio: Optional[Studio] = None,
    ) -> None:
        self._connections = connections
        self._recalling = recalling
        self._clock = clock
        self._mine, self._bound = records.of_studio(studio)
        self._my_job, _ = records.of_studio(studio, "job.studio")

    # Following.

    def is_live(self) -> bool:
        """Whether there is anything for a tracker to do. Read off the ends of an index, for it is asked often."""
        attention = f"state = '{State.NEEDS_ATTENTION.value}' AND cause_kind IN ({_REPAIRABLE})"
        with self._connections.reading() as connection:
            row = connection.execute(
                f"SELECT EXISTS (SELECT 1 FROM item WHERE state IN ({_SUBMITTED}) AND {self._mine}) "  # noqa: S608
                f"OR EXISTS (SELECT 1 FROM item WHERE {attention} AND {self._mine}) "
                f"OR EXISTS (SELECT 1 FROM job WHERE round_status = 'running' AND {self._my_job}) "
                "OR EXISTS (SELECT 1 FROM past JOIN job ON job.id = past.job "
                f"WHERE {EXCLUDING} AND {self._my_job}) "
                f"OR EXISTS (SELECT 1 FROM request WHERE {_OPEN} AND {self._mine})",
                self._bound,
            ).fetchone()
        return bool(row[0])

    def live_jobs(self) -> list[TrackedJob]:
        """Return the jobs of which accsyn has to be asked, oldest first."""
        return self._live(f"NOT {_DELIVERS}")

    def live_deliveries(self) -> list[TrackedJob]:
        """Return the deliveries of which accsyn has to be asked, oldest first: they are rows like jobs, but no jobs."""
        return self._live(_DELIVERS)

    def _live(self, which: str) -> list[TrackedJob]:
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT job.*, count(*) AS followed FROM item JOIN job ON job.id = item.job "  # noqa: S608 - constants
                f"WHERE job.accsyn_id <> '' AND {which} AND {_FOLLOWED} AND {self._my_job} "
                "GROUP BY job.id ORDER BY job.id",
                self._bound,
            )
            return [_tracked(row) for row in rows]

    def followed(self, job: int) -> list[Item]:
        """Return the items of a job that what accsyn reports may still change, without their files."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"SELECT * FROM item WHERE job = ? AND {_FOLLOWED} ORDER BY id",  # noqa: S608 - constants
                (job,),
            )
            return [records.item(row) for row in rows]

    def with_files(self, items: Sequence[Item]) -> list[Item]:
        """Return *items* with their files."""
        found = []
        with self._connections.reading() as connection:
            for item in items:
                row = connection.execute("SELECT packed FROM files WHERE item = ?", (item.id,)).fetchone()
                files = records.unpack(row["packed"]) if row is not None else item.publication.files
                found.append(dataclasses.replace(item, publication=dataclasses.replace(item.publication, files=files)))
        return found

    def record(self, changes: Sequence[Change]) -> int:
        """Write down *changes*; return how many. An item that was published anew meanwhile stays as it is.

        `updated_at` tells when an item came to its state, so that what was given up long ago never counts as news.
        What somebody wants tried at once stays due, though another cause for its waiting was found meanwhile.
        """
        now = self._clock()
        count = 0
        asked_for = f"state = '{State.NEEDS_ATTENTION.value}' AND next_try_at IS NULL"
        with self._connections.writing() as connection:
            for target in {change.state for change in changes}:
                allowed = records.listed((*sources(target), target))
                count += connection.executemany(
                    "UPDATE item SET state = ?, cause_kind = ?, cause = ?, "  # noqa: S608
                    f"next_try_at = CASE WHEN {asked_for} THEN NULL ELSE ? END, done_bytes = ?, "
                    "size_bytes = CASE component_id WHEN '' THEN max(size_bytes, ?) ELSE size_bytes END, "
                    "speed_bytes_per_s = ?, left_s = ?, arrived_at = CASE ? WHEN 1 THEN coalesce(arrived_at, ?) END, "
                    "updated_at = CASE state WHEN ? THEN updated_at ELSE ? END "
                    f"WHERE id = ? AND created_at = ? AND job IS ? AND state IN ({allowed})",
                    [_values(change, now) for change in changes if change.state is target],
                ).rowcount
        return count

    def clients_here(self, job: JobRow) -> set[str]:
        """Return the parties of accsyn clients by which the items of *job* come from this machine, or go to it."""
        with self._connections.reading() as connection:
            return ends.clients(connection, job)

    def move_client(self, former: str, present: str) -> None:
        """Let what was asked for and waits for this machine's *former* party go with its *present* one when retried."""
        with self._connections.writing() as connection:
            ends.move(connection, former, present)

    def keep_sent(self, item: Item, sent: Sent) -> None:
        """Write down as which tasks *item* went, and which runs of them prove nothing."""
        with self._connections.writing() as connection:
            connection.execute(
                "UPDATE item SET sent = ? WHERE id = ? AND created_at = ?",
                (records.sent_text(sent), item.id, item.created_at),
            )

    def saw_job(
        self,
        job: int,
        status: str,
        speed_bytes_per_s: Optional[float] = None,
        left_s: Optional[float] = None,
    ) -> None:
        """Write down what accsyn says of a job as a whole."""
        self._update_job(
            job,
            "status = ?, speed_bytes_per_s = ?, left_s = ?, polled_at = ?",
            (status, speed_bytes_per_s, left_s, self._clock()),
        )

    # Arrived items.

    def arrived(self, limit: int) -> list[Item]:
        """Return the first *limit* items that have arrived and are not synced yet, without their files.

        Those that wait for a cause come last, so that they never keep others waiting.
        """
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"SELECT * FROM item WHERE state = '{State.TRANSFERRING.value}' "  # noqa: S608 - constants
                f"AND arrived_at IS NOT NULL AND {self._mine} ORDER BY cause_kind <> '', id LIMIT :limit",
                {"limit": limit, **self._bound},
            )
            return [records.item(row) for row in rows]

    def synced(self, items: Sequence[Item]) -> int:
        """Move *items* to `synced`; return how many."""
        allowed = records.listed(sources(State.SYNCED))
        now = self._clock()
        rows = [(now, now, item.id, item.created_at) for item in items]
        published = [item.publication for item in items if item.reason is Reason.PUBLISH]
        with self._recalling.writing(published) as connection:
            count = connection.executemany(
                f"UPDATE item SET state = '{State.SYNCED.value}', cause_kind = '', cause = '', "  # noqa: S608 - constants
                "next_try_at = NULL, done_bytes = size_bytes, speed_bytes_per_s = NULL, left_s = NULL, synced_at = ?, "
                f"updated_at = ? WHERE id = ? AND created_at = ? AND state IN ({allowed})",
                rows,
            ).rowcount
            for item in items:
                if item.reason is Reason.PUBLISH:
                    covering.renew(connection, item)
            replacing.arrived(connection, items)
            return count

    def keep_files(self, item: Item, files: Sequence[StagedFile]) -> None:
        """Write down the files of *item* as they lie in the staging area now."""
        packed = records.pack(tuple(files))
        with self._connections.writing() as connection:
            connection.execute(
                "UPDATE files SET packed = ? WHERE item = (SELECT id FROM item WHERE id = ? AND created_at = ?)",
                (packed, item.id, item.created_at),
            )

    def forgotten(self) -> set[str]:
        """Return the components that nobody wants sent any more, as `Past.forgotten_ids`."""
        with self._connections.reading() as connection:
            return forgotten_ids(connection)

    def newer(self, item: Item) -> list[Item]:
        """Return the items, published after *item*, that have files of it and are not synced; none for a request's."""
        if item.reason is not Reason.PUBLISH:
            return []
        with self._connections.reading() as connection:
            return covering.newer(connection, item)

    def reopen(self, items: Sequence[Item]) -> None:
        """Let *items*, which were synced, wait for what was published of them since.

        What was asked for of them before is of an older content, and withdrawn.
        """
        now = self._clock()
        with self._connections.writing() as connection:
            for item in items:
                covering.reopen(connection, item, now)
                replacing.withdraw(connection, item.publication.component_id, item.publication.location_id, now)

    def jobs(self, ids: Iterable[int]) -> dict[int, JobRow]:
        """Return the job rows with these ids."""
        with self._connections.reading() as connection:
            rows = [connection.execute("SELECT * FROM job WHERE id = ?", (job,)).fetchone() for job in set(ids)]
        return {row["id"]: records.job(row) for row in rows if row is not None}

    # Rounds.

    def rounds(self) -> list[TrackedJob]:
        """Return the jobs with items on their way, and those whose round has not been closed yet, oldest first."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT *, 0 AS followed FROM job WHERE (round_status = 'running' "  # noqa: S608 - constants
                f"OR id IN (SELECT job FROM item WHERE state IN ({_SUBMITTED}) AND reason = 'publish')) "
                f"AND {self._my_job} ORDER BY id",
                self._bound,
            )
            return [_tracked(row) for row in rows]

    def tally(self, job: int, since: float) -> Tally:
        """Return the sums over the items of the round that began at *since* (seconds since the epoch)."""
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT count(*) AS items, "  # noqa: S608 - constants
                f"count(CASE WHEN state = '{State.SYNCED.value}' THEN 1 END) AS synced, "
                f"count(CASE WHEN state IN ({_MOVING}) THEN 1 END) AS moving, "
                f"count(CASE WHEN state = '{State.NEEDS_ATTENTION.value}' THEN 1 END) AS attention, "
                f"count(CASE WHEN {_WITHDRAWN} THEN 1 END) AS withdrawn, "
                f"coalesce(sum(CASE WHEN NOT {_WITHDRAWN} THEN file_count END), 0) AS files, "
                f"coalesce(sum(CASE WHEN NOT {_WITHDRAWN} THEN size_bytes END), 0) AS size_bytes, "
                f"coalesce(sum(CASE WHEN NOT {_WITHDRAWN} THEN done_bytes END), 0) AS done_bytes, coalesce(sum(CASE "
                f"WHEN state = '{State.SYNCED.value}' OR arrived_at IS NOT NULL THEN file_count "
                f"WHEN state IN ({_MOVING}) AND size_bytes THEN file_count * done_bytes / size_bytes ELSE 0 END), 0) "
                "AS done_files "
                f"FROM item WHERE {_IN_ROUND}",
                {"job": job, "since": since},
            ).fetchone()
        progress = Progress(row["done_bytes"], row["size_bytes"])
        counts = {
            name: row[name] for name in ("items", "synced", "moving", "attention", "withdrawn", "files", "done_files")
        }
        return Tally(progress=progress, **counts)

    def publishers(self, job: int, since: float) -> list[str]:
        """Return the ftrack users whose items are in the round, the latest first."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"SELECT username FROM item WHERE {_IN_ROUND} GROUP BY username ORDER BY max(id) DESC",  # noqa: S608
                {"job": job, "since": since},
            )
            return [str(row[0]) for row in rows]

    def first_stopped(self, job: int, since: float) -> Optional[Item]:
        """Return the oldest item of the round that needs attention, without its files."""
        with self._connections.reading() as connection:
            row = connection.execute(
                f"SELECT * FROM item WHERE {_IN_ROUND} AND state = '{State.NEEDS_ATTENTION.value}' "  # noqa: S608
                "ORDER BY id LIMIT 1",
                {"job": job, "since": since},
            ).fetchone()
        return records.item(row) if row is not None else None

    def left_over(self, job: int, since: float) -> list[Item]:
        """Return the synced items of the round of whose earlier content something stays there, without their files."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"SELECT * FROM item WHERE {_IN_ROUND} AND state = '{State.SYNCED.value}' "  # noqa: S608 - constants
                "AND left_over <> '' ORDER BY id",
                {"job": job, "since": since},
            )
            return [records.item(row) for row in rows]

    def needing_attention(self, job: int) -> int:
        """Return how many items of a job need attention, in whatever round they came to."""
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT count(*) FROM item WHERE job = ? AND state = ?", (job, State.NEEDS_ATTENTION.value)
            ).fetchone()
        return int(row[0])

    def round_begun(self, job: int, ftrack_job: str) -> None:
        """Begin a round, to be shown by the ftrack Job with this id."""
        self._update_job(job, "round_at = ?, ftrack_job = ?, round_status = 'running'", (self._clock(), ftrack_job))

    def round_closed(self, job: int, round_status: str, noted: str) -> None:
        """Close a round as done or failed, with what the publisher was told of: a failure that stands is told once."""
        self._update_job(job, "round_status = ?, noted = ?", (round_status, noted))

    def _update_job(self, job: int, assignments: str, values: Sequence[object]) -> None:
        with self._connections.writing() as connection:
            connection.execute(f"UPDATE job SET {assignments} WHERE id = ?", (*values, job))  # noqa: S608 - constants


def _values(change: Change, now: float) -> tuple[object, ...]:
    item, progress = change.item, change.progress
    said = (change.state.value, change.cause_kind, records.cause_text(change.cause, change.remedy), change.next_try_at)
    moved = (progress.done_bytes, progress.size_bytes, progress.speed_bytes_per_s, progress.left_s)
    known = (item.id, item.created_at, item.job)
    return (*said, *moved, int(change.arrived), now, change.state.value, now, *known)


def _tracked(row: sqlite3.Row) -> TrackedJob:
    names = [field.name for field in dataclasses.fields(TrackedJob) if field.name != "row"]
    return TrackedJob(row=records.job(row), **{name: row[name] for name in names})
