"""Others that hold what is ours: a program with a file open, as a virus scanner, and a process inside a write.

The former are patches, since no file system of Linux refuses to rename or remove a file while it is open.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from typing import Callable

import pytest

from ftrack_accsyn_accessor.outbox import file

#: For ever: more tries than anybody makes.
ALWAYS = 10**9

#: A process that stays inside a write to the outbox that is its first argument, until it is killed; with "everything"
#: as the second one nobody can even read. It prints a line when it is so far.
HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
if sys.argv[2] == "everything":
    held.execute("PRAGMA locking_mode = EXCLUSIVE")
held.execute("BEGIN IMMEDIATE")
held.execute("INSERT OR REPLACE INTO meta VALUES ('held', '1')")
print("held", flush=True)
time.sleep(600)
"""


class Holder:
    """Refuses the first *tries* renames or removals of each file whose name *holds* is true of; counts the pauses."""

    def __init__(self, patch: pytest.MonkeyPatch, tries: int, holds: Callable[[str], bool] = lambda name: True) -> None:
        self.tries = tries
        self.paused_s = 0.0
        self._holds = holds
        self._tried: Counter[str] = Counter()
        for name in ("replace", "remove", "unlink"):
            patch.setattr(os, name, self._refusing(getattr(os, name)))
        patch.setattr(file, "pause", self._pause)

    def _refusing(self, call: Callable[..., None]) -> Callable[..., None]:
        def refusing(path: object, *arguments: object, **more: object) -> None:
            text = os.fspath(path)  # type: ignore[call-overload]
            self._tried[text] += 1
            if self._holds(os.path.basename(text)) and os.path.exists(text) and self._tried[text] <= self.tries:
                raise PermissionError(errno.EACCES, "The process cannot access the file", text)
            call(path, *arguments, **more)

        return refusing

    def _pause(self, pause_s: float) -> None:
        self.paused_s += pause_s
