"""Rows of the outbox <-> items."""

from __future__ import annotations

import dataclasses
import enum
import json
import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Optional, Union

from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
from ftrack_accsyn_accessor.model.item import (
    Endpoint,
    Item,
    Kind,
    Progress,
    Publication,
    Reason,
    Sent,
    StagedFile,
    State,
    Studio,
)

_TEXTS = (
    "component_id",
    "component_name",
    "kind",
    "resource_identifier",
    "location_id",
    "location_name",
    "server_url",
    "username",
    "project_id",
    "project_name",
    "version_id",
    "version_name",
    "workspace",
    "volume",
    "path",
    "doubt",
    "copied_from",
    "context",
)
PUBLICATION_COLUMNS = (*_TEXTS, "priority")

#: Fast rather than small: frames of a sequence differ in a few digits only, so any level packs them well.
_COMPRESSION_LEVEL = 1
#: Stands before what to do in a cause; no text that people write holds it.
_REMEDY = "\x1f"


@dataclasses.dataclass(frozen=True)
class JobRow:
    """What the outbox knows of one sync job.

    `accsyn_id` is empty until accsyn has answered. `party` is where the files go, in accsyn's words, `destination_id`
    and `destination_name` the ftrack location that stands for it, if there is one; `source_party` is where they come
    from, empty where a release before 1.1 has not written it down. Times are seconds since the epoch.
    """

    id: int
    route: str
    key: str
    generation: int
    name: str
    accsyn_id: str
    attempted_at: Optional[float]
    party: str = ""
    destination_id: str = ""
    destination_name: str = ""
    server_url: str = ""
    workspace: str = ""
    source_party: str = ""
    reason: str = Reason.PUBLISH.value

    @property
    def studio(self) -> Studio:
        """Whose it is."""
        return Studio(self.server_url, self.workspace)


def of_studio(studio: Optional[Studio], column: str = "studio") -> tuple[str, dict[str, str]]:
    """Return a condition on rows that *studio* includes (None: all rows) with the values that it binds."""
    if studio is None:
        return "1", {}
    bound = {f"studio_{number}": key for number, key in enumerate(studio.keys)}
    return f"{column} IN ({', '.join(f':{name}' for name in bound)})", bound


def listed(constants: Iterable[enum.Enum]) -> str:
    """Return the values of *constants* as the members of an SQL list."""
    return ", ".join(sorted(f"'{each.value}'" for each in constants))


def pack(files: tuple[StagedFile, ...]) -> bytes:
    """Return *files* as the blob that the outbox keeps."""
    rows = [(file.path, file.size_bytes, file.mtime_ns) for file in files]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), _COMPRESSION_LEVEL)


def unpack(blob: bytes) -> tuple[StagedFile, ...]:
    """Return the files in *blob*; none when it is damaged, which must not keep the other items from being read."""
    try:
        return tuple(StagedFile(*row) for row in json.loads(zlib.decompress(blob)))
    except (zlib.error, ValueError, TypeError):
        return ()


def publication_values(publication: Publication) -> list[Any]:
    """Return the values of `PUBLICATION_COLUMNS`."""
    texts = [getattr(publication, name) for name in _TEXTS]
    texts = [text.value if isinstance(text, Kind) else storable(text) for text in texts]
    return [*texts, publication.priority]


def storable(text: str) -> Union[str, bytes]:
    """Return *text* as SQLite can keep it; Python gives file names that are no UTF-8 as text that cannot be encoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def bindable(values: Iterable[Any]) -> list[Any]:
    """Return *values* as SQLite can compare them with what it keeps: what somebody has typed may be no text, either."""
    return [storable(value) if isinstance(value, str) else value for value in values]


def stored(value: Union[str, bytes]) -> str:
    """Return the text that `storable` has made *value* of."""
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def shown(value: Union[str, bytes]) -> str:
    """Return what people can read of a column."""
    return value if isinstance(value, str) and value.isascii() else printable(stored(value))


def printable(text: str) -> str:
    """Return *text* with what cannot be encoded spelt out, for columns that are only read by people."""
    return text.encode("utf-8", "backslashreplace").decode()


def cause_text(what: str, remedy: str) -> str:
    """Return the value of the column `cause`."""
    return f"{printable(what)}{_REMEDY}{printable(remedy)}" if remedy else printable(what)


def cause_of(error: AccsynAccessorError) -> tuple[str, str]:
    """Return the values of the columns `cause_kind` and `cause`."""
    return error.kind, cause_text(error.what, error.remedy)


def split_cause(text: str) -> tuple[str, str]:
    """Return what is wrong and, where it was kept apart, what to do."""
    what, _, remedy = text.partition(_REMEDY)
    return what, remedy


def item(row: Union[sqlite3.Row, Mapping[str, Any]]) -> Item:
    """Return the item in *row*; its files are empty unless the row has `packed`."""
    files = unpack(row["packed"]) if "packed" in row.keys() and row["packed"] is not None else ()  # noqa: SIM118
    values: dict[str, Any] = {name: stored(row[name]) for name in PUBLICATION_COLUMNS}
    values["kind"] = Kind(values["kind"])
    return Item(
        id=row["id"],
        publication=Publication(files=files, **values),
        state=State(row["state"]),
        cause_kind=row["cause_kind"],
        cause=" ".join(filter(None, split_cause(row["cause"]))),
        attempts=row["attempts"],
        next_try_at=row["next_try_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        job=row["job"],
        attempted=bool(row["attempted"]),
        progress=Progress(row["done_bytes"], row["size_bytes"], row["speed_bytes_per_s"], row["left_s"]),
        arrived_at=row["arrived_at"],
        synced_at=row["synced_at"],
        owner=row["owner"],
        file_count=row["file_count"],
        reason=Reason(row["reason"]),
        request=row["request"],
        source=Endpoint(row["source_party"], values["location_id"], values["location_name"]),
        destination=Endpoint(row["party"], row["destination_id"], row["destination_name"]),
        sent=read_sent(row["sent"]),
        stale_at=row["stale_at"],
        left_over=row["left_over"],
        identifier=stored(row["identifier"]),
    )


def sent_text(sent: Sent) -> str:
    """Return the value of the column `sent`."""
    if sent == Sent():
        return ""
    return json.dumps({"paths": sent.paths, "stale": dict(sent.stale)}, separators=(",", ":"))


def read_sent(text: str) -> Sent:
    """Return what the column `sent` holds."""
    known = json.loads(text) if text else {}
    paths = known.get("paths")
    return Sent(tuple(paths) if paths is not None else None, known.get("stale") or {})


def job(row: sqlite3.Row) -> JobRow:
    """Return the job in *row*."""
    return JobRow(**{field.name: row[field.name] for field in dataclasses.fields(JobRow)})
