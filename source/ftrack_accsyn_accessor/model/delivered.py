"""A delivered unit as it waits for its ingest: what is known of it, and what was decided, as JSON and back. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Optional

from ftrack_accsyn_accessor.model.submission import Found, FoundKind, Part, Problem, Severity, Shape, Verdict

UPLOAD, PUBLISH = "upload", "publish"
#: Letters of a comment that are kept: nobody writes more, and ftrack shows no more.
_MOST_COMMENT = 4_000
_MOST_SECONDS = 10_000 * 3600


@dataclasses.dataclass(frozen=True)
class Unit:
    """A folder or file, `name`, that has arrived in `folder` (relative to the volume).

    `files` are the paths below it that have arrived, None for all that lies there. `sent` are sizes in bytes by path,
    as far as accsyn tells them; that of the whole is under "". `comment`, `status` and `seconds` are what the vendor
    says of their work.
    """

    vendor_id: str
    origin: str
    folder: str
    name: str
    job: str = ""
    files: Optional[tuple[str, ...]] = None
    sent: Mapping[str, int] = dataclasses.field(default_factory=dict)
    comment: str = ""
    status: str = ""
    seconds: int = 0

    @property
    def path(self) -> str:
        """Where it has arrived, relative to the volume."""
        return f"{self.folder}/{self.name}"


def unit(data: Mapping[str, Any]) -> Optional[Unit]:
    """Return the unit that the data of an entry describe; None where they describe none that may be touched."""
    names = (data.get("vendor_id"), data.get("origin"), data.get("folder"), data.get("name"))
    vendor_id, origin, folder, name = (each if isinstance(each, str) else "" for each in names)
    plain = name not in ("", ".", "..") and not any(sign in name for sign in "/\0")
    if not vendor_id or origin not in (UPLOAD, PUBLISH) or not plain or not _is_path(folder):
        return None
    note, sent, files = _table(data.get("note")), _table(data.get("sent")), data.get("files")
    seconds = note.get("time_s")
    return Unit(
        vendor_id=vendor_id,
        origin=origin,
        folder=folder,
        name=name,
        job=_text(data.get("job")),
        files=tuple(each for each in files if isinstance(each, str)) if isinstance(files, (list, tuple)) else None,
        sent={path: size for path, size in sent.items() if _is_number(size)},
        comment=_text(note.get("comment"))[:_MOST_COMMENT],
        status=_text(note.get("status"))[:_MOST_COMMENT],
        seconds=min(seconds, _MOST_SECONDS) if isinstance(seconds, int) and _is_number(seconds) else 0,
    )


def cover(units: Iterable[Unit], paths: Iterable[str]) -> bool:
    """Whether each of *paths*, below a unit, is one that has arrived by what *units*, entries for it, tell."""
    told: set[str] = set()
    for each in units:
        if each.files is None:
            return True
        told.update(path.strip("/") for path in each.files)
    return "" in told or all(any(above in told for above in _upwards(path)) for path in paths)


def _upwards(path: str) -> Iterator[str]:
    """Yield a path and the folders above it."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """Return *verdict* as JSON."""
    return dataclasses.asdict(verdict)


def verdict(data: Mapping[str, Any]) -> Verdict:
    """Return the verdict of which *data* were made by `verdict_data`."""
    return Verdict(
        name=data["name"],
        task_id=data["task_id"],
        deliverable=data["deliverable"],
        version=data["version"],
        parts=tuple(_part(each) for each in data["parts"]),
        problems=tuple(Problem(**{**each, "severity": Severity(each["severity"])}) for each in data["problems"]),
    )


def _part(data: Mapping[str, Any]) -> Part:
    files = tuple(Found(**{**each, "kind": FoundKind(each["kind"])}) for each in data["files"])
    return Part(**{**data, "shape": Shape(data["shape"]), "files": files, "frames": tuple(data["frames"])})


def _is_path(folder: str) -> bool:
    names = folder.split("/")
    return "\0" not in folder and "\\" not in folder and not any(name in ("", ".", "..") for name in names)


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    """Return a text without what is no letter of one: it is shown to people."""
    text = value if isinstance(value, str) else ""
    return "".join(each if each.isprintable() or each == "\n" else " " for each in text).strip()


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
