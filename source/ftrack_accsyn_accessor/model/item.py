"""What an item is: something that has to be at a destination; and which steps its state may take.

prepared -> pending -> submitted -> transferring -> synced
    \\__________\\___________\\____________\\______ needs-attention -> pending
     \\__________\\___________\\____________\\______ withdrawn
"""

from __future__ import annotations

import dataclasses
import enum
import posixpath
from collections.abc import Mapping
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model import titles
from ftrack_accsyn_accessor.model.credentials import plain_server
from ftrack_accsyn_accessor.model.stamp import Stamp


class State(str, enum.Enum):
    """Where an item is on its way."""

    PREPARED = "prepared"  # staged; being registered in ftrack at this moment
    PENDING = "pending"  # registered in ftrack; to be submitted (a cause tells why it waits, if it had to)
    SUBMITTED = "submitted"  # its tasks are in an accsyn job
    TRANSFERRING = "transferring"  # accsyn has started with it
    SYNCED = "synced"  # proven to be at the destination, and registered there
    NEEDS_ATTENTION = "needs-attention"  # stopped, with a cause; may be tried again
    WITHDRAWN = "withdrawn"  # nobody wants it any more: ftrack does not have it in the staging location


#: The states that an item may go to from each state. Publishing a component anew starts at `prepared` from anywhere.
#: What was asked for of it is withdrawn then, also from `synced`.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PREPARED: frozenset({State.PENDING, State.NEEDS_ATTENTION, State.WITHDRAWN}),
    State.PENDING: frozenset({State.SUBMITTED, State.SYNCED, State.NEEDS_ATTENTION, State.WITHDRAWN}),
    State.SUBMITTED: frozenset(
        {State.TRANSFERRING, State.SYNCED, State.NEEDS_ATTENTION, State.PENDING, State.WITHDRAWN}
    ),
    State.TRANSFERRING: frozenset(
        {State.SUBMITTED, State.SYNCED, State.NEEDS_ATTENTION, State.PENDING, State.WITHDRAWN}
    ),
    State.SYNCED: frozenset({State.NEEDS_ATTENTION, State.WITHDRAWN}),
    State.NEEDS_ATTENTION: frozenset(
        {State.PENDING, State.SUBMITTED, State.TRANSFERRING, State.SYNCED, State.WITHDRAWN}
    ),
    State.WITHDRAWN: frozenset({State.PENDING}),
}


def sources(target: State) -> tuple[State, ...]:
    """Return the states from which *target* may be reached."""
    return tuple(state for state, targets in TRANSITIONS.items() if target in targets)


class Trouble(str, enum.Enum):
    """What keeps an item from its destination: the cause kinds that are no error of a call."""

    FAILED = "transfer-failed"
    ABORTED = "aborted"  # the sync job was aborted before the item was through
    ENDED = "ended"  # the sync job was set to done before the item was through
    ON_HOLD = "on-hold"  # the task
    EXCLUDED = "excluded"  # the task
    TASK_MISSING = "task-missing"
    JOB_GONE = "job-gone"  # deleted or archived
    SIZE_DIFFERS = "size-differs"
    PAUSED = "paused"  # the sync job; the item keeps its state
    UNVERIFIED = "unverified"  # arrived, but accsyn could not be asked for the size; the item keeps its state
    CONFLICT = "conflict"  # another component has this path at the destination, or goes there first
    WRONG_DESTINATION = "wrong-destination"  # accsyn reads the task as another place than was meant
    WRONG_CLIENT = "wrong-client"  # accsyn reads another folder, or another machine, than the one that staged it
    CLIENT_GONE = "client-gone"  # the tasks wait for an accsyn client that is not this machine's any more
    NEVER_SENT = "never-sent"  # accsyn passes over files of this name
    FORM = "form"  # accsyn reads its task otherwise than it was meant; it goes in plainer words
    SOURCE_CHANGED = "source-changed"  # the source was written to while it was copied into the staging area


