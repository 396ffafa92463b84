"""What stands around the table: the head above it with the surroundings, and what stands in an empty one.

Pure. Knows nothing of Qt, so that all of it can be tested, and made on any thread.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Optional

from ftrack_accsyn_accessor.connect.leaving import Leaving, leaving
from ftrack_accsyn_accessor.connect.shapes import Filter, Tone, moment_text
from ftrack_accsyn_accessor.insight import obstacles
from ftrack_accsyn_accessor.insight.absence import Absence
from ftrack_accsyn_accessor.insight.remarks import Remark, Topic
from ftrack_accsyn_accessor.insight.situation import Situation
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.reasons import reason_first
from ftrack_accsyn_accessor.model.settings import Settings

#: What accsyn said so long ago is told as the present.
_PRESENT_S = 300.0


@dataclasses.dataclass(frozen=True)
class Surrounding:
    """One thing about the surroundings, with its name, and more of it for a tooltip."""

    name: str
    value: str
    tip: str = ""


@dataclasses.dataclass(frozen=True)
class Head:
    """What stands above the table.

    `leaving` is what would stay behind on quitting. `problem` is what is wrong with everything, `remarks` what is in no
    row. `percent` is None while nothing is on its way. `folder` is the staging area.
    """

    surroundings: tuple[Surrounding, ...]
    counts: Mapping[Filter, int]
    sentence: str
    detail: str
    tone: Tone
    percent: Optional[int]
    problem: str
    remedy: str
    remarks: tuple[str, ...]
    paused: bool
    leaving: Leaving
    folder: str
    empty: Empty


@dataclasses.dataclass(frozen=True)
class Empty:
    """What stands where there is no row."""

    title: str
    text: str


READING = Empty("Reading the outbox", "One moment.")
NO_MATCH = Empty("Nothing matches", "No published component matches the filter and the search.")


def head(summary: Summary, current: Settings, now: float, causes: Iterable[str] = ()) -> Head:
    """Return the head for *summary* and the settings of the moment; *now* in seconds since the epoch.

    *causes* are those of what is not in accsyn yet.
    """
    sentence, tone = _sentence(summary)
    under_way = summary.left > 0
    counts = {choice: sum(summary.counts[state] for state in choice.states) for choice in Filter}
    counts[Filter.ALL] = summary.items
    problem, remedy = _problem(summary, current)
    return Head(
        surroundings=_surroundings(summary, current, now),
        counts=counts,
        sentence=sentence,
        detail=_detail(summary) if under_way else "",
        tone=tone,
        percent=summary.percent if under_way else None,
        problem=problem,
        remedy=remedy,
        remarks=tuple(map(str, summary.remarks)),
        paused=summary.paused is not None,
        leaving=leaving(summary, causes),
        folder=summary.staging_path or current.staging_path or "",
        empty=_nothing_yet(summary, current),
    )


def _problem(summary: Summary, current: Settings) -> tuple[str, str]:
    """Return what is wrong with everything, and what to do."""
    if current.problems:
        return settings.describe(current.problems), ""
    if summary.staging_path and not summary.staging_present:
        gone = next(obstacles.in_the_way(Situation(0.0, staging_path=summary.staging_path, staging_present=False)))
        return gone.sentence, gone.remedy
    if summary.unattended:
        return summary.problem, summary.problem_remedy
    if summary.left or summary.stuck:
        return reason_first(summary.contact.what), summary.contact.remedy
    return "", ""


def _surroundings(summary: Summary, current: Settings, now: float) -> tuple[Surrounding, ...]:
    endpoint = summary.endpoint
    workspace = endpoint.workspace or current.workspace or "not set"
    user = endpoint.api_user or current.api_user or "not set"
    if not (summary.staging_path or current.staging_path):
        free = "none on this machine"
    elif not summary.staging_present:
        free = "not there; is its disk plugged in?"
    else:
        free = "" if summary.free_bytes is None else f"{size_text(summary.free_bytes)} free"
    staging = " · ".join(filter(None, (summary.staging_path or current.staging_path, free)))
    destination = summary.destination
    if destination and endpoint.party and endpoint.party != destination:
        destination = f"{destination} ({endpoint.party})"
    return (
        Surrounding("Workspace", f"{workspace} · {user}"),
        _machine(summary, now),
        Surrounding("Staging", staging, f"Location {summary.location_name}" if summary.location_name else ""),
        Surrounding("Destination", destination or current.destination or "known after the first publish"),
    )


def _machine(summary: Summary, now: float) -> Surrounding:
    endpoint = summary.endpoint
    if not endpoint.client:
        return Surrounding("This machine", "accsyn is asked at the first publish")
    told = f"{endpoint.client} · accsyn client {endpoint.client_status or 'unknown'}"
    if endpoint.seen_at is None:
        return Surrounding("This machine", told)
    age_s = max(0.0, now - endpoint.seen_at)
    ago = f"{duration_text(age_s)} ago"
    # As long as accsyn can be asked that is what it says now; else, or after a while, it was so then.
    if summary.contact.what or age_s > _PRESENT_S:
        told = f"{told} {ago}"
    return Surrounding("This machine", told, f"Asked {ago}")


def _sentence(summary: Summary) -> tuple[str, Tone]:
    if summary.paused is not None:
        done = "Pausing" if summary.pausing else "Paused"
        return f"{done} by {summary.paused.by} since {moment_text(summary.paused.at)}", Tone.HELD
    if summary.resuming:
        return "Resuming", Tone.HELD
    parts = [
        (summary.stuck, "needs attention" if summary.stuck == 1 else "need attention"),
        (summary.moving, "paused in accsyn" if summary.held else "on the way"),
        (summary.pending - summary.pending_elsewhere, "waiting"),
        (summary.pending_elsewhere, "for another studio"),
        (_unsent(summary, Topic.UNQUEUED), "not queued"),
        (_unsent(summary, Topic.OTHER_AREA), "in another staging area"),
    ]
    said = [f"{count:,} {words}" for count, words in parts if count]
    if not said:
        return _at_rest(summary)
    moving = Tone.HELD if summary.held else Tone.BUSY
    tone = Tone.BAD if summary.stuck else moving if summary.moving else Tone.HELD if summary.remarks else Tone.WAITING
    return " · ".join(said), tone


def _at_rest(summary: Summary) -> tuple[str, Tone]:
    if not summary.all_arrived:
        return "Not everything here is known to have arrived", Tone.HELD
    if summary.forgotten:
        return f"All has arrived but for {summary.forgotten:,} forgotten", Tone.WAITING
    return ("Everything has arrived", Tone.GOOD) if summary.synced else ("Nothing to sync", Tone.WAITING)


def _unsent(summary: Summary, topic: Topic) -> int:
    return sum(remark.count for remark in summary.remarks if remark.topic is topic)


def _detail(summary: Summary) -> str:
    parts = [f"{size_text(summary.done_bytes)} of {size_text(summary.total_bytes)}"]
    if summary.speed_bytes_per_s:
        parts.append(f"{size_text(summary.speed_bytes_per_s)}/s")
    if summary.time_left_s is not None:
        parts.append(f"{duration_text(summary.time_left_s)} left")
    return " · ".join(parts)


# Where there is no row.


def _nothing_yet(summary: Summary, current: Settings) -> Empty:
    if summary.remarks:
        return Empty("Nothing is in this staging area's queue", "What waits elsewhere is told above.")
    location = f"the location {summary.location_name}" if summary.location_name else "this machine's location"
    folder = summary.staging_path or current.staging_path or "the staging area"
    text = (
        f"Publish in Connect, or in an application that Connect has launched. What goes into {location} is staged in "
        f"{folder} at once, and shows up here while accsyn carries it to {summary.destination or 'its destination'}."
    )
    return Empty("Nothing has been published from this machine yet", text)


def not_there(absence: Absence) -> Empty:
    """Return why there is no outbox to show."""
    title = {"unplugged": "The staging disk is unplugged", "no-area": "The staging area is not there"}.get(absence.kind)
    return Empty(
        title or "There is no outbox", "\n\n".join((f"{absence.what} {absence.remedy}", *map(str, absence.remarks)))
    )


def unreadable(error: AccsynAccessorError, remarks: Iterable[Remark]) -> Empty:
    """Return why the outbox cannot be shown, and what is known nevertheless."""
    return Empty("The outbox cannot be read", "\n\n".join(map(str, (error, *remarks))))


def no_staging(current: Settings) -> Optional[Empty]:
    """Return why there is no staging area on this machine, if the settings say so."""
    if current.disabled:
        return Empty("Switched off", "FTRACK_ACCSYN_DISABLE is set. Unset it and restart Connect to sync by accsyn.")
    if current.staging_path is not None:
        return None
    wrong = " ".join(str(problem) for problem in current.problems if problem.variable == current.staging_variable)
    text = wrong or (
        f"{current.staging_variable} is not set, so files that are published here go where ftrack's other locations "
        f"put them. To sync them by accsyn, set {current.staging_variable} to a local folder and restart Connect."
    )
    return Empty("This is no staging machine", text)
