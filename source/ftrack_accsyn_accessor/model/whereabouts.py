"""Where a component is, where it is going to, and what keeps it: from ftrack's registrations and accsyn's jobs. Pure.

It is at a location when ftrack has it registered there, and nowhere else: that a task is done proves nothing to whoever
did not queue it. In a staging location alone it was published, and is not through.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model import progress, proof
from ftrack_accsyn_accessor.model.accsyn import Client, Job, Task
from ftrack_accsyn_accessor.model.claims import STAGING_DESCRIPTION
from ftrack_accsyn_accessor.model.item import Progress, State, Trouble

_SOURCE, _DESTINATION = "ftrack_source_location", "ftrack_destination_location"


class Presence(str, enum.Enum):
    """How it stands with a component, in one word."""

    THERE = "there"  # registered in a location that is no staging location, and nothing of it is on its way
    MOVING = "moving"
    WAITING = "waiting"  # in staging locations alone, and accsyn is not known to have it
    STUCK = "stuck"  # nothing moves any more before somebody has looked at it
    NOWHERE = "nowhere"  # ftrack has it in no location


class Place(NamedTuple):
    """An ftrack location: its id, what people call it, and whether it is the staging location of a machine."""

    id: str
    name: str
    staging: bool

    @classmethod
    def of(cls, location_id: str, name: str, description: Optional[str]) -> Place:
        """Return the place that ftrack describes."""
        return cls(location_id, name, description == STAGING_DESCRIPTION)


@dataclasses.dataclass(frozen=True)
class Move:
    """One way of a component to a place. `since` is when that began or stopped: ISO 8601, UTC; empty if not known."""

    source: str
    destination: str
    destination_id: str
    state: State
    progress: Progress
    cause: str = ""
    remedy: str = ""
    since: str = ""
    job: str = ""


@dataclasses.dataclass(frozen=True)
class Whereabouts:
    """A component, where it is (`places`; `staged`: staging locations), and its ways to elsewhere. Sizes in bytes."""

    component_id: str
    component: str
    version: str
    project: str
    size_bytes: int
    places: tuple[str, ...] = ()
    staged: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()

    @property
    def presence(self) -> Presence:
        """How it stands with it."""
        states = {move.state for move in self.moves}
        if State.NEEDS_ATTENTION in states:
            return Presence.STUCK
        if states & {State.SUBMITTED, State.TRANSFERRING}:
            return Presence.MOVING
        if states or (self.staged and not self.places):
            return Presence.WAITING
        return Presence.THERE if self.places else Presence.NOWHERE


class Sought(NamedTuple):
    """A component as it was selected. `registered` are the ids of its locations, `date` is its version's (ISO 8601)."""

    id: str
    name: str
    version: str
    project_id: str
    project: str
    size_bytes: int
    date: str
    registered: Collection[str]


# Which jobs may have something to tell.


def candidates(jobs: Iterable[Job], sought: Sequence[Sought]) -> list[Job]:
    """Return those of *jobs* that may carry any of *sought*, those that may carry most of them first."""
    ranked = [(sum(_may_carry(job, each) for each in sought), job) for job in jobs]
    return [job for count, job in sorted(ranked, key=lambda pair: -pair[0]) if count]


def _may_carry(job: Job, sought: Sought) -> bool:
    project, source = _text(job, "ftrack_project_id"), _text(job, f"{_SOURCE}_id")
    if project and sought.project_id and project != sought.project_id:
        return False
    if source and source not in sought.registered:
        return False
    destination = _text(job, f"{_DESTINATION}_id")
    return not destination or destination not in sought.registered


# What a job tells.


def move(sought: Sought, job: Job, tasks: Sequence[Task], clients: Mapping[str, Client]) -> Optional[Move]:
    """Return what *tasks*, those of a component in *job*, tell of its way; None where there is none or it is over.

    *clients* are the accsyn clients that were asked after, by id.
    """
    destination_id = _text(job, f"{_DESTINATION}_id")
    if not tasks or (destination_id and destination_id in sought.registered):
        return None
    verdict = proof.judge(tasks, True, job.status, True)
    state = verdict.state or State.SUBMITTED
    cause, remedy = _cause(verdict, job, tasks, clients)
    return Move(
        source=_text(job, f"{_SOURCE}_name") or _text(job, "ftrack_accsyn_source"),
        destination=_text(job, f"{_DESTINATION}_name") or _text(job, "ftrack_accsyn_destination"),
        destination_id=destination_id,
        state=state,
        progress=progress.measure(tasks, sought.size_bytes, job, progress.running_share(job, tasks)),
        cause=cause,
        remedy=remedy,
        since=_since(verdict, job, tasks),
        job=job.name,
    )


def _cause(verdict: proof.Verdict, job: Job, tasks: Iterable[Task], clients: Mapping[str, Client]) -> tuple[str, str]:
    if verdict.arrived:
        return "accsyn is through with it; it is not registered there yet.", "Wait a moment."
    if verdict.trouble is not None:
        remedy = progress.remedy(verdict.trouble)
        cause = progress.cause(verdict.trouble, job.name)[: -len(remedy)].rstrip()
        return cause, remedy.replace("retry it here", "retry it on the machine that sends it")
    offline = [client for client in _clients(tasks, clients) if not client.online]
    if offline:
        return f"accsyn's client {offline[0].code} is {offline[0].status}.", "Start it; what waits goes on by itself."
    if verdict.state is State.SUBMITTED:
        return "It waits in accsyn for its turn.", "Wait, or give the queue of the job a higher priority in accsyn."
    return "", ""


def _clients(tasks: Iterable[Task], clients: Mapping[str, Client]) -> list[Client]:
    ids = dict.fromkeys(client for task in tasks for client in clients_of(task))
    return [clients[client] for client in ids if client in clients]


def clients_of(task: Task) -> list[str]:
    """Return the ids of the accsyn clients at both ends of *task*, as far as accsyn tells them."""
    return [str(end["client"]) for end in (task.source, task.destination) if end.get("client")]


def _since(verdict: proof.Verdict, job: Job, tasks: Iterable[Task]) -> str:
    if verdict.trouble in (Trouble.FAILED, None) and (verdict.trouble or verdict.arrived):
        return max((task.finished for task in tasks), default="") or job.modified
    if verdict.trouble is not None:
        return job.modified
    return min((task.created for task in tasks if task.created), default="") or job.created


def _text(job: Job, name: str) -> str:
    return str(job.metadata.get(name) or "")


# All of it.


def judge(sought: Sought, places: Mapping[str, Place], moves: Iterable[Move]) -> Whereabouts:
    """Return where a component is; *places* are ftrack's locations by id, *moves* what is known of its ways.

    What is in staging locations alone, and on no known way, waits on the machine that published it.
    """
    at = [places[each] for each in sought.registered if each in places]
    elsewhere = tuple(sorted(place.name for place in at if not place.staging))
    staged = tuple(sorted(place.name for place in at if place.staging))
    known = tuple(each for each in moves if not each.destination_id or each.destination_id not in sought.registered)
    if staged and not elsewhere and not known:
        known = (_published(sought, staged[0]),)
    return Whereabouts(
        sought.id, sought.name, sought.version, sought.project, sought.size_bytes, elsewhere, staged, known
    )


def _published(sought: Sought, staging: str) -> Move:
    return Move(
        source=staging,
        destination="",
        destination_id="",
        state=State.PENDING,
        progress=Progress(0, sought.size_bytes),
        cause=f"It is staged on the machine of {staging}, and none of accsyn's sync jobs is known to carry it.",
        remedy="Ask there: ftrack-accsyn why.",
        since=sought.date,
    )
