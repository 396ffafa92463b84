"""The queries and steps of the outbox. A step names the states it may start from; an illegal one changes nothing."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.model.entry import NOT_BY_ITSELF, Entry, Publication, State, sources
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, OutboxDamaged
from ftrack_accsyn_accessor.model.transfer import Destination
from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.connection import Connection, Connections
from ftrack_accsyn_accessor.outbox.control import Control
from ftrack_accsyn_accessor.outbox.records import JobRow, Prepared
from ftrack_accsyn_accessor.outbox.survey import Survey
from ftrack_accsyn_accessor.outbox.tracking import FROM_THE_START, Tracking

#: Columns written with a publication.
_WRITTEN = (*records.PUBLICATION_COLUMNS, "size_bytes", "file_count", "state", "owner", "created_at", "updated_at")
_INTO_ENTRY = f"INTO entry ({', '.join(_WRITTEN)}) VALUES ({', '.join('?' * len(_WRITTEN))})"
_WAITING = (State.PENDING, State.NEEDS_ATTENTION)
#: The ways for a row to be due at :now, in seconds since the epoch. One written later than that met a clock set back.
_READY = (
    "next_try_at IS NULL",
    "next_try_at <= :now",
    f"next_try_at > :now AND updated_at > :now AND next_try_at < {NOT_BY_ITSELF}",
)
_DUE = "({})".format(" OR ".join(f"({where})" for where in _READY))
#: Files handed out in one go, so that a thousand long sequences do not fill the memory. One entry may have more.
FILES_AT_ONCE = 50_000
#: Entries read in one go by whoever walks through all of them.
_PAGE = 200


@dataclasses.dataclass(frozen=True)
class Work:
    """What there is to do: entries due now, those still being prepared, and when the next one becomes due.

    `live` tells whether anything that was submitted is still to be followed. Times are seconds since the epoch; None
    where there is no such entry.
    """

    due: int
    oldest_due_at: Optional[float]
    newest_due_at: Optional[float]
    prepared: int
    next_try_at: Optional[float]
    live: bool


class Outbox:
    """The outbox file at *path*. Any thread of any process may call it; nothing is kept open between the calls but one
    connection for each thread. Every method may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._connections = Connections(path)
        self.tracking = Tracking(self._connections, clock)
        self.survey = Survey(self._connections)
        self.control = Control(self._connections, clock)

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
        fresh = ", ".join(f"{name} = excluded.{name}" for name in _WRITTEN if name != "created_at")
        statement = (
            f"INSERT {_INTO_ENTRY} ON CONFLICT (component_id, location_id) DO UPDATE SET {fresh}, cause_kind = '', "
            f"cause = '', attempts = 0, next_try_at = NULL, job = NULL, attempted = 0, {FROM_THE_START}, "
            # Steps know a publication by its time: within one tick of a coarse clock the next one needs another.
            "created_at = excluded.created_at + CASE excluded.created_at WHEN created_at THEN 0.000001 ELSE 0 END"
        )
        try:
            self._write_all(publications, statement, owner)
        except OutboxDamaged:
            self._write_all(publications, statement, owner)  # into the new file: what is published now is not lost

    def _write_all(self, publications: Sequence[Publication], statement: str, owner: str) -> None:
        with self._connections.writing() as connection:
            for publication in publications:
                _write(connection, statement, publication, State.PREPARED, owner, self._clock())

    def activate(self, component_ids: Iterable[str], location_id: str) -> int:
        """Move prepared entries to `pending`, since ftrack has registered them; return how many."""
        now = self._clock()
        return self._execute_many(
            "UPDATE entry SET state = ?, owner = '', updated_at = ? "  # noqa: S608 - constants
            f"WHERE component_id = ? AND location_id = ? AND state = '{State.PREPARED.value}'",
            [(State.PENDING.value, now, component_id, location_id) for component_id in component_ids],
        )

    def cancel(self, component_ids: Iterable[str], location_id: str) -> int:
        """Forget entries that have not been submitted, as their components were taken out of the staging location."""
        unsent = ", ".join(f"'{state.value}'" for state in (State.PREPARED, State.PENDING, State.NEEDS_ATTENTION))
        return self._execute_many(
            f"DELETE FROM entry WHERE component_id = ? AND location_id = ? AND state IN ({unsent})",  # noqa: S608
            [(component_id, location_id) for component_id in component_ids],
        )

    def withdraw(self, items: Iterable[Prepared]) -> int:
        """Forget prepared entries whose components were never registered; return how many.

        One that has been published anew meanwhile, or was registered after all, stays.
        """
        return self._execute_many(
            f"DELETE FROM entry WHERE id = ? AND created_at = ? AND owner = ? AND state = '{State.PREPARED.value}'",  # noqa: S608
            [(item.entry.id, item.entry.created_at, item.owner) for item in items],
        )

    # Reconciling.

    def known(self, location_id: str) -> set[str]:
        """Return the ids of the components of a location that have an entry, in whatever state."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT component_id FROM entry WHERE location_id = ?", (location_id,))
            return {str(row[0]) for row in rows}

    def enqueue(self, publications: Iterable[Publication]) -> int:
        """Write components that ftrack has registered already as `pending`; return how many.

        One that has an entry, whoever wrote it meanwhile, keeps it as it is.
        """
        with self._connections.writing() as connection:
            return sum(
                _write(connection, f"INSERT OR IGNORE {_INTO_ENTRY}", publication, State.PENDING, "", self._clock())
                for publication in publications
            )

    # What there is to do.

    def work(self) -> Work:
        """Return what there is to do. Each figure is read off an end of the index: a long queue costs no more."""
        now = self._clock()
        with self._connections.reading() as connection:

            def ask(what: str, where: str, state: State) -> Any:
                statement = f"SELECT {what} FROM entry WHERE state = :state AND {where}"  # noqa: S608 - constants
                return connection.execute(statement, {"state": state, "now": now}).fetchone()[0]

            ready = [(where, state) for where in _READY for state in _WAITING]
            due = sum(ask("count(*)", *each) for each in ready)
            oldest = [found for each in ready if (found := ask("min(created_at)", *each)) is not None]
            newest = [found for each in ready if (found := ask("max(created_at)", *each)) is not None]
            later = (ask("min(next_try_at)", "next_try_at > :now", state) for state in _WAITING)
            next_try = [found for found in later if found is not None]
            prepared = ask("count(*)", "1", State.PREPARED)
        live = self.tracking.is_live()
        return Work(
            due, min(oldest, default=None), max(newest, default=None), prepared, min(next_try, default=None), live
        )

    def changes(self) -> int:
        """Return a number that is another one after any other connection has written (SQLite's `data_version`).

        It is also another one when this thread had to connect anew, since nothing is known of the time between.
        """
        with self._connections.reading() as connection:
            version = int(connection.execute("PRAGMA data_version").fetchone()[0])
            return connection.serial << 32 | version

    def due(self, limit: int) -> list[Entry]:
        """Return the oldest *limit* entries to be submitted now, with their files; fewer if those are very many."""
        found: list[Entry] = []
        files = 0
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM entry LEFT JOIN files ON files.entry = entry.id WHERE id IN "  # noqa: S608 - constants
                f"(SELECT id FROM entry WHERE state IN (:first, :second) AND {_DUE} ORDER BY id LIMIT :limit) "
                "ORDER BY id",
                {"now": self._clock(), "first": _WAITING[0], "second": _WAITING[1], "limit": limit},
            )
            for row in rows:
                files += row["file_count"]
                if found and files > FILES_AT_ONCE:
                    rows.close()
                    break
                found.append(records.entry(row))
        return found

    def prepared(self) -> list[Prepared]:
        """Return the entries whose registration has begun, without their files."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT * FROM entry WHERE state = ? ORDER BY id", (State.PREPARED.value,))
            return [Prepared(records.entry(row), row["owner"]) for row in rows]

    def entries(self, *states: State) -> Iterator[Entry]:
        """Yield the entries in *states* (none named: all), oldest first, with their files, a few at a time."""
        wanted = [state.value for state in states or tuple(State)]
        within = f"state IN ({', '.join('?' * len(wanted))})"
        with self._connections.reading() as connection:
            query = f"SELECT id FROM entry WHERE {within} ORDER BY id"  # noqa: S608 - constants
            ids = [row[0] for row in connection.execute(query, wanted)]
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE]
            with self._connections.reading() as connection:
                rows = connection.execute(
                    "SELECT * FROM entry LEFT JOIN files ON files.entry = entry.id "  # noqa: S608
                    f"WHERE id IN ({', '.join('?' * len(page))}) AND {within} ORDER BY id",
                    (*page, *wanted),
                ).fetchall()
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
        self._update(entries, "job = ?, attempted = 1", (job.id,), _WAITING)

    def submitted(self, entries: Sequence[Entry], job: JobRow) -> int:
        """Move *entries* to `submitted`; return how many. An entry that was published anew meanwhile stays as it is."""
        assignments = (
            f"job = ?, attempted = 0, cause_kind = '', cause = '', attempts = 0, next_try_at = NULL, {FROM_THE_START}"
        )
        return self._step(entries, State.SUBMITTED, assignments, (job.id,))

    def not_attempted(self, entries: Sequence[Entry]) -> None:
        """Write down that accsyn has none of the tasks of *entries*."""
        self._update(entries, "attempted = 0", (), _WAITING)

    def delay(self, entries: Sequence[Entry], error: AccsynAccessorError, next_try_at: float) -> None:
        """Keep *entries* waiting, with the cause; those that moved on or got a cause of their own stay as they are."""
        now = self._clock()
        self._execute_many(
            "UPDATE entry SET cause_kind = ?, cause = ?, attempts = attempts + 1, next_try_at = ?, updated_at = ? "
            "WHERE id = ? AND created_at = ? AND state = ? AND attempts = ?",
            [
                (*_cause(error), next_try_at, now, entry.id, entry.created_at, entry.state.value, entry.attempts)
                for entry in entries
                if entry.state in _WAITING
            ],
        )

    def needs_attention(
        self, entries: Sequence[Entry], error: AccsynAccessorError, next_try_at: Optional[float]
    ) -> int:
        """Move *entries* to `needs-attention` with the cause; return how many."""
        assignments = "cause_kind = ?, cause = ?, attempts = attempts + 1, next_try_at = ?"
        return self._step(entries, State.NEEDS_ATTENTION, assignments, (*_cause(error), next_try_at))

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

    def job(self, route: str, key: str, name: str, destination: Optional[Destination] = None) -> JobRow:
        """Return the job row of *route*, written now with *key* and *name* if there is none.

        *destination* is kept in any case: another ftrack location may stand for the same party from now on.
        """
        with self._connections.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO job (route, key, generation, name, accsyn_id, created_at) "
                "VALUES (?, ?, 0, ?, '', ?)",
                (route, key, name, self._clock()),
            )
            if destination is not None:
                connection.execute(
                    "UPDATE job SET party = ?, destination_id = ?, destination_name = ? WHERE route = ?",
                    (*destination, route),
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

    def job_not_attempted(self, job: JobRow) -> None:
        """Write down that accsyn has certainly not created *job*."""
        self._update_job(job, "attempted_at = NULL", ())

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
        self, entries: Sequence[Entry], assignments: str, values: Sequence[object], states: Sequence[State]
    ) -> int:
        """Change the rows of *entries* that are in one of *states* and still are the same publication."""
        allowed = ", ".join(f"'{state.value}'" for state in states)
        now = self._clock()
        return self._execute_many(
            f"UPDATE entry SET {assignments}, updated_at = ? "  # noqa: S608 - constants; the values are bound
            f"WHERE id = ? AND created_at = ? AND state IN ({allowed})",
            [(*values, now, entry.id, entry.created_at) for entry in entries],
        )

    def _execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> int:
        """Execute *statement* for each of *rows*, all or none; return how many rows of the table were concerned."""
        if not rows:
            return 0
        with self._connections.writing() as connection:
            return connection.executemany(statement, rows).rowcount


def _write(
    connection: Connection, statement: str, publication: Publication, state: State, owner: str, now: float
) -> int:
    """Write one publication with its files by *statement*; return how many rows that concerned."""
    values = (*records.publication_values(publication), publication.size_bytes, len(publication.files))
    count = connection.execute(statement, (*values, state.value, owner, now, now)).rowcount
    if count:
        connection.execute(
            "INSERT OR REPLACE INTO files (entry, packed) "
            "SELECT id, ? FROM entry WHERE component_id = ? AND location_id = ?",
            (records.pack(publication.files), publication.component_id, publication.location_id),
        )
    return count


def _cause(error: AccsynAccessorError) -> tuple[str, str]:
    return error.kind, records.cause_text(error.what, error.remedy)
