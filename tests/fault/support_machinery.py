"""The plugin's parts on a clock that the test sets, with the uploader's steps taken one by one and no thread."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import Any, Callable

import ftrack_api
import pytest

from fault import support_jobs, support_studio
from ftrack_accsyn_accessor import plugin
from ftrack_accsyn_accessor.ftrack.registrations import FtrackCredentials, Registrations
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.locks import OwnerLock, ProcessLock
from ftrack_accsyn_accessor.staging import location
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.delivery import Delivery
from ftrack_accsyn_accessor.worker.submission import COMPLETE
from ftrack_accsyn_accessor.worker.uploader import Uploader
from ftrack_accsyn_sandbox.studio import Studio

NAME = "artist.bench"


@dataclasses.dataclass
class Clock:
    """Time that passes when it is told to: `now` as of `time.time`, `monotonic` never goes back."""

    now: float
    monotonic: float = 1000.0

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.monotonic += seconds

    def set(self, text: str) -> None:
        """Set the wall clock to a local time, as a user or a time server does."""
        self.now = datetime.fromisoformat(text).timestamp()


class Machinery:
    """One process's runtime in a studio; `step` is what its thread would do."""

    def __init__(self, studio: Studio, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in support_studio.environment(studio).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("FTRACK_EVENT_PLUGIN_PATH")
        self.clock = clock
        self.area = StagingArea(str(studio.staging))
        self.area.prepare()
        path = Path(self.area.state_dir) / f"{NAME}.sqlite3"
        self.outbox = Outbox(path, lambda: clock.now)
        self.outbox.open()
        self.outbox.keep_fact(COMPLETE, "1")
        self.owner = OwnerLock(path.parent / "owners")
        self.session = ftrack_api.Session()
        self.location = location.configure(self.session, NAME, self)
        credentials = FtrackCredentials(self.session.server_url, self.session.api_user, self.session.api_key)
        # The uploader has a connection of its own, as on its own thread: what others write is seen, its own is known.
        self._uploaders = Outbox(path, lambda: clock.now)
        self.delivery = Delivery(
            self._uploaders,
            self.area,
            path.parent / "owners",
            plugin.read_settings,
            lambda: Registrations(credentials),
            lambda: credentials.server_url,
            lambda: clock.now,
            lambda: clock.monotonic,
        )
        lock = ProcessLock(path.with_suffix(".lock"))
        self.uploader = Uploader(
            self._uploaders, self.area, lock, self.delivery, lambda: clock.now, lambda: clock.monotonic
        )
        self._folder = folder

    def wake(self) -> None:
        """The test takes the steps itself."""

    def publish(self, kind: str, name: str) -> Any:
        """Publish one component, see `support_jobs.publish_item`."""
        return support_jobs.publish_item(self.session, self._folder, kind, name)

    def step(self) -> float:
        """Let the uploader do what it does now, as if a burst were over; return the seconds until it looks again."""
        return self.uploader.run_once(settled=True)

    def step_until(self, condition: Callable[[], bool], within_s: float) -> float:
        """Let the uploader work while the clock runs; return the seconds until *condition* was met."""
        passed = 0.0
        while not condition():
            assert passed < within_s, f"Not within {within_s:g} s; last: {list(self.outbox.entries())}"
            self.step()
            self.clock.advance(1.0)
            passed += 1.0
        return passed

    def close(self) -> None:
        """Give everything back."""
        self.delivery.close()
        self.owner.release()
        self.session.close()
        self._uploaders.close()
        self.outbox.close()
