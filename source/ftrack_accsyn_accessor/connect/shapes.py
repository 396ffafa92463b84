"""What the table of the tab shows, in words and numbers.

Pure. Knows nothing of Qt, so that all of it can be tested, and made on any thread.
"""

from __future__ import annotations

import dataclasses
import enum
import time
from collections.abc import Mapping
from typing import Optional

from ftrack_accsyn_accessor.insight.remarks import Topic
from ftrack_accsyn_accessor.insight.rows import MOVING, UNSENT, Row
from ftrack_accsyn_accessor.model.item import HIGHEST_PRIORITY, Kind, State, Trouble
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.reasons import reason_first


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


#: Of these accsyn can be told to carry it first.
NOT_BEGUN = (State.PENDING, State.SUBMITTED)

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

    `parts` say what the component belongs to, the nearest first: version, then sequence and shot. `percent` is None
    where a bar would say nothing. `failed` ones need attention, `retryable` ones wait for that or for a time. `path` is
    relative to the staging area. `reason` is the cause with its reason first, `notes` tell what is to be known besides.

    A line with `unfolded` (whether it is) stands for the request `request`, and `item_id` is its id with a minus; one
    with `request` alone is an item of it. `cancellable` tells that something of a request can be taken back,
    `hurriable` that accsyn can be told to carry it first.
    """

    item_id: int
    component_id: str
    component: str
    parts: tuple[str, ...]
    project: str
    kind: Kind
    files: str
    size: str
    state: str
    tone: Tone
    percent: Optional[int]
    left: str
    cause: str
    reason: str
    remedy: str
    failed: bool
    retryable: bool
    path: str
    published: str
    notes: str
    request: Optional[int] = None
    unfolded: Optional[bool] = None
    cancellable: bool = False
    hurriable: bool = False

    @property
    def depth(self) -> int:
        """How far it is moved in, below what it belongs to."""
        return int(self.request is not None and self.unfolded is None)

    @property
    def belongs_to(self) -> str:
        """What it belongs to besides its project, in one text."""
        return " · ".join(self.parts)

    @property
    def names(self) -> str:
        """All that it is called."""
        return " · ".join(filter(None, (self.component, *self.parts, self.project)))

    def written(self, project_apart: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return what stands on the two lines of its first cell, in parts; *project_apart* has a column of its own."""
        parts = self.parts if project_apart or not self.project else (*self.parts, self.project)
        if self.reason:
            return (self.component, *parts), (self.reason,)
        beside = 1 if self.unfolded is None else 0
        return (self.component, *parts[:beside]), parts[beside:]

    def text(self, column: Column) -> str:
        """Return what *column* says, in words."""
        progress = "" if self.percent is None else f"{self.percent}%"
        return (self.component, self.project, self.files, self.size, self.state, progress, self.left)[column]

    def tip(self, column: Column) -> str:
        """Return what there is to add to *column*."""
        told = " ".join(filter(None, (self.cause, self.remedy, self.notes)))
        if column is Column.COMPONENT:
            return "\n".join(filter(None, (self.names, told, self.path)))
        return told if column is Column.STATE else ""

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
    # What the head tells of a pause need not be told again, least of all as accsyn's own.
    ours = paused and row.cause_kind == Trouble.PAUSED.value
    cause, remedy = ("", "") if ours else (row.cause, row.remedy)
    under_way = row.state in MOVING or (bool(row.done_bytes) and row.state is not State.WITHDRAWN)
    return Line(
        item_id=row.item_id,
        component_id=row.component_id,
        component=row.component,
        parts=tuple(filter(None, (row.version, row.context))),
        project=row.project,
        kind=row.kind,
        files=f"{row.files_done:,} / {row.files:,}",
        size=size_text(row.size_bytes),
        state=state,
        tone=tone,
        percent=row.percent if under_way or row.state is State.SYNCED else None,
        left="" if row.time_left_s is None else duration_text(row.time_left_s),
        cause=cause,
        reason=reason_first(cause, row.path or row.resource_identifier, row.destination),
        remedy=remedy,
        failed=row.state is State.NEEDS_ATTENTION,
        retryable=row.state is State.NEEDS_ATTENTION or row.next_try_at is not None,
        path=row.resource_identifier,
        published=f"Published {moment_text(row.created_at)} by {row.user}",
        notes=" ".join(row.notes),
        hurriable=row.state in NOT_BEGUN
        and row.cause_kind != Topic.OTHER_STUDIO.value
        and (row.priority or 0) < HIGHEST_PRIORITY,
    )


def _state(row: Row, paused: bool) -> tuple[str, Tone]:
    text, tone = _WORDS[row.state]
    if row.cause_kind == Topic.OTHER_STUDIO.value:
        return (_OTHER_STUDIO, Tone.HELD) if row.state in UNSENT else (text, tone)
    if row.state is State.PENDING and paused:
        return "Paused", Tone.HELD
    if row.state in MOVING and row.cause_kind == Trouble.PAUSED.value:
        return "Paused", Tone.HELD
    if row.state in (*UNSENT, *MOVING) and row.cause:
        return "Delayed", Tone.HELD
    return text, tone


def moment_text(at: float) -> str:
    """Return a time (seconds since the epoch) as people at the machine read it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
