"""Green means this content: whatever ran before, or lies in old jobs, only a run of the present content counts."""

from __future__ import annotations

import dataclasses

import pytest

from fault.faults.desk import Desk, folder
from ftrack_accsyn_accessor.model.item import Item, State
from ftrack_accsyn_sandbox.accsyn.inspection import TaskRow

DAY_S = 86_400.0


def replace(desk: Desk, component: str, size_bytes: int = 300) -> bytes:
    """Remove a component and add it again with other bytes, as a publish does: written beside, then renamed."""
    publication = desk.published[component]
    content = desk.write(desk.studio.staging / publication.files[0].path, size_bytes)
    desk.outbox.cancel([component], desk.location["id"])
    desk.republish(publication)
    return content


def at_hq(desk: Desk, component: str) -> bytes:
    return (desk.studio.hq / desk.published[component].files[0].path).read_bytes()


def tasks(desk: Desk) -> list[TaskRow]:
    return [task for job in desk.studio.accsyn.workspace.jobs() for task in job.tasks]


def settled(desk: Desk, component: str, *states: State) -> Item:
    """Work until an item is in one of *states*."""
    desk.run_for(600.0, lambda: _idle(desk) and desk.item(component).state in states)
    assert desk.item(component).state in states, desk.item(component)
    return desk.item(component)


def _idle(desk: Desk) -> bool:
    desk.studio.accsyn.engine.wait_idle(20.0)
    return True


# T1


@pytest.mark.parametrize("size_bytes", [300, 4000])
def test_replaced_while_accsyn_sends_the_old_content_is_not_green_before_the_new_one_is_there(
    desk: Desk, size_bytes: int
) -> None:
    engine = desk.studio.accsyn.engine
    engine.hold_at("*/main.mov")
    component = desk.publish_file("main")
    desk.run_for(10.0)
    engine.wait_held()
    old = (desk.studio.staging / desk.published[component].files[0].path).read_bytes()
    new = replace(desk, component, size_bytes)
    desk.run_for(30.0)
    assert desk.item(component).state is not State.SYNCED

    engine.release()
    engine.wait_idle(20.0)
    assert at_hq(desk, component) == old  # the run that was under way has ended done, with what it had opened
    assert tasks(desk)[0].status == "done"
    desk.run_for(3.0)
    assert desk.item(component).state is not State.SYNCED
    settled(desk, component, State.SYNCED)
    assert at_hq(desk, component) == new
    desk.assert_each_task_once()


def test_replaced_while_its_task_of_yesterday_runs_is_sent_by_that_task_once_more(desk: Desk) -> None:
    engine = desk.studio.accsyn.engine
    engine.hold_at("*/main.mov")
    component = desk.publish_file("main")
    desk.run_for(10.0)
    engine.wait_held()
    desk.clock.advance(DAY_S)
    new = replace(desk, component)
    desk.run_for(30.0)
    engine.release()
    settled(desk, component, State.SYNCED)
    assert at_hq(desk, component) == new
    desk.assert_each_task_once()


def test_restarted_between_the_replacement_and_the_end_of_the_old_run_still_tells_them_apart(desk: Desk) -> None:
    engine = desk.studio.accsyn.engine
    engine.hold_at("*/main.mov")
    component = desk.publish_file("main")
    desk.run_for(10.0)
    engine.wait_held()
    new = replace(desk, component)
    desk.run_for(30.0)
    desk.restart()
    engine.release()
    engine.wait_idle(20.0)
    settled(desk, component, State.SYNCED)
    assert at_hq(desk, component) == new


def test_replaced_after_it_had_arrived_is_sent_again_and_green_with_the_new_content_only(desk: Desk) -> None:
    component = desk.publish_file("main")
    settled(desk, component, State.SYNCED)
    desk.studio.accsyn.engine.paused = True
    new = replace(desk, component)
    desk.run_for(60.0, lambda: desk.item(component).state is State.SUBMITTED)
    desk.run_for(30.0)
    assert desk.item(component).state is State.SUBMITTED
    desk.studio.accsyn.engine.paused = False
    settled(desk, component, State.SYNCED)
    assert at_hq(desk, component) == new
    desk.assert_each_task_once()


def test_same_second_end_of_two_runs_is_not_taken_for_one(desk: Desk) -> None:
    # accsyn dates a task's end in whole seconds: a quick second run may look like the first.
    component = desk.publish_file("main")
    settled(desk, component, State.SYNCED)
    new = replace(desk, component)
    settled(desk, component, State.SYNCED)
    assert at_hq(desk, component) == new


# T3


@pytest.mark.parametrize("processed", [True, False])
def test_lost_answer_then_published_under_another_path_sends_the_new_path_once(desk: Desk, processed: bool) -> None:
    first = desk.publish_file("first")
    settled(desk, first, State.SYNCED)
    switches = desk.studio.accsyn.switches
    (switches.drop_after if processed else switches.drop_before)("task/create", 1)
    component = desk.publish_file("main")
    desk.step()
    publication = desk.published[component]
    other = f"{folder('show_a')}/renamed.mov"
    (desk.studio.staging / publication.path).rename(desk.studio.staging / other)
    (row,) = desk.studio.ftrack.store.find("ComponentLocation", component_id=component)
    desk.studio.ftrack.store.update("ComponentLocation", row["id"], resource_identifier=other)
    moved = dataclasses.replace(publication.files[0], path=other)
    desk.outbox.cancel([component], desk.location["id"])
    desk.republish(dataclasses.replace(publication, resource_identifier=other, path=other, files=(moved,)))
    settled(desk, component, State.SYNCED)
    assert at_hq(desk, component) == (desk.studio.staging / other).read_bytes()
    assert sum(task.source.endswith("/renamed.mov") for task in tasks(desk)) == 1


