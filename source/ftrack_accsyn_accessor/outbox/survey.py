"""What the faces read of the outbox: sums, pages of items, and which item a path belongs to."""

from __future__ import annotations

import dataclasses
import functools
import posixpath
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Optional

from ftrack_accsyn_accessor.model import retry
from ftrack_accsyn_accessor.model.delivery import WAITS
from ftrack_accsyn_accessor.model.folders import above
from ftrack_accsyn_accessor.model.item import Item, Kind, State, Studio
from ftrack_accsyn_accessor.model.naming import EXACT, Naming
from ftrack_accsyn_accessor.outbox import naming, records
from ftrack_accsyn_accessor.outbox.archive import Archive
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.covering import around
from ftrack_accsyn_accessor.outbox.groups import Groups
from ftrack_accsyn_accessor.outbox.kept import Known
from ftrack_accsyn_accessor.outbox.listing import LIST_LIMIT as _LIST_LIMIT
from ftrack_accsyn_accessor.outbox.listing import Listing, gone
from ftrack_accsyn_accessor.outbox.naming import Named as Named
from ftrack_accsyn_accessor.outbox.searching import PUBLISHED as PUBLISHED

_ATTENTION = State.NEEDS_ATTENTION.value
_UNSENT = f"'{State.PREPARED.value}', '{State.PENDING.value}'"
_MOVING = f"'{State.SUBMITTED.value}', '{State.TRANSFERRING.value}'"


@dataclasses.dataclass(frozen=True)
class Totals:
    """The items in one state: how many, their size, what of it has been transferred, and how many wait for a time."""

    count: int = 0
    size_bytes: int = 0
    done_bytes: int = 0
    delayed: int = 0


@dataclasses.dataclass(frozen=True)
class UnderWay:
    """What of one studio is not through: how many items (and bytes) accsyn does not have yet, and how many it has."""

    studio: Studio
    unsent: int
    unsent_bytes: int
    moving: int


