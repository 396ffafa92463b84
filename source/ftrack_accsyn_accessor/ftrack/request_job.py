"""Shows requests in ftrack: a Job of the requester's while one is on its way, and one message at its end."""

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
from ftrack_accsyn_accessor.model.item import Item, State, Studio, label
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.request import Request, RequestState, Standing
from ftrack_accsyn_accessor.model.retry import Outage
from ftrack_accsyn_accessor.outbox.requests import Requests

logger = logging.getLogger(__name__)

#: A Job is updated at most this often.
UPDATE_S = 5.0
#: Others take a Job that was not written to for a quarter of an hour for dead, and fail it.
ALIVE_S = 240.0
#: Causes named at the end.
CAUSES = 3

RUNNING, DONE, FAILED = "running", "done", "failed"
#: A Job is known by its request: whoever goes on with it, after whatever end of a process, finds the same one.
_JOBS = uuid.UUID("0b1f2d7c-51a5-5f0e-8f0b-7c2a3a4b9d11")


class RequestJobs:
    """One ftrack Job for each request, until its end was told. For one thread only."""

    def __init__(
        self,
        requests: Requests,
        studio: Studio,
        connection: FtrackConnection,
        notices: Notices,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._requests = requests
        self._studio = studio
        self._connection = connection
        self._notices = notices
        self._monotonic = monotonic
        self._shown: dict[str, tuple[str, str]] = {}
        self._shown_at: dict[str, float] = {}
        self._users: dict[str, str] = {}
        self._outage = Outage()
        self._recovered = 0

    def report(self) -> Optional[float]:
        """Bring ftrack up to date; return the seconds until there is more to say, None while no request is open.

        May raise `errors.OutboxError`.
        """
        standings = self._requests.open(self._studio)
        if not standings:
            return None
        if self._connection.recovered != self._recovered:
            self._outage.end_early()
        pause_s = self._outage.remaining_s(self._monotonic())
        if pause_s:
            return pause_s
        for standing in standings:
            try:
                self._report(standing)
            except errors.RegistrationError as error:
                logger.debug("The progress of requests cannot be shown in ftrack: %s", error)
                self._recovered = self._connection.recovered
                return self._outage.failed(error, self._monotonic(), random.random())  # noqa: S311 - jitter
        self._outage.over()
        return UPDATE_S

    def _report(self, standing: Standing) -> None:
        job_id = standing.ftrack_job or str(uuid.uuid5(_JOBS, standing.request.token))
        causes = self._requests.causes(standing.id, CAUSES)
        # What needs attention of a cancelled one is about to be withdrawn.
        withdrawing = standing.cancelled_at is not None and standing.counts.get(State.NEEDS_ATTENTION, 0)
        if standing.state in (RequestState.WAITING, RequestState.MOVING) or withdrawing:
            self._show(job_id, RUNNING, f"{title(standing.request)}: {moving_text(standing, causes)}", standing)
            return
        status = DONE if standing.state is RequestState.DONE else FAILED
        text = f"{title(standing.request)}: {ended_text(standing, causes)}"
        self._show(job_id, status, text, standing)
        self._requests.told(standing.id, text, job_id, ended=True)
        self._shown.pop(job_id, None)
        user_id = self._user_id(standing.request)
        if user_id and text != standing.noted:  # one that ended as it did before is no news
            self._notices.message(user_id, f"accsyn, {text}", status == DONE)

    def _show(self, job_id: str, status: str, text: str, standing: Standing) -> None:
        """Write status and text to the ftrack Job, unless it has them, or a while has not passed yet."""
        since_s = self._monotonic() - self._shown_at.get(job_id, -ALIVE_S)
        before = self._shown.get(job_id)
        if (before == (status, text) and since_s < ALIVE_S) or (status == RUNNING and since_s < UPDATE_S):
            return
        try:
            self._write(job_id, status, text, standing)
        except errors.RegistrationRefused as error:
            logger.debug("The Job %s is not shown in ftrack any more: %s", job_id, error)
        self._shown[job_id] = (status, text)
        self._shown_at[job_id] = self._monotonic()

    def _write(self, job_id: str, status: str, text: str, standing: Standing) -> None:
        """Update the Job, or create it. ftrack shows the description in the Job's data."""
        values = {"status": status, "data": json.dumps({"description": text, "request": standing.request.token})}
        if job_id in self._shown or self._connection.query(f'select id from Job where id is "{job_id}"'):  # noqa: S608
            self._connection.update("Job", job_id, values)
            return
        user_id = self._user_id(standing.request)
        if user_id:
            self._connection.create("Job", [{"id": job_id, "type": "api_job", "user_id": user_id, **values}])
            self._requests.told(standing.id, standing.noted, job_id)

    def _user_id(self, request: Request) -> str:
        """Return ftrack's id of the requester; empty where ftrack has none."""
        if request.user_id:
            return request.user_id
        name = request.username
        if name not in self._users:
            rows = self._connection.query(f"select id from User where username is {quoted([name])}")  # noqa: S608
            self._users[name] = str(rows[0]["id"]) if rows else ""
        return self._users[name]


def title(request: Request) -> str:
    """Return what people call a request: "send plate v003 and 11 more, studio.hq > london"."""
    ends = (request.source, request.destination)
    names = " > ".join(end.location_name or end.party for end in ends)
    return ", ".join(filter(None, (" ".join(filter(None, (request.reason.value, request.words))), names)))


def moving_text(standing: Standing, causes: Sequence[Item] = ()) -> str:
    """Return how far a request is: "3 of 12 there, 25 %, 110 MB/s, 3 min left"."""
    parts = [_there(standing)]
    if standing.size_bytes:
        parts.append(f"{100 * standing.done_bytes // standing.size_bytes} %")
    if standing.speed_bytes_per_s:
        parts.append(f"{size_text(standing.speed_bytes_per_s)}/s")
        left_bytes = standing.size_bytes - standing.done_bytes
        parts.append(f"{duration_text(left_bytes / standing.speed_bytes_per_s)} left")
    if standing.cancelled_at is not None:
        parts.append("cancelled: what had begun goes on")
    attention = standing.counts.get(State.NEEDS_ATTENTION, 0)
    if attention:
        parts.append(f"{attention} {'needs' if attention == 1 else 'need'} attention")
    text = ", ".join(parts)
    return f"{text}. {_cause(causes[0])}" if causes else text


def ended_text(standing: Standing, causes: Sequence[Item] = ()) -> str:
    """Return how a request ended, with the first of each kind of cause."""
    attention, withdrawn = (standing.counts.get(state, 0) for state in (State.NEEDS_ATTENTION, State.WITHDRAWN))
    parts = [f"{_there(standing)} ({size_text(standing.done_bytes)})"]
    if attention:
        parts.append(f"{attention} {'needs' if attention == 1 else 'need'} attention")
    if withdrawn:
        parts.append(f"{withdrawn} {'cancelled' if standing.cancelled_at is not None else 'withdrawn'}")
    return " ".join([", ".join(parts) + ".", *map(_cause, causes)])


def _there(standing: Standing) -> str:
    return f"{standing.counts.get(State.SYNCED, 0)} of {standing.items} there"


def _cause(item: Item) -> str:
    return f"{label(item)}: {item.cause}"
