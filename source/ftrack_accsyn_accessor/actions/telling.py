"""Says what is wrong once for as long as it is so, however often it is tried again."""

from __future__ import annotations

import logging


class Telling:
    """What was said last of each thing. For one thread."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._said: dict[str, str] = {}

    def wrong(self, about: str, text: str) -> None:
        """Log *text* unless it is what was said last of *about*."""
        if self._said.get(about) != text:
            self._said[about] = text
            self._logger.warning("%s", text)

    def well(self, about: str) -> None:
        """Nothing is wrong with *about* any more: what comes next is said again."""
        self._said.pop(about, None)
