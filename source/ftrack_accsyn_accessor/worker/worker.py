"""The background thread: outbox -> workspace. One in each process, one active for each outbox.

What happens, from a publish to accsyn:
1. The staging location writes an item into the outbox and calls `wake`.
2. The thread sees that there is work and takes the outbox's lock. A process that does not get it looks again every
   second, so a killed worker is replaced at once.
3. It lets the burst settle, settles items that were never confirmed, and hands the due ones to a `Submission`.
4. On an outage it waits, longer each time, and earlier when something changes; the causes stand in the outbox.
5. With nothing left to do it gives the lock back and only looks, now and then, whether another process has left
   something.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import Callable, Optional, Protocol

from ftrack_accsyn_accessor.model import errors, pacing, retry
from ftrack_accsyn_accessor.model.item import Item, Studio
from ftrack_accsyn_accessor.outbox import Outbox, Work
from ftrack_accsyn_accessor.outbox.facts import ContactLog
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.staging.area import StagingArea

logger = logging.getLogger(__name__)

#: How often an idle thread looks whether another process has left work behind.
IDLE_S = 2.0
#: How often a thread that did not get the lock tries again.
FOLLOW_S = 1.0
#: A change ends the waiting of an outage, but accsyn is not asked more often than this.
SOONEST_S = 2.0
#: A starting session gets this much time to itself before work that was left behind is looked for.
START_S = 3.0
#: How long an exiting interpreter waits for what is still to be sent.
DRAIN_S = 6.0


class Source(Protocol):
    """What an worker needs to get items to accsyn; made by `plugin`, used on the worker's thread only."""

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

    def submit(self, items: list[Item]) -> None:
        """Submit *items*; raise what concerns all of them."""

    @property
    def calls(self) -> int:
        """How many calls accsyn was sent over the present connection."""

    def track(self) -> Optional[float]:
        """Follow what is on its way; return the seconds until there is more to do, None while nothing is."""

    def may_tidy(self) -> bool:
        """Whether there may be staged files to free."""

    def tidy(self) -> None:
        """Free staged files that are not needed any more."""

    def close(self) -> None:
        """Give connections back."""


