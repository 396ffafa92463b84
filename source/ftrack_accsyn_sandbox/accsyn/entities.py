"""The entities of a workspace, as plain records (accsyn fact sheet, sections 3 and 6)."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Optional

CLIENT_APP = 0
CLIENT_SERVER = 1
CLIENT_USER_SERVER = 2
CLIENT_BROWSER = 3
# What clients of one type are called as entities.
CLIENT_KINDS = {"app": CLIENT_APP, "server": CLIENT_SERVER, "userserver": CLIENT_USER_SERVER, "browser": CLIENT_BROWSER}

# What an up-to-date client reports; from 3.6-5 on a volume mapped by environment can be pushed to and pulled from.
CLIENT_VERSION = "3.6-5_3"

ROLES = ("admin", "employee", "standard")

# What "not finished" looks like on a job; the client library turns it into a date of 1970.
NOT_FINISHED = datetime(1970, 1, 1, tzinfo=timezone.utc)


_PROCESS = uuid.uuid4().hex[:10]
_numbers = itertools.count(1)


def known_role(role: str) -> str:
    """Return *role*; raise ValueError for one that there is not."""
    if role not in ROLES:
        raise ValueError(f"Unknown role {role!r}, use one of {', '.join(ROLES)}.")
    return role


def new_id() -> str:
    """Return an id as accsyn makes them: 24 lower-case hexadecimal characters, later ones greater.

    The second, what tells this process from others, and a running number: the examples of accsyn's documents have the
    form of such (accsyn fact sheet, section 6).
    """
    return f"{int(time.time()):08x}{_PROCESS}{next(_numbers) % 0x1000000:06x}"


def now() -> datetime:
    """Return the server's time: UTC, whole seconds."""
    return datetime.now(timezone.utc).replace(microsecond=0)


@dataclass(eq=False)
class Entity:
    """What all entities share. *active* is False once deactivated, *archived* True once deleted.

    *creator* and *modifier* are the e-mail addresses of those who made and last changed it, "" for nobody.
    """

    kind: ClassVar[str] = ""
    code: str
    name: str = ""
    id: str = field(default_factory=new_id)
    status: str = "enabled"
    active: bool = True
    archived: bool = False
    created: datetime = field(default_factory=now)
    modified: datetime = field(default_factory=now)
    creator: str = ""
    modifier: str = ""
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class User(Entity):
    """A user; *code* is the e-mail address. *signed_up* is False for one who was only invited."""

    kind = "user"
    role: str = "standard"
    api_key: str = field(default="", repr=False)
    signed_up: bool = True
    queue_id: Optional[str] = None


@dataclass(frozen=True)
class Mail:
    """What accsyn has mailed: *kind* "invitation", "grant" or "delivery"; *about* is the code of the share, or name."""

    to: str
    kind: str
    text: str
    about: str = ""


@dataclass(eq=False)
class Site(Entity):
    """A place with servers; *main* is head quarters. *folders* maps a volume's id to its folder there.

    *ports_open*: other sites reach it, by VPN or forwarded ports. *no_reading* and *no_writing* are explicit
    permissions, which bind administrators, too.
    """

    kind = "site"
    main: bool = False
    folders: dict[str, Path] = field(default_factory=dict)
    ports_open: bool = False
    no_reading: bool = False
    no_writing: bool = False


@dataclass(frozen=True)
class Ticks:
    """What others may do in a share that a user has mapped; *by_environment*: mapped by `ACCSYN_<CODE>_PATH`."""

    read: bool = False
    write: bool = False
    by_environment: bool = False


@dataclass(eq=False)
class Client(Entity):
    """A machine that runs accsyn; *code* is the host name, *host_id* its MAC list.

    *folders* maps the id of a share, volume or folder, to the local folder it is mapped to; *ticks* has what others may
    do there, which is nothing unless it says so.
    """

    kind = "client"
    user_id: str = ""
    type: int = CLIENT_APP
    site_id: Optional[str] = None
    host_id: str = ""
    roles: str = "storage"
    os: str = ""
    version: str = CLIENT_VERSION
    wan_ip: str = ""
    last_checkin: datetime = field(default_factory=now)
    folders: dict[str, Path] = field(default_factory=dict)
    ticks: dict[str, Ticks] = field(default_factory=dict)


@dataclass(eq=False)
class Share(Entity):
    """A volume, folder, home or collection. *parent_id* is the volume of the last three, *path* is relative to it.

    Of a volume: *root* is shown as its `path` ("": its folder at head quarters), *paths* are the roots by platform
    ("linux", "mac", "windows_vpn", ..), *free_bytes* what is left on it (None: as the disk has it). *user_id* is whose
    home it is; *queue_id* and *email* are kept and shown only. *files* are those of a collection, by their ids.
    """

    type: str = "volume"
    default: bool = False
    parent_id: Optional[str] = None
    path: str = ""
    root: str = ""
    paths: dict[str, str] = field(default_factory=dict)
    free_bytes: Optional[int] = None
    user_id: str = ""
    queue_id: Optional[str] = None
    email: str = ""
    files: dict[str, Endpoint] = field(default_factory=dict)

    @property
    def volume_id(self) -> str:
        """Id of the volume that holds this share's files."""
        return self.parent_id or self.id


