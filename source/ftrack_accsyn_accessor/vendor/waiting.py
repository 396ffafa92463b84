"""What of the vendor loop is not finished here, why, and since when; and what somebody gives up of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Optional

from ftrack_accsyn_accessor.ftrack import notes
from ftrack_accsyn_accessor.ftrack.notes import Note
from ftrack_accsyn_accessor.model import closing, delivered, errors
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.vendor import case as cases
from ftrack_accsyn_accessor.vendor.handing_out import SENT
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.spool import HAND_OUT, Entry

#: After that somebody has to look at what is stopped, even where it may go on by itself.
LONG_S = 86_400.0


@dataclasses.dataclass(frozen=True)
class Waiting:
    """An entry of this machine's spool: `name` is what it is called by, `what` the package or what was delivered.

    `since` and `stopped_since` (ISO 8601 in UTC, empty where nothing stops it) tell since when it is there, and is
    stopped by `cause`. With `attention` somebody has to look at it: it does not go on by itself, or has not for long.
    `project` and `vendor` (e-mail address) are empty where that is not known yet.
    """

    name: str
    kind: str
    project: str
    vendor: str
    what: str
    since: str
    cause: str
    stopped_since: str
    attention: bool


def waiting(means: Means, now: float) -> list[Waiting]:
    """Return what is not finished at *now*, in seconds since the epoch; raise `errors.SpoolError`."""
    return [_told(entry, now) for entry in sorted(means.spool.waiting(), key=lambda each: each.put_at)]


def _told(entry: Entry, now: float) -> Waiting:
    known: Mapping[str, Any] = (entry.data.get("progress") or {}).get("case") or entry.data
    stopped_at = entry.stopped_at
    return Waiting(
        entry.name,
        entry.kind,
        str(known.get("project") or ""),
        str(known.get("vendor") or ""),
        _what(entry),
        closing.stamp(entry.put_at),
        entry.cause,
        closing.stamp(stopped_at) if stopped_at is not None else "",
        is_long(entry, now) or entry.needs_help,
    )


def _what(entry: Entry) -> str:
    unit = delivered.unit(entry.data)
    return unit.path if unit is not None else str(entry.data.get("package") or "")


def is_long(entry: Entry, now: float) -> bool:
    """Whether an entry has been stopped for so long that somebody has to look at it."""
    return entry.stopped_at is not None and now - entry.stopped_at > LONG_S


def tell_refused(means: Means, entry: Entry, error: errors.AccsynAccessorError, now: float) -> None:
    """Leave a note at the project, once, of a delivery that ftrack has refused for long; raise nothing of services."""
    if not isinstance(error, errors.RegistrationRefused) or not is_long(entry, now):
        return
    try:
        project_id = _project_id(means, entry)
        if project_id:
            words = f"{printable(_what(entry))} was delivered, and is not taken in: {error}"
            _note(means, f"refused {entry.kind} {entry.key}", "Project", project_id, words)
    except errors.AccsynAccessorError:
        return  # it is asked again with the entry, and told by `vendors` anyway


def give_up(means: Means, name: str) -> str:
    """End what is called *name* without doing more of it, with a note at its tasks or project; return it in words.

    Nothing is deleted, and nothing that was granted is taken back by it. Raise `errors.Unresolved` where nothing of
    this name waits, `errors.Conflict` where it is being worked on, or accsyn has it, and what ftrack, accsyn and the
    spool raise: then it waits as before.
    """
    entry = next((each for each in means.spool.waiting() if each.name == name), None)
    if entry is None:
        outcome = "nothing of this name waits here"
        raise errors.Unresolved("give up", name, outcome, "ftrack-accsyn vendors tells what waits.")
    with means.spool.claim(entry) as mine:
        if mine is None:
            raise errors.Conflict("give up", name, "it is being worked on", "Try it again in a moment.")
        if mine.data.get(SENT):
            remedy = "Cancel its request, which ftrack-accsyn requests tells."
            raise errors.Conflict("give up", name, "accsyn has it already", remedy)
        what = printable(_what(mine)) or "What was confirmed"
        words = f"{what} was given up" + (f". It had waited: {mine.cause}" if mine.cause else ".")
        for place in _places(means, mine):
            _note(means, f"given up {mine.kind} {mine.key} {place[1]}", *place, words)
        kept = {each: mine.data.get(each) for each in ("project", "package", "folder", "way")}
        mine.finish({**kept, "outcome": "given-up", "words": words, "failed": words})
    return words


def _places(means: Means, entry: Entry) -> list[tuple[str, str]]:
    """Return where in ftrack it belongs: type and id of the tasks that were handed out, or of the project."""
    if entry.kind == HAND_OUT:
        return [("Task", str(each)) for each in entry.data.get("tasks") or ()]
    project_id = _project_id(means, entry)
    return [("Project", project_id)] if project_id else []


def _project_id(means: Means, entry: Entry) -> str:
    unit = delivered.unit(entry.data)
    case: Optional[cases.Case] = None
    if unit is not None:
        case = cases.recognise(means, unit, (entry.data.get("progress") or {}).get("case"))
    return case.project_id if case is not None else ""


def _note(means: Means, key: str, parent_type: str, parent_id: str, words: str) -> None:
    author = notes.user_id(means.connection, means.credentials.api_user)
    text = words.encode("utf-8", "backslashreplace").decode()
    notes.write(means.connection, key, Note(parent_type, parent_id, author, text))
