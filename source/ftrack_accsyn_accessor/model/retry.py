"""When to try again, and who: pure decisions, no clock and no waiting."""

from __future__ import annotations

from typing import Optional

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Item, State

#: What keeps everything from being done that takes accsyn.
OF_ALL: tuple[type[errors.AccsynAccessorError], ...] = (
    errors.Unreachable,
    errors.Busy,
    errors.Uncertain,
    errors.Unauthorised,
    errors.SettingsError,
)
#: The same, and what keeps items from being sent while those that were are followed.
WAITS: tuple[type[errors.AccsynAccessorError], ...] = (
    *OF_ALL,
    errors.NotReady,
    errors.RegistrationError,
    errors.LoginRefused,
)
#: What may be due to a process itself: its settings, its keys, its client library, its way to accsyn.
OWN = (errors.SettingsError, errors.NotReady, errors.Unauthorised, errors.LoginRefused, errors.Unreachable)
FIRST_DELAY_S = 1.0
#: What somebody has refused, or has to put right.
_HELP = (
    *(errors.SettingsError, errors.Conflict, errors.Unresolved, errors.NotAllowed, errors.ManifestError),
    *(errors.RegistrationRefused, errors.Refused, errors.Unauthorised, errors.NotReady),
)
#: During the first minutes of an outage a studio is waiting for its network: keep the next try near.
OUTAGE_CAP_S = 15.0
OUTAGE_EARLY_S = 300.0
LATE_CAP_S = 60.0
#: What has lasted for hours may last this part of it longer, and not all of a studio comes back in the same minute.
_LATE_PART = 12.0
LONGEST_CAP_S = 300.0
#: Whoever asks accsyn for too much, together with others, comes back some time within the first of these, which
#: doubles each time up to the second: 500 machines that came back within some seconds would be refused for ever.
CROWDED_FIRST_S = 10.0
CROWDED_LONGEST_S = 60.0
#: Somebody has to change something first; a change that can be seen from here ends the wait early.
HELP_DELAY_S = 60.0
#: A disk that does not let a file be looked at may do so again in a moment.
UNREADABLE_DELAY_S = 30.0
#: A change ends the waiting of an outage, but nobody is asked more often than this.
SOONEST_S = 2.0
#: A refused or changed item is looked at again, rarely, because what was wrong with it may have been put right.
ITEM_DELAY_S = 600.0
#: What is tried again so soon after something went wrong only waits for that to be over.
SOON_S = ITEM_DELAY_S / 2


def outage_delay(attempts: int, outage_s: float, jitter: float, retry_after_s: Optional[float] = None) -> float:
    """Return the seconds to wait before accsyn is asked again.

    *attempts* failed calls in a row (1 = the first), *outage_s* seconds since the first of them, *jitter* from [0, 1).
    At least *retry_after_s* where accsyn named one: it has told others the same.
    """
    late_s = min(LONGEST_CAP_S, max(LATE_CAP_S, outage_s / _LATE_PART))
    cap_s = OUTAGE_CAP_S if outage_s < OUTAGE_EARLY_S else late_s
    delay_s = min(cap_s, FIRST_DELAY_S * 2.0 ** min(attempts - 1, 16))
    delay_s *= 0.75 + 0.25 * jitter
    return max(delay_s, retry_after_s + jitter * OUTAGE_CAP_S if retry_after_s else 0.0)


def crowded_delay(attempts: int, jitter: float, retry_after_s: Optional[float] = None) -> float:
    """Return the seconds to wait after a call was refused because there are too many; see `outage_delay`."""
    within_s = min(CROWDED_LONGEST_S, CROWDED_FIRST_S * 2.0 ** min(attempts - 1, 16))
    return max(SOONEST_S, retry_after_s or 0.0) + jitter * within_s


def is_crowded(error: errors.AccsynAccessorError) -> bool:
    """Whether accsyn has refused a call because there are too many: no change on this machine ends that."""
    return isinstance(error, errors.WorkspaceError) and error.status == errors.TOO_MANY


def is_outage(error: errors.AccsynAccessorError) -> bool:
    """Whether *error* says that accsyn, or ftrack, cannot be used at the moment, whatever is asked of it."""
    if isinstance(error, errors.RegistrationError):
        return not isinstance(error, errors.RegistrationRefused)
    return isinstance(error, (errors.Unreachable, errors.Busy, errors.Uncertain))


def needs_help(error: errors.AccsynAccessorError) -> bool:
    """Whether *error* stays, as far as anybody knows, until somebody changes something."""
    return isinstance(error, _HELP)


def is_own(error: errors.AccsynAccessorError) -> bool:
    """Whether *error* may be due to the process that met it, so that another one may be able to send."""
    return isinstance(error, OWN)


def goes_on(item: Item) -> bool:
    """Whether an item that needs attention is being tried again: asked for, or when accsyn or ftrack can be asked."""
    if item.state is not State.NEEDS_ATTENTION:
        return False
    if item.next_try_at is None:
        return True
    waits = item.cause_kind in {kind.kind for kind in WAITS}
    return waits and item.next_try_at - item.updated_at <= SOON_S


def delay(error: errors.AccsynAccessorError, attempts: int, outage_s: float, jitter: float) -> float:
    """Return the seconds to wait after *error*; see `outage_delay` for the other arguments."""
    if is_outage(error):
        retry_after_s = error.retry_after_s if isinstance(error, errors.WorkspaceError) else None
        if is_crowded(error):
            return crowded_delay(attempts, jitter, retry_after_s)
        return outage_delay(attempts, outage_s, jitter, retry_after_s)
    if isinstance(error, (errors.Refused, errors.FileChanged, errors.NeverSent)):
        return ITEM_DELAY_S
    return UNREADABLE_DELAY_S if isinstance(error, errors.FileUnreadable) else HELP_DELAY_S


class Outage:
    """How often in a row something could not be used, and when to ask it again. Monotonic times, in seconds."""

    def __init__(self) -> None:
        self.attempts = 0
        self._since = 0.0
        self._soonest = 0.0
        self._until = 0.0

    def failed(self, error: errors.AccsynAccessorError, now: float, jitter: float) -> float:
        """Note a failure and return the seconds to wait; *jitter* is from [0, 1)."""
        if not self.attempts:
            self._since = now
        self.attempts += 1
        wish_s = error.retry_after_s if isinstance(error, errors.WorkspaceError) else None
        delay_s = delay(error, self.attempts, now - self._since, jitter)
        self._until = now + delay_s
        self._soonest = self._until if is_crowded(error) else now + max(SOONEST_S, wish_s or 0.0)
        return delay_s

    def end_early(self) -> None:
        """Something has changed: ask again soon."""
        if self.attempts:
            self._until = min(self._until, self._soonest)

    def over(self) -> bool:
        """It can be used again; return whether there was an outage."""
        was, self.attempts = bool(self.attempts), 0
        return was

    def remaining_s(self, now: float) -> float:
        """Return the seconds that are left to wait."""
        return max(0.0, self._until - now) if self.attempts else 0.0
