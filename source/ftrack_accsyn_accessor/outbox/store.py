"""The queries and steps of the outbox. Every step names the states it may start from; an illegal one changes nothing."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Callable, Optional

from ftrack_accsyn_accessor.entry import TRANSITIONS, Entry, Publication, State, sources
from ftrack_accsyn_accessor.errors import AccsynAccessorError
from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.records import JobRow, Prepared

_WAITING = (State.PENDING.value, State.NEEDS_ATTENTION.value)
_DUE = "state IN (?, ?) AND (next_try_at IS NULL OR next_try_at <= ?)"


@dataclasses.dataclass(frozen=True)
class Work:
    """What there is to do: entries due now, those still being prepared, and when the next one becomes due.

    Times are seconds since the epoch; None where there is no such entry.
    """

    due: int
    oldest_due_at: Optional[float]
    newest_due_at: Optional[float]
    prepared: int
    next_try_at: Optional[float]


class Outbox:
    """The outbox file at *path*. Any thread of any process may call it; nothing is kept open between the calls but one
    connection for each thread. Every method may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._connections = Connections(path)

    def open(self) -> None:
        """Create the file, or bring it up to date."""
        with self._connections.reading():
            pass

    def close(self) -> None:
        """Close the calling thread's connection."""
        self._connections.close()

    # Publishing, on the host's thread.

    def prepare(self, publications: Sequence[Publication], owner: str) -> None:
        """Write *publications* as entries in state `prepared`; a component that is published anew starts over."""
        names = (*records.PUBLICATION_COLUMNS, "size_bytes", "file_count", "state", "owner", "created_at", "updated_at")
        fresh = ", ".join(f"{name} = excluded.{name}" for name in names)
        statement = (
            f"INSERT INTO entry ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) "  # noqa: S608 - constants
            f"ON CONFLICT (component_id, location_id) DO UPDATE SET {fresh}, cause_kind = '', cause = '', attempts = 0, "
            "next_try_at = NULL, job = NULL, attempted = 0"
        )
        with self._connections.writing() as connection:
            for publication in publications:
                now = self._clock()
                values = (*records.publication_values(publication), publication.size_bytes, len(publication.files))
                connection.execute(statement, (*values, State.PREPARED.value, owner, now, now))
                connection.execute(
                    "INSERT OR REPLACE INTO files (entry, packed) "
                    "SELECT id, ? FROM entry WHERE component_id = ? AND location_id = ?",
                    (records.pack(publication.files), publication.component_id, publication.location_id),
                )

    def activate(self, component_ids: Iterable[str], location_id: str) -> int:
        """Move prepared entries to `pending`, since ftrack has registered them; return how many."""
        now = self._clock()
        rows = [(State.PENDING.value, now, component_id, location_id) for component_id in component_ids]
        with self._connections.writing() as connection:
            return connection.executemany(
                "UPDATE entry SET state = ?, owner = '', updated_at = ? "
                f"WHERE component_id = ? AND location_id = ? AND state = '{State.PREPARED.value}'",  # noqa: S608
                rows,
            ).rowcount

    def cancel(self, component_ids: Iterable[str], location_id: str) -> int:
        """Forget entries that have not been submitted, since their components were taken out of the staging location."""
        unsent = ", ".join(f"'{state.value}'" for state in (State.PREPARED, State.PENDING, State.NEEDS_ATTENTION))
        rows = [(component_id, location_id) for component_id in component_ids]
        with self._connections.writing() as connection:
            return connection.executemany(
                f"DELETE FROM entry WHERE component_id = ? AND location_id = ? AND state IN ({unsent})",  # noqa: S608
                rows,
            ).rowcount

    # What there is to do.

    def work(self) -> Work:
        """Return what there is to do, at the cost of one indexed query."""
        now = self._clock()
        with self._connections.reading() as connection:
            row = connection.execute(
                # Plain CASE and no RETURNING anywhere: hosts bring SQLite of every age.
                "SELECT count(CASE WHEN ready THEN 1 END) AS due, min(CASE WHEN ready THEN created_at END) AS oldest, "
                "max(CASE WHEN ready THEN updated_at END) AS newest, min(CASE WHEN NOT ready THEN next_try_at END) AS next_try, "
                "(SELECT count(*) FROM entry WHERE state = ?4) AS prepared FROM "
                "(SELECT created_at, updated_at, next_try_at, next_try_at IS NULL OR next_try_at <= ?1 AS ready "
                "FROM entry WHERE state IN (?2, ?3))",
                (now, *_WAITING, State.PREPARED.value),
            ).fetchone()
        return Work(row["due"], row["oldest"], row["newest"], row["prepared"], row["next_try"])

    def changes(self) -> int:
        """Return a number that is another one after any other connection has written (SQLite's `data_version`)."""
        with self._connections.reading() as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])

    def due(self, limit: int) -> list[Entry]:
        """Return the oldest *limit* entries to be submitted now, with their files."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"SELECT * FROM entry LEFT JOIN files ON files.entry = entry.id WHERE {_DUE} ORDER BY id LIMIT ?",  # noqa: S608
                (*_WAITING, self._clock(), limit),
            )
            return [records.entry(row) for row in rows]

    def prepared(self) -> list[Prepared]:
        """Return the entries whose registration has begun, without their files."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT * FROM entry WHERE state = ? ORDER BY id", (State.PREPARED.value,))
            return [Prepared(records.entry(row), row["owner"]) for row in rows]

    def entries(self, *states: State) -> Iterator[Entry]:
        """Yield the entries in *states* (none named: all), oldest first, with their files, a few at a time."""
        wanted = [state.value for state in states or tuple(State)]
        last = 0
        while True:
            with self._connections.reading() as connection:
                marks = ", ".join("?" * len(wanted))
                rows = connection.execute(
                    "SELECT * FROM entry LEFT JOIN files ON files.entry = entry.id "  # noqa: S608
                    f"WHERE id > ? AND state IN ({marks}) ORDER BY id LIMIT 200",
                    (last, *wanted),
                ).fetchall()
            if not rows:
                return
            last = rows[-1]["id"]
            yield from map(records.entry, rows)

    def counts(self) -> dict[State, int]:
        """Return the number of entries in each state."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT state, count(*) FROM entry GROUP BY state").fetchall()
        found = {State(state): count for state, count in rows}
        return {state: found.get(state, 0) for state in State}

    # Steps of the uploader.

    def attempt(self, entries: Sequence[Entry], job: JobRow) -> None:
        """Write down that the tasks of *entries* are about to be added to *job*."""
        self._update(entries, "job = ?, attempted = 1", (job.id,))

    def submitted(self, entries: Sequence[Entry], job: JobRow) -> int:
        """Move *entries* to `submitted`; return how many. An entry that was published anew meanwhile stays as it is."""
        assignments = "job = ?, attempted = 0, cause_kind = '', cause = '', attempts = 0, next_try_at = NULL"
        return self._step(entries, State.SUBMITTED, assignments, (job.id,))

    def not_attempted(self, entries: Sequence[Entry]) -> None:
        """Write down that accsyn has none of the tasks of *entries*."""
        self._update(entries, "attempted = 0", ())

    def delay(self, entries: Sequence[Entry], error: AccsynAccessorError, next_try_at: float) -> None:
        """Keep *entries* waiting, with the cause."""
        self._update(
            entries,
            "cause_kind = ?, cause = ?, attempts = attempts + 1, next_try_at = ?",
            (error.kind, str(error), next_try_at),
        )

    def needs_attention(self, entries: Sequence[Entry], error: AccsynAccessorError, next_try_at: Optional[float]) -> int:
        """Move *entries* to `needs-attention` with the cause; return how many."""
        assignments = "cause_kind = ?, cause = ?, attempts = attempts + 1, next_try_at = ?"
        return self._step(entries, State.NEEDS_ATTENTION, assignments, (error.kind, str(error), next_try_at))

    def wake(self, *cause_kinds: str) -> int:
        """Make entries that wait for one of *cause_kinds* due at once; return how many."""
        with self._connections.writing() as connection:
            marks = ", ".join("?" * len(cause_kinds))
            return connection.execute(
                f"UPDATE entry SET next_try_at = NULL WHERE state IN (?, ?) AND cause_kind IN ({marks}) "  # noqa: S608
                "AND next_try_at IS NOT NULL",
                (*_WAITING, *cause_kinds),
            ).rowcount

    # Jobs.

    def job(self, route: str, key: str, name: str) -> JobRow:
        """Return the job row of *route*, written now with *key* and *name* if there is none."""
        with self._connections.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO job (route, key, generation, name, accsyn_id, created_at) VALUES (?, ?, 0, ?, '', ?)",
                (route, key, name, self._clock()),
            )
            return records.job(connection.execute("SELECT * FROM job WHERE route = ?", (route,)).fetchone())

    def job_by_id(self, job: int) -> Optional[JobRow]:
        """Return one job row."""
        with self._connections.reading() as connection:
            row = connection.execute("SELECT * FROM job WHERE id = ?", (job,)).fetchone()
        return records.job(row) if row is not None else None

    def jobs(self) -> list[JobRow]:
        """Return all job rows, oldest first."""
        with self._connections.reading() as connection:
            return [records.job(row) for row in connection.execute("SELECT * FROM job ORDER BY id")]

    def job_attempted(self, job: JobRow) -> None:
        """Write down that the creation of *job* is about to be asked for."""
        self._update_job(job, "attempted_at = ?", (self._clock(),))

    def job_found(self, job: JobRow, accsyn_id: str) -> JobRow:
        """Keep the id under which accsyn knows *job*."""
        return self._update_job(job, "accsyn_id = ?, attempted_at = NULL", (accsyn_id,))

    def job_renewed(self, job: JobRow, key: str, generation: int) -> JobRow:
        """Start over with another *key*, since accsyn has archived or deleted the job."""
        return self._update_job(job, "accsyn_id = '', attempted_at = NULL, key = ?, generation = ?", (key, generation))

    # Small facts that are kept.

    def fact(self, name: str) -> Optional[str]:
        """Return what was kept under *name*."""
        with self._connections.reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row is not None else None

    def keep_fact(self, name: str, value: str) -> None:
        """Keep *value* under *name*."""
        with self._connections.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))

    def _update_job(self, job: JobRow, assignments: str, values: Sequence[object]) -> JobRow:
        with self._connections.writing() as connection:
            connection.execute(f"UPDATE job SET {assignments} WHERE id = ?", (*values, job.id))  # noqa: S608
            return records.job(connection.execute("SELECT * FROM job WHERE id = ?", (job.id,)).fetchone())

    def _step(self, entries: Sequence[Entry], target: State, assignments: str, values: Sequence[object]) -> int:
        return self._update(entries, f"state = '{target.value}', {assignments}", values, (*sources(target), target))

    def _update(
        self,
        entries: Sequence[Entry],
        assignments: str,
        values: Sequence[object],
        states: Sequence[State] = tuple(TRANSITIONS),
    ) -> int:
        """Change the rows of *entries* that are in one of *states* and still are the same publication."""
        allowed = ", ".join(f"'{state.value}'" for state in states)
        statement = (
            f"UPDATE entry SET {assignments}, updated_at = ? "  # noqa: S608 - constants; the values are bound
            f"WHERE id = ? AND created_at = ? AND state IN ({allowed})"
        )
        now = self._clock()
        rows = [(*values, now, entry.id, entry.created_at) for entry in entries]
        with self._connections.writing() as connection:
            return connection.executemany(statement, rows).rowcount
