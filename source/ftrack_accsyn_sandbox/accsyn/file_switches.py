"""Switches on single files under way: let them fail, or hold them in the middle of their transfer."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Optional

from ftrack_accsyn_sandbox.accsyn.copying import Item
from ftrack_accsyn_sandbox.accsyn.errors import TransferFailure


@dataclass
class _Failure:
    """Files that fail on purpose, *left* times (None: always); those *under_way* as well, or only as they begin."""

    glob: str
    reason: str
    left: Optional[int]
    under_way: bool = False


class FileSwitches:
    """The switches, for a test, and what the engine asks of them. Every method may be called from any thread.

    A *glob* is matched against a file's path in the share and against its name alone; case counts.
    """

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._failures: list[_Failure] = []
        self._hold_glob: Optional[str] = None
        self._held: Optional[str] = None

    def fail_path(
        self, glob: str, reason: str = "E#J057 Could not write the file.", times: Optional[int] = None
    ) -> None:
        """Let files fail that match *glob*: *times* times, or until `clear_failures`."""
        with self._changed:
            self._failures.append(_Failure(glob, reason, times))

    def fail_all(self, reason: str) -> None:
        """Let every file fail until `clear_failures`, those on their way at the moment included."""
        with self._changed:
            self._failures.append(_Failure("*", reason, None, under_way=True))
            self._changed.notify_all()

    def clear_failures(self) -> None:
        """Take back all of `fail_path` and `fail_all`."""
        with self._changed:
            self._failures.clear()

    def hold_at(self, glob: str) -> None:
        """Hold each file that matches *glob* half-way: it is open, its first half (at most 1 MiB) was read, no more.

        Its task is executing and stays so until `release`, or until it is interrupted as ever (a paused or aborted
        job, an offline client, `stop`). What need not be sent, being at its target already, is not opened and so not
        held.
        """
        with self._changed:
            self._hold_glob = glob

    def wait_held(self, timeout_s: float = 10.0) -> str:
        """Wait until a file is held, and return its path in the share. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._held is not None, timeout_s):
                raise TimeoutError(f"Nothing that matches {self._hold_glob!r} was on its way within {timeout_s:g} s.")
            return str(self._held)

    def release(self) -> None:
        """Let the held file go on, and hold no more."""
        with self._changed:
            self._hold_glob = self._held = None
            self._changed.notify_all()

    def _holds(self, item: Item) -> bool:
        return self._hold_glob is not None and _matches(item, self._hold_glob)

    def _fail_on_purpose(self, item: Item, under_way: bool = False) -> None:
        """Raise TransferFailure when *item*, which begins or is *under_way*, shall fail, and count it."""
        with self._changed:
            able = (failure for failure in self._failures if failure.under_way or not under_way)
            failure = next((failure for failure in able if _matches(item, failure.glob)), None)
            if failure is None:
                return
            if failure.left is not None:
                failure.left -= 1
                if failure.left <= 0:
                    self._failures.remove(failure)
            raise TransferFailure(f"{failure.reason} ({item.relative})")


def _matches(item: Item, glob: str) -> bool:
    return fnmatchcase(item.relative, glob) or fnmatchcase(item.relative.rpartition("/")[2], glob)
