"""When to try again: pure decisions, no clock and no waiting."""

from __future__ import annotations

from typing import Optional

from ftrack_accsyn_accessor.model import errors

FIRST_DELAY_S = 1.0
#: During the first minutes of an outage a studio is waiting for its network: keep the next try near.
OUTAGE_CAP_S = 15.0
OUTAGE_EARLY_S = 300.0
LATE_CAP_S = 60.0
#: Somebody has to change something first; a change that can be seen from here ends the wait early.
HELP_DELAY_S = 60.0
#: A disk that does not let a file be looked at may do so again in a moment.
UNREADABLE_DELAY_S = 30.0
#: A refused or changed item is looked at again, rarely, because what was wrong with it may have been put right.
ITEM_DELAY_S = 600.0


def outage_delay(attempts: int, outage_s: float, jitter: float, retry_after_s: Optional[float] = None) -> float:
    """Return the seconds to wait before accsyn is asked again.

    *attempts* failed calls in a row (1 = the first), *outage_s* seconds since the first of them, *jitter* from [0, 1).
    At least *retry_after_s* where accsyn named one.
    """
    cap_s = OUTAGE_CAP_S if outage_s < OUTAGE_EARLY_S else LATE_CAP_S
    delay_s = min(cap_s, FIRST_DELAY_S * 2.0 ** min(attempts - 1, 16))
    delay_s *= 0.75 + 0.25 * jitter
    return max(delay_s, retry_after_s or 0.0)


def is_outage(error: errors.AccsynAccessorError) -> bool:
    """Whether *error* says that accsyn cannot be used at the moment, whatever is asked of it."""
    return isinstance(error, (errors.Unreachable, errors.Busy, errors.Uncertain))


def delay(error: errors.AccsynAccessorError, attempts: int, outage_s: float, jitter: float) -> float:
    """Return the seconds to wait after *error*; see `outage_delay` for the other arguments."""
    if is_outage(error):
        retry_after_s = error.retry_after_s if isinstance(error, errors.WorkspaceError) else None
        return outage_delay(attempts, outage_s, jitter, retry_after_s)
    if isinstance(error, (errors.Refused, errors.FileChanged, errors.NeverSent)):
        return ITEM_DELAY_S
    return UNREADABLE_DELAY_S if isinstance(error, errors.FileUnreadable) else HELP_DELAY_S
