"""What becomes of a vendor's access when their tasks are over, and when they are not over any more."""

from __future__ import annotations

import dataclasses

from ftrack_accsyn_accessor.vendor.means import Means

#: Kinds of steps. `WAITS` is what has to be tried again later, `TOLD` what somebody has to look at.
CLOSED, WRITE_TAKEN, READ_TAKEN, REOPENED, WAITS, TOLD = (
    "closed",
    "write-taken",
    "read-taken",
    "reopened",
    "waits",
    "told",
)


@dataclasses.dataclass(frozen=True)
class Step:
    """Something that was done, or could not be done, about one vendor in one project; `words` are for people."""

    kind: str
    project: str
    vendor: str
    words: str
    task_id: str = ""


def settle(means: Means, now: float) -> list[Step]:
    """Bring the access of all vendors to where their tasks are at *now* (seconds since the epoch), and tell what for.

    What is so already stays, so that it may run as often as one likes, and at the same time as itself. A vendor whose
    access cannot be brought there does not keep it from others: that is told as a step. Raise
    `errors.RegistrationError` or `errors.WorkspaceError` where a service cannot be asked at all.
    """
    raise NotImplementedError
