"""What accsyn hands to its hooks: jobs, and what somebody wants to publish or has published. Pure.

No example of it is published, and its spellings have changed over the years (workflow facts, sections 5 and 6): a key
that is missing, or is not what it should be, is an empty value. What comes back through a vendor's machine is among it:
nothing here is checked but its form.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.model.errors import ManifestError
from ftrack_accsyn_accessor.model.foreign import why_no_name
from ftrack_accsyn_accessor.model.printable import printable

#: Bytes of an input; a task takes about 600 of them, a file that is to be published 100.
MOST_BYTES = 64 * 1024 * 1024
#: Objects and lists in one input.
_MOST_PARTS = 500_000
_MOST_DIGITS = 20
#: Levels of tasks below tasks, and of folders in folders.
_DEEPEST = 64
_MOST_PATH = 1024
#: In one folder that is to be published; what a studio takes is less, and its own setting.
_MOST_FILES = 100_000
_MOST_SIZE = 2**60
_MOST_TEXT = 4_096
_MOST_LINES = 200
_MOST_LINE = 1_000
_MOST_SECONDS = 10_000 * 3600
_PARTY = re.compile(r"(user|workspace|site|client|share):(.*)", re.DOTALL)
#: "user:v@x.y[standard](66aa..)".
_IN_PARENTHESES = re.compile(r"\(([0-9A-Za-z_-]+)\)\s*\Z")
_DESTINATIONS, _SOURCES = ("destination", "dest", "dst"), ("source", "src")
_FULL = ("path_abs_final", "path_abs", "path_absolute")


class End(NamedTuple):
    """One end of a task, empty where it is not told. Paths have forward slashes, and none at the end.

    `full` is absolute as the machine sees it; `path` is relative to the share, or else to the volume.
    """

    path: str = ""
    full: str = ""
    share_id: str = ""
    volume_id: str = ""
    user_id: str = ""


class JobTask(NamedTuple):
    """A task of a job; `size_bytes` is None where it is not known, `finished` as accsyn writes a moment."""

    id: str
    status: str
    size_bytes: Optional[int]
    finished: str
    source: End
    destination: End

    @property
    def done(self) -> bool:
        """Whether it has ended well."""
        return self.status == "done"


class Inside(NamedTuple):
    """Something in a folder that is to be published; `path` is relative to it, with forward slashes."""

    path: str
    is_folder: bool
    size_bytes: int


@dataclasses.dataclass(frozen=True)
class Entry:
    """A file or folder that is to be published, or was.

    `told` is what accsyn tells of it, and wants back. `why_bad` tells, in words, which name in it can be none of a
    file. `path`, `ident`, `comment`, `status` and `seconds` (that were worked) are there only when it was published.
    """

    id: str
    name: str
    is_folder: bool
    size_bytes: int
    inside: tuple[Inside, ...]
    told: Mapping[str, Any]
    why_bad: str = ""
    path: str = ""
    refused: bool = False
    comment: str = ""
    status: str = ""
    seconds: int = 0


@dataclasses.dataclass(frozen=True)
class Payload:
    """A hook's input. `hook` is its name without what it is prefixed with, such as "post-done", empty where untold.

    `source` and `destination` are kinds of parties with their ids, such as ("user", "66aa.."). `user_id` is who has
    made the job, which need not be who uploads; of what is to be published it is who wants to.
    """

    hook: str
    job_id: str
    job: str
    status: str
    user_id: str
    source: tuple[str, str]
    destination: tuple[str, str]
    tasks: tuple[JobTask, ...]
    entries: tuple[Entry, ...]


def read(content: bytes) -> Payload:
    """Return what a hook's input says. Raise `errors.ManifestError` for what is no JSON object, too large or too deep.

    Memory and time are bounded, whatever it is.
    """
    table = _parsed(content)
    tasks = tuple(_tasks(table))
    return Payload(
        hook=_hook(_text(table.get("hook"))),
        job_id=_id(table, "id", "_id", "job"),
        job=_line(table.get("name")) or _line(table.get("code")),
        status=_text(table.get("status")).casefold(),
        user_id=_id(table, "user"),
        source=_party(table, _SOURCES) or _of_tasks(tasks),
        destination=_party(table, _DESTINATIONS) or _to_tasks(tasks),
        tasks=tasks,
        entries=tuple(map(_entry, _objects(table.get("files")))),
    )


def _parsed(content: bytes) -> Mapping[str, Any]:
    if len(content) > MOST_BYTES:
        raise _error(f"it has {len(content)} bytes, and may have {MOST_BYTES}")
    if content.count(b"{") + content.count(b"[") > _MOST_PARTS:
        raise _error("it has far more parts than any job")
    try:
        found = json.loads(
            content.decode("utf-8-sig"), parse_int=_whole, parse_float=_real, parse_constant=lambda _: None
        )
    except RecursionError:
        raise _error("it is nested too deep") from None
    except ValueError as error:  # its own words show a part of it
        raise _error(f"it is no JSON ({type(error).__name__})") from None
    if not isinstance(found, dict):
        raise _error("it is not a JSON object")
    return found


def _error(outcome: str) -> ManifestError:
    return ManifestError("read what accsyn tells its hook", "", outcome, "See accsyn's log of this job.")


def _whole(text: str) -> Optional[int]:
    return int(text) if len(text) <= _MOST_DIGITS else None


def _real(text: str) -> Optional[float]:
    number = float(text) if len(text) <= 2 * _MOST_DIGITS else math.inf
    return number if math.isfinite(number) else None


# Tasks


def _tasks(table: Mapping[str, Any], depth: int = 0) -> Iterator[JobTask]:
    """Yield the tasks of a job, and those below them: a mapping by their ids, or a list."""
    tasks = table.get("tasks")
    rows = tasks.items() if isinstance(tasks, dict) else [("", row) for row in _objects(tasks)]
    for key, row in rows:
        if not isinstance(row, dict):
            continue
        destination = _end(row, _DESTINATIONS)
        if destination.path or destination.full:
            size, finished = _size(row.get("size")), _text(row.get("finished"))
            status = _text(row.get("status")).casefold()
            task_id = _id(row, "id", "uri") or _plain_id(key)
            yield JobTask(task_id, status, size, finished, _end(row, _SOURCES), destination)
        if depth < _DEEPEST:
            yield from _tasks(row, depth + 1)


def _end(row: Mapping[str, Any], names: tuple[str, ...]) -> End:
    value = next((row[name] for name in names if row.get(name)), None)
    if isinstance(value, str):
        value = {"path": value}
    if not isinstance(value, dict):
        return End()
    full = next(filter(None, (_path(value.get(name)) for name in _FULL)), "")
    ids = (_id(value, "s", "share"), _id(value, "v", "volume"), _id(value, "user"))
    return End(_path(value.get("path")), full, *ids)


def _of_tasks(tasks: tuple[JobTask, ...]) -> tuple[str, str]:
    """Return who sends, where only the tasks tell."""
    users = {task.source.user_id for task in tasks}
    return ("user", users.pop()) if len(users) == 1 and "" not in users else ("", "")


def _to_tasks(tasks: tuple[JobTask, ...]) -> tuple[str, str]:
    there = tasks and all(not task.destination.user_id for task in tasks)
    return ("workspace", "") if there else ("", "")


# What is published


def _entry(told: Mapping[str, Any]) -> Entry:
    name = _text(told.get("filename")) or _text(told.get("name"))
    inside: list[Inside] = []
    why_bad = _inside(told, inside) or why_no_name(name)
    is_folder = told.get("is_dir") is True or isinstance(told.get("files"), list)
    can = [told[key] for key in ("can_publish", "can_upload") if key in told]
    return Entry(
        id=_id(told, "id"),
        name=name,
        is_folder=is_folder,
        size_bytes=_size(told.get("size")) or 0,
        inside=tuple(inside),
        told=told,
        why_bad=why_bad,
        path=_path(told.get("path")),
        refused=told.get("rejected") is True or (bool(can) and not any(each is True for each in can)),
        comment=_lines(told.get("comment")),
        status=_line(_label(told.get("status"))),
        seconds=min(_size(told.get("time_report")) or 0, _MOST_SECONDS),
    )


def _inside(told: Mapping[str, Any], found: list[Inside]) -> str:
    """Collect what lies in a folder; return in words what of it can lie in none."""
    waiting = [(told, "", 0)]
    while waiting:
        above, path, depth = waiting.pop()
        for row in _objects(above.get("files")):
            name = _text(row.get("filename")) or _text(row.get("name"))
            why_bad = why_no_name(name)
            if why_bad or depth > _DEEPEST or len(path) + len(name) > _MOST_PATH or len(found) >= _MOST_FILES:
                return why_bad or "there is far too much in it, or its paths are too long"
            is_folder = row.get("is_dir") is True or isinstance(row.get("files"), list)
            found.append(Inside(path + name, is_folder, 0 if is_folder else _size(row.get("size")) or 0))
            if is_folder:
                waiting.append((row, f"{path}{name}/", depth + 1))
    return ""


def _label(value: Any) -> Any:
    """Return the text of a choice: under what key accsyn has it is not known."""
    if isinstance(value, dict):
        return next((value[key] for key in ("name", "label", "code", "value") if value.get(key)), "")
    return value


# Values


def _hook(name: str) -> str:
    """Return "post-done" for "hook-job-post-done-server"."""
    plain = name.strip().casefold().replace("_", "-")
    for prefix in ("hook-", "job-"):
        plain = plain[len(prefix) :] if plain.startswith(prefix) else plain
    for suffix in ("-server", "-client"):
        plain = plain[: -len(suffix)] if plain.endswith(suffix) else plain
    return printable(plain)


def _party(table: Mapping[str, Any], names: tuple[str, ...]) -> Optional[tuple[str, str]]:
    for name in names:
        value = table.get(name)
        if isinstance(value, dict):
            kind = next((kind for kind in ("user", "site", "workspace", "client") if _id(value, kind)), "")
            if kind:
                return kind, _id(value, kind)
        for text in (_text(value), _text(table.get(f"{name}_hr"))):
            found = _PARTY.match(text)
            if found:
                inner = _IN_PARENTHESES.search(found[2])
                return found[1], _plain_id(inner[1] if inner else found[2])
    return None


def _id(table: Mapping[str, Any], *names: str) -> str:
    """Return the first id that there is under one of *names*, without what some spellings have around it."""
    for name in names:
        value = table.get(name)
        if isinstance(value, dict):
            value = value.get("$oid") or value.get("id")
        found = _plain_id(_text(value))
        if found:
            return found
    return ""


def _plain_id(text: str) -> str:
    plain = text.strip()
    for prefix in ("ObjectId:", "user:", "share:", "volume:"):
        plain = plain[len(prefix) :] if plain.startswith(prefix) else plain
    return plain if re.fullmatch(r"[0-9A-Za-z_.@+:-]{1,128}", plain) else ""


def _path(value: Any) -> str:
    return _text(value).replace("\\", "/").rstrip("/")


def _text(value: Any) -> str:
    return value[:_MOST_TEXT] if isinstance(value, str) else str(value) if type(value) is int else ""


def _line(value: Any) -> str:
    return printable(_text(value).strip())


def _lines(value: Any) -> str:
    lines = _text(value).strip().splitlines()[:_MOST_LINES]
    return "\n".join(printable(line.rstrip(), _MOST_LINE) for line in lines)


def _size(value: Any) -> Optional[int]:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS:
        value = int(value)
    number = int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else -1
    return number if 0 <= number <= _MOST_SIZE else None


def _objects(value: Any) -> list[dict[str, Any]]:
    rows = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [row for row in rows if isinstance(row, dict)]
