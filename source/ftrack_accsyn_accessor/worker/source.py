"""What a worker needs to get items to accsyn and to follow them there."""

from __future__ import annotations

from typing import Optional, Protocol

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Item, Studio


class Source(Protocol):
    """Made by `runtime`, used on the worker's thread only."""

    @property
    def studio(self) -> Studio:
        """Whose items are carried at the moment; those of others wait for a process of theirs."""

    def changed(self) -> bool:
        """Whether the settings are others than at the last call."""

    def may_settle(self) -> bool:
        """Whether withdrawn items are to be looked at again, though nothing else is to be settled."""

    def settle(self) -> None:
        """Find out what became of items that stayed prepared, and take back what ftrack should not have any more."""

    def steer(self) -> bool:
        """Pause or resume running jobs as the outbox asks for; return whether nothing is to be submitted."""

    def submit(self, items: list[Item]) -> Optional[errors.AccsynAccessorError]:
        """Submit *items*; raise what concerns all of them, return what kept this process from sending some of them."""

    @property
    def calls(self) -> int:
        """How many calls accsyn was sent over the present connection."""

    def track(self) -> Optional[float]:
        """Follow what is on its way; return the seconds until there is more to do, None while nothing is."""

    @property
    def refused(self) -> Optional[errors.AccsynAccessorError]:
        """Why what has arrived cannot be registered by this process, where another one may be able to."""

    def may_tidy(self) -> bool:
        """Whether there may be staged files to free, or items to move to the archive."""

    def tidy(self) -> None:
        """Free staged files that are not needed any more; move what arrived long ago to the archive."""

    def close(self) -> None:
        """Give connections back."""
