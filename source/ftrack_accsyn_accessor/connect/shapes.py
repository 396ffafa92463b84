"""What the tab shows, in words and numbers: lines of the table, the head above it, what stands in an empty one.

Pure. Knows nothing of Qt, so that all of it can be tested, and made on any thread.
"""

from __future__ import annotations

import dataclasses
import enum
import posixpath
import re
import time
from collections.abc import Iterable, Mapping
from typing import Optional

from ftrack_accsyn_accessor.insight.absence import Absence
from ftrack_accsyn_accessor.insight.remarks import Remark, Topic
from ftrack_accsyn_accessor.insight.rows import MOVING, UNSENT, Row
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
from ftrack_accsyn_accessor.model.item import Kind, State
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.settings import Settings


class Tone(enum.Enum):
    """How good a state is; the theme gives each its colour."""

    GOOD = "good"
    BUSY = "busy"
    WAITING = "waiting"
    HELD = "held"
    BAD = "bad"


class Column(enum.IntEnum):
    """The columns of the table."""

    COMPONENT = 0
    PROJECT = 1
    FRAMES = 2
    SIZE = 3
    STATE = 4
    PROGRESS = 5
    LEFT = 6

    @property
    def title(self) -> str:
        """What stands above it."""
        return {Column.FRAMES: "Files", Column.LEFT: "Time left"}.get(self, self.name.capitalize())


class Filter(enum.Enum):
    """Which items are shown: what the choice is called, and which states it means (none: all)."""

    ALL = ("All", ())
    ATTENTION = ("Needs attention", (State.NEEDS_ATTENTION,))
    MOVING = ("On the way", MOVING)
    PENDING = ("Waiting", UNSENT)
    SYNCED = ("Synced", (State.SYNCED,))
    WITHDRAWN = ("Withdrawn", (State.WITHDRAWN,))

    def __init__(self, title: str, states: tuple[State, ...]) -> None:
        self.title = title
        self.states = states


_WORDS: Mapping[State, tuple[str, Tone]] = {
    State.PREPARED: ("Registering", Tone.WAITING),
    State.PENDING: ("Waiting", Tone.WAITING),
    State.SUBMITTED: ("Queued", Tone.BUSY),
    State.TRANSFERRING: ("Transferring", Tone.BUSY),
    State.SYNCED: ("Synced", Tone.GOOD),
    State.NEEDS_ATTENTION: ("Needs attention", Tone.BAD),
    State.WITHDRAWN: ("Withdrawn", Tone.WAITING),
}
#: The state of what only somebody of another studio can send.
_OTHER_STUDIO = "Other studio"


@dataclasses.dataclass(frozen=True)
class Line:
    """One row of the table.

    `percent` is None where a bar would say nothing. `failed` ones need attention, `retryable` ones wait for that or for
    a time. `path` is relative to the staging area. `notes` tell what is to be known besides a cause.

    A line with `unfolded` (whether it is) stands for the request `request`, and `item_id` is its id with a minus; one
    with `request` alone is an item of it. `cancellable` tells that something of a request can be taken back.
    """

    item_id: int
    component_id: str
    component: str
    belongs_to: str
    project: str
    kind: Kind
    files: str
    size: str
    state: str
    tone: Tone
    percent: Optional[int]
    left: str
    cause: str
    remedy: str
    failed: bool
    retryable: bool
    path: str
    published: str
    notes: str
    request: Optional[int] = None
    unfolded: Optional[bool] = None
    cancellable: bool = False

    @property
    def depth(self) -> int:
        """How far it is moved in, below what it belongs to."""
        return int(self.request is not None and self.unfolded is None)

    def text(self, column: Column) -> str:
        """Return what *column* says, in words."""
        progress = "" if self.percent is None else f"{self.percent}%"
        return (self.component, self.project, self.files, self.size, self.state, progress, self.left)[column]

    def tip(self, column: Column) -> str:
        """Return what there is to add to *column*."""
        if column in (Column.COMPONENT, Column.STATE) and (self.cause or self.notes):
            return " ".join(filter(None, (self.cause, self.remedy, self.notes)))
        return self.path if column is Column.COMPONENT else ""

    @property
    def spoken(self) -> str:
        """The row in one sentence, for screen readers."""
        said = [
            self.component,
            self.belongs_to,
            self.project,
            self.state,
            self.text(Column.PROGRESS),
            self.cause,
            self.notes,
            "" if self.unfolded is None else "unfolded" if self.unfolded else "folded",
        ]
        return ", ".join(part for part in said if part)


