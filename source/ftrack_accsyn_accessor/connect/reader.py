"""Reads the outbox for the tab, on a thread of its own. Knows nothing of Qt."""

from __future__ import annotations

import atexit
import dataclasses
import logging
import threading
import time
from collections.abc import Mapping
from typing import Callable, Optional, Protocol

from ftrack_accsyn_accessor.connect.heading import Empty, Head
from ftrack_accsyn_accessor.connect.shapes import Filter, Line
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError

logger = logging.getLogger(__name__)

#: Rows read in one go.
PAGE = 64
#: How often it is looked whether something has changed, with the tab in sight and out of it. One look costs next to
#: nothing.
ACTIVE_S = 0.5
IDLE_S = 2.0
#: What the outbox does not know of, such as the free space, is looked up anew after this long in sight.
RENEW_S = 30.0


@dataclasses.dataclass(frozen=True)
class View:
    """What the tab wants to show: which lines, and which pages of them. Answers carry the number of their view.

    `unfolded` are the ids of the requests whose items are shown.
    """

    number: int
    filter: Filter = Filter.ALL
    search: str = ""
    pages: tuple[int, ...] = (0,)
    unfolded: frozenset[int] = frozenset()


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """What was read for a view at one moment. `changed` tells whether anything else may differ from before.

    Where nothing could be read, *empty* says why.
    """

    view: View
    head: Optional[Head] = None
    total: int = 0
    pages: Mapping[int, tuple[Line, ...]] = dataclasses.field(default_factory=dict)
    changed: bool = True
    empty: Optional[Empty] = None


class NotHere(Exception):
    """There is nothing to read on this machine; carries what to say instead."""

    def __init__(self, empty: Empty) -> None:
        super().__init__(empty.text)
        self.empty = empty


class Source(Protocol):
    """Where it is read from; called by one thread only.

    All methods may raise `NotHere` or an `errors.AccsynAccessorError`.
    """

    def changes(self) -> object:
        """Return something that is not equal to what it was before something changed."""

    def head(self) -> Head:
        """Return the sums and the surroundings."""

    def count(self, view: View) -> int:
        """Return how many lines *view* has."""

    def page(self, view: View, number: int) -> tuple[Line, ...]:
        """Return one page of them."""

    def attend(self) -> None:
        """Take note that somebody looks."""

    def close(self) -> None:
        """Let go of what is open."""


class Reader:
    """Delivers a snapshot at every new view and after every change, until it is stopped.

    *deliver* is called on the reader's thread; it must only hand the snapshot over.
    """

    def __init__(self, source: Source, deliver: Callable[[Snapshot], None]) -> None:
        self._source = source
        self._deliver = deliver
        self._condition = threading.Condition()
        self._view = View(0)
        self._again = True
        self._active = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="accsyn-tab", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        # An interpreter that ends must not find the thread in the middle of handing over.
        atexit.register(self.stop)
        self._thread.start()

    def look(self, view: View) -> None:
        """Show *view* from now on. Any thread."""
        with self._condition:
            self._view = view
            self._again = True
            self._condition.notify()

    def set_active(self, active: bool) -> None:
        """Say whether anybody looks. Any thread."""
        with self._condition:
            self._again = self._again or (active and not self._active)
            self._active = active
            self._condition.notify()

    def renew(self) -> None:
        """Read everything anew. Any thread."""
        with self._condition:
            self._again = True
            self._condition.notify()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Deliver nothing more; return whether the thread has ended within *timeout_s* seconds. Any thread."""
        with self._condition:
            self._stopped = True
            self._condition.notify()
        atexit.unregister(self.stop)
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # The reader's thread.

    def _run(self) -> None:
        seen: object = None
        read_at = 0.0
        try:
            while True:
                with self._condition:
                    if not self._again and not self._stopped:
                        self._condition.wait(ACTIVE_S if self._active else IDLE_S)
                    if self._stopped:
                        return
                    view, wanted, active = self._view, self._again, self._active
                    self._again = False
                wanted = wanted or (active and time.monotonic() - read_at > RENEW_S)
                changes = self._changes()
                if active:
                    self._source.attend()
                if wanted or changes != seen:
                    self._hand_over(self._read(view, changed=changes != seen))
                    seen, read_at = changes, time.monotonic()
        finally:
            self._source.close()

    def _changes(self) -> object:
        """Return what the source says of changes, or None, which is no change, while it cannot be asked."""
        try:
            return self._source.changes()
        except (NotHere, AccsynAccessorError):
            return None

    def _read(self, view: View, changed: bool) -> Snapshot:
        try:
            head = self._source.head()
            total = self._source.count(view)
            last = max(0, total - 1) // PAGE
            pages = {number: self._source.page(view, number) for number in view.pages if number <= last}
            return Snapshot(view, head, total, pages, changed)
        except NotHere as error:
            return Snapshot(view, empty=error.empty)
        except AccsynAccessorError as error:
            return Snapshot(view, empty=Empty("The outbox cannot be read", str(error)))
        except Exception as error:
            logger.exception("The tab could not read the outbox.")
            return Snapshot(view, empty=Empty("The outbox cannot be read", f"{error!r}. The log has more."))

    def _hand_over(self, snapshot: Snapshot) -> None:
        with self._condition:
            if self._stopped:
                return
        self._deliver(snapshot)