#: Items that need attention for one of these are followed further: accsyn, or a person there, may repair them.
REPAIRABLE = frozenset(
    {Trouble.FAILED, Trouble.ABORTED, Trouble.ENDED, Trouble.ON_HOLD, Trouble.EXCLUDED, Trouble.TASK_MISSING}
)

#: Priorities of a task: accsyn's own, and the highest (accsyn fact sheet, section 3).
USUAL_PRIORITY = 500
HIGHEST_PRIORITY = 1000

#: `next_try_at` of what is not tried again before somebody asks for it (in the year 2255, seconds since the epoch).
NOT_BY_ITSELF = 9_000_000_000.0


class Kind(str, enum.Enum):
    """Which of ftrack's component types an item stands for: a file, a frame range, or a folder.

    Without a component it is a file, or a folder with whatever lies in it, which nobody has counted.
    """

    FILE = "file"
    SEQUENCE = "sequence"
    CONTAINER = "container"
    FOLDER = "folder"


class Reason(str, enum.Enum):
    """Why an item has to be at its destination."""

    PUBLISH = "publish"
    SEND = "send"
    SYNC = "sync"
    GET = "get"


class Studio(NamedTuple):
    """Whom an item belongs to: it goes nowhere else.

    `server_url` is ftrack's. `workspace` is accsyn's code; empty where none was set when the item was made: then the
    first workspace in which it is submitted, from the same ftrack, is its own.
    """

    server_url: str
    workspace: str

    def includes(self, other: Studio) -> bool:
        """Whether an item of *other* may be handled on behalf of this studio."""
        return other.key in self.keys

    @property
    def key(self) -> str:
        """What tells it from every other one, however its names are written."""
        return f"{plain_server(self.server_url).rstrip('/').lower()} {self.workspace.lower()}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of those that it includes."""
        return (self.key, self._replace(workspace="").key) if self.workspace else (self.key,)


class Endpoint(NamedTuple):
    """A party in accsyn's words, with the ftrack location that stands for it; empty texts for what is not known."""

    party: str
    location_id: str
    location_name: str


NOWHERE = Endpoint("", "", "")


@dataclasses.dataclass(frozen=True)
class StagedFile:
    """A staged file as it was when it was published.

    `path` is relative to the staging root, with forward slashes; `mtime_ns` is in nanoseconds since the epoch.
    """

    path: str
    size_bytes: int
    mtime_ns: int

    @property
    def stamp(self) -> Stamp:
        """By what the file is recognised."""
        return Stamp(self.size_bytes, self.mtime_ns)


