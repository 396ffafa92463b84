"""Several processes on one desk, step by step on its clock: each with settings, a lock and a worker of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from fault.faults.desk import LOCATION_NAME, Desk
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.worker.carrier import Carrier
from ftrack_accsyn_accessor.worker.worker import Worker

TICK_S = 0.5


class Process:
    """One more process with the plugin, in an environment that differs from the desk's."""

    def __init__(self, desk: Desk, **environment: str) -> None:
        self.environment = {**desk.environment, **environment}
        self.ftrack_key = desk.studio.artist.ftrack_key
        self.due_at = desk.clock()
        self._desk = desk
        folder = Path(desk.area.state_dir)
        self._outbox = Outbox(folder / f"{LOCATION_NAME}.sqlite3", desk.clock)
        self._carrier = Carrier(
            self._outbox,
            desk.area,
            folder / "owners",
            lambda: settings.read(self.environment),
            lambda: desk.registrations(self.ftrack_key),
            server_url=lambda: desk.studio.ftrack.url,
            clock=desk.clock,
            monotonic=desk.clock,
        )
        self._lock = ProcessLock(folder / f"{LOCATION_NAME}.lock")
        self.worker = Worker(self._outbox, desk.area, self._lock, self._carrier, desk.clock, desk.clock)

    @property
    def leads(self) -> bool:
        """Whether it holds the outbox's lock."""
        return self._lock.held

    def step(self) -> None:
        """Let the worker do what is due."""
        self.due_at = self._desk.clock() + max(self.worker.run_once(settled=True), TICK_S)

    def close(self) -> None:
        """End it."""
        self._lock.release()
        self.worker._sign.close()
        self._carrier.close()
        self._outbox.close()


def run(desk: Desk, *processes: Process, seconds: float, until: Callable[[], bool] = lambda: False) -> float:
    """Let *processes* work side by side for so long, or until a condition holds; return the seconds that passed."""
    begun = desk.clock()
    while desk.clock() - begun < seconds and not until():
        for process in processes:
            if process.due_at <= desk.clock():
                process.step()
        desk.clock.advance(TICK_S)
    return desk.clock() - begun
