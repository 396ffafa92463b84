"""Where in its queue a job stands. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ftrack_accsyn_accessor.model.accsyn import Job, entity_id

_DEFAULT_PRIORITY = 500


@dataclasses.dataclass(frozen=True)
class QueuePlace:
    """The queue of a job, its status (waiting or paused), and how many jobs go before between the same two endpoints.

    accsyn carries out one job at a time between two endpoints, those of higher queues first (accsyn fact sheet,
    section 8).
    """

    name: str
    status: str
    ahead: int


def queue_place(
    row: Mapping[str, Any], queues: Iterable[Mapping[str, Any]], live: Iterable[Mapping[str, Any]]
) -> QueuePlace:
    """Return where the job of *row* stands, among the rows of all *queues* and of all *live* jobs."""
    by_id = {entity_id(queue): queue for queue in queues}
    mine = Job.from_answer(row)
    queue = by_id.get(mine.queue, {})

    def rank(job: Job) -> tuple[int, str, str]:
        return (-_priority(by_id.get(job.queue, {})), job.created, job.id)

    others = [Job.from_answer(other) for other in live if _same_ends(other, row)]
    ahead = sum(other.id != mine.id and rank(other) < rank(mine) for other in others)
    name = str(queue.get("name") or queue.get("code") or "")
    return QueuePlace(name, str(queue.get("status") or ""), ahead)


def _priority(queue: Mapping[str, Any]) -> int:
    priority = queue.get("priority")
    return priority if isinstance(priority, int) else _DEFAULT_PRIORITY


def _same_ends(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    return all(first.get(end) == second.get(end) for end in ("source", "destination"))
