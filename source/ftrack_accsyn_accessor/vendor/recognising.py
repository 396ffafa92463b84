"""Whether a job brings something of a vendor's: from accsyn's word alone, with no file and no service asked.

Every job of the workspace comes by here, so that this imports next to nothing. Whether the sender is the vendor whose
folder it is tells `case.recognise`, when what has arrived is worked off.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import string
from collections.abc import Iterable, Sequence
from typing import Any, Callable, NamedTuple, Optional

from ftrack_accsyn_accessor.model.payload import JobTask, Payload
from ftrack_accsyn_accessor.model.tasks import never_sent

#: Statuses after which accsyn does nothing more for a task unless somebody asks for it.
_ENDED = frozenset({"done", "excluded", "aborted"})
_SEQUENCE = re.compile(
    r"(?P<head>[^%\[\]]*)%(?:0(?P<padding>[1-9]))?d(?P<tail>[^%\[\]]*)\[(?P<first>[0-9]{1,9})-(?P<last>[0-9]{1,9})\]"
)
#: What no name on a disk has: half a character. A byte that is no UTF-8 is written as one of the others.
_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_MOST_BYTES, _MOST_LEVELS = 255, 1_024
#: Files of a unit that are told one by one; beyond, all that lies there is looked at, within the studio's own bounds.
_MOST_FILES = 100_000
#: Below the folder that vendors publish to, each time has a folder of its own, called so.
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Arrived(NamedTuple):
    """A folder or file, `name`, in `folder` (relative to the volume) to which tasks of a job belong.

    `files` are the paths below it that have arrived, None for all that is there; `sent` are their sizes in bytes as far
    as accsyn tells them, that of the whole under "". `waits` names what is still on its way, or has failed: it is not
    whole.
    """

    folder: str
    name: str
    files: Optional[tuple[str, ...]]
    sent: dict[str, int]
    digest: str
    waits: tuple[str, ...] = ()
    failed: bool = False


class _Placed(NamedTuple):
    """A task with the folder of a vendor's that it goes to, what it is of there, and its path below that."""

    task: JobTask
    folder: str
    name: str
    path: str


def uploader(payload: Payload) -> str:
    """Return the id of the user who has uploaded what a job carries to the main site; empty for any other job.

    The creator of the job may be somebody else. Whether it is a vendor is not looked at.
    """
    kind, user_id = payload.source
    to_main = payload.destination[0] in ("workspace", "site") or not payload.destination[0]
    return user_id if kind == "user" and to_main else ""


def arrived(payload: Payload, template: str, share_folder: Callable[[str], str], deeper: str = "") -> list[Arrived]:
    """Return what a job has brought to folders of vendors, by name, with all its tasks.

    *template* is that of the folders (`VendorRules.from_folder`); with *deeper*, a pattern, of such a name below it.
    *share_folder* tells the folder of the share with an id, relative to the volume, empty for none of ours: it is asked
    only where accsyn names neither an absolute path nor one in the volume, once, and may raise what it likes.
    """
    pattern, share_folder = _pattern(template, deeper), functools.lru_cache(maxsize=None)(share_folder)
    found: dict[tuple[str, str], list[_Placed]] = {}
    for task in payload.tasks:
        placed = _placed(task, pattern, share_folder)
        if placed is not None and placed.task.status != "excluded":
            found.setdefault((placed.folder, placed.name), []).append(placed)
    return [_arrived(placed) for _, placed in sorted(found.items())]


def key(job_id: str, unit: Arrived) -> str:
    """Return what a unit of a job is known by: another one as soon as the job has carried more, or other, of it."""
    return f"{job_id}/{unit.digest}"


def _pattern(template: str, deeper: str) -> re.Pattern[str]:
    """Return what paths below the folders of *template* look like; what is below is the group "below"."""
    parts = ((re.escape(text), name) for text, name, *_ in string.Formatter().parse(template))
    folder = "".join(f"{text}[^/]+" if name is not None else text for text, name in parts)
    inner = f"/{deeper}" if deeper else ""
    return re.compile(rf"(?:^|/)(?P<folder>{folder}{inner})(?:/(?P<below>.*))?\Z", re.DOTALL)


def _placed(task: JobTask, pattern: re.Pattern[str], share_folder: Callable[[str], str]) -> Optional[_Placed]:
    end = task.destination
    # The first place that fits: what a vendor calls things comes after it.
    found = pattern.search(end.full) if end.full else pattern.match(end.path.lstrip("/"))
    if found is not None:
        folder, below = found["folder"], found["below"] or ""
    elif end.full or not end.share_id or not end.path:
        return None
    else:
        shared = share_folder(end.share_id)
        found = pattern.match(f"{shared}/{end.path.lstrip('/')}") if shared else None
        if found is None:
            return None
        folder, below = found["folder"], found["below"] or ""
    if not below:  # put into the folder: it is called as at its source
        below = (task.source.path or task.source.full).rpartition("/")[2]
    name, _, path = below.strip("/").partition("/")
    return _Placed(task, folder, name, path) if _is_delivery(name, path) else None


def _is_delivery(name: str, path: str) -> bool:
    """Whether it can be something that somebody has delivered, and is none of accsyn's own leftovers.

    However it is called: what nobody may call a delivery is taken in as well, and told to be wrong.
    """
    names = [name, *path.split("/")] if path else [name]
    return all(map(_may_lie, names)) and len(names) <= _MOST_LEVELS and not never_sent(f"{name}/{path}")


def _may_lie(name: str) -> bool:
    """Whether something in a folder can be called so."""
    if name in ("", ".", "..") or "\0" in name or _HALVES.search(name):
        return False
    return len(name.encode("utf-8", "surrogateescape")) <= _MOST_BYTES


def _arrived(placed: Sequence[_Placed]) -> Arrived:
    done = [each for each in placed if each.task.done]
    everything = any(not each.path for each in done) or sum(_count(each.path) for each in done) > _MOST_FILES
    files: list[str] = []
    sent: dict[str, int] = {}
    for each in () if everything else done:
        covered = _files(each.path)
        files += covered
        if len(covered) == 1 and each.task.size_bytes is not None:
            sent[covered[0]] = each.task.size_bytes
    whole = [each.task.size_bytes for each in done if not each.path]
    if len(whole) == 1 and whole[0] is not None:
        sent[""] = whole[0]
    waiting = [each for each in placed if each.task.status not in _ENDED]
    return Arrived(
        folder=placed[0].folder,
        name=placed[0].name,
        files=None if everything else tuple(sorted(set(files))),
        sent=sent,
        digest=_digest(placed[0].name, (each.task for each in done)),
        waits=tuple(each.path or each.name for each in waiting),
        failed=any(each.task.status == "failed" for each in waiting),
    )


def _count(path: str) -> int:
    """Return how many files a task with this path carries, as far as the path tells."""
    found = _SEQUENCE.fullmatch(path)
    return max(0, int(found["last"]) - int(found["first"]) + 1) if found else 1


def _files(path: str) -> list[str]:
    """Return the paths of those files: frames are written as a range."""
    found = _SEQUENCE.fullmatch(path)
    if found is None:
        return [path]
    padding = int(found["padding"] or 1)
    numbers = range(int(found["first"]), int(found["last"]) + 1)
    return [f"{found['head']}{frame:0{padding}d}{found['tail']}" for frame in numbers]


def _digest(name: str, tasks: Iterable[JobTask]) -> str:
    told: list[Any] = sorted([task.id, task.size_bytes or 0, task.finished] for task in tasks)
    return hashlib.sha256(json.dumps([name, told]).encode("ascii")).hexdigest()[:32]
