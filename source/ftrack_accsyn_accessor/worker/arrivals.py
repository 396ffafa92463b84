"""Between accsyn's "done" and `synced`: sizes are compared where that is asked, the component is made available."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.ftrack.availability import Availability, Outcome
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.model import errors, progress, retry
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Reason, StagedFile, State, Trouble, label
from ftrack_accsyn_accessor.model.retry import Outage
from ftrack_accsyn_accessor.model.settings import VERIFY_SIZE, Settings
from ftrack_accsyn_accessor.outbox.tracking import Change, Tracking
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.upkeep.verifying import can_be_seen, difference
from ftrack_accsyn_accessor.workspace import Workspace

logger = logging.getLogger(__name__)

#: Items handled in one step: bounds memory, and the time until accsyn is looked at again.
ITEMS_PER_STEP = 500
#: Calls for sizes in one step; items beyond it have their turn in the next one.
CALLS_PER_STEP = 6
#: How long an item waits after accsyn could not tell its size, or ftrack has refused it.
AGAIN_S = 30.0
#: The pause between two steps that had more to do than one step may.
BUSY_S = 2.0

#: The kind of cause of an item that waits for what was published of it by itself.
NEWER = "newer-content"

_DELETED = (
    "Its component was deleted in ftrack after it was sent; its files are at the destination. "
    "`ftrack-accsyn clean --withdrawn` frees the staged ones."
)

_SOURCELESS = (
    "It, or a part of it, was taken out of its source location in ftrack after it was sent; its files are at the "
    "destination, and not registered there. "
)
_FROM_ELSEWHERE = "Ask for it again from where it is."
_FROM_HERE = "Publish it again."

#: What tells one publication of a component from the next: id and time of its item.
_Key = tuple[int, float]


class Arrivals:
    """Takes items whose tasks are all done to `synced`. For one thread only.

    What arrived is in the outbox, so nothing of this depends on accsyn still having the job. *area* is this machine's,
    *here* gives its accsyn party.
    """

    def __init__(
        self,
        tracking: Tracking,
        workspace: Workspace,
        connection: FtrackConnection,
        notices: Notices,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        area: Optional[StagingArea] = None,
        here: Callable[[], str] = str,
    ) -> None:
        self._area = area
        self._here = here
        self._tracking = tracking
        self._workspace = workspace
        self._connection = connection
        self._availability = Availability(connection)
        self._notices = notices
        self._verifies = settings.verify == VERIFY_SIZE
        self._clock = clock
        self._monotonic = monotonic
        self._verified: set[_Key] = set()
        self._not_before: dict[_Key, float] = {}
        #: Items that wait for ftrack to be asked again, why, and how often it had come back by then.
        self._unasked: set[_Key] = set()
        self._outage = Outage()
        self._error: Optional[errors.RegistrationError] = None
        self._recovered = 0

    def step(self) -> Optional[float]:
        """Take items on; return the seconds until there is more to do, None when nothing waits.

        May raise `errors.WorkspaceError` when accsyn cannot be asked for sizes.
        """
        arrived = self._tracking.arrived(ITEMS_PER_STEP)
        now = self._monotonic()
        if self._connection.recovered != self._recovered or any(map(self._is_asked_for, arrived)):
            self._outage.end_early()
        due = [item for item in arrived if self._is_asked_for(item) or not self._wait_s(item, now)]
        if due:
            self._take_on(due)
            arrived = self._tracking.arrived(ITEMS_PER_STEP)
        keys = {_key(item) for item in arrived}
        self._verified &= keys
        self._unasked &= keys
        self._not_before = {key: at for key, at in self._not_before.items() if key in keys}
        return min((self._wait_s(item, now) or BUSY_S for item in arrived), default=None)

    def _wait_s(self, item: Item, now: float) -> float:
        """Return the seconds until something may be done about *item*."""
        if _key(item) in self._unasked:
            return self._outage.remaining_s(now)
        return max(0.0, self._not_before.get(_key(item), now) - now)

    def _is_asked_for(self, item: Item) -> bool:
        """Whether *item* waited with a cause that somebody has taken away: it is to be tried again at once."""
        return not item.cause and (_key(item) in self._unasked or _key(item) in self._not_before)

    def _take_on(self, items: Sequence[Item]) -> None:
        groups: dict[Endpoint, list[Item]] = {}
        for item in items:
            groups.setdefault(item.destination, []).append(item)
        outage = self._error if self._outage.remaining_s(self._monotonic()) else None
        for destination, group in groups.items():
            group = [item for item in group if self._is_whole(item) and self._is_on_disk(item)]
            sound = self._sound(group) if self._verifies else group
            if sound:
                outage = self._register(sound, destination, outage)

    def _is_whole(self, item: Item) -> bool:
        """Whether nothing of *item* was published by itself since and is not there yet; else it waits for that."""
        newer = self._tracking.newer(item)
        if not newer:
            return True
        more = f" and {len(newer) - 1} more" if newer[1:] else ""
        stopped = next((each for each in newer if each.state is State.NEEDS_ATTENTION), None)
        note = f" Put right what {stopped.publication.component_name} needs attention for." if stopped else ""
        name = newer[0].publication.component_name
        self._hold(item, NEWER, f"It waits for the newer content of {name}{more}, which it holds.{note}")
        return False

    # Sizes.

    def _is_on_disk(self, item: Item) -> bool:
        """Whether *item*, if it came to this machine, lies in the staging area; what lies there is written down.

        By that it is known again when its files are to be freed.
        """
        comes_here = item.reason is Reason.GET or (item.destination.party == self._here() and bool(self._here()))
        if self._area is None or not self._area.root or not comes_here:
            return True
        (full,) = self._tracking.with_files([item])
        is_lost = bool(item.file_count) and not full.publication.files
        found, wrong = [], "the outbox has lost the list of its files" if is_lost else ""
        for file in full.publication.files:
            try:
                stamp = self._area.stat_file(file.path)
            except (errors.FileChanged, errors.FileUnreadable) as error:
                wrong = wrong or f"{file.path}: {error.outcome}"
                continue
            if file.size_bytes not in (0, stamp.size_bytes):
                wrong = wrong or f"{file.path} has {stamp.size_bytes} bytes, by ftrack {file.size_bytes}"
            found.append(StagedFile(file.path, stamp.size_bytes, stamp.mtime_ns))
        if wrong:
            self._stop(item, Trouble.SIZE_DIFFERS, progress.cause(Trouble.SIZE_DIFFERS, "", wrong))
            return False
        self._tracking.keep_files(item, tuple(found))
        return True

    def _sound(self, items: Sequence[Item]) -> list[Item]:
        """Return the items that have their published sizes at the destination; the others get a cause."""
        sound = []
        calls = self._workspace.calls
        for item in items:
            if _key(item) not in self._verified:
                if self._workspace.calls - calls >= CALLS_PER_STEP:
                    break
                if not self._verify(item):
                    continue
                self._verified.add(_key(item))
            sound.append(item)
        return sound

    def _verify(self, item: Item) -> bool:
        if item.reason is not Reason.PUBLISH and not can_be_seen(item.destination.party):
            announce.once(
                logger, logging.INFO, f"accsyn tells no sizes at {item.destination.party}: they are not verified there."
            )
            return True
        (full,) = self._tracking.with_files([item])
        try:
            wrong = difference(self._workspace, full)
        except errors.Refused as error:
            self._hold(item, Trouble.UNVERIFIED.value, progress.cause(Trouble.UNVERIFIED, "", error.outcome))
            return False
        if not wrong:
            return True
        self._stop(item, Trouble.SIZE_DIFFERS, progress.cause(Trouble.SIZE_DIFFERS, "", wrong))
        return False

    # Availability.

    def _register(
        self, items: Sequence[Item], destination: Endpoint, outage: Optional[errors.RegistrationError]
    ) -> Optional[errors.RegistrationError]:
        """Make items available at the destination location, if one is known; those are synced then.

        *outage* is why ftrack could not be asked a moment ago; return why it cannot be asked now.
        """
        outcome = Outcome()
        if destination.location_id and any(item.publication.component_id for item in items):
            try:
                if outage is None:
                    # With their files: the path of each is asked after once more.
                    whole, forgotten = self._tracking.with_files(items), self._tracking.forgotten()
                    outcome = self._availability.register(whole, destination.location_id, forgotten)
                    self._outage.over()
            except errors.RegistrationError as error:
                outage = error
                self._unreached(error)
            if outage is not None:
                outcome = Outcome({item.id: outage for item in items})
        for item in items:
            if item.id in outcome.refusals:
                self._refused(item, outcome.refusals[item.id])
        self._withdraw([item for item in items if item.id in outcome.deleted], _DELETED)
        sourceless = [item for item in items if item.id in outcome.sourceless]
        for published, remedy in ((True, _FROM_HERE), (False, _FROM_ELSEWHERE)):
            ours = [item for item in sourceless if (item.reason is Reason.PUBLISH) is published]
            self._withdraw(ours, _SOURCELESS + remedy)
        stopped = {*outcome.refusals, *outcome.deleted, *outcome.sourceless}
        self._synced([item for item in items if item.id not in stopped], destination)
        return None if isinstance(outage, errors.RegistrationRefused) else outage

    def _unreached(self, error: errors.RegistrationError) -> None:
        """Ask ftrack again later: soon, or where it has refused the question, when that has been put right."""
        if not isinstance(error, errors.RegistrationRefused):
            self._error, self._recovered = error, self._connection.recovered
            self._outage.failed(error, self._monotonic(), random.random())  # noqa: S311 - jitter

    def _refused(self, item: Item, error: errors.AccsynAccessorError) -> None:
        """Stop *item* where its path belongs to another component; else let it wait."""
        if isinstance(error, errors.Conflict):
            self._stop(item, Trouble.CONFLICT, str(error))
        else:
            self._hold(item, error.kind, str(error))
            if retry.is_outage(error):
                self._unasked.add(_key(item))

    def _withdraw(self, items: Sequence[Item], words: str) -> None:
        """Withdraw *items*, with *words* on what ftrack does not have of them any more: nobody looks for them there."""
        if items:
            self._tracking.record([Change(item, State.WITHDRAWN, item.progress, "", words) for item in items])
            logger.info("%d component(s) were taken away in ftrack after they had been sent.", len(items))

    def _synced(self, items: Sequence[Item], destination: Endpoint) -> None:
        if not items:
            return
        self._tracking.synced(items)
        logger.info("%d component(s) have arrived at %s.", len(items), destination.location_name or destination.party)
        for item in items:
            if item.publication.component_id:
                self._notices.component_synced(item)

    def _stop(self, item: Item, trouble: Trouble, cause: str) -> None:
        """Let *item* need attention; it is submitted again by itself some time later."""
        logger.warning("%s needs attention. %s", label(item), cause)
        again_at = self._clock() + retry.ITEM_DELAY_S
        self._tracking.record([Change(item, State.NEEDS_ATTENTION, item.progress, trouble.value, cause, again_at)])

    def _hold(self, item: Item, kind: str, cause: str) -> None:
        """Keep *item* where it is, with a cause, and try again later."""
        self._not_before[_key(item)] = self._monotonic() + AGAIN_S
        self._unasked.discard(_key(item))
        if (item.cause_kind, item.cause) != (kind, cause):
            change = Change(item, State.TRANSFERRING, item.progress, kind, cause, arrived=True)
            self._tracking.record([change])


def _key(item: Item) -> _Key:
    return item.id, item.created_at
