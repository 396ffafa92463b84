"""That somebody waits for what is on its way: whoever leads asks accsyn more often then, though in another process.

A file beside the outbox, whose date tells: writing into the outbox itself would wake all who watch it.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

#: How long it counts that somebody has looked, and how often that is written down.
HOLDS_S = 20.0
_GIVE_S = 5.0

_given: dict[Path, float] = {}


def path_of(outbox: Path) -> Path:
    """Return the file whose date tells when somebody looked last."""
    return outbox.with_suffix(".attention")


def give(outbox: Path) -> None:
    """Tell that somebody waits for what becomes of the items in *outbox*; to be said again while that is so.

    Any thread. Costs nothing when it was said a moment ago. What cannot be written is not told: it only makes haste.
    """
    now = time.monotonic()
    if now < _given.get(outbox, -_GIVE_S) + _GIVE_S:
        return
    _given[outbox] = now
    with contextlib.suppress(OSError):
        descriptor = os.open(path_of(outbox), os.O_WRONLY | os.O_CREAT, 0o600)
        os.close(descriptor)
        at = time.time()  # a server would date it by its own clock
        os.utime(path_of(outbox), (at, at))


def is_given(outbox: Path, now: float) -> bool:
    """Whether somebody has looked a moment ago; *now* is in seconds since the epoch."""
    try:
        return abs(now - os.stat(path_of(outbox)).st_mtime) < HOLDS_S  # some disks round up
    except OSError:
        return False
