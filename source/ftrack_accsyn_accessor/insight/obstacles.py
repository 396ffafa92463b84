"""What may be in the way of many items at once, from this machine outwards: disk, people, settings, accsyn. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Callable, NamedTuple

from ftrack_accsyn_accessor.insight.leading import NOBODY, NOBODY_REMEDY
from ftrack_accsyn_accessor.insight.rows import MOVING, UNSENT, Row, is_others
from ftrack_accsyn_accessor.insight.situation import Situation
from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.model.progress import duration_text

#: Statuses in which a sync job waits for somebody who takes note.
_THROUGH = ("done", "aborted", "failed")
_READY = ("", "online", "enabled")


class InTheWay(NamedTuple):
    """Something in the way of all items for which `holds` is true; kind, sentence and remedy as in a `Cause`."""

    kind: str
    sentence: str
    remedy: str
    holds: Callable[[Row], bool]


def in_the_way(situation: Situation) -> Iterator[InTheWay]:
    """Yield all that is in the way of anything, the nearest to this machine first."""
    for rule in (_unplugged, _paused, _frozen, _settings, _reach, _unable, _nobody, _client, _jobs, _queues):
        yield from rule(situation)


def waits(situation: Situation, row: Row) -> bool:
    """Whether *row* is on its way; what needs attention is so once it is tried again, which matters to who asks."""
    if is_others(row):
        return False
    return row.state in (State.PENDING, *MOVING) or (bool(situation.asked) and row.state is State.NEEDS_ATTENTION)


def _unplugged(situation: Situation) -> Iterator[InTheWay]:
    if not situation.staging_present:
        yield InTheWay(
            "unplugged",
            f"The staging area {situation.staging_path} is not there: its disk is unplugged, or another one is in its "
            "place.",
            "Plug the disk in again; what waits is sent by itself then, nothing is lost.",
            lambda row: row.state not in (State.SYNCED, State.WITHDRAWN) and row.reason is Reason.PUBLISH,
        )


def _paused(situation: Situation) -> Iterator[InTheWay]:
    pause = situation.summary.paused if situation.summary is not None else None
    if pause is not None:
        ago = duration_text(max(1.0, situation.now - pause.at))
        yield InTheWay(
            "paused",
            f"Syncing was paused on this machine by {pause.by}, {ago} ago.",
            "Resume it: ftrack-accsyn resume.",
            lambda row: waits(situation, row),
        )


def _frozen(situation: Situation) -> Iterator[InTheWay]:
    found = situation.obstacle
    if found is not None and found.frozen:
        yield InTheWay(
            "frozen",
            found.what,
            found.remedy,
            lambda row: waits(situation, row) and (row.state is State.PENDING or _status(situation, row) in _THROUGH),
        )


def _settings(situation: Situation) -> Iterator[InTheWay]:
    if situation.problems:
        first, others = situation.problems[0], len(situation.problems) - 1
        more = f" (and {others} more; see: ftrack-accsyn doctor)" if others else ""
        sentence = f"{first.variable} {first.what}{more}"
        yield InTheWay("settings", sentence, first.remedy, lambda row: waits(situation, row))


def _reach(situation: Situation) -> Iterator[InTheWay]:
    fault = situation.accsyn.fault
    if fault is not None:
        remedy = fault.remedy or "It is tried again by itself."
        yield InTheWay(fault.kind, fault.what, remedy, lambda row: waits(situation, row))


def _unable(situation: Situation) -> Iterator[InTheWay]:
    found, fault = situation.obstacle, situation.accsyn.fault
    known = situation.problems or (found is not None and fault is not None and fault.kind == found.leader.kind)
    if found is not None and not found.frozen and not known:
        yield InTheWay("unable", found.what, found.remedy, lambda row: _is_pending(row))


def _nobody(situation: Situation) -> Iterator[InTheWay]:
    if situation.summary is not None and situation.summary.unattended:
        states = (*UNSENT, *MOVING)
        yield InTheWay("nobody", NOBODY, NOBODY_REMEDY, lambda row: row.state in states and not is_others(row))


def _client(situation: Situation) -> Iterator[InTheWay]:
    accsyn = situation.accsyn
    if accsyn.client_status in _READY:
        return
    remedy = "Start accsyn's desktop app or daemon on this machine and check that it is logged in."
    status = accsyn.client_status
    if status.startswith("disabled"):
        status, remedy = "disabled", "Have an accsyn administrator enable it."
    yield InTheWay(
        "client",
        f"accsyn's client on this machine ({accsyn.client}) is {status}, so nothing leaves it.",
        remedy,
        lambda row: waits(situation, row) and row.reason is Reason.PUBLISH,
    )


def _jobs(situation: Situation) -> Iterator[InTheWay]:
    summary = situation.summary
    if summary is not None and summary.paused is not None:
        return  # they stand still because of that, and are resumed with it
    for job_id, place in situation.accsyn.jobs.items():
        if place.status != "paused":
            continue
        name = next((each.row.job for each in situation.alike if each.row.job_id == job_id), "")
        text, remedy = f'The sync job "{name}" is paused in accsyn.', "Resume the job in accsyn."
        if summary is not None and summary.resuming:
            text, remedy = f'The sync job "{name}" is being resumed in accsyn.', "Wait a moment."
        yield InTheWay("job-paused", text, remedy, lambda row, job_id=job_id: _moves_in(row, (job_id,)))  # type: ignore[misc]


def _queues(situation: Situation) -> Iterator[InTheWay]:
    jobs = situation.accsyn.jobs
    for queue in dict.fromkeys(place.queue for place in jobs.values() if place.queue_status == "paused"):
        inside = [job_id for job_id, place in jobs.items() if place.queue == queue and place.status != "paused"]
        yield InTheWay(
            "queue-paused",
            f'The queue "{queue}" of the sync job is paused in accsyn.',
            "Resume the queue in accsyn.",
            lambda row, inside=inside: _moves_in(row, inside),  # type: ignore[misc]
        )


def _is_pending(row: Row) -> bool:
    return row.state is State.PENDING and not is_others(row)


def _moves_in(row: Row, job_ids: object) -> bool:
    return row.state in MOVING and row.job_id in job_ids  # type: ignore[operator]


def _status(situation: Situation, row: Row) -> str:
    place = situation.accsyn.jobs.get(row.job_id)
    return place.status if place is not None and row.state in MOVING else ""
