"""Where unfinished files lie: under short names, in the state folder of the staging area where that is on their disk.

A name that is longer than the final one would be refused where the final one is not: a path has 4,095 bytes on Linux,
and 259 characters on Windows.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from typing import List, Set

from ftrack_accsyn_accessor.staging import rights

_DIGITS = 8
_FEWEST_DIGITS = 4
_SHORT = re.compile(r"\.~[0-9a-f]{%d,%d}" % (_FEWEST_DIGITS, _DIGITS))  # noqa: UP031 - braces have another meaning here
#: Up to release 1.1 they repeated the final name, beside the final file.
_LONG = re.compile(r"\..*\.[0-9a-f]{8}\.accsyn-part", re.DOTALL)

#: Files of this process that could not be removed yet.
_held: Set[str] = set()


def temporary_name(at_most: int = 255) -> str:
    """Return a fresh name for an unfinished file, of *at_most* bytes, but for names below six."""
    digits = max(_FEWEST_DIGITS, min(_DIGITS, at_most - len(".~")))
    return ".~" + secrets.token_hex(_DIGITS // 2)[:digits]


def is_temporary_name(name: str) -> bool:
    """Return whether *name*, without its folder, is the name of an unfinished file."""
    return name.startswith(".") and (_SHORT.fullmatch(name) or _LONG.fullmatch(name)) is not None


def beside(path: str) -> str:
    """Return a fresh path for what becomes *path*, or was it, in the same folder."""
    folder, name = os.path.split(path)
    return os.path.join(folder, temporary_name(len(os.fsencode(name))))


def apart(path: str, state_folder: str) -> str:
    """Return a fresh path for what becomes *path*, or was it, in *state_folder*; beside it where that is no use.

    It is of no use on another disk, or where it is missing: only who begins a staging area makes it. Raise OSError
    where the folder of *path* is missing.
    """
    here = os.stat(os.path.dirname(path))
    try:
        there = os.stat(state_folder)
    except OSError:
        return beside(path)
    if here.st_dev != there.st_dev or not rights.allow(state_folder, os.W_OK | os.X_OK):
        return beside(path)
    return os.path.join(state_folder, temporary_name())


def remove(path: str) -> None:
    """Remove an unfinished file; one that another program has open is left for `remove_held`. Never raises."""
    try:
        os.remove(path)
    except FileNotFoundError:
        _held.discard(path)
    except OSError:
        _held.add(path)
    else:
        _held.discard(path)


def remove_held() -> None:
    """Remove what this process could not remove earlier. Never raises; costs nothing where there is nothing."""
    for held in tuple(_held):
        remove(held)


def sweep(folder: str, older_than_s: float) -> int:
    """Remove what killed processes left unfinished in *folder* (not below it); return how many files. Never raises.

    A write that goes on touches its file, so only those that nothing was written to for *older_than_s* are removed; by
    the clock of their disk, as that of a server may be slow by hours.
    """
    removed = 0
    remove_held()
    with contextlib.suppress(OSError):
        if _unfinished(folder, time.time() - older_than_s):
            for path in _unfinished(folder, _disk_time(folder) - older_than_s):
                with contextlib.suppress(OSError):
                    os.remove(path)
                    removed += 1
    return removed


def _unfinished(folder: str, until_s: float) -> List[str]:
    """Return the unfinished files in *folder* that were written to before *until_s*. May raise OSError."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_temporary_name(entry.name):
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime < until_s:
                        found.append(entry.path)
    return found


def _disk_time(folder: str) -> float:
    """Return what time a file gets that is written in *folder* now (seconds since the epoch). May raise OSError."""
    path = os.path.join(folder, temporary_name())
    try:
        with open(path, "xb") as file:
            file.write(b" ")
        return os.stat(path).st_mtime
    finally:
        remove(path)
