"""What the buttons of the tab do: each on a thread of its own, since the outbox may be busy and accsyn far away."""

from __future__ import annotations

import logging
import threading
from typing import Callable, Optional, Protocol

from ftrack_accsyn_accessor.connect.qt import QtCore

logger = logging.getLogger(__name__)


class Actions(Protocol):
    """What can be done; every method may take its time, and raise whatever goes wrong."""

    def pause(self) -> str:
        """Let nothing more be sent; return what to tell the user, as all of these do."""

    def resume(self) -> str:
        """Go on sending."""

    def retry(self, item_ids: Optional[list[int]]) -> str:
        """Try items again at once; None means all that wait for a time or for help."""

    def retry_request(self, request_id: int) -> str:
        """Try the items of a request again at once."""

    def first(self, item_ids: list[int]) -> str:
        """Let accsyn carry items before what else waits."""

    def first_request(self, request_id: int) -> str:
        """Let accsyn carry the items of a request before what else waits."""

    def cancel(self, request_id: int) -> str:
        """Take back what has not begun of a request."""

    def why(self, component_id: str) -> str:
        """Return why a component is where it is."""

    def doctor(self) -> str:
        """Check all settings and connections; return what was found."""


class Errands(QtCore.QObject):
    """Runs actions aside. For the GUI thread; `finished` arrives there as well.

    It carries the errand's name, the text it came back with, and whether that is an answer rather than a failure.
    """

    finished = QtCore.Signal(str, str, bool)

    def __init__(self) -> None:
        # Without a parent: a thread may come back after the tab, and all of Qt's objects in it, are gone.
        super().__init__()
        self._running: set[str] = set()
        self._closed = False
        self.finished.connect(self._forget)

    def run(self, name: str, action: Callable[[], str]) -> bool:
        """Begin *action* unless one of that *name* is on its way; return whether it was begun."""
        if self._closed or name in self._running:
            return False
        self._running.add(name)
        threading.Thread(target=self._carry_out, args=(name, action), name=f"accsyn-{name}", daemon=True).start()
        return True

    def close(self) -> None:
        """Let nothing that is still on its way come back."""
        self._closed = True

    def _forget(self, name: str) -> None:
        self._running.discard(name)

    def _carry_out(self, name: str, action: Callable[[], str]) -> None:
        try:
            text, well = action(), True
        except Exception as error:
            logger.warning("Could not %s: %s", name, error, exc_info=True)
            text, well = str(error) or repr(error), False
        if not self._closed:
            self.finished.emit(name, text, well)
