"""Why something is not moving: one plain sentence and what to do, from all that is known. Pure.

`inquiry` gathers what is known; `explain` only judges it. The first thing that is in the way is the one that is told,
from this machine outwards: settings, disk, outbox, people, the item itself, the connection, accsyn's queue.
"""

from __future__ import annotations

import dataclasses
from typing import Callable, NamedTuple, Optional

from ftrack_accsyn_accessor.insight.absence import Absence
from ftrack_accsyn_accessor.insight.leading import Obstacle
from ftrack_accsyn_accessor.insight.remarks import Remark, Topic
from ftrack_accsyn_accessor.insight.rows import MOVING, STILL_OLDER, Row
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model import pacing
from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.settings import Problem

#: With less than this a staging disk is as good as full.
LOW_BYTES = 500_000_000
#: Within this time a process that was idle begins with an item; the oldest of them look every two seconds.
ALIVE_S = 5.0

NOTHING_TO_DO = "Nothing needs to be done."


class Answer(NamedTuple):
    """One plain sentence, and what to do."""

    sentence: str
    remedy: str


class Fault(NamedTuple):
    """An error as it is told: its kind, what is wrong, what to do."""

    kind: str
    what: str
    remedy: str


@dataclasses.dataclass(frozen=True)
class Accsyn:
    """What accsyn said a moment ago. `fault` is why it could not be asked; texts are empty where it said nothing.

    `ahead` counts the jobs that go before, `client` is this machine's.
    """

    fault: Optional[Fault] = None
    client: str = ""
    client_status: str = ""
    job_status: str = ""
    queue: str = ""
    queue_status: str = ""
    ahead: int = 0


@dataclasses.dataclass(frozen=True)
class Situation:
    """All that is known. `asked` is what somebody asked for, empty for everything; `row` the item that it is about.

    `now` is in seconds since the epoch. `summary` is None where there is no outbox, which `absence` tells then, or it
    cannot be read, as `outbox_fault` does. `unqueued` is why what was asked for could not even be queued. `outside`:
    there is an outbox without a staging area. `worker_alive` tells whether a process is at work on the outbox,
    `obstacle` whether one is in the way of it.
    """

    now: float
    asked: str = ""
    disabled: bool = False
    problems: tuple[Problem, ...] = ()
    staging_variable: str = ""
    staging_path: Optional[str] = None
    outside: bool = False
    staging_present: bool = True
    absence: Optional[Absence] = None
    outbox_fault: Optional[Fault] = None
    summary: Optional[Summary] = None
    row: Optional[Row] = None
    unqueued: Optional[Remark] = None
    worker_alive: bool = True
    obstacle: Optional[Obstacle] = None
    accsyn: Accsyn = Accsyn()


def explain(situation: Situation) -> Answer:
    """Return why what was asked for has not arrived, or that it has."""
    for rule in _RULES:
        answer = rule(situation)
        if answer is not None:
            return answer
    return Answer("It is on its way, and nothing that can be seen from here holds it back.", NOTHING_TO_DO)


# Rules, in the order in which they are tried.


def _machine(situation: Situation) -> Optional[Answer]:
    if situation.disabled:
        return Answer("The plugin is switched off by FTRACK_ACCSYN_DISABLE.", "Unset it.")
    if situation.staging_path is None and not situation.outside:
        wrong = next((each for each in situation.problems if each.variable == situation.staging_variable), None)
        what = wrong.what if wrong is not None else "is not set, so this is no staging machine."
        return Answer(f"{situation.staging_variable} {what}", "Set it to the folder that accsyn syncs, and restart.")
    return None


def _absent(situation: Situation) -> Optional[Answer]:
    absence = situation.absence
    if absence is not None:
        if absence.remarks:
            return Answer(f"{absence.what} {absence.remarks[0].what}", absence.remarks[0].remedy or absence.remedy)
        return Answer(absence.what, absence.remedy)
    if not situation.staging_present:
        return Answer(
            f"The staging area {situation.staging_path} is not there: its disk is unplugged, or another one is in its "
            "place.",
            "Plug the disk in again; what waits is sent by itself then, nothing is lost.",
        )
    return None


def _outbox(situation: Situation) -> Optional[Answer]:
    fault = situation.outbox_fault
    return Answer(fault.what, fault.remedy) if fault is not None else None


def _frozen_writer(situation: Situation) -> Optional[Answer]:
    """What cannot be queued waits for a process that is inside a write: the frozen one, as a rule."""
    found, summary = situation.obstacle, situation.summary
    known = summary.remarks if summary is not None and not situation.asked and situation.row is None else ()
    waits = situation.unqueued is not None or any(remark.topic is Topic.UNQUEUED for remark in known)
    return Answer(found.what, found.remedy) if waits and found is not None and found.frozen else None


def _unqueued(situation: Situation) -> Optional[Answer]:
    unqueued = situation.unqueued
    return Answer(unqueued.what, unqueued.remedy) if unqueued is not None else None


