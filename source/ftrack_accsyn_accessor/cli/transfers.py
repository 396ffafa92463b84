"""What accsyn's side of the sandbox says about published components."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ftrack_accsyn_accessor.cli.publisher import Published
from ftrack_accsyn_accessor.model.tasks import COMPONENT_ID

if TYPE_CHECKING:
    from ftrack_accsyn_sandbox.accsyn.inspection import JobRow

ENDED = frozenset({"done", "failed", "excluded", "onhold"})


@dataclass(frozen=True)
class Transfer:
    """How far a component is: its job, the states of its tasks, the bytes that have arrived, and why tasks failed."""

    published: Published
    job: str
    states: frozenset[str]
    done_bytes: int
    reasons: tuple[str, ...]

    @property
    def state(self) -> str:
        """One word for all tasks: the component is done when every task is."""
        if not self.states:
            return "staged"
        if self.states == {"done"}:
            return "done"
        return "failed" if self.ended else "transferring"

    @property
    def ended(self) -> bool:
        """Whether accsyn will do no more by itself."""
        return bool(self.states) and self.states <= ENDED


def transfers(published: Iterable[Published], jobs: Sequence[JobRow]) -> list[Transfer]:
    """Find the tasks of each component in *jobs*, the rows of the sandbox's workspace."""
    return [transfer_of(component, jobs) for component in published]


def transfer_of(published: Published, jobs: Sequence[JobRow]) -> Transfer:
    """Find the tasks of one component by the id in their metadata."""
    found = [
        (job, task) for job in jobs for task in job.tasks if task.metadata.get(COMPONENT_ID) == published.component_id
    ]
    return Transfer(
        published=published,
        job=", ".join(dict.fromkeys(job.name for job, _ in found)),
        states=frozenset(task.status for _, task in found),
        done_bytes=sum(task.done_bytes for _, task in found),
        reasons=tuple(task.reason for _, task in found if task.reason),
    )
