"""Shows the rounds of sync jobs in ftrack: a Job while items are on their way, one message when all are through."""

from __future__ import annotations

import json
import logging
import random
import time
import uuid
from collections.abc import Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Item, label
from ftrack_accsyn_accessor.model.progress import duration_text, size_text, stays
from ftrack_accsyn_accessor.model.retry import Outage
from ftrack_accsyn_accessor.outbox.tracking import Tally, TrackedJob, Tracking

logger = logging.getLogger(__name__)

#: A Job is updated at most this often.
UPDATE_S = 5.0

RUNNING, DONE, FAILED = "running", "done", "failed"


class FtrackJobs:
    """One ftrack Job for each sync job with items on their way. For one thread only."""

    def __init__(
        self,
        tracking: Tracking,
        connection: FtrackConnection,
        notices: Notices,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tracking = tracking
        self._connection = connection
        self._notices = notices
        self._monotonic = monotonic
        self._shown: dict[str, tuple[str, str]] = {}
        self._shown_at: dict[str, float] = {}
        self._new: set[str] = set()
        self._given_up: set[str] = set()
        self._users: dict[str, str] = {}
        self._outage = Outage()
        self._recovered = 0

    def begin(self) -> None:
        """Begin the rounds of sync jobs that have items on their way. Asks nobody.

        A failed round is taken up again when all that had failed in it is on its way.
        """
        for tracked in self._tracking.rounds():
            if tracked.round_status != RUNNING:
                again = tracked.round_status == FAILED and not self._tracking.needing_attention(tracked.row.id)
                job_id = tracked.ftrack_job if again else str(uuid.uuid4())
                self._tracking.round_begun(tracked.row.id, job_id)
                if not again:
                    self._new.add(job_id)

    def report(self) -> Optional[float]:
        """Bring ftrack up to date; return the seconds until there is more to say, None while no round is open."""
        open_rounds = [tracked for tracked in self._tracking.rounds() if tracked.round_status == RUNNING]
        if not open_rounds:
            return None
        if self._connection.recovered != self._recovered:
            self._outage.end_early()
        pause_s = self._outage.remaining_s(self._monotonic())
        if pause_s:
            return pause_s
        for tracked in open_rounds:
            try:
                self._report(tracked)
            except errors.RegistrationError as error:
                logger.debug("The progress of sync jobs cannot be shown in ftrack: %s", error)
                self._recovered = self._connection.recovered
                return self._outage.failed(error, self._monotonic(), random.random())  # noqa: S311 - jitter
        self._outage.over()
        return UPDATE_S

    def _report(self, tracked: TrackedJob) -> None:
        since = tracked.round_at or 0.0
        tally = self._tracking.tally(tracked.row.id, since)
        publishers = self._tracking.publishers(tracked.row.id, since)
        if tally.moving:
            self._show(tracked.ftrack_job, RUNNING, f"{tracked.row.name}: {moving_text(tally, tracked)}", publishers)
            return
        status = FAILED if tally.attention else DONE
        stopped = self._tracking.first_stopped(tracked.row.id, since)
        left_over = self._tracking.left_over(tracked.row.id, since)
        text = ended_text(tally, stopped.cause if stopped is not None else "", left_over)
        self._show(tracked.ftrack_job, status, f"{tracked.row.name}: {text}", publishers)
        news = f"{tally.attention}, first {stopped.id}: {stopped.cause}" if stopped is not None else ""
        if tally.items and (status == DONE or news != tracked.noted):
            for user_id in filter(None, map(self._user_id, publishers)):
                self._notices.message(user_id, f"accsyn, {tracked.row.name}: {text}", status == DONE)
        self._tracking.round_closed(tracked.row.id, status, news)
        self._forget(tracked.ftrack_job)

    def _show(self, job_id: str, status: str, text: str, publishers: list[str]) -> None:
        """Write status and text to the ftrack Job, unless it has them, or a while has not passed yet."""
        before = self._shown.get(job_id)
        due = self._monotonic() - self._shown_at.get(job_id, -UPDATE_S) >= UPDATE_S
        if job_id in self._given_up or before == (status, text) or (status == RUNNING and not due):
            return
        try:
            self._write(job_id, status, text, publishers)
        except errors.RegistrationRefused as error:
            logger.debug("The Job %s is not shown in ftrack any more: %s", job_id, error)
            self._given_up.add(job_id)
        self._shown[job_id] = (status, text)
        self._shown_at[job_id] = self._monotonic()

    def _write(self, job_id: str, status: str, text: str, publishers: list[str]) -> None:
        """Update the Job, or create it. ftrack shows the description in the Job's data."""
        values = {"status": status, "data": json.dumps({"description": text})}
        if self._exists(job_id):
            self._connection.update("Job", job_id, values)
        elif publishers:
            user_id = self._user_id(publishers[0])
            self._connection.create("Job", [{"id": job_id, "type": "api_job", "user_id": user_id, **values}])

    def _exists(self, job_id: str) -> bool:
        """Whether ftrack has the Job: this process knows it of those that it has begun or shown."""
        if job_id in self._shown or job_id in self._new:
            return job_id in self._shown
        return bool(self._connection.query(f'select id from Job where id is "{job_id}"'))  # noqa: S608

    def _user_id(self, username: str) -> str:
        if username not in self._users:
            rows = self._connection.query(f"select id from User where username is {quoted([username])}")  # noqa: S608
            self._users[username] = str(rows[0]["id"]) if rows else ""
        return self._users[username]

    def _forget(self, job_id: str) -> None:
        self._shown.pop(job_id, None)
        self._shown_at.pop(job_id, None)
        self._new.discard(job_id)
        self._given_up.discard(job_id)


def moving_text(tally: Tally, tracked: TrackedJob) -> str:
    """Return how far a round is: "12 of 48 files, 25 %, 110 MB/s, 3 min left"."""
    parts = [_files(tally), f"{tally.progress.percent} %"]
    if tracked.speed_bytes_per_s:
        parts.append(f"{size_text(tracked.speed_bytes_per_s)}/s")
        left_bytes = tally.progress.size_bytes - tally.progress.done_bytes
        parts.append(f"{duration_text(left_bytes / tracked.speed_bytes_per_s)} left")
    if tally.attention:
        parts.append(f"{tally.attention} need attention")
    if tally.withdrawn:
        parts.append(f"{tally.withdrawn} withdrawn")
    if tracked.status == "paused":
        parts.append("paused in accsyn")
    return ", ".join(parts)


def ended_text(tally: Tally, first_cause: str, left_over: Sequence[Item] = ()) -> str:
    """Return how a round ended; *left_over* are the items of whose earlier content something stays there."""
    if not tally.items:
        return "published anew"
    withdrawn = f"{tally.withdrawn} of {tally.items} components withdrawn, as ftrack does not have them any more"
    if tally.withdrawn == tally.items:
        return withdrawn
    size = size_text(tally.progress.size_bytes)
    parts = [f"{_files(tally)} synced" if tally.attention else f"{_files(tally)} ({size}) synced"]
    if tally.withdrawn:
        parts.append(withdrawn)
    if tally.attention:
        parts.append(f"{tally.attention} of {tally.items} components need attention. {first_cause}")
    if left_over:
        parts.append(_stays(left_over))
    return "; ".join(parts)


def _stays(left_over: Sequence[Item]) -> str:
    """Return what of earlier contents stays at the destination, of many components that of the first."""
    text = f"{label(left_over[0])}: {stays(left_over[0].left_over)}"
    return f"{text} (and {len(left_over) - 1} more such components)" if left_over[1:] else text


def _files(tally: Tally) -> str:
    return f"{tally.done_files} of {tally.files} {'file' if tally.files == 1 else 'files'}"
