"""One SQLite connection to the outbox: how it is opened, and what it knows of itself."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Optional

from ftrack_accsyn_accessor.outbox import patience, schema

#: How long a writer waits for others. A write takes well under a millisecond; this covers a machine that swaps.
#: A host's thread has less `patience`.
BUSY_TIMEOUT_S = 30.0
LOCKED_PAUSE_S = 0.005
#: What a killed process has written stays written. Only a power cut can take the last transactions back, and a publish
#: must not wait for the disk; what such a cut lost is still registered in ftrack and can be found. The latter two are
#: for macOS, where `fsync` leaves the data in the disk's own memory; other systems pass over them.
_SETTINGS = """
    PRAGMA foreign_keys = ON;
    PRAGMA synchronous = NORMAL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
"""
#: Device, inode, size and time of the file, size and time of its journal.
Mark = tuple[tuple[int, int, int, int], tuple[int, int]]


class Connection(sqlite3.Connection):
    """A connection that knows which file it has open (device and inode) and which one of this process's it is.

    It also knows the thread that uses it, whether that is `inside` a call, and since when it has not been used
    (`used_at`, monotonic). One that rests is closed and has a `mark`: while that is the file's, nothing has changed.
    """

    file: tuple[int, int] = (0, 0)
    serial: int = 0
    thread: Optional[threading.Thread] = None
    is_open = False
    inside = False
    used_at = 0.0
    busy_timeout_s = BUSY_TIMEOUT_S
    version = -1
    mark: Optional[Mark] = None
    rests_since = 0.0


def set_up(connection: Connection, path: str, upgrades: schema.Upgrades = schema.UPGRADES) -> None:
    """Make *connection* fit to be used, and the file behind it what this release knows by *upgrades*."""
    for step in (
        lambda: schema.require_known(connection, path, upgrades),
        lambda: _let_shrink(connection),
        lambda: _use_write_ahead_log(connection),
        lambda: connection.executescript(_SETTINGS),
        lambda: schema.upgrade(connection, path, upgrades),
    ):
        be_patient(connection)
        with patience.waiting():
            step()


def create_private(path: Path) -> None:
    """Make the file, which SQLite would make readable for everybody, unless it is there.

    The folder is never made: it may be missing because its disk is, and must then stay so.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _let_shrink(connection: Connection) -> None:
    """Let a fresh file give room back bit by bit; an older one can be rewritten for that only as a whole."""
    if not connection.execute("PRAGMA page_count").fetchone()[0]:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")


def _use_write_ahead_log(connection: Connection) -> None:
    """Switch the file to a write-ahead log, which is for good.

    While others do the same with a fresh file SQLite finds it locked at once, whatever the timeout is: two that wait
    for each other would wait for ever.
    """
    deadline = time.monotonic() + patience.left_s(BUSY_TIMEOUT_S)
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(LOCKED_PAUSE_S)
        else:
            return


def be_patient(connection: Connection) -> None:
    """Let *connection* wait for other processes as long as this thread may."""
    wanted_s = patience.left_s(BUSY_TIMEOUT_S)
    if wanted_s != connection.busy_timeout_s:
        connection.execute(f"PRAGMA busy_timeout = {int(1000 * wanted_s)}")
        connection.busy_timeout_s = wanted_s


def version_of(connection: Connection) -> int:
    """Return a number that is another one after another connection has written."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def mark_of(path: Path) -> Optional[Mark]:
    """Return what is another one after somebody has written, without opening the file; None where it is not there."""
    try:
        file = os.stat(path)
        journal = (0, 0)
        with contextlib.suppress(FileNotFoundError):
            found = os.stat(f"{path}-wal")
            journal = (found.st_size, found.st_mtime_ns) if found.st_size else journal  # whoever opens it makes one
    except OSError:
        return None
    return (file.st_dev, file.st_ino, file.st_size, file.st_mtime_ns), journal


def identity(path: Path) -> tuple[int, int]:
    """Return the device and inode of the file at *path*."""
    found = os.stat(path)
    return found.st_dev, found.st_ino
