"""What the faces read of the outbox: sums, pages of entries, and which entry a path belongs to."""

from __future__ import annotations

import dataclasses
import posixpath
import sqlite3
from collections.abc import Collection, Sequence
from typing import Any, Optional

from ftrack_accsyn_accessor.model.entry import Entry, State
from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.connection import Connections

_ATTENTION = State.NEEDS_ATTENTION.value
#: The most members of an SQL list that every SQLite takes.
_LIST_LIMIT = 500
_SEARCHED = (
    "component_name",
    "component_id",
    "version_name",
    "project_name",
    "resource_identifier",
    "username",
    "cause",
)


@dataclasses.dataclass(frozen=True)
class Totals:
    """The entries in one state: how many, their size, what of it has been transferred, and how many wait for a time."""

    count: int = 0
    size_bytes: int = 0
    done_bytes: int = 0
    delayed: int = 0


@dataclasses.dataclass(frozen=True)
class Found:
    """An entry, without its files, with what is wrong with it, what to do, and the sync job it belongs to."""

    entry: Entry
    file_count: int
    cause: str
    remedy: str
    job_name: str
    job_id: str
    job_status: str


class Survey:
    """Reads for people. Any thread of any process may call it; nothing is changed.

    Every method may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def damage(self) -> str:
        """Return what SQLite finds wrong with the file, empty for nothing; reads all of it."""
        with self._connections.reading() as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        return "" if found == "ok" else found

    def totals(self) -> dict[State, Totals]:
        """Return the sums over the entries in each state, from one index."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT state, count(*), sum(size_bytes), sum(done_bytes), count(next_try_at) FROM entry GROUP BY state"
            ).fetchall()
        found = {State(row[0]): Totals(row[1], row[2], row[3], row[4]) for row in rows}
        return {state: found.get(state, Totals()) for state in State}

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
                "SELECT coalesce(sum(size_bytes), 0) FROM entry WHERE state = ? AND updated_at >= ?",
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

    def synced(self, arrived_by: float) -> list[Entry]:
        """Return the entries that were synced by *arrived_by* (seconds since the epoch), without their files."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM entry WHERE state = ? AND synced_at <= ?", (State.SYNCED.value, arrived_by)
            )
            return [records.entry(row) for row in rows]

    def any_synced(self, arrived_by: float) -> bool:
        """Whether `synced` would return anything."""
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT 1 FROM entry WHERE state = ? AND synced_at <= ? LIMIT 1", (State.SYNCED.value, arrived_by)
            ).fetchone()
        return row is not None

    def last_cause(self) -> Optional[Found]:
        """Return the entry that needs attention, or else waits with a cause, since the latest moment."""
        with self._connections.reading() as connection:
            for state in (_ATTENTION, State.PENDING.value, State.TRANSFERRING.value, State.SUBMITTED.value):
                delayed = " AND next_try_at IS NOT NULL" if state == State.PENDING.value else ""
                row = connection.execute(
                    f"SELECT id FROM entry WHERE state = ?{delayed} ORDER BY updated_at DESC LIMIT 1",  # noqa: S608
                    (state,),
                ).fetchone()
                found = self._rows(connection, [row["id"]]) if row is not None else []
                if found and found[0].cause:
                    return found[0]
        return None

    def page(self, states: Collection[State], search: str, limit: int, offset: int) -> list[Found]:
        """Return entries in *states* (none: all) in which *search* occurs, those that need attention first, then the
        newest.
        """
        where, values = _conditions(states, search)
        with self._connections.reading() as connection:
            ids = [
                row["id"]
                for row in connection.execute(
                    f"SELECT id FROM entry {where} "  # noqa: S608 - constants; the values are bound
                    f"ORDER BY state = '{_ATTENTION}' DESC, created_at DESC, id DESC LIMIT ? OFFSET ?",
                    (*values, limit, offset),
                )
            ]
            return self._rows(connection, ids)

    def count(self, states: Collection[State], search: str) -> int:
        """Return how many entries `page` would find."""
        where, values = _conditions(states, search)
        with self._connections.reading() as connection:
            return int(connection.execute(f"SELECT count(*) FROM entry {where}", values).fetchone()[0])  # noqa: S608

    def of_component(self, component_id: str) -> list[Found]:
        """Return the entries of a component, the newest first."""
        return self._where("component_id = ?", (component_id,))

    def of_version(self, version_id: str) -> list[Found]:
        """Return the entries of an asset version, the newest first."""
        return self._where("version_id = ?", (version_id,))

    def of_path(self, path: str) -> Optional[Found]:
        """Return the newest entry that has the staged file *path* (relative, forward slashes), or is that path."""
        path = posixpath.normpath(path)
        exact = self._where("resource_identifier = ?", (path,))
        if exact:
            return exact[0]
        # A file of a sequence lies beside its identifier, one of a container at any depth below it.
        folders = [path]
        while "/" in folders[-1]:
            folders.append(posixpath.dirname(folders[-1]))
        beside = f"{posixpath.dirname(path)}/"
        candidates = self._where(
            f"resource_identifier IN ({', '.join('?' * len(folders))}) OR "
            "(substr(resource_identifier, 1, ?) = ? AND kind <> 'file')",
            (*folders, len(beside), beside),
        )
        return next((found for found in candidates if self._has_file(found.entry.id, path)), None)

    def latest(self, limit: int) -> list[Found]:
        """Return the entries that changed last, the latest first."""
        with self._connections.reading() as connection:
            ids = [
                row["id"]
                for row in connection.execute("SELECT id FROM entry ORDER BY updated_at DESC LIMIT ?", (limit,))
            ]
            return self._rows(connection, ids)

    def _where(self, condition: str, values: Sequence[Any]) -> list[Found]:
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"SELECT id FROM entry WHERE {condition} ORDER BY created_at DESC LIMIT {_LIST_LIMIT}",  # noqa: S608
                values,
            )
            return self._rows(connection, [row["id"] for row in rows])

    def _has_file(self, entry_id: int, path: str) -> bool:
        with self._connections.reading() as connection:
            row = connection.execute("SELECT packed FROM files WHERE entry = ?", (entry_id,)).fetchone()
        return row is not None and any(file.path == path for file in records.unpack(row["packed"]))

    def _rows(self, connection: sqlite3.Connection, ids: Sequence[int]) -> list[Found]:
        """Return the entries with these ids, in this order."""
        found: dict[int, Found] = {}
        for start in range(0, len(ids), _LIST_LIMIT):
            part = ids[start : start + _LIST_LIMIT]
            rows = connection.execute(
                "SELECT entry.*, job.name AS job_name, job.accsyn_id, job.status AS job_status "  # noqa: S608
                "FROM entry LEFT JOIN job ON job.id = entry.job "
                f"WHERE entry.id IN ({', '.join('?' * len(part))})",
                part,
            )
            found.update((row["id"], _found(row)) for row in rows)
        return [found[entry_id] for entry_id in ids if entry_id in found]


def _found(row: sqlite3.Row) -> Found:
    cause, remedy = records.split_cause(row["cause"])
    return Found(
        entry=records.entry(row),
        file_count=row["file_count"],
        cause=cause,
        remedy=remedy,
        job_name=row["job_name"] or "",
        job_id=row["accsyn_id"] or "",
        job_status=row["job_status"] or "",
    )


def _conditions(states: Collection[State], search: str) -> tuple[str, list[str]]:
    """Return a WHERE clause, or nothing, with its values. Every word of *search* has to occur somewhere."""
    parts: list[str] = []
    values: list[str] = []
    if states:
        parts.append(f"state IN ({', '.join('?' * len(states))})")
        values += [state.value for state in states]
    for word in search.split():
        pattern = "%{}%".format(word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_"))
        parts.append("({})".format(" OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in _SEARCHED)))
        values += [pattern] * len(_SEARCHED)
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), values
