"""Green means all of it: a member that is published by itself again keeps its container from being green meanwhile."""

from __future__ import annotations

import pytest

from fault.faults.desk import LOCATION_NAME, Desk, folder
from fault.proof.test_content import DAY_S, settled
from ftrack_accsyn_accessor.model.item import Item, Kind, Publication, StagedFile, State

NEWER = "newer-content"


def publish(desk: Desk, kind: str) -> str:
    return desk.publish_sequence("main", [1, 2, 3]) if kind == "sequence" else desk.publish_container("main", "abc")


def publish_file_at(desk: Desk, component: str, path: str, size_bytes: int) -> None:
    """Publish a component, by itself, with new content at *path*."""
    desk.clock.advance(5.0)
    desk.write(desk.studio.staging / path, size_bytes)
    desk.outbox.cancel([component], desk.location["id"])
    file = StagedFile(path, *desk.area.stat_file(path))
    desk._write(
        Publication(
            component_id=component,
            component_name="member",
            kind=Kind.FILE,
            resource_identifier=path,
            location_id=desk.location["id"],
            location_name=LOCATION_NAME,
            server_url=desk.studio.ftrack.url,
            username="artist",
            project_id=desk.studio.ids["show_a"],
            project_name="show_a",
            version_id=desk._version("show_a"),
            version_name="plate v001",
            files=(file,),
        )
    )


def retake_first(desk: Desk, container: str, size_bytes: int = 500) -> str:
    """Publish the first member of a container or sequence again, by itself; return its id."""
    path = desk.published[container].files[0].path
    (row,) = desk.studio.ftrack.store.find(
        "ComponentLocation", location_id=desk.location["id"], resource_identifier=path
    )
    member = str(row["component_id"])
    publish_file_at(desk, member, path, size_bytes)
    return member


def registered(desk: Desk, component: str) -> bool:
    location = desk.studio.ids["studio.hq"]
    return bool(desk.studio.ftrack.store.find("ComponentLocation", component_id=component, location_id=location))


def assert_all_there(desk: Desk, container: str) -> None:
    for file in desk.published[container].files:
        assert (desk.studio.hq / file.path).read_bytes() == (desk.studio.staging / file.path).read_bytes()


def waiting(desk: Desk, container: str) -> Item:
    """Work until a container waits for newer content of a member."""
    desk.run_for(120.0, lambda: desk.cause(container) == NEWER)
    item = desk.item(container)
    assert (item.state, item.cause_kind) == (State.TRANSFERRING, NEWER)
    return item


@pytest.mark.parametrize("kind", ["container", "sequence"])
@pytest.mark.parametrize("verify", ["none", "size"])
def test_member_retaken_after_all_arrived_takes_the_whole_back_until_it_is_there(
    desk: Desk, kind: str, verify: str
) -> None:
    desk.environment["FTRACK_ACCSYN_VERIFY"] = verify
    whole = publish(desk, kind)
    settled(desk, whole, State.SYNCED)
    assert registered(desk, whole)
    desk.studio.accsyn.engine.paused = True
    member = retake_first(desk, whole)
    waiting(desk, whole)
    desk.run_for(60.0)
    assert not registered(desk, whole)
    assert not registered(desk, member)

    desk.studio.accsyn.engine.paused = False
    settled(desk, member, State.SYNCED)
    settled(desk, whole, State.SYNCED)
    assert registered(desk, whole)
    assert registered(desk, member)
    assert_all_there(desk, whole)
    assert len(list(desk.outbox.items())) == 2


@pytest.mark.parametrize("kind", ["container", "sequence"])
def test_member_retaken_while_all_is_sent_keeps_the_whole_from_green(desk: Desk, kind: str) -> None:
    engine = desk.studio.accsyn.engine
    whole = publish(desk, kind)
    first = desk.published[whole].files[0].path
    engine.hold_at(f"*/{first.rpartition('/')[2]}")
    desk.run_for(10.0)
    engine.wait_held()
    member = retake_first(desk, whole)
    desk.run_for(60.0, lambda: desk.item(member).state is State.SUBMITTED)
    job = desk.studio.accsyn.workspace.jobs()[0]
    (task,) = [task for task in job.tasks if task.source.endswith(first)]
    desk.studio.accsyn.workspace.set_task_status(job.id, task.uri, "onhold")
    engine.release()
    engine.wait_idle(20.0)
    settled(desk, member, State.NEEDS_ATTENTION)
    desk.run_for(60.0)
    assert "needs attention" in waiting(desk, whole).cause
    assert not registered(desk, whole)

    desk.studio.accsyn.workspace.set_task_status(job.id, task.uri, "queued")
    desk.outbox.control.retry()
    settled(desk, whole, State.SYNCED)
    assert desk.item(member).state is State.SYNCED
    assert_all_there(desk, whole)


def test_member_retaken_while_accsyn_is_away_takes_the_whole_back_in_the_next_session(desk: Desk) -> None:
    whole = publish(desk, "container")
    settled(desk, whole, State.SYNCED)
    desk.studio.accsyn.switches.refuse(True)
    retake_first(desk, whole)
    desk.restart()
    desk.run_for(60.0)
    assert not registered(desk, whole)
    desk.clock.advance(DAY_S)
    desk.studio.accsyn.switches.refuse(False)
    settled(desk, whole, State.SYNCED)
    assert_all_there(desk, whole)


def test_member_retaken_then_taken_out_lets_the_whole_go_on(desk: Desk) -> None:
    whole = publish(desk, "container")
    settled(desk, whole, State.SYNCED)
    desk.studio.accsyn.switches.refuse(True)
    member = retake_first(desk, whole)
    desk.run_for(10.0)
    desk.outbox.cancel([member], desk.location["id"])
    desk.studio.accsyn.switches.refuse(False)
    settled(desk, whole, State.SYNCED)
    assert registered(desk, whole)


def test_other_component_on_the_path_of_a_frame_leaves_the_sequence_green(desk: Desk) -> None:
    whole = publish(desk, "sequence")
    settled(desk, whole, State.SYNCED)
    path = f"{folder('show_a')}/main.0002.exr"
    before = (desk.studio.hq / path).read_bytes()
    other = desk.publish_named("main.0002", "main.0002.exr", 40)
    desk.clock.advance(5.0)
    publish_file_at(desk, other, path, 60)
    desk.run_for(100.0)
    assert desk.cause(other) == "conflict"
    assert desk.item(whole).state is State.SYNCED
    assert registered(desk, whole)
    assert (desk.studio.hq / path).read_bytes() == before


# What stays at the destination.


@pytest.mark.parametrize("kind", ["container", "sequence"])
def test_version_deleted_and_published_shorter_under_the_same_path_tells_what_stays(desk: Desk, kind: str) -> None:
    old = publish(desk, kind)
    settled(desk, old, State.SYNCED)
    desk.delete_version()
    for file in desk.published[old].files:
        (desk.studio.staging / file.path).unlink()
    new = desk.publish_sequence("main", [1]) if kind == "sequence" else desk.publish_container("main", "a")
    settled(desk, new, State.SYNCED)
    assert desk.item(new).left_over.startswith("2 files of its earlier content (")
