"""What the door gives and takes: frozen values, read from accsyn's answers with tolerance.

Attributes and their forms: accsyn fact sheet, sections 3, 6 and 7. A missing, empty or odd attribute becomes the
empty value or None, never an error: what a job is worth must not depend on a field that nobody needs.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.model.paths import Root, volume_roots

_ID = re.compile(r"[0-9a-z]{24}")
#: "E#J057 .." is an error, "W#J067 .." a warning (accsyn fact sheet, section 8c).
_ERROR_CODE = re.compile(r"\bE#[A-Z]\d+")
#: An e-mail address, bare or as in "user:mail[role](id)": the sources disagree (workflow facts, section 4).
_ADDRESS = re.compile(r"[^\s:\[\]()]+@[^\s:\[\]()]+")
#: Under what name accsyn tells the free space of a volume, which its admin page shows, is not known.
_FREE = ("free", "free_space", "space_free", "free_bytes", "size_free", "available")
_HEX_PAIRS = re.compile(r"[0-9A-F]{12}")

#: Statuses with which a job leaves accsyn's live ones.
FINISHED = frozenset({"done", "aborted"})

#: A number of this size is a mistake: 72 petabytes, and what is added up of such still fits into a database.
MOST = 2**56

#: In a task's metadata, for an accsyn whose tasks do not tell what they carry: the path that it was made for.
PATH = "ftrack_accsyn_path"

APP = 0
SERVER = 1
USER_SERVER = 2


@dataclasses.dataclass(frozen=True)
class Client:
    """An accsyn client: the desktop app (type 0) or user server (type 2) of a machine; MAC addresses are normal.

    Or the server (type 1) of a site. `user_id` and `user` (e-mail address) are whose it is, `site_id` is where it is.
    `version` is accsyn's own ("3.6-5_3"), empty where it is not told.
    """

    id: str
    code: str
    type: Optional[int]
    status: str
    macs: frozenset[str]
    user_id: str = ""
    user: str = ""
    site_id: str = ""
    version: str = ""

    @property
    def online(self) -> bool:
        """Whether accsyn has heard of it lately."""
        return self.status in ("online", "enabled")

    @classmethod
    def from_answer(cls, row: Mapping[str, Any]) -> Client:
        """Return the client of *row*. MAC addresses are in `host_id` or `host_ident`: the documents disagree."""
        addresses = row.get("host_id") or row.get("host_ident") or ""
        listed = addresses if isinstance(addresses, list) else re.split(r"[,\s]+", _text(addresses))
        macs = (normal_mac(_text(address)) for address in listed)
        return cls(
            id=entity_id(row),
            code=_text(row.get("code")),
            type=_whole(row.get("type")),
            status=_text(row.get("status")),
            macs=frozenset(mac for mac in macs if mac),
            user_id=_text(row.get("user")),
            user=address_in(row.get("user_hr")) or address_in(row.get("user")),
            site_id=_text(row.get("site")),
            version=_text(row.get("version")),
        )


class FolderEntry(NamedTuple):
    """A file or folder in a folder that was listed; `path` is relative to that. Folders have no size."""

    path: str
    is_folder: bool
    size_bytes: int


def folder_entries(rows: Iterable[Mapping[str, Any]], above: str = "") -> Iterator[FolderEntry]:
    """Yield what the *rows* of a listing hold, and what is in their folders as far as that was listed."""
    for row in rows:
        path = f"{above}{_text(row.get('filename'))}"
        inner = row.get("files")
        is_folder = row.get("type") in (0, "0") or isinstance(inner, list)
        yield FolderEntry(path, is_folder, 0 if is_folder else size_bytes(row) or 0)
        if isinstance(inner, list):
            yield from folder_entries((each for each in inner if isinstance(each, Mapping)), f"{path}/")


@dataclasses.dataclass(frozen=True)
class Volume:
    """A volume, with the roots that accsyn knows for it, and what is free on it; None where accsyn does not tell."""

    id: str
    code: str
    status: str
    default: bool
    roots: tuple[Root, ...]
    free_bytes: Optional[int] = None

    @classmethod
    def from_answer(cls, row: Mapping[str, Any]) -> Volume:
        """Return the volume of *row*."""
        code, status = _text(row.get("code")), _text(row.get("status"))
        free = next(
            (value for value in (_not_negative(_whole(row.get(name))) for name in _FREE) if value is not None), None
        )
        return cls(entity_id(row), code, status, row.get("default") is True, tuple(volume_roots(code, row)), free)


@dataclasses.dataclass(frozen=True)
class Site:
    """A place with servers; `main` is head quarters."""

    id: str
    code: str
    name: str
    status: str
    main: bool

    @classmethod
    def from_answer(cls, row: Mapping[str, Any]) -> Site:
        """Return the site of *row*."""
        code, name, status = (_text(row.get(attribute)) for attribute in ("code", "name", "status"))
        return cls(entity_id(row), code, name, status, row.get("main") is True)


@dataclasses.dataclass(frozen=True)
class User:
    """A user, `email` being the code; `invited` means that nobody has logged in as this user yet.

    `created` is accsyn's text (UTC, ISO 8601). `active` is False for one who was deactivated: with their home and all
    that is granted to them, until somebody brings them back.
    """

    id: str
    email: str
    role: str
    status: str
    invited: bool
    created: str = ""
    active: bool = True

    @classmethod
    def from_answer(cls, row: Mapping[str, Any], active: bool = True) -> User:
        """Return the user of *row*."""
        role = _text(row.get("role")) or _text(row.get("clearance"))
        never = "logged_in" in row and row["logged_in"] is None
        email, status, created = (_text(row.get(attribute)) for attribute in ("code", "status", "created"))
        return cls(entity_id(row), email, role, status, never, created, active)


@dataclasses.dataclass(frozen=True)
class Share:
    """A folder, home or collection: `path` is where it is in the volume `volume_id`, without slashes at its ends.

    `active` is False for one that was deactivated, and has its grants back when it is brought back.
    """

    id: str
    code: str
    volume_id: str
    path: str
    status: str
    active: bool = True

    @classmethod
    def from_answer(cls, row: Mapping[str, Any], active: bool = True) -> Share:
        """Return the share of *row*."""
        code, parent, path, status = (_text(row.get(attribute)) for attribute in ("code", "parent", "path", "status"))
        return cls(entity_id(row), code, parent, path.strip("/"), status, active)


@dataclasses.dataclass(frozen=True)
class Job:
    """A transfer job.

    `progress` is in percent, `speed_mb_per_s` in MB/s; both, and `size_bytes`, are None while accsyn does not know.
    `etr` is accsyn's own text for the time left. `queue` is the id of the queue; `created` and
    `modified` are accsyn's texts (UTC, ISO 8601).
    """

    id: str
    name: str
    status: str
    progress: Optional[int]
    size_bytes: Optional[int]
    speed_mb_per_s: Optional[float]
    etr: str
    metadata: Mapping[str, Any]
    queue: str
    created: str
    modified: str = ""

    @property
    def finished(self) -> bool:
        """Whether it is done or aborted; a failed one is not, accsyn may retry it."""
        return self.status in FINISHED

    @classmethod
    def from_answer(cls, row: Mapping[str, Any]) -> Job:
        """Return the job that *row* describes."""
        return cls(
            id=entity_id(row),
            name=_text(row.get("name")) or _text(row.get("code")),
            status=_text(row.get("status")),
            progress=_not_negative(_whole(row.get("progress"))),
            size_bytes=_not_negative(_whole(row.get("size"))),
            speed_mb_per_s=_not_negative(_number(row.get("speed"))),
            etr=_text(row.get("etr")),
            metadata=_mapping(row.get("metadata")),
            queue=_text(row.get("queue")) or _text(row.get("parent")),
            created=_text(row.get("created")),
            modified=_text(row.get("modified")),
        )


@dataclasses.dataclass(frozen=True)
class Task:
    """A task of a job: one file, folder or frame range.

    `source` and `destination` hold what accsyn says about that end (`path`, `path_abs_final`, `client`, ..), or only
    `path` where it answers with a text. `progress` (percent) and `speed_mb_per_s` (MB/s) are not documented for tasks:
    they are None wherever accsyn does not send them. Of the tasks of a job that of the highest `priority` goes first.
    """

    id: str
    uri: str
    status: str
    size_bytes: Optional[int]
    source: Mapping[str, Any]
    destination: Mapping[str, Any]
    metadata: Mapping[str, Any]
    progress: Optional[int] = None
    speed_mb_per_s: Optional[float] = None
    finished: str = ""
    created: str = ""
    priority: Optional[int] = None

    @classmethod
    def from_answer(cls, row: Mapping[str, Any]) -> Task:
        """Return the task that *row* describes."""
        metadata = _mapping(row.get("metadata"))
        return cls(
            id=entity_id(row),
            uri=_text(row.get("uri")),
            status=_text(row.get("status")),
            size_bytes=_not_negative(_whole(row.get("size"))),
            source=_end(row.get("source"), _text(metadata.get(PATH))),
            destination=_end(row.get("destination")),
            metadata=metadata,
            progress=_not_negative(_whole(row.get("progress"))),
            speed_mb_per_s=_not_negative(_number(row.get("speed"))),
            finished=_moment(row.get("finished")),
            created=_moment(row.get("created")),
            priority=_whole(row.get("priority")),
        )


@dataclasses.dataclass(frozen=True)
class Grant:
    """What a user may do below `path` ("/" is all) of a share, which is named by its id and, where told, its code.

    `id` is that of the grant, `user_id` the user's, `user` their e-mail address where that is told. `created` is
    accsyn's text (UTC, ISO 8601), empty where it does not tell it.
    """

    share_id: str
    share: str
    path: str
    read: bool
    write: bool
    id: str = ""
    user_id: str = ""
    user: str = ""
    created: str = ""

    @classmethod
    def from_answer(cls, row: Mapping[str, Any]) -> Grant:
        """Return the grant of *row*, an access control list entry."""
        share_id = _text(row.get("target")).rpartition(":")[2]
        path = f"/{_text(row.get('path')).strip('/')}"
        user_id = _text(row.get("entity") or row.get("ident")).rpartition(":")[2]
        may = (row.get("read") is True, row.get("write") is True)
        told = (entity_id(row), user_id, address_in(row.get("entity_hr")), _moment(row.get("created")))
        return cls(share_id, _text(row.get("target_hr")), path, *may, *told)


@dataclasses.dataclass(frozen=True)
class Moving:
    """A transfer that runs, between accsyn's own references: "workspace:..", "user:..", "site:.."."""

    id: str
    name: str
    source: str
    destination: str
    user_id: str

    @classmethod
    def from_answer(cls, row: Mapping[str, Any]) -> Moving:
        """Return the transfer of *row*."""
        name = _text(row.get("name")) or _text(row.get("code"))
        source, destination, user_id = (_text(row.get(attribute)) for attribute in ("source", "destination", "user"))
        return cls(entity_id(row), name, source, destination, user_id)


