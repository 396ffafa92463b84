"""The plugin's parts on a clock that the test sets, with the worker's steps taken one by one and no thread."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import Any, Callable, Optional

import ftrack_api
import pytest

from fault import support_jobs, support_studio
from ftrack_accsyn_accessor import plugin
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import lock_path, outbox_path
from ftrack_accsyn_accessor.outbox.locks import OwnerLock, ProcessLock
from ftrack_accsyn_accessor.staging import location
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.carrier import Carrier
from ftrack_accsyn_accessor.worker.lookup import COMPLETE
from ftrack_accsyn_accessor.worker.worker import Worker
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
        path = outbox_path(None, self.area.root)
        self.outbox = Outbox(path, lambda: clock.now)
        self.outbox.open()
        self.outbox.keep_fact(COMPLETE, "1")
        self.owner = OwnerLock(path.parent / "owners")
        self.session = ftrack_api.Session()
        self.location = location.configure(self.session, NAME, self)
        credentials = FtrackCredentials(self.session.server_url, self.session.api_user, self.session.api_key)
        # The worker has a connection of its own, as on its own thread: what others write is seen, its own is known.
        self._workers = Outbox(path, lambda: clock.now)
        self.carrier = Carrier(
            self._workers,
            self.area,
            path.parent / "owners",
            plugin.read_settings,
            lambda: Registrations(credentials),
            lambda: credentials.server_url,
            lambda: clock.now,
            lambda: clock.monotonic,
        )
        lock = ProcessLock(lock_path(path))
        self.worker = Worker(self._workers, self.area, lock, self.carrier, lambda: clock.now, lambda: clock.monotonic)
        self._folder = folder

    @property
    def volume(self) -> str:
        return plugin.read_settings().volume

    @property
    def priority(self) -> Optional[int]:
        return plugin.read_settings().priority

    def studio_workspace(self) -> str:
        return plugin.read_settings().workspace or ""

    def wake(self) -> None:
        """The test takes the steps itself."""

    def publish(self, kind: str, name: str) -> Any:
        """Publish one component, see `support_jobs.publish_item`."""
        return support_jobs.publish_item(self.session, self._folder, kind, name)

    def step(self) -> float:
        """Let the worker do what it does now, as if a burst were over; return the seconds until it looks again."""
        return self.worker.run_once(settled=True)

    def step_until(self, condition: Callable[[], bool], within_s: float) -> float:
        """Let the worker work while the clock runs; return the seconds until *condition* was met."""
        passed = 0.0
        while not condition():
            assert passed < within_s, f"Not within {within_s:g} s; last: {list(self.outbox.items())}"
            self.step()
            self.clock.advance(1.0)
            passed += 1.0
        return passed

    def close(self) -> None:
        """Give everything back."""
        self.carrier.close()
        self.worker._sign.close()  # what its thread does at its end
        self.owner.release()
        self.session.close()
        self._workers.close()
        self.outbox.close()
