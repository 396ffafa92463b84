"""What one staging location has in this process, shared by all sessions and renewed by a fork."""

from __future__ import annotations

import atexit
import logging
import os
import re
import threading
import time
from pathlib import Path
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.ftrack.registrations import FtrackCredentials, Registrations
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox, facts
from ftrack_accsyn_accessor.outbox.locks import OwnerLock, ProcessLock
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.delivery import Delivery
from ftrack_accsyn_accessor.worker.submission import COMPLETE
from ftrack_accsyn_accessor.worker.uploader import DRAIN_S, Uploader

logger = logging.getLogger(__name__)

_runtimes: dict[str, Runtime] = {}
_lock = threading.Lock()
_fork = threading.local()
#: How long a fork waits for each lock; they are held for milliseconds.
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

    Makes the staging area, at its first start, and the outbox. Raise `errors.StagingError` where the former is
    impossible, `errors.StagingGone` where an outbox elsewhere shows that it is unplugged. Without an outbox files are
    staged, and said not to be queued.
    """
    assert settings.staging_path is not None  # noqa: S101 - the caller has looked
    with _lock:
        area = StagingArea(settings.staging_path)
        path = outbox_path(settings, area, location_name)
        runtime = _runtimes.get(str(path))
        if runtime is not None:
            runtime.ftrack = ftrack
            return runtime
        if settings.outbox:
            _require_plugged_in(path, area)
        area.prepare()
        runtime = Runtime(area, path, ftrack, read_settings)
        try:
            make_outbox(runtime.outbox, area, location_name)
        except errors.OutboxError as error:
            announce.once(logger, logging.ERROR, f"{error} What is published meanwhile is staged, but not queued.")
        if not _runtimes:
            atexit.register(stop_all)
        _runtimes[str(path)] = runtime
        return runtime


def make_outbox(outbox: Outbox, area: StagingArea, location_name: str) -> None:
    """Make the file of *outbox*, or bring it up to date; *area* has been prepared. Raise `errors.OutboxError`."""
    _make_folder(outbox.path.parent)
    outbox.open()
    if area.was_new:
        outbox.keep_fact(COMPLETE, "1")
    facts.keep(outbox, facts.Place(location_name, area.root, area.uuid))


def _require_plugged_in(path: Path, area: StagingArea) -> None:
    """Raise `errors.StagingGone` where the outbox at *path*, which lies elsewhere, is of an area that is not there.

    A new area in its place would make everything that waits look lost.
    """
    if os.path.exists(area.marker_path) or not path.is_file():
        return
    try:
        known = facts.kept(Outbox(path), facts.Place).staging_uuid
    except errors.OutboxError:
        return
    if known:
        remedy = f"Plug its disk in and restart. To begin a new staging area there, move {path} away first."
        raise errors.StagingGone("use the staging area", area.root, "it is not there", remedy)


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
    """Wait for threads of ours that hold a lock, which none would ever give back in the child.

    They may be preparing a staging area, or writing to the host's log, whose stream has a lock of its own.
    """
    _fork.held = [lock for lock in (_lock, *_log_locks()) if lock.acquire(timeout=FORK_WAIT_S)]


def _log_locks() -> list[Any]:
    """Return the locks of all handlers that get what the plugin logs."""
    found: list[Any] = []
    current: Optional[logging.Logger] = logging.getLogger(__package__)
    while current is not None:
        found += filter(None, (getattr(handler, "lock", None) for handler in current.handlers))
        current = current.parent if current.propagate else None
    return found


def _after_fork_in_parent() -> None:
    for lock in reversed(_fork.held):
        lock.release()


def _after_fork_in_child() -> None:
    global _lock  # Those of the log are made anew by `logging` itself.
    _lock = threading.Lock()
    for runtime in _runtimes.values():
        runtime.renew_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
