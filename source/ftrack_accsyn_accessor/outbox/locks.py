"""Locks between processes that a killed owner frees: who uploads, and which processes are alive."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import lockable
from ftrack_accsyn_accessor.outbox.file import LEFT_S, patiently
from ftrack_accsyn_accessor.outbox.filelocks import filelock


class ProcessLock:
    """An OS file lock, held by at most one process of the machine and freed by the system when that process dies.

    To be used from one thread at a time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # The lock is taken on one thread and may be given back on another one, at interpreter exit.
        self._lock = filelock.FileLock(str(path), thread_local=False, mode=0o600)

    @property
    def held(self) -> bool:
        """Whether this process holds the lock."""
        return bool(self._lock.is_locked)

    def acquire(self) -> bool:
        """Take the lock if it is free; return whether it is ours now.

        Raise `errors.OutboxUnusable` where the file system has no locks, which looks like one that is never free.
        """
        if self.held:
            return True
        if not self.path.parent.is_dir():
            return False  # filelock would make it, and the staging root above it while its disk is unplugged
        try:
            lockable.require(self.path.parent)
            self._lock.acquire(blocking=False)
        except lockable.NoLocksError as error:
            raise errors.OutboxUnusable("lock a file", str(self.path), str(error.strerror), lockable.REMEDY) from error
        except (filelock.Timeout, OSError):
            return False
        return True

    def release(self) -> None:
        """Give the lock back."""
        with contextlib.suppress(OSError):
            self._lock.release(force=True)

    def abandon_after_fork(self) -> None:
        """Close the child's copy of the lock without unlocking, for an unlock would take it from the parent."""
        context: Any = getattr(self._lock, "_context", None)
        descriptor = getattr(context, "lock_file_fd", None)
        if descriptor is not None:
            # Else filelock would unlock it when collected, or close another file that got its number.
            context.lock_file_fd = None
            os.close(descriptor)


class OwnerLock:
    """Proof that this process is alive, for items that it has prepared and not yet finished registering.

    `token` names the process in the outbox. The lock is taken when it is needed, and kept until nothing of the process
    is prepared any more. Any thread may use it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.token = uuid.uuid4().hex
        self._lock = ProcessLock(_owner_path(folder, self.token))
        self._taking = threading.Lock()
        self._uses = self._writing = 0
        self._used_at = 0.0

    def hold(self) -> str:
        """Take the lock, if that has not happened yet, and return the token.

        Raise `errors.OutboxUnusable` when it cannot be taken: without it others would take this process for dead.
        """
        with self._taking:
            if not self._lock.held:
                with contextlib.suppress(OSError):
                    self._folder.mkdir(mode=0o700, exist_ok=True)
                if not self._lock.acquire():
                    raise errors.OutboxUnusable(
                        "mark this process as alive",
                        str(self._lock.path),
                        "the file cannot be locked",
                        "Check the folder's permissions and the free space of its disk.",
                    )
            self._uses, self._used_at = self._uses + 1, time.monotonic()
        return self.token

    @contextlib.contextmanager
    def holding(self) -> Iterator[str]:
        """Take the lock, give the token, and keep the lock at least as long as items are written with it inside."""
        with self._taking:
            self._writing += 1
        try:
            yield self.hold()
        finally:
            with self._taking:
                self._writing -= 1

    def rest(self, after_s: float, prepares: Callable[[str], bool]) -> None:
        """Give the lock back for now, where it was not used for *after_s* seconds.

        *prepares* tells whether the process with a token has prepared items; what it raises is raised.
        """
        with self._taking:
            uses = self._uses
            used = self._writing or time.monotonic() < self._used_at + after_s
        if used or not self._lock.held or prepares(self.token):
            return
        with self._taking:
            if self._uses == uses and not self._writing:
                self.release()

    def release(self) -> None:
        """Give the lock back and remove its file."""
        if self._lock.held:
            self._lock.release()
            _remove(self._lock.path)

    def sweep(self) -> None:
        """Remove the files of processes that were killed, or could not remove theirs, long ago. Never raises."""
        with contextlib.suppress(OSError):
            for path in self._folder.glob("*.lock"):
                # Only an old file cannot be one that its process is about to lock, and would find locked by us.
                if path != self._lock.path and path.stat().st_mtime < time.time() - LEFT_S:
                    owner_is_alive(self._folder, path.stem)

    def abandon_after_fork(self) -> None:
        """Leave the lock to the parent process."""
        self._lock.abandon_after_fork()


def owner_is_alive(folder: Path, token: str) -> bool:
    """Whether the process that wrote *token* still runs. A dead owner's lock file is removed."""
    path = _owner_path(folder, token)
    if not path.exists():
        return False
    probe = ProcessLock(path)
    if not probe.acquire():
        return True
    probe.release()
    _remove(path)
    return False


def _remove(path: Path) -> None:
    """Remove a lock file; one that a virus scanner holds for longer is left for a later sweep."""
    with contextlib.suppress(OSError):
        patiently(lambda: os.remove(path))


def _owner_path(folder: Path, token: str) -> Path:
    return folder / f"{token}.lock"
