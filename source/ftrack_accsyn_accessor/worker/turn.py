"""When a process that starts begins with what was left behind: not all machines of a studio begin together."""

from __future__ import annotations

import random
from typing import Callable, Optional

from ftrack_accsyn_accessor.model.pacing import spread_s
from ftrack_accsyn_accessor.outbox import Outbox, attention
from ftrack_accsyn_accessor.outbox.facts import Contact, kept


class Turn:
    """Counted from when it is made, which is when a process begins: what comes later is nobody's morning.

    For the worker's thread, but for `has_come`. *clock* gives seconds since the epoch, *monotonic* seconds.
    """

    def __init__(self, outbox: Outbox, clock: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self._outbox = outbox
        self._clock = clock
        self._monotonic = monotonic
        self._begun_at = monotonic()
        self._at: Optional[float] = None

    def has_come(self) -> None:
        """There is something new, or somebody waits: from now on nothing is put off. Any thread."""
        self._at = float("-inf")

    def left_s(self) -> float:
        """Return the seconds until what was left behind is to be looked at. May raise `errors.OutboxError`."""
        now = self._monotonic()
        if self._at is None:
            asked_at = kept(self._outbox, Contact).at
            rested_s = self._clock() - asked_at if asked_at is not None else 0.0
            self._at = self._begun_at + spread_s(rested_s, random.random())  # noqa: S311 - jitter
        if self._at > now and attention.is_given(self._outbox.path, self._clock()):
            self._at = now
        return max(0.0, self._at - now)
