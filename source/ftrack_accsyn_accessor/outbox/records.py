"""Rows of the outbox <-> entries."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import zlib
from typing import Any, Optional

from ftrack_accsyn_accessor.entry import Entry, Kind, Publication, StagedFile, State

PUBLICATION_COLUMNS = (
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
)

#: Fast rather than small: frames of a sequence differ in a few digits only, so any level packs them well.
_COMPRESSION_LEVEL = 1


@dataclasses.dataclass(frozen=True)
class JobRow:
    """What the outbox knows of one sync job. `accsyn_id` is empty until accsyn has answered; times are seconds since the epoch."""

    id: int
    route: str
    key: str
    generation: int
    name: str
    accsyn_id: str
    attempted_at: Optional[float]


@dataclasses.dataclass(frozen=True)
class Prepared:
    """An entry whose registration in ftrack has begun, with the token of the process that began it."""

    entry: Entry
    owner: str


def pack(files: tuple[StagedFile, ...]) -> bytes:
    """Return *files* as the blob that the outbox keeps."""
    rows = [(file.path, file.size_bytes, file.mtime_ns) for file in files]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), _COMPRESSION_LEVEL)


def unpack(blob: bytes) -> tuple[StagedFile, ...]:
    """Return the files in *blob*."""
    return tuple(StagedFile(*row) for row in json.loads(zlib.decompress(blob)))


def publication_values(publication: Publication) -> list[Any]:
    """Return the values of `PUBLICATION_COLUMNS`."""
    values = [getattr(publication, name) for name in PUBLICATION_COLUMNS]
    return [value.value if isinstance(value, Kind) else value for value in values]


def entry(row: sqlite3.Row) -> Entry:
    """Return the entry in *row*; its files are empty unless the row has `packed`."""
    columns = row.keys()
    files = unpack(row["packed"]) if "packed" in columns and row["packed"] is not None else ()
    values: dict[str, Any] = {name: row[name] for name in PUBLICATION_COLUMNS}
    values["kind"] = Kind(values["kind"])
    return Entry(
        id=row["id"],
        publication=Publication(files=files, **values),
        state=State(row["state"]),
        cause_kind=row["cause_kind"],
        cause=row["cause"],
        attempts=row["attempts"],
        next_try_at=row["next_try_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        job=row["job"],
        attempted=bool(row["attempted"]),
    )


def job(row: sqlite3.Row) -> JobRow:
    """Return the job in *row*."""
    return JobRow(**{field.name: row[field.name] for field in dataclasses.fields(JobRow)})
