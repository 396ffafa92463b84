"""Looks in accsyn before anything is sent, or sent again: what it has already is not sent twice.

On the worker's thread, by whoever holds the outbox's lock.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.model import errors, proof
from ftrack_accsyn_accessor.model.accsyn import Job, Task
from ftrack_accsyn_accessor.model.assumptions import JOB_METADATA
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Reason, Sent, Trouble, label
from ftrack_accsyn_accessor.model.route import KEY
from ftrack_accsyn_accessor.model.tasks import TaskIndex
from ftrack_accsyn_accessor.outbox import JobRow, Outbox
from ftrack_accsyn_accessor.outbox.facts import COMPLETE as COMPLETE
from ftrack_accsyn_accessor.workspace import Workspace

logger = logging.getLogger(__name__)

#: A creation without an answer may still be under way in accsyn; it is not repeated before this much time has passed.
CREATION_GRACE_S = 10.0
#: For how long it is known what a job held: thousands of items go in parts, a few seconds apart.
REMEMBERED_S = 120.0
#: How often it is looked whether the task that sends an older content has ended.
STILL_SENDING_S = 10.0

#: After these a task is of no use where it is: it has to be made anew, with other ends.
_MISPLACED = frozenset(
    each.value for each in (Trouble.WRONG_DESTINATION, Trouble.WRONG_CLIENT, Trouble.CLIENT_GONE, Trouble.FORM)
)


#: When a job was read, in seconds since the epoch, and what it held; by accsyn's id.
ReadJobs = dict[str, tuple[float, Optional[TaskIndex]]]


class Lookup:
    """One submission's look at the jobs that its items were, or may have been, sent with.

    To be made anew for each submission: what a job holds is read once. *source_party* and *destination* are the ends
    of the present route. *read* are the jobs that were read for earlier submissions, where other machines may have
    created those of the route; what is read is added to it. Every method may raise `errors.WorkspaceError` or
    `errors.OutboxError`.
    """

    def __init__(
        self,
        outbox: Outbox,
        workspace: Workspace,
        source_party: str,
        destination: Endpoint,
        clock: Callable[[], float] = time.time,
        read: Optional[ReadJobs] = None,
    ) -> None:
        self._outbox = outbox
        self._workspace = workspace
        self._shared = read is not None
        self._read_before: ReadJobs = read if read is not None else {}
        self._ends = (source_party, destination.party)
        self._clock = clock
        self._tasks: dict[str, Optional[TaskIndex]] = {}

    def left(self, items: Sequence[Item], paths: Mapping[int, Sequence[str]]) -> list[Item]:
        """Let accsyn go on with what it has of *items*, all of one job row; return those to be submitted anew.

        *paths* are those of the tasks that each item has now, by its id.
        """
        row = self._outbox.job_by_id(items[0].job) if items[0].job is not None else None
        if row is None:
            return list(items)
        followed = self._follow(row, items, paths)
        left = [item for item in items if item.id not in followed]
        waiting = self._delayed(row, left)
        return [item for item in left if item not in waiting]

    def _delayed(self, row: JobRow, items: Sequence[Item]) -> list[Item]:
        """Let those of *items* wait of whose older content a task is at work under another path, and return them.

        Were it through later than the new one, the older content would be what stays.
        """
        index = self.tasks(self.located(row))
        if index is None:
            return []
        waiting = [
            item
            for item in items
            if item.reason is Reason.PUBLISH
            and any(task.status in proof.AT_WORK for task in index.made_for(item.publication.component_id))
        ]
        for item in waiting:
            outcome = "accsyn is still sending its older content"
            error = errors.Busy("send the new content", label(item), outcome, "It is sent when that has ended.")
            self._outbox.delay([item], error, self._clock() + STILL_SENDING_S)
        return waiting

    def _follow(self, row: JobRow, items: Sequence[Item], paths: Mapping[int, Sequence[str]]) -> set[int]:
        """Return the ids of those of *items* that go on in the job of *row*."""
        row = self.located(row)
        index = self.tasks(row)
        if index is None:
            self._outbox.not_attempted(items)
            return set()
        same_ends = not row.source_party or self._ends == (row.source_party, row.party)
        proven: list[Item] = []
        going: list[Item] = []
        again: list[Task] = []
        for item in items:
            sent = item.sent if item.sent.paths is not None else Sent(tuple(paths[item.id]))
            tasks, whole = index.of(dataclasses.replace(item, sent=sent))
            if item.cause_kind in _MISPLACED or not (whole or same_ends):
                self._leave_behind(row, tasks)
                continue
            if not whole:
                continue
            sent = self._marked(item, sent, tasks)
            if all(task.status == "done" and proof.proves(task, sent.stale) for task in tasks):
                proven.append(item)
            elif not same_ends:
                self._leave_behind(row, tasks)
            else:
                going.append(item)
                again += [task for task in tasks if task.status in proof.STOPPED]
                again += proof.to_be_queued(tasks, sent.stale)
        followed = proven + (going if going and self._go_on(row, again) else [])
        self._outbox.not_attempted([item for item in items if item not in followed])
        self._outbox.submitted(followed, row)
        return {item.id for item in followed}

    def _marked(self, item: Item, sent: Sent, tasks: Sequence[Task]) -> Sent:
        """Return *sent* with what its tasks looked like before, written down when they are met with new content."""
        if item.sent.paths is None or item.cause_kind == Trouble.SIZE_DIFFERS.value:
            sent = dataclasses.replace(sent, stale=proof.before_queueing(tasks, {}))
            self._outbox.tracking.keep_sent(item, sent)
        return sent

    def _leave_behind(self, row: JobRow, tasks: Sequence[Task]) -> None:
        """Let *tasks*, in whose place others with other ends come, never run; where that fails they do no harm."""
        idle = [task.id for task in tasks if task.status in proof.WAITING | {"failed", "onhold"}]
        if idle:
            with contextlib.suppress(errors.Refused):
                self._workspace.exclude_tasks(row.accsyn_id, idle)

    def _go_on(self, row: JobRow, again: Sequence[Task]) -> bool:
        """Queue the tasks *again*; return False where the job does not go on: it has ended, is gone, or is not ours."""
        try:
            job = self._workspace.present_job(row.accsyn_id)
            if job is None or job.finished:
                return False
            if again:
                self._workspace.retry_tasks(row.accsyn_id, [task.id for task in again])
        except errors.Refused:
            return False
        return True

    def located(self, row: JobRow) -> JobRow:
        """Return *row* with accsyn's id if accsyn has a job with its name and key.

        Where the outbox knows its whole history, a row of which no creation was begun has no job yet: no need to ask.
        """
        mine = row.attempted_at is None and not self._shared and self._outbox.fact(COMPLETE) == "1"
        if row.accsyn_id or mine:
            return row
        ours = self._ours(row)
        if ours:
            return self._outbox.job_found(row, _everybodys(ours).id)
        if row.attempted_at is not None and 0 <= self._clock() - row.attempted_at < CREATION_GRACE_S:
            outcome = "its creation was not answered a moment ago and may still be under way"
            raise errors.Uncertain("find the sync job", row.name, outcome, "It is looked for again, then created.")
        return row

    def nameless(self, row: JobRow) -> Optional[Job]:
        """Return the job of *row*, which accsyn has just created without saying which it is; None where it is not seen.

        Whoever is not told that may not find it by its name or its key either: another one would be created each time.
        """
        found = self._ours(row)
        if not found:
            named = self._workspace.find_jobs(row.name) or self._workspace.find_jobs(row.name, among_all=True)
            found = [job for job in named if job.metadata.get(KEY, row.key) == row.key]
        return max(found, key=lambda job: (job.created, job.id), default=None)

    def agreed(self, row: JobRow, created: Job) -> JobRow:
        """Return *row* with the id of the job that every machine agrees on, now that ours was *created*.

        Whoever creates one looks afterwards, so that the later one sees both. Only then the id is kept: whoever ends
        in between looks again.
        """
        found = _everybodys({each.id: each for each in (created, *self._ours(row))}.values())
        if found.id != created.id:
            logger.info("Another machine has created the sync job %s at the same moment; it is used.", row.name)
        return self._outbox.job_found(row, found.id)

    def begun(self, row: JobRow, created: Job) -> JobRow:
        """Return *row* with the id of the job that was *created* with nothing but what is to go just now."""
        self._tasks[created.id] = TaskIndex(())
        return self._outbox.job_found(row, created.id)

    def _ours(self, row: JobRow) -> list[Job]:
        """Return accsyn's jobs with the name and the key of *row*; the name alone where jobs keep no metadata.

        A finished job to which another machine adds tasks just now becomes a live one, and may be in neither of the two
        answers. So where other machines may have one, it is looked for twice.
        """
        found = self._workspace.find_jobs(row.name)
        if self._shared:
            found += self._workspace.find_jobs(row.name)
        keeps = self._workspace.assumptions.holds(JOB_METADATA)
        return [job for job in found if job.metadata.get(KEY, row.key if not keeps else "") == row.key]

    def tasks(self, row: JobRow, wanted_at: Optional[float] = None) -> Optional[TaskIndex]:
        """Return what the job of *row* holds, as it was at the first question; None where accsyn has no such job.

        As it was read for an earlier submission where that will do: whatever came into the job since has begun after
        what is *wanted_at* (seconds since the epoch) was complete.
        """
        if not row.accsyn_id:
            return None
        if row.accsyn_id not in self._tasks:
            read_at, known = self._read_before.get(row.accsyn_id, (0.0, None))
            fresh = wanted_at is not None and wanted_at <= read_at and 0 <= self._clock() - read_at <= REMEMBERED_S
            if not fresh or known is None:
                read_at, known = self._clock(), self._read(row)
                self._read_before[row.accsyn_id] = read_at, known
            self._tasks[row.accsyn_id] = known
        return self._tasks[row.accsyn_id]

    def _read(self, row: JobRow) -> Optional[TaskIndex]:
        try:
            return TaskIndex(self._workspace.tasks(row.accsyn_id))
        except errors.Refused:
            if self._workspace.present_job(row.accsyn_id) is not None:
                raise
            return None


def _everybodys(jobs: Collection[Job]) -> Job:
    """Return that of several jobs for the same route which all machines use: the first that was created.

    accsyn tells whole seconds; its ids are taken to grow within one (how they are made is not documented).
    """
    dated = all(job.created for job in jobs)
    return min(jobs, key=lambda job: (job.created if dated else "", job.id))
