"""Moves what arrived long ago from the outbox to its archive, and gives back the room that it leaves. Bit by bit.

Every step holds the outbox's write lock for some milliseconds, and may be killed at any point, or done by two processes
at once: what was copied and not taken out yet is copied again.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Callable

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.outbox import archive as archiving
from ftrack_accsyn_accessor.outbox.agenda import FILES_AT_ONCE
from ftrack_accsyn_accessor.outbox.archive import NAME, Archive
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.filelocks import filelock
from ftrack_accsyn_accessor.outbox.opening import Connection

#: Items copied in one go, which takes one look at the disk; and taken out in one go, which keeps others waiting.
COPIED_AT_ONCE = 500
TAKEN_AT_ONCE = 50
#: Pages (of 4 KB) given back in one go. A file that cannot do that is rewritten once, when it is no larger than that.
PAGES_AT_ONCE = 256
REWRITTEN_PAGES = 4096
#: Fewer free pages are left for what comes next.
SPARE_PAGES = 1024
#: Others get the lock between two steps.
PAUSE_S = 0.01

#: What nothing depends on: whole at its destination, in no running round, of no open request, of no component of which
#: anything is under way. Whatever was published, or asked for, later brings it back.
_MOVABLE = (
    "stale_at = '' AND synced_at <= :by AND updated_at <= :by "  # noqa: S608 - constants
    f"AND (reason = '{Reason.PUBLISH.value}' "
    "OR EXISTS (SELECT 1 FROM request WHERE id = item.request AND ended_at <= :by)) "
    "AND NOT EXISTS (SELECT 1 FROM job WHERE id = item.job AND round_status = 'running') "
    f"AND (component_id = '' OR NOT EXISTS (SELECT 1 FROM item AS other WHERE other.component_id = item.component_id "
    f"AND other.state NOT IN ('{State.SYNCED.value}', '{State.WITHDRAWN.value}')))"
)


class Moving:
    """For whoever holds the worker's lock of the outbox, though two that do the same do no harm.

    Methods may raise `errors.OutboxError`; then nothing is lost, and it can be tried again later.
    """

    def __init__(self, connections: Connections, archive: Archive, pause: Callable[[float], None] = time.sleep) -> None:
        self._connections = connections
        self._archive = archive
        self._pause = pause
        #: Where the walk through the outbox stands: what stays is not looked at again in it.
        self._after = (0.0, 0)

    def restart(self) -> None:
        """Look at everything again."""
        self._after = (0.0, 0)

    def step(self, arrived_by: float) -> int:
        """Move some of what was synced by *arrived_by* (seconds since the epoch); return how many, 0 at the end."""
        found = self._movable(arrived_by)
        if not found:
            return 0
        with self._connections.writing() as connection:
            _begun(connection)
        path = self._archive.path()
        assert path is not None  # noqa: S101 - it was just named
        try:
            with archiving.alone(path):
                self._move(path, self._rows([row["id"] for row in found], arrived_by))
        except (OSError, filelock.Timeout) as error:
            raise errors.OutboxUnusable("write to the archive of the outbox", str(path), str(error)) from error
        self._after = (found[-1]["created_at"], found[-1]["id"])
        return len(found)

    def _move(self, path: Path, rows: Sequence[sqlite3.Row]) -> None:
        self._archive.keep(path, rows)
        for start in range(0, len(rows), TAKEN_AT_ONCE):
            with self._connections.writing() as connection:
                _take_out(connection, rows[start : start + TAKEN_AT_ONCE])
            self._pause(PAUSE_S)

    def shrink(self) -> bool:
        """Give back some of the room that nothing is in; return whether there is more."""
        with self._connections.reading() as connection:
            free, pages = (_pragma(connection, name) for name in ("freelist_count", "page_count"))
            incremental = _pragma(connection, "auto_vacuum") == 2
            if free <= SPARE_PAGES:
                return False
            if incremental:
                # `execute` would take one step of it, for one page.
                connection.executescript(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})")
            elif pages - free <= REWRITTEN_PAGES:
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.execute("VACUUM")
        self._pause(PAUSE_S)
        return incremental

    def _movable(self, arrived_by: float) -> list[sqlite3.Row]:
        """Return the ids of the next items, with few files together; from an end of an index."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT id, created_at, file_count FROM item INDEXED BY item_by_state "  # noqa: S608 - constants
                f"WHERE state = '{State.SYNCED.value}' AND next_try_at IS NULL AND created_at BETWEEN :at AND :by "
                f"AND (created_at > :at OR id > :id) AND {_MOVABLE} ORDER BY created_at, id LIMIT {COPIED_AT_ONCE}",
                {"at": self._after[0], "id": self._after[1], "by": arrived_by},
            ).fetchall()
        files, count = 0, 0
        for row in rows:
            files += row["file_count"]
            if count and files > FILES_AT_ONCE:
                break
            count += 1
        return rows[:count]

    def _rows(self, ids: Sequence[int], arrived_by: float) -> list[sqlite3.Row]:
        """Return the rows of the items with these ids, as far as they may still move."""
        marks = ", ".join(map(str, ids))
        with self._connections.reading() as connection:
            return connection.execute(
                "SELECT item.*, packed, coalesce(job.name, '') AS job_name, coalesce(job.accsyn_id, '') AS job_id, "  # noqa: S608
                "coalesce(job.status, '') AS job_status FROM item LEFT JOIN files ON files.item = item.id "
                "LEFT JOIN job ON job.id = item.job WHERE item.id IN (SELECT id FROM item NOT INDEXED "
                f"WHERE id IN ({marks}) AND state = '{State.SYNCED.value}' AND {_MOVABLE})",
                {"by": arrived_by},
            ).fetchall()


def _begun(connection: Connection) -> None:
    """Give the archive of this outbox a name, unless it has one."""
    if not archiving.mark(connection):
        connection.execute("INSERT INTO meta (name, value) VALUES (?, ?)", (NAME, f"{secrets.token_hex(4)} 0"))


def _take_out(connection: Connection, rows: Sequence[sqlite3.Row]) -> None:
    """Let *rows*, which are in the archive for good, go from the outbox as far as they are unchanged."""
    marks = ", ".join(str(row["id"]) for row in rows)
    present = connection.execute(
        "SELECT id, created_at, updated_at, state, stale_at, packed "  # noqa: S608 - numbers
        f"FROM item LEFT JOIN files ON files.item = item.id WHERE id IN ({marks})"
    )
    unchanged = {tuple(row) for row in present}
    names = ("id", "created_at", "updated_at", "state", "stale_at", "packed")
    gone = [row for row in rows if tuple(row[name] for name in names) in unchanged]
    connection.execute(f"DELETE FROM item WHERE id IN ({', '.join(str(row['id']) for row in gone)})")  # noqa: S608
    drop_requests(connection, {row["request"] for row in gone if row["request"] is not None})
    token, _, before = archiving.mark(connection).partition(" ")
    connection.execute("UPDATE meta SET value = ? WHERE name = ?", (f"{token} {int(before) + len(gone)}", NAME))


def drop_requests(connection: Connection, requests: Collection[int]) -> None:
    """Let the rows of those of *requests* that are publishes go with their last items."""
    connection.execute(
        f"DELETE FROM request WHERE id IN ({', '.join(map(str, requests))}) AND reason = '{Reason.PUBLISH.value}' "  # noqa: S608
        "AND NOT EXISTS (SELECT 1 FROM item WHERE item.request = request.id)"
    )


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
