"""The sign of life of whoever sends from an outbox: a small file beside it, renewed while there is something to do.

The lock alone tells that a process holds it, not that it does anything. Nothing is kept open, and nothing is written by
a process that has nothing to do.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import threading
import time
from pathlib import Path
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor import background, machine
from ftrack_accsyn_accessor.files import read_text
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, OutboxUnusable
from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.outbox.file import lock_path
from ftrack_accsyn_accessor.outbox.locks import ProcessLock

#: How often the sign is renewed.
BEAT_S = 10.0
#: How long an end waits for the thread, which has next to nothing to do.
CLOSE_S = 1.0
#: A process that has given none for so long is frozen, or the machine has been asleep and it will give one soon.
SILENT_S = 60.0
#: Without the lock, one that has given none for so long has ended: it would have given the next.
ENDED_S = 15.0

_NOBODYS = Studio("", "")


@dataclasses.dataclass(frozen=True)
class Leader:
    """The process that sent from an outbox last, and what keeps it from sending: texts are empty while nothing does.

    `since` and `seen_at` are seconds since the epoch, `beat` those of the machine's monotonic clock, which all its
    processes share, and which mostly stands still while it sleeps. `server_url` and `workspace` are the studio's for
    which it sends.
    """

    pid: int
    application: str
    since: float
    seen_at: float
    beat: float
    kind: str = ""
    what: str = ""
    remedy: str = ""
    server_url: str = ""
    workspace: str = ""

    @property
    def studio(self) -> Studio:
        """The studio for which it sends."""
        return Studio(self.server_url, self.workspace)

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.application} (process {self.pid})"

    def is_silent(self, now: float, monotonic: float, limit_s: Optional[float] = None) -> bool:
        """Whether no sign of life was given for *limit_s* seconds, `SILENT_S` by default.

        A clock that was set anew, either way, is no silence. The monotonic one is never set: where it is behind the
        sign, the machine was started anew since.
        """
        limit_s = SILENT_S if limit_s is None else limit_s
        return not (0.0 <= monotonic - self.beat < limit_s or 0.0 <= now - self.seen_at < limit_s)


def sign_path(outbox: Path) -> Path:
    """Return the file with the sign of life of whoever sends from *outbox*."""
    return outbox.with_suffix(".leader")


def read(outbox: Path) -> Optional[Leader]:
    """Return the process that last gave a sign of life, None where there is none or it cannot be read."""
    return _read(sign_path(outbox))


def _read(path: Path) -> Optional[Leader]:
    try:
        content: Any = json.loads(read_text(path))
        return Leader(**{field.name: _TYPES[str(field.type)](content[field.name]) for field in _FIELDS})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def frozen(
    outbox: Path, clock: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
) -> Optional[Leader]:
    """Return the process that holds the lock of *outbox* without a sign of life. Reads a file, mostly nothing else."""
    leader = read(outbox)
    if leader is None or not leader.is_silent(clock(), monotonic()):
        return None
    lock = ProcessLock(lock_path(outbox))
    if lock.acquire():  # it has ended: what it left tells nothing any more
        lock.release()
        return None
    return leader


def unable(
    outbox: Path, clock: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
) -> Optional[Leader]:
    """Return the process that said a moment ago that it cannot send, and why; None where there is none."""
    leader = read(outbox)
    return leader if leader is not None and leader.what and not leader.is_silent(clock(), monotonic()) else None


def attended(
    outbox: Path, clock: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
) -> bool:
    """Whether a process is at work on *outbox*, or has stood aside a moment ago; True where that cannot be told.

    One that has nothing to do holds no lock and gives no sign: ask only while there is something.
    """
    leader = read(outbox)
    if leader is not None and not leader.is_silent(clock(), monotonic(), ENDED_S):
        return True
    path = lock_path(outbox)
    if not path.exists():  # nobody has ever taken it; asking must not make it
        return not path.parent.is_dir()
    lock = ProcessLock(path)
    with contextlib.suppress(OutboxUnusable):
        if lock.acquire():
            lock.release()
            return False
    return True


class Sign:
    """Gives the signs of life of this process. Any thread may call it.

    They come from a thread of their own, so that no call and no slow disk is taken for death; it ends by itself some
    seconds after `end`. What cannot be written is left out: it only tells.
    """

    def __init__(
        self,
        outbox: Path,
        lock: ProcessLock,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = sign_path(outbox)
        self._holds = lock
        self._clock = clock
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._closed = threading.Event()
        self._leader: Optional[Leader] = None
        self._thread: Optional[threading.Thread] = None

    def give(self, error: Optional[AccsynAccessorError] = None, studio: Studio = _NOBODYS) -> None:
        """Give signs from now on, until `end`; *error* is what keeps this process from sending for *studio*."""
        kind, what, remedy = (error.kind, error.what, error.remedy) if error is not None else ("", "", "")
        with self._guard:
            now = self._clock()
            before = self._leader or Leader(os.getpid(), machine.application(), now, now, 0.0)
            told = dataclasses.replace(before, kind=kind, what=what, remedy=remedy, **studio._asdict())
            if told != self._leader:
                self._leader = told
                self._write()
            self._start()

    def give_once(self) -> None:
        """Give one sign, without a thread for more: somebody is there, and says so again when there is work."""
        with self._guard:
            now = self._clock()
            self._leader = Leader(os.getpid(), machine.application(), now, now, 0.0)
            self._write()

    def end(self) -> None:
        """This process has nothing to do any more, and says nothing of another one that has."""
        with self._guard:
            if self._leader is not None:
                self._leader = None
                if self._is_ours():
                    with contextlib.suppress(OSError):
                        self._path.unlink()

    def close(self) -> None:
        """End, at once; the thread is over afterwards, for an interpreter inside of a process cannot end before it."""
        self.end()
        thread = self._thread
        self._closed.set()
        if thread is not None:
            thread.join(CLOSE_S)

    def _start(self) -> None:
        if self._thread is not None:
            return
        self._closed.clear()
        with contextlib.suppress(RuntimeError):  # the interpreter is going down and makes no threads any more
            thread = background.thread(self._beat, "ftrack-accsyn-sign-of-life")
            thread.start()
            self._thread = thread

    def _beat(self) -> None:
        while True:
            self._closed.wait(BEAT_S)
            with self._guard:
                if self._leader is None:
                    self._thread = None
                    return
                self._closed.clear()  # begun again meanwhile
                self._write()

    def _write(self) -> None:
        """Write the sign; it need not reach the disk, as a machine that fails holds no lock. Whoever leads goes first.

        It is written in place: whoever meets half of it takes it for none.
        """
        assert self._leader is not None  # noqa: S101 - the callers have looked
        self._leader = dataclasses.replace(self._leader, seen_at=self._clock(), beat=self._monotonic())
        if not (self._holds.held or self._is_ours()):
            return
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(dataclasses.asdict(self._leader)))

    def _is_ours(self) -> bool:
        found = _read(self._path)
        return found is None or found.pid == os.getpid()


_FIELDS = dataclasses.fields(Leader)
_TYPES: dict[str, Callable[[Any], Any]] = {"int": int, "float": float, "str": str}
