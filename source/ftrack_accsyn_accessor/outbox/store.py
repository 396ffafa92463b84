"""The queries and steps of the outbox. A step names the states it may start from; an illegal one changes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Callable, Optional

from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, OutboxDamaged
from ftrack_accsyn_accessor.model.item import (
    Endpoint,
    Item,
    Publication,
    Sent,
    StagedFile,
    State,
    Studio,
    sources,
)
from ftrack_accsyn_accessor.model.route import Route
from ftrack_accsyn_accessor.outbox import agenda, moments, records, writing
from ftrack_accsyn_accessor.outbox.agenda import Work
from ftrack_accsyn_accessor.outbox.archive import Archive
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.control import Control
from ftrack_accsyn_accessor.outbox.incoming import Incoming
from ftrack_accsyn_accessor.outbox.moving import Moving
from ftrack_accsyn_accessor.outbox.past import Past
from ftrack_accsyn_accessor.outbox.recalling import Recalling
from ftrack_accsyn_accessor.outbox.records import JobRow
from ftrack_accsyn_accessor.outbox.requests import Requests
from ftrack_accsyn_accessor.outbox.resting import Resting
from ftrack_accsyn_accessor.outbox.survey import Survey
from ftrack_accsyn_accessor.outbox.tracking import FROM_THE_START, Tracking

_WAITING = agenda.WAITING
#: Items read in one go by whoever walks through all of them.
_PAGE = 200


class Outbox:
    """The outbox file at *path*. Any thread of any process may call it; nothing is kept open between the calls but one
    connection for each thread. Every method may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = moments.now) -> None:
        self.path = path
        self._clock = clock
        self._connections = Connections(path)
        self.archive = Archive(self._connections)
        self._recalling = Recalling(self._connections, self.archive)
        self.tracking = Tracking(self._connections, clock, self._recalling)
        self.survey = Survey(self._connections, self.archive)
        self.resting = Resting(self._connections, self.archive)
        self.moving = Moving(self._connections, self.archive)
        self.control = Control(self._connections, clock)
        self.requests = Requests(self._connections, clock, self._recalling, self.archive)
        self.incoming = Incoming(self._connections, self.archive)
        self.past = Past(self._connections, clock, self.archive)

    def open(self) -> None:
        """Create the file, or bring it up to date."""
        with self._connections.reading():
            pass

    def close(self) -> None:
        """Close the calling thread's connection."""
        self.archive.close()
        self._connections.close()

    def rest(self, after_s: float) -> None:
        """Close the connections, of all threads, that nothing was done with for *after_s* seconds."""
        self.archive.rest(after_s)
        self._connections.rest(after_s)

    # Publishing, on the host's thread.

    def prepare(self, publications: Sequence[Publication], owner: str) -> None:
        """Write *publications* as items in state `prepared`; a component that is published anew starts over.

        What accsyn and ftrack may still have of its older content is kept with it.
        """
        try:
            self._prepare(publications, owner)
        except OutboxDamaged:
            self._prepare(publications, owner)  # into the new file: what is published now is not lost

    def _prepare(self, publications: Sequence[Publication], owner: str) -> None:
        with self._recalling.writing(publications) as connection:
            writing.write_all(connection, publications, State.PREPARED, owner, self._clock())

    def earlier_files(self, publication: Publication) -> list[StagedFile]:
        """Return the files of items that are of the same component, or have the same path, as an earlier content.

        What is just being prepared is no earlier content.
        """
        self._recalling.bring([publication])
        with self._connections.reading() as connection:
            return writing.earlier_files(connection, publication)

    def activate(self, component_ids: Iterable[str], location_id: str) -> int:
        """Move prepared and withdrawn items to `pending`, since ftrack has registered them; return how many.

        One about which there was a doubt when it was published needs attention instead. What was asked for of them
        before is withdrawn: it is of an older content.
        """
        ids = list(component_ids)
        if not ids:
            return 0
        with self._connections.writing() as connection:
            return writing.activate(connection, ids, location_id, self._clock())

    def disown(self, component_ids: Iterable[str], location_id: str) -> int:
        """Give prepared items up whose registration raised: ftrack is asked what became of them; return how many."""
        return self._execute_many(
            "UPDATE item SET owner = '' "  # noqa: S608 - constants
            f"WHERE component_id = ? AND location_id = ? AND reason = 'publish' AND state = '{State.PREPARED.value}'",
            [(component_id, location_id) for component_id in component_ids],
        )

    def cancel(self, component_ids: Iterable[str], location_id: str) -> int:
        """Forget items that have not been submitted, as their components were taken out of the staging location.

        Those of which accsyn may have some, or an older content, are withdrawn: it must stay known. Return how many.
        """
        keys = [(component_id, location_id) for component_id in component_ids]
        if not keys:
            return 0
        with self._connections.writing() as connection:
            return writing.cancel(connection, keys, self._clock())

    def withdraw(self, items: Iterable[Item], cause: str) -> int:
        """Move *items* to `withdrawn`, since nobody wants them any more; return how many.

        One that was published anew meanwhile, or moved on, stays as it is.
        """
        now = self._clock()
        return self._execute_many(
            f"UPDATE item SET state = '{State.WITHDRAWN.value}', cause_kind = '', cause = ?, "  # noqa: S608 - constants
            "next_try_at = NULL, owner = '', speed_bytes_per_s = NULL, left_s = NULL, updated_at = ? "
            "WHERE id = ? AND created_at = ? AND state = ?",
            [(records.printable(cause), now, item.id, item.created_at, item.state.value) for item in items],
        )

    # Reconciling.

    def enqueue(self, publications: Sequence[Publication], published_at: Optional[float] = None) -> int:
        """Write components that ftrack has registered already, as `activate` leaves them; return how many.

        One that has an item, whoever wrote it meanwhile, keeps it as it is, unless that is of before *published_at*,
        in seconds since the epoch.
        """
        with self._recalling.writing(publications) as connection:
            return writing.write_unknown(connection, publications, self._clock(), published_at)

    # What there is to do.

    def tracking_of(self, studio: Optional[Studio]) -> Tracking:
        """Return the tracker's side of this outbox, for the items of one studio (None: of all)."""
        return Tracking(self._connections, self._clock, self._recalling, studio)

    def work(self, studio: Optional[Studio] = None) -> Work:
        """Return what there is to do for *studio* (None: for all)."""
        with self._connections.reading() as connection:
            found = agenda.read(connection, studio, self._clock())
        return dataclasses.replace(found, live=self.tracking_of(studio).is_live())

    def changes(self) -> int:
        """Return a number that is another one after any other connection has written.

        It is also another one when this thread had to connect anew, unless nothing was written in the time between.
        """
        return self._connections.changes()

    def due(self, limit: int, studio: Optional[Studio] = None) -> list[Item]:
        """Return *limit* items of *studio* (None: of all) to be submitted now, with their files.

        Those of the highest priority first, of equal ones the oldest. Fewer if their files are very many.
        """
        with self._connections.reading() as connection:
            return agenda.due(connection, limit, studio, self._clock())

    def prepared(self) -> list[Item]:
        """Return the items whose registration has begun, without their files."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT * FROM item WHERE state = ? ORDER BY id", (State.PREPARED.value,))
            return [records.item(row) for row in rows]

    def stale(self) -> list[Item]:
        """Return the items that ftrack still has somewhere with an older content, without their files."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"SELECT * FROM item INDEXED BY item_stale WHERE {agenda.STALE} ORDER BY id"  # noqa: S608 - constants
            )
            return [records.item(row) for row in rows]

    def taken_back(self, items: Iterable[Item]) -> None:
        """Write down that ftrack has *items* nowhere with an older content any more."""
        self._execute_many(
            "UPDATE item SET stale_at = '' WHERE id = ? AND created_at = ?",
            [(item.id, item.created_at) for item in items],
        )

    def items(self, *states: State) -> Iterator[Item]:
        """Yield the items in *states* (none named: all), oldest first, with their files, a few at a time."""
        wanted = [state.value for state in states or tuple(State)]
        within = f"state IN ({', '.join('?' * len(wanted))})"
        with self._connections.reading() as connection:
            query = f"SELECT id FROM item WHERE {within} ORDER BY id"  # noqa: S608 - constants
            ids = [row[0] for row in connection.execute(query, wanted)]
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE]
            with self._connections.reading() as connection:
                # An index would be that of all that is in the states, once for each page.
                rows = connection.execute(
                    "SELECT * FROM item NOT INDEXED LEFT JOIN files ON files.item = item.id "  # noqa: S608
                    f"WHERE id IN ({', '.join('?' * len(page))}) AND {within} ORDER BY id",
                    (*page, *wanted),
                ).fetchall()
            yield from map(records.item, rows)

    def counts(self) -> dict[State, int]:
        """Return the number of items in each state, without what is in the archive."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT state, sum(items) FROM total GROUP BY state").fetchall()
        found = {State(state): count for state, count in rows}
        return {state: found.get(state, 0) for state in State}

    # Steps of the worker.

    def attempt(
        self, items: Sequence[Item], job: JobRow, sent: Mapping[int, Sent], differing: Collection[int] = ()
    ) -> None:
        """Write down that the tasks of *items* are about to be added to *job*; *sent* tells which, by the item's id.

        *differing* are ids of those of whose tasks the job has some already, with another priority.
        """
        states = ", ".join(f"'{state.value}'" for state in _WAITING)
        now = self._clock()
        told = {item.id: item.publication.priority for item in items if item.id not in differing}
        self._execute_many(
            "UPDATE item SET job = ?, attempted = 1, sent = ?, priority_told = ?, updated_at = ? "  # noqa: S608 - constants
            f"WHERE id = ? AND created_at = ? AND state IN ({states})",
            [
                (job.id, records.sent_text(sent[item.id]), told.get(item.id), now, item.id, item.created_at)
                for item in items
            ],
        )

    def submitted(self, items: Sequence[Item], job: JobRow) -> int:
        """Move *items* to `submitted`; return how many. An item that was published anew meanwhile stays as it is.

        They belong to the workspace of *job* from now on, and go where it goes.
        """
        assignments = (
            "job = ?, attempted = 0, cause_kind = '', cause = '', attempts = 0, next_try_at = NULL, "
            "studio = ?, workspace = ?, source_party = ?, party = ?, "
            # What was asked for knows its ftrack locations: several may stand for one party.
            "destination_id = CASE reason WHEN 'publish' THEN ? ELSE destination_id END, "
            f"destination_name = CASE reason WHEN 'publish' THEN ? ELSE destination_name END, {FROM_THE_START}"
        )
        ends = (job.source_party, job.party, job.destination_id, job.destination_name)
        values = (job.id, job.studio.key, job.workspace, *ends)
        return self._step(items, State.SUBMITTED, assignments, values)

    def nothing_to_send(self, items: Sequence[Item], studio: Studio, source_party: str, destination: Endpoint) -> int:
        """Move *items*, which have no files, to where they have arrived; return how many."""
        assignments = (
            "cause_kind = '', cause = '', next_try_at = NULL, studio = ?, workspace = ?, source_party = ?, party = ?, "
            "destination_id = ?, destination_name = ?, arrived_at = ?"
        )
        values = (studio.key, studio.workspace, source_party, *destination, self._clock())
        return self._update(items, f"state = '{State.TRANSFERRING.value}', {assignments}", values, _WAITING)

    def not_attempted(self, items: Sequence[Item]) -> None:
        """Write down that accsyn has none of the tasks of *items*."""
        self._update(items, "attempted = 0", (), _WAITING)

    def delay(self, items: Sequence[Item], error: AccsynAccessorError, next_try_at: float) -> None:
        """Keep *items* waiting, with the cause; those that moved on or got a cause of their own stay as they are."""
        now = self._clock()
        self._execute_many(
            "UPDATE item SET cause_kind = ?, cause = ?, attempts = attempts + 1, next_try_at = ?, updated_at = ? "
            "WHERE id = ? AND created_at = ? AND state = ? AND attempts = ?",
            [
                (*records.cause_of(error), next_try_at, now, item.id, item.created_at, item.state.value, item.attempts)
                for item in items
                if item.state in _WAITING
            ],
        )

    def needs_attention(self, items: Sequence[Item], error: AccsynAccessorError, next_try_at: Optional[float]) -> int:
        """Move *items* to `needs-attention` with the cause; return how many."""
        assignments = "cause_kind = ?, cause = ?, attempts = attempts + 1, next_try_at = ?"
        return self._step(items, State.NEEDS_ATTENTION, assignments, (*records.cause_of(error), next_try_at))

    def wake(self, *cause_kinds: str) -> int:
        """Make items that wait for one of *cause_kinds* due at once; return how many."""
        with self._connections.writing() as connection:
            marks = ", ".join("?" * len(cause_kinds))
            return connection.execute(
                f"UPDATE item SET next_try_at = NULL WHERE state IN (?, ?) AND cause_kind IN ({marks}) "  # noqa: S608
                "AND next_try_at IS NOT NULL",
                (*_WAITING, *cause_kinds),
            ).rowcount

    # Jobs.

    def job(self, route: Route) -> JobRow:
        """Return the job row of *route*, written now if there is none.

        Its destination is kept in any case: another ftrack location may stand for the same party from now on.
        """
        with self._connections.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO job (route, key, generation, name, accsyn_id, created_at) "
                "VALUES (?, ?, 0, ?, '', ?)",
                (route.id, route.key(0), route.name, self._clock()),
            )
            connection.execute(
                "UPDATE job SET party = ?, destination_id = ?, destination_name = ?, server_url = ?, workspace = ?, "
                "studio = ?, source_party = ?, reason = ? WHERE route = ?",
                (
                    *route.destination,
                    *route.studio,
                    route.studio.key,
                    route.source_party,
                    route.reason.value,
                    route.id,
                ),
            )
            return records.job(connection.execute("SELECT * FROM job WHERE route = ?", (route.id,)).fetchone())

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

    def _step(self, items: Sequence[Item], target: State, assignments: str, values: Sequence[object]) -> int:
        return self._update(items, f"state = '{target.value}', {assignments}", values, (*sources(target), target))

    def _update(
        self, items: Sequence[Item], assignments: str, values: Sequence[object], states: Sequence[State]
    ) -> int:
        """Change the rows of *items* that are in one of *states* and still are the same publication."""
        allowed = ", ".join(f"'{state.value}'" for state in states)
        now = self._clock()
        return self._execute_many(
            f"UPDATE item SET {assignments}, updated_at = ? "  # noqa: S608 - constants; the values are bound
            f"WHERE id = ? AND created_at = ? AND state IN ({allowed})",
            [(*values, now, item.id, item.created_at) for item in items],
        )

    def _execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> int:
        """Execute *statement* for each of *rows*, all or none; return how many rows of the table were concerned."""
        if not rows:
            return 0
        with self._connections.writing() as connection:
            return connection.executemany(statement, rows).rowcount