def _moment(value: Any) -> str:
    """Return a time as accsyn tells it; empty where it has none, which it may tell as 1970 (fact sheet, section 6)."""
    text = _text(value)
    return "" if text.startswith("1970") else text


def entity_id(row: Mapping[str, Any]) -> str:
    """Return the id in *row*, or the empty text."""
    return _text(row.get("id"))


def is_id(text: str) -> bool:
    """Whether *text* has the form of an id: 24 lower-case letters and digits (tasks have other ones)."""
    return bool(_ID.fullmatch(text))


def normal_mac(text: str) -> str:
    """Return a MAC address as twelve upper-case hexadecimal digits, or the empty text when it is none, or all zeros."""
    digits = re.sub(r"[:\-.]", "", text.strip().upper())
    return digits if _HEX_PAIRS.fullmatch(digits) and digits.strip("0") else ""


def address_in(value: Any) -> str:
    """Return the e-mail address that accsyn tells a user by, empty where it tells none."""
    found = _ADDRESS.search(_text(value))
    return found[0] if found else ""


def _text(value: Any) -> str:
    if value is None or isinstance(value, (dict, list)):
        return ""
    text = str(value)
    return text[len("ObjectId:") :] if text.startswith("ObjectId:") else text


def _number(value: Any) -> Optional[float]:
    try:
        number = None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number is not None and abs(number) < MOST else None