class Found:
    """An item, without its files, with the sync job that it belongs to.

    `values` are those of its columns as they are stored, and `job_name`, `job_id`, `job_status` of its job, empty where
    it has none.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    @functools.cached_property
    def item(self) -> Item:
        """The item itself: a whole page of them is read for their rows alone."""
        return records.item(self.values)


class Survey:
    """Reads for people. Any thread of any process may call it; nothing is changed.

    What arrived long ago, and is in the archive, is found like everything else.
    Every method may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.
    """

    def __init__(self, connections: Connections, archive: Archive) -> None:
        self._connections = connections
        self._archive = archive
        self._listing = Listing(connections, archive)
        self.groups = Groups(connections)

    def damage(self) -> str:
        """Return what SQLite finds wrong with the file, empty for nothing; reads all of it."""
        with self._connections.reading() as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        return "" if found == "ok" else found

    def totals(self) -> dict[State, Totals]:
        """Return the sums over the items in each state, which are written down as they change."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT state, sum(items), sum(size_bytes), sum(done_bytes), sum(delayed) FROM total GROUP BY state"
            ).fetchall()
        found = {State(row[0]): Totals(row[1], row[2], row[3], row[4]) for row in rows}
        synced, archived = found.get(State.SYNCED, Totals()), self._archive.sums()
        found[State.SYNCED] = Totals(
            synced.count + archived.items,
            synced.size_bytes + archived.size_bytes,
            synced.done_bytes + archived.size_bytes,
            synced.delayed,
        )
        return {state: found.get(state, Totals()) for state in State}

    def kept_open(self) -> int:
        """Return how many items accsyn keeps open for somebody who has not fetched them yet."""
        moving = (State.SUBMITTED.value, State.TRANSFERRING.value)
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT count(*) FROM item WHERE state IN (?, ?) AND cause_kind = ?", (*moving, WAITS)
            ).fetchone()
        return int(row[0])

    def retried(self, studio: Studio) -> int:
        """Return how many items of *studio* need attention and are being tried again; as `retry.goes_on` has it."""
        mine, bound = records.of_studio(studio)
        kinds = {f"kind{number}": kind.kind for number, kind in enumerate(retry.WAITS)}
        soon = f"cause_kind IN ({', '.join(f':{name}' for name in kinds)}) AND next_try_at - updated_at <= :soon"
        with self._connections.reading() as connection:
            row = connection.execute(
                f"SELECT count(*) FROM item WHERE state = :state AND (next_try_at IS NULL OR ({soon})) AND {mine}",  # noqa: S608
                {"state": _ATTENTION, "soon": retry.SOON_S, **kinds, **bound},
            ).fetchone()
        return int(row[0])

    def of_others(self, studio: Studio) -> list[UnderWay]:
        """Return what is under way for each studio that `is_of` tells from *studio*; cheap while there is none."""
        with self._connections.reading() as connection:
            # From one end of the index to the next: the studios are few, the items may be many.
            rows = connection.execute(
                "WITH RECURSIVE known (key) AS (SELECT min(studio) FROM item UNION ALL "
                "SELECT (SELECT min(studio) FROM item WHERE studio > key) FROM known WHERE key IS NOT NULL) "
                "SELECT key, (SELECT server_url FROM item WHERE studio = key LIMIT 1) AS server_url, "
                "(SELECT workspace FROM item WHERE studio = key LIMIT 1) AS workspace FROM known WHERE key IS NOT NULL"
            ).fetchall()
            known = [(row["key"], Studio(row["server_url"].rstrip("/"), row["workspace"])) for row in rows]
            found = [_under_way(connection, *each) for each in known if not is_of(each[1], studio)]
        return [each for each in found if each.unsent or each.moving]

    def round(self) -> tuple[int, Optional[float]]:
        """Return what was synced since the oldest running round began (bytes), and the speed of all jobs (bytes/s).

        The speed is None while nothing moves.
        """
        with self._connections.reading() as connection:
            since, speed = connection.execute(
                "SELECT min(round_at), sum(CASE WHEN status = 'running' THEN speed_bytes_per_s END) "
                "FROM job WHERE round_status = 'running'"
            ).fetchone()
            if since is None:
                return 0, None
            done = connection.execute(
                "SELECT coalesce(sum(size_bytes), 0) FROM item WHERE state = ? AND updated_at >= ?",
                (State.SYNCED.value, since),
            ).fetchone()[0]
        return int(done), float(speed) if speed else None

    def all_held(self) -> bool:
        """Whether every job that has something on its way is paused in accsyn; False where there is none."""
        with self._connections.reading() as connection:
            jobs, held = connection.execute(
                "SELECT count(*), count(CASE WHEN status = 'paused' THEN 1 END) FROM job WHERE round_status = 'running'"
            ).fetchone()
        return bool(jobs == held and jobs)

    def waits_for(self, studio: Studio, *cause_kinds: str) -> bool:
        """Whether an item of *studio* waits for one of *cause_kinds*, until some time."""
        mine, bound = records.of_studio(studio)
        kinds = {f"kind{number}": kind for number, kind in enumerate(cause_kinds)}
        with self._connections.reading() as connection:
            row = connection.execute(
                f"SELECT 1 FROM item WHERE state IN (:first, :second) AND next_try_at IS NOT NULL AND {mine} "  # noqa: S608
                f"AND cause_kind IN ({', '.join(f':{name}' for name in kinds)}) LIMIT 1",
                {"first": State.PENDING, "second": State.NEEDS_ATTENTION, **kinds, **bound},
            ).fetchone()
        return row is not None

    def last_cause(self) -> Optional[Found]:
        """Return the item that needs attention, or else waits with a cause, since the latest moment."""
        with self._connections.reading() as connection:
            for state in (_ATTENTION, State.PENDING.value, State.TRANSFERRING.value, State.SUBMITTED.value):
                # What is tried again, or for the first time, has no cause that would still be true.
                waits = state in (_ATTENTION, State.PENDING.value)
                delayed = " AND next_try_at IS NOT NULL" if waits else ""
                row = connection.execute(
                    f"SELECT id FROM item WHERE state = ?{delayed} ORDER BY updated_at DESC LIMIT 1",  # noqa: S608
                    (state,),
                ).fetchone()
                found = self._rows(connection, [row["id"]]) if row is not None else []
                if found and found[0].values["cause"]:
                    return found[0]
        return None

    def page(
        self, states: Collection[State], search: str, limit: int, offset: int, request: Optional[int] = None
    ) -> Iterator[Found]:
        """Yield items in *states* (none: all) in which *search* occurs, those that need attention first, then the
        newest.

        Of all items, or of those of a *request*, or of what is `PUBLISHED`. Few are in memory at a time.
        """
        ids = self._listing.ids(states, search, limit, offset, request)
        for start in range(0, len(ids), _LIST_LIMIT):
            yield from self.with_ids(ids[start : start + _LIST_LIMIT])

    def count(self, states: Collection[State], search: str, request: Optional[int] = None) -> int:
        """Return how many items `page` would find."""
        return self._listing.count(states, search, request)

    def speed_of(self, request: int) -> Optional[float]:
        """Return how fast the items of a request move together (bytes/s), None while none does."""
        with self._connections.reading() as connection:
            row = connection.execute(
                f"SELECT sum(speed_bytes_per_s) FROM item WHERE request = ? AND state IN ({_MOVING})",  # noqa: S608
                (request,),
            ).fetchone()
        return float(row[0]) if row[0] else None

    def cause_of(self, request: int) -> Optional[Found]:
        """Return the item of a request that needs attention, or else waits with a cause, for the longest time."""
        with self._connections.reading() as connection:
            for state in (_ATTENTION, State.PENDING.value, State.TRANSFERRING.value, State.SUBMITTED.value):
                row = connection.execute(
                    "SELECT id FROM item WHERE request = ? AND state = ? AND cause <> '' ORDER BY updated_at LIMIT 1",
                    (request, state),
                ).fetchone()
                if row is not None:
                    return self._rows(connection, [row["id"]])[0]
        return None

    def of_component(self, component_id: str) -> list[Found]:
        """Return the items of a component, the newest first."""
        found = self._where("component_id = ?", (component_id,))
        return self._with_archived(found, self._archive.of_component(component_id))

    def of_version(self, version_id: str) -> list[Found]:
        """Return the items of an asset version, the newest first."""
        found = self._where("version_id = ?", (version_id,), limit=-1)
        return self._with_archived(found, self._archive.of_version(version_id))

    def of_path(self, path: str) -> Optional[Found]:
        """Return the newest item that has the staged file *path* (relative, forward slashes), or is that path."""
        path = posixpath.normpath(path)
        exact = self._with_archived(
            self._where("path = ?", (records.storable(path),)), self._archived_at([path], path, EXACT)
        )
        if exact:
            return exact[0]
        # A file of a sequence lies beside its identifier, one of a container at any depth below it.
        folders = [path, *above(path, posixpath)]
        beside = _beside(path)
        candidates = self._where(
            f"path IN ({', '.join('?' * len(folders))}) OR (substr(path, 1, ?) = ? AND kind <> 'file')",
            (*map(records.storable, folders), len(beside), records.storable(beside)),
        )
        found = [each for each in candidates if self._has_file(each.item.id, path)]
        return next(iter(self._with_archived(found[:1], self._archived_at([*around(path)], path, EXACT))), None)

    def of_spelling(self, path: str, naming: Naming) -> Optional[Found]:
        """Return the newest item that `of_path` would find by another spelling of *path*, as *naming* has them.

        Looks at the paths of all items.
        """
        if naming == EXACT:
            return None
        wanted = naming.key(path)
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT id, path, kind FROM item ORDER BY created_at DESC").fetchall()
        keys = [(row["id"], row["kind"], naming.key(records.stored(row["path"]))) for row in rows]
        found = [item_id for item_id, _, key in keys if key == wanted]
        archived = self._archived_at([path], path, naming)
        if not (found or gone(self._connections, archived)):
            near = [item_id for item_id, kind, key in keys if kind != Kind.FILE.value and _may_have(key, wanted)]
            found = [item_id for item_id in near[:_LIST_LIMIT] if self._has_file(item_id, path, naming)]
            archived = self._archived_at([*around(path)], path, naming)
        with self._connections.reading() as connection:
            own = self._rows(connection, found[:1])
        return next(iter(self._with_archived(own, archived)), None)

    def _archived_at(self, paths: Sequence[str], path: str, naming: Naming) -> list[Known]:
        """Return what of the archive is one of *paths* and has the file *path*, or is it."""
        found = self._archive.of_paths(paths)
        return [
            each
            for each in found
            if naming.same(records.stored(each["path"]), path)
            or any(naming.same(file.path, path) for file in records.unpack(each["packed"]))
        ]

    def names(self, words: Collection[str] = (), path: str = "") -> Iterator[Named]:
        """Yield what items are called, as `naming.names`."""
        return naming.names(self._connections, self._archive, words, path)

    def with_ids(self, ids: Sequence[int]) -> list[Found]:
        """Return the items with these ids, in this order; those that are gone are left out."""
        with self._connections.reading() as connection:
            found = self._rows(connection, ids)
        if len(found) == len(ids):
            return found
        by_id = {each.values["id"]: each for each in found}
        archived = self._archive.with_ids([item_id for item_id in ids if item_id not in by_id])
        by_id.update((item_id, _without_files(values)) for item_id, values in archived.items())
        return [by_id[item_id] for item_id in ids if item_id in by_id]

    def latest(self, limit: int) -> list[Found]:
        """Return the items that changed last, the latest first."""
        with self._connections.reading() as connection:
            ids = [
                row["id"]
                for row in connection.execute("SELECT id FROM item ORDER BY updated_at DESC, id DESC LIMIT ?", (limit,))
            ]
            found = self._rows(connection, ids)
        more = self._with_archived(found, self._archive.latest(limit))
        return sorted(more, key=lambda each: (each.values["updated_at"], each.values["id"]), reverse=True)[:limit]

    def _with_archived(self, found: list[Found], archived: Sequence[Known]) -> list[Found]:
        """Return *found* and those of *archived* that are not in the outbox again, the newest first."""
        if not archived:
            return found
        here = {each.values["id"] for each in found}  # one may have left since it was read
        left = [each for each in gone(self._connections, archived) if each["id"] not in here]
        both = [*found, *map(_without_files, left)]
        return sorted(both, key=lambda each: (each.values["created_at"], each.values["id"]), reverse=True)

    def _where(self, condition: str, values: Sequence[Any], limit: int = _LIST_LIMIT) -> list[Found]:
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"SELECT id FROM item WHERE {condition} ORDER BY created_at DESC, id DESC LIMIT {limit}",  # noqa: S608
                records.bindable(values),
            )
            return self._rows(connection, [row["id"] for row in rows])

    def _has_file(self, item_id: int, path: str, naming: Naming = EXACT) -> bool:
        with self._connections.reading() as connection:
            row = connection.execute("SELECT packed FROM files WHERE item = ?", (item_id,)).fetchone()
        return row is not None and any(naming.same(file.path, path) for file in records.unpack(row["packed"]))

    def _rows(self, connection: sqlite3.Connection, ids: Sequence[int]) -> list[Found]:
        """Return the items with these ids, in this order."""
        found: dict[int, Found] = {}
        for start in range(0, len(ids), _LIST_LIMIT):
            part = ids[start : start + _LIST_LIMIT]
            rows = connection.execute(
                "SELECT item.*, coalesce(job.name, '') AS job_name, coalesce(job.accsyn_id, '') AS job_id, "  # noqa: S608
                "coalesce(job.status, '') AS job_status FROM item LEFT JOIN job ON job.id = item.job "
                f"WHERE item.id IN ({', '.join('?' * len(part))})",
                part,
            )
            names = [column[0] for column in rows.description]
            # A row of SQLite looks through all its columns for each name.
            found.update((row["id"], Found(dict(zip(names, row)))) for row in rows)
        return [found[item_id] for item_id in ids if item_id in found]


