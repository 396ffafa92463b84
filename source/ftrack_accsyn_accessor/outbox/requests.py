"""Requests: what was asked for in one go, written down in one transaction with all its items."""

from __future__ import annotations

import dataclasses
import sqlite3
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Publication, Reason, State, Studio
from ftrack_accsyn_accessor.model.request import Request, Standing, Wanted
from ftrack_accsyn_accessor.model.stamp import Stamp
from ftrack_accsyn_accessor.outbox import covering, records
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.opening import Connection

_ITEM = (*records.PUBLICATION_COLUMNS, "studio", "size_bytes", "file_count")
_INSERT_ITEM = (
    "INSERT INTO item (request, reason, state, identifier, source_party, party, destination_id, destination_name, "  # noqa: S608 - constants
    f"created_at, updated_at, {', '.join(_ITEM)}) VALUES ({', '.join('?' * (10 + len(_ITEM)))})"
)
#: Withdrawn by a cancellation; what to do is for the faces to say.
CANCELLED = "It was cancelled."
#: Behind a folder's path: greater than that of anything in it.
_PAST_ALL = "/\U0010ffff"
#: What a cancellation takes back here; what accsyn may have is for the worker.
_NOT_BEGUN = (State.PENDING, State.NEEDS_ATTENTION)


class Requests:
    """The requests of one outbox that are no publishes. Any thread of any process may call it.

    Every method may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.
    """

    def __init__(self, connections: Connections, clock: Callable[[], float]) -> None:
        self._connections = connections
        self._clock = clock

    def write(self, request: Request, wanted: Sequence[Wanted]) -> int:
        """Write *request* down with an item for each of *wanted*, all or nothing; return its id.

        One whose token is known is the same request: nothing is written, and its id returned.
        """
        return self.write_all([(request, wanted)])[0]

    def write_all(self, asked: Sequence[tuple[Request, Sequence[Wanted]]]) -> list[int]:
        """Write several requests down as `write` does, all of them or none; return their ids."""
        now = self._clock()
        with self._connections.writing() as connection:
            return [_write(connection, request, wanted, now) for request, wanted in asked]

    def standing(self, request_id: int) -> Optional[Standing]:
        """Return one request with what has become of its items."""
        found = self._standings("request.id = ?", (request_id,))
        return found[0] if found else None

    def of_token(self, token: str) -> Optional[Standing]:
        """Return the request with this token as `standing` does."""
        found = self._standings("request.token = ?", (token,))
        return found[0] if found else None

    def open(self, studio: Optional[Studio] = None) -> list[Standing]:
        """Return the requests of *studio* (None: of all) of whose end nobody was told yet, oldest first."""
        keys = studio.keys if studio is not None else ()
        mine = f"request.studio IN ({', '.join('?' * len(keys))})" if studio is not None else "1"
        asked = "request.reason IN ('send', 'sync', 'get')"
        return self._standings(f"request.ended_at IS NULL AND {asked} AND {mine}", keys)

    def causes(self, request_id: int, limit: int) -> list[Item]:
        """Return, of each kind of cause, the first item that has it, at most *limit*, without their files.

        Those that need attention come first, then those that wait, and the withdrawn ones.
        """
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM item WHERE id IN (SELECT min(id) FROM item WHERE request = ? AND cause <> '' "
                "GROUP BY state, cause_kind) ORDER BY state <> ?, state = ?, id LIMIT ?",
                (request_id, State.NEEDS_ATTENTION.value, State.WITHDRAWN.value, limit),
            )
            return [records.item(row) for row in rows]

    def latest(self, limit: int) -> list[Standing]:
        """Return the *limit* latest requests, the latest first."""
        return self._standings("1", (), f"ORDER BY request.id DESC LIMIT {int(limit)}")

    def _standings(self, where: str, values: Iterable[object], order: str = "ORDER BY request.id") -> list[Standing]:
        statement = f"SELECT * FROM request WHERE reason <> 'publish' AND {where} {order}"  # noqa: S608 - constants
        with self._connections.reading() as connection:
            rows = connection.execute(statement, tuple(values)).fetchall()
            return [_standing(connection, row) for row in rows]

    def asked(self, request_ids: Iterable[Optional[int]]) -> Mapping[int, Request]:
        """Return the requests with these ids, without their ends."""
        found = {}
        with self._connections.reading() as connection:
            for request_id in set(request_ids):
                row = connection.execute("SELECT * FROM request WHERE id = ?", (request_id,)).fetchone()
                if row is not None:
                    found[int(row["id"])] = _request(row)
        return found

    def items(self, request_id: int) -> list[Item]:
        """Return the items of a request, without their files, as they were asked for."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT * FROM item WHERE request = ? ORDER BY id", (request_id,))
            return [records.item(row) for row in rows]

    def moving_to(self, destination: Endpoint, studio: Studio) -> list[Item]:
        """Return the items on their way to *destination*, for whatever reason, without their files."""
        mine, bound = records.of_studio(studio)
        ended = (State.SYNCED.value, State.WITHDRAWN.value)
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"SELECT * FROM item WHERE party = :party AND state NOT IN (:done, :out) AND {mine} ORDER BY id",  # noqa: S608
                {"party": destination.party, "done": ended[0], "out": ended[1], **bound},
            )
            return [records.item(row) for row in rows]

    def cancelled(self, request_ids: Iterable[Optional[int]]) -> set[Optional[int]]:
        """Return those of *request_ids* that were cancelled."""
        wanted = set(request_ids) - {None}
        if not wanted:
            return set()
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT id FROM request WHERE cancelled_at IS NOT NULL").fetchall()
        return {row["id"] for row in rows} & wanted

    def to_take_back(self, studio: Optional[Studio] = None) -> list[Item]:
        """Return the items of cancelled requests of *studio* that accsyn has, and may not have begun with.

        None stands for all studios. They come without their files.
        """
        mine, bound = records.of_studio(studio, "item.studio")
        states = {"submitted": State.SUBMITTED.value, "attention": State.NEEDS_ATTENTION.value}
        with self._connections.reading() as connection:
            rows = connection.execute(
                # In this order: cancelled requests are few, submitted items may be many.
                "SELECT item.* FROM request CROSS JOIN item ON item.request = request.id "  # noqa: S608 - constants
                "WHERE request.cancelled_at IS NOT NULL "
                f"AND item.state IN (:submitted, :attention) AND item.job IS NOT NULL AND {mine} ORDER BY item.id",
                {**states, **bound},
            )
            return [records.item(row) for row in rows]

    def endangering(self, studio: Optional[Studio] = None, here: str = "") -> list[tuple[Item, Item]]:
        """Return what waits in the accsyn of *studio* to come to where something was published since.

        That is what is fetched, and what is sent to the party *here*, each with that publish; None stands for all
        studios.
        """
        mine, bound = records.of_studio(studio, "item.studio")
        states = {"submitted": State.SUBMITTED.value, "out": State.WITHDRAWN.value, "synced": State.SYNCED.value}
        coming = (
            "WHERE publish.volume = item.volume AND publish.reason = 'publish' AND item.state = :submitted "
            f"AND (item.reason = 'get' OR item.reason <> 'publish' AND item.party = :here) AND {mine}"
        )
        pairs = "SELECT item.id AS item, publish.id AS publish FROM item JOIN item AS publish "
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"{pairs} ON publish.path = item.path {coming} AND publish.state <> :out "
                f"UNION {pairs} ON publish.path > item.path || '/' AND publish.path < item.path || :last {coming} "
                f"AND item.kind = '{Kind.FOLDER.value}' AND publish.state NOT IN (:out, :synced)",
                {**states, "here": here, "last": _PAST_ALL, **bound},
            ).fetchall()
            return [(_item(connection, row["item"]), _item(connection, row["publish"])) for row in rows]

    def is_shared(self, item: Item) -> bool:
        """Whether another item, that was not cancelled, is on its way with the same tasks as *item*."""
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT 1 FROM item LEFT JOIN request ON request.id = item.request "
                "WHERE item.job = ? AND item.path = ? AND item.volume = ? AND item.id <> ? "
                "AND item.state NOT IN (?, ?) AND request.cancelled_at IS NULL",
                (
                    item.job,
                    records.storable(item.publication.path),
                    item.publication.volume,
                    item.id,
                    State.SYNCED.value,
                    State.WITHDRAWN.value,
                ),
            ).fetchone()
        return row is not None

    # Who else has a path.

    def rival(self, item: Item) -> Optional[Item]:
        """Return what else is, or goes before *item*, under its path to its destination: another component.

        Whether that tells upper from lower case is not known: it counts as one path.
        """
        publication = item.publication
        if not publication.component_id:
            return None
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT * FROM item WHERE path = ? COLLATE NOCASE AND volume = ? AND party = ? AND studio = ? "
                "AND component_id <> ? "
                "AND component_id <> '' AND reason <> 'publish' "
                # Where an ftrack location stands for the destination, that tells what has arrived.
                "AND (state IN (?, ?) OR state = ? AND destination_id = '' OR state = ? AND id < ?) "
                "ORDER BY id LIMIT 1",
                (
                    records.storable(publication.path),
                    publication.volume,
                    item.destination.party,
                    item.studio.key,
                    publication.component_id,
                    *(state.value for state in (State.SUBMITTED, State.TRANSFERRING, State.SYNCED, State.PENDING)),
                    item.id,
                ),
            ).fetchone()
        return records.item(row) if row is not None else None

    def publish_of(self, item: Item) -> Optional[Item]:
        """Return the publish of the component of *item* into its source location, without its files."""
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT * FROM item WHERE component_id = ? AND location_id = ? AND reason = 'publish'",
                (item.publication.component_id, item.publication.location_id),
            ).fetchone()
        return records.item(row) if row is not None else None

    def published_at(self, item: Item) -> list[Item]:
        """Return what was published under the path of *item*, or around it, and is not freed; without their files.

        In a folder that was asked for by its path, only what is not synced: the other is what comes.
        """
        publication = item.publication
        paths = {publication.path, *(file.path for file in publication.files)}
        found: dict[int, Item] = {}
        with self._connections.reading() as connection:
            for path in sorted(paths):
                rows = connection.execute(
                    "SELECT * FROM item WHERE path = ? AND volume = ? AND reason = 'publish' AND state <> ?",
                    (records.storable(path), publication.volume, State.WITHDRAWN.value),
                )
                found.update((row["id"], records.item(row)) for row in rows)
            if publication.kind is Kind.FOLDER:
                folder = records.storable(publication.path)
                rows = connection.execute(
                    "SELECT * FROM item WHERE path > ? || '/' AND path < ? || ? AND volume = ? AND reason = 'publish' "
                    "AND state NOT IN (?, ?)",
                    (folder, folder, _PAST_ALL, publication.volume, State.WITHDRAWN.value, State.SYNCED.value),
                )
                found.update((row["id"], records.item(row)) for row in rows)
            each = dataclasses.replace(publication, location_id=item.destination.location_id, component_id="")
            for row in covering.enclosing(connection, each):
                found[row["id"]] = records.item(row)
        return list(found.values())

    def staged(self, publication: Publication) -> Mapping[str, Optional[Stamp]]:
        """Return the files that this machine has of the component of *publication*, as what it has each, by path.

        That is as it was published, or left by a fetch. None is for one that was to be fetched, and may be here or not.
        """
        found: dict[str, Optional[Stamp]] = {}
        if not publication.component_id:
            return found
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT state, reason, packed FROM item JOIN files ON files.item = item.id "
                "WHERE component_id = ? AND volume = ? AND (reason = 'publish' AND state NOT IN (?, ?) "
                "OR reason = 'get' AND job IS NOT NULL) ORDER BY created_at",
                (publication.component_id, publication.volume, State.PREPARED.value, State.WITHDRAWN.value),
            ).fetchall()
        for row in rows:
            is_known = row["reason"] == Reason.PUBLISH.value or row["state"] == State.SYNCED.value
            found.update((file.path, file.stamp if is_known else None) for file in records.unpack(row["packed"]))
        return found

    def told(self, request_id: int, noted: str, ftrack_job: str = "", ended: bool = False) -> None:
        """Write down what the requester was told last, and with *ended* that it was the last of it."""
        with self._connections.writing() as connection:
            connection.execute(
                "UPDATE request SET noted = ?, ftrack_job = CASE ? WHEN '' THEN ftrack_job ELSE ? END, "
                "ended_at = CASE ? WHEN 1 THEN coalesce(ended_at, ?) END WHERE id = ?",
                (noted, ftrack_job, ftrack_job, ended, self._clock(), request_id),
            )

    def cancel(self, request_id: int) -> int:
        """Withdraw the items of a request that accsyn has nothing of; return how many.

        What it has is excluded there by the worker, as far as it has not begun.
        """
        states = ", ".join(f"'{state.value}'" for state in _NOT_BEGUN)
        with self._connections.writing() as connection:
            connection.execute(
                "UPDATE request SET cancelled_at = coalesce(cancelled_at, ?), ended_at = NULL "
                "WHERE id = ? AND reason <> ?",
                (self._clock(), request_id, Reason.PUBLISH.value),
            )
            return connection.execute(
                f"UPDATE item SET state = ?, cause_kind = '', cause = ?, next_try_at = NULL, updated_at = ? "  # noqa: S608
                f"WHERE request = ? AND reason <> ? AND attempted = 0 AND job IS NULL AND state IN ({states})",
                (State.WITHDRAWN.value, CANCELLED, self._clock(), request_id, Reason.PUBLISH.value),
            ).rowcount


def _write(connection: Connection, asked: Request, wanted: Sequence[Wanted], now: float) -> int:
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


def _item(connection: Connection, item: int) -> Item:
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


def _standing(connection: Connection, row: sqlite3.Row) -> Standing:
    sums = connection.execute(
        "SELECT state, count(*) AS items, sum(file_count) AS files, sum(size_bytes) AS size_bytes, "
        "sum(done_bytes) AS done_bytes, sum(speed_bytes_per_s) AS speed FROM item WHERE request = ? GROUP BY state",
        (row["id"],),
    ).fetchall()
    any_item = connection.execute("SELECT * FROM item WHERE request = ? LIMIT 1", (row["id"],)).fetchone()
    first = records.item(any_item) if any_item is not None else None
    request = _request(row)
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


def _request(row: sqlite3.Row) -> Request:
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
