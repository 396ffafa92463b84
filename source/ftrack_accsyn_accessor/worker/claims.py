"""Asks ftrack, before anything is sent, which items are still wanted, and whose their paths at the destination are.

On the worker's thread only. While ftrack cannot be asked, items wait.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from typing import Callable

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.ftrack.availability import Availability
from ftrack_accsyn_accessor.ftrack.connection import BATCH
from ftrack_accsyn_accessor.ftrack.registrations import Registrations, hidden, read_asked, read_claims
from ftrack_accsyn_accessor.model import errors, progress, retry
from ftrack_accsyn_accessor.model.claims import Ruling, conflict, rule, rule_asked
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Reason, Trouble, label
from ftrack_accsyn_accessor.outbox import Outbox

logger = logging.getLogger(__name__)

_NOT_WANTED = (
    "ftrack does not have it in the staging location any more; it is not sent. "
    "`ftrack-accsyn clean --withdrawn` frees its staged files."
)
_NOT_THERE = "ftrack does not have it in its source location any more; it is not sent."


class Claims:
    """Decides which items may go to a destination. Methods may raise `errors.OutboxError` or `errors.LoginRefused`."""

    def __init__(
        self, outbox: Outbox, registrations: Callable[[], Registrations], clock: Callable[[], float] = time.time
    ) -> None:
        self._outbox = outbox
        self._registrations = registrations
        self._clock = clock

    def admit(self, items: Sequence[Item], destination: Endpoint) -> list[Item]:
        """Return those of *items* that may be sent to *destination*; the others are withdrawn, need attention, or wait.

        One ftrack request for each 500 items whose components are registered in their staging location and nowhere
        else; where some are not, up to four more for all of these.
        """
        admitted: list[Item] = []
        for start in range(0, len(items), BATCH):
            batch = items[start : start + BATCH]
            try:
                admitted += self._admit(batch, destination)
            except errors.LoginRefused:
                raise  # another process may be let in
            except errors.RegistrationRefused as error:
                self._wait(batch, error)
            except errors.RegistrationError as error:
                self._wait(items[start:], error)
                break
        return admitted

    def admit_asked(self, items: Sequence[Item], source: Endpoint, destination: Endpoint) -> list[Item]:
        """Return those of *items*, asked for from *source*, that may be sent to *destination*; the others as `admit`.

        One ftrack request for each 500 items, and one more for each 50 of several files; none for what has no
        component. An existing registration at the destination stays: until it is proven there anew, it is as true as
        before.
        """
        free = [item for item in items if not self._is_taken(item)]
        admitted = [item for item in free if not item.publication.component_id]
        known = [item for item in free if item.publication.component_id]
        for start in range(0, len(known), BATCH):
            batch = known[start : start + BATCH]
            try:
                admitted += self._admit_asked(batch, {source.location_id, destination.location_id} - {""}, destination)
            except errors.LoginRefused:
                raise  # another process may be let in
            except errors.RegistrationRefused as error:
                self._wait(batch, error)
            except errors.RegistrationError as error:
                self._wait(known[start:], error)
                break
        return admitted

    def _is_taken(self, item: Item) -> bool:
        """Whether another component goes to the path of *item*, which needs attention then."""
        rival = self._outbox.requests.rival(item)
        if rival is not None:
            outcome = f"{label(rival)} is on its way there, and goes first"
            error = errors.Conflict(
                f"send {label(item)}", item.publication.path, outcome, progress.remedy(Trouble.CONFLICT)
            )
            self._needs_attention(item, error)
        return rival is not None

    def _admit_asked(self, items: Sequence[Item], location_ids: set[str], destination: Endpoint) -> list[Item]:
        claims = read_asked(self._registrations().connection, items, location_ids)
        rulings = rule_asked(items, claims, destination.location_id)
        unwanted = self._withdraw([ruling.item for ruling in rulings if not ruling.staged], _NOT_THERE)
        wanted = [ruling for ruling in rulings if ruling.item.id not in unwanted]
        return [ruling.item for ruling in wanted if not self._gives_way(ruling, destination)]

    def _admit(self, items: Sequence[Item], destination: Endpoint) -> list[Item]:
        locations = {item.publication.location_id for item in items}
        connection = self._registrations().connection
        claims = read_claims(connection, items, {*locations, destination.location_id} - {""})
        rulings = rule(items, claims, destination.location_id, self._outbox.past.forgotten_ids())
        unwanted = self._withdraw([ruling.item for ruling in rulings if not ruling.staged], _NOT_WANTED)
        wanted = [ruling for ruling in rulings if ruling.item.id not in unwanted]
        # What was copied from another location is no newer content: what is registered is as true as before.
        present = [ruling.item for ruling in wanted if ruling.available]
        self._take_back([item for item in present if not item.publication.copied_from], destination)
        return [ruling.item for ruling in wanted if not self._gives_way(ruling, destination)]

    def _withdraw(self, items: Sequence[Item], words: str) -> set[int]:
        """Withdraw, with *words*, those of *items* that ftrack has in no way in their source location.

        Return the ids of those that are not to be sent: also what nothing can be told of, as its project is not shown.
        """
        lost: list[Item] = []
        registrations = self._registrations()
        for location_id in sorted({item.publication.location_id for item in items}):
            here = [item for item in items if item.publication.location_id == location_id]
            found = registrations.registered((item.publication.component_id for item in here), location_id)
            lost += [item for item in here if item.publication.component_id not in found]
        unseen = hidden(registrations.connection, lost)
        for item in lost:
            if item.id in unseen:
                self._needs_attention(item, unseen[item.id])
        gone = [item for item in lost if item.id not in unseen]
        if self._outbox.withdraw(gone, words):
            logger.info("%d component(s) are not in their source location any more; they are not sent.", len(gone))
        return {item.id for item in lost}

    def _take_back(self, items: Sequence[Item], destination: Endpoint) -> None:
        """Take the registrations of *items* at the destination back: their present content is not proven there."""
        if items:
            component_ids = [item.publication.component_id for item in items]
            Availability(self._registrations().connection).take_back(component_ids, destination.location_id)
            self._outbox.taken_back([item for item in items if item.stale_at == destination.location_id])

    def _gives_way(self, ruling: Ruling, destination: Endpoint) -> bool:
        if ruling.rival is None:
            return False
        self._needs_attention(ruling.item, conflict(ruling.item, ruling.rival, destination.location_id))
        return True

    def _needs_attention(self, item: Item, error: errors.AccsynAccessorError) -> None:
        logger.warning("%s needs attention. %s", label(item), error)
        self._outbox.needs_attention([item], error, self._clock() + retry.ITEM_DELAY_S)

    def _wait(self, items: Sequence[Item], error: errors.RegistrationError) -> None:
        published = items[0].reason is Reason.PUBLISH
        staged = "Published files are staged and wait." if published else "What was asked for waits."
        announce.once(logger, logging.WARNING, f"{error} {staged}")
        attempts = 1 + max(item.attempts for item in items)
        waited_s = self._clock() - min(item.created_at for item in items)
        delay_s = retry.outage_delay(attempts, waited_s, random.random())  # noqa: S311 - jitter
        self._outbox.delay(items, error, self._clock() + delay_s)
