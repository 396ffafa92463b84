"""The rows of requests: how they are written with their items, and what they tell together. Inside a transaction."""

from __future__ import annotations

import dataclasses
import sqlite3
import uuid
from collections.abc import Sequence
from typing import Optional

from ftrack_accsyn_accessor.model.item import Item, Reason, State, Studio
from ftrack_accsyn_accessor.model.request import Request, Standing, Wanted
from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.opening import Connection

_ITEM = (*records.PUBLICATION_COLUMNS, "studio", "size_bytes", "file_count")
_INSERT_ITEM = (
    "INSERT INTO item (request, reason, state, identifier, source_party, party, destination_id, destination_name, "  # noqa: S608 - constants
    f"created_at, updated_at, {', '.join(_ITEM)}) VALUES ({', '.join('?' * (10 + len(_ITEM)))})"
)


def write(connection: Connection, asked: Request, wanted: Sequence[Wanted], now: float) -> int:
    """Write *asked* with an item for each of *wanted*, unless its token is known; return the id of its row."""
    request = dataclasses.replace(asked, token=asked.token or uuid.uuid4().hex)
    known = _known(connection, request.token)
    if known is not None:
        return known
    request_id = _write_request(connection, request, now)
    for each in wanted:
        _write_item(connection, request_id, request, each, now)
    return request_id


def _known(connection: Connection, token: str) -> Optional[int]:
    row = connection.execute("SELECT id FROM request WHERE token = ?", (token,)).fetchone()
    return int(row["id"]) if row is not None else None


def item(connection: Connection, item: int) -> Item:
    """Return the item with this id, without its files."""
    return records.item(connection.execute("SELECT * FROM item WHERE id = ?", (item,)).fetchone())


def _write_request(connection: Connection, request: Request, now: float) -> int:
    cursor = connection.execute(
        "INSERT INTO request (reason, username, server_url, workspace, studio, user_id, token, words, queue, priority, "
        "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            request.reason.value,
            records.storable(request.username),
            *request.studio,
            request.studio.key,
            request.user_id,
            request.token,
            records.printable(request.words),
            request.queue,
            request.priority,
            now,
        ),
    )
    return int(cursor.lastrowid or 0)


def _write_item(connection: Connection, request_id: int, request: Request, wanted: Wanted, now: float) -> None:
    publication = dataclasses.replace(wanted.publication, **request.studio._asdict(), priority=request.priority)
    values = (
        request_id,
        request.reason.value,
        State.PENDING.value,
        records.storable(wanted.identifier),
        request.source.party,
        *request.destination,
        now,
        now,
        *records.publication_values(publication),
        request.studio.key,
        publication.size_bytes,
        len(publication.files),
    )
    item = int(connection.execute(_INSERT_ITEM, values).lastrowid or 0)
    packed = records.pack(publication.files)
    connection.execute("INSERT INTO files (item, packed) VALUES (?, ?)", (item, packed))


def standing(connection: Connection, row: sqlite3.Row) -> Standing:
    """Return the request in *row* with what has become of its items."""
    sums = connection.execute(
        "SELECT state, count(*) AS items, sum(file_count) AS files, sum(size_bytes) AS size_bytes, "
        "sum(done_bytes) AS done_bytes, sum(speed_bytes_per_s) AS speed FROM item WHERE request = ? GROUP BY state",
        (row["id"],),
    ).fetchall()
    any_item = connection.execute("SELECT * FROM item WHERE request = ? LIMIT 1", (row["id"],)).fetchone()
    first = records.item(any_item) if any_item is not None else None
    request = asked_for(row)
    if first is not None:
        request = dataclasses.replace(request, source=first.source, destination=first.destination)
    return Standing(
        id=row["id"],
        request=request,
        created_at=row["created_at"],
        counts={State(each["state"]): each["items"] for each in sums},
        files=sum(each["files"] for each in sums),
        size_bytes=sum(each["size_bytes"] for each in sums),
        done_bytes=sum(each["done_bytes"] for each in sums),
        ended_at=row["ended_at"],
        ftrack_job=row["ftrack_job"],
        noted=row["noted"],
        cancelled_at=row["cancelled_at"],
        speed_bytes_per_s=sum(each["speed"] or 0.0 for each in sums) or None,
    )


def asked_for(row: sqlite3.Row) -> Request:
    """Return the request in *row*, without its ends."""
    return Request(
        reason=Reason(row["reason"]),
        studio=Studio(row["server_url"], row["workspace"]),
        username=records.stored(row["username"]),
        user_id=row["user_id"],
        token=row["token"],
        words=row["words"],
        queue=row["queue"],
        priority=row["priority"],
    )
