"""The row of an item as it is kept apart from the outbox's table: as JSON of what is not empty in it."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Mapping
from typing import Any, Optional, Union

from ftrack_accsyn_accessor.outbox import records

#: Columns that may be NULL: what is not among the kept ones is that.
_NULLABLE = (
    *("request", "next_try_at", "job", "speed_bytes_per_s", "left_s", "arrived_at", "synced_at"),
    *("priority", "priority_told"),
)


#: Columns by name.
Row = Union[sqlite3.Row, Mapping[str, Any]]


class Known(dict[str, Any]):
    """A row of an item from what was kept of it; a text that was empty was not."""

    def __missing__(self, name: str) -> Any:
        return None if name in _NULLABLE else ""


def known_text(row: Row) -> str:
    """Return what `read_known` reads *row*, which may have `packed`, from."""
    # A row of SQLite looks through all its columns for each name.
    values = zip(row.keys(), row) if isinstance(row, sqlite3.Row) else row.items()
    known = {
        name: records.stored(value) if isinstance(value, bytes) else value
        for name, value in values
        if value is not None and value != "" and name != "packed"
    }
    return json.dumps(known, separators=(",", ":"))


def read_known(text: str) -> Known:
    """Return the row, without its files, that *text* was made of."""
    return Known(json.loads(text))


def is_wanted(connection: sqlite3.Connection, known: Known) -> bool:
    """Return whether the outbox has neither the item, nor newer content of it, nor let it go."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM item WHERE id = :id) OR EXISTS (SELECT 1 FROM past WHERE item = :id) "
        "OR :reason = 'publish' AND EXISTS (SELECT 1 FROM item WHERE component_id = :component "
        "AND location_id = :location AND reason = 'publish')",
        {
            "id": known["id"],
            "reason": known["reason"],
            "component": records.storable(known["component_id"]),
            "location": records.storable(known["location_id"]),
        },
    ).fetchone()
    return not row[0]


#: What all of them have in common, which need not be in each again. Never to be changed: it unpacks what is there.
_DICTIONARY = json.dumps(
    {
        **dict.fromkeys(("id", "request", "size_bytes", "file_count", "attempts", "job", "attempted", "done_bytes"), 0),
        "reason": "publish", "kind": "file", "volume": "projects", "state": "synced", "contents": 1,
        **dict.fromkeys(
            (
                "server_url", "workspace", "studio", "component_id", "component_name", "path", "resource_identifier",
                "location_id", "location_name", "source_party", "party", "destination_id", "destination_name",
                "username", "project_id", "project_name", "version_id", "version_name", "sent", "arrived_at",
                "synced_at", "created_at", "updated_at", "identifier", "copied_from", "context", "job_name",
                "job_id", "job_status",
            ),
            "https://",
        ),
    },
    separators=(",", ":"),
).encode()  # fmt: skip


#: Enough for one row and the dictionary; more takes longer to prepare than to fill.
_WINDOW_BITS, _MEMORY_LEVEL = 12, 5


def pack_known(row: Row) -> bytes:
    """Return what `unpack_known` reads *row*, without its files, from."""
    packer = zlib.compressobj(1, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL, zdict=_DICTIONARY)
    return packer.compress(known_text(row).encode()) + packer.flush()


def unpack_known(packed: bytes, files: bytes) -> Optional[Known]:
    """Return the row, with *files*; None where it is damaged, which must not keep the others from being read."""
    try:
        known = read_known(zlib.decompressobj(_WINDOW_BITS, zdict=_DICTIONARY).decompress(packed).decode())
    except (zlib.error, ValueError, TypeError):
        return None
    known["packed"] = files
    return known
