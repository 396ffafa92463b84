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
from ftrack_accsyn_accessor.outbox import damage, lockable, patience
from ftrack_accsyn_accessor.outbox.gate import ForkGate
from ftrack_accsyn_accessor.outbox.opening import (
    BUSY_TIMEOUT_S,
    Connection,
    be_patient,
    create_private,
    identity,
    mark_of,
    set_up,
    version_of,
)

#: How many times in a row the file may be kept aside by others, and a new one begun, while it is opened.
EXCHANGES = 3
#: A connection that rests is opened nevertheless after so long, for changes that a disk's coarse times do not show.
LOOK_S = 600.0


class _Exchanged(sqlite3.Error):
    """The file was kept aside by somebody else while it was opened; its journals went one by one."""


_gate = ForkGate()
_living: weakref.WeakSet[Connections] = weakref.WeakSet()
_serials = itertools.count(1)
#: One thread at a time opens a file or keeps one aside. One that was still opening the old file would use the journals
#: of the new one, behind the locks that SQLite keeps for each file in a process, and end the whole process.
_opening = threading.RLock()
#: Inherited in the middle of a call: SQLite cannot even close them, so they are kept for ever.
_inherited: list[Connection] = []


class Connections:
    """Hands out each thread's own connection to the file at *path*; any thread may call it.

    `what` it is called, and what it means for people when it is damaged: `consequence` and `remedy`.
    """

    what = "the outbox"
    consequence = damage.CONSEQUENCE
    remedy = damage.REMEDY

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
        with _gate.passing(), self._translated(f"read {self.what}"), self._lent() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give this thread's connection inside one transaction: all of it happens, or nothing."""
        with _gate.passing(), self._translated(f"write to {self.what}"), self._lent() as connection:
            with patience.waiting():
                connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def bring_to_disk(self) -> None:
        """Return when what was written has reached the disk, which no transaction of the outbox waits for."""
        with self.reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def changes(self) -> int:
        """Return a number that is another one after another connection has written; what rests is left to rest."""
        connection = self._current()
        if connection is not None and not connection.is_open and self._is_unchanged(connection):
            return connection.serial << 32 | connection.version
        with _gate.passing(), self._translated(f"read {self.what}"), self._lent(looks=True) as connection:
            version = version_of(connection)
            if version != connection.version:
                connection.version, connection.used_at = version, time.monotonic()
            return connection.serial << 32 | version

    def rest(self, after_s: float) -> None:
        """Close the connections, of all threads, that nothing was done with for *after_s* seconds. Any thread."""
        with _gate.passing():
            for connection in self._taken(after_s):
                mark, unchanged = mark_of(self.path), False
                with contextlib.suppress(sqlite3.Error):
                    unchanged = connection.version == version_of(connection)
                with contextlib.suppress(sqlite3.Error):
                    connection.close()
                # Closing may have brought the journal home; then it is opened, and looked at, once more.
                connection.mark = mark if unchanged and mark == mark_of(self.path) else None
                connection.rests_since = time.monotonic()

    def let_go(self) -> None:
        """Close the connections of all threads that are not inside a call. Any thread."""
        for connection in self._taken(0.0):
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _taken(self, after_s: float) -> list[Connection]:
        """Return what is open and has not been used for *after_s* seconds; nobody else will use it any more."""
        latest = time.monotonic() - after_s
        with self._all_lock:
            found = [each for each in self._all if each.is_open and not each.inside and each.used_at <= latest]
            for connection in found:
                connection.is_open = False
            self._all.difference_update(found)
        return found

    def _is_unchanged(self, connection: Connection) -> bool:
        """Whether nobody can have written since *connection* rests."""
        lately = time.monotonic() - connection.rests_since < LOOK_S
        return lately and connection.mark is not None and connection.mark == mark_of(self.path)

    @contextlib.contextmanager
    def _lent(self, looks: bool = False) -> Iterator[Connection]:
        """Give this thread's connection, which nobody closes meanwhile. Who only *looks* does not keep it from rest."""
        connection, begun = self._get(), time.monotonic()
        try:
            be_patient(connection)
            yield connection
        except sqlite3.OperationalError:
            patience.spend(time.monotonic() - begun)  # it may have waited in vain
            raise
        finally:
            connection.inside = False
            if not looks:
                connection.used_at = time.monotonic()

    def _drop(self) -> None:
        connection, self._local.connection = self._current(), None
        if connection is not None and self._claim(connection):
            connection.close()

    def _claim(self, connection: Connection) -> bool:
        """Return whether it is the caller's to close: two threads inside one connection would end the whole process."""
        with self._all_lock:
            was_open, connection.is_open = connection.is_open, False
            self._all.discard(connection)
        return was_open

    def _current(self) -> Optional[Connection]:
        return getattr(self._local, "connection", None)

    def _get(self) -> Connection:
        """Return this thread's connection to the file that is at the path now.

        The one it was made for may have been deleted, or its disk exchanged.
        """
        if damage.is_being_kept_aside(self.path):
            let_go(self.path)
            damage.wait(self.path)
        connection = self._current()
        if connection is not None and self._enter(connection):
            with contextlib.suppress(OSError):
                if connection.file == identity(self.path):
                    return connection
            self._drop()
        with self._alone():
            for _ in range(EXCHANGES):
                with contextlib.suppress(errors.OutboxDamaged, _Exchanged, FileNotFoundError):
                    return self._connect()
            return self._connect()

    def _enter(self, connection: Connection) -> bool:
        """Go inside a call of *connection*, unless somebody has closed it, or is about to."""
        with self._all_lock:
            connection.inside = connection.is_open
        return connection.inside

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one thread at a time open a file; the wait for it may be long where that one waits for others."""
        lock = _opening
        with patience.waiting():
            taken = lock.acquire(timeout=patience.left_s(BUSY_TIMEOUT_S))
        if not taken:
            raise sqlite3.OperationalError("another thread is waiting for it: it is locked")
        try:
            yield
        finally:
            lock.release()

    def _close_those_of_ended_threads(self) -> None:
        """Give back the files that threads have left open: hosts start many threads."""
        living = threading.enumerate()  # `is_alive` does not know threads that Python did not start
        with self._all_lock:
            connections = list(self._all)
        for connection in connections:
            if connection.thread not in living and self._claim(connection):
                with contextlib.suppress(sqlite3.Error):
                    connection.close()

    def _connect(self) -> Connection:
        self._close_those_of_ended_threads()
        lockable.require(self.path.parent)
        create_private(self.path)
        file = identity(self.path)  # before it is opened: a fresh file must not be blamed for the one before it
        connection = sqlite3.connect(
            str(self.path),
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,  # a forked child closes those of all threads, the worker's thread those that rest
            factory=Connection,
        )
        try:
            connection.serial, connection.file = next(_serials), file
            connection.thread = threading.current_thread()
            connection.row_factory = sqlite3.Row
            self._set_up(connection)
            if identity(self.path) != file:
                raise _Exchanged("another file is there now")
        except BaseException as error:
            connection.close()
            if damage.is_damage(error):
                raise self._damaged(f"open {self.what}", connection, error) from error
            if isinstance(error, sqlite3.Error) and self._was_exchanged(file):
                raise _Exchanged(str(error)) from error
            raise
        with self._all_lock:
            connection.is_open = connection.inside = True
            self._all.add(connection)
        self._local.connection = connection
        return connection

    def _set_up(self, connection: Connection) -> None:
        set_up(connection, str(self.path))

    def _was_exchanged(self, file: tuple[int, int]) -> bool:
        """Whether *file* is not the one at the path any more, once nobody is keeping it aside."""
        damage.wait(self.path)
        return identity(self.path) != file

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
            raise errors.OutboxUnusable(tried, str(self.path), _outcome(error), _remedy(error)) from error

    def _damaged(self, tried: str, connection: Connection, error: BaseException) -> errors.OutboxUnusable:
        """Keep the file of *connection* aside and return the error that says so."""
        try:
            with self._alone():
                told = (self.what, f"{self.consequence} {self.remedy}")
                damage.set_aside(self.path, connection.file, str(error), lambda: let_go(self.path), told)
        except (OSError, sqlite3.OperationalError) as refusal:
            outcome = f"{error}; it cannot be renamed: {refusal}"
            remedy = "That is tried again by itself; where it goes on, end the applications that publish here."
            return errors.OutboxUnusable(tried, str(self.path), outcome, remedy)
        return errors.OutboxDamaged(tried, str(self.path), str(error), self.remedy)


def let_go(path: Path) -> None:
    """Close what this process has open of the file at *path*, but for what is inside a call at this moment."""
    for connections in list(_living):
        if connections.path == path:
            connections.let_go()


def _outcome(error: Exception) -> str:
    return (error.strerror if isinstance(error, lockable.NoLocksError) else None) or str(error)


def _remedy(error: Exception) -> str:
    if isinstance(error, lockable.NoLocksError):
        return lockable.REMEDY
    if "locked" in str(error):
        return "Another process is writing to it. Where that goes on, end the application that does not respond."
    return "Check the folder's permissions and the free space of its disk."


def _after_fork_in_child() -> None:
    global _opening
    _opening = threading.RLock()
    idle = _gate.reopen_in_child()
    for connections in list(_living):
        connections.abandon_after_fork(idle)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_gate.shut, after_in_parent=_gate.reopen, after_in_child=_after_fork_in_child)