@dataclasses.dataclass(frozen=True)
class Publication:
    """What an item carries: one component as it is at its source, and its files as they were there.

    A publish adds what it has put into the staging location. What was asked for otherwise is as ftrack describes it at
    the source: times are not known (0), and sizes only as far as ftrack knows them. Files and folders that are asked
    for by their path have no component: its id is empty, and so is the resource identifier.

    `files` holds the component's own file, or those of its members at any depth. `resource_identifier` is what ftrack
    keeps, `path` where that lies in the volume; they differ where the location has a transformer. `project_id` and
    `project_name` are empty where the component hangs on no project. `copied_from` is the ftrack location whose content
    it has, empty where it came from a file that may be newer than what any location has. `doubt` is the cause kind, and
    after a blank the words, of what was wrong with it when it was published already; it needs attention then, instead
    of being sent. `context` holds the names between the project and the asset, from the top, with slashes between them
    (`sq010/sh010`); empty where they are not known. `priority` is that of its tasks in accsyn (0 to 1000), where
    somebody has said one.
    """

    component_id: str
    component_name: str
    kind: Kind
    resource_identifier: str
    location_id: str
    location_name: str
    server_url: str
    username: str
    project_id: str
    project_name: str
    version_id: str
    version_name: str
    files: tuple[StagedFile, ...]
    workspace: str = ""
    volume: str = "projects"
    path: str = ""
    doubt: str = ""
    copied_from: str = ""
    context: str = ""
    priority: Optional[int] = None

    def __post_init__(self) -> None:
        """Bring the path, by default the resource identifier, into its one spelling; the server's address as well."""
        path = posixpath.normpath((self.path or self.resource_identifier).replace("\\", "/"))
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "server_url", plain_server(self.server_url))

    @property
    def size_bytes(self) -> int:
        """Size of all files together."""
        return sum(file.size_bytes for file in self.files)

    @property
    def studio(self) -> Studio:
        """Whom it belongs to."""
        return Studio(self.server_url, self.workspace)

    @property
    def title(self) -> str:
        """What people call it: "show_a sq010/sh010 comp v001 main"."""
        component = self.component_name if self.component_id else ""
        return titles.title(self.project_name, self.context, self.version_name, component, self.path)


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far something is. Speed (bytes a second) and time left (seconds) are None while nothing moves."""

    done_bytes: int = 0
    size_bytes: int = 0
    speed_bytes_per_s: Optional[float] = None
    left_s: Optional[float] = None

    @property
    def percent(self) -> int:
        """Whole percents, rounded down: 100 means all bytes."""
        return 100 * self.done_bytes // self.size_bytes if self.size_bytes else 0


@dataclasses.dataclass(frozen=True)
class Sent:
    """As which tasks an item went to accsyn, and which runs of them prove nothing of its present content.

    `paths` are those of its tasks; None where that was not written down (releases before 1.1). `stale` maps the path of
    a task to what was seen of it before the present content was queued: `RUNNING`, or when its last run had finished,
    in accsyn's words.
    """

    paths: Optional[tuple[str, ...]] = None
    stale: Mapping[str, str] = dataclasses.field(default_factory=dict)


#: In `Sent.stale`: a run that was under way when the present content was queued.
RUNNING = "running"


@dataclasses.dataclass(frozen=True)
class Item:
    """A publication in the outbox, with its ends, where it is, and why.

    Times are seconds since the epoch. `created_at` tells one publication of a component from the next: its content
    was complete then. `arrived_at` is when its arrival was proven, `synced_at` when it was available at the
    destination. `attempted` means that its tasks may have been added to job row `job` without accsyn's answer having
    arrived: look there before adding them anywhere. `owner` is the token of the process that prepares it. `stale_at`
    is an ftrack location where the component is still registered with older content. `left_over` tells what of an
    earlier content stays at the destination. `identifier` is what the destination's location is to keep of it in
    ftrack, empty where that is what the source's location keeps.
    """

    id: int
    publication: Publication
    state: State
    cause_kind: str
    cause: str
    attempts: int
    next_try_at: Optional[float]
    created_at: float
    updated_at: float
    job: Optional[int]
    attempted: bool
    progress: Progress = Progress()
    arrived_at: Optional[float] = None
    synced_at: Optional[float] = None
    owner: str = ""
    reason: Reason = Reason.PUBLISH
    request: Optional[int] = None
    source: Endpoint = NOWHERE
    destination: Endpoint = NOWHERE
    file_count: int = 0
    sent: Sent = Sent()
    stale_at: str = ""
    left_over: str = ""
    identifier: str = ""

    @property
    def studio(self) -> Studio:
        """Whom it belongs to."""
        return self.publication.studio

    @property
    def staged_at(self) -> str:
        """The ftrack location of this machine's staging area: it was published there, or fetched into it."""
        return self.destination.location_id if self.reason is Reason.GET else self.publication.location_id

    @property
    def kept_at(self) -> Endpoint:
        """Where it is besides the staging area once it is synced: what was fetched is where it came from."""
        return self.source if self.reason is Reason.GET else self.destination

    @property
    def priority(self) -> int:
        """In which turn accsyn takes its tasks: the highest first."""
        found = self.publication.priority
        return found if found is not None else USUAL_PRIORITY

    @property
    def identifier_there(self) -> str:
        """What the destination's location keeps of it in ftrack; empty for what has no component."""
        return self.identifier or self.publication.resource_identifier


def label(item: Item) -> str:
    """Return what people call an item: project, context, version and component."""
    return item.publication.title
