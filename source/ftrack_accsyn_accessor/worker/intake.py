"""Takes what a publish could not queue into the outbox, once that can be written again.

On the worker's thread only.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Sequence
from typing import Callable

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Publication, State, Studio
from ftrack_accsyn_accessor.outbox import Outbox, unqueued
from ftrack_accsyn_accessor.outbox.survey import Found
from ftrack_accsyn_accessor.outbox.unqueued import Unqueued
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.freshness import set_apart
from ftrack_accsyn_accessor.upkeep.reconcile import Reconciliation, Vanished

logger = logging.getLogger(__name__)

#: What could not be taken in is looked at again after this long, and more and more seldom.
AGAIN_S = 10.0
LONGEST_AGAIN_S = 300.0
#: A publish whose registration was not confirmed, and which ftrack does not know, counts as failed after this long.
CONFIRMED_WITHIN_S = 600.0
_NAMED_AT_MOST = 3


class Intake:
    """Empties what `outbox.unqueued` keeps for one outbox.

    *server_url* gives the ftrack server that *registrations* asks; what belongs to another one waits for a process of
    its own where it needs ftrack. *clock* is in seconds since the epoch, *monotonic* in seconds.
    """

    def __init__(
        self,
        outbox: Outbox,
        area: StagingArea,
        registrations: Callable[[], Registrations],
        server_url: Callable[[], str],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._area = area
        self._registrations = registrations
        self._server_url = server_url
        self._clock = clock
        self._monotonic = monotonic
        self._left: frozenset[str] = frozenset()
        self._again_at = 0.0
        self._pause_s = AGAIN_S

    def waiting(self) -> bool:
        """Return whether there is something to take in now. Cheap: a look into two folders, mostly missing ones."""
        ids = unqueued.ids(self._outbox.path)
        return bool(ids - self._left) or (bool(ids) and self._monotonic() >= self._again_at)

    def step(self) -> None:
        """Take in what can be; what ftrack does not have is dropped, and the rest is looked at again later.

        Asks ftrack only after publishes that were not confirmed or not read whole: a few requests for each of them.
        Raise `errors.OutboxError` or `errors.StagingGone`.
        """
        left = set()
        for each in unqueued.kept(self._outbox.path):
            try:
                done = self._is_done(each)
            except (errors.RegistrationError, errors.FileUnreadable, OSError) as error:
                announce.once(logger, logging.WARNING, f"What was published could not be queued yet: {error}")
                done = False
            if done:
                unqueued.forget(self._outbox.path, each)
            else:
                left.add(each.id)
        self._pause(frozenset(left))

    def _pause(self, left: frozenset[str]) -> None:
        self._pause_s = min(2.0 * self._pause_s, LONGEST_AGAIN_S) if left == self._left else AGAIN_S
        self._again_at = self._monotonic() + self._pause_s
        self._left = left

    def _is_done(self, kept: Unqueued) -> bool:
        """Take *kept* in as far as that is possible; return whether nothing is left to be done."""
        if not kept.readable:
            announce.once(logger, logging.WARNING, kept.words)
            return False
        if kept.registered:
            self._enqueue(kept, kept.publications)
            if not kept.component_ids:
                return True
        if not Studio(self._server_url(), "").includes(Studio(kept.server_url, "")):
            return False
        return self._look_up(kept)

    def _look_up(self, kept: Unqueued) -> bool:
        """Take in what ftrack has of *kept*; return whether that is all, or the publish has failed for the rest."""
        registrations = self._registrations()
        complete = {each.component_id: each for each in kept.publications}
        registered = set(complete) if kept.registered else registrations.registered(complete, kept.location_id)
        codes = (kept.workspace, kept.volume)
        reconciliation = Reconciliation(self._outbox, self._area, registrations.connection, *codes)
        found = reconciliation.look_up(kept.component_ids, kept.location_id, kept.location_name)
        again = [dataclasses.replace(each, username=kept.username) for each in found if isinstance(each, Publication)]
        self._enqueue(kept, [*(complete[key] for key in registered), *again])
        vanished = [each for each in found if isinstance(each, Vanished)]
        for each in vanished:
            text = (
                f"{each.component} cannot be queued, files are not found: {', '.join(each.missing[:_NAMED_AT_MOST])}."
            )
            announce.once(logger, logging.WARNING, f"{text} Put the files back, or publish it again.")
        all_there = len(registered) + len(found) == len(complete) + len(kept.component_ids)
        confirmed = kept.registered or all_there or not 0 <= self._clock() - kept.at <= CONFIRMED_WITHIN_S
        return confirmed and not vanished

    def _enqueue(self, kept: Unqueued, publications: Sequence[Publication]) -> None:
        count = 0
        faults: list[Exception] = []
        for publication in publications:
            if not self._is_outdated(publication, kept.at):
                try:
                    count += self._outbox.enqueue([self._apart(publication)], kept.at)
                except (errors.FileUnreadable, OSError) as error:
                    faults.append(error)
        if count:
            logger.info("%d component(s) that could not be queued when they were published are queued now.", count)
        if faults:
            raise faults[0]

    def _apart(self, publication: Publication) -> Publication:
        """Return *publication* as a publish writes it; as it is where its files are not what was published."""
        if self._area.verify({file.path: file.stamp for file in publication.files}):
            return publication
        return set_apart(self._area, self._outbox, [publication])[0]

    def _let_go(self, component_id: str) -> list[Found]:
        return [gone.found for gone in self._outbox.past.of_component(component_id)]

    def _is_outdated(self, publication: Publication, published_at: float) -> bool:
        """Return whether the outbox has, or had, the same publication, or a newer one, already."""
        known = (*self._outbox.survey.of_component(publication.component_id), *self._let_go(publication.component_id))
        here = [each.item for each in known if each.item.publication.location_id == publication.location_id]
        return any(item.created_at >= published_at and item.state is not State.WITHDRAWN for item in here)
