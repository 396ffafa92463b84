"""Requests among random faults, by seed: what is wanted gets there, once, and nothing is green that is not there."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from asking import Asking
from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_sandbox.accsyn.inspection import JobRow
from ftrack_accsyn_sandbox.studio import Studio

TRIALS = 4
SLOW_TRIALS = 80
STEPS = 14

trials = [
    *(pytest.param(seed) for seed in range(TRIALS)),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(TRIALS, TRIALS + SLOW_TRIALS)),
]


@pytest.fixture
def desk(studio: Studio) -> Iterator[Asking]:
    working = Asking(studio)
    yield working
    working.close()


class Trial:
    """What was asked for, and what may happen meanwhile. Every request has things of its own."""

    def __init__(self, desk: Asking, chance: random.Random) -> None:
        self.desk = desk
        self.chance = chance
        self.asked: dict[int, list[Wanted]] = {}
        self.cancelled: set[int] = set()

    def ask(self) -> None:
        desk, number = self.desk, len(self.asked)
        source, destination = self.chance.choice([(desk.hq, desk.london), (desk.london, desk.hq), (desk.hq, desk.here)])
        wanted = [desk.file_at(source, f"plate{number}", self.chance.choice([0, 1, 700]))]
        if self.chance.random() < 0.5:
            wanted.append(desk.sequence_at(source, f"frames{number}", self.chance.sample(range(1, 9), 3)))
        if self.chance.random() < 0.3:
            wanted.append(desk.container_at(source, f"pack{number}", ["a", "b"]))
        reason = Reason.GET if destination == desk.here else Reason.SEND
        self.asked[desk.ask(source, destination, *wanted, reason=reason)] = wanted

    def cancel(self) -> None:
        if self.asked:
            request = self.chance.choice(list(self.asked))
            self.desk.outbox.requests.cancel(request)
            self.cancelled.add(request)

    def lose_an_answer(self) -> None:
        operation = self.chance.choice(["transfer/create", "task/create", "task/edit", "task/find", "transfer/find"])
        self.desk.studio.accsyn.switches.drop_after(operation)

    def fail_a_file(self) -> None:
        self.desk.studio.accsyn.engine.fail_path(f"*/*{self.chance.randrange(4)}*", times=1)

    def jobs(self) -> list[JobRow]:
        """The jobs that were not archived."""
        return [job for job in self.desk.studio.accsyn.workspace.jobs() if not job.archived]

    def abort(self) -> None:
        jobs = [job for job in self.jobs() if job.status not in ("done", "aborted")]
        if jobs:
            self.desk.studio.accsyn.workspace.set_job_status(self.chance.choice(jobs).id, "aborted")

    def archive(self) -> None:
        jobs = self.jobs()
        if jobs:
            self.desk.studio.accsyn.workspace.archive_job(self.chance.choice(jobs).id)

    def stand_still(self) -> None:
        self.desk.studio.accsyn.engine.paused = not self.desk.studio.accsyn.engine.paused

    def restart(self) -> None:
        self.desk.restart()

    def go_on(self) -> None:
        self.desk.run_for(self.chance.choice([1.0, 20.0]))

    def happens(self) -> None:
        things = (self.ask, self.ask, self.cancel, self.lose_an_answer, self.fail_a_file, self.abort)
        self.chance.choice((*things, self.archive, self.stand_still, self.restart, self.go_on, self.go_on))()

    def end(self) -> None:
        """Put everything right, and let all get to its end."""
        desk = self.desk
        desk.studio.accsyn.engine.paused = False
        desk.studio.accsyn.engine.clear_failures()
        desk.studio.accsyn.switches.clear()
        for _ in range(40):
            desk.outbox.control.retry()
            desk.studio.accsyn.engine.wait_idle(20.0)
            desk.run_for(20.0)
            if all(item.state in (State.SYNCED, State.WITHDRAWN) for item in desk.outbox.items()):
                desk.run_for(20.0)
                return
        raise AssertionError([(item.state, item.cause) for item in desk.outbox.items()])


@pytest.mark.parametrize("seed", trials)
def test_requests_among_faults_get_there_once_or_are_withdrawn(desk: Asking, seed: int) -> None:
    trial = Trial(desk, random.Random(seed))
    trial.ask()
    for _ in range(STEPS):
        trial.happens()
    trial.end()

    for request, wanted in trial.asked.items():
        items = desk.of(request)
        assert len(items) == len(wanted)
        for item, each in zip(items, wanted):
            if item.state is State.WITHDRAWN:
                assert request in trial.cancelled
            else:
                assert desk.arrived(item.destination, each, item.source)
                assert each.publication.component_id in desk.registered(item.destination)
    assert desk.outbox.requests.open() == []
    assert max(Counter(job.name for job in trial.jobs()).values(), default=1) == 1
    for job in trial.jobs():
        assert max(Counter(task.source for task in job.tasks).values(), default=1) == 1
