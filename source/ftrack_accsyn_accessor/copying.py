"""Copies a file into a new one, the fastest way that their disks have."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from typing import IO, Any, Callable, Dict, List, Tuple, TypeVar

from ftrack_accsyn_accessor import cloning

#: A way that has never worked from one disk to another is not tried any more after so many files.
TRIES = 3

# A page less than what would be round: where all is written in aligned blocks of 256 KB and more, Linux (6.18, ext4)
# keeps them in memory in large pieces, and a file of 4 GB took twice the time that `cp` needs, all of it in the system.
_PAGE = 4096
# What the system is to move at once; between two times it looks after signals.
_AT_ONCE = (256 << 20) - _PAGE
# Stays in the cache of a processor, while calls cost nothing beside its bytes.
_BUFFER_BYTES = (256 << 10) - _PAGE

# What a full disk says; of a way it says nothing.
_FULL = (errno.ENOSPC, errno.EDQUOT)

#: For a way, and the devices of source and target: how often it failed, negative as soon as it has worked.
_failed: Dict[Tuple[str, int, int], int] = {}

_Answer = TypeVar("_Answer")


class SourceUnreadable(Exception):
    """The source could not be read; *error* is what the system said."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def copy(source: IO[Any], target: IO[Any], path: str, spare: Callable[[], str]) -> None:
    """Write all of *source* into *target*, which is the empty new file *path*; neither was used since it was opened.

    The new file gets the content of the other one and nothing else: no times, mode or attributes. Where the disks can,
    both share their blocks; else the system moves the bytes, or a server between two of its files; else this process
    does. What one way leaves is left to the next, and the last one reads until nothing comes any more: what is written
    to the source meanwhile is copied, too, while a clone has the content of one moment.

    *spare* returns a free path in the same folder; *path* may be another file than *target* afterwards, as
    `cloning.clone` tells. Raise SourceUnreadable where the source cannot be read, OSError where the target cannot be
    written.
    """
    reading, writing = source.fileno(), target.fileno()
    disks = (_of_source(lambda: os.fstat(reading)).st_dev, os.fstat(writing).st_dev)
    if _tried("clone", disks, lambda: cloning.clone(reading, writing, path, spare)):
        return
    with contextlib.suppress(AttributeError, OSError):  # neither macOS nor Windows has it, and a pipe no use for it
        os.posix_fadvise(reading, 0, 0, os.POSIX_FADV_SEQUENTIAL)  # more is read ahead, whoever moves the bytes
    done = [0]
    _tried("range", disks, lambda: _move(reading, writing, done))
    _pump(reading, writing, done[0])


def _tried(way: str, disks: Tuple[int, int], work: Callable[[], None]) -> bool:
    """Return whether *work* was done, which is not begun where *way* has only failed so far."""
    key = (way, *disks)
    failed = _failed.get(key, 0)
    if failed >= TRIES:
        return False
    try:
        work()
    except OSError as error:
        if error.errno is None:  # none of the system's: a timer of the host has interrupted it
            raise
        if failed >= 0 and error.errno not in _FULL:
            _failed[key] = failed + 1
        return False
    _failed[key] = -1
    return True


def _move(source: int, target: int, done: List[int]) -> None:
    """Let the system move bytes until it says that there are no more, and count them in *done*.

    That is not always so: of files whose size it does not know beforehand it moves none, nor do some disks.
    """
    if not hasattr(os, "copy_file_range"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    while True:
        moved = os.copy_file_range(source, target, _AT_ONCE, done[0], done[0])
        there = min(done[0] + moved, os.fstat(target).st_size)
        if there <= done[0]:
            return
        done[0] = there


def _pump(source: int, target: int, done: int) -> None:
    """Read *source* to its end and write it to *target*, both from *done* on."""
    if done:
        _of_source(lambda: os.lseek(source, done, os.SEEK_SET))
        os.lseek(target, done, os.SEEK_SET)
    left = _of_source(lambda: os.fstat(source)).st_size - done  # mostly nothing, as another way was there before
    buffer = memoryview(bytearray(max(_PAGE, min(left, _BUFFER_BYTES))))
    with io.FileIO(source, closefd=False) as raw:
        while True:
            count = _of_source(lambda: raw.readinto(buffer))
            if not count:
                return
            written = 0
            while written < count:
                written += os.write(target, buffer[written:count])


def _of_source(ask: Callable[[], _Answer]) -> _Answer:
    """Return what *ask* gets from the source. Raise SourceUnreadable where the system does not give it."""
    try:
        return ask()
    except OSError as error:
        if error.errno is None:
            raise
        raise SourceUnreadable(error) from error
