"""Gives the tasks that wait in accsyn the priority that somebody has asked for since they were submitted."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Callable

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model import errors, proof
from ftrack_accsyn_accessor.model.item import Item, Kind
from ftrack_accsyn_accessor.model.tasks import TaskIndex
from ftrack_accsyn_accessor.outbox import JobRow, Outbox
from ftrack_accsyn_accessor.workspace import Workspace

logger = logging.getLogger(__name__)

#: A job of which accsyn has not answered, or refused it, is left alone for so long.
AGAIN_S = 30.0
REFUSED_S = 600.0
#: Tasks in one call.
AT_ONCE = 1000


class Priorities:
    """For one thread only, whoever holds the outbox's lock. May raise `errors.WorkspaceError` or `errors.OutboxError`.

    *monotonic* is in seconds.
    """

    def __init__(self, outbox: Outbox, workspace: Workspace, monotonic: Callable[[], float]) -> None:
        self._outbox = outbox
        self._workspace = workspace
        self._monotonic = monotonic
        self._not_before: dict[int, float] = {}

    def tell(self, items: Sequence[Item]) -> None:
        """Give the tasks of *items* their priority, and write it down. A job that refuses it stops no other.

        For each job what it takes to read its tasks, and a call for each `AT_ONCE` tasks that wait.
        """
        jobs: dict[int, list[Item]] = {}
        for item in items:
            if item.job is not None and self._monotonic() >= self._not_before.get(item.job, 0.0):
                jobs.setdefault(item.job, []).append(item)
        for job, group in jobs.items():
            row = self._outbox.job_by_id(job)
            if row is not None and row.accsyn_id:
                self._tell_alone(row, group)

    def _tell_alone(self, row: JobRow, items: Sequence[Item]) -> None:
        try:
            self._tell(row, items)
        except (errors.Refused, errors.Uncertain) as error:
            announce.once(logger, logging.WARNING, f"What is to go first waits its turn: {error}")
            pause_s = REFUSED_S if isinstance(error, errors.Refused) else AGAIN_S
            self._not_before[row.id] = self._monotonic() + pause_s
        else:
            self._outbox.control.told(items)

    def _tell(self, row: JobRow, items: Sequence[Item]) -> None:
        index = TaskIndex(self._workspace.tasks(row.accsyn_id))
        priorities: dict[str, int] = {}
        for item in map(self._readable, items):
            for task in index.of(item)[0]:
                if task.status in proof.WAITING | proof.STOPPED and task.priority != item.priority:
                    priorities[task.id] = max(item.priority, priorities.get(task.id, 0))
        wanted = list(priorities.items())
        for start in range(0, len(wanted), AT_ONCE):
            self._workspace.prioritise_tasks(row.accsyn_id, dict(wanted[start : start + AT_ONCE]))

    def _readable(self, item: Item) -> Item:
        """Return *item*, with its files where it was not written down as which tasks it went."""
        known = item.sent.paths is not None or item.publication.kind is Kind.FILE
        return item if known else self._outbox.tracking.with_files([item])[0]