def _whole(value: Any) -> Optional[int]:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < MOST else None  # a float has no room for the sizes of very large files
    number = _number(value)
    return int(number) if number is not None else None


def _not_negative(number: Any) -> Any:
    return number if number is not None and number >= 0 else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _end(value: Any, path: str = "") -> Mapping[str, Any]:
    end = {"path": value} if isinstance(value, str) and value else _mapping(value)
    return {**end, "path": path} if path and not end.get("path") else end


def error_lines(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the texts of those *rows* of a log that tell of errors, latest first.

    How rows are named and ordered is not documented: any usual name will do, and rows without a date keep their order.
    """
    told = []
    for row in rows:
        text = next(filter(None, (_text(row.get(name)) for name in ("message", "text", "msg", "body"))), "")
        level = _text(row.get("level") or row.get("severity")).lower()
        if text and (level in ("error", "critical", "fatal") or _ERROR_CODE.search(text)):
            told.append((_text(row.get("date") or row.get("created")), text))
    newest_first = sorted(told, key=lambda line: line[0], reverse=True)
    return [text for _, text in newest_first]


def size_bytes(result: Any) -> Optional[int]:
    """Return the size that a `getsize` answer holds: a number, or a number under "size"; None for anything else."""
    size = _whole(result.get("size") if isinstance(result, dict) else result)
    return size if size is not None and size >= 0 else None
