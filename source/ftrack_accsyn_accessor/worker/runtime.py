"""What one staging area has in this process, shared by all sessions with one ftrack and renewed by a fork."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.settings import Settings, outside
from ftrack_accsyn_accessor.outbox import Outbox, disk, facts, locations, memory, takeover
from ftrack_accsyn_accessor.outbox.file import lock_path, outbox_path, outside_path
from ftrack_accsyn_accessor.outbox.locks import OwnerLock, ProcessLock
from ftrack_accsyn_accessor.outbox.patience import Patience, spend
from ftrack_accsyn_accessor.staging.area import NoStagingArea, StagingArea
from ftrack_accsyn_accessor.staging.refusal import absent_disk
from ftrack_accsyn_accessor.staging.temporaries import remove_held
from ftrack_accsyn_accessor.worker.carrier import Carrier
from ftrack_accsyn_accessor.worker.worker import DRAIN_S, Worker

logger = logging.getLogger(__name__)

#: By outbox file and ftrack server.
_runtimes: dict[tuple[str, str], Runtime] = {}
_lock = threading.Lock()
_fork = threading.local()
#: How often an outbox of an earlier release that was in use, and one that could not be made, is looked at again.
TAKE_OVER_S = 60.0
#: How often unsent items are counted while there are some.
COUNT_S = 10.0
#: How often the machine's memory is brought up to date while the number of unsent items changes, but not to or from 0.
KEEP_S = 30.0
#: What nothing was done with for so long is closed, so that the disk can be ejected.
REST_S = 3.0
#: What of a host's patience the outbox may take when an area is prepared; something is left for what comes after it.
PREPARE_S = 1.0
#: How long a fork waits for each lock; they are held for milliseconds.
FORK_WAIT_S = 1.0


class Runtime:
    """The parts that serve one outbox, and the sessions with one ftrack, in this process. Any thread may use it."""

    def __init__(
        self, area: StagingArea, outbox_path: Path, ftrack: FtrackCredentials, read_settings: Callable[[], Settings]
    ) -> None:
        self.area = area
        self.outbox = Outbox(outbox_path)
        self.ftrack = ftrack
        self.prepared = False
        self.complete = False
        self._read_settings = read_settings
        self._keeper = _Keeper(self)
        self._build()

    def _build(self) -> None:
        folder = self.outbox.path.parent
        owners = folder / "owners"
        self.owner = OwnerLock(owners)
        carrier = Carrier(
            self.outbox,
            self.area,
            owners,
            self._read_settings,
            lambda: Registrations(self.ftrack),
            lambda: self.ftrack.server_url,
        )
        self.worker = _AreaWorker(self, ProcessLock(lock_path(self.outbox.path)), carrier)

    def prepare(self, begin: bool) -> None:
        """Make the staging area, if one is to *begin* where there is none, and the outbox.

        An area that is not there is waited for, with `prepared` False. Raise `errors.StagingError` for a path that
        cannot be used. Without an outbox files are staged, and said not to be queued; `complete` is False then.
        """
        try:
            self.area.prepare(begin, _identity_elsewhere(self.outbox.path, self.area))
        except errors.StagingGone:
            return
        self.prepared = True
        for concern in disk.concerns(str(self.outbox.path), self.area.root, self._read_settings().staging_variable):
            announce.once(logger, logging.WARNING, " ".join(concern))
        try:
            with Patience(PREPARE_S):
                make_outbox(self.outbox, self.area)
            self.complete = True
        except errors.OutboxError as error:
            announce.once(logger, logging.ERROR, f"{error} What is published meanwhile is staged, but not queued.")
        memory.keep(self.served(each.name for each in locations.located(self.area.root)), self.area.was_new)

    def located(self, name: str) -> None:
        """Remember that the area is the ftrack location called *name* for the user of `ftrack`. Never raises."""
        if not self.area.present():
            return
        root = self.area.root
        locations.keep(root, [locations.Located(self.ftrack.server_url, self.ftrack.api_user, name)])
        memory.keep(self.served([name]))
        with contextlib.suppress(errors.OutboxError):  # said when the outbox was made
            facts.keep(self.outbox, facts.Area(name, root, self.area.uuid))

    def served(self, names: Iterable[str] = (), unsent: int = 0) -> memory.Served:
        """Return what the machine is to remember of the area."""
        outbox = str(self.outbox.path)
        return memory.Served(self.area.root, self.area.uuid, outbox, tuple(sorted(set(names))), time.time(), unsent)

    def tend(self, ending: bool = False) -> None:
        """Look after what has to do with the area, rather than with its items. On the worker's thread; never raises.

        With *ending* it is the last time in this process.
        """
        self._keeper.step(ending)

    def rest(self) -> None:
        """Close what nothing was done with lately. On the worker's thread; never raises."""
        with contextlib.suppress(errors.OutboxError):
            self.owner.rest(REST_S, lambda token: any(item.owner == token for item in self.outbox.prepared()))
        with contextlib.suppress(errors.OutboxError):
            self.outbox.rest(REST_S)

    @property
    def volume(self) -> str:
        """The code of the accsyn volume that the settings of this moment name."""
        return self._read_settings().volume

    @property
    def priority(self) -> Optional[int]:
        """The priority that the settings of this moment give what is published, None for accsyn's own."""
        return self._read_settings().priority

    def studio_workspace(self) -> str:
        """Return the code of the accsyn workspace that the settings of this moment name; empty where none is set."""
        return self._read_settings().workspace or ""

    def wake(self) -> None:
        """Tell the worker that there is something new."""
        self.worker.wake()

    def renew_after_fork(self) -> None:
        """Leave the parent what is the parent's, and start over."""
        self.owner.abandon_after_fork()
        self.worker.abandon_after_fork()
        self._build()


