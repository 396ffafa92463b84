"""What is found out about the sources of tasks before anything of them is sent."""

from __future__ import annotations

import time
from typing import Optional

from ftrack_accsyn_sandbox.accsyn import waits
from ftrack_accsyn_sandbox.accsyn.copying import make_plan
from ftrack_accsyn_sandbox.accsyn.entities import Job, Task
from ftrack_accsyn_sandbox.accsyn.errors import TransferFailure
from ftrack_accsyn_sandbox.accsyn.parties import SEQUENCE
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace


def measure_paused(workspace: Workspace) -> None:
    """Give the tasks of paused jobs their sizes; the caller holds the lock.

    What is missing, or lies on a machine that is not online, keeps the size of what was not measured.
    """
    for job in workspace.each(Job):
        if job.status != "paused" or job.archived:
            continue
        for task in job.tasks:
            if task.size < 0 and task.status in ("queued", "onhold") and _measure(workspace, task):
                workspace.changed.notify_all()


def _measure(workspace: Workspace, task: Task) -> bool:
    if waits.of_machine(workspace, task.source.party) is not None:
        return False
    try:
        task.size = make_plan(workspace, task).size
    except (TransferFailure, OSError):
        return False
    return True


def missing_for_s(workspace: Workspace, task: Task) -> Optional[float]:
    """Return for how long the source of *task*, whose turn it is, has been missed; None when it is there.

    Of a sequence it is never missed as a whole. The caller holds the lock.
    """
    path = None if task.source.null else workspace.path(task.source)
    if path is None or SEQUENCE.match(path.as_posix()) or path.exists():
        task.missed_at_s = None
        return None
    if task.missed_at_s is None:
        task.missed_at_s = time.monotonic()
    return time.monotonic() - task.missed_at_s
