"""Adds tasks to a job that accsyn has, also where it does not take what it is taken to take.

On the worker's thread only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ftrack_accsyn_accessor.model import errors, proof
from ftrack_accsyn_accessor.model.accsyn import Task
from ftrack_accsyn_accessor.model.assumptions import EXISTING_TASK, FINISHED_JOB
from ftrack_accsyn_accessor.model.item import Sent
from ftrack_accsyn_accessor.workspace import Workspace


@dataclasses.dataclass(frozen=True)
class Parcel:
    """What some items are in their job: as which tasks each goes, by the item's id, and all tasks.

    `present` are the tasks that the job has already, by their source texts. `differing` are ids of items of which it
    has some with another priority.
    """

    sent: Mapping[int, Sent]
    payloads: Sequence[dict[str, Any]]
    present: Mapping[str, Task]
    differing: frozenset[int]


def add(workspace: Workspace, job_id: str, parcel: Parcel) -> bool:
    """Add the tasks of *parcel*, and have those queued that are there; return False where accsyn has no such job.

    What it refuses may be due to tasks that are there, or to the job's being done: then each is done by itself, once.
    """
    known = workspace.assumptions
    try:
        _add(workspace, job_id, parcel, known.holds(EXISTING_TASK))
    except errors.Refused:
        job = workspace.present_job(job_id)
        if job is None:
            return False
        if job.status != "done" and not parcel.present:
            raise
        if job.status == "done":
            workspace.set_job_status(job_id, "waiting")
        _add(workspace, job_id, parcel, False)
    if not known.holds(FINISHED_JOB):
        job = workspace.present_job(job_id)
        if job is not None and job.status == "done":
            workspace.set_job_status(job_id, "waiting")
    return True


def _add(workspace: Workspace, job_id: str, parcel: Parcel, all_of_them: bool) -> None:
    """Add the tasks, or else only those that the job does not have, and queue the others.

    Whether adding queues excluded ones is not known: that is done in any case. What is at work is left to end.
    """
    new = [payload for payload in parcel.payloads if all_of_them or payload["source"] not in parcel.present]
    if new:
        workspace.add_tasks(job_id, new)
    ended = proof.STOPPED | {"done"} if not all_of_them else {"excluded"}
    again = [task.id for task in parcel.present.values() if task.status in ended]
    if again:
        workspace.retry_tasks(job_id, again)
