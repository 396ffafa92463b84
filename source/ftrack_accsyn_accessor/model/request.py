"""What a person or program asked for in one go, and how far it is. Pure."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Optional

from ftrack_accsyn_accessor.model.item import NOWHERE, Endpoint, Publication, Reason, State, Studio


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Something that is to be at a destination: a component, or a file or folder of a volume.

    `identifier` is what the destination's location is to keep of it in ftrack; empty for what the source's keeps.
    """

    publication: Publication
    identifier: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from everything else that may be asked for."""
        publication = self.publication
        return publication.component_id, publication.volume, "" if publication.component_id else publication.path


@dataclasses.dataclass(frozen=True)
class Request:
    """What was asked for, by whom, from where to where.

    Two with the same `token` are one: it is made from what cannot come twice, such as a confirmed plan; one is made
    where it is empty. By it any machine of the studio knows the request in accsyn's metadata. `words` say
    what was asked for ("sh010 comp v003 and 11 more"). `user_id` is ftrack's, of `username`; empty where it is not
    known. `queue` is the code or name of an accsyn queue, empty for the project's; `priority` that of its tasks
    (0 to 1000), None for accsyn's own.
    """

    reason: Reason
    studio: Studio
    username: str
    source: Endpoint = NOWHERE
    destination: Endpoint = NOWHERE
    user_id: str = ""
    token: str = ""
    words: str = ""
    queue: str = ""
    priority: Optional[int] = None


class RequestState(str, enum.Enum):
    """Where a request is, computed from its items."""

    WAITING = "waiting"  # nothing of it is in accsyn yet
    MOVING = "moving"
    STUCK = "stuck"  # nothing moves any more, and some of it needs attention
    DONE = "done"  # all that was wanted of it is there
    CANCELLED = "cancelled"  # all that was left of it was withdrawn


@dataclasses.dataclass(frozen=True)
class Standing:
    """A request in the outbox, with what has become of its items.

    Counts are of items, by their state; sizes in bytes. `ended_at` (seconds since the epoch) is when its requester was
    told of its end, None until then. `ftrack_job` is the id of the ftrack Job that shows it, `noted` what was told of
    its end. `cancelled_at` is when it was cancelled (seconds since the epoch), None where it was not: what had begun by
    then goes on. The speed, in bytes a second, is None while nothing moves.
    """

    id: int
    request: Request
    created_at: float
    counts: Mapping[State, int]
    files: int
    size_bytes: int
    done_bytes: int
    ended_at: Optional[float] = None
    ftrack_job: str = ""
    noted: str = ""
    cancelled_at: Optional[float] = None
    speed_bytes_per_s: Optional[float] = None

    @property
    def items(self) -> int:
        """How many items it has."""
        return sum(self.counts.values())

    @property
    def state(self) -> RequestState:
        """Where it is."""
        return state_of(self.counts)


def state_of(counts: Mapping[State, int]) -> RequestState:
    """Return where a request is whose items are in these states."""
    if counts.get(State.SUBMITTED, 0) or counts.get(State.TRANSFERRING, 0):
        return RequestState.MOVING
    if counts.get(State.PENDING, 0) or counts.get(State.PREPARED, 0):
        return RequestState.MOVING if counts.get(State.SYNCED, 0) else RequestState.WAITING
    if counts.get(State.NEEDS_ATTENTION, 0):
        return RequestState.STUCK
    if counts.get(State.SYNCED, 0) or not counts.get(State.WITHDRAWN, 0):
        return RequestState.DONE
    return RequestState.CANCELLED