class Worker:
    """The worker of one outbox in this process.

    `start`, `wake` and `stop` may be called on any thread; `run_once` does the work and is what the thread calls.
    """

    def __init__(
        self,
        outbox: Outbox,
        area: StagingArea,
        lock: ProcessLock,
        source: Source,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._area = area
        self._lock = lock
        self._source = source
        self._clock = clock
        self._monotonic = monotonic
        self._event = threading.Event()
        self._starting = threading.Lock()
        self._stopping = False
        self._deadline: Optional[float] = None
        self._thread: Optional[threading.Thread] = None
        self._outage = _Outage()
        self._contact = ContactLog(outbox, clock)
        self._batches_sent = 0
        self._seen = -1
        self._looked_at = 0.0
        self._work = Work(0, None, None, 0, None, live=False)
        self._said = ""

    # Any thread.

    def start(self) -> None:
        """Start the thread unless it runs. It is a daemon, so a host that never joins it can exit."""
        with self._starting:  # two threads would share the process's lock, and submit everything twice
            if self._thread is None or not self._thread.is_alive():
                self._stopping = False
                thread = threading.Thread(target=self._run, name="ftrack-accsyn-worker", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # The interpreter is going down, and makes no threads any more.
                    logger.debug("The next session sends what waits.", exc_info=True)
                else:
                    self._thread = thread

    def wake(self) -> None:
        """Tell the thread that there is something new, starting it if need be."""
        self._outage.end_early()
        self.start()
        self._event.set()

    def stop(self, timeout_s: float = DRAIN_S) -> bool:
        """Submit what is there within *timeout_s* seconds, then stop. Return whether the thread has ended."""
        thread = self._thread
        if thread is None or not thread.is_alive():
            return True
        self._deadline = time.monotonic() + timeout_s
        self._stopping = True
        self._event.set()
        thread.join(timeout_s)
        return not thread.is_alive()

    def abandon_after_fork(self) -> None:
        """Forget the parent's thread and lock in a forked child, where neither is ours."""
        self._lock.abandon_after_fork()

    # The worker's thread.

    def _run(self) -> None:
        try:
            self._event.wait(START_S)
            while not self._stopping:
                wait_s = self.run_once()
                self._event.wait(wait_s)
                self._event.clear()
            self.drain()
        except BaseException:
            logger.exception("The worker has stopped; published files wait for the next session.")
        finally:
            self._lock.release()
            self._source.close()
            self._outbox.close()

    def drain(self) -> None:
        """Submit what is due until nothing is left, something is in the way, or the time to stop is up."""
        while self._deadline is None or time.monotonic() < self._deadline:
            before = self._look(refresh=True).due
            if not before or self._outage.attempts:
                return
            self.run_once(settled=True)
            if self._look(refresh=True).due >= before:
                return

    def run_once(self, settled: bool = False) -> float:
        """Do what is to be done now and return the seconds until there may be more. Never raises an `Exception`.

        *settled* skips the waiting for a burst to end.
        """
        try:
            return self._guarded(settled)
        finally:
            if self._work.others:  # a process for another studio may be waiting for its turn
                self._lock.release()

    def _guarded(self, settled: bool) -> float:
        try:
            return self._step(settled)
        except errors.StagingGone as error:
            self._say(error)
            return IDLE_S
        except errors.AccsynAccessorError as error:
            return self._failed(error)
        except Exception as error:
            logger.debug("Unforeseen error in the worker.", exc_info=True)
            outcome = f"{type(error).__name__}: {errors.words(error)}"
            return self._failed(errors.AccsynAccessorError("upload", outcome=outcome))

    def _step(self, settled: bool) -> float:
        self._area.require()
        work = self._look()
        waits = work.next_try_at is not None
        if (work.due or work.live or waits or work.others) and self._source.changed():
            self._outage = _Outage()
            self._outbox.wake(*(kind.kind for kind in _WAITS))
            work = self._look(refresh=True)
        unsettled = bool(work.prepared or work.stale) or self._source.may_settle()
        if not (work.due or unsettled or work.live):
            if self._source.may_tidy() and self._lock.acquire():
                self._source.tidy()
            self._lock.release()
            return self._idle_delay(work)
        if not self._lock.acquire():
            return FOLLOW_S
        if unsettled:
            self._source.settle()
        outage_s = self._outage.remaining_s(self._monotonic())
        if outage_s:
            return min(outage_s, IDLE_S)
        paused = self._source.steer()
        settle_s = 0.0 if settled else self._settle_delay(work)
        if work.due and not paused and not settle_s and not self._submit():
            return IDLE_S
        track_s = self._track() if work.live and not self._stopping else None
        if not paused and not settle_s and self._look(refresh=True).due:
            return 0.0
        return min(settle_s or IDLE_S, self._idle_delay(self._work), IDLE_S if track_s is None else track_s)

    def _submit(self) -> bool:
        """Submit what is due; return whether accsyn can be used."""
        items = self._outbox.due(ITEMS_PER_PASS, self._source.studio)
        if not items:
            return True  # known work is a moment old, and the clocks of an outage and of the items differ a little
        try:
            self._source.submit(items)
        except errors.AccsynAccessorError as error:
            self._failed(error, items)
            return False
        self._batches_sent += 1
        self._over()
        return True

    def _track(self) -> Optional[float]:
        before = self._source.calls
        delay_s = self._source.track()
        if self._source.calls > before:
            self._over()
        return delay_s

    def _over(self) -> None:
        """An outage, if there was one, is over: what waited for its end is due."""
        self._contact.reached()
        if self._outage.attempts:
            self._outage = _Outage()
            self._said = ""
            self._outbox.wake(*(kind.kind for kind in _WAITS))

    def _look(self, refresh: bool = False) -> Work:
        """Return what there is to do; the outbox is only asked when it has changed or something became due."""
        changes = self._outbox.changes()
        now = self._clock()
        due_now = self._work.next_try_at is not None and self._work.next_try_at <= now
        set_back = now < self._looked_at
        if refresh or changes != self._seen or due_now or set_back:
            self._work, self._seen, self._looked_at = self._outbox.work(self._source.studio), changes, now
        return self._work

    def _settle_delay(self, work: Work) -> float:
        if work.newest_due_at is None or work.oldest_due_at is None:
            return 0.0
        now = self._clock()
        if pacing.is_quiet(now, work.newest_due_at):
            self._batches_sent = 0
        return pacing.settle_delay(now, work.oldest_due_at, work.newest_due_at, self._batches_sent)

    def _idle_delay(self, work: Work) -> float:
        if work.next_try_at is None:
            return IDLE_S
        return min(IDLE_S, max(0.1, work.next_try_at - self._clock()))

    def _failed(self, error: errors.AccsynAccessorError, items: Optional[list[Item]] = None) -> float:
        """Write down why *items* wait, say it once, and return the seconds until the next try."""
        delay_s = self._outage.failed(error, self._monotonic())
        try:
            self._contact.failed(error, delay_s)
            if items:
                self._outbox.delay(items, error, self._clock() + delay_s)
        except errors.OutboxError as second:
            error = second
        self._say(error)
        return min(delay_s, IDLE_S)

    def _say(self, error: errors.AccsynAccessorError) -> None:
        """Tell the log why files wait, once for as long as the reason stays the same."""
        if error.kind != self._said:
            self._said = error.kind
            if not isinstance(error, errors.SettingsError):  # Those are said, all in one text, when settings are read.
                logger.warning("%s Published files are staged and wait.", error)


_WAITS = (
    errors.Unreachable,
    errors.Busy,
    errors.Uncertain,
    errors.Unauthorised,
    errors.NotReady,
    errors.SettingsError,
)
ITEMS_PER_PASS = 1000


class _Outage:
    """How often in a row accsyn could not be used, and when to ask it again. Monotonic times, in seconds."""

    def __init__(self) -> None:
        self.attempts = 0
        self._since = 0.0
        self._last = 0.0
        self._until = 0.0

    def failed(self, error: errors.AccsynAccessorError, now: float) -> float:
        """Note a failure and return the seconds to wait."""
        if not self.attempts:
            self._since = now
        self.attempts += 1
        self._last = now
        delay_s = retry.delay(error, self.attempts, now - self._since, random.random())  # noqa: S311 - jitter
        self._until = now + delay_s
        return delay_s

    def end_early(self) -> None:
        """Something has changed: ask again soon."""
        if self.attempts:
            self._until = min(self._until, self._last + SOONEST_S)

    def remaining_s(self, now: float) -> float:
        """Return the seconds that are left to wait."""
        return max(0.0, self._until - now) if self.attempts else 0.0
