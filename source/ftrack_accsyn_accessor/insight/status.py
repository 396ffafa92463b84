"""The one snapshot of an outbox that all faces show. Pure reading; nothing of ftrack or accsyn is asked.

Any thread may call these functions; each may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`. Sizes are in
bytes, times in seconds since the epoch, durations in seconds.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Collection, Mapping
from typing import Optional

from ftrack_accsyn_accessor.model import progress
from ftrack_accsyn_accessor.model.entry import NOT_BY_ITSELF, Kind, State, Trouble
from ftrack_accsyn_accessor.outbox import Outbox, damage
from ftrack_accsyn_accessor.outbox.control import STILL, Pause
from ftrack_accsyn_accessor.outbox.facts import Contact, Endpoint, Place, kept
from ftrack_accsyn_accessor.outbox.survey import Found, Totals
from ftrack_accsyn_accessor.staging.area import STATE_FOLDER

#: Not in accsyn yet: a host that quits now leaves them to the next one.
UNSENT = (State.PREPARED, State.PENDING)
MOVING = (State.SUBMITTED, State.TRANSFERRING)

_TROUBLES = {trouble.value: trouble for trouble in Trouble}


@dataclasses.dataclass(frozen=True)
class Summary:
    """Everything at a glance.

    `pending` entries are not in accsyn yet, `moving` ones are, `stuck` ones need attention. `total_bytes` is the size
    of what is pending or moving and of what has arrived since that began; `done_bytes` of it have been transferred.
    `speed_bytes_per_s` and `time_left_s` are None while nothing moves.

    `safe_to_quit` tells whether the application may be closed without leaving anything behind that accsyn does not have
    yet. `all_arrived` tells whether even the machine may be switched off: nothing is pending, moving or stuck.

    `pausing` tells that the outbox is paused, but not all running jobs are in accsyn yet, `resuming` that it is not
    paused any more, but jobs in accsyn still are. `held` tells that all of what is moving stands still, because its
    sync jobs were paused in accsyn itself. `staging_present` is False while the staging disk is unplugged; `free_bytes`
    is None then.
    """

    counts: Mapping[State, int]
    sizes_bytes: Mapping[State, int]
    pending: int
    moving: int
    stuck: int
    synced: int
    total_bytes: int
    done_bytes: int
    speed_bytes_per_s: Optional[float]
    time_left_s: Optional[float]
    safe_to_quit: bool
    safe_reason: str
    all_arrived: bool
    paused: Optional[Pause]
    pausing: bool
    resuming: bool
    problem: str
    problem_remedy: str
    location_name: str
    staging_path: str
    staging_present: bool
    free_bytes: Optional[int]
    destination: str
    endpoint: Endpoint
    contact: Contact
    outbox_path: str
    held: bool = False

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return sum(self.counts.values())

    @property
    def left_bytes(self) -> int:
        """What has still to be transferred of what is pending or moving."""
        return self.total_bytes - self.done_bytes

    @property
    def percent(self) -> Optional[int]:
        """Whole percents of `total_bytes`, rounded down; 100 when all has arrived, None when the rest is stuck."""
        if self.pending or self.moving:
            return 100 * self.done_bytes // self.total_bytes if self.total_bytes else 0
        return None if self.stuck else 100


@dataclasses.dataclass(frozen=True)
class Row:
    """One entry as it is shown.

    `files_done` of `files` are through; for one that moves that is an estimate by bytes. `cause` says why it waits,
    `remedy` what to do. `percent` is of its bytes. `next_try_at` is None where nothing is tried again by itself.
    """

    entry_id: int
    component_id: str
    component: str
    version_id: str
    version: str
    project_id: str
    project: str
    kind: Kind
    resource_identifier: str
    user: str
    files: int
    files_done: int
    size_bytes: int
    done_bytes: int
    percent: int
    speed_bytes_per_s: Optional[float]
    time_left_s: Optional[float]
    state: State
    cause_kind: str
    cause: str
    remedy: str
    attempts: int
    job: str
    job_id: str
    job_status: str
    created_at: float
    updated_at: float
    synced_at: Optional[float]
    next_try_at: Optional[float]


def summary(outbox: Outbox) -> Summary:
    """Return the outbox at a glance."""
    totals = outbox.survey.totals()
    done_before_bytes, speed = outbox.survey.round()
    under_way = [totals[state] for state in (*UNSENT, *MOVING)]
    total_bytes = done_before_bytes + sum(each.size_bytes for each in under_way)
    done_bytes = done_before_bytes + sum(each.done_bytes for each in under_way)
    place, endpoint, contact = _place(outbox), kept(outbox, Endpoint), kept(outbox, Contact)
    pending, moving, stuck = _groups(totals)
    problem, remedy = _problem(outbox, contact, waiting=bool(pending or moving))
    staging_present, free_bytes = _disk(place.staging_path)
    paused = outbox.control.paused()
    resuming = paused is None and bool(outbox.control.paused_jobs())
    held = bool(moving) and paused is None and not resuming and outbox.survey.all_held()
    safe, reason = _safety(pending, moving, stuck, paused is not None, held)
    if problem and not (pending or moving or stuck):
        reason = "What the present outbox knows of has arrived."
    return Summary(
        counts={state: each.count for state, each in totals.items()},
        sizes_bytes={state: each.size_bytes for state, each in totals.items()},
        pending=pending,
        moving=moving,
        stuck=stuck,
        synced=totals[State.SYNCED].count,
        total_bytes=total_bytes,
        done_bytes=done_bytes,
        speed_bytes_per_s=speed,
        time_left_s=(total_bytes - done_bytes) / speed if speed else None,
        safe_to_quit=safe,
        safe_reason=reason,
        all_arrived=not (pending or moving or stuck),
        paused=paused,
        pausing=paused is not None and _still_running(outbox),
        resuming=resuming,
        problem=problem,
        problem_remedy=remedy,
        location_name=place.location_name,
        staging_path=place.staging_path,
        staging_present=staging_present,
        free_bytes=free_bytes,
        destination=endpoint.destination or endpoint.party,
        endpoint=endpoint,
        contact=contact,
        outbox_path=str(outbox.path),
        held=held,
    )


def rows(
    outbox: Outbox, states: Collection[State] = (), search: str = "", limit: int = 100, offset: int = 0
) -> list[Row]:
    """Return a page of the entries in *states* (none named: all), those that need attention first, then the newest.

    Every word of *search* has to occur in a row's component, version, project, path, user or cause, in any case.
    """
    return [row(found) for found in outbox.survey.page(states, search, limit, offset)]


def count(outbox: Outbox, states: Collection[State] = (), search: str = "") -> int:
    """Return how many rows `rows` would give without a limit."""
    return outbox.survey.count(states, search)


def latest(outbox: Outbox, limit: int = 20) -> list[Row]:
    """Return the entries that changed last, the latest first."""
    return [row(found) for found in outbox.survey.latest(limit)]


def find(outbox: Outbox, text: str) -> Optional[Row]:
    """Return the newest entry of the component with the id *text*, or with the staged file at the path *text*.

    A path may be absolute, or relative to the staging area.
    """
    found = outbox.survey.of_component(text)
    if found:
        return row(found[0])
    path = relative_path(outbox, text)
    by_path = outbox.survey.of_path(path) if path else None
    return row(by_path) if by_path is not None else None


def of_version(outbox: Outbox, version_id: str) -> list[Row]:
    """Return the entries of an asset version, the newest first."""
    return [row(found) for found in outbox.survey.of_version(version_id)]


def row(found: Found) -> Row:
    """Return *found* as it is shown."""
    entry = found.entry
    publication = entry.publication
    cause, remedy = _told(found)
    waits = entry.state in (State.PENDING, State.NEEDS_ATTENTION) and (entry.next_try_at or 0) < NOT_BY_ITSELF
    return Row(
        entry_id=entry.id,
        component_id=publication.component_id,
        component=publication.component_name,
        version_id=publication.version_id,
        version=publication.version_name,
        project_id=publication.project_id,
        project=publication.project_name,
        kind=publication.kind,
        resource_identifier=publication.resource_identifier,
        user=publication.username,
        files=found.file_count,
        files_done=_files_done(found),
        size_bytes=entry.progress.size_bytes,
        done_bytes=entry.progress.done_bytes,
        percent=100 if entry.state is State.SYNCED else entry.progress.percent,
        speed_bytes_per_s=entry.progress.speed_bytes_per_s,
        time_left_s=entry.progress.left_s,
        state=entry.state,
        cause_kind=entry.cause_kind,
        cause=cause,
        remedy=remedy,
        attempts=entry.attempts,
        job=found.job_name,
        job_id=found.job_id,
        job_status=found.job_status,
        created_at=entry.created_at,
        updated_at=entry.updated_at,
        synced_at=entry.synced_at,
        next_try_at=entry.next_try_at if waits else None,
    )


def _files_done(found: Found) -> int:
    entry = found.entry
    if entry.state is State.SYNCED or entry.arrived_at is not None:
        return found.file_count
    size_bytes = entry.progress.size_bytes
    return found.file_count * entry.progress.done_bytes // size_bytes if size_bytes else 0


def _told(found: Found) -> tuple[str, str]:
    """Return the cause and the remedy, apart."""
    trouble = _TROUBLES.get(found.entry.cause_kind)
    if found.remedy or trouble is None:
        return found.cause, found.remedy
    remedy = progress.remedy(trouble)
    return found.cause[: -len(remedy)].rstrip() if found.cause.endswith(remedy) else found.cause, remedy


def _problem(outbox: Outbox, contact: Contact, waiting: bool) -> tuple[str, str]:
    """Return what is wrong with everything, or else with the entry that met a problem last."""
    if contact.what and waiting:
        return contact.what, contact.remedy
    last = outbox.survey.last_cause()
    return _told(last) if last is not None else _damage(outbox)


def _damage(outbox: Outbox) -> tuple[str, str]:
    """Return what is to be said as long as a damaged outbox lies beside the present one."""
    kept = damage.kept_aside(outbox.path)
    return (f"An earlier outbox was damaged and is kept as {kept[-1].name}.", damage.REMEDY) if kept else ("", "")


def _groups(totals: Mapping[State, Totals]) -> tuple[int, int, int]:
    pending = sum(totals[state].count for state in UNSENT)
    return pending, sum(totals[state].count for state in MOVING), totals[State.NEEDS_ATTENTION].count


def _safety(pending: int, moving: int, stuck: int, paused: bool, held: bool) -> tuple[bool, str]:
    """Return whether the application may be closed, and why."""
    if pending:
        text = f"{_components(pending)} {_has(pending)} not been handed to accsyn yet"
        if paused:
            return False, f"{text}, because syncing is paused."
        return False, f"{text}; after quitting, that waits for the next application with the plugin."
    if moving and (paused or held):
        text = f"{_components(moving)} {_has(moving)} not arrived"
        where, who = (" in accsyn", "somebody resumes them there") if held else ("", "you resume")
        return True, f"{text}; the jobs are paused{where}, so that nothing moves until {who}."
    if moving:
        return True, f"accsyn carries {_components(moving)} on by itself, as long as its client runs on this machine."
    if stuck:
        text = f"{_components(stuck)} {_has(stuck)} not arrived, for reasons that somebody should look at"
        return True, f"{text}; staying open does not change that."
    return True, "Everything that was published has arrived."


def _components(count: int) -> str:
    return "1 component" if count == 1 else f"{count} components"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def _still_running(outbox: Outbox) -> bool:
    """Whether accsyn has not reported every live job as standing still."""
    return any(job.status not in STILL for job in outbox.tracking.live_jobs())


def _disk(staging_path: str) -> tuple[bool, Optional[int]]:
    """Return whether the staging area is there, and the free space of its disk."""
    if not os.path.isdir(os.path.join(staging_path, STATE_FOLDER)):
        return False, None
    with contextlib.suppress(OSError):
        return True, shutil.disk_usage(staging_path).free
    return True, None


def relative_path(outbox: Outbox, text: str) -> str:
    """Return *text* relative to the staging area, with forward slashes; empty when it lies elsewhere."""
    return _relative(text, _place(outbox).staging_path)


def _place(outbox: Outbox) -> Place:
    """Return where the outbox belongs; a new one that took a damaged one's place may not have been told yet."""
    place = kept(outbox, Place)
    if place.staging_path or outbox.path.parent.name != STATE_FOLDER:
        return place
    return Place(outbox.path.stem, str(outbox.path.parent.parent))


def _relative(text: str, staging_path: str) -> str:
    if not os.path.isabs(text):
        return text.replace("\\", "/")
    try:
        relative = os.path.relpath(os.path.realpath(text), os.path.realpath(staging_path)) if staging_path else ".."
    except ValueError:  # another drive
        return ""
    return "" if relative.split(os.sep)[0] == ".." else relative.replace(os.sep, "/")
