"""Items that share files: a container or sequence, and what was published of it by itself after it."""

from __future__ import annotations

import posixpath
import re
import sqlite3
from collections.abc import Iterator

from ftrack_accsyn_accessor.model.folders import above
from ftrack_accsyn_accessor.model.item import Item, Kind, Publication, StagedFile, State, Trouble
from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.opening import Connection

_DIGITS = re.compile(r"\d+")
#: A newer item that keeps an enclosing one waiting. One that gives way to another component is not sent.
_UNPROVEN = (
    f"state NOT IN ('{State.SYNCED.value}', '{State.WITHDRAWN.value}') "
    f"AND NOT (state = '{State.NEEDS_ATTENTION.value}' AND cause_kind = '{Trouble.CONFLICT.value}')"
)
_PAST_ALL = "\U0010ffff"


def enclosing(connection: Connection, publication: Publication) -> list[sqlite3.Row]:
    """Return the rows, with `packed`, of the containers and sequences that hold files of *publication*.

    Of several with one path it is the latest, the others were replaced by it. None that is being prepared.
    """
    paths = [records.storable(path) for path in around(publication.path, publication.kind is Kind.FILE)]
    rows = connection.execute(
        "SELECT * FROM item JOIN files ON files.item = item.id "  # noqa: S608 - the values are bound
        f"WHERE path IN ({', '.join('?' * len(paths))}) AND volume = ? AND location_id = ? AND component_id <> ? "
        "AND reason = 'publish' "
        "ORDER BY created_at",
        (*paths, publication.volume, publication.location_id, publication.component_id),
    )
    latest = {row["path"]: row for row in rows}
    mine = _paths(publication.files)
    left_out = (State.PREPARED.value, State.WITHDRAWN.value)
    return [
        row for row in latest.values() if row["state"] not in left_out and mine & _paths(records.unpack(row["packed"]))
    ]


def mark(connection: Connection, publication: Publication) -> None:
    """Write down of what has arrived and encloses *publication* that ftrack may have it with older content from now on.

    Whether it has is to be asked there: another component may lie in the folder of a container.
    """
    if publication.copied_from:
        return
    connection.executemany(
        "UPDATE item SET stale_at = destination_id "
        "WHERE id = ? AND (state = ? AND arrived_at IS NOT NULL OR state = ?)",
        [(row["id"], State.TRANSFERRING.value, State.SYNCED.value) for row in enclosing(connection, publication)],
    )


def renew(connection: Connection, item: Item) -> None:
    """Write the files of *item*, if it is synced, down with what encloses it and is older: they are its content now."""
    row = connection.execute(
        "SELECT * FROM item JOIN files ON files.item = item.id WHERE id = ? AND created_at = ? AND state = ?",
        (item.id, item.created_at, State.SYNCED.value),
    ).fetchone()
    if row is None:
        return
    publication = records.item(row).publication
    fresh = {file.path: file for file in publication.files}
    for around in enclosing(connection, publication):
        if around["created_at"] < item.created_at:
            files = tuple(fresh.get(file.path, file) for file in records.unpack(around["packed"]))
            _keep_files(connection, around["id"], files)


def _keep_files(connection: Connection, item: int, files: tuple[StagedFile, ...]) -> None:
    size_bytes = sum(file.size_bytes for file in files)
    connection.execute("UPDATE files SET packed = ? WHERE item = ?", (records.pack(files), item))
    connection.execute(
        "UPDATE item SET size_bytes = :size, "
        "done_bytes = CASE WHEN arrived_at IS NULL THEN min(done_bytes, :size) ELSE :size END WHERE id = :item",
        {"size": size_bytes, "item": item},
    )


def newer(connection: Connection, item: Item) -> list[Item]:
    """Return the items of other components, published after *item*, that have files of it and are not synced."""
    publication = item.publication
    if publication.kind is Kind.FILE:
        return []
    low = publication.path.partition("%")[0] if publication.kind is Kind.SEQUENCE else f"{publication.path}/"
    rows = connection.execute(
        "SELECT * FROM item LEFT JOIN files ON files.item = item.id "  # noqa: S608 - constants; the values are bound
        "WHERE path > ? AND path < ? AND volume = ? AND location_id = ? AND created_at > ? AND reason = 'publish' "
        f"AND component_id <> ? AND path <> ? AND {_UNPROVEN} ORDER BY id",
        (
            records.storable(low),
            records.storable(low + _PAST_ALL),
            publication.volume,
            publication.location_id,
            item.created_at,
            publication.component_id,
            records.storable(publication.path),
        ),
    ).fetchall()
    mine = _paths(_files(connection, item)) if rows else set()
    return [other for other in map(records.item, rows) if mine & _paths(other.publication.files)]


def reopen(connection: Connection, item: Item, now: float) -> None:
    """Let *item*, which was synced, wait for what was published of it since."""
    connection.execute(
        "UPDATE item SET state = ?, synced_at = NULL, arrived_at = coalesce(arrived_at, ?), updated_at = ? "
        "WHERE id = ? AND created_at = ? AND state = ?",
        (State.TRANSFERRING.value, now, now, item.id, item.created_at, State.SYNCED.value),
    )


def _files(connection: Connection, item: Item) -> tuple[StagedFile, ...]:
    row = connection.execute("SELECT packed FROM files WHERE item = ?", (item.id,)).fetchone()
    return records.unpack(row["packed"]) if row is not None else ()


def _paths(files: tuple[StagedFile, ...]) -> set[str]:
    return {file.path for file in files}


def around(path: str, is_file: bool = True) -> Iterator[str]:
    """Yield the paths that a sequence or container around *path* may have."""
    folder, name = posixpath.split(path)
    if is_file:
        for digits in _DIGITS.finditer(name):
            widths = ("", *(f"0{width}" for width in range(1, len(digits[0]) + 1)))
            for width in widths:
                yield posixpath.join(folder, f"{name[: digits.start()]}%{width}d{name[digits.end() :]}")
    yield from (each for each in (folder, *above(folder, posixpath)) if each.strip("/"))
