"""Odd answers and outages: one job's trouble stops no other, an outage is passed on, nothing is taken for done."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State
from tracking import Desk


@pytest.mark.parametrize("status", [400, 500])
def test_job_whose_tasks_cannot_be_read_stops_no_other(desk: Desk, status: int) -> None:
    desk.publish_files("a")
    desk.publish_files("b", project="show_b")
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle()
    desk.studio.accsyn.switches.fail_next("task/find", status=status, body={"message": "Something about tasks"})

    desk.step()
    desk.step()

    assert sorted(desk.states().values()) == ["submitted", "synced"]
    desk.follow(lambda: desk.all_in(State.SYNCED))


@pytest.mark.parametrize("kind", ["html", "truncated", "empty_object", "null", "invalid_json"])
def test_garbled_answers_never_change_a_state_and_are_survived(desk: Desk, kind: str) -> None:
    (movie,) = desk.publish_files("movie")
    desk.submit()
    desk.step()
    desk.studio.accsyn.switches.garble("transfer/find", kind=kind)
    with pytest.raises(errors.Uncertain):
        follow_all(desk)
    assert desk.item(movie).state is State.SUBMITTED
    desk.studio.accsyn.switches.garble("task/find", kind=kind, times=2)
    desk.studio.accsyn.engine.paused = False

    desk.settle()
    desk.follow(lambda: desk.all_in(State.SYNCED))


def test_unreachable_accsyn_is_told_to_the_worker_and_changes_nothing(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.submit()
    desk.step()
    desk.studio.accsyn.switches.refuse(True)

    with pytest.raises(errors.Unreachable):
        follow_all(desk)
    assert (desk.tracker.step() or 0.0) > 0.0  # and it is not asked again at once
    assert desk.states() == {"movie": "submitted"}

    desk.studio.accsyn.switches.refuse(False)
    desk.studio.accsyn.engine.paused = False
    desk.settle()
    assert desk.states() == {"movie": "synced"}


def test_arrived_items_become_available_while_accsyn_is_away(desk: Desk) -> None:
    desk.publish_files("here")
    desk.publish_files("later", project="show_b")
    desk.submit()
    first = desk.studio.accsyn.workspace.jobs()[0]
    desk.studio.accsyn.workspace.pause_job(desk.studio.accsyn.workspace.jobs()[1].id)
    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle()
    assert first.name.startswith("show_a")
    desk.studio.ftrack.switches.refuse(True)
    desk.settle()
    assert desk.states() == {"here": "transferring: ftrack", "later": "submitted: paused"}
    desk.studio.ftrack.switches.refuse(False)
    desk.studio.accsyn.switches.refuse(True)

    for _ in range(10):
        try:
            desk.step()
        except errors.Unreachable:
            desk.monotonic.now += 15.0

    assert desk.states() == {"here": "synced", "later": "submitted: paused"}


def test_accsyn_that_does_not_look_jobs_up_together_is_asked_for_each(desk: Desk) -> None:
    desk.publish_files("a")
    desk.publish_files("b", project="show_b")
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle()
    refusal = {"message": 'Unknown operator "in"'}
    desk.studio.accsyn.switches.fail_next("transfer/find", status=400, body=refusal)

    desk.step()
    desk.step()

    assert desk.all_in(State.SYNCED)


def test_job_that_a_query_by_ids_does_not_show_is_not_taken_for_archived(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.submit()
    for _ in range(3):
        desk.studio.accsyn.switches.fail_next("transfer/find", status=200, body={"result": []}, times=2)
        desk.step()

    assert desk.states() == {"movie": "submitted"}


def test_job_that_accsyn_does_not_show_once_is_not_taken_for_deleted(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.submit()
    desk.step()
    desk.studio.accsyn.switches.fail_next("transfer/find", status=200, body={"result": []}, times=3)
    for _ in range(5):
        desk.step()

    assert desk.states() == {"movie": "submitted"}


def test_unknown_words_and_missing_numbers_in_answers_change_nothing(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    desk.submit()
    workspace = desk.studio.accsyn.workspace
    with workspace.changed:
        workspace.job(desk.job().id).tasks[0].status = "teleporting"
        workspace.job(desk.job().id).status = "pondering"
    for _ in range(5):
        desk.step()
    assert desk.states() == {"movie": "submitted"}

    desk.set_task(movie, "queued")
    desk.studio.accsyn.engine.paused = False
    desk.settle()
    assert desk.states() == {"movie": "synced"}


def test_log_that_cannot_be_read_leaves_the_failure_without_a_reason(desk: Desk) -> None:
    (bad,) = desk.publish_files("bad")
    desk.studio.accsyn.engine.fail_path("bad.mov")
    desk.studio.accsyn.switches.fail_next("log/find", status=400, body={"message": "Not for you"})
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.settle()

    assert desk.states() == {"bad": "needs-attention: transfer-failed"}
    assert desk.item(bad).cause.startswith("accsyn could not transfer it. ")


def follow_all(desk: Desk) -> None:
    for _ in range(5):
        desk.step()


def test_job_that_cannot_be_looked_up_stops_no_other(desk: Desk) -> None:
    desk.publish_files("a")
    desk.publish_files("b", project="show_b")
    desk.submit()
    workspace = desk.studio.accsyn.workspace
    job_id = workspace.jobs()[0].id
    workspace.rename_job(job_id, "x" * 5000)  # longer than any question may be
    workspace.archive_job(job_id)
    desk.studio.accsyn.engine.paused = False

    desk.settle()

    assert desk.states() == {"a": "submitted", "b": "synced"}


def test_many_stopped_items_are_named_in_a_few_lines(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.publish_files(*"abcdefgh")
    desk.submit()
    desk.studio.accsyn.workspace.abort_job(desk.job().id)

    desk.settle()

    lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(lines) == 4
    assert lines[0].startswith("show_a sq010/sh010 plate v001 a needs attention. The sync job")
    assert lines[3] == f"So do 5 more components of {desk.job().name}."