def _unknown(situation: Situation) -> Optional[Answer]:
    if not situation.asked or situation.row is not None:
        return None
    known = situation.summary.remarks if situation.summary is not None else ()
    others = [remark.where for remark in known if remark.topic is Topic.OTHER_AREA]
    if others:
        return Answer(
            f"Nothing that was published into {situation.staging_path} is called {situation.asked}.",
            f"This machine has other staging areas, in which something waits: {', '.join(others)}.",
        )
    return Answer(
        f"Nothing that was published or asked for on this machine is called {situation.asked}.",
        "Ask on the machine on which that was done, with a component id or the path of a staged file; "
        "ftrack-accsyn where asks for all machines.",
    )


def _outside(situation: Situation) -> Optional[Answer]:
    """Everything was asked for, and no item waits: something may nevertheless."""
    summary = situation.summary
    if situation.row is not None or summary is None:
        return None
    if summary.remarks:
        first = min(summary.remarks, key=lambda remark: not remark.unsent)
        return Answer(first.what, first.remedy)
    return Answer(summary.problem, summary.problem_remedy) if summary.problem else None


def _withdrawn(situation: Situation) -> Optional[Answer]:
    row = situation.row
    if row is None or row.state is not State.WITHDRAWN:
        return None
    return Answer(f"{_name(row)} was withdrawn: {row.cause}", row.remedy)


def _elsewhere(situation: Situation) -> Optional[Answer]:
    row = situation.row
    if row is None or row.cause_kind != Topic.OTHER_STUDIO.value:
        return None
    return Answer(f"{_name(row)} is another studio's. {row.cause}", row.remedy)


def _arrived(situation: Situation) -> Optional[Answer]:
    summary, row = situation.summary, situation.row
    there = summary.destination if summary is not None else ""
    if row is None:
        where, done = (
            (f" at {there}", "published") if there else ("", "asked for" if situation.outside else "published")
        )
        return Answer(f"Everything that was {done} on this machine has arrived{where}.", NOTHING_TO_DO)
    if row.state is not State.SYNCED:
        return None
    there = there if row.reason is Reason.PUBLISH else row.destination
    ago = duration_text(max(1.0, situation.now - (row.synced_at or row.updated_at)))
    return Answer(f"{_name(row)} has arrived{f' at {there}' if there else ''}, {ago} ago.", NOTHING_TO_DO)


def _paused(situation: Situation) -> Optional[Answer]:
    pause = situation.summary.paused if situation.summary is not None else None
    if pause is None or situation.row is None or situation.row.state is State.NEEDS_ATTENTION:
        return None
    ago = duration_text(max(1.0, situation.now - pause.at))
    return Answer(f"Syncing was paused on this machine by {pause.by}, {ago} ago.", "Resume it: ftrack-accsyn resume.")


def _frozen(situation: Situation) -> Optional[Answer]:
    found = situation.obstacle
    through = situation.accsyn.job_status in ("done", "aborted", "failed")
    if found is None or not found.frozen or not (_state(situation) is State.PENDING or through):
        return None
    return Answer(found.what, found.remedy)


def _unable(situation: Situation) -> Optional[Answer]:
    found = situation.obstacle
    if found is None or found.frozen or _state(situation) is not State.PENDING:
        return None
    return Answer(found.what, found.remedy)


def _settings(situation: Situation) -> Optional[Answer]:
    if not situation.problems or _state(situation) not in (State.PENDING, State.SUBMITTED, State.TRANSFERRING):
        return None
    first = situation.problems[0]
    more = f" (and {len(situation.problems) - 1} more; see: ftrack-accsyn doctor)" if situation.problems[1:] else ""
    return Answer(f"{first.variable} {first.what}{more}", first.remedy)


def _attention(situation: Situation) -> Optional[Answer]:
    row = situation.row
    if row is None or row.state is not State.NEEDS_ATTENTION:
        return None
    again = f" It is tried again in {_in(row.next_try_at, situation.now)}." if row.next_try_at else ""
    return Answer(f"{_name(row)} needs attention: {row.cause}{again}", row.remedy or "Put that right, then retry it.")


def _reach(situation: Situation) -> Optional[Answer]:
    fault = situation.accsyn.fault
    if fault is None or _state(situation) is State.PREPARED:
        return None
    return Answer(fault.what, fault.remedy or "It is tried again by itself.")


def _prepared(situation: Situation) -> Optional[Answer]:
    if _state(situation) is not State.PREPARED:
        return None
    return Answer(
        f"{_name(situation.row)} is being registered in ftrack by the application that publishes it.",
        "Wait a moment; if that application is gone, the next one with the plugin asks ftrack what became of it.",
    )


def _delayed(situation: Situation) -> Optional[Answer]:
    row = situation.row
    if row is None or row.state is not State.PENDING or not row.cause or not row.next_try_at:
        return None
    again = f"It is tried again in {_in(row.next_try_at, situation.now)}."
    return Answer(f"{_name(row)} waits: {row.cause} {again}", row.remedy or NOTHING_TO_DO)