def _without_files(known: Known) -> Found:
    """Return the item with what the archive knows of it."""
    return Found(Known((name, value) for name, value in known.items() if name != "packed"))


def _beside(path: str) -> str:
    """Return what the paths of all that lies in the folder of *path* begin with."""
    return path[: path.rfind("/") + 1]


def _may_have(path: str, file: str) -> bool:
    """Return whether a sequence or container with *path* may have *file*: beside it, or at any depth below it."""
    return path.startswith(_beside(file)) or file.startswith(f"{path}/")


def is_of(studio: Studio, present: Studio) -> bool:
    """Whether what is *studio*'s may be *present*'s: a part of *present* that is not known tells nothing from it."""
    if studio == present or not any(present):
        return True
    known = Studio(present.server_url or studio.server_url, present.workspace or studio.workspace)
    return known.includes(studio)


def _under_way(connection: sqlite3.Connection, key: str, studio: Studio) -> UnderWay:
    unsent, unsent_bytes, moving = connection.execute(
        f"SELECT count(CASE WHEN state IN ({_UNSENT}) THEN 1 END), "  # noqa: S608 - constants; the value is bound
        f"coalesce(sum(CASE WHEN state IN ({_UNSENT}) THEN size_bytes END), 0), "
        f"count(CASE WHEN state IN ({_MOVING}) THEN 1 END) "
        f"FROM item WHERE studio = ? AND state IN ({_UNSENT}, {_MOVING})",
        (key,),
    ).fetchone()
    return UnderWay(studio, unsent, unsent_bytes, moving)
