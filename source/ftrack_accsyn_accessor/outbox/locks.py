"""Locks between processes that a killed owner frees: who uploads, and which processes are alive."""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from pathlib import Path
from typing import Any

import filelock

from ftrack_accsyn_accessor.model import errors


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
        """Take the lock if it is free; return whether it is ours now."""
        if self.held:
            return True
        if not self.path.parent.is_dir():
            return False  # filelock would make it, and the staging root above it while its disk is unplugged
        try:
            self._lock.acquire(blocking=False)
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

    `token` names the process in the outbox. The lock is taken at the first use and kept until the process ends. Any
    thread may use it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.token = uuid.uuid4().hex
        self._lock = ProcessLock(_owner_path(folder, self.token))
        self._taking = threading.Lock()

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
        return self.token

    def release(self) -> None:
        """Give the lock back and remove its file."""
        if self._lock.held:
            self._lock.release()
            with contextlib.suppress(OSError):
                self._lock.path.unlink()

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
    with contextlib.suppress(OSError):
        path.unlink()
    return False


def _owner_path(folder: Path, token: str) -> Path:
    return folder / f"{token}.lock"
