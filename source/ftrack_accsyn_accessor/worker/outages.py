"""What cannot be done at the moment, and what each failure keeps from being done. For the worker's thread."""

from __future__ import annotations

import logging

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.retry import OF_ALL, Outage

logger = logging.getLogger(__name__)


class Outages:
    """What cannot be done at the moment: anything with accsyn, following what runs, submitting, or a part of that."""

    def __init__(self) -> None:
        self.whole = Outage()
        self.following = Outage()
        self.submission = Outage()
        self.part = Outage()

    def any(self) -> bool:
        """Whether nothing can be submitted."""
        return bool(self.whole.attempts or self.submission.attempts)

    def of_following(self, error: errors.AccsynAccessorError) -> Outage:
        """Return which of them *error* is, met while jobs were looked at. One that was not answered may be to blame."""
        return self.whole if isinstance(error, OF_ALL) and not isinstance(error, errors.Uncertain) else self.following

    def of_sending(self, error: errors.AccsynAccessorError) -> Outage:
        """Return which of them *error* is, met while items were submitted."""
        return self.whole if isinstance(error, OF_ALL) else self.submission

    def end_early(self) -> None:
        """Something has changed: try again soon."""
        for outage in (self.whole, self.following, self.submission):
            outage.end_early()

    def following_s(self, now: float) -> float:
        """Return the seconds until what runs may be looked at."""
        return max(self.whole.remaining_s(now), self.following.remaining_s(now))

    def sending_s(self, now: float) -> float:
        """Return the seconds until something may be submitted."""
        return max(self.whole.remaining_s(now), self.submission.remaining_s(now))


def known(error: Exception) -> errors.AccsynAccessorError:
    """Return *error* as one of ours."""
    if isinstance(error, errors.AccsynAccessorError):
        return error
    logger.debug("Unforeseen error in the worker.", exc_info=True)
    return errors.AccsynAccessorError("upload", outcome=f"{type(error).__name__}: {errors.words(error)}")
