"""Says a thing once in a process, however many sessions and threads find out about it."""

from __future__ import annotations

import logging

_said: dict[str, object] = {}


def once(logger: logging.Logger, level: int, text: str) -> None:
    """Log *text* unless this process has logged it before. Any thread may call it."""
    mine = object()
    # One step for all threads, and no lock that a fork could leave taken in the child.
    if _said.setdefault(text, mine) is mine:
        logger.log(level, "%s", text)
