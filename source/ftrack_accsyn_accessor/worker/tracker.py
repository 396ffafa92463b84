"""Follows sync jobs to their end: item states, availability at the destination, and what people see of it in ftrack.

On the worker's thread, by whoever holds the outbox's lock. accsyn is asked about all live jobs at once, about the
tasks of a job only when something moved; with nothing live it is not asked at all.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import time
from collections.abc import Iterable, Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.ftrack.job import FtrackJobs
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.ftrack.request_job import RequestJobs
from ftrack_accsyn_accessor.model import errors, progress, proof
from ftrack_accsyn_accessor.model.item import Studio, Trouble
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.tracking import TrackedJob
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.arrivals import Arrivals
from ftrack_accsyn_accessor.worker.delivered import Delivered
from ftrack_accsyn_accessor.worker.endpoint import known_here
from ftrack_accsyn_accessor.worker.following import Following
from ftrack_accsyn_accessor.workspace import Client, Job, Workspace

logger = logging.getLogger(__name__)

#: Seconds between two looks: the first while something moves, growing to the second while nothing does.
SOON_S = 2.0
QUIET_S = 5.0
#: A look that took several calls is followed by a longer pause, so that calls stay rare, but never a longer one:
#: what changed on accsyn's side is to be noticed within 15 s.
LONGEST_S = 14.0
#: Calls for tasks in one look; jobs beyond it have their turn in the next one.
CALLS_PER_LOOK = 6
#: A job with thousands of tasks takes many calls: each keeps it from being read again for so long.
SECONDS_PER_CALL = 0.5
#: Tasks are looked at now and then even though their job looks the same: soon where accsyn does not date its changes.
SAFETY_S = 300.0
UNDATED_SAFETY_S = 12.0
#: A job whose tasks could not be read is left alone for a while.
FIRST_PAUSE_S = 15.0
LONGEST_PAUSE_S = 240.0
#: The tasks of a job are read without the job at so many looks in a row at most.
ALONE_AT_MOST = 5
#: And no longer than this where they tell nothing new: the job may be paused.
STILL_S = 12.0
#: How often it is written down that nothing has changed.
STAMP_S = 30.0


#: Makes the pause to the next look, in seconds, from the one that is wanted here, the calls of the last look, and the
#: seconds that it took.
Paced = Callable[[float, int, float], float]


def _as_wanted(wanted_s: float, calls: int, took_s: float) -> float:
    return wanted_s


#: Jobs by accsyn's ids, each with its status: accsyn's word, or archived or deleted. A deleted one is None.
_Found = dict[str, tuple[Optional[Job], str]]


@dataclasses.dataclass
class _Memory:
    """What was seen of one job. Times are monotonic, in seconds."""

    looks: tuple[object, ...] = ()
    followed: int = 0
    status: str = ""
    read_at: float = -LONGEST_PAUSE_S
    unread: bool = True
    again: bool = False
    alone: int = 0
    stirred_at: float = -STILL_S
    stamped_at: float = -STAMP_S
    pause_s: float = 0.0
    paused_until: float = 0.0
    seen: Optional[tuple[Optional[Job], str]] = None


class Tracker:
    """Follows the jobs of one outbox. For one thread, that of *registrations* and *workspace*.

    Every call may raise `errors.WorkspaceError` or `errors.OutboxError`. ftrack's failures are never raised: items
    wait with them as their cause. *paced* makes the pauses between looks longer than one machine alone would need.
    """

    def __init__(
        self,
        outbox: Outbox,
        area: StagingArea,
        workspace: Workspace,
        registrations: Registrations,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        paced: Paced = _as_wanted,
    ) -> None:
        credentials = registrations.connection.credentials
        studio = Studio(credentials.server_url, settings.workspace or "")
        self._tracking = outbox.tracking_of(studio)
        here = functools.partial(known_here, outbox)
        self._following = Following(self._tracking, workspace, area, clock, here, outbox.control.paused_jobs)
        self._delivered = Delivered(self._tracking, outbox.requests, workspace, monotonic)
        self._workspace = workspace
        self._monotonic = monotonic
        self._paced = paced
        self._notices = Notices(credentials)
        self._arrivals = Arrivals(
            self._tracking, workspace, registrations.connection, self._notices, settings, clock, monotonic, area, here
        )
        self._ftrack_jobs = FtrackJobs(self._tracking, registrations.connection, self._notices, monotonic)
        self._request_jobs = RequestJobs(outbox.requests, studio, registrations.connection, self._notices, monotonic)
        self._memory: dict[str, _Memory] = {}
        self._followed = 0
        self._quiet_looks = 0
        self._owed_s = 0.0
        self._sparing = False
        self._look_at = 0.0

    def step(self) -> Optional[float]:
        """Do what is due; return the seconds until there is more, None while nothing is on its way."""
        live = self._tracking.live_jobs()
        self._ftrack_jobs.begin()  # before and after the look: each may be all that is seen of an item on its way
        try:
            self._look_if_due(live)
            delivered_s = self._delivered.step()
        finally:
            self._ftrack_jobs.begin()
            arrivals_s = self._arrivals.step()
            report_s = self._ftrack_jobs.report()
            request_s = self._request_jobs.report()
        look_s = max(0.0, self._look_at - self._monotonic()) if live else None
        delays = (look_s, delivered_s, arrivals_s, report_s, request_s)
        return min((delay_s for delay_s in delays if delay_s is not None), default=None)

    def look_soon(self) -> None:
        """Look within a few seconds, however long the pause was to be: somebody waits for it."""
        self._look_at = min(self._look_at, self._monotonic() + SOON_S)

    def close(self) -> None:
        """Send what waits for ftrack's event hub, for a second at most."""
        self._notices.close()

    def leave_behind(self, client: Client) -> None:
        """Take away what waits in accsyn for another client than this machine's present one, *client*.

        A task keeps the client that it was made for, as long as it exists (accsyn fact sheet, section 5). What was
        published here, is sent from here, or comes here goes with the present one when it is retried. One call for each
        other client.
        """
        present = f"client={client.id}"
        waiting: dict[str, list[TrackedJob]] = {}
        for tracked in self._tracking.live_jobs():
            for party in self._tracking.clients_here(tracked.row) - {present}:
                waiting.setdefault(party, []).append(tracked)
        for party, jobs in sorted(waiting.items()):
            former = self._workspace.client(party.partition("=")[2])
            if former is not None and former.online:
                continue
            for tracked in jobs:
                self._following.give_up(tracked, Trouble.CLIENT_GONE, _words(party, former, client))
            self._tracking.move_client(party, present)

    # Looking at jobs.

    def _look_if_due(self, live: Sequence[TrackedJob]) -> None:
        now = self._monotonic()
        followed = sum(tracked.followed for tracked in live)
        if followed > self._followed:
            self._quiet_looks = 0
            self._look_at = min(self._look_at, now + SOON_S)
        self._followed = followed
        ids = [tracked.row.accsyn_id for tracked in live]
        self._memory = {accsyn_id: self._memory.get(accsyn_id, _Memory()) for accsyn_id in ids}
        if not live:
            self._look_at = now
        elif now >= self._look_at:
            self._look(live, now)

    def _look(self, live: Sequence[TrackedJob], now: float) -> None:
        self._look_at = now + SOON_S
        calls = self._workspace.calls
        if self._sparing and self._looks_running(live):
            moved = self._look_at_tasks(live[0], now)
        else:
            moved = self._read_jobs(live, self._find(live), now)
        self._quiet_looks = 0 if moved else self._quiet_looks + 1
        calls = self._workspace.calls - calls
        wanted_s = SOON_S if moved else self._calm_s(calls)
        pause_s = self._paced(wanted_s, calls, self._monotonic() - now)
        self._sparing = pause_s > wanted_s
        self._look_at = now + pause_s

    def _looks_running(self, live: Sequence[TrackedJob]) -> bool:
        """Whether there is one job only, which was running when it was asked for last, and has moved ever since."""
        memory = self._memory[live[0].row.accsyn_id]
        new = live[0].followed > memory.followed
        moves = memory.again and memory.status == "running" and memory.alone < ALONE_AT_MOST
        return len(live) == 1 and not new and moves

    def _look_at_tasks(self, tracked: TrackedJob, now: float) -> bool:
        """Read the tasks of a job that moves, without the job: they tell all of the items. One call saved."""
        memory = self._memory[tracked.row.accsyn_id]
        if memory.seen is not None and now >= memory.paused_until:
            self._read(tracked, memory, {tracked.row.accsyn_id: memory.seen}, now)
        memory.again = now - memory.stirred_at < STILL_S
        memory.alone += 1
        return True

    def _calm_s(self, calls: int) -> float:
        """Return the pause after a look of *calls* at which nothing moved; what it lacks is added to the next ones."""
        wanted_s = min(QUIET_S, SOON_S + self._quiet_looks) * max(1, calls) + self._owed_s
        pause_s = min(LONGEST_S, wanted_s)
        self._owed_s = min(LONGEST_S, wanted_s - pause_s)
        return pause_s

    def _find(self, live: Sequence[TrackedJob]) -> _Found:
        """Return the live jobs that can be told of, by accsyn's ids."""
        ids = {tracked.row.accsyn_id for tracked in live}
        finished = {accsyn_id for accsyn_id in ids if self._memory[accsyn_id].status in ("done", "aborted")}
        try:
            jobs = self._workspace.jobs_by_id(ids - finished, finished)
        except errors.Refused as error:
            logger.debug("accsyn does not look jobs up together: %s", error)
            jobs = {}
        found: _Found = {job_id: (job, job.status) for job_id, job in jobs.items()}
        for tracked in live:
            if tracked.row.accsyn_id in found:
                continue
            try:
                found[tracked.row.accsyn_id] = self._find_alone(tracked)
            except (errors.Refused, errors.Uncertain) as error:
                logger.debug("The sync job %s cannot be looked up: %s", tracked.row.name, error)
                if isinstance(error, errors.Uncertain):
                    break
        return found

    def _find_alone(self, tracked: TrackedJob) -> tuple[Optional[Job], str]:
        """Look for a job that is neither among the live nor among the finished ones by its id.

        Whether accsyn finds several ids at once is documented for no attribute in particular; so before a job counts as
        archived it is looked for by its name of the moment, too; before it counts as deleted, among all.
        """
        job = self._workspace.get_job(tracked.row.accsyn_id)
        if job is None:
            job = self._workspace.job_among_all(tracked.row.accsyn_id)
            return job, job.status if job is not None else proof.DELETED
        if any(other.id == job.id for other in self._workspace.find_jobs(job.name)):
            return job, job.status
        return job, proof.ARCHIVED

    def _read_jobs(self, live: Iterable[TrackedJob], found: _Found, now: float) -> bool:
        """Read the tasks of jobs that moved, those that waited longest first; return whether any has moved."""
        seen = [tracked for tracked in live if tracked.row.accsyn_id in found]
        in_turn = sorted(seen, key=lambda tracked: self._memory[tracked.row.accsyn_id].read_at)
        moved = [self._notice(tracked, *found[tracked.row.accsyn_id], now) for tracked in in_turn]
        calls = self._workspace.calls
        for tracked in in_turn:
            memory = self._memory[tracked.row.accsyn_id]
            if not memory.unread or now < memory.paused_until:
                continue
            if self._workspace.calls - calls >= CALLS_PER_LOOK or not self._read(tracked, memory, found, now):
                break
        return any(moved)

    def _read(self, tracked: TrackedJob, memory: _Memory, found: _Found, now: float) -> bool:
        """Read the tasks of one job, whose failure stops no other job; return False when accsyn did not answer in time.

        Others have their turn at the next look then, so that one look never waits for many calls that hang.
        """
        calls = self._workspace.calls
        try:
            if self._following.follow(tracked, *found[tracked.row.accsyn_id], certain=not memory.again):
                memory.stirred_at = now
        except (errors.Refused, errors.Uncertain) as error:
            memory.pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, 2 * memory.pause_s))
            memory.paused_until = now + memory.pause_s
            logger.debug("The tasks of the sync job %s cannot be read: %s", tracked.row.name, error)
            return isinstance(error, errors.Refused)
        memory.read_at, memory.unread, memory.pause_s = now, False, 0.0
        memory.paused_until = now + min(LONGEST_S, SECONDS_PER_CALL * (self._workspace.calls - calls))
        return True

    def _notice(self, tracked: TrackedJob, job: Optional[Job], status: str, now: float) -> bool:
        """Remember what a job looks like; return whether it has moved since the last look.

        After a change the tasks are read at two looks: accsyn dates changes in whole seconds, so one more may hide.
        """
        memory = self._memory[tracked.row.accsyn_id]
        looks = (status,) if job is None else (status, job.progress, job.size_bytes, job.modified)
        moved = looks != memory.looks or tracked.followed > memory.followed
        safety_s = SAFETY_S if job is not None and job.modified else UNDATED_SAFETY_S
        due = memory.again or now - memory.read_at >= safety_s
        memory.unread = memory.unread or moved or due
        memory.again, memory.alone = moved, 0
        memory.looks, memory.followed, memory.status = looks, tracked.followed, status
        memory.seen = (job, status)
        self._stamp(memory, tracked, job, status, now)
        return moved

    def _stamp(self, memory: _Memory, tracked: TrackedJob, job: Optional[Job], status: str, now: float) -> None:
        """Write down what the job says of itself, when that is news or the last time is long ago."""
        pace = progress.job_pace(job) if job is not None else None
        speed, left_s = (pace.speed_bytes_per_s, pace.left_s) if pace else (None, None)
        news = (status, speed) != (tracked.status, tracked.speed_bytes_per_s)
        if news or now - memory.stamped_at >= STAMP_S:
            self._tracking.saw_job(tracked.row.id, status, speed, left_s)
            memory.stamped_at = now


def _words(party: str, former: Optional[Client], present: Client) -> str:
    status = former.status if former is not None else "not known any more"
    name = f"{former.code} ({party})" if former is not None else party
    return f"{name}, which is {status}; this machine's is {present.code} (client={present.id})"
