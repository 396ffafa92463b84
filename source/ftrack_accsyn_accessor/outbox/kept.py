"""The row of an item as it is kept apart from the outbox's table: as JSON of what is not empty in it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Union

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
