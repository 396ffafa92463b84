"""Copies of jobs and tasks for tests, benchmarks and the demo to look at."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Optional

from ftrack_accsyn_sandbox.accsyn.entities import Entity, Job, Party, Task


@dataclass(frozen=True)
class TaskRow:
    """A task as it was: *source* and *destination* are the texts of the call, *reason* is why it failed."""

    id: str
    uri: str
    source: str
    destination: str
    status: str
    priority: int
    size: int
    done_bytes: int
    metadata: dict[str, Any]
    settings: dict[str, str]
    reason: str
    source_path: str
    destination_path: str


@dataclass(frozen=True)
class JobRow:
    """A job as it was: *queue* and *user* are codes, *source* and *destination* like "client:<id>", "site:<id>"."""

    id: str
    name: str
    status: str
    archived: bool
    queue: str
    user: str
    source: str
    destination: str
    mirrored: bool
    metadata: dict[str, Any]
    settings: dict[str, str]
    created: datetime
    finished: Optional[datetime]
    tasks: list[TaskRow]
    log: list[str]


def job_row(entities: Mapping[str, Entity], job: Job) -> JobRow:
    """Return a copy of *job* and its tasks; *entities* are those of its workspace, whose lock the caller holds."""
    return JobRow(
        id=job.id,
        name=job.code,
        status=job.status,
        archived=job.archived,
        queue=entities[job.queue_id].code,
        user=entities[job.user_id].code,
        source=_party(job.source),
        destination=_party(job.destination),
        mirrored=job.mirrored,
        metadata=copy.deepcopy(job.metadata),
        settings=dict(job.settings),
        created=job.created,
        finished=job.finished,
        tasks=[_task_row(task) for task in job.tasks],
        log=[str(line["message"]) for line in job.log],
    )


def _party(party: Party) -> str:
    return f"{party.kind}:{party.id}"


def _task_row(task: Task) -> TaskRow:
    return TaskRow(
        id=task.id,
        uri=task.uri,
        source=task.source_text,
        destination=task.destination_text,
        status=task.status,
        priority=task.priority,
        size=task.size,
        done_bytes=task.done_bytes,
        metadata=copy.deepcopy(task.metadata),
        settings=dict(task.settings),
        reason=task.reason,
        source_path=task.source_path,
        destination_path=task.destination_path,
    )
