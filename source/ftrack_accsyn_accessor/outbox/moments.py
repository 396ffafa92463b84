"""The moments at which something is published: strictly increasing within a process, whatever its clock does.

Windows' clock moves in steps of 15.6 ms, within which a fast host publishes more than once; by its moment one
publication is told from the next.
"""

from __future__ import annotations

import os
import threading
import time

_STEP_S = 0.000001
#: A clock that was set back by more than this is believed.
_BACK_S = 1.0

_lock = threading.Lock()
_last_s = 0.0


def now() -> float:
    """Return the moment, in seconds since the epoch; no two calls of a process return the same. For every thread."""
    global _last_s
    with _lock:
        now_s = time.time()
        if _last_s - _BACK_S < now_s <= _last_s:
            now_s = _last_s + _STEP_S
        _last_s = now_s
        return now_s


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.Lock()  # another thread may have had it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
