"""Says a thing once in a process, however many sessions and threads find out about it."""

from __future__ import annotations

import logging

_said: dict[str, object] = {}


def once(logger: logging.Logger, level: int, text: str) -> None:
    """Log *text* unless this process has logged it before. Any thread may call it."""
    if _is_new(text):
        logger.log(level, "%s", text)


def fault(logger: logging.Logger, text: str, error: Exception) -> None:
    """Log *text*, and where *error* was raised, unless this process has logged that before. Any thread may call it."""
    if _is_new(f"{text} {error!r}"):
        logger.error("%s", text, exc_info=error)


def _is_new(text: str) -> bool:
    mine = object()
    # One step for all threads, and no lock that a fork could leave taken in the child.
    return _said.setdefault(text, mine) is mine
