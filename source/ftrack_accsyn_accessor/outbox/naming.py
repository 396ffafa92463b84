"""What items are called, as the outbox has it: for whoever looks for one by its words."""

from __future__ import annotations

import array
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.archive import Archive
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.listing import LIST_LIMIT, gone

#: What `named` reads.
NAMED = (
    *("id", "project_name", "context", "version_name", "component_id", "component_name", "path"),
    *("resource_identifier", "reason", "destination_name", "party", "state"),
)


class Named(NamedTuple):
    """What an item is called, as the outbox has it."""

    item_id: int
    project: str
    context: str
    version: str
    component_id: str
    component: str
    path: str
    identifier: str
    reason: str
    destination: str
    state: str


def named(row: Mapping[str, Any]) -> Named:
    """Return what the item with *row* is called."""
    texts = (row[name] for name in ("project_name", "context", "version_name", "component_id", "component_name"))
    ends = (row["path"], row["resource_identifier"], row["reason"], row["destination_name"] or row["party"])
    return Named(row["id"], *map(records.shown, (*texts, *ends, row["state"])))


def names(connections: Connections, archive: Archive, words: Collection[str] = ()) -> Iterator[Named]:
    """Yield what items are called, the newest first; a row of each is read. A few at a time.

    Of what is in the archive those in which all of *words* occur, in any case; of what is not, all of them.
    """
    with connections.reading() as connection:
        rows = connection.execute("SELECT id FROM item ORDER BY created_at DESC, id DESC")
        ids = array.array("q", (row[0] for row in rows))
    for start in range(0, len(ids), LIST_LIMIT):
        page = ids[start : start + LIST_LIMIT]
        with connections.reading() as connection:
            found = connection.execute(
                f"SELECT {', '.join(NAMED)} FROM item WHERE id IN ({', '.join('?' * len(page))}) "  # noqa: S608
                "ORDER BY created_at DESC, id DESC",
                page,
            ).fetchall()
        yield from map(named, found)
    for found in archive.called(words) if words else ():
        yield from map(named, gone(connections, found))
