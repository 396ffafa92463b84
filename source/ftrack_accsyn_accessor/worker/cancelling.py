"""Takes back in accsyn what is not to go any more after it had been submitted, as far as it has not begun there."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Callable

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model import errors, parties, proof
from ftrack_accsyn_accessor.model.accsyn import Task
from ftrack_accsyn_accessor.model.item import NOWHERE, Item, State, Studio, label
from ftrack_accsyn_accessor.model.tasks import TaskIndex
from ftrack_accsyn_accessor.outbox import JobRow, Outbox
from ftrack_accsyn_accessor.outbox.requests import CANCELLED
from ftrack_accsyn_accessor.worker import delivering
from ftrack_accsyn_accessor.worker.asked import published_there
from ftrack_accsyn_accessor.worker.endpoint import known_here
from ftrack_accsyn_accessor.worker.goods import stop
from ftrack_accsyn_accessor.worker.lookup import Lookup
from ftrack_accsyn_accessor.workspace import Workspace

logger = logging.getLogger(__name__)

#: A job that accsyn tells nothing of is left alone for so long.
AGAIN_S = 30.0


class Cancelling:
    """For one thread only, whoever holds the outbox's lock. May raise `errors.WorkspaceError` or `errors.OutboxError`.

    What had begun goes on, and is looked at no more. A job that cannot be looked into keeps nothing else waiting.
    """

    def __init__(
        self,
        outbox: Outbox,
        workspace: Workspace,
        studio: Studio,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._outbox = outbox
        self._studio = studio
        self._clock = clock
        self._monotonic = monotonic
        self._workspace = workspace
        self._not_before: dict[int, float] = {}
        self._begun: set[tuple[int, State]] = set()

    def step(self) -> None:
        """Exclude what waits in accsyn and is not to run any more.

        Cancelled items are withdrawn. Those that would be fetched to where something was published since need
        attention. Of what was forgotten nothing is left to be done.
        """
        taken_back = self._taken_back(self._outbox.requests.to_take_back(self._studio))
        self._outbox.withdraw(taken_back, CANCELLED)
        for item in taken_back:
            logger.info("%s was cancelled before accsyn had begun with it.", label(item))
        endangering = self._outbox.requests.endangering(self._studio, known_here(self._outbox))
        publishes = {item.id: publish for item, publish in endangering}
        for item in self._taken_back([item for item, _ in endangering]):
            stop(self._outbox, [item], published_there(item, publishes[item.id]), self._clock())

        forgotten = self._outbox.past.to_exclude(self._studio)
        gone = self._taken_back(forgotten, unanswered=True)
        self._outbox.past.excluded([item for item in forgotten if item in gone or (item.id, item.state) in self._begun])

    def _taken_back(self, items: Iterable[Item], unanswered: bool = False) -> list[Item]:
        """Return those of *items* with which accsyn will not begin any more.

        With *unanswered* a job is looked for whose creation accsyn has not answered: nothing else ever asks for it.
        """
        jobs: dict[int, list[Item]] = {}
        for item in items:
            if (item.id, item.state) not in self._begun and item.job is not None:
                jobs.setdefault(item.job, []).append(item)
        found: list[Item] = []
        for job, group in jobs.items():
            row = self._outbox.job_by_id(job)
            if row is not None and (row.accsyn_id or unanswered):
                found += self._take_back_alone(row, group)
            else:  # what may be there all the same is looked up before it would be sent
                found += [item for item in group if not item.attempted]
        return found

    def _take_back_alone(self, row: JobRow, items: Sequence[Item]) -> list[Item]:
        """Take back what goes with one job, whose failure stops no other; what accsyn does not have it never begins."""
        if self._monotonic() < self._not_before.get(row.id, 0.0):
            return []
        try:
            row = Lookup(self._outbox, self._workspace, row.source_party, NOWHERE, self._clock).located(row)
            if not row.accsyn_id:
                return list(items)
            if parties.recipient(row.party):
                return self._take_delivery_back(row, items)
            try:
                return self._take_back(row, items)
            except errors.Refused:
                if self._workspace.present_job(row.accsyn_id) is None:
                    return list(items)
                raise
        except (errors.Refused, errors.Uncertain) as error:
            announce.once(logger, logging.WARNING, f"What was cancelled cannot be taken back yet: {error}")
            self._not_before[row.id] = self._monotonic() + AGAIN_S
            return []

    def _take_delivery_back(self, row: JobRow, items: Sequence[Item]) -> list[Item]:
        taken_back = delivering.take_back(self._workspace, row, items)
        self._begun |= {(item.id, item.state) for item in items if item not in taken_back}
        return taken_back

    def _take_back(self, row: JobRow, items: Sequence[Item]) -> list[Item]:
        index = self._read(row)
        waiting = [item for item in items if not _has_begun(item, index.of(item)[0])]
        # Tasks that others need as well stay: only this item is not waited for any more.
        own = [item for item in waiting if not self._outbox.requests.is_shared(item)]
        tasks = {task.id: task for item in own for task in index.of(item)[0]}
        idle = [task_id for task_id, task in tasks.items() if task.status not in ("excluded", "done", *proof.AT_WORK)]
        if idle:
            try:
                self._workspace.exclude_tasks(row.accsyn_id, idle)
            except errors.Refused as error:
                logger.warning("What was cancelled goes on: %s", error)
                waiting = [item for item in waiting if item not in own or item.state is State.NEEDS_ATTENTION]
            else:
                index = self._read(row)
        late = [item for item in own if item in waiting and _has_begun(item, index.of(item)[0])]
        self._go_on(row, [task for item in late for task in index.of(item)[0]], idle)
        taken_back = [item for item in waiting if item not in late]
        self._begun |= {(item.id, item.state) for item in items if item not in taken_back}
        return taken_back

    def _go_on(self, row: JobRow, tasks: Iterable[Task], idle: Sequence[str]) -> None:
        """Let all *tasks* of what has begun run: those that were excluded just now with the others."""
        again = [task.id for task in tasks if task.status == "excluded" and task.id in idle]
        if again:
            self._workspace.retry_tasks(row.accsyn_id, again)

    def _read(self, row: JobRow) -> TaskIndex:
        return TaskIndex(self._workspace.tasks(row.accsyn_id))


def _has_begun(item: Item, tasks: Iterable[Task]) -> bool:
    """Whether accsyn is at work on *item*, or has done some of it; what has stopped does not go on by itself."""
    moving = proof.AT_WORK if item.state is State.NEEDS_ATTENTION else proof.AT_WORK | {"done"}
    return any(task.status in moving for task in tasks)
