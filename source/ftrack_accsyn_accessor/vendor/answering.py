"""The answer to who wants to publish, in accsyn's words; it never depends on anybody who can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ftrack_accsyn_accessor.model.payload import Entry, Payload
from ftrack_accsyn_accessor.model.printable import printable

LATER = "The studio cannot check this at the moment. Please try again in a few minutes."
#: What accsyn tells of an entry, and wants back.
_ECHOED = ("id", "filename", "is_dir", "size", "files")


def answer(files: Sequence[dict[str, Any]], guidelines: str = "") -> dict[str, Any]:
    """Return the answer that tells *files*, with nothing asked of whoever publishes them."""
    return {"guidelines": guidelines, "comment": False, "time_report": False, "statuses": [], "files": list(files)}


def unanswered(found: Payload) -> dict[str, Any]:
    """Return the answer where nobody could be asked: nothing may be published now."""
    return answer([refusal(entry, LATER) for entry in found.entries], LATER)


def refusal(entry: Entry, why: str) -> dict[str, Any]:
    """Return the answer for an entry that may not be published, and why."""
    no = {"can_publish": False, "can_upload": False, "rejected": True}
    return {**_echo(entry), "ident": printable(entry.name), **no, "warning": why, "info": why}


def acceptance(entry: Entry, ident: str, path: str, info: str) -> dict[str, Any]:
    """Return the answer for an entry that may be uploaded to *path*, where it is called as it is called now."""
    yes = {"can_publish": True, "can_upload": True, "rejected": False}
    return {**_echo(entry), "ident": ident, **yes, "path": path, "info": info}


def _echo(entry: Entry) -> dict[str, Any]:
    return {"filename": entry.name, **{name: entry.told[name] for name in _ECHOED if name in entry.told}}
