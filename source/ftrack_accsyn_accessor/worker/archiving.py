"""Keeps the outbox small in the background: what arrived long ago goes to its archive, its room back to the disk."""

from __future__ import annotations

import logging
import time
from typing import Callable

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.upkeep.policy import DAY_S

logger = logging.getLogger(__name__)

#: What arrived so long ago is hardly asked for any more; where it is, it comes back by itself.
AGE_S = 7 * DAY_S
#: A process that starts has better to do; later, once in an hour is enough.
FIRST_S = 60.0
AGAIN_S = 3600.0
#: Items moved in one go, and steps in which room is given back, after which others get their turn.
AT_ONCE = 1000
STEPS = 20
SOON_S = 2.0


class Archiving:
    """For the worker's thread, with the outbox's lock held for `step`."""

    def __init__(
        self,
        outbox: Outbox,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._monotonic = monotonic
        self._due_at = monotonic() + FIRST_S

    def due(self) -> bool:
        """Whether there may be something to move now. Costs nothing until an hour has passed."""
        return self._monotonic() >= self._due_at

    def step(self) -> None:
        """Move some of it, if it is due. Raises no `errors.OutboxError`: what stays in the outbox is in no danger."""
        if not self.due():
            return
        try:
            more = self._move() or self._shrink()
        except errors.OutboxError as error:
            announce.once(logger, logging.WARNING, f"What arrived long ago stays in the outbox. {error}")
            more = False
        self._due_at = self._monotonic() + (SOON_S if more else AGAIN_S)
        if not more:
            self._outbox.moving.restart()

    def _move(self) -> bool:
        """Move some items; return whether there may be more."""
        moved, before = 0, self._clock() - AGE_S
        while moved < AT_ONCE:
            count = self._outbox.moving.step(before)
            if not count:
                return False
            moved += count
        return True

    def _shrink(self) -> bool:
        return all(self._outbox.moving.shrink() for _ in range(STEPS))
