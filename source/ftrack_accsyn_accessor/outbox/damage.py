"""Keeps a damaged outbox file aside, so that a new one can take its place."""

from __future__ import annotations

import contextlib
import datetime
import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import filelock

from ftrack_accsyn_accessor import announce

logger = logging.getLogger(__name__)

#: How SQLite words damage; error codes come with Python 3.11.
_DAMAGE = ("file is not a database", "malformed")
_JOURNALS = ("-wal", "-shm")
#: Renaming takes milliseconds; whoever waits longer met a broken file lock.
_LOCK_TIMEOUT_S = 5.0

REMEDY = "Run `ftrack-accsyn reconcile`: it queues again what was published and has not arrived."


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file itself is broken."""
    return isinstance(error, sqlite3.DatabaseError) and any(words in str(error) for words in _DAMAGE)


def set_aside(path: Path, file: tuple[int, int], outcome: str) -> None:
    """Give the outbox at *path* another name and say so, unless another process has done it already.

    *file* is the device and inode of the file that was found to be damaged, *outcome* what SQLite said. Its journals go
    first: left behind, they would be taken for those of the new file. Raise OSError where that is impossible.
    """
    try:
        with _alone(path):
            found = os.stat(path)
            if (found.st_dev, found.st_ino) != file:
                return
            kept = _free_name(path)
            for ending in ("-wal", "-shm", ""):
                with contextlib.suppress(FileNotFoundError):
                    os.replace(f"{path}{ending}", f"{kept}{ending}")
    except FileNotFoundError:
        return
    except filelock.Timeout as error:
        raise OSError(str(error)) from error
    announce.once(
        logger,
        logging.ERROR,
        f"The outbox {path} is damaged ({outcome}). It is kept as {kept.name} and a new one has been started, "
        f"which knows nothing of what was waiting or on its way. {REMEDY}",
    )


def wait(path: Path) -> None:
    """Return when nobody is keeping the file at *path* aside, or when that cannot be known."""
    with contextlib.suppress(OSError, filelock.Timeout), _alone(path):
        pass


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    os.stat(path.parent)  # filelock would make it, where its disk has been unplugged
    with filelock.FileLock(str(path.with_suffix(".damage.lock")), timeout=_LOCK_TIMEOUT_S, mode=0o600):
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
