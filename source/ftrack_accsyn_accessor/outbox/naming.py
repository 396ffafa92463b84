"""What items are called, as the outbox has it: for whoever looks for one by its words."""

from __future__ import annotations

import array
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.archive import Archive
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.listing import LIST_LIMIT, gone
from ftrack_accsyn_accessor.outbox.searching import pattern

#: What `named` reads.
NAMED = (
    *("id", "project_name", "context", "version_name", "component_id", "component_name", "path"),
    *("resource_identifier", "reason", "destination_name", "party", "state"),
)
#: All that a title is made of, but for the word between it and where it goes.
_TITLE = (
    *("context", "version_name", "component_name", "path", "resource_identifier", "project_name"),
    *("destination_name", "party"),
)
_BETWEEN = "to"
#: SQLite knows neither the cases nor the forms of other letters.
_ASCII_ALONE = " AND ".join(
    f"typeof({name}) = 'text' AND length({name}) = length(CAST({name} AS BLOB))" for name in _TITLE
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


def names(connections: Connections, archive: Archive, words: Collection[str] = (), path: str = "") -> Iterator[Named]:
    """Yield what items are called, the newest first, a few at a time.

    Those in which all of *words* occur, in any case, and maybe others; and those with *path* that are in the outbox.
    """
    where, values = _holding(words, path)
    with connections.reading() as connection:
        rows = connection.execute(f"SELECT id FROM item WHERE {where} ORDER BY created_at DESC, id DESC", values)  # noqa: S608
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


def _holding(words: Collection[str], path: str) -> tuple[str, list[Any]]:
    """Return a condition for items that may be called by all of *words*, or have *path*.

    A row of each other one would have to be read.
    """
    # What cannot be seen in a name is typed as it is shown, escaped.
    known = [word.partition("\\")[0] for word in words if word.isascii() and word.lower() != _BETWEEN]
    bound: list[Any] = [records.storable(path), *(pattern(word) for word in known if word)]
    likes = (f"{name} LIKE ?{{number}} ESCAPE '\\'" for name in _TITLE)
    has = f"({' OR '.join(likes)})"
    parts = " AND ".join(has.format(number=number) for number in range(2, len(bound) + 1))
    return (f"({parts}) OR NOT ({_ASCII_ALONE}) OR path = ?1", bound) if parts else ("1", [])
