"""Two machines are asked for the same at the same moment: two workers and two outboxes, one studio."""

from __future__ import annotations

import contextlib
import functools
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Callable

import pytest

from asking import Asking
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_sandbox.studio import Studio

CREATE = "transfer/create"
#: Before these steps, on the outbox, a process ends after its job was created: before it is kept which job is
#: everybody's, before the tasks are added to that, and before it is kept that they are.
STEPS = ("job_found", "attempt", "submitted")


class Killed(BaseException):
    """The process ends here."""


class Other(Asking):
    """A machine with a staging area, and so with an outbox, of its own."""

    def staging(self) -> Path:
        return self.studio.staging.parent / "other staging"


@pytest.fixture
def machines(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Asking, Asking]]:
    for name in ("FTRACK_API_SCHEMA_CACHE_PATH", "NO_PROXY", "NETRC"):
        monkeypatch.setenv(name, studio.environment()[name])
    other = str(studio.staging.parent / "other staging")
    found = Asking(studio), Other(studio, ACCSYN_PROJECTS_PATH=other)
    yield found
    studio.accsyn.switches.clear()
    for each in found:
        each.close()


def at_once(*steps: Callable[[], object]) -> None:
    """Let all of *steps* happen at the same time."""
    threads = [threading.Thread(target=step) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
    assert not any(thread.is_alive() for thread in threads)


def step(machine: Asking, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a machine step; before the step *end*, if that is one, its process ends, and another one begins."""
    outbox, calls = machine._own, Counter[str]()

    def killing(name: str, real: Callable[..., object], number: int) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            calls[name] += 1
            if calls[name] == number:
                raise Killed(name)
            return real(*arguments)

        return call

    if end:
        monkeypatch.setattr(outbox, end, killing(end, getattr(outbox, end), 1 + (end == "attempt")))
    with contextlib.suppress(Killed):
        machine.step()
        assert not end
    if end:
        machine.restart()


def finish(machines: Sequence[Asking], requests: Sequence[int]) -> None:
    """Let both machines work until all has arrived."""
    for machine, request in zip(machines, requests):
        machine.drain_all(request)
        assert set(machine.states(request)) == {State.SYNCED}, [item.cause for item in machine.of(request)]


def assert_each_path_once(machine: Asking, wanted: Sequence[Wanted]) -> None:
    """Each path has run, or is to run, as one task, and has arrived whole; nothing runs beside everybody's job."""
    jobs = machine.studio.accsyn.workspace.jobs()
    carried = [
        (job.id, task.source.partition("/")[2]) for job in jobs for task in job.tasks if task.status != "excluded"
    ]
    assert Counter(path for _, path in carried) == Counter(
        {file.path: 1 for each in wanted for file in each.publication.files}
    )
    assert len({job for job, _ in carried}) == 1
    assert all(machine.arrived(machine.london, each, machine.hq) for each in wanted)


def asked_of_both(machines: tuple[Asking, Asking], first: Sequence[Wanted], second: Sequence[Wanted]) -> list[int]:
    one, other = machines
    return [one.ask(one.hq, one.london, *first), other.ask(other.hq, other.london, *second)]


@pytest.mark.parametrize(("until", "since"), [(3, 0), (2, 1), (1, 1)], ids=["the same", "some", "others"])
def test_machines_that_create_the_same_job_at_once_use_one(
    machines: tuple[Asking, Asking], until: int, since: int
) -> None:
    one, other = machines
    plates = [one.file_at(one.hq, f"plate{number}") for number in range(3)]
    requests = asked_of_both(machines, plates[:until], plates[since:])
    one.studio.accsyn.switches.gather(CREATE)

    at_once(one.step, other.step)

    assert len(one.studio.accsyn.workspace.jobs()) == 2  # both have created one
    finish(machines, requests)
    assert_each_path_once(one, plates)


def test_a_job_that_another_machine_has_created_is_found(machines: tuple[Asking, Asking]) -> None:
    one = machines[0]
    plate, matte = (one.file_at(one.hq, name) for name in ("plate", "matte"))
    requests = asked_of_both(machines, [plate], [plate, matte])

    one.drain_all(requests[0])
    finish(machines, requests)

    assert len(one.studio.accsyn.workspace.jobs()) == 1
    assert_each_path_once(one, [plate, matte])


def test_only_a_creation_costs_another_look(machines: tuple[Asking, Asking]) -> None:
    one = machines[0]

    def looks() -> int:
        """Return how often jobs were looked for by name; each time twice, among the live and among the finished."""
        log = one.studio.accsyn.log.all()
        return sum(row.operation == "transfer/find" and "code=" in str(row.body) for row in log) // 2

    for name in ("plate", "matte"):
        one.drain_all(one.ask(one.hq, one.london, one.file_at(one.hq, name)))
        assert looks() == 4  # before it is created, and after; twice each, as it may just be turning from done to live
    one.publish_file("beauty")
    one.finish()
    assert looks() == 5  # what is published on this machine is looked for before its job is created, as ever


@pytest.mark.parametrize("seed", range(8))
def test_whatever_both_are_asked_for_and_wherever_they_end_each_path_goes_once(
    machines: tuple[Asking, Asking], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, one = random.Random(seed), machines[0]
    wanted = [one.file_at(one.hq, f"file{number}", 40) for number in range(4)]
    wanted.append(one.container_at(one.hq, "pack", ["a", "b"]))
    picked = [chosen.sample(wanted, chosen.randint(1, len(wanted))) for _ in machines]
    requests = asked_of_both(machines, *picked)
    one.studio.accsyn.switches.gather(CREATE)
    ends = [chosen.choice(("", *STEPS)) for _ in machines]

    at_once(*(functools.partial(step, machine, end, monkeypatch) for machine, end in zip(machines, ends)))

    finish(machines, requests)
    assert_each_path_once(one, [each for each in wanted if any(each in some for some in picked)])
