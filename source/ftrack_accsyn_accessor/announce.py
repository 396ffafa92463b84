"""Says a thing once in a process, however many sessions and threads find out about it."""

from __future__ import annotations

import logging
import threading

_said: set[str] = set()
_lock = threading.Lock()


def once(logger: logging.Logger, level: int, text: str) -> None:
    """Log *text* unless this process has logged it before. Any thread may call it."""
    with _lock:
        if text in _said:
            return
        _said.add(text)
    logger.log(level, "%s", text)
