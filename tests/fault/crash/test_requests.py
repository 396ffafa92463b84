"""SIGKILL at each step from a confirmed request to its end, and at random lines: all is carried, nothing twice."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asking import Asking
from fault import support_asking
from fault.support_asking import STEPS
from fault.support_fixtures import Run
from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.model.item import Studio as Owner
from ftrack_accsyn_accessor.model.request import Request, Wanted
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outside_path
from ftrack_accsyn_sandbox.studio import Studio

KILLED = -getattr(signal, "SIGKILL", 9)
OUTSIDE: dict[str, Any] = {"ACCSYN_PROJECTS_PATH": None}
#: About how many lines of the plugin run from the first of them to the end of a request.
LINES = 6000
TRIALS = 3
SLOW_TRIALS = 60

trials = [
    *(pytest.param(seed) for seed in range(TRIALS)),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(TRIALS, TRIALS + SLOW_TRIALS)),
]


@pytest.fixture
def desk(studio: Studio) -> Iterator[Asking]:
    working = Asking(studio)
    yield working
    working.close()


@pytest.fixture
def things(desk: Asking, tmp_path: Path) -> tuple[list[Wanted], str]:
    """A file, a sequence with a hole and a container, and where a child finds that they are asked for."""
    wanted = [
        desk.file_at(desk.hq, "plate"),
        desk.sequence_at(desk.hq, "frames", [1, 2, 4]),
        desk.container_at(desk.hq, "pack", ["a", "b"]),
    ]
    owner = Owner(desk.studio.ftrack.url, desk.studio.accsyn.workspace.code)
    request = Request(Reason.SEND, owner, "artist", desk.hq, desk.london, token="confirmed-once", words="3 components")
    return wanted, support_asking.write(tmp_path / "wanted.pickle", request, wanted)


def outbox() -> Outbox:
    return Outbox(outside_path(None, Path(os.environ["XDG_STATE_HOME"]) / "ftrack-accsyn"))


def assert_all_is_there_once(desk: Asking, wanted: list[Wanted]) -> None:
    kept = outbox()
    (standing,) = kept.requests.latest(10)
    assert standing.counts == {State.SYNCED: len(wanted)}, [(item.state, item.cause) for item in kept.items()]
    assert standing.ended_at is not None
    assert all(desk.arrived(desk.london, each, desk.hq) for each in wanted)
    assert desk.registered(desk.london) == desk.registered(desk.hq)
    (job,) = desk.studio.accsyn.workspace.jobs()
    assert max(Counter(task.source for task in job.tasks).values()) == 1
    assert len(job.tasks) == 1 + 2 + 2
    (shown,) = desk.studio.ftrack.store.find("Job")
    assert shown["status"] == "done"
    assert "3 of 3 there" in json.loads(shown["data"])["description"]


@pytest.mark.parametrize("name", STEPS)
def test_a_request_whose_process_is_killed_at_a_step_is_carried_by_the_next(
    desk: Asking, run: Run, things: tuple[list[Wanted], str], name: str
) -> None:
    wanted, path = things
    killed = run("ask", OUTSIDE, kill=dataclasses.asdict(STEPS[name]), wanted=path)
    assert killed.wait() == KILLED, killed.output

    again = run("ask", OUTSIDE, wanted=path)  # the same event, delivered once more
    assert again.wait() == 0, again.output

    assert_all_is_there_once(desk, wanted)


@pytest.mark.parametrize("seed", trials)
def test_a_request_whose_process_is_killed_at_random_lines_is_carried_all_the_same(
    desk: Asking, run: Run, things: tuple[list[Wanted], str], seed: int
) -> None:
    wanted, path = things
    chance = random.Random(seed)
    for job in ("ask", "carry"):
        killed = run(job, OUTSIDE, kill={"line": chance.randrange(LINES)}, wanted=path)
        assert killed.wait() in (0, KILLED), killed.output

    assert run("ask", OUTSIDE, wanted=path).wait() == 0

    assert_all_is_there_once(desk, wanted)


@pytest.mark.parametrize("operation", ["transfer/create", "task/create"])
def test_a_lost_answer_doubles_nothing(
    desk: Asking, run: Run, things: tuple[list[Wanted], str], operation: str
) -> None:
    wanted, path = things
    if operation == "task/create":
        earlier = run("ask", OUTSIDE, wanted=earlier_one(desk, Path(path)))
        assert earlier.wait() == 0, earlier.output
    desk.studio.accsyn.switches.drop_after(operation)

    child = run("ask", OUTSIDE, wanted=path)
    assert child.wait() == 0, child.output

    assert all(desk.arrived(desk.london, each, desk.hq) for each in wanted)
    (job,) = desk.studio.accsyn.workspace.jobs()
    assert max(Counter(task.source for task in job.tasks).values()) == 1


def earlier_one(desk: Asking, beside: Path) -> str:
    """Return where a child finds that something else is asked for, which goes with the same job."""
    owner = Owner(desk.studio.ftrack.url, desk.studio.accsyn.workspace.code)
    request = Request(Reason.SEND, owner, "artist", desk.hq, desk.london, token="earlier")
    return support_asking.write(beside.with_name("earlier.pickle"), request, [desk.file_at(desk.hq, "earlier")])


def test_two_services_at_once_carry_all_once(desk: Asking, run: Run, things: tuple[list[Wanted], str]) -> None:
    wanted, path = things
    services = [run("ask", OUTSIDE, wanted=path) for _ in range(2)]

    assert [service.wait() for service in services] == [0, 0], [service.output for service in services]

    assert_all_is_there_once(desk, wanted)
