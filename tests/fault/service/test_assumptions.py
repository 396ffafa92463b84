"""An accsyn that is otherwise than assumed in any one respect: every component arrives, whoever knows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fault.faults.desk import Desk
from fault.proof.test_content import replace
from ftrack_accsyn_accessor.model.assumptions import ASSUMPTIONS, CHOICES, FINISHED_JOB, TASK_PATHS
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import probed
from ftrack_accsyn_accessor.outbox.probed import Sight
from ftrack_accsyn_sandbox import assumptions
from ftrack_accsyn_sandbox.studio import Studio

#: What somebody has to be told of, or to ask for, before it goes on.
KNOWN_ONLY = {"finished-job:sleeps"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with pytest.MonkeyPatch.context() as patch, Studio(tmp_path_factory.mktemp("otherwise") / "studio") as studio:
        patch.setenv("XDG_STATE_HOME", str(studio.root / "state"))
        yield studio


@pytest.fixture(scope="module")
def module_desk(shared: Studio) -> Iterator[Desk]:
    desk = Desk(shared)
    yield desk
    desk.close()


@pytest.fixture
def desk(module_desk: Desk) -> Iterator[Desk]:
    """A desk that has published nothing yet today, as far as accsyn's jobs go."""
    workspace = module_desk.studio.accsyn.workspace
    for job in workspace.jobs():
        workspace.archive_job(job.id)
    module_desk.published.clear()
    module_desk.restart()
    yield module_desk
    assumptions.fail(module_desk.studio.accsyn, [])
    left = [item.publication.component_id for item in module_desk.outbox.items() if item.state is not State.SYNCED]
    module_desk.outbox.cancel(left, module_desk.location["id"])
    module_desk.environment.pop("FTRACK_ACCSYN_ASSUME", None)


def publish_all(desk: Desk, name: str) -> list[str]:
    """Publish a file, a sequence with a hole in it, and a container."""
    return [
        desk.publish_file(f"{name}_file"),
        desk.publish_sequence(f"{name}_frames", [1, 2, 3, 5]),
        desk.publish_container(f"{name}_pack", "ab"),
    ]


def assert_there(desk: Desk, root: Path) -> None:
    """Every file of every component lies where it should, with the content that it should have."""
    for publication in desk.published.values():
        for file in publication.files:
            assert (root / file.path).read_bytes() == (desk.studio.staging / file.path).read_bytes(), file
    assert {item.state for item in desk.outbox.items()} <= {State.SYNCED, State.WITHDRAWN}


def carry(desk: Desk, name: str) -> None:
    """Publish, add to the finished job, replace content that has arrived: all of it arrives."""
    made = publish_all(desk, f"{name}_first")
    desk.finish(1500.0)
    made += publish_all(desk, f"{name}_later")
    desk.finish(1500.0)
    replace(desk, made[0], 700)
    desk.finish(3000.0)
    assert_there(desk, desk.studio.site("london") if name.endswith("_site") else desk.studio.hq)


def test_every_assumption_can_be_made_to_fail() -> None:
    assert {name.partition(":")[0] for name in assumptions.SWITCHES} == {each.id for each in ASSUMPTIONS}


@pytest.mark.parametrize("name", sorted(assumptions.SWITCHES.keys() - KNOWN_ONLY))
def test_every_component_arrives_though_nobody_knows_what_is_otherwise(desk: Desk, name: str) -> None:
    assumptions.fail(desk.studio.accsyn, [name])

    carry(desk, name.replace(":", "_"))


#: Each alone is got over; what the plugin does about the one is what the others are in the way of.
HINDERING = (
    ("job-by-id", "job-by-name", "ids-in-query"),
    ("finished-job", "frame-ranges"),
    ("finished-job", "frame-ranges:literal"),
    ("task-paths", "existing-task:ignored"),
    ("task-paths", "frame-ranges:literal"),
)


@pytest.mark.parametrize("names", HINDERING, ids="+".join)
def test_every_component_arrives_though_several_things_are_otherwise(desk: Desk, names: tuple[str, ...]) -> None:
    assumptions.fail(desk.studio.accsyn, names)

    carry(desk, "_".join(names).replace(":", "_"))


def test_every_component_arrives_though_nothing_is_as_assumed_but_that_tasks_tell_their_paths(desk: Desk) -> None:
    names = [name for name in assumptions.SWITCHES if ":" not in name and name != TASK_PATHS]
    assumptions.fail(desk.studio.accsyn, names)

    carry(desk, "nothing")


@pytest.mark.parametrize("other", ["job-by-name", "job-metadata"])
def test_job_that_is_neither_named_when_it_is_created_nor_found_as_assumed_is_created_once(
    desk: Desk, other: str
) -> None:
    assumptions.fail(desk.studio.accsyn, ["created-job", other])
    before = len(desk.studio.accsyn.workspace.jobs())

    carry(desk, f"nameless_{other}")

    assert len(desk.studio.accsyn.workspace.jobs()) == before + 1


def test_finished_job_that_does_not_run_again_is_told_and_once_it_is_known_all_arrives(desk: Desk) -> None:
    assumptions.fail(desk.studio.accsyn, ["finished-job:sleeps"])
    publish_all(desk, "sleeping_first")
    desk.finish(1500.0)
    made = publish_all(desk, "sleeping_later")
    desk.run_for(300.0, lambda: desk.item(made[0]).state is State.NEEDS_ATTENTION)
    assert "was set to done in accsyn before it had arrived. Retry it." in desk.item(made[0]).cause

    probed.keep("acme", {FINISHED_JOB: Sight(False, "It sleeps.", 0.0)})
    desk.outbox.control.retry([desk.item(each).id for each in made])

    desk.finish(1500.0)
    assert_there(desk, desk.studio.hq)
    probed.keep("acme", {FINISHED_JOB: Sight(True, "It runs.", 0.0)})


@pytest.mark.parametrize("name", sorted(each for each in assumptions.SWITCHES if each.partition(":")[0] in CHOICES))
def test_every_component_arrives_where_it_is_known_what_is_otherwise(desk: Desk, name: str) -> None:
    assumptions.fail(desk.studio.accsyn, [name])
    desk.environment["FTRACK_ACCSYN_ASSUME"] = f"{name.partition(':')[0]}=no"

    carry(desk, f"known_{name.replace(':', '_')}")
