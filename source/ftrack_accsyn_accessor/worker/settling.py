"""Brings outbox and ftrack to agree: what became of items that were never confirmed, and where older content is shown.

On the worker's thread only. Asks ftrack and nobody else, so it works while accsyn is away.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Callable

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.ftrack.availability import Availability
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted_batches
from ftrack_accsyn_accessor.ftrack.registrations import Registrations, hidden
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.claims import shows_older
from ftrack_accsyn_accessor.model.item import Item, Reason, State, Studio
from ftrack_accsyn_accessor.model.retry import Outage
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.locks import owner_is_alive

logger = logging.getLogger(__name__)

#: After this long a registration that was not confirmed is looked up, even though its process lives.
CONFIRM_S = 30.0
LONGEST_CONFIRM_S = 300.0
#: A host may commit a refused registration later: what was withdrawn is looked at again this often, for this long.
AGAIN_S = 300.0
AGAIN_FOR_S = 3600.0
_NEVER_REGISTERED = (
    "Its publish ended before ftrack had registered it; it is not sent. "
    "`ftrack-accsyn clean --withdrawn` frees its staged files."
)


class Settling:
    """Settles the items of one outbox with ftrack.

    *owners* is the folder of the locks by which the processes that prepared items are known to live.
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
        self._asked_after: frozenset[tuple[int, str]] = frozenset()
        self._asked_at = -LONGEST_CONFIRM_S
        self._asking_pause_s = CONFIRM_S
        self._again_at = monotonic()
        self._parts = [(part, Outage()) for part in (self._take_back, self._settle_prepared, self._look_again)]
        self._recovered = 0

    def due(self) -> bool:
        """Whether withdrawn items are to be looked at again by `step`. Costs nothing until five minutes have passed."""
        if self._monotonic() < self._again_at:
            return False
        if any(self._lately_withdrawn()):
            return True
        self._again_at = self._monotonic() + AGAIN_S
        return False

    def step(self) -> None:
        """Settle what can be settled now. That ftrack cannot be asked is logged; may raise `errors.OutboxError`."""
        recovered = self._registrations().connection.recovered
        for part, outage in self._parts:
            if recovered != self._recovered:
                outage.end_early()
            if outage.remaining_s(self._monotonic()):
                continue
            try:
                if part():
                    outage.over()
            except errors.RegistrationError as error:
                announce.once(logger, logging.WARNING, str(error))
                outage.failed(error, self._monotonic(), random.random())  # noqa: S311 - jitter
        self._recovered = recovered

    # Replaced content.

    # Each returns whether ftrack has answered.

    def _take_back(self) -> bool:
        """Take back the registrations of older content: whoever asks ftrack is told the truth meanwhile.

        Where the new content has arrived by now, the registration is that of the new one. What was synced, and had a
        member published by itself since, waits for that.
        """
        stale = [item for item in self._outbox.stale() if self._is_of_this_ftrack(item)]
        if not stale:
            return False
        connection = self._registrations().connection
        overtaken = [item for item in stale if item.state is State.SYNCED and self._is_overtaken(connection, item)]
        self._outbox.tracking.reopen(overtaken)
        stale = [replace(item, state=State.TRANSFERRING) if item in overtaken else item for item in stale]
        availability = Availability(connection)
        for location_id in sorted({item.stale_at for item in stale}):
            items = [item for item in stale if item.stale_at == location_id]
            older = [item for item in items if shows_older(item)]
            if older:
                availability.take_back([item.publication.component_id for item in older], location_id)
                logger.info("%d registration(s) of replaced content were taken back in ftrack.", len(older))
            self._outbox.taken_back(items)
        return True

    def _is_overtaken(self, connection: FtrackConnection, item: Item) -> bool:
        """Whether a member of *item* was published by itself since, and is not synced.

        Another component that lies in its folder does not count.
        """
        inside = {each.publication.component_id for each in self._outbox.tracking.newer(item)}
        while inside and item.publication.component_id not in inside:
            found: set[str] = set()
            for ids in quoted_batches(sorted(inside)):
                rows = connection.query(f"select container_id from Component where id in ({ids})")  # noqa: S608
                found.update(row["container_id"] for row in rows if row["container_id"])
            inside = found
        return bool(inside)

    # Registrations that were not confirmed.

    def _settle_prepared(self) -> bool:
        """Find out what became of prepared items that their process gave up, or cannot confirm any more, or not yet.

        Registered ones are to be submitted. The others were never published: their process died, or ftrack refused
        them. Those that a living process is still at are asked after more and more rarely.
        """
        prepared = [item for item in self._outbox.prepared() if self._is_of_this_ftrack(item)]
        living = {token for token in {item.owner for item in prepared} if token and owner_is_alive(self._owners, token)}
        doubtful = [item for item in prepared if item.owner not in living or self._is_old(item)]
        if not doubtful or not self._may_ask(doubtful):
            return False
        try:
            lost = [item for item in self._not_registered(doubtful) if item.owner not in living]
        except errors.RegistrationError:
            self._asked_after, self._asked_at = frozenset(), -LONGEST_CONFIRM_S  # as soon as ftrack may be asked again
            raise
        if lost and self._outbox.withdraw(lost, _NEVER_REGISTERED):
            if self._again_at <= self._monotonic():  # just looked at
                self._again_at = self._monotonic() + AGAIN_S
            logger.info("%d publish(es) ended before ftrack had registered them; they are not sent.", len(lost))
        return True

    def _look_again(self) -> bool:
        """Send what was withdrawn and is in ftrack after all: its host has committed it since."""
        if self._monotonic() < self._again_at:
            return False
        self._not_registered(list(self._lately_withdrawn()))
        self._again_at = self._monotonic() + AGAIN_S
        return True

    def _not_registered(self, items: Sequence[Item]) -> list[Item]:
        """Let those of *items* go on that ftrack has in their staging location; return the others.

        What belongs to a project that ftrack does not show to this user is left as it is.
        """
        registrations = self._registrations()
        missing: list[Item] = []
        for location_id in sorted({item.publication.location_id for item in items}):
            here = [item for item in items if item.publication.location_id == location_id]
            registered = registrations.registered({item.publication.component_id for item in here}, location_id)
            self._outbox.activate(registered, location_id)
            missing += [item for item in here if item.publication.component_id not in registered]
        unseen = hidden(registrations.connection, missing)
        return [item for item in missing if item.id not in unseen]

    def _lately_withdrawn(self) -> Iterator[Item]:
        now = self._clock()
        for item in self._outbox.items(State.WITHDRAWN):
            if item.reason is not Reason.PUBLISH:
                continue
            if self._is_of_this_ftrack(item) and 0.0 <= now - item.updated_at <= AGAIN_FOR_S:
                yield item

    def _may_ask(self, items: Iterable[Item]) -> bool:
        """Whether it is time to ask ftrack after these items, and take note that it is asked.

        What was given up is asked after at once; what ftrack did not know, later again.
        """
        now = self._monotonic()
        wanted = frozenset((item.id, item.owner) for item in items)
        new = wanted - self._asked_after
        given_up = any(not owner for _, owner in new)
        if not given_up and now < self._asked_at + (CONFIRM_S if new else self._asking_pause_s):
            return False
        self._asking_pause_s = CONFIRM_S if new else min(2.0 * self._asking_pause_s, LONGEST_CONFIRM_S)
        self._asked_after, self._asked_at = wanted, now
        return True

    def _is_of_this_ftrack(self, item: Item) -> bool:
        """Whether the ftrack server that we can ask is the one that would know."""
        return Studio(self._server_url(), item.studio.workspace).includes(item.studio)

    def _is_old(self, item: Item) -> bool:
        """Whether an item has been prepared for long, as far as one can tell when the clock was set back."""
        return not 0.0 <= self._clock() - item.updated_at <= CONFIRM_S
