"""Says a thing once in a process, however many sessions and threads find out about it, and whoever listens."""

from __future__ import annotations

import contextlib
import logging
from typing import Optional

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


def shield(logger: logging.Logger) -> None:
    """Let no handler of the host's that raises get into the way of who logs with *logger*, or with one below it.

    A window with the log, say, that was closed. Who listens at the root hears all of it as before.
    """
    if logger.propagate:
        if not any(isinstance(handler, _Shield) for handler in logger.handlers):
            logger.addHandler(_Shield(logger))
        logger.propagate = False


class _Shield(logging.Handler):
    """Hands on to the handlers of the root, as a logger that propagates does, whatever one of them raises."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__()
        self._logger = logger

    def handle(self, record: logging.LogRecord) -> bool:
        for handler in logging.getLogger().handlers or self._last_resort(record):
            # Whoever wants to hear all loggers that do not propagate has come to this one, too.
            if record.levelno >= handler.level and handler not in self._logger.handlers:
                with contextlib.suppress(Exception):
                    handler.handle(record)
        return True

    def _last_resort(self, record: logging.LogRecord) -> list[logging.Handler]:
        """Return what writes to stderr, where nobody else listens."""
        logger: Optional[logging.Logger] = logging.getLogger(record.name)
        while logger is not None:
            if any(handler is not self for handler in logger.handlers):
                return []
            logger = logger.parent
        return [logging.lastResort] if logging.lastResort is not None else []
