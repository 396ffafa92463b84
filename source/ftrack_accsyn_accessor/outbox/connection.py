"""SQLite connections to the outbox: one for each thread, private to their owner, safe across processes and forks."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from ftrack_accsyn_accessor import errors
from ftrack_accsyn_accessor.outbox import schema

#: How long a writer waits for others. A write takes well under a millisecond; this covers a machine that swaps.
BUSY_TIMEOUT_S = 30.0

#: Connections inherited by a forked child. Closing them there could disturb the parent's locks, so they are kept for ever.
_inherited: list[sqlite3.Connection] = []


class Connections:
    """Hands out each thread's own connection to the file at *path*; any thread may call it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()

    def get(self) -> sqlite3.Connection:
        """Return this thread's connection, made at the first call and again after a fork."""
        connection = getattr(self._local, "connection", None)
        if connection is not None and self._local.process == os.getpid():
            return connection  # type: ignore[no-any-return]  # threading.local has no types
        if connection is not None:
            _inherited.append(connection)
        with self._translated("open the outbox"):
            connection = self._connect()
        self._local.connection, self._local.process = connection, os.getpid()
        return connection

    def close(self) -> None:
        """Close this thread's connection."""
        connection, self._local.connection = getattr(self._local, "connection", None), None
        if connection is not None and self._local.process == os.getpid():
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        # The folder is never made here: it may be missing because its disk is, and must then stay so. SQLite would create the file readable for everybody.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(str(self.path), timeout=BUSY_TIMEOUT_S, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            # What a killed process has written stays written. Only a power cut can take the last transactions back, and a
            # publish must not wait for the disk; what such a cut lost is still registered in ftrack and can be found there.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            schema.upgrade(connection, str(self.path))
        except BaseException:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection for queries."""
        with self._translated("read the outbox"):
            yield self.get()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection inside one transaction: all of it happens, or nothing."""
        with self._translated("write to the outbox"):
            connection = self.get()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _translated(self, tried: str) -> Iterator[None]:
        """Turn errors of SQLite and of the system into `errors.OutboxUnusable`, and let go of the connection.

        A disk that was unplugged and plugged in again needs a new one.
        """
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            with contextlib.suppress(sqlite3.Error):
                self.close()
            raise errors.OutboxUnusable(
                tried, str(self.path), str(error), "Check the folder's permissions and the free space of its disk."
            ) from error
