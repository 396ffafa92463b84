"""Files that another program has open: on Windows, and on disks like it, they can be neither renamed nor removed.

A virus scanner, a backup, a sync or accsyn's own client lets go of a file after milliseconds, or some seconds. The
waits for the files of one publish are one wait: what is held is come back to when the rest is done.
"""

from __future__ import annotations

import errno
import os
import time
from typing import Callable, Dict, Optional, Protocol, Set, Tuple

from ftrack_accsyn_accessor.staging import rights
from ftrack_accsyn_accessor.staging.temporaries import temporary_name

#: How long one publish, or one write outside of any, waits in all (seconds), and its steps, from fine to coarser.
HELD_AT_MOST_S = 30.0
_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.05

_HELD = (errno.EACCES, errno.EBUSY, errno.ETXTBSY)
# Windows says the same where the folder's access list forbids it. A file with this flag removes itself.
_REMOVED_ON_CLOSE: int = getattr(os, "O_TEMPORARY", 0)

#: Who that may be, for a sentence on a file that is held.
READERS = "a virus scanner, a backup, a sync, or accsyn's own client that copies it"


class Write(Protocol):
    """A file that waits for its final name."""

    path: str

    def rename(self) -> None:
        """Give it its final name. Raise OSError."""

    def discard(self) -> None:
        """Remove it; never raises."""

    def take_back(self) -> None:
        """Remove it, also under its final name where it is what lies there; never raises."""


def is_held(error: OSError, path: str) -> bool:
    """Return whether *error*, of renaming or removing *path*, means that another program has it open."""
    return error.errno in _HELD and (error.errno != errno.EACCES or may_write(os.path.dirname(path)))


def may_write(folder: str) -> bool:
    """Return whether files can be made in *folder*, or renamed into it; on Windows only making one tells."""
    if not _REMOVED_ON_CLOSE:
        return rights.allow(folder, os.W_OK | os.X_OK)
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _REMOVED_ON_CLOSE
        os.close(os.open(os.path.join(folder, temporary_name()), flags))
    except OSError:
        return False
    return True


class HeldPatience:
    """Waits in fine steps, and *at_most_s* seconds in all. *clock* is monotonic, in seconds."""

    def __init__(
        self,
        at_most_s: float = HELD_AT_MOST_S,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._left_s = at_most_s
        self._clock = clock
        self._pause = pause
        self._step_s = _FIRST_PAUSE_S
        self._counted_at = 0.0

    def begin(self) -> None:
        """Count the time from now on, that of the tries between the waits, too, which add up on a share."""
        self._counted_at = self._clock()

    def wait(self) -> bool:
        """Wait one step; return False, and do not wait, when it was enough since `begin`, and in what came before."""
        if self._count() <= 0:
            return False
        self._pause(self._step_s)
        self._count()
        self._step_s = min(2 * self._step_s, _LONGEST_PAUSE_S)
        return True

    def _count(self) -> float:
        """Take off the time since it was counted last; return what is left."""
        now = self._clock()
        self._left_s -= now - self._counted_at
        self._counted_at = now
        return self._left_s


class Late:
    """The writes of one publish, or of one file, that cannot get their names at once. For one thread only.

    Of a publish it knows all writes, from `begin` on, and can take back those that are not to be kept.
    """

    def __init__(self, patience: HeldPatience) -> None:
        self._patience = patience
        self._begun: Dict[str, Write] = {}
        self._writes: Dict[Write, Callable[[OSError], Exception]] = {}
        self._paths: Set[str] = set()

    def begin(self, write: Write) -> None:
        """Remember *write*, which is unfinished, until it is kept or taken back."""
        self._begun[write.path] = write

    def keep(self, path: str) -> None:
        """Let the file at *path* stay, whatever comes."""
        self._begun.pop(path, None)

    def take_back(self) -> None:
        """Remove all that was begun and not kept, with or without its name."""
        self.discard()
        while self._begun:
            self._begun.popitem()[1].take_back()

    def rename(self, write: Write, failure: Callable[[OSError], Exception]) -> None:
        """Give *write* its name, at once or later; *failure* makes the error to raise of one that the system gives."""
        self._writes[write] = failure
        if self._refusal(write) is not None:
            self._paths.add(write.path)

    def awaits(self, path: str) -> bool:
        """Return whether the file at *path* has still to get its name."""
        return path in self._paths

    def finish(self) -> None:
        """Return when all have their names. Else none is left, and what *failure* made of the first one is raised."""
        self._patience.begin()
        try:
            while self._writes:
                refusals = [refusal for refusal in map(self._refusal, tuple(self._writes)) if refusal is not None]
                if refusals and not self._patience.wait():
                    self._give_up(*refusals[0])
        finally:
            self.discard()

    def discard(self) -> None:
        """Drop all that have no names yet; nothing of them appears."""
        self._paths.clear()
        while self._writes:
            write = self._writes.popitem()[0]
            write.discard()
            self._begun.pop(write.path, None)

    def _refusal(self, write: Write) -> Optional[Tuple[Write, OSError]]:
        """Try to give *write* its name; return the error when another program has it open."""
        try:
            write.rename()
        except OSError as error:
            if not is_held(error, write.path):
                self._give_up(write, error)
            return write, error
        del self._writes[write]
        return None

    def _give_up(self, write: Write, error: OSError) -> None:
        failure = self._writes[write]
        self.discard()
        raise failure(error) from error
