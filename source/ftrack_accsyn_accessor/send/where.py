"""Where the components of a selection are: asked of ftrack and accsyn, so that every machine's work is seen.

What the outboxes of this machine know is only added: what they wait for, and why.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.insight import rows
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.model import delivery, errors, whereabouts
from ftrack_accsyn_accessor.model.accsyn import Client, Job, Task
from ftrack_accsyn_accessor.model.item import Progress, Reason, State
from ftrack_accsyn_accessor.model.tasks import COMPONENT_ID
from ftrack_accsyn_accessor.model.whereabouts import Move, Place, Sought, Whereabouts
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.send import selection
from ftrack_accsyn_accessor.send.order import Order, Picked
from ftrack_accsyn_accessor.workspace import Workspace

#: Calls of accsyn for one answer, the login included.
MOST_CALLS = 6
#: Tasks read of one job: more of them are in no job that anybody could look at either.
MOST_TASKS = 5000
#: Components that the outboxes of this machine are asked after one by one.
_MOST_ROWS = 500


class Answer(NamedTuple):
    """Where the components are, in the order of their contexts.

    `unseen` are the names of sync jobs that may carry some of them and were not looked into. `fault` tells why accsyn
    could not be asked: then nothing is known of what moves, except on this machine.
    """

    components: list[Whereabouts]
    unseen: tuple[str, ...] = ()
    fault: str = ""


def where(
    connection: FtrackConnection,
    workspace: Optional[Workspace],
    picked: Sequence[Picked],
    outboxes: Iterable[Outbox] = (),
    latest_only: bool = True,
    today: Optional[datetime.date] = None,
) -> Answer:
    """Return where the components of *picked* are, where they are going to, and what keeps them.

    At most `MOST_CALLS` calls of accsyn, and 12 + (rows / 500) queries of ftrack; *workspace* is None where accsyn is
    not set up. Raise `errors.RegistrationError` when ftrack cannot be asked. For one thread, that of *connection* and
    *workspace*; not for a host's.
    """
    sought = [_sought(each) for each in _select(connection, picked, latest_only)]
    places = _places(connection) if sought else {}
    look = _Look(sought, places, today or datetime.date.today())
    fault = ""
    if workspace is None:
        fault = "accsyn is not set up here: ACCSYN_WORKSPACE, ACCSYN_API_USER and ACCSYN_API_KEY tell which it is."
    elif sought:
        try:
            with errors.in_person():
                look.ask(workspace)
        except errors.WorkspaceError as error:
            fault = str(error)
    look.add_own(outboxes)
    found = [whereabouts.judge(each, places, look.moves.get(each.id, ())) for each in sought]
    return Answer(found, tuple(look.unseen), fault)


def _select(connection: FtrackConnection, picked: Sequence[Picked], latest_only: bool) -> Sequence[selection.Component]:
    order = Order(Reason.SEND, tuple(picked), latest_only=latest_only)
    return selection.select(connection, order).components


def _sought(component: selection.Component) -> Sought:
    version = component.version
    return Sought(
        component.id,
        component.name,
        version.name,
        version.project_id,
        version.project_name,
        component.size_bytes,
        version.date,
        tuple(component.registered),
    )


def _places(connection: FtrackConnection) -> dict[str, Place]:
    found = connection.query("select id, name, description from Location order by id")
    return {row["id"]: Place.of(row["id"], row["name"], row["description"]) for row in found}


class _Look:
    """Collects what is known of the ways of *sought*, within a bounded number of calls."""

    def __init__(self, sought: Sequence[Sought], places: Mapping[str, Place], today: datetime.date) -> None:
        self.moves: dict[str, list[Move]] = {}
        self.unseen: list[str] = []
        self._sought = sought
        self._places = places
        self._today = today
        self._tasks: list[tuple[Job, dict[str, list[Task]]]] = []

    def ask(self, workspace: Workspace) -> None:
        """Ask for the live jobs, the tasks of those that matter, and the clients for which some of them wait.

        Where calls are left and something is in no live job, those that ended lately are looked at as well.
        """
        before = workspace.calls

        def left() -> int:
            return MOST_CALLS - (workspace.calls - before)

        jobs = whereabouts.candidates(workspace.our_jobs(), self._sought)
        while jobs and left() > 1:
            self._look_into(workspace, jobs.pop(0))
        self.unseen += [job.name for job in jobs]
        if not jobs and left() > 2 and self._unexplained():
            days = [(self._today - datetime.timedelta(days=each)).isoformat() for each in (0, 1)]
            ended = whereabouts.candidates(workspace.our_jobs(days), self._unexplained())
            while ended and left() > 1:
                self._look_into(workspace, ended.pop(0))
            self.unseen += [job.name for job in ended]
        clients = self._clients(workspace) if left() > 0 else {}
        self._judge(clients)

    def _look_into(self, workspace: Workspace, job: Job) -> None:
        by_component: dict[str, list[Task]] = {}
        tasks = workspace.first_tasks(job.id, MOST_TASKS)
        if len(tasks) >= MOST_TASKS:
            self.unseen.append(job.name)  # there may be more of them
        for task in tasks:
            by_component.setdefault(str(task.metadata.get(COMPONENT_ID) or ""), []).append(task)
        self._tasks.append((job, by_component))

    def _unexplained(self) -> list[Sought]:
        """Return what was published, is at no place of the studio's, and in no job that was looked into."""
        carried = {component_id for _, tasks in self._tasks for component_id in tasks}
        return [each for each in self._sought if each.id not in carried and self._is_staged_alone(each)]

    def _is_staged_alone(self, sought: Sought) -> bool:
        known = [self._places[each] for each in sought.registered if each in self._places]
        return bool(known) and all(place.staging for place in known)

    def _clients(self, workspace: Workspace) -> Mapping[str, Client]:
        """Return the accsyn clients of tasks that wait; nobody is asked where none does."""
        wanted = {each.id for each in self._sought}
        waiting = [
            task
            for _, tasks in self._tasks
            for component_id in wanted & tasks.keys()
            for task in tasks[component_id]
            if task.status not in ("done", "executing")
        ]
        ids = {client for task in waiting for client in whereabouts.clients_of(task)}
        return {client.id: client for client in workspace.clients_by_id(ids)} if ids else {}

    def _judge(self, clients: Mapping[str, Client]) -> None:
        for job, tasks in self._tasks:
            for each in self._sought:
                found = whereabouts.move(each, job, tasks.get(each.id, ()), clients)
                if found is not None:
                    self.moves.setdefault(each.id, []).append(found)

    def add_own(self, outboxes: Iterable[Outbox]) -> None:
        """Add what the outboxes of this machine know of ways that accsyn does not, or not any more."""
        for outbox in outboxes:
            for each in self._sought[:_MOST_ROWS]:
                for row in rows.of_component(outbox, each.id):
                    self._add_own(each, row)

    def _add_own(self, sought: Sought, row: Row) -> None:
        # A delivery is none of accsyn's jobs.
        if row.state not in (State.PENDING, State.NEEDS_ATTENTION) and row.cause_kind != delivery.WAITS:
            return
        known = self.moves.setdefault(sought.id, [])
        same = [move for move in known if row.destination and move.destination == row.destination]
        if same and not row.cause:
            return
        self.moves[sought.id] = [*(move for move in known if move not in same), _own(sought, row)]


def _own(sought: Sought, row: Row) -> Move:
    since = datetime.datetime.fromtimestamp(row.updated_at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    waits = "It has not been handed to accsyn yet." if row.state is State.PENDING else ""
    return Move(
        source=row.source,
        destination=row.destination,
        destination_id=row.destination_id,
        state=row.state,
        progress=Progress(row.done_bytes, row.size_bytes or sought.size_bytes),
        cause=row.cause or waits,
        remedy=row.remedy,
        since=since,
        job=row.job,
    )
