"""What an entry of the outbox is, and which steps its state may take.

prepared -> pending -> submitted -> transferring -> synced
    \\__________\\___________\\____________\\______ needs-attention -> pending
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Optional


class State(str, enum.Enum):
    """Where an entry is on its way."""

    PREPARED = "prepared"  # staged; being registered in ftrack at this moment
    PENDING = "pending"  # registered in ftrack; to be submitted (a cause tells why it waits, if it had to)
    SUBMITTED = "submitted"  # its tasks are in an accsyn job
    TRANSFERRING = "transferring"  # accsyn has started with it
    SYNCED = "synced"  # accsyn has reported its tasks done
    NEEDS_ATTENTION = "needs-attention"  # stopped, with a cause; may be tried again


#: The states that an entry may go to from each state. Publishing a component anew starts at `prepared` from anywhere.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PREPARED: frozenset({State.PENDING, State.NEEDS_ATTENTION}),
    State.PENDING: frozenset({State.SUBMITTED, State.NEEDS_ATTENTION}),
    State.SUBMITTED: frozenset({State.TRANSFERRING, State.SYNCED, State.NEEDS_ATTENTION, State.PENDING}),
    State.TRANSFERRING: frozenset({State.SUBMITTED, State.SYNCED, State.NEEDS_ATTENTION, State.PENDING}),
    State.SYNCED: frozenset({State.NEEDS_ATTENTION}),
    State.NEEDS_ATTENTION: frozenset({State.PENDING, State.SUBMITTED, State.TRANSFERRING, State.SYNCED}),
}


def sources(target: State) -> tuple[State, ...]:
    """Return the states from which *target* may be reached."""
    return tuple(state for state, targets in TRANSITIONS.items() if target in targets)


class Trouble(str, enum.Enum):
    """What keeps a submitted entry from its destination: the cause kinds that the tracker writes."""

    FAILED = "transfer-failed"
    ABORTED = "aborted"  # the sync job was aborted before the entry was through
    ENDED = "ended"  # the sync job was set to done before the entry was through
    ON_HOLD = "on-hold"  # the task
    EXCLUDED = "excluded"  # the task
    TASK_MISSING = "task-missing"
    JOB_GONE = "job-gone"  # deleted or archived
    SIZE_DIFFERS = "size-differs"
    PAUSED = "paused"  # the sync job; the entry keeps its state
    UNVERIFIED = "unverified"  # arrived, but accsyn could not be asked for the size; the entry keeps its state


#: Entries that need attention for one of these are followed further: accsyn, or a person there, may repair them.
REPAIRABLE = frozenset(
    {Trouble.FAILED, Trouble.ABORTED, Trouble.ENDED, Trouble.ON_HOLD, Trouble.EXCLUDED, Trouble.TASK_MISSING}
)

#: `next_try_at` of what is not tried again before somebody asks for it (in the year 2255, seconds since the epoch).
NOT_BY_ITSELF = 9_000_000_000.0


class Kind(str, enum.Enum):
    """Which of ftrack's component types an entry stands for."""

    FILE = "file"
    SEQUENCE = "sequence"
    CONTAINER = "container"


@dataclasses.dataclass(frozen=True)
class StagedFile:
    """A staged file as it was when it was published.

    `path` is relative to the staging root, with forward slashes; `mtime_ns` is in nanoseconds since the epoch.
    """

    path: str
    size_bytes: int
    mtime_ns: int


@dataclasses.dataclass(frozen=True)
class Publication:
    """One component published into the staging location: the intent that the outbox keeps.

    `files` holds the component's own file, or those of its members at any depth. `project_id` is empty where the
    component hangs on no ftrack project; `project_name` is then the first folder of its identifier.
    """

    component_id: str
    component_name: str
    kind: Kind
    resource_identifier: str
    location_id: str
    location_name: str
    server_url: str
    username: str
    project_id: str
    project_name: str
    version_id: str
    version_name: str
    files: tuple[StagedFile, ...]

    @property
    def size_bytes(self) -> int:
        """Size of all files together."""
        return sum(file.size_bytes for file in self.files)


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far something is. Speed (bytes a second) and time left (seconds) are None while nothing moves."""

    done_bytes: int = 0
    size_bytes: int = 0
    speed_bytes_per_s: Optional[float] = None
    left_s: Optional[float] = None

    @property
    def percent(self) -> int:
        """Whole percents, rounded down: 100 means all bytes."""
        return 100 * self.done_bytes // self.size_bytes if self.size_bytes else 0


@dataclasses.dataclass(frozen=True)
class Entry:
    """A publication in the outbox, with where it is and why.

    Times are seconds since the epoch. `arrived_at` is when accsyn had reported all its tasks done, `synced_at` when it
    was available at the destination. `attempted` means that its tasks may have been added to job row `job` without
    accsyn's answer having arrived: look there before adding them anywhere.
    """

    id: int
    publication: Publication
    state: State
    cause_kind: str
    cause: str
    attempts: int
    next_try_at: Optional[float]
    created_at: float
    updated_at: float
    job: Optional[int]
    attempted: bool
    progress: Progress = Progress()
    arrived_at: Optional[float] = None
    synced_at: Optional[float] = None
