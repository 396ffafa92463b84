"""What one staging location has in this process, shared by all sessions and renewed by a fork."""

from __future__ import annotations

import atexit
import os
import re
import threading
import time
from pathlib import Path
from typing import Callable

from ftrack_accsyn_accessor import errors
from ftrack_accsyn_accessor.delivery import Delivery
from ftrack_accsyn_accessor.locks import OwnerLock, ProcessLock
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.registrations import FtrackCredentials, Registrations
from ftrack_accsyn_accessor.settings import Settings
from ftrack_accsyn_accessor.staging import StagingArea
from ftrack_accsyn_accessor.submission import COMPLETE
from ftrack_accsyn_accessor.uploader import DRAIN_S, Uploader

_runtimes: dict[str, Runtime] = {}
_lock = threading.Lock()
_fork = threading.local()
#: How long a fork waits for a session that is being opened for the first time; that takes milliseconds.
FORK_WAIT_S = 1.0


class Runtime:
    """The parts that serve one outbox in this process. Any thread may use it."""

    def __init__(
        self, area: StagingArea, outbox_path: Path, ftrack: FtrackCredentials, read_settings: Callable[[], Settings]
    ) -> None:
        self.area = area
        self.outbox = Outbox(outbox_path)
        self.ftrack = ftrack
        self._read_settings = read_settings
        self._build()

    def _build(self) -> None:
        folder = self.outbox.path.parent
        owners = folder / "owners"
        self.owner = OwnerLock(owners)
        delivery = Delivery(
            self.outbox,
            self.area,
            owners,
            self._read_settings,
            lambda: Registrations(self.ftrack),
            lambda: self.ftrack.server_url,
        )
        lock = ProcessLock(self.outbox.path.with_suffix(".lock"))
        self.uploader = Uploader(self.outbox, self.area, lock, delivery)

    def wake(self) -> None:
        """Tell the uploader that there is something new."""
        self.uploader.wake()

    def renew_after_fork(self) -> None:
        """Leave the parent what is the parent's, and start over."""
        self.owner.abandon_after_fork()
        self.uploader.abandon_after_fork()
        self._build()


def outbox_path(settings: Settings, area: StagingArea, location_name: str) -> Path:
    """Return the outbox file of a location: beside its files, unless FTRACK_ACCSYN_OUTBOX names a folder."""
    folder = Path(settings.outbox) if settings.outbox else Path(area.state_dir)
    return folder / "{}.sqlite3".format(re.sub(r"[^\w.@\-]", "_", location_name))


def open_runtime(
    settings: Settings, location_name: str, ftrack: FtrackCredentials, read_settings: Callable[[], Settings]
) -> Runtime:
    """Return this process's runtime for the location, made at the first call.

    Makes the staging area, at its first start, and the outbox. Raise `errors.StagingError` or `errors.OutboxError` where
    that is impossible.
    """
    assert settings.staging_path is not None  # noqa: S101 - the caller has looked
    with _lock:
        area = StagingArea(settings.staging_path)
        path = outbox_path(settings, area, location_name)
        runtime = _runtimes.get(str(path))
        if runtime is not None:
            runtime.ftrack = ftrack
            return runtime
        area.prepare()
        _make_folder(path.parent)
        runtime = Runtime(area, path, ftrack, read_settings)
        runtime.outbox.open()
        if area.was_new:
            runtime.outbox.keep_fact(COMPLETE, "1")
        if not _runtimes:
            atexit.register(stop_all)
        _runtimes[str(path)] = runtime
        return runtime


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        remedy = "Correct or unset FTRACK_ACCSYN_OUTBOX, or make the folder writable for this user."
        raise errors.OutboxUnusable("make the folder of the outbox", str(folder), str(error), remedy) from error


def stop_all(timeout_s: float = DRAIN_S) -> bool:
    """Let every uploader of this process submit what it can within *timeout_s* seconds; return whether all have ended.

    Called at interpreter exit; what is left is submitted by whoever comes next.
    """
    with _lock:
        runtimes = list(_runtimes.values())
        _runtimes.clear()
    deadline = time.monotonic() + timeout_s
    ended = [runtime.uploader.stop(max(0.0, deadline - time.monotonic())) for runtime in runtimes]
    for runtime in runtimes:
        runtime.owner.release()
    return all(ended)


def _before_fork() -> None:
    # A thread that prepares a staging area holds locks, which no thread would ever give back in the child.
    _fork.waited = _lock.acquire(timeout=FORK_WAIT_S)


def _after_fork_in_parent() -> None:
    if _fork.waited:
        _lock.release()


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.Lock()
    for runtime in _runtimes.values():
        runtime.renew_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