class OutsideRuntime(Runtime):
    """The runtime of what is asked for on a machine, or by a service, without a staging area."""

    def prepare(self, begin: bool) -> None:
        """Make the outbox. Raise `errors.OutboxError`."""
        _make_folder(self.outbox.path.parent)
        self.outbox.open()
        self.prepared = self.complete = True

    def tend(self, ending: bool = False) -> None:
        """There is no area to be looked after."""


class _AreaWorker(Worker):
    """The worker of a runtime, which tends the area before and after it looks for items."""

    def __init__(self, runtime: Runtime, lock: ProcessLock, carrier: Carrier) -> None:
        super().__init__(runtime.outbox, runtime.area, lock, carrier)
        self._runtime = runtime

    def run_once(self, settled: bool = False) -> float:
        self._runtime.tend()
        try:
            return super().run_once(settled)
        finally:
            self._runtime.rest()

    def drain(self) -> None:
        super().drain()
        self._runtime.tend(ending=True)


class _Keeper:
    """Prepares an area that comes back, takes outboxes over that were in use, and keeps the machine's memory."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._changes = -1
        self._unsent: Optional[int] = None
        self._kept_at = self._counted_at = 0.0
        self._take_over_at = time.monotonic() + TAKE_OVER_S
        self._taken_over: Optional[list[Path]] = None

    def step(self, ending: bool) -> None:
        """Do what is to be done at the moment. Never raises."""
        try:
            if not self._runtime.area.present():
                return
            remove_held()
            if not self._runtime.prepared or time.monotonic() >= self._take_over_at:
                self._take_over_at = time.monotonic() + TAKE_OVER_S
                with _lock, Patience():  # a fork waits for it, and whoever opens a session
                    self._prepare()
                self._runtime.owner.sweep()
            self._remember(ending)
        except errors.AccsynAccessorError as error:
            logger.debug("%s", error)
        except Exception:
            logger.debug("Unforeseen error while the staging area was looked after.", exc_info=True)

    def _prepare(self) -> None:
        outbox, area = self._runtime.outbox, self._runtime.area
        if not self._runtime.complete:
            self._runtime.prepare(begin=False)
            return
        found = takeover.candidates(outbox.path, area.root)
        if found != self._taken_over:  # else the outbox need not even be opened
            self._taken_over = found if take_over(outbox, area) else None

    def _remember(self, ending: bool) -> None:
        """Keep how much is unsent: at once where that begins or ends, else now and then."""
        changes, now = self._runtime.outbox.changes(), time.monotonic()
        # What the worker itself has written is no change: that is looked for while there is something to send.
        if changes == self._changes and not ending and (not self._unsent or now < self._counted_at + COUNT_S):
            return
        self._changes, self._counted_at = changes, now
        count = memory.unsent(self._runtime.outbox)
        turned = self._unsent is None or bool(count) != bool(self._unsent)
        if turned or ending or now >= self._kept_at + KEEP_S:
            memory.keep_unsent(self._runtime.served(unsent=count))
            self._unsent, self._kept_at = count, now


def open_runtime(
    settings: Settings, ftrack: FtrackCredentials, read_settings: Callable[[], Settings], begin: bool = False
) -> Runtime:
    """Return this process's runtime for the staging area and the ftrack server, made at the first call.

    With *begin* a staging area is made where there is none and none is known; otherwise, and where one is known that is
    not there, it is waited for: `runtime.area.require()` tells. Raise `errors.StagingError` where the path cannot be
    used.
    """
    assert settings.staging_path is not None  # noqa: S101 - the caller has looked
    with _alone(), Patience():  # whoever opens a session meanwhile waits for this one
        area = StagingArea(settings.staging_path)
        path = outbox_path(settings.outbox, area.root)
        key = (str(path), ftrack.server_url.rstrip("/").lower())
        runtime = _runtimes.get(key) or Runtime(area, path, ftrack, read_settings)
        runtime.ftrack = ftrack
        if not runtime.prepared:
            runtime.prepare(begin)
        if not _runtimes:
            atexit.register(_end)
        _runtimes[key] = runtime
        return runtime


def open_outside(current: Settings, ftrack: FtrackCredentials, read_settings: Callable[[], Settings]) -> OutsideRuntime:
    """Return this process's runtime for what is asked for without a staging area, made at the first call.

    Its outbox lies in the user's state folder, the same for all processes of this account. A staging path is not
    needed, and not looked at. Raise `errors.OutboxError` where the outbox cannot be made.
    """
    with _alone(), Patience():
        path = outside_path(current.outbox, memory.state_folder())
        key = (str(path), ftrack.server_url.rstrip("/").lower())
        runtime = _runtimes.get(key)
        if not isinstance(runtime, OutsideRuntime):
            runtime = OutsideRuntime(NoStagingArea(), path, ftrack, lambda: outside(read_settings()))
        runtime.ftrack = ftrack
        if not runtime.prepared:
            runtime.prepare(begin=True)
        if not _runtimes:
            atexit.register(_end)
        _runtimes[key] = runtime
        return runtime


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    begun = time.monotonic()
    with _lock:  # by itself: what a signal's handler raises never comes between taking it and minding it
        spend(time.monotonic() - begun)
        yield


def make_outbox(outbox: Outbox, area: StagingArea) -> None:
    """Make the file of *outbox*, or bring it up to date; *area* has been prepared. Raise `errors.OutboxError`."""
    _make_folder(outbox.path.parent)
    outbox.open()
    if area.was_new:
        outbox.keep_fact(facts.COMPLETE, "1")
    take_over(outbox, area)
    names = [each.name for each in locations.located(area.root)]
    name = facts.kept(outbox, facts.Area).location_name or (names[-1] if names else "")
    facts.keep(outbox, facts.Area(name, area.root, area.uuid))


def take_over(outbox: Outbox, area: StagingArea) -> bool:
    """Take over what outboxes of earlier releases hold; return whether that is all. Raise `errors.OutboxError`."""
    return takeover.Takeover(outbox, area.root, area.uuid).step()


def _identity_elsewhere(path: Path, area: StagingArea) -> str:
    """Return the identity of the area that the outbox at *path*, which lies elsewhere, belongs to; empty if unknown."""
    if path.parent == Path(area.state_dir) or not path.is_file():
        return ""
    try:
        return facts.kept(Outbox(path), facts.Area).staging_uuid
    except errors.OutboxError:
        return ""


def _make_folder(folder: Path) -> None:
    disk = absent_disk(str(folder))
    if disk:
        raise errors.OutboxUnusable("make the folder of the outbox", str(folder), disk, "Plug the disk in again.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        remedy = "Correct or unset FTRACK_ACCSYN_OUTBOX, or make the folder writable for this user."
        raise errors.OutboxUnusable("make the folder of the outbox", str(folder), str(error), remedy) from error


def stop_all(timeout_s: float = DRAIN_S) -> bool:
    """Let every worker of this process submit what it can within *timeout_s* seconds; return whether all have ended.

    Called at interpreter exit; what is left is submitted by whoever comes next.
    """
    with _lock:
        runtimes = list(_runtimes.values())
        _runtimes.clear()
    deadline = time.monotonic() + timeout_s
    ended = [runtime.worker.stop(max(0.0, deadline - time.monotonic())) for runtime in runtimes]
    for runtime in runtimes:
        runtime.owner.release()
        runtime.outbox.rest(0.0)
    return all(ended)


def _end() -> None:
    """Let the workers end with the interpreter, and at once for who presses Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        stop_all()


def _before_fork() -> None:
    """Wait for threads of ours that hold a lock, which none would ever give back in the child.

    They may be preparing a staging area, or writing to the host's log, whose stream has a lock of its own.
    """
    _fork.held = []
    for lock in (_lock, *_log_locks()):
        if lock.acquire(timeout=FORK_WAIT_S):
            _fork.held.append(lock)


def _log_locks() -> list[Any]:
    """Return the locks of all handlers that get what the plugin logs."""
    found: list[Any] = []
    current: Optional[logging.Logger] = logging.getLogger(__package__)
    while current is not None:
        found += filter(None, (getattr(handler, "lock", None) for handler in current.handlers))
        current = current.parent
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
