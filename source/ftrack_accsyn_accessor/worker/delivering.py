"""Has accsyn keep open for a user what that user is to fetch: one delivery for each request, project and volume.

On the worker's thread, by whoever holds the outbox's lock. A delivery is submitted as it is created, and nothing can be
added to it (workflow facts, section 4): so all of it goes at once, and what comes later goes with another one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import itertools
import logging
import random
from collections.abc import Iterator, Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model import delivery, errors, parties, retry, route
from ftrack_accsyn_accessor.model.delivery import Delivery
from ftrack_accsyn_accessor.model.item import Item, Sent, State, Studio
from ftrack_accsyn_accessor.model.route import Batch
from ftrack_accsyn_accessor.model.tasks import TaskIndex, is_workspace
from ftrack_accsyn_accessor.outbox import JobRow, Outbox
from ftrack_accsyn_accessor.worker import lookup
from ftrack_accsyn_accessor.worker.asked import Asked
from ftrack_accsyn_accessor.worker.goods import stop
from ftrack_accsyn_accessor.workspace import Workspace

logger = logging.getLogger(__name__)

#: How soon the rest is asked after where ftrack could be asked for a part of a request only.
_TOGETHER_S = 10.0


class Delivering:
    """The way of what was asked for to one recipient; *asked* has the same ends and requests as what is submitted."""

    def __init__(
        self, outbox: Outbox, workspace: Workspace, asked: Asked, studio: Studio, clock: Callable[[], float]
    ) -> None:
        self._outbox = outbox
        self._workspace = workspace
        self._asked = asked
        self._studio = studio
        self._clock = clock
        self._unready: Optional[errors.NotReady] = None

    def submit(self, items: Sequence[Item]) -> Optional[errors.NotReady]:
        """Submit *items* with all that is due of their requests; what is wrong with one delivery stops only that.

        Raise what makes every further call pointless: an outage. Return what is not set up for some of them.
        """
        self._unready = None
        for request in dict.fromkeys(item.request for item in items):
            if request is not None:
                for batch in self._batches(request, items[0]):
                    with self._alone(batch.items):
                        self._submit(batch, self._asked.requests[request].token)
        return self._unready

    def _batches(self, request: int, like: Item) -> list[Batch]:
        """Return what is due of a request, with the ends of *like*: of very many items only some are handed over."""
        due = [
            item
            for item in self._outbox.requests.items(request)
            if (item.source, item.destination) == (like.source, like.destination) and self._is_due(item)
        ]
        whole = self._outbox.tracking.with_files(due)
        return route.batches(whole, "", like.destination, self._day(like), self._studio.workspace)

    def _is_due(self, item: Item) -> bool:
        asked_again = item.state is State.NEEDS_ATTENTION and (item.next_try_at or 0.0) <= self._clock()
        return item.state is State.PENDING or asked_again

    @contextlib.contextmanager
    def _alone(self, items: Sequence[Item]) -> Iterator[None]:
        """Let what goes wrong with *items*, all of one delivery, stop only them."""
        try:
            yield
        except errors.Refused as error:
            stop(self._outbox, items, error, self._clock())
        except errors.NotReady as error:
            self._unready = self._unready or error
            self._delay(items, error)
        except (errors.Unserved, errors.Uncertain) as error:
            announce.once(logger, logging.WARNING, str(error))
            self._delay(items, error)

    def _submit(self, batch: Batch, token: str) -> None:
        row, left = self._looked_up(batch, token)
        self._require_main_site(left)
        sound = self._asked.wanted(self._asked.sound(left)) if left else []
        if sound and not self._waits_for_more(batch, sound, row):
            self._create(row, sound, batch)

    def _looked_up(self, batch: Batch, token: str) -> tuple[JobRow, list[Item]]:
        """Let accsyn go on with what its deliveries have of *batch*; return the row of the next one, and the rest."""
        left = list(batch.items)
        for number in itertools.count(1):
            each = dataclasses.replace(batch.route, request=f"{token} {number}")
            row = self._located(self._outbox.job(each))
            left = self._left(row, left)
            if not (left and row.accsyn_id):
                return row, left
        raise AssertionError("the numbers have come to an end")

    def _located(self, row: JobRow) -> JobRow:
        """Return *row* with accsyn's id if accsyn has a delivery of its name.

        It is asked in any case: another service may have had the same request.
        """
        if row.accsyn_id:
            return row
        name = delivery.name_of(row.name, row.key)
        found = self._workspace.find_delivery(name)
        if found is not None:
            return self._outbox.job_found(row, found.id)
        if row.attempted_at is not None and 0 <= self._clock() - row.attempted_at < lookup.CREATION_GRACE_S:
            outcome = "its creation was not answered a moment ago and may still be under way"
            raise errors.Uncertain("find the delivery", name, outcome, "It is looked for again, then created.")
        return row

    def _left(self, row: JobRow, items: Sequence[Item]) -> list[Item]:
        """Let those of *items* wait for their recipient that the delivery of *row* holds; return the others.

        One that has ended is looked into once more for what was never known to be in it.
        """
        found = self._workspace.delivery(row.accsyn_id) if row.accsyn_id else None
        if found is None:
            return list(items)
        index = TaskIndex(self._workspace.tasks(row.accsyn_id))
        there = [
            item
            for item in items
            if (not found.finished or (item.attempted and item.job == row.id))
            and all(index.get(path) is not None for path in delivery.sources(item.publication))
        ]
        self._outbox.attempt(there, row, _sent(there))
        self._outbox.submitted(there, row)
        return [item for item in items if item not in there]

    def _require_main_site(self, items: Sequence[Item]) -> None:
        source = items[0].source.party if items else ""
        if source and not is_workspace(source):
            outcome = f"its files are at {source}, and a delivery is made of files of the main site"
            raise errors.Refused("deliver", source, outcome, "Send them to the main site first.")

    def _waits_for_more(self, batch: Batch, sound: Sequence[Item], row: JobRow) -> bool:
        """Whether something of *batch* is to be looked at again first; then *sound* waits for that."""
        ids = {item.id for item in batch.items} - {item.id for item in sound}
        request = batch.items[0].request
        later = [item for item in self._outbox.requests.items(request or 0) if item.id in ids]
        if not any(item.state is State.PENDING for item in later):
            return False
        outcome = "ftrack could not be asked for all that it is to hold"
        error = errors.Busy("create the delivery", delivery.name_of(row.name, row.key), outcome, "It is tried again.")
        self._outbox.delay(sound, error, self._clock() + _TOGETHER_S)
        return True

    def _create(self, row: JobRow, items: Sequence[Item], batch: Batch) -> None:
        name, address = delivery.name_of(row.name, row.key), parties.recipient(row.party)
        self._require_recipient(address)
        sent = _sent(items)
        self._outbox.attempt(items, row, sent)
        items = self._asked.wanted(items)  # what is cancelled from now on is taken back in accsyn
        if not items:
            return
        paths = dict.fromkeys(path for item in items for path in sent[item.id].paths or ())
        sources = [f"volume={batch.route.volume}/{path}" for path in paths]
        self._outbox.job_attempted(row)
        try:
            created = self._workspace.create_delivery(name, sources, address)
        except errors.Uncertain:
            raise
        except errors.WorkspaceError:
            if row.attempted_at is None:  # else an earlier attempt, without an answer, may still come true
                self._outbox.job_not_attempted(row)
                self._outbox.not_attempted(items)
            raise
        if self._agreed(row, items, created):
            self._outbox.submitted(items, self._outbox.job_found(row, created.id))
            logger.info("Delivered %d component(s) as %d file(s) to %s: %s", len(items), len(sources), address, name)

    def _agreed(self, row: JobRow, items: Sequence[Item], created: Delivery) -> bool:
        """Return whether *created* stays; where another machine has made an older one, go on with that.

        Whoever creates one looks afterwards, so that the later one sees both, and takes its own back. accsyn's ids are
        taken to grow (how they are made is not documented).
        """
        oldest = next(iter(self._workspace.open_named(created.name or delivery.name_of(row.name, row.key))), created)
        if oldest.id >= created.id:
            return True
        logger.info("Another machine has made the delivery %s at the same moment; it is used.", oldest.name)
        try:
            self._workspace.abort_delivery(created.id)
        except errors.Refused as error:
            logger.warning("A second delivery of the same stays open: %s", error)
        self._outbox.not_attempted(self._left(self._outbox.job_found(row, oldest.id), items))
        return False

    def _require_recipient(self, address: str) -> None:
        """Raise `errors.Unserved` for a user whom accsyn does not know or has disabled.

        A delivery would invite the one, and may enable the other again (workflow facts, section 1).
        """
        users = self._workspace.users([address])
        if users is None or any("disabled" not in user.status for user in users):
            return
        outcome = "the user is disabled in accsyn" if users else "accsyn knows no such user"
        remedy = "Have an administrator enable or invite the user; it is tried again."
        raise errors.Unserved("deliver files", address, outcome, remedy)

    def _day(self, item: Item) -> datetime.date:
        """Return the day of the request, so that the delivery has the same name on any later one."""
        return datetime.datetime.fromtimestamp(item.created_at).date()

    def _delay(self, items: Sequence[Item], error: errors.WorkspaceError) -> None:
        attempts = 1 + max(item.attempts for item in items)
        waited_s = self._clock() - min(item.created_at for item in items)
        delay_s = retry.delay(error, attempts, waited_s, random.random())  # noqa: S311 - jitter
        self._outbox.delay(items, error, self._clock() + delay_s)


def take_back(workspace: Workspace, row: JobRow, items: Sequence[Item]) -> list[Item]:
    """Abort the delivery of *row* unless something of it was fetched; return those of *items* that nobody fetches now.

    All of a delivery are of one request. May raise `errors.WorkspaceError`.
    """
    stopped = [item for item in items if item.state is State.NEEDS_ATTENTION]
    if len(stopped) == len(items) or workspace.downloads([row.accsyn_id]):
        return stopped
    try:
        workspace.abort_delivery(row.accsyn_id)
    except errors.Refused as error:
        logger.warning("What was cancelled stays open: %s", error)
        return stopped
    # Fetched in the meantime: what it proves is looked at, as it was before.
    return stopped if workspace.downloads([row.accsyn_id]) else list(items)


def _sent(items: Sequence[Item]) -> dict[int, Sent]:
    return {item.id: Sent(tuple(delivery.sources(item.publication))) for item in items}
