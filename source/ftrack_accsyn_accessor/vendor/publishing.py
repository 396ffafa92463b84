"""The vendor's side of accsyn Publish: the studio's hook is asked first, and what it refuses is not sent.

Needs no grant on any folder: where a delivery goes is what the hook says, and the list of what it said goes back to the
studio with the upload (workflow facts, section 5), which checks it anew.
"""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ftrack_accsyn_accessor.model import upload
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.submission import Found, FoundKind
from ftrack_accsyn_accessor.vendor.delivering import Unit
from ftrack_accsyn_accessor.workspace import Workspace

_MOST_TEXT = 4000
_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,200}>")
_BREAK = re.compile(r"<(?:br|/p|/li|/div)\b[^<>]{0,200}>", re.IGNORECASE)


class Offer(NamedTuple):
    """What the studio thinks of one delivery: whether it may be sent, why, and its own entry, which goes back to it."""

    unit: Unit
    accepted: bool
    words: str
    entry: Mapping[str, Any]


class Wishes(NamedTuple):
    """What the studio wants to be told with a delivery; `status` is the one that it would take by itself."""

    offers: tuple[Offer, ...]
    guidelines: str = ""
    comment: bool = False
    time_report: bool = False
    statuses: tuple[str, ...] = ()
    status: str = ""


class Said(NamedTuple):
    """What the vendor says to it. The time is in seconds."""

    comment: str = ""
    status: str = ""
    time_s: int = 0


def ask(workspace: Workspace, units: Sequence[Unit]) -> Wishes:
    """Return what the studio's hook says to *units*; what it does not speak of is refused."""
    entries = {str(uuid.uuid4()): unit for unit in units}
    sent = [entry_of(ident, unit) for ident, unit in entries.items()]
    answer = workspace.prepublish(sent, sum(unit.size_bytes for unit in units))
    told = {str(each.get("id")): each for each in answer["files"] if isinstance(each, dict)}
    offers = tuple(_offer(unit, told.get(ident, {})) for ident, unit in entries.items())
    statuses = [each for each in _listed(answer.get("statuses")) if isinstance(each, dict)]
    names = tuple(filter(None, map(_status_name, statuses)))
    default = next((_status_name(each) for each in statuses if each.get("default") is True), "")
    return Wishes(
        offers,
        plain_text(_text(answer.get("guidelines"))),
        answer.get("comment") is True,
        answer.get("time_report") is True,
        names,
        default,
    )


def entry_of(ident: str, unit: Unit) -> dict[str, Any]:
    """Return *unit* as the hook is asked about it: names and sizes of all that is in it."""
    if unit.is_file:
        return {"id": ident, "filename": unit.name, "is_dir": False, "size": unit.size_bytes}
    return {"id": ident, "filename": unit.name, "is_dir": True, "size": unit.size_bytes, "files": _tree(unit.found)}


def _tree(found: Sequence[Found]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    folders: dict[str, dict[str, Any]] = {}
    for each in sorted(found, key=lambda each: each.path):
        above, _, name = each.path.rpartition("/")
        row: dict[str, Any] = {"filename": name, "is_dir": each.kind is FoundKind.FOLDER, "size": each.size_bytes}
        if each.kind is FoundKind.FOLDER:
            folders[each.path] = {**row, "size": 0, "files": []}
            row = folders[each.path]
        (folders[above]["files"] if above else rows).append(row)
        for folder in _above(each.path) if each.kind is FoundKind.FILE else ():
            folders[folder]["size"] += each.size_bytes
    return rows


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def payload(job: str, offer: Offer, said: Said) -> dict[str, Any]:
    """Return the job that publishes what was offered, with what the vendor says to it.

    A publish is documented from full paths on the own machine only.
    """
    more: dict[str, Any] = {"comment": said.comment, "time_report": said.time_s}
    entry = {**offer.entry, **more, **({"status": said.status} if said.status else {})}
    task = {"id": str(offer.entry["id"]), "source": str(offer.unit.path)}
    hook = {"when": "hook-job-publish-server", "data": {"files": [entry]}}
    return {"name": job, "tasks": [task], "hooks": [hook]}


def job_name(unit: Unit) -> str:
    """Return what the job is called that publishes *unit* as it is now."""
    content = upload.digest("\n".join(f"{each.path}\t{each.size_bytes}\t{each.mark}" for each in unit.files))
    return upload.job_name(unit.name, "publish", content)


def _offer(unit: Unit, entry: Mapping[str, Any]) -> Offer:
    accepted = entry.get("can_publish") is True and entry.get("rejected") is not True
    words = [plain_text(_text(entry.get(name))) for name in ("warning", "info")]
    default = "" if accepted else "The studio does not take it, and does not say why."
    return Offer(unit, accepted, " ".join(filter(None, words)) or default, entry)


def plain_text(text: str) -> str:
    """Return what *text* of the studio's, which may be HTML, says; what a terminal would obey is escaped."""
    lines = html.unescape(_TAG.sub("", _BREAK.sub("\n", text[:_MOST_TEXT]))).splitlines()
    return "\n".join(filter(None, (printable(line.strip(), _MOST_TEXT) for line in lines)))


def _status_name(row: Mapping[str, Any]) -> str:
    return next(filter(None, (printable(_text(row.get(name))) for name in ("name", "label", "code"))), "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
