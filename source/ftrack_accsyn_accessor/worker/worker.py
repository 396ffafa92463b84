"""The background thread: outbox -> workspace. One in each process, one active for each outbox.

What happens, from a publish to accsyn:
1. The staging location writes an item into the outbox and calls `wake`.
2. The thread sees that there is work and takes the outbox's lock. A process that does not get it looks again every
   second, so a killed worker is replaced at once.
3. It follows what runs, settles items that were never confirmed, lets the burst settle, and hands the due ones to a
   `Submission`. What cannot be done of this stops nothing that can.
4. On an outage it waits, longer each time, and earlier when something changes; the causes stand in the outbox. A
   process that cannot send by its own fault gives the lock back meanwhile; one that has not tried takes its items over.
5. With nothing left to do it gives the lock back and only looks, now and then, for what other processes have left.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import Callable, Optional

from ftrack_accsyn_accessor import background
from ftrack_accsyn_accessor.model import errors, pacing, retry
from ftrack_accsyn_accessor.model.item import Item
from ftrack_accsyn_accessor.model.retry import OF_ALL, WAITS, Outage
from ftrack_accsyn_accessor.outbox import Outbox, Work
from ftrack_accsyn_accessor.outbox.facts import ContactLog
from ftrack_accsyn_accessor.outbox.leadership import Sign
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.outages import Outages, known
from ftrack_accsyn_accessor.worker.source import Source
from ftrack_accsyn_accessor.worker.turn import Turn

logger = logging.getLogger(__name__)

#: How often an idle thread looks whether another process has left work behind.
IDLE_S = 2.0
#: How often a thread that did not get the lock tries again.
FOLLOW_S = 1.0
#: A starting session gets this much time to itself before work that was left behind is looked for.
START_S = 3.0
#: Items looked at in one go.
ITEMS_PER_PASS = 1000
#: How long an exiting interpreter waits for what is still to be sent.
DRAIN_S = 6.0


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
        self._outbox, self._area = outbox, area
        self._lock, self._source = lock, source
        self._clock, self._monotonic = clock, monotonic
        self._event = threading.Event()
        self._starting = threading.Lock()
        self._stopping = self._only_steers = False
        self._deadline: Optional[float] = None
        self._thread: Optional[threading.Thread] = None
        self._outages = Outages()
        #: What keeps this process from sending, where another one may be able to.
        self.unable: Optional[errors.AccsynAccessorError] = None
        self._sign = Sign(outbox.path, lock, clock, monotonic)
        self._contact = ContactLog(outbox, clock)
        self._batches_sent = 0
        self._seen, self._looked_at = -1, 0.0
        self._turn = Turn(outbox, clock, monotonic)
        self._work, self._said = Work(0, None, None, 0, None, live=False), ""

    # Any thread.

    def start(self) -> None:
        """Start the thread unless it runs. It is a daemon, so a host that never joins it can exit."""
        with self._starting:  # two threads would share the process's lock, and submit everything twice
            if self._thread is None or not self._thread.is_alive():
                self._stopping, self._deadline = False, None
                before = self._thread
                try:  # An interpreter that goes down makes no threads any more, an isolated one no daemons.
                    # Known before it starts: what a signal's handler raises may come when it is under way.
                    self._thread = background.thread(self._run, "ftrack-accsyn-worker")
                    self._thread.start()
                except RuntimeError:
                    self._thread = before
                    logger.debug("The next session sends what waits.", exc_info=True)

    def wake(self, to_steer: bool = False) -> None:
        """Tell the thread that there is something new, starting it if need be.

        One that is started *to_steer* does in accsyn what the outbox asks for of what runs there, and sends nothing.
        """
        self._only_steers = to_steer and (self._only_steers or not self.is_alive)
        self._turn.has_come()
        self._outages.end_early()
        self.start()
        self._event.set()

    def stop(self, timeout_s: float = DRAIN_S) -> bool:
        """Submit what is there within *timeout_s* seconds, or what an earlier call gave; return whether it is over."""
        thread = self._thread
        if thread is None or not thread.is_alive():
            return True
        deadline = time.monotonic() + timeout_s
        self._deadline = min(deadline, self._deadline if self._stopping and self._deadline else deadline)
        self._stopping = True
        self._event.set()
        thread.join(max(0.0, self._deadline - time.monotonic()))
        return not thread.is_alive()

    @property
    def is_alive(self) -> Optional[bool]:
        """Whether the thread runs; None where it was never started."""
        return self._thread.is_alive() if self._thread is not None else None

    def abandon_after_fork(self) -> None:
        """Forget the parent's thread and lock in a forked child, where neither is ours."""
        self._lock.abandon_after_fork()

    # The worker's thread.

    def _run(self) -> None:
        if threading.current_thread() is not self._thread:
            return  # its start was broken off, and another one was started since
        try:
            self._sign.give_once()  # somebody is there from now on
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
            self._sign.close()
            self._source.close()
            self._outbox.close()

    def drain(self) -> None:
        """Submit what is due until nothing is left, something is in the way, or the time to stop is up."""
        try:
            self._area.require()
            self._drain()
        except errors.AccsynAccessorError as error:
            self._say(error)

    def _drain(self) -> None:
        while not (self._is_late() or self._only_steers):
            before = self._look(refresh=True).due
            if not before or self._outages.any():
                return
            self.run_once(settled=True)
            if self._look(refresh=True).due >= before:
                return

    def _is_late(self) -> bool:
        """Whether the time to stop is up, and nothing may be begun any more."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def run_once(self, settled: bool = False) -> float:
        """Do what is to be done now and return the seconds until there may be more. Never raises an `Exception`.

        *settled* skips the waiting for a burst to end.
        """
        try:
            return self._guarded(settled)
        finally:
            # A process for another studio, or one that can send, may be waiting for its turn.
            if self._work.others or self.unable is not None:
                self._lock.release()

    def _guarded(self, settled: bool) -> float:
        try:
            return self._step(settled)
        except (errors.StagingGone, errors.OutboxTooNew) as error:
            # A disk takes its locks along: what is held of it would pass for one when it is back, and keeps it busy.
            # A newer release sends what is in its outbox, once it is let.
            self._lock.release()
            self._sign.end()
            self._say(error)
            return IDLE_S
        except Exception as error:  # noqa: BLE001 - the thread goes on, whatever it was
            return self._failed(known(error), self._outages.whole)

    def _step(self, settled: bool) -> float:
        self._area.require()
        work = self._look()
        waits = work.next_try_at is not None
        if (work.due or work.live or waits or work.others) and self._source.changed():
            self._start_over()
            work = self._look(refresh=True)
        unsettled = bool(work.prepared or work.stale) or self._source.may_settle()
        if not (work.due or unsettled or work.live):
            return self._rest(work)
        early_s = 0.0 if settled else self._turn.left_s()
        if early_s or not self._may_lead(work, unsettled):
            self._give_sign(self.unable)
            return min(IDLE_S, early_s or self._outages.sending_s(self._monotonic()))
        if not self._lock.acquire():
            self._sign.end()
            return FOLLOW_S
        self._give_sign(self.unable)
        return self._lead(work, unsettled, settled)

    def _rest(self, work: Work) -> float:
        """There is nothing to do at the moment."""
        if self._source.may_tidy() and self._lock.acquire():
            self._give_sign()
            self._source.tidy()
        self._lock.release()
        if self.unable is not None and work.next_try_at is not None:
            self._give_sign(self.unable)
        else:
            self._sign.end()
        return self._idle_delay(work)

    def _may_lead(self, work: Work, unsettled: bool) -> bool:
        """Whether there is anything that this process can do now, or may try again."""
        now = self._monotonic()
        if self.unable is None or unsettled or not self._outages.sending_s(now):
            return True
        return work.live and not self._outages.whole.remaining_s(now)

    def _lead(self, work: Work, unsettled: bool, settled: bool) -> float:
        """Follow what runs, settle what was never confirmed, steer and submit; return as `run_once` does."""
        follow_s = self._follow() if work.live and not self._stopping else IDLE_S
        if unsettled:
            self._settle()
        outage_s = self._outages.whole.remaining_s(self._monotonic())
        if outage_s:
            return min(outage_s, IDLE_S)
        return min(follow_s, self._send(work, settled))

    def _follow(self) -> float:
        pause_s = self._outages.following_s(self._monotonic())
        if pause_s:
            return min(pause_s, IDLE_S)
        before = self._source.calls
        try:
            delay_s = self._source.track()
        except (errors.OutboxError, errors.StagingGone):
            raise
        except Exception as error:  # noqa: BLE001 - what goes wrong with what runs keeps nothing else from being sent
            failure = known(error)
            outage = self._outages.of_following(failure)
            # What keeps everything from being done is why that waits which would be sent next.
            due = self._outbox.due(ITEMS_PER_PASS, self._source.studio) if outage is self._outages.whole else None
            return self._failed(failure, outage, due)
        if self._source.calls > before:  # else nothing was due
            self._outages.following.over()
            self._answered()
        self.unable = self.unable or self._source.refused
        return IDLE_S if delay_s is None else min(delay_s, IDLE_S)

    def _settle(self) -> None:
        try:
            self._source.settle()
        except errors.AccsynAccessorError:
            raise
        except Exception as error:  # noqa: BLE001 - see `_follow`
            self._say(known(error))

    def _send(self, work: Work, settled: bool) -> float:
        if self._is_late():
            return IDLE_S
        paused = self._source.steer()
        settle_s = 0.0 if settled else self._settle_delay(work)
        held_s = self._outages.submission.remaining_s(self._monotonic())
        if paused or self._only_steers:
            return self._idle_delay(self._work)
        if work.due and (settle_s or held_s):
            return min(settle_s or held_s, held_s or settle_s, IDLE_S)
        if work.due and not self._submit():
            return IDLE_S
        return 0.0 if self._look(refresh=True).due else self._idle_delay(self._work)

    def _submit(self) -> bool:
        """Submit what is due; return whether accsyn can be used."""
        items = self._outbox.due(ITEMS_PER_PASS, self._source.studio)
        if not items:
            return True  # known work is a moment old, and the clocks of an outage and of the items differ a little
        try:
            refusal = self._source.submit(items)
        except (errors.OutboxError, errors.StagingGone):
            raise
        except Exception as error:  # noqa: BLE001 - what goes wrong with what is sent stops nothing that was
            failure = known(error)
            self._failed(failure, self._outages.of_sending(failure), items)
            return False
        self._batches_sent += 1
        self._answered(sent=True)
        self._refused(items, refusal)
        return True

    def _answered(self, sent: bool = False) -> None:
        """Accsyn has answered usefully: what waited for the end of an outage is due. *sent* tells that items were."""
        outages = self._outages
        over = outages.whole.over()
        over = (sent and outages.submission.over()) or over
        if not outages.submission.attempts:
            self._contact.reached()
            if not outages.part.remaining_s(self._monotonic()):
                self.unable = None
        if over:
            self._said = ""
            waits = WAITS if not outages.submission.attempts else OF_ALL
            self._outbox.wake(*(kind.kind for kind in waits))

    def _refused(self, items: list[Item], refusal: Optional[errors.AccsynAccessorError]) -> None:
        """Take note that some of *items* could not be sent by this process, or that what was in their way is gone."""
        if refusal is not None:
            self._outages.part.failed(refusal, self._monotonic(), random.random())  # noqa: S311 - jitter
            self.unable = refusal if retry.is_own(refusal) else self.unable
            self._say(refusal)
        elif any(item.cause_kind == errors.NotReady.kind for item in items):
            self._outbox.wake(errors.NotReady.kind)

    def _start_over(self) -> None:
        """Settings or credentials are others than before: whatever went wrong with those may go well with these."""
        self._outages = Outages()
        self.unable = None
        self._outbox.wake(*(kind.kind for kind in WAITS))

    def _look(self, refresh: bool = False) -> Work:
        """Return what there is to do; the outbox is only asked when it has changed or something became due."""
        changes = self._outbox.changes()
        now = self._clock()
        due_now = self._work.next_try_at is not None and self._work.next_try_at <= now
        set_back = now < self._looked_at
        if not (refresh or changes != self._seen or due_now or set_back):
            return self._work
        before, self._work = self._work, self._outbox.work(self._source.studio)
        if changes != self._seen and not refresh:
            if self._work.due > before.due:
                self._outages.end_early()
            if self._takes_over():
                self._work = self._outbox.work(self._source.studio)
        self._seen, self._looked_at = changes, now
        return self._work

    def _takes_over(self) -> bool:
        """Make due what another process could not send by its own fault; return whether there was any.

        Whoever cannot send either does this once, until its settings change: processes never do it in turns.
        """
        if self.unable is not None or self._outages.any() or self._work.next_try_at is None:
            return False
        kinds = [kind.kind for kind in retry.OWN]
        return self._outbox.survey.waits_for(self._source.studio, *kinds) and self._outbox.wake(*kinds) > 0

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

    def _failed(self, error: errors.AccsynAccessorError, outage: Outage, items: Optional[list[Item]] = None) -> float:
        """Write down why *items* wait, say it once, and return the seconds until the next look."""
        delay_s = outage.failed(error, self._monotonic(), random.random())  # noqa: S311 - jitter
        if retry.is_own(error):
            self.unable = error
            self._give_sign(error)
        try:
            self._contact.failed(error, delay_s)
            if items:
                self._outbox.delay(items, error, self._clock() + delay_s)
        except errors.OutboxError as second:
            error = second
        self._say(error)
        return min(delay_s, IDLE_S)

    def _give_sign(self, error: Optional[errors.AccsynAccessorError] = None) -> None:
        self._sign.give(error, self._source.studio)

    def _say(self, error: errors.AccsynAccessorError) -> None:
        """Tell the log why files wait, once for as long as the reason stays the same."""
        if error.kind != self._said:
            self._said = error.kind
            if not isinstance(error, errors.SettingsError):  # Those are said, all in one text, when settings are read.
                staged = "Published files are staged and wait." if self._area.root else "What was asked for waits."
                logger.warning("%s %s", error, staged)
