"""SQLite connections to the outbox: one for each thread, private to their owner, safe across processes and forks.

Nothing else in a process may open the file. POSIX forgets all locks of a process on a file when the process closes any
descriptor of it; without them another process would take the write-ahead log away under a connection that still writes.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import damage, schema

#: How long a writer waits for others. A write takes well under a millisecond; this covers a machine that swaps.
BUSY_TIMEOUT_S = 30.0
LOCKED_PAUSE_S = 0.005
#: How many times in a row the file may be kept aside by others, and a new one begun, while it is opened.
EXCHANGES = 3
#: How long a fork waits for threads that are inside SQLite. Only waiting for another process's write takes longer.
FORK_WAIT_S = 1.0


class Connection(sqlite3.Connection):
    """A connection that knows which file it has open (device and inode) and which one of this process's it is.

    It also knows the thread that uses it.
    """

    file: tuple[int, int] = (0, 0)
    serial: int = 0
    thread: Optional[threading.Thread] = None


class _Exchanged(sqlite3.Error):
    """The file was kept aside by somebody else while it was opened; its journals went one by one."""


class _ForkGate:
    """Keeps forks away from moments in which a thread is inside SQLite: mutexes it holds stay locked in the child."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._condition = threading.Condition()
        self._inside = 0
        self._forking = 0

    @contextlib.contextmanager
    def passing(self) -> Iterator[None]:
        """Be inside SQLite; not to be nested."""
        with self._condition:
            self._condition.wait_for(lambda: not self._forking)
            self._inside += 1
        try:
            yield
        finally:
            with self._condition:
                self._inside -= 1
                self._condition.notify_all()

    def shut(self) -> None:
        """Let nobody in, and wait until nobody is inside."""
        self._condition.acquire()
        self._forking += 1
        self._condition.wait_for(lambda: not self._inside, FORK_WAIT_S)

    def reopen(self) -> None:
        """Let threads in again."""
        self._forking -= 1
        self._condition.notify_all()
        self._condition.release()

    def reopen_in_child(self) -> bool:
        """Let the only thread of a forked child in; return whether nobody was inside at the fork."""
        idle = not self._inside
        self._reset()  # the parent's threads are not there to be waited for, or to wait
        return idle


_gate = _ForkGate()
_living: weakref.WeakSet[Connections] = weakref.WeakSet()
_serials = itertools.count(1)
#: One thread at a time opens a file or keeps one aside. One that was still opening the old file would use the journals
#: of the new one, behind the locks that SQLite keeps for each file in a process, and end the whole process.
_opening = threading.RLock()
#: Inherited in the middle of a call: SQLite cannot even close them, so they are kept for ever.
_inherited: list[Connection] = []


