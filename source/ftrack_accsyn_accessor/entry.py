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

    `files` holds the component's own file, or those of its members at any depth. `project_id` is empty where the component
    hangs on no ftrack project; `project_name` is then the first folder of its identifier.
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
class Entry:
    """A publication in the outbox, with where it is and why.

    Times are seconds since the epoch. `attempted` means that its tasks may have been added to job row `job` without accsyn's
    answer having arrived: look there before adding them anywhere.
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
