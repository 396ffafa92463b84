"""Where the tab reads from: the outbox of this machine's staging area."""

from __future__ import annotations

import contextlib
import os
import time
from typing import Callable, Optional

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.connect import heading
from ftrack_accsyn_accessor.connect.folding import Listing
from ftrack_accsyn_accessor.connect.heading import Head
from ftrack_accsyn_accessor.connect.reader import PAGE, NotHere, View
from ftrack_accsyn_accessor.connect.shapes import Line
from ftrack_accsyn_accessor.insight import remarks, rows, status
from ftrack_accsyn_accessor.insight.absence import absence
from ftrack_accsyn_accessor.insight.installation import find_installation
from ftrack_accsyn_accessor.insight.remarks import ANYBODY, Topic
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import OutboxError, StagingGone
from ftrack_accsyn_accessor.model.item import State, Studio
from ftrack_accsyn_accessor.model.reasons import reason_first
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox, attention
from ftrack_accsyn_accessor.worker.runtime import Runtime, open_outside, open_runtime


class OutboxSource:
    """Reads the outbox of this machine's staging area, for the person of *credentials*. For the reader's thread.

    The staging area is the one that the location hook has opened in this process, and is opened here otherwise.
    """

    def __init__(self, credentials: FtrackCredentials, clock: Callable[[], float] = time.time) -> None:
        self._credentials = credentials
        self._clock = clock
        self._paused = False
        self._studio = ANYBODY
        self._runtime: Optional[Runtime] = None
        self._listing: Optional[Listing] = None

    @property
    def runtime(self) -> Optional[Runtime]:
        """What serves the outbox, once it has been read."""
        return self._runtime

    def changes(self) -> object:
        """Return something that is not equal to what it was before something changed."""
        outbox = self._open(environment.read_settings).outbox
        if not os.path.isfile(outbox.path):
            raise self._not_there(environment.read_settings())
        return status.changes(outbox)

    def attend(self) -> None:
        """Take note that somebody looks: what is on its way is followed more closely then."""
        if self._runtime is not None:
            attention.give(self._runtime.outbox.path)

    def head(self) -> Head:
        """Return the sums and the surroundings."""
        current = environment.read_settings()
        runtime = self._open(lambda: current)
        outbox = runtime.outbox
        self._studio = Studio(self._credentials.server_url, current.workspace or "")
        if not os.path.isfile(outbox.path):  # what is open of it may go on to be read, as it was
            raise self._not_there(current)
        try:
            summary = status.summary(outbox, self._studio, runtime.worker.is_alive)
            causes = self._causes(outbox) if summary.pending else ()
        except OutboxError as error:
            if not os.path.isfile(outbox.path):
                raise self._not_there(current) from error
            raise NotHere(heading.unreadable(error, remarks.of_unqueued(outbox.path))) from error
        self._paused = summary.paused is not None
        return heading.head(summary, current, self._clock(), causes)

    def _causes(self, outbox: Outbox) -> tuple[str, ...]:
        """Return why what is not in accsyn yet waits, as far as that is not for another studio, each cause once."""
        waiting = rows.rows(outbox, (State.PENDING,), limit=PAGE, studio=self._studio)
        own = (row for row in waiting if row.cause_kind != Topic.OTHER_STUDIO.value)
        return tuple(dict.fromkeys(reason_first(row.cause) for row in own if row.cause))

    def count(self, view: View) -> int:
        """Return how many lines *view* has, as of this moment: the pages that are asked for next are of it."""
        outbox = self._open(environment.read_settings).outbox
        self._listing = Listing(outbox, self._studio, view.filter, view.search, view.unfolded, self._paused)
        return len(self._listing)

    def page(self, view: View, number: int) -> tuple[Line, ...]:
        """Return one page of them."""
        if self._listing is None:
            self.count(view)
        return self._listing.lines(number * PAGE, PAGE) if self._listing is not None else ()

    def close(self) -> None:
        """Let go of the thread's connection."""
        if self._runtime is not None:
            self._runtime.outbox.close()

    def _open(self, read: Callable[[], Settings]) -> Runtime:
        if self._runtime is None:
            current = read()
            missing = heading.no_staging(current)
            if missing is not None and not self._asked_for(current):
                raise NotHere(missing)
            opened = open_runtime if current.staging_path is not None else open_outside
            self._runtime = opened(current, self._credentials, environment.read_settings)
        if not self._runtime.prepared:
            try:
                self._runtime.area.require()
            except StagingGone as error:
                raise self._not_there(read()) from error
        return self._runtime

    def _asked_for(self, current: Settings) -> bool:
        """Whether something was asked for on this machine, which needs no staging area."""
        with contextlib.suppress(OutboxError):
            found = find_installation(current, self._credentials.api_user)
            return found.outside and found.has_outbox and not current.disabled
        return False

    def _not_there(self, current: Settings) -> NotHere:
        return NotHere(heading.not_there(absence(find_installation(current, self._credentials.api_user))))