@dataclass(eq=False)
class Queue(Entity):
    """A queue; *priority* is 0 to 1000, higher first."""

    kind = "queue"
    status: str = "waiting"
    priority: int = 500
    default: bool = False


@dataclass(eq=False)
class Acl(Entity):
    """What a user may do below *path* of a share; *acknowledged* once the user has put the notice of it away."""

    kind = "acl"
    user_id: str = ""
    share_id: str = ""
    path: str = "/"
    read: bool = False
    write: bool = False
    acknowledged: bool = False


@dataclass(frozen=True)
class Party:
    """One end of a job: kind "workspace", "site", "client" or "user", and that entity's id.

    *machine_id* is the client, or the server, that stands for it: chosen when the job is submitted and kept, whatever
    comes online later (accsyn fact sheet, section 5). It does not count in comparisons.
    """

    kind: str
    id: str
    machine_id: Optional[str] = field(default=None, compare=False)


@dataclass(frozen=True)
class Endpoint:
    """One end of a task.

    *share_id* and *path* (relative to the share) name a place in a share, *absolute* one outside of them. With
    *mirrored* the path comes from the other end. *into* tells that the text had a slash at the end: it must be a
    folder, and of a destination the path is already that of the source's name in it. *null* is the placeholder.
    """

    party: Party
    share_id: Optional[str] = None
    path: str = ""
    absolute: Optional[Path] = None
    mirrored: bool = False
    into: bool = False
    null: bool = False

    @property
    def name(self) -> str:
        """The last part of the path; empty for a whole share and for the placeholder."""
        return self.absolute.name if self.absolute is not None else PurePosixPath(self.path).name


@dataclass(eq=False)
class Task:
    """One file, folder or frame range of a job. Sizes in bytes, *size* -1 before it was measured; *time_ms* in ms.

    *missed_at_s* is when its source was first found missing since it was queued, on the monotonic clock.
    """

    uri: str
    source_text: str
    destination_text: str
    source: Endpoint
    destination: Endpoint
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "queued"
    priority: int = 500
    size: int = -1
    done_bytes: int = 0
    speed_mb_s: float = -1.0
    etr_s: Optional[float] = None
    time_ms: int = 0
    created: datetime = field(default_factory=now)
    finished: Optional[datetime] = None
    metadata: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    source_path: str = ""
    destination_path: str = ""
    missed_at_s: Optional[float] = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes two tasks duplicates: the texts, letter by letter.

        Whether differently spelled equal paths count as duplicates is not known (accsyn fact sheet, section 6); here
        they do not.
        """
        return (self.source_text, self.destination_text)

    def requeue(self) -> None:
        """Run it again from the start."""
        self.status = "queued"
        self.done_bytes = 0
        self.speed_mb_s = -1.0
        self.etr_s = None
        self.finished = self.missed_at_s = None
        self.reason = ""


@dataclass(eq=False)
class Job(Entity):
    """A transfer job. *held* is a status somebody has set ("paused", "aborted", "done") against what the tasks say.

    *parent_id* is the delivery whose files it carries, if any. *retries* counts what accsyn has queued again by itself
    since somebody last did, *failed_at_s* is when it failed, on the monotonic clock. *waits_for* is the reason, with
    its code, why it does not run now.

    *hooks* are the workspace's, by name. *ending* is how far those at the end of the job are (see `jobs`), *ends* how
    often that came, *failing* whether those for a failure are due. *published* are the files of a publish.
    """

    kind = "transfer"
    status: str = ""
    user_id: str = ""
    modifier_id: str = ""
    queue_id: str = ""
    parent_id: str = ""
    uri: str = ""
    source: Party = Party("", "")
    destination: Party = Party("", "")
    mirrored: bool = False
    held: Optional[str] = None
    finished: Optional[datetime] = None
    retries: int = 0
    failed_at_s: float = 0.0
    tasks: list[Task] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    waits_for: Optional[str] = None
    hooks: Mapping[str, Any] = field(default_factory=dict)
    ending: str = ""
    ends: int = 0
    failing: bool = False
    published: Optional[list[Any]] = None

    def note_wait(self, text: Optional[str]) -> None:
        """Remember what the job waits for now, None for nothing; a new reason becomes a line in its log."""
        if text is not None and text != self.waits_for:
            self.note("error" if "E#J" in text else "warning", text)
        self.waits_for = text

    def note(self, level: str, text: str) -> None:
        """Add a line to the job's log."""
        self.log.append({"date": now(), "level": level, "message": text})


@dataclass(eq=False)
class Delivery(Entity):
    """Files of the workspace for recipients: *recipients* maps a user's id to whether fetching was begun.

    *status* goes from "init" (a draft) over "pending" (being measured) and "waiting" (open) to "done" or "aborted".
    """

    kind = "delivery"
    status: str = "init"
    user_id: str = ""
    volume_id: str = ""
    tasks: list[Task] = field(default_factory=list)
    recipients: dict[str, bool] = field(default_factory=dict)
