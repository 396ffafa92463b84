"""Finds out in a moment whether a file system has locks, where asking for one would only say that it is taken."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from ftrack_accsyn_accessor.outbox import patience
from ftrack_accsyn_accessor.outbox.file import patiently, temporary_beside
from ftrack_accsyn_accessor.outbox.filelocks import filelock

try:
    import fcntl
except ImportError:  # Windows, which has locks everywhere
    fcntl = None  # type: ignore[assignment]

REMEDY = "Let FTRACK_ACCSYN_OUTBOX name a folder on a local disk."

#: What systems answer where there are none. SQLite takes the first for a lock that somebody else has.
_NONE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}
#: Devices on which this process has met locks.
_lockable: set[int] = set()


class NoLocksError(OSError):
    """A file system has no locks."""


def require(folder: Path) -> None:
    """Raise `NoLocksError` where files in *folder* cannot be locked; asked once for each disk. Any thread.

    A folder that is missing, or cannot be written, is for others to complain of. Windows has locks everywhere.
    """
    with contextlib.suppress(FileNotFoundError):
        device = os.stat(folder).st_dev
        if device not in _lockable:
            _try(folder)
            _lockable.add(device)


@contextlib.contextmanager
def alone(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold the lock of the file *path*, where there are locks; without them nobody is kept out.

    Raise `filelock.Timeout` where somebody else has it for *timeout_s* seconds, or for all of a thread's patience.
    """
    try:
        require(path.parent)
    except NoLocksError:
        yield
        return
    lock = filelock.FileLock(str(path), timeout=patience.left_s(timeout_s), mode=0o600)
    with patience.waiting():
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _try(folder: Path) -> None:
    # A file of its own: closing one drops all locks that the process has on it.
    path = temporary_beside(folder / "lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return
    try:
        _lock(handle)
    except OSError as error:
        if error.errno in _NONE:
            text = f"the file system at {folder} has no locks ({os.strerror(error.errno)})"
            raise NoLocksError(error.errno, text) from error
    finally:
        os.close(handle)
        with contextlib.suppress(OSError):
            patiently(lambda: os.remove(path))


def _lock(handle: int) -> None:
    """Take both kinds of lock: one is ours, the other SQLite's."""
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
