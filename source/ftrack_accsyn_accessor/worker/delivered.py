"""Follows deliveries until their recipients have fetched them: what a download has carried whole has arrived.

On the worker's thread, by whoever holds the outbox's lock. A delivery may wait for weeks, so accsyn is asked of all of
them together, and seldom while nothing is fetched.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.model import delivery, errors, parties
from ftrack_accsyn_accessor.model.accsyn import Task
from ftrack_accsyn_accessor.model.delivery import Delivery, Download, Downloaded, Fetched
from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, Item, Progress, State, label
from ftrack_accsyn_accessor.model.tasks import spelt
from ftrack_accsyn_accessor.outbox.requests import Requests
from ftrack_accsyn_accessor.outbox.tracking import Change, TrackedJob, Tracking
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_accessor.workspace.deliveries import DELIVERIES_PER_CALL

logger = logging.getLogger(__name__)

#: Seconds between two looks: the first while something is fetched, growing to the second while nothing is.
SOON_S = 5.0
LONGEST_S = 300.0
#: Downloads read in one look; others have their turn in the next one.
READ_PER_LOOK = 4


@dataclasses.dataclass
class _Memory:
    """What was seen of one delivery; `tasks` and `read` are of its recipient's downloads, by their ids."""

    delivery: Optional[Delivery] = None
    tasks: dict[str, list[Task]] = dataclasses.field(default_factory=dict)
    read: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    measured: Optional[dict[str, int]] = None
    followed: int = 0
    looked_at: float = 0.0
    running: bool = False