def line(row: Row, paused: bool) -> Line:
    """Return *row* as it is shown; *paused* tells that nothing is submitted until somebody resumes."""
    state, tone = _state(row, paused)
    under_way = row.state in MOVING or (bool(row.done_bytes) and row.state is not State.WITHDRAWN)
    return Line(
        item_id=row.item_id,
        component_id=row.component_id,
        component=row.component,
        belongs_to=" · ".join(filter(None, (row.version, shot_of(row)))),
        project=row.project,
        kind=row.kind,
        files=f"{row.files_done:,} / {row.files:,}",
        size=size_text(row.size_bytes),
        state=state,
        tone=tone,
        percent=row.percent if under_way or row.state is State.SYNCED else None,
        left="" if row.time_left_s is None else duration_text(row.time_left_s),
        cause=row.cause,
        remedy=row.remedy,
        failed=row.state is State.NEEDS_ATTENTION,
        retryable=row.state is State.NEEDS_ATTENTION or row.next_try_at is not None,
        path=row.resource_identifier,
        published=f"Published {moment_text(row.created_at)} by {row.user}",
        notes=" ".join(row.notes),
    )


def _state(row: Row, paused: bool) -> tuple[str, Tone]:
    text, tone = _WORDS[row.state]
    if row.cause_kind == Topic.OTHER_STUDIO.value:
        return (_OTHER_STUDIO, Tone.HELD) if row.state in UNSENT else (text, tone)
    if row.state is State.PENDING and paused:
        return "Paused", Tone.HELD
    if row.state in (*UNSENT, *MOVING) and row.cause:
        return ("Delayed" if row.state in UNSENT else "Held"), Tone.HELD
    return text, tone


def shot_of(row: Row) -> str:
    """Return the folders between project and asset in the identifier: "sq010/sh010" with ftrack's own structure.

    Those of them that the version is called by are left out.
    """
    folders = posixpath.dirname(row.resource_identifier.replace("\\", "/")).strip("/").split("/")
    asset = _plain(re.sub(r" v\d+$", "", row.version))
    names = [_plain(folder) for folder in folders]
    for number in range(1, len(names) if asset else 0):
        if names[number] == asset:
            return "/".join(folders[1:number])
        if number > 1 and f"{names[number - 1]}{names[number]}" == asset:  # with what it belongs to: "sh010 plate"
            return "/".join(folders[1 : number - 1])
    return ""


def _plain(name: str) -> str:
    """Return *name* without what structures replace or drop."""
    return re.sub(r"[^0-9a-z]", "", name.lower())


def moment_text(at: float) -> str:
    """Return a time (seconds since the epoch) as people at the machine read it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


# Above the table.


@dataclasses.dataclass(frozen=True)
class Surrounding:
    """One thing about the surroundings, with its name, and more of it for a tooltip."""

    name: str
    value: str
    tip: str = ""


@dataclasses.dataclass(frozen=True)
class Head:
    """What stands above the table.

    `unsent` components (of `unsent_bytes`), which this process could send, would stay behind on quitting. `problem` is
    what is wrong with everything, `remarks` what is in no row. `percent` is None while nothing is on its way. `folder`
    is the staging area.
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
    unsent: int
    unsent_bytes: int
    folder: str
    empty: Empty


@dataclasses.dataclass(frozen=True)
class Empty:
    """What stands where there is no row."""

    title: str
    text: str


READING = Empty("Reading the outbox", "One moment.")
NO_MATCH = Empty("Nothing matches", "No published component matches the filter and the search.")


def head(summary: Summary, current: Settings, now: float) -> Head:
    """Return the head for *summary* and the settings of the moment; *now* in seconds since the epoch."""
    sentence, tone = _sentence(summary)
    under_way = summary.left > 0
    counts = {choice: sum(summary.counts[state] for state in choice.states) for choice in Filter}
    counts[Filter.ALL] = summary.items
    return Head(
        surroundings=_surroundings(summary, current, now),
        counts=counts,
        sentence=sentence,
        detail=_detail(summary) if under_way else "",
        tone=tone,
        percent=summary.percent if under_way else None,
        problem=summary.contact.what if under_way or summary.stuck else "",
        remedy=summary.contact.remedy,
        remarks=tuple(map(str, summary.remarks)),
        paused=summary.paused is not None,
        unsent=summary.pending - summary.pending_elsewhere,
        unsent_bytes=summary.unsent_bytes,
        folder=summary.staging_path or current.staging_path or "",
        empty=_nothing_yet(summary, current),
    )


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
    seen = "" if endpoint.seen_at is None else f"Asked {duration_text(max(0.0, now - endpoint.seen_at))} ago"
    return Surrounding("This machine", f"{endpoint.client} · accsyn client {endpoint.client_status or 'unknown'}", seen)


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
