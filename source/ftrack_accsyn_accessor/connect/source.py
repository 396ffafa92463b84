"""Where the tab reads from: the outbox that serves this machine's staging location."""

from __future__ import annotations

import time
from typing import Callable, Optional

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.connect import shapes
from ftrack_accsyn_accessor.connect.reader import PAGE, NotHere, View
from ftrack_accsyn_accessor.connect.shapes import Head, Line
from ftrack_accsyn_accessor.ftrack.registrations import FtrackCredentials
from ftrack_accsyn_accessor.insight import status
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.worker.runtime import Runtime, open_runtime


class OutboxSource:
    """Reads the outbox of the location that *credentials* stand for. For the reader's thread.

    The staging area is the one that the location hook has opened in this process, and is opened here otherwise.
    """

    def __init__(self, credentials: FtrackCredentials, clock: Callable[[], float] = time.time) -> None:
        self._credentials = credentials
        self._clock = clock
        self._paused = False
        self._runtime: Optional[Runtime] = None

    @property
    def runtime(self) -> Optional[Runtime]:
        """What serves the outbox, once it has been read."""
        return self._runtime

    def changes(self) -> int:
        """Return a number that is another one after something was written."""
        return self._open(environment.read_settings).outbox.changes()

    def head(self) -> Head:
        """Return the sums and the surroundings."""
        current = environment.read_settings()
        summary = status.summary(self._open(lambda: current).outbox)
        self._paused = summary.paused is not None
        return shapes.head(summary, current, self._clock())

    def count(self, view: View) -> int:
        """Return how many entries *view* has."""
        return status.count(self._open(environment.read_settings).outbox, view.filter.states, view.search)

    def page(self, view: View, number: int) -> tuple[Line, ...]:
        """Return one page of them."""
        outbox = self._open(environment.read_settings).outbox
        rows = status.rows(outbox, view.filter.states, view.search, PAGE, number * PAGE)
        return tuple(shapes.line(row, self._paused) for row in rows)

    def close(self) -> None:
        """Let go of the thread's connection."""
        if self._runtime is not None:
            self._runtime.outbox.close()

    def _open(self, read: Callable[[], Settings]) -> Runtime:
        if self._runtime is None:
            current = read()
            missing = shapes.no_staging(current)
            if missing is not None:
                raise NotHere(missing)
            name = environment.location_name(current, self._credentials.api_user)
            self._runtime = open_runtime(current, name, self._credentials, environment.read_settings)
        return self._runtime