class Delivered:
    """For one thread, that of *workspace*. Every call may raise `errors.WorkspaceError` or `errors.OutboxError`."""

    def __init__(
        self, tracking: Tracking, requests: Requests, workspace: Workspace, monotonic: Callable[[], float]
    ) -> None:
        self._tracking = tracking
        self._requests = requests
        self._workspace = workspace
        self._monotonic = monotonic
        self._memory: dict[str, _Memory] = {}
        self._user_ids: dict[str, str] = {}
        self._pause_s = SOON_S
        self._look_at = 0.0
        self._asks_for_ends = False

    def step(self) -> Optional[float]:
        """Look at deliveries if it is time; return the seconds until it is again, None while none is open."""
        live = self._tracking.live_deliveries()
        now = self._monotonic()
        self._memory = {each.row.accsyn_id: self._memory.get(each.row.accsyn_id, _Memory()) for each in live}
        if any(each.followed > self._memory[each.row.accsyn_id].followed for each in live):
            self._look_at = now
        for each in live:
            self._memory[each.row.accsyn_id].followed = each.followed
        if live and now >= self._look_at:
            self._look_at = now + self._pause_s  # also where it fails
            in_turn = sorted(live, key=lambda each: self._memory[each.row.accsyn_id].looked_at)
            moved = self._look(in_turn[:DELIVERIES_PER_CALL], now)
            self._pause_s = SOON_S if moved else min(LONGEST_S, 2 * self._pause_s)
            self._look_at = now + self._pause_s
        return max(0.0, self._look_at - now) if live else None

    def _look(self, live: Sequence[TrackedJob], now: float) -> bool:
        """Ask for the downloads of some deliveries, or at every other look whether they have ended: two calls each.

        Both at the first look at one. Return whether something has moved.
        """
        memories = {each.row.accsyn_id: self._memory[each.row.accsyn_id] for each in live}
        new = any(memory.delivery is None for memory in memories.values())
        asks_for_ends, self._asks_for_ends = self._asks_for_ends or new, not self._asks_for_ends
        try:
            moved = self._read_ends(live, memories) if asks_for_ends else False
            if new or not asks_for_ends:
                ended = {key for key, memory in memories.items() if memory.delivery and memory.delivery.finished}
                moved = self._read_downloads(live, memories) or moved
            else:
                ended = set()
            for each in live:
                self._judge(each, memories[each.row.accsyn_id], each.row.accsyn_id in ended)
                memories[each.row.accsyn_id].looked_at = now
        except (errors.Refused, errors.Uncertain) as error:
            logger.debug("Deliveries cannot be looked at: %s", error)
            return False
        return moved

    def _read_ends(self, live: Sequence[TrackedJob], memories: Mapping[str, _Memory]) -> bool:
        found = self._workspace.deliveries(memories)
        moved = False
        for each in live:
            memory, known = memories[each.row.accsyn_id], found.get(each.row.accsyn_id)
            # Whether deliveries can be asked for by several ids is not documented.
            known = known or self._workspace.delivery(each.row.accsyn_id)
            name = delivery.name_of(each.row.name, each.row.key)
            now = known or Delivery(each.row.accsyn_id, name, delivery.GONE)
            if memory.delivery is None or memory.delivery.status != now.status:
                self._tracking.saw_job(each.row.id, now.status)
                moved = True
            memory.delivery = now
        return moved

    def _read_downloads(self, live: Sequence[TrackedJob], memories: Mapping[str, _Memory]) -> bool:
        """Read what moved of the recipients' downloads; return whether anything did."""
        addresses = {each.row.accsyn_id: parties.recipient(each.row.party) for each in live}
        found = [each for each in self._workspace.downloads(memories) if self._is_of(each, addresses[each.delivery])]
        for key, memory in memories.items():
            memory.running = any(each.delivery == key and each.goes_on for each in found)
        moved = [each for each in found if memories[each.delivery].read.get(each.id) != each.looks]
        for each in moved[:READ_PER_LOOK]:
            memory = memories[each.delivery]
            memory.tasks[each.id] = self._workspace.tasks(each.id)
            memory.read[each.id] = each.looks
        for each in moved[READ_PER_LOOK:]:
            memories[each.delivery].running = True  # it may be all that proves something
        return bool(moved)

    def _is_of(self, download: Download, address: str) -> bool:
        if download.address:
            return download.address.casefold() == address.casefold()
        if address not in self._user_ids:
            users = self._workspace.users([address]) or []
            self._user_ids.update((address, user.id) for user in users)
        return download.user_id == self._user_ids.get(address)

    # What it means for the items.

    def _judge(self, tracked: TrackedJob, memory: _Memory, ended: bool) -> None:
        """Bring the items of a delivery to where its downloads are; with *ended* those that are not fetched stop."""
        items = self._tracking.with_files(self._tracking.followed(tracked.row.id))
        tasks = [task for each in memory.tasks.values() for task in each]
        if tasks and memory.measured is None and not all(map(_is_known, items)):
            measured = self._workspace.tasks(tracked.row.accsyn_id)
            memory.measured = {spelt(str(task.source.get("path") or "")): task.size_bytes or 0 for task in measured}
        downloaded = Downloaded(tasks, memory.measured or {})
        cancelled = self._requests.cancelled(item.request for item in items)
        news = []
        for item in items:
            sizes = {spelt(file.path): file.size_bytes for file in item.publication.files}
            fetched = downloaded.of(item.sent.paths or delivery.sources(item.publication), sizes)
            news += self._change(item, tracked, memory, fetched, ended, item.request in cancelled)
        if news:
            self._tracking.record(news)
        for change in news:
            if change.state is State.NEEDS_ATTENTION:
                logger.warning("%s needs attention. %s", label(change.item), change.cause)

    def _change(
        self, item: Item, tracked: TrackedJob, memory: _Memory, fetched: Fetched, ended: bool, cancelled: bool
    ) -> list[Change]:
        """Return what becomes of *item*: one change, or none."""
        address = parties.recipient(tracked.row.party)
        size_bytes = max(item.progress.size_bytes, fetched.done_bytes)
        now = Progress(fetched.done_bytes, size_bytes)
        if fetched.whole:
            return [Change(item, State.TRANSFERRING, Progress(size_bytes, size_bytes), arrived=True)]
        if memory.delivery is None:
            return []
        stops = State.NEEDS_ATTENTION
        words = delivery.waits(address, memory.delivery, cancelled)
        if fetched.wrong and not memory.running:
            words = delivery.differs(address, fetched.wrong)
            return [Change(item, stops, now, delivery.DIFFERS, words[0], NOT_BY_ITSELF, remedy=words[1])]
        if ended and not memory.running:
            words = delivery.ended(address, memory.delivery)
            return [Change(item, stops, now, delivery.ENDED, words[0], NOT_BY_ITSELF, remedy=words[1])]
        state = State.TRANSFERRING if fetched.moves or fetched.done_bytes else State.SUBMITTED
        if (item.state, item.cause, item.progress) == (state, " ".join(words), now):
            return []
        return [Change(item, state, now, delivery.WAITS, words[0], remedy=words[1])]


def _is_known(item: Item) -> bool:
    """Whether ftrack tells the size of each file of *item*, with its files."""
    return bool(item.publication.files) and all(file.size_bytes for file in item.publication.files)
