"""What was asked for, on its way to accsyn: its source may be anywhere, this machine's staging area among the rest.

On the worker's thread only.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.model import errors, tasks
from ftrack_accsyn_accessor.model.assumptions import Notation
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, State, Trouble, label
from ftrack_accsyn_accessor.model.request import Request
from ftrack_accsyn_accessor.model.stamp import Stamp, is_same
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.requests import CANCELLED
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.claims import Claims
from ftrack_accsyn_accessor.worker.goods import never_sent, on_disk, stop
from ftrack_accsyn_accessor.worker.lookup import STILL_SENDING_S

logger = logging.getLogger(__name__)

_ON_ITS_WAY = (State.PREPARED, State.PENDING, State.SUBMITTED, State.TRANSFERRING)
_ASK_AGAIN = "Ask for it again."
#: As what a file is known that is not known at all: no file has it.
_NOTHING = Stamp(-1, 0)


class Asked:
    """The items of requests with one source and one destination.

    *here* is the accsyn party of this machine, empty where it has none, *volume* that of its staging area.
    """

    def __init__(
        self,
        outbox: Outbox,
        area: StagingArea,
        claims: Claims,
        ends: tuple[Endpoint, Endpoint],
        requests: Mapping[int, Request],
        here: str,
        volume: str,
        clock: Callable[[], float],
    ) -> None:
        self.requests = requests
        self._outbox = outbox
        self._area = area
        self._claims = claims
        self._source, self._destination = ends
        self._here = here
        self._volume = volume
        self._clock = clock

    def sound(self, items: Sequence[Item]) -> list[Item]:
        """Return those of *items* that may be sent; the others need attention, are withdrawn, or wait."""
        sound = []
        for item in self._not_published(self._claims.admit_asked(items, self._source, self._destination)):
            error = self._fault(item)
            if error is not None:
                stop(self._outbox, [item], error, self._clock())
            else:
                sound.append(item)
        return on_disk(self._outbox, self._area, sound, self._clock) if self._is_here(self._source) else sound

    def _not_published(self, items: Sequence[Item]) -> list[Item]:
        """Return those of *items* that no publish of this machine has carried, or is carrying, to the same place.

        What has arrived so since it was asked for is proven by that: it has these very files. What had arrived before,
        and was asked for all the same, may have been taken away there: it goes again. What is under way is waited for:
        one way is enough.
        """
        left = []
        for item in items:
            publish = self._outbox.requests.publish_of(item) if self._is_here(self._source) else None
            if publish is None or publish.destination.party != self._destination.party:
                left.append(item)
            elif publish.state is State.SYNCED and (publish.synced_at or 0.0) >= item.created_at:
                self._outbox.nothing_to_send([item], item.studio, self._source.party, self._destination)
            elif publish.state in _ON_ITS_WAY:
                outcome = "its publish carries it there already"
                error = errors.Busy(
                    "send it once more", label(item), outcome, "It counts as sent when that has arrived."
                )
                self._outbox.delay([item], error, self._clock() + STILL_SENDING_S)
            else:
                left.append(item)
        return left

    def wanted(self, items: Sequence[Item]) -> list[Item]:
        """Return those of *items*, of which accsyn has nothing, whose requests were not cancelled meanwhile."""
        cancelled = self._outbox.requests.cancelled(item.request for item in items)
        self._outbox.withdraw([item for item in items if item.request in cancelled], CANCELLED)
        return [item for item in items if item.request not in cancelled]

    def paths(self, item: Item, notation: Notation) -> list[str]:
        """Return the paths of the tasks of *item*, which are written in *notation*.

        The files of a container travel one by one: what else lies in its folder there is not known.
        """
        return tasks.source_paths(item.publication, False, notation)

    def _is_here(self, end: Endpoint) -> bool:
        return bool(self._here) and end.party == self._here

    def _fault(self, item: Item) -> Optional[errors.AccsynAccessorError]:
        """Return what is wrong with the files of *item*, as far as they lie, or are to lie, on this machine."""
        passed_over = never_sent(item) if item.publication.kind is not Kind.FOLDER else None
        if passed_over is not None:
            return passed_over
        if item.publication.component_id and not item.publication.files:
            outcome = "the outbox has lost the list of its files"
            return errors.FileChanged("send the files", label(item), outcome, _ASK_AGAIN)
        try:
            if self._is_here(self._source):
                return self._not_here(item)
            if self._is_here(self._destination):
                return self._in_the_way(item)
        except errors.FileUnreadable as error:
            return error
        return None

    def _not_here(self, item: Item) -> Optional[errors.FileChanged]:
        """Return what is wrong with files that are sent from this machine.

        They have the sizes that ftrack knows, and are what was published, or fetched, here.
        """
        known = self._outbox.requests.staged(item.publication)
        for file in item.publication.files:
            try:
                found = self._area.stat_file(file.path)
            except errors.FileChanged as error:
                return errors.FileChanged("send the files", label(item), f"{file.path}: {error.outcome}", _ASK_AGAIN)
            if file.size_bytes and found.size_bytes != file.size_bytes:
                outcome = f"{file.path} has {found.size_bytes} bytes, by ftrack {file.size_bytes}"
                return errors.FileChanged("send the files", label(item), outcome, _ASK_AGAIN)
            stamp = known.get(file.path)
            if stamp is not None and not is_same(found, stamp):
                outcome = f"{file.path} was written to since it was published, or fetched, here"
                remedy = "Publish it again, or put the file back."
                return errors.FileChanged("send the files", label(item), outcome, remedy)
        return None

    def _in_the_way(self, item: Item) -> Optional[errors.Conflict]:
        """Return the error for files that lie where *item* would go: what is not its own is never written over."""
        publication = item.publication
        if publication.volume != self._volume:
            outcome = f"it is a file of the volume {publication.volume}, and the staging area is one of {self._volume}"
            return errors.Conflict(f"fetch {label(item)}", publication.path, outcome, "Fetch it on another machine.")
        others = self._outbox.requests.published_at(item)
        if others:
            return published_there(item, others[0])
        known = self._outbox.requests.staged(publication)
        for file in publication.files:
            try:
                found = self._area.stat_file(file.path)
            except errors.FileChanged:
                continue
            stamp = known.get(file.path, _NOTHING)
            came = file.size_bytes in (0, found.size_bytes) or item.cause_kind == Trouble.SIZE_DIFFERS.value
            # accsyn gives a file its name when all of it is there: one with another size did not come with this item.
            if (stamp is None and not came) or (stamp is not None and not is_same(found, stamp)):
                outcome = "a file is there that ftrack does not have in this location"
                if stamp not in (None, _NOTHING):
                    outcome = "the file that was fetched there has been written to since"
                return errors.Conflict(f"fetch {label(item)}", file.path, outcome, "Move it away, then retry it.")
        return None


def published_there(item: Item, publish: Item) -> errors.Conflict:
    """Return the error for *item*, which would be fetched to where *publish* lies."""
    outcome = f"{label(publish)} was published there on this machine, and is {publish.state.value}"
    remedy = "Fetch it again when that has been sent and freed."
    return errors.Conflict(f"fetch {label(item)}", item.publication.path, outcome, remedy)
