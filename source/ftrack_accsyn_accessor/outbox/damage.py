"""Keeps a damaged outbox file aside, so that a new one can take its place."""

from __future__ import annotations

import contextlib
import datetime
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.outbox import lockable, patience
from ftrack_accsyn_accessor.outbox.filelocks import filelock

logger = logging.getLogger(__name__)

#: How SQLite words damage; error codes come with Python 3.11.
_DAMAGE = ("file is not a database", "malformed")
_JOURNALS = ("-wal", "-shm")
#: Renaming takes milliseconds; whoever waits longer met a broken file lock.
_LOCK_TIMEOUT_S = 5.0
#: Windows renames no file that anybody has open. Other processes look this often, or more often, whether to let go.
LET_GO_S = 5.0
_PAUSE_S = 0.05

CONSEQUENCE = "A new one has been started, which knows nothing of what was waiting or on its way."
REMEDY = "Run `ftrack-accsyn reconcile`: it queues again what was published and has not arrived."


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file itself is broken."""
    return isinstance(error, sqlite3.DatabaseError) and any(words in str(error) for words in _DAMAGE)


def set_aside(
    path: Path,
    file: tuple[int, int],
    outcome: str,
    let_go: Callable[[], None],
    told: tuple[str, str] = ("the outbox", f"{CONSEQUENCE} {REMEDY}"),
) -> None:
    """Give the file at *path* another name and say so, unless another process has done it already.

    *file* is the device and inode of the file that was found to be damaged, *outcome* what SQLite said. Where the
    system refuses that because the file is open, *let_go* closes what this process has open of it, and a sign beside it
    tells the others to do the same. *told* are what it is, and what that means for people. Raise OSError where it is
    impossible.
    """
    try:
        with _alone(path):
            found = os.stat(path)
            if (found.st_dev, found.st_ino) != file:
                return
            kept = _free_name(path)
            try:
                _rename(path, kept)
            except PermissionError:
                with patience.waiting():
                    _rename_when_let_go(path, kept, let_go)
    except FileNotFoundError:
        return
    except filelock.Timeout as error:
        raise OSError(str(error)) from error
    announce.once(
        logger,
        logging.ERROR,
        f"{told[0].capitalize()} {path} is damaged ({outcome}). It is kept as {kept.name}. {told[1]}",
    )


def _rename(path: Path, kept: Path) -> None:
    """Rename the file and its journals; these first: left behind, they would be taken for those of the new file."""
    for ending in (*_JOURNALS, ""):
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{ending}", f"{kept}{ending}")


def _rename_when_let_go(path: Path, kept: Path, let_go: Callable[[], None]) -> None:
    deadline = time.monotonic() + patience.left_s(LET_GO_S)
    _sign(path).touch(0o600)
    try:
        while True:
            let_go()
            try:
                return _rename(path, kept)
            except PermissionError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(_PAUSE_S)
    finally:
        with contextlib.suppress(OSError):
            _sign(path).unlink()


def is_being_kept_aside(path: Path) -> bool:
    """Whether somebody wants to rename the file at *path*, and nobody is to have it open. Costs one look."""
    return os.path.exists(_sign(path))


def wait(path: Path) -> None:
    """Return when nobody is keeping the file at *path* aside, or when that cannot be known."""
    with contextlib.suppress(OSError, filelock.Timeout), _alone(path):
        _sign(path).unlink()  # of one that was killed


def _sign(path: Path) -> Path:
    return path.with_suffix(".damage.sign")


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    os.stat(path.parent)  # filelock would make it, where its disk has been unplugged
    with lockable.alone(path.with_suffix(".damage.lock"), _LOCK_TIMEOUT_S):
        yield


def kept_aside(path: Path) -> list[Path]:
    """Return the damaged files that were at *path* once, the oldest first."""
    return sorted(found for found in path.parent.glob(f"{path.name}.damaged-*Z*") if found.name[-4:] not in _JOURNALS)


def _free_name(path: Path) -> Path:
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H%M%SZ")
    kept, number = path.with_name(f"{path.name}.damaged-{now}"), 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.damaged-{now}-{number}")
    return kept
