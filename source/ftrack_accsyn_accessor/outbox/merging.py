"""The rows of one outbox -> another one, whose ids are others. For the take-over of files of 1.0.0."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from typing import Any, Optional

from ftrack_accsyn_accessor.model.credentials import plain_server
from ftrack_accsyn_accessor.model.item import Publication, State, Studio
from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.facts import COMPLETE, Link
from ftrack_accsyn_accessor.outbox.locations import Located

_PAUSED, _PAUSED_JOBS, _PINS = "paused", "paused-jobs", "pins"
_ROWS_AT_ONCE = 500


class UnreadableError(Exception):
    """The file whose rows are taken over cannot be read."""


@contextlib.contextmanager
def readable() -> Iterator[None]:
    """Tell errors of the file that is read from those of the one that is written."""
    try:
        yield
    except sqlite3.Error as error:
        raise UnreadableError(str(error)) from error


def meta(connection: sqlite3.Connection, name: str) -> Optional[str]:
    """Return what is kept under *name*."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row is not None else None


def keep_meta(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Keep *value* under *name*."""
    connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))


def located(source: sqlite3.Connection) -> list[Located]:
    """Return the names of the locations in *source*, by whom they were used, the latest last."""
    with readable():
        rows = source.execute(
            "SELECT server_url, username, location_name FROM item "
            "GROUP BY server_url, username, location_name ORDER BY max(id)"
        ).fetchall()
    return [Located(*map(str, row)) for row in rows]


def published(source: sqlite3.Connection) -> list[Publication]:
    """Return what *source*, of the present version, holds, without its files."""
    return [records.item(row).publication for row in _rows(source, "SELECT * FROM item ORDER BY id")]


def merge(target: sqlite3.Connection, source: sqlite3.Connection) -> None:
    """Write what *source*, of the same version, holds into *target*, inside the transaction that is open there.

    What *target* has of a component and location stays unless *source* has it from later. Raise `UnreadableError`, or
    what SQLite says of *target*.
    """
    fresh = target.execute("SELECT NOT EXISTS (SELECT 1 FROM item) AND NOT EXISTS (SELECT 1 FROM job)").fetchone()[0]
    workspace = json.loads(_read_meta(source, Link.NAME) or "{}").get("workspace") or ""
    jobs = {row["id"]: _job(target, row, workspace) for row in _rows(source, "SELECT * FROM job ORDER BY id")}
    with readable():
        servers = source.execute("SELECT count(DISTINCT server_url) FROM item").fetchone()[0]
    for row in _rows(source, "SELECT * FROM item LEFT JOIN files ON files.item = item.id ORDER BY id"):
        # What was never sent was made for a workspace that is only known where there was one ftrack all the time.
        mine = workspace if row["job"] is not None or servers == 1 else ""
        _item(target, row, mine, jobs.get(row["job"]))
    _facts(target, source, jobs, bool(fresh))


def _rows(source: sqlite3.Connection, statement: str) -> Iterator[sqlite3.Row]:
    with readable():
        cursor = source.execute(statement)
    while True:
        with readable():
            rows = cursor.fetchmany(_ROWS_AT_ONCE)
        if not rows:
            return
        yield from rows


def _job(target: sqlite3.Connection, row: sqlite3.Row, workspace: str) -> int:
    """Return the id that the job of *row* has in *target*."""
    route = f"{workspace}{row['route']}"
    known = target.execute("SELECT id, accsyn_id FROM job WHERE route = ?", (route,)).fetchone()
    if known is None:
        studio = Studio(plain_server(row["server_url"]), workspace)
        values = {**_values(row, "id"), **studio._asdict(), "route": route, "studio": studio.key}
        return _insert(target, "job", values)
    if not known["accsyn_id"]:
        names = ("key", "generation", "name", "accsyn_id", "attempted_at")
        assignments = ", ".join(f"{name} = ?" for name in names)
        target.execute(
            f"UPDATE job SET {assignments} WHERE id = ?",  # noqa: S608 - constants
            (*(row[name] for name in names), known["id"]),
        )
    return int(known["id"])


def _item(target: sqlite3.Connection, row: sqlite3.Row, workspace: str, job: Optional[int]) -> None:
    studio = Studio(plain_server(row["server_url"]), workspace)
    values = {**_values(row, "id", "item", "packed"), **studio._asdict(), "studio": studio.key, "job": job}
    if row["state"] == State.TRANSFERRING.value:
        values["arrived_at"] = None  # 1.0.0 believed every "done" of a task: it is looked at again
    known = target.execute(
        "SELECT * FROM item WHERE component_id = ? AND location_id = ? AND reason = 'publish'",
        (row["component_id"], row["location_id"]),
    ).fetchone()
    if known is not None:
        if known["created_at"] >= row["created_at"]:
            return
        gone = known["arrived_at"] is not None or known["synced_at"] is not None
        values["stale_at"] = known["destination_id"] if gone else known["stale_at"]
        target.execute("DELETE FROM item WHERE id = ?", (known["id"],))
    item = _insert(target, "item", values)
    if row["packed"] is not None:
        target.execute("INSERT INTO files (item, packed) VALUES (?, ?)", (item, row["packed"]))


def _facts(target: sqlite3.Connection, source: sqlite3.Connection, jobs: dict[int, int], fresh: bool) -> None:
    for name in (_PAUSED, Link.NAME):
        value = _read_meta(source, name)
        if value is not None and meta(target, name) is None:
            keep_meta(target, name, value)
    paused = {jobs[job] for job in json.loads(_read_meta(source, _PAUSED_JOBS) or "[]") if job in jobs}
    for name, more in ((_PAUSED_JOBS, paused), (_PINS, set(json.loads(_read_meta(source, _PINS) or "[]")))):
        if more:
            keep_meta(target, name, json.dumps(sorted(more | set(json.loads(meta(target, name) or "[]")))))
    complete = _read_meta(source, COMPLETE) == "1" and (fresh or meta(target, COMPLETE) == "1")
    keep_meta(target, COMPLETE, "1" if complete else "0")


def _read_meta(source: sqlite3.Connection, name: str) -> Optional[str]:
    with readable():
        return meta(source, name)


def _values(row: sqlite3.Row, *without: str) -> dict[str, Any]:
    return {name: row[name] for name in row.keys() if name not in without}  # noqa: SIM118 - a row iterates over values


def _insert(target: sqlite3.Connection, table: str, values: dict[str, Any]) -> int:
    statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"  # noqa: S608
    return int(target.execute(statement, tuple(values.values())).lastrowid or 0)
