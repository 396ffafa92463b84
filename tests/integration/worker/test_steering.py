"""Pausing and resuming accsyn's jobs with the outbox, step by step, against refusals, outages and dead processes."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.insight import rows
from ftrack_accsyn_accessor.model.errors import Unreachable
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.worker.steering import Steering
from tracking import Desk


@pytest.fixture
def moving(desk: Desk) -> Desk:
    """Return a desk with one job in accsyn, which the tracker has seen."""
    desk.publish_files("a", "b")
    desk.submit()
    desk.step()
    desk.accsyn_calls()
    return desk


def steering(desk: Desk) -> Steering:
    return Steering(desk.outbox, desk.workspace)


def test_pause_tells_accsyn_once_and_resume_once(moving: Desk) -> None:
    moving.outbox.control.pause("artist")
    steers = steering(moving)
    steers.step()
    steers.step()
    assert moving.job().status == "paused"
    assert moving.accsyn_calls() == ["transfer/edit"]

    moving.outbox.control.resume()
    steers.step()
    steers.step()

    assert moving.job().status == "waiting"
    assert moving.accsyn_calls() == ["transfer/find", "transfer/edit"]
    assert moving.outbox.control.paused_jobs() == frozenset()


def test_job_that_was_paused_with_the_outbox_is_said_to_be_resumed_with_it(moving: Desk) -> None:
    moving.outbox.control.pause("artist")
    steering(moving).step()

    moving.step()

    for row in rows.rows(moving.outbox):
        assert row.cause_kind == "paused"
        assert row.cause.endswith("is paused in accsyn, as syncing is paused on this machine.")
        assert row.remedy == "Resume it: ftrack-accsyn resume."


def test_job_that_somebody_paused_in_accsyn_before_is_to_be_resumed_there(moving: Desk) -> None:
    moving.studio.accsyn.workspace.pause_job(moving.job().id)
    moving.step()
    moving.outbox.control.pause("artist")
    steering(moving).step()

    moving.step()

    assert {row.remedy for row in rows.rows(moving.outbox)} == {"Resume the job in accsyn."}


def test_pause_that_another_process_began_is_resumed(moving: Desk) -> None:
    moving.outbox.control.pause("artist")
    steering(moving).step()
    moving.outbox.control.resume()

    steering(moving).step()

    assert moving.job().status == "waiting"


def test_pause_during_an_outage_is_told_when_it_is_over(moving: Desk) -> None:
    moving.outbox.control.pause("artist")
    steers = steering(moving)
    moving.studio.accsyn.switches.drop_before("transfer/edit")
    with pytest.raises(Unreachable):
        unreachable(steers)
    assert moving.job().status == "waiting"

    steers.step()

    assert moving.job().status == "paused"


def unreachable(steers: Steering) -> None:
    from ftrack_accsyn_accessor.model.errors import Uncertain

    try:
        steers.step()
    except Uncertain as error:  # whether it was processed cannot be told; both mean that it is told again
        raise Unreachable("set the sync job to paused") from error


def test_job_that_accsyn_does_not_let_us_pause_goes_on_and_is_not_asked_for_again(moving: Desk) -> None:
    moving.outbox.control.pause("artist")
    moving.studio.accsyn.switches.fail_next("transfer/edit", status=403, body={"message": "You may not edit this job."})
    steers = steering(moving)

    steers.step()
    steers.step()

    assert moving.job().status == "waiting"
    assert moving.accsyn_calls() == ["transfer/edit"]
    assert moving.outbox.control.paused_jobs() == frozenset()


def test_job_that_somebody_paused_before_stays_paused_after_resume(moving: Desk) -> None:
    moving.studio.accsyn.workspace.pause_job(moving.job().id)
    moving.follow(lambda: moving.states() == {"a": "submitted: paused", "b": "submitted: paused"})
    moving.outbox.control.pause("artist")
    steers = steering(moving)
    steers.step()
    moving.outbox.control.resume()

    steers.step()

    assert moving.job().status == "paused"


def test_job_that_somebody_resumed_in_accsyn_meanwhile_is_left_alone(moving: Desk) -> None:
    moving.outbox.control.pause("artist")
    steers = steering(moving)
    steers.step()
    moving.follow(lambda: all("paused" in state for state in moving.states().values()))
    moving.studio.accsyn.workspace.resume_job(moving.job().id)
    moving.follow(lambda: moving.states() == {"a": "submitted", "b": "submitted"})
    moving.accsyn_calls()

    steers.step()

    assert moving.job().status == "waiting"
    assert moving.accsyn_calls() == []
    moving.outbox.control.resume()
    steers.step()
    assert moving.job().status == "waiting"


def test_job_that_is_gone_when_it_is_to_be_resumed_is_forgotten(moving: Desk) -> None:
    moving.outbox.control.pause("artist")
    steers = steering(moving)
    steers.step()
    moving.studio.accsyn.workspace.delete_job(moving.job().id)
    moving.outbox.control.resume()

    steers.step()

    assert moving.outbox.control.paused_jobs() == frozenset()


def test_nothing_live_costs_no_call(desk: Desk) -> None:
    desk.outbox.control.pause("artist")
    desk.accsyn_calls()

    steering(desk).step()

    assert desk.accsyn_calls() == []


# Retrying where it failed.


def failed(desk: Desk) -> None:
    """Let one of two files fail, in a job of another day."""
    desk.studio.accsyn.engine.fail_path("b.mov", times=1)
    desk.publish_files("a", "b")
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.settle()
    assert desk.states() == {"a": "synced", "b": "needs-attention: transfer-failed"}
    with desk.outbox._connections.writing() as connection:
        connection.execute("UPDATE job SET route = 'of yesterday'")
    desk.accsyn_calls()


def test_retry_stays_in_the_job_of_another_day(desk: Desk) -> None:
    failed(desk)

    desk.outbox.control.retry()
    desk.submit()
    desk.settle()

    assert desk.states() == {"a": "synced", "b": "synced"}
    assert len(desk.job().tasks) == 2


def test_file_that_changed_since_is_not_retried(desk: Desk) -> None:
    failed(desk)
    (path,) = desk.studio.staging.rglob("b.mov")
    path.write_bytes(b"other")

    desk.outbox.control.retry()
    desk.submit()

    assert desk.states()["b"] == "needs-attention: file-changed"
    assert desk.accsyn_calls() == []


@pytest.mark.parametrize("fate", ["deleted", "archived", "aborted", "refused"])
def test_item_of_a_job_that_takes_nothing_any_more_goes_with_a_new_one(desk: Desk, fate: str) -> None:
    failed(desk)
    workspace, job = desk.studio.accsyn.workspace, desk.job()
    if fate == "deleted":
        workspace.delete_job(job.id)
    elif fate == "archived":
        workspace.archive_job(job.id)
    elif fate == "aborted":
        workspace.abort_job(job.id)
    else:
        desk.studio.accsyn.switches.fail_next("task/edit", status=403, body={"message": "You may not edit this task."})

    desk.outbox.control.retry()
    desk.submit()
    desk.settle()

    assert desk.states() == {"a": "synced", "b": "synced"}
    assert all(item.state is State.SYNCED for item in desk.outbox.items())