# T4


@pytest.mark.parametrize("kind", ["file", "sequence", "container"])
@pytest.mark.parametrize("arrived", [True, False])
def test_version_deleted_and_published_again_under_the_same_path_arrives(desk: Desk, kind: str, arrived: bool) -> None:
    def publish() -> str:
        if kind == "file":
            return desk.publish_file("main")
        if kind == "sequence":
            return desk.publish_sequence("main", [1, 2, 3, 5])
        return desk.publish_container("main", ["a", "b"])

    desk.studio.accsyn.engine.paused = not arrived
    old = publish()
    if arrived:
        settled(desk, old, State.SYNCED)
    else:
        settled(desk, old, State.SUBMITTED)
    count = len(tasks(desk))
    desk.delete_version()
    for file in desk.published[old].files:
        (desk.studio.staging / file.path).unlink()
    new = publish()
    desk.studio.accsyn.engine.paused = False
    settled(desk, new, State.SYNCED)
    for file in desk.published[new].files:
        assert (desk.studio.hq / file.path).read_bytes() == (desk.studio.staging / file.path).read_bytes()
    assert len(tasks(desk)) == count  # accsyn has queued the old ones again
    rows = desk.studio.ftrack.store.find(
        "ComponentLocation", component_id=new, location_id=desk.studio.ids["studio.hq"]
    )
    assert len(rows) == 1


# T5


def test_what_accsyn_has_repaired_overnight_is_not_sent_again(desk: Desk) -> None:
    engine = desk.studio.accsyn.engine
    engine.fail_path("*/main.mov", times=1)
    component = desk.publish_file("main")
    settled(desk, component, State.NEEDS_ATTENTION)
    (job,) = desk.studio.accsyn.workspace.jobs()
    desk.studio.accsyn.workspace.job(job.id).settings["job_max_retries"] = "3"
    engine.retry_failed()
    engine.wait_idle(20.0)
    desk.clock.advance(DAY_S)
    desk.outbox.control.retry()
    desk.studio.accsyn.log.clear()
    settled(desk, component, State.SYNCED)
    assert "transfer/create" not in desk.studio.accsyn.log.operations()
    assert "task/create" not in desk.studio.accsyn.log.operations()
    desk.assert_each_task_once()


# T6


def test_renamed_job_is_known_by_its_id_when_one_add_is_refused(desk: Desk) -> None:
    first = desk.publish_file("first")
    settled(desk, first, State.SYNCED)
    (job,) = desk.studio.accsyn.workspace.jobs()
    desk.studio.accsyn.workspace.rename_job(job.id, "called otherwise by an admin")
    desk.studio.accsyn.switches.fail_next("task/create", status=400, body={"message": "No."}, times=1)
    second = desk.publish_file("second")
    settled(desk, second, State.SYNCED)
    assert desk.item(first).state is State.SYNCED
    assert [job.name for job in desk.studio.accsyn.workspace.jobs()] == ["called otherwise by an admin"]
    desk.assert_each_task_once()


# T16


def test_gone_job_concerns_only_what_was_in_it(desk: Desk) -> None:
    arrived = desk.publish_file("arrived")
    settled(desk, arrived, State.SYNCED)
    desk.studio.accsyn.switches.refuse(True)
    new = replace(desk, arrived)
    desk.run_for(3.0)
    (job,) = desk.studio.accsyn.workspace.jobs()
    desk.studio.accsyn.workspace.delete_job(job.id)
    other = desk.publish_file("other")
    desk.run_for(20.0)
    desk.studio.accsyn.switches.refuse(False)
    settled(desk, arrived, State.SYNCED)
    settled(desk, other, State.SYNCED)
    assert at_hq(desk, arrived) == new


@pytest.mark.parametrize("end", ["archive_job", "delete_job"])
def test_job_gone_while_an_item_failed_in_it_leaves_the_way_free_for_the_rest(desk: Desk, end: str) -> None:
    desk.studio.accsyn.engine.fail_path("*/bad.mov", times=1)
    bad = desk.publish_file("bad")
    settled(desk, bad, State.NEEDS_ATTENTION)
    (job,) = desk.studio.accsyn.workspace.jobs()
    getattr(desk.studio.accsyn.workspace, end)(job.id)
    other = desk.publish_file("other")
    settled(desk, other, State.SYNCED)
    desk.outbox.control.retry()
    settled(desk, bad, State.SYNCED)


# New content under other task texts.


def test_longer_retake_waits_for_the_run_that_still_sends_the_older_frames(desk: Desk) -> None:
    engine = desk.studio.accsyn.engine
    engine.hold_at("*/main.0002.exr")
    component = desk.publish_sequence("main", [1, 2, 3])
    desk.run_for(10.0)
    engine.wait_held()
    desk.publish_sequence_again(component, [1, 2, 3, 4])
    desk.run_for(30.0)
    assert (desk.item(component).state, desk.cause(component)) == (State.PENDING, "busy")
    assert len(tasks(desk)) == 1
    engine.release()
    settled(desk, component, State.SYNCED)
    for file in desk.published[component].files:
        assert (desk.studio.hq / file.path).read_bytes() == (desk.studio.staging / file.path).read_bytes()


def test_shorter_retake_tells_what_stays_at_the_destination(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    component = desk.publish_sequence("main", range(1, 9))
    settled(desk, component, State.SYNCED)
    desk.publish_sequence_again(component, range(1, 5))
    settled(desk, component, State.SYNCED)
    left = "4 files of its earlier content (main.0005.exr .. main.0008.exr)"
    assert desk.item(component).left_over == left
    assert any(left in record.getMessage() for record in caplog.records)
    assert len(list((desk.studio.hq / folder("show_a")).glob("main.*.exr"))) == 8  # nothing of ours removes them