def _nobody(situation: Situation) -> Optional[Answer]:
    row = situation.row
    if row is None or situation.worker_alive or 0 <= situation.now - row.updated_at < ALIVE_S:
        return None
    if row.state is State.PENDING:
        what = "has not been handed to accsyn, because no application with the plugin runs on this machine"
    elif situation.accsyn.job_status in ("done", "aborted"):
        what = "is through in accsyn, but no application with the plugin runs on this machine that would take note"
    else:
        return None
    return Answer(f"{_name(row)} {what}.", "Start Connect or another one, or run: ftrack-accsyn drain.")


def _burst(situation: Situation) -> Optional[Answer]:
    row = situation.row
    if row is None or row.state is not State.PENDING:
        return None
    done = "published" if row.reason is Reason.PUBLISH else "asked for"
    now = f"was {done} a moment ago and" if _settling(row, situation.now) else "is the worker's next work: it"
    return Answer(f"{_name(row)} {now} is sent in a moment.", "Wait a moment.")


def _client(situation: Situation) -> Optional[Answer]:
    accsyn = situation.accsyn
    if accsyn.client_status in ("", "online", "enabled"):
        return None
    remedy = "Start accsyn's desktop app or daemon on this machine and check that it is logged in."
    status = accsyn.client_status
    if status.startswith("disabled"):
        status, remedy = "disabled", "Have an accsyn administrator enable it."
    return Answer(f"accsyn's client on this machine ({accsyn.client}) is {status}, so nothing leaves it.", remedy)


def _job(situation: Situation) -> Optional[Answer]:
    row, accsyn = situation.row, situation.accsyn
    if row is None:
        return None
    if accsyn.job_status == "paused" and situation.summary is not None and situation.summary.resuming:
        return Answer(f'The sync job "{row.job}" is being resumed in accsyn.', "Wait a moment.")
    if accsyn.job_status == "paused":
        return Answer(f'The sync job "{row.job}" is paused in accsyn.', "Resume the job in accsyn.")
    if accsyn.queue_status == "paused":
        return Answer(f'The queue "{accsyn.queue}" of the sync job is paused in accsyn.', "Resume the queue in accsyn.")
    if row.cause:
        return Answer(f"{_name(row)}: {row.cause}", row.remedy or "It is tried again by itself.")
    if accsyn.job_status == "failed":
        return Answer(
            f'accsyn could not transfer everything in the sync job "{row.job}"; what of {_name(row)} failed is '
            "noticed within seconds while an application with the plugin runs.",
            "See ftrack-accsyn status.",
        )
    return None


def _older(situation: Situation) -> Optional[Answer]:
    row = situation.row
    if row is None or row.state not in MOVING or not row.waits_for_older:
        return None
    return Answer(f"{_name(row)} was published anew: {STILL_OLDER}", NOTHING_TO_DO)


def _waiting(situation: Situation) -> Optional[Answer]:
    row, accsyn = situation.row, situation.accsyn
    if row is None or row.state is not State.SUBMITTED:
        return None
    if accsyn.ahead:
        jobs = "1 other job" if accsyn.ahead == 1 else f"{accsyn.ahead} other jobs"
        return Answer(
            f'{_name(row)} waits in accsyn\'s queue "{accsyn.queue}" behind {jobs} between the same two places.',
            "Wait, or give its queue a higher priority in accsyn.",
        )
    return Answer(f"{_name(row)} is in accsyn and is about to be transferred.", "Wait a moment.")


def _moving(situation: Situation) -> Optional[Answer]:
    row = situation.row
    if row is None or row.state is not State.TRANSFERRING:
        return None
    done = f"{row.percent} % of {size_text(row.size_bytes)} transferred"
    done += f" at {size_text(row.speed_bytes_per_s)}/s" if row.speed_bytes_per_s else ""
    done += f", {duration_text(row.time_left_s)} left" if row.time_left_s is not None else ""
    return Answer(f"{_name(row)} is moving: {done}.", NOTHING_TO_DO)


def _disk(situation: Situation) -> Optional[Answer]:
    summary = situation.summary
    if situation.asked or summary is None or summary.free_bytes is None or summary.free_bytes >= LOW_BYTES:
        return None
    what = f"The disk of the staging area {situation.staging_path} is full: {size_text(summary.free_bytes)} are free."
    return Answer(what, "Free some space: ftrack-accsyn clean removes what has arrived.")


_RULES: tuple[Callable[[Situation], Optional[Answer]], ...] = (
    _machine,
    _absent,
    _outbox,
    _frozen_writer,
    _unqueued,
    _unknown,
    _disk,
    _outside,
    _arrived,
    _withdrawn,
    _attention,
    _elsewhere,
    _paused,
    _frozen,
    _settings,
    _prepared,
    _reach,
    _unable,
    _delayed,
    _nobody,
    _burst,
    _client,
    _job,
    _older,
    _waiting,
    _moving,
)


def _state(situation: Situation) -> Optional[State]:
    return situation.row.state if situation.row is not None else None


def _settling(row: Row, now: float) -> bool:
    return 0 <= now - row.updated_at < pacing.QUIET_S + 1.0


def _name(row: Optional[Row]) -> str:
    return " ".join(filter(None, (row.project, row.version, row.component))) if row is not None else "It"


def _in(at: Optional[float], now: float) -> str:
    return duration_text(max(1.0, (at or now) - now))
