"""Lets a fleet of machines live through hours in seconds: whoever is due next has its turn."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Optional

from fleet.accsyn import Accsyn, Time
from fleet.machines import Ftrack, Machine, Seen, services
from ftrack_accsyn_accessor.worker.worker import IDLE_S


class Fleet:
    """*machines* machines behind one internet address. Everything that happens has its seed."""

    def __init__(self, folder: Path, machines: int, time: Time, accsyn: Accsyn, seen: Seen, ftrack: Ftrack) -> None:
        self.time, self.accsyn, self.ftrack, self.seen = time, accsyn, ftrack, seen
        self.machines: list[Machine] = []
        for number in range(machines):
            twin = self.machines[0] if self.machines else None
            self.machines.append(Machine(number, folder / f"{number:03d}", time, accsyn, ftrack, seen, twin))
        self.chance = random.Random(7)
        self._order = itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._next: dict[int, float] = {}

    def at(self, moment: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._due, (moment, next(self._order), what))

    def run(self, until: float) -> None:
        """Let everything happen that is due before *until*."""
        while self._due and self._due[0][0] < until:
            moment, _, what = heapq.heappop(self._due)
            self.time.now = moment
            what()
        self.time.now = until

    def run_on(self, until: float, condition: Callable[[], bool], every_s: float = 10.0) -> None:
        """Run until *condition* holds, or the moment *until* has come."""
        while self.time.now < until and not condition():
            self.run(min(until, self.time.now + every_s))

    def begin(self, machine: Machine) -> None:
        self._later(machine, machine.begin())

    def publish(self, machine: Machine, name: str, takes_s: float) -> None:
        machine.publish(name, takes_s)
        if machine.worker is not None:
            self._later(machine, 0.0)

    def look(self, machine: Machine) -> None:
        """Let somebody look at a machine, whose worker sees that when it looks into the outbox next."""
        machine.look()
        if machine.worker is not None and self._next[machine.number] > self.time.now + IDLE_S:
            self._later(machine, IDLE_S)

    def _later(self, machine: Machine, seconds: float) -> None:
        moment = self.time.now + seconds
        self._next[machine.number] = moment

        def step() -> None:
            if machine.worker is not None and self._next[machine.number] == moment:  # else it was woken meanwhile
                wait_s = machine.step()
                if wait_s is not None:
                    self._later(machine, wait_s)

        self.at(moment, step)

    @property
    def published(self) -> dict[str, float]:
        return {path: at for machine in self.machines for path, at in machine.published.items()}

    def live(self) -> int:
        """How many machines have something on its way just now."""
        return sum(any(path not in self.seen.at for path in machine.published) for machine in self.machines)

    def noticed(self, since: float = 0.0) -> list[float]:
        """Return for each arrival since a moment how many seconds passed until it was seen; those to come included."""
        found = []
        for _, task in self.accsyn.tasks_of():
            if since <= task.ends_at <= self.time.now and not task.excluded:
                found.append(self.seen.at.get(task.path, self.time.now) - task.ends_at)
        return sorted(found)

    def lost(self) -> list[str]:
        return [path for machine in self.machines for path in machine.lost()]

    def doubled(self) -> list[str]:
        """Return paths that have more than one task, and jobs that have the name of another."""
        paths = [task.path for _, task in self.accsyn.tasks_of() if not task.excluded]
        names = [(job.client, job.code) for job in self.accsyn.jobs.values()]
        return (
            [each for each in set(paths) if paths.count(each) > 1]
            if len(set(paths)) < len(paths)
            else [code for client, code in set(names) if names.count((client, code)) > 1]
        )


@contextlib.contextmanager
def fleet(
    folder: Path,
    machines: int,
    now: float,
    wish: Callable[[], Optional[float]] = lambda: None,
    strict: bool = False,
    seed: int = 1,
) -> Iterator[Fleet]:
    """Give a fleet that has nothing to do yet, at *now* (seconds since the epoch)."""
    time = Time(now)
    accsyn, ftrack = Accsyn(time, wish, strict), Ftrack()
    with services(time, accsyn, ftrack, seed) as seen:
        made = Fleet(folder, machines, time, accsyn, seen, ftrack)
        try:
            yield made
        finally:
            for machine in made.machines:
                machine.close()
