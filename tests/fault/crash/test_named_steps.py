"""SIGKILL at every named step between the first byte staged and the job recorded: nothing is lost, nothing doubled."""

from __future__ import annotations

import dataclasses
import signal
from typing import Any

import pytest

from fault.support_fixtures import Run
from fault.support_jobs import content
from fault.support_kill import ADDITION_STEPS, CREATION_STEPS, PUBLISH_STEPS, RECOVERY_STEPS, Step
from fault.support_studio import assert_nothing_lost_or_doubled, outbox, registered, submitted, unfinished
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_sandbox.studio import Studio

#: Kind of component -> (files, levels of registration).
SHAPES = {"file": (1, 1), "sequence": (3, 2), "container": (2, 2), "nested": (4, 3)}
#: Before these steps nothing was told to ftrack: what was staged is no publish yet.
NOT_PUBLISHED = frozenset(list(PUBLISH_STEPS)[: list(PUBLISH_STEPS).index("innermost level registered")])
KILLED = -getattr(signal, "SIGKILL", 9)  # where there is none, no child is forked either


def kill_at(step: Step) -> dict[str, Any]:
    return dataclasses.asdict(step)


def publish_cases() -> list[Any]:
    cases = []
    for name, step in PUBLISH_STEPS.items():
        for kind, (files, levels) in SHAPES.items():
            occurs = files if step.owner == "StagedData" else levels if step.owner == "StagingLocationMixin" else 1
            if step.nth <= occurs:
                cases.append(pytest.param(kind, name, id=f"{kind}-{name.replace(' ', '_')}"))
    return cases


@pytest.mark.parametrize(("kind", "name"), publish_cases())
def test_publish_killed_at_a_step_is_finished_by_the_next_session_if_ftrack_knows_it(
    studio: Studio, run: Run, kind: str, name: str
) -> None:
    killed = run("publish", kill=kill_at(PUBLISH_STEPS[name]), items=[[kind, "plate"]])
    assert killed.wait() == KILLED, killed.output

    assert run("recover").wait() == 0

    assert_nothing_lost_or_doubled(studio)
    assert bool(registered(studio)) is (name not in NOT_PUBLISHED)
    assert unfinished(studio) == []


@pytest.mark.parametrize("name", CREATION_STEPS)
@pytest.mark.parametrize("kind", ["file", "nested"])
def test_worker_killed_while_it_creates_the_job_leaves_one_job_with_each_task_once(
    studio: Studio, run: Run, kind: str, name: str
) -> None:
    # A burst that never ends is uploaded when the process exits, so that both publishes are through before.
    killed = run(
        "publish", kill=kill_at(CREATION_STEPS[name]), items=[[kind, "plate"], ["file", "notes"]], QUIET_S=60.0
    )
    assert killed.wait() == KILLED, killed.output
    assert len(killed.reported("published")) == 2

    assert run("recover").wait() == 0

    assert_nothing_lost_or_doubled(studio)
    assert len(registered(studio)) == 2
    assert len(studio.accsyn.workspace.jobs()) == 1


@pytest.mark.parametrize("name", ADDITION_STEPS)
@pytest.mark.parametrize("kind", ["sequence", "container"])
def test_worker_killed_while_it_adds_tasks_leaves_each_task_once(
    studio: Studio, run: Run, kind: str, name: str
) -> None:
    assert run("publish", items=[["file", "first"]]).wait() == 0
    killed = run("publish", kill=kill_at(ADDITION_STEPS[name]), items=[[kind, "plate"]], leave="drain")
    assert killed.wait() == KILLED, killed.output

    assert run("recover").wait() == 0

    assert_nothing_lost_or_doubled(studio)
    assert len(registered(studio)) == 2


@pytest.mark.parametrize("name", RECOVERY_STEPS)
def test_session_killed_while_it_recovers_is_followed_by_one_that_does(studio: Studio, run: Run, name: str) -> None:
    if name == "tasks added, answer not recorded":
        assert run("publish", items=[["file", "first"]]).wait() == 0
    registered_only = PUBLISH_STEPS["about to be pending"]
    assert run("publish", kill=kill_at(registered_only), items=[["sequence", "plate"]]).wait() == KILLED
    killed = run("recover", kill=kill_at(RECOVERY_STEPS[name]))
    assert killed.wait() == KILLED, killed.output

    assert run("recover").wait() == 0

    assert_nothing_lost_or_doubled(studio)
    assert "plate" in {path.split("/")[3] for files in registered(studio).values() for path in files.values()}


@pytest.mark.parametrize("operation", ["transfer/create", "task/create"])
def test_process_killed_while_accsyns_answer_is_under_way_doubles_nothing(
    studio: Studio, run: Run, operation: str
) -> None:
    if operation == "task/create":
        assert run("publish", items=[["file", "first"]]).wait() == 0
    studio.accsyn.switches.hang(operation, after=True)
    waiting = run("publish", items=[["container", "plate"]], leave="drain")
    studio.accsyn.log.wait_for(operation)
    waiting.kill()
    assert waiting.wait() == KILLED
    studio.accsyn.switches.clear()

    assert run("recover").wait() == 0

    assert_nothing_lost_or_doubled(studio)
    assert studio.accsyn.log.count("transfer/create") == 1


@pytest.mark.parametrize("operation", ["transfer/create", "task/create"])
def test_process_killed_after_it_lost_accsyns_answer_doubles_nothing(studio: Studio, run: Run, operation: str) -> None:
    if operation == "task/create":
        assert run("publish", items=[["file", "first"]]).wait() == 0
    studio.accsyn.switches.drop_after(operation)
    waits = Step("ftrack_accsyn_accessor.outbox.store", "Outbox", "delay")
    killed = run("publish", kill=kill_at(waits), items=[["sequence", "plate"]])
    assert killed.wait() == KILLED, killed.output

    assert run("recover").wait() == 0

    assert_nothing_lost_or_doubled(studio)
    assert studio.accsyn.log.count("transfer/create") == 1


def test_killed_publish_that_ftrack_does_not_know_is_withdrawn_and_its_files_stay(studio: Studio, run: Run) -> None:
    killed = run("publish", kill=kill_at(PUBLISH_STEPS["prepared"]), items=[["file", "plate"]])
    assert killed.wait() == KILLED
    assert outbox(studio).counts()[State.PREPARED] == 1

    assert run("recover").wait() == 0

    counts = outbox(studio).counts()
    assert (counts[State.WITHDRAWN], sum(counts.values())) == (1, 1)
    assert submitted(studio) == {}
    assert [path.name for path in studio.staging.rglob("plate.mov")] == ["plate.mov"]


@pytest.mark.parametrize("name", ADDITION_STEPS)
def test_component_published_anew_on_the_same_day_arrives_anew_though_the_worker_is_killed(
    studio: Studio, run: Run, name: str
) -> None:
    killed = run("republish", kill_later=kill_at(ADDITION_STEPS[name]), name="plate", leave="drain")
    assert killed.wait() == KILLED, killed.output

    assert run("recover").wait() == 0

    assert_nothing_lost_or_doubled(studio)
    (arrived,) = studio.hq.rglob("plate.mov")
    assert arrived.read_bytes() == content("plate") + b"anew"
