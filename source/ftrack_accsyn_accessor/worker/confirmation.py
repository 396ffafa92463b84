"""Finds out what became of entries that stayed prepared: published, or never registered.

On the uploader's thread only.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Callable

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import Outbox, Prepared
from ftrack_accsyn_accessor.outbox.locks import owner_is_alive

logger = logging.getLogger(__name__)

#: After this long a registration that was not confirmed is looked up, even though its process lives.
CONFIRM_S = 30.0
LONGEST_CONFIRM_S = 300.0


class Confirmation:
    """Asks ftrack after the prepared entries of one outbox.

    *owners* is the folder of the locks by which the processes that prepared entries are known to live.
    """

    def __init__(
        self,
        outbox: Outbox,
        owners: Path,
        server_url: Callable[[], str],
        registrations: Callable[[], Registrations],
        clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._outbox = outbox
        self._owners = owners
        self._server_url = server_url
        self._registrations = registrations
        self._clock = clock
        self._monotonic = monotonic
        self._asked_after: frozenset[int] = frozenset()
        self._asked_at = -LONGEST_CONFIRM_S
        self._asking_pause_s = CONFIRM_S

    def step(self) -> None:
        """Find out what became of prepared entries whose process is gone, or which stayed so for long.

        Registered ones are to be submitted. The others were never published: their process died, or ftrack refused
        them. Those of a living process are asked after more and more rarely, as its host may yet register them.
        """
        prepared = [item for item in self._outbox.prepared() if self._is_of_this_ftrack(item)]
        living = {token for token in {item.owner for item in prepared} if owner_is_alive(self._owners, token)}
        doubtful = [item for item in prepared if item.owner not in living or self._is_old(item)]
        if not doubtful or not self._may_ask(frozenset(item.entry.id for item in doubtful)):
            return
        try:
            self._settle(doubtful, living)
        except errors.RegistrationError as error:
            announce.once(logger, logging.WARNING, str(error))

    def _settle(self, items: list[Prepared], living: set[str]) -> None:
        registrations = self._registrations()
        withdrawn = 0
        for location_id in {item.entry.publication.location_id for item in items}:
            here = [item for item in items if item.entry.publication.location_id == location_id]
            ids = {item.entry.publication.component_id for item in here}
            registered = registrations.registered(ids, location_id)
            self._outbox.activate(registered, location_id)
            lost = [item for item in here if item.entry.publication.component_id not in registered]
            withdrawn += self._outbox.withdraw([item for item in lost if item.owner not in living])
        if withdrawn:
            logger.info("%d publish(es) ended before ftrack had registered them; they are not sent.", withdrawn)

    def _may_ask(self, entry_ids: frozenset[int]) -> bool:
        """Whether it is time to ask ftrack after these entries, and take note that it is asked."""
        now = self._monotonic()
        known = entry_ids <= self._asked_after
        if now < self._asked_at + (self._asking_pause_s if known else CONFIRM_S):
            return False
        self._asking_pause_s = min(2.0 * self._asking_pause_s, LONGEST_CONFIRM_S) if known else CONFIRM_S
        self._asked_after, self._asked_at = entry_ids, now
        return True

    def _is_of_this_ftrack(self, item: Prepared) -> bool:
        """Whether the ftrack server that we can ask is the one that would know."""
        return item.entry.publication.server_url == self._server_url()

    def _is_old(self, item: Prepared) -> bool:
        """Whether an entry has been prepared for long, as far as one can tell when the clock was set back."""
        return not 0.0 <= self._clock() - item.entry.updated_at <= CONFIRM_S
