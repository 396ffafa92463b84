"""Requests: what was asked for in one go, written down in one transaction with all its items."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Publication, Reason, State, Studio
from ftrack_accsyn_accessor.model.request import Request, Standing, Wanted
from ftrack_accsyn_accessor.model.stamp import Stamp
from ftrack_accsyn_accessor.outbox import asked, covering, records
from ftrack_accsyn_accessor.outbox.archive import Archive
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.listing import gone
from ftrack_accsyn_accessor.outbox.recalling import Recalling

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

    def __init__(
        self, connections: Connections, clock: Callable[[], float], recalling: Recalling, archive: Archive
    ) -> None:
        self._connections = connections
        self._clock = clock
        self._recalling = recalling
        self._archive = archive

    def write(self, request: Request, wanted: Sequence[Wanted]) -> int:
        """Write *request* down with an item for each of *wanted*, all or nothing; return its id.

        One whose token is known is the same request: nothing is written, and its id returned.
        """
        return self.write_all([(request, wanted)])[0]

    def write_all(self, wanted_of: Sequence[tuple[Request, Sequence[Wanted]]]) -> list[int]:
        """Write several requests down as `write` does, all of them or none; return their ids."""
        now = self._clock()
        with self._connections.writing() as connection:
            return [asked.write(connection, request, wanted, now) for request, wanted in wanted_of]

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
            found = [asked.standing(connection, row) for row in rows]
        return [self._whole(each) for each in found]

    def _whole(self, standing: Standing) -> Standing:
        """Return *standing* with what is in the archive: of nothing whose end was not told."""
        if standing.ended_at is None:
            return standing
        items, files, size_bytes = self._archive.sums_of(standing.id)
        if not items:
            return standing
        any_item = next(iter(self._archive.of_request(standing.id, 1)), None)
        request = standing.request
        if any_item is not None and not standing.counts:
            first = records.item(any_item)
            request = dataclasses.replace(request, source=first.source, destination=first.destination)
        synced = standing.counts.get(State.SYNCED, 0) + items
        return dataclasses.replace(
            standing,
            request=request,
            counts={**standing.counts, State.SYNCED: synced},
            files=standing.files + files,
            size_bytes=standing.size_bytes + size_bytes,
            done_bytes=standing.done_bytes + size_bytes,
        )

    def asked(self, request_ids: Iterable[Optional[int]]) -> Mapping[int, Request]:
        """Return the requests with these ids, without their ends."""
        found = {}
        with self._connections.reading() as connection:
            for request_id in set(request_ids):
                row = connection.execute("SELECT * FROM request WHERE id = ?", (request_id,)).fetchone()
                if row is not None:
                    found[int(row["id"])] = asked.asked_for(row)
        return found

    def items(self, request_id: int) -> list[Item]:
        """Return the items of a request, without their files, as they were asked for."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT * FROM item WHERE request = ? ORDER BY id", (request_id,))
            found = [records.item(row) for row in rows]
        archived = map(records.item, gone(self._connections, self._archive.of_request(request_id)))
        bare = (
            dataclasses.replace(each, publication=dataclasses.replace(each.publication, files=())) for each in archived
        )
        return sorted([*found, *bare], key=lambda item: item.id)

    def moving_to(self, destination: Endpoint, studio: Studio) -> list[Item]:
        """Return the items on their way to *destination*, for whatever reason, without their files."""
        mine, bound = records.of_studio(studio)
        under_way = records.listed(set(State) - {State.SYNCED, State.WITHDRAWN})
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"SELECT * FROM item WHERE party = :party AND state IN ({under_way}) AND {mine} ORDER BY id",  # noqa: S608
                {"party": destination.party, **bound},
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
            return [(asked.item(connection, row["item"]), asked.item(connection, row["publish"])) for row in rows]

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
        self._recalling.bring([publication])
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
        self._recalling.bring([item.publication])
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
        self._recalling.bring([publication], files=True)
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
        self._recalling.bring([publication])
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
