"""A worker whose way to accsyn is a record of what it was asked for, and a bench for the parts that it is made of."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Callable, Optional

import pytest

from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model.credentials import Credentials
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, Unreachable
from ftrack_accsyn_accessor.model.item import Item, Studio
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.worker import Worker
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn import AccsynService, demo
from unit.ftrack.conftest import Ftrack, ftrack, service
from unit.outbox.conftest import Clock, Desk
from unit.worker.bench import Bench

__all__ = ["ftrack", "service"]  # fixtures of the room below

AWAY = Unreachable("reach accsyn", "acme", "connection refused", "Wait.")


def fail(error: Exception) -> None:
    raise error


class Way:
    """The worker's `Source`: a seam that is meant to be filled, so no service is replaced here."""

    studio = Studio("https://acme.test", "acme")
    refused: Optional[AccsynAccessorError] = None

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.calls = 0
        self.paused = False
        self.settings_changed = False
        self.settles = False
        self.tidies = False
        self.closed = 0
        self.on_submit: Callable[[list[Item]], None] = lambda items: None
        self.on_track: Callable[[], Optional[float]] = lambda: None

    def changed(self) -> bool:
        changed, self.settings_changed = self.settings_changed, False
        return changed

    def may_settle(self) -> bool:
        return self.settles

    def settle(self) -> None:
        self.asked.append("settle")

    def steer(self) -> bool:
        return self.paused

    def submit(self, items: list[Item]) -> None:
        self.asked.append("submit " + " ".join(item.publication.component_id for item in items))
        self.on_submit(items)

    def track(self) -> Optional[float]:
        self.asked.append("track")
        return self.on_track()

    def may_tidy(self) -> bool:
        return self.tidies

    def tidy(self) -> None:
        self.asked.append("tidy")

    def close(self) -> None:
        self.closed += 1

    def told(self) -> list[str]:
        """Return what was asked since the last time."""
        found, self.asked = self.asked, []
        return found


@dataclasses.dataclass
class Post:
    desk: Desk
    way: Way
    worker: Worker
    lock: ProcessLock
    monotonic: Clock
    entered: threading.Event = dataclasses.field(default_factory=threading.Event)
    go: threading.Event = dataclasses.field(default_factory=threading.Event)

    def send(self, items: list[Item]) -> None:
        """Put *items* into a job, as a submission does."""
        self.desk.outbox.submitted(items, self.desk.outbox.job_found(self.desk.job(), "in accsyn"))

    def send_when_told(self, items: list[Item]) -> None:
        self.entered.set()
        assert self.go.wait(30.0)
        self.send(items)

    def once(self) -> float:
        return self.worker.run_once(settled=True)

    def live(self, component_id: str = "live") -> None:
        """Bring an item on its way."""
        self.send(self.desk.pending(component_id))

    def pass_by(self, seconds: float) -> None:
        self.monotonic.now += seconds
        self.desk.clock.now += seconds


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    (tmp_path / "staging").mkdir()
    area = StagingArea(str(tmp_path / "staging"))
    area.prepare()
    desk, way, monotonic = Desk(Path(area.state_dir) / "outbox.sqlite3"), Way(), Clock()
    desk.outbox.open()
    lock = ProcessLock(Path(area.state_dir) / "worker.lock")
    own = Outbox(desk.path, desk.clock)  # what is written on the test's connection is news to it
    worker = Worker(own, area, lock, way, desk.clock, monotonic)
    yield Post(desk, way, worker, lock, monotonic)
    worker.stop(0.0)
    lock.release()
    own.close()
    desk.outbox.close()


@pytest.fixture
def bench(ftrack: Ftrack, tmp_path: Path) -> Iterator[Bench]:
    (tmp_path / "staging").mkdir(exist_ok=True)
    area = StagingArea(str(tmp_path / "staging"))
    area.prepare()
    registrations = Registrations(ftrack.connection.credentials)
    registrations.connection = ftrack.connection
    desk = Desk(tmp_path / "outbox.sqlite3")
    yield Bench(ftrack, desk, area, registrations, Clock())
    desk.outbox.close()


@pytest.fixture
def office(tmp_path: Path) -> demo.Demo:
    """Return the demo's workspace, in which the artist's client reads the staging area of `bench`."""
    folders = [tmp_path / name for name in ("staging", "hq", "london")]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    return demo.build(*folders)


@pytest.fixture
def accsyn(office: demo.Demo) -> Iterator[AccsynService]:
    with AccsynService(workspace=office.workspace, engine_paused=True) as running:
        yield running


@pytest.fixture
def workspace(accsyn: AccsynService) -> Iterator[Workspace]:
    key = accsyn.workspace.user("artist@acme.test").api_key
    opened = Workspace(Credentials("acme", "artist@acme.test", key), proxy=f"127.0.0.1:{accsyn.port}")
    yield opened
    opened.close()