class Connections:
    """Hands out each thread's own connection to the file at *path*; any thread may call it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._all: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._all_lock = threading.Lock()
        _living.add(self)

    def __del__(self) -> None:
        """Give the file back: from CPython 3.11 on a connection refers to itself, and would wait for the collector.

        Nobody can use one any more, as all of them are handed out from here. A child's have been let go at the fork.
        """
        for connection in list(self._all):
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def close(self) -> None:
        """Close this thread's connection."""
        with _gate.passing():
            self._drop()

    def abandon_after_fork(self, idle: bool) -> None:
        """Let go of the parent's connections in a forked child.

        They are closed, which costs the parent none of its locks: while one is open, SQLite believes to hold locks that
        the child has not inherited. Where a thread of the parent was using one (not *idle*) they cannot be.
        """
        self._local = threading.local()
        for connection in list(self._all):
            if idle:
                with contextlib.suppress(sqlite3.Error):
                    connection.close()
            else:
                _inherited.append(connection)
        self._all, self._all_lock = weakref.WeakSet(), threading.Lock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give this thread's connection for queries."""
        with _gate.passing(), self._translated("read the outbox"):
            yield self._get()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give this thread's connection inside one transaction: all of it happens, or nothing."""
        with _gate.passing(), self._translated("write to the outbox"):
            connection = self._get()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _drop(self) -> None:
        connection, self._local.connection = self._current(), None
        if connection is not None:
            connection.close()

    def _current(self) -> Optional[Connection]:
        return getattr(self._local, "connection", None)

    def _get(self) -> Connection:
        """Return this thread's connection to the file that is at the path now.

        The one it was made for may have been deleted, or its disk exchanged.
        """
        connection = self._current()
        if connection is not None:
            with contextlib.suppress(OSError):
                if connection.file == _identity(self.path):
                    return connection
            self._drop()
        with _opening:
            for _ in range(EXCHANGES):
                with contextlib.suppress(errors.OutboxDamaged, _Exchanged, FileNotFoundError):
                    return self._connect()
            return self._connect()

    def _close_those_of_ended_threads(self) -> None:
        """Give back the files that threads have left open: hosts start many threads."""
        living = threading.enumerate()  # `is_alive` does not know threads that Python did not start
        with self._all_lock:
            connections = list(self._all)
        for connection in connections:
            if connection.thread is not None and connection.thread not in living:
                connection.thread = None
                with contextlib.suppress(sqlite3.Error):
                    connection.close()

    def _connect(self) -> Connection:
        self._close_those_of_ended_threads()
        _create_private(self.path)
        file = _identity(self.path)  # before it is opened: a fresh file must not be blamed for the one before it
        connection = sqlite3.connect(
            str(self.path),
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,  # a forked child closes those of all threads
            factory=Connection,
        )
        try:
            connection.serial, connection.file = next(_serials), file
            connection.thread = threading.current_thread()
            connection.row_factory = sqlite3.Row
            schema.require_known(connection, str(self.path))
            connection.execute("PRAGMA foreign_keys = ON")
            # What a killed process has written stays written. Only a power cut can take the last transactions back, and
            # a publish must not wait for the disk; what such a cut lost is still registered in ftrack and can be found.
            _use_write_ahead_log(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            schema.upgrade(connection, str(self.path))
            if _identity(self.path) != file:
                raise _Exchanged("another file is there now")
        except BaseException as error:
            connection.close()
            if damage.is_damage(error):
                raise self._damaged("open the outbox", connection, error) from error
            if isinstance(error, sqlite3.Error) and self._was_exchanged(file):
                raise _Exchanged(str(error)) from error
            raise
        with self._all_lock:
            self._all.add(connection)
        self._local.connection = connection
        return connection

    def _was_exchanged(self, file: tuple[int, int]) -> bool:
        """Whether *file* is not the one at the path any more, once nobody is keeping it aside."""
        damage.wait(self.path)
        return _identity(self.path) != file

    @contextlib.contextmanager
    def _translated(self, tried: str) -> Iterator[None]:
        """Turn errors of SQLite and of the system into `errors.OutboxUnusable`, and let go of the connection.

        A disk that was unplugged and plugged in again needs a new one.
        """
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            connection = self._current()
            with contextlib.suppress(sqlite3.Error):
                self._drop()
            if connection is not None and damage.is_damage(error):
                raise self._damaged(tried, connection, error) from error
            raise errors.OutboxUnusable(
                tried, str(self.path), str(error), "Check the folder's permissions and the free space of its disk."
            ) from error

    def _damaged(self, tried: str, connection: Connection, error: BaseException) -> errors.OutboxUnusable:
        """Keep the file of *connection* aside and return the error that says so."""
        try:
            with _opening:
                damage.set_aside(self.path, connection.file, str(error))
        except OSError as refusal:
            outcome = f"{error}; it cannot be renamed: {refusal}"
            return errors.OutboxUnusable(tried, str(self.path), outcome, f"Rename it yourself. {damage.REMEDY}")
        return errors.OutboxDamaged(tried, str(self.path), str(error), damage.REMEDY)


def _create_private(path: Path) -> None:
    """Make the file, which SQLite would make readable for everybody, unless it is there.

    The folder is never made: it may be missing because its disk is, and must then stay so.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _use_write_ahead_log(connection: Connection) -> None:
    """Switch the file to a write-ahead log, which is for good.

    While others do the same with a fresh file SQLite finds it locked at once, whatever the timeout is: two that wait
    for each other would wait for ever.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(LOCKED_PAUSE_S)
        else:
            return


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _after_fork_in_child() -> None:
    global _opening
    _opening = threading.RLock()
    idle = _gate.reopen_in_child()
    for connections in list(_living):
        connections.abandon_after_fork(idle)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_gate.shut, after_in_parent=_gate.reopen, after_in_child=_after_fork_in_child)
