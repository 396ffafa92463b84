"""One project for which something is not set up: what runs is followed, and what can go goes."""

from __future__ import annotations

import pytest

from fault.faults.desk import Desk
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_sandbox.accsyn.entities import Queue
from ftrack_accsyn_sandbox.studio import Studio

LASTING = 1_000_000


@pytest.fixture
def desk(studio: Studio) -> Desk:
    """Give a desk that names a queue of its own for its jobs, which accsyn has."""
    studio.accsyn.workspace.add_queue("urgent", 900)
    return Desk(studio, FTRACK_ACCSYN_QUEUE="urgent")


def rename_queue(desk: Desk, name: str) -> None:
    (queue,) = [each for each in desk.studio.accsyn.workspace.each(Queue) if each.code in ("urgent", "gone")]
    queue.code = queue.name = name


def test_queue_that_is_gone_stops_neither_what_runs_nor_projects_that_have_their_job(desk: Desk) -> None:
    engine = desk.studio.accsyn.engine
    engine.paused = True
    first = desk.publish_file("first", project="show_a")
    desk.drain()
    rename_queue(desk, "gone")
    refused = desk.publish_file("refused", project="show_b")
    desk.run_for(5.0)
    assert desk.cause(refused) == errors.NotReady.kind

    engine.paused = False
    engine.wait_idle(20.0)
    desk.run_for(15.0, lambda: desk.item(first).state is State.SYNCED)
    second = desk.publish_file("second", project="show_a")
    desk.run_for(15.0, lambda: desk.item(second).state is not State.PENDING)

    assert desk.item(first).state is State.SYNCED
    assert desk.item(second).state in (State.SUBMITTED, State.TRANSFERRING, State.SYNCED)
    assert desk.cause(refused) == errors.NotReady.kind
    rename_queue(desk, "urgent")
    assert desk.finish() <= 70.0
    desk.assert_each_task_once()


def test_machine_whose_role_was_taken_away_still_follows_what_runs(desk: Desk) -> None:
    engine, workspace = desk.studio.accsyn.engine, desk.studio.accsyn.workspace
    engine.paused = True
    first = desk.publish_file("first")
    desk.drain()
    workspace.change_role("artist@acme.test", "standard")
    desk.restart()
    second = desk.publish_file("second")
    desk.run_for(5.0)
    assert desk.cause(second) == errors.NotReady.kind

    engine.paused = False
    engine.wait_idle(20.0)
    desk.run_for(20.0, lambda: desk.item(first).state is State.SYNCED)

    assert desk.item(first).state is State.SYNCED
    assert desk.cause(second) == errors.NotReady.kind


def test_client_that_accsyn_does_not_tell_of_any_more_keeps_nothing_from_being_followed(desk: Desk) -> None:
    engine = desk.studio.accsyn.engine
    engine.paused = True
    first = desk.publish_file("first")
    desk.drain()
    refusal = {"message": "You may not look at clients."}
    desk.studio.accsyn.switches.fail_next("client/find", status=400, body=refusal, times=LASTING)
    desk.run_for(400.0)  # asked after now and then
    assert desk.studio.accsyn.log.count("client/find") > 1

    engine.paused = False
    engine.wait_idle(20.0)

    assert desk.run_for(90.0, lambda: desk.item(first).state is State.SYNCED) <= 60.0


def test_jobs_that_cannot_be_looked_at_hold_up_no_publish(desk: Desk) -> None:
    desk.studio.accsyn.engine.paused = True
    desk.publish_file("first")
    desk.drain()
    desk.studio.accsyn.switches.garble("transfer/find", kind="html", times=LASTING)
    desk.run_for(120.0)

    second = desk.publish_file("second")

    assert desk.run_for(20.0, lambda: desk.item(second).state is State.SUBMITTED) <= 5.0


def test_outage_bounds_what_is_asked_of_jobs_that_run(desk: Desk) -> None:
    desk.studio.accsyn.engine.paused = True
    desk.publish_file("main")
    desk.drain()
    desk.run_for(10.0)
    desk.studio.accsyn.switches.fail_next("", status=500, times=LASTING)
    before = desk.studio.accsyn.log.count()

    desk.run_for(600.0)

    assert 10 <= desk.studio.accsyn.log.count() - before <= 600.0 / (0.75 * 15.0) + 10
