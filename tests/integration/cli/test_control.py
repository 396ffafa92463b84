"""`retry`, `pause` and `resume` steer the worker and, through it, accsyn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.model.item import State
from helpers import wait_until
from integration.cli.conftest import Run
from publishing import Publisher

Told = Callable[..., Any]


def job_status(publisher: Publisher) -> str:
    (job,) = publisher.studio.accsyn.workspace.jobs()
    return str(job.status)


@pytest.fixture
def moving(publisher: Publisher) -> Any:
    """Return a component that is being transferred, very slowly."""
    publisher.studio.accsyn.engine.speed_bytes_per_s = 1000.0
    version = publisher.version(publisher.session())
    source = publisher.file("big.mov", 4_000_000)
    component = version.create_component(str(source), {"name": "big"}, location="auto")
    wait_until(lambda: publisher.item(component).state is State.TRANSFERRING, 20, "the transfer")
    return component


def test_pause_stops_running_jobs_in_accsyn_and_resume_continues_them(
    publisher: Publisher, moving: Any, run: Run, told: Told
) -> None:
    done = {"changed": True, "jobs": 1, "astray": 0, "obstacle": "", "exit_code": 0}
    assert told("pause") == {"paused": True, **done}
    assert job_status(publisher) == "paused"
    assert not told("status")["summary"]["pausing"]

    summary = told("status")["summary"]
    assert summary["paused"]["by"].startswith("artist@")
    assert "paused" in run("status").stdout
    publisher.studio.accsyn.engine.speed_bytes_per_s = None
    assert told("resume") == {"paused": False, **done}

    wait_until(lambda: publisher.item(moving).state is State.SYNCED, 30, "the arrival")
    assert not told("status")["summary"]["resuming"]


def test_pause_holds_back_what_is_published_meanwhile(publisher: Publisher, run: Run, told: Told) -> None:
    session = publisher.session()
    first = publisher.publish_file(publisher.version(session), "first")
    wait_until(lambda: publisher.item(first).state is State.SYNCED, 20, "the arrival")
    run("pause")
    second = publisher.publish_file(publisher.version(session), "second")
    publisher.studio.accsyn.log.clear()
    third = publisher.publish_file(publisher.version(session), "third")

    run("retry")

    assert publisher.item(second).state is publisher.item(third).state is State.PENDING
    assert not [name for name in publisher.studio.accsyn.log.operations() if name.endswith("create")]
    assert run("drain", "--timeout", "1").exit_code == exit_codes.FAILED
    run("resume")
    publisher.submitted(second, third)


def test_job_that_somebody_else_paused_stays_paused_after_resume(
    publisher: Publisher, moving: Any, run: Run, told: Told
) -> None:
    (job,) = publisher.studio.accsyn.workspace.jobs()
    publisher.studio.accsyn.workspace.pause_job(job.id)
    wait_until(lambda: publisher.item(moving).cause_kind == "paused", 20, "the pause to be noticed")

    run("pause")
    publisher.submitted(moving)
    run("resume")
    session = publisher.session()
    other = publisher.publish_file(publisher.version(session, "show_b"), "other")
    publisher.submitted(other)  # so the worker has gone round since

    assert publisher.studio.accsyn.workspace.job(job.id).status == "paused"


def test_pause_and_resume_twice_say_so(publisher: Publisher, run: Run, told: Told) -> None:
    publisher.session()

    assert told("resume")["changed"] is False
    assert "was not paused" in run("resume").stdout
    run("pause")
    assert told("pause")["changed"] is False
    assert "was paused already" in run("pause").stdout


def test_retry_queues_the_failed_task_again_in_the_job_where_it_failed(
    publisher: Publisher, run: Run, told: Told
) -> None:
    publisher.studio.accsyn.engine.fail_path("bad.mov")
    version = publisher.version(publisher.session())
    good, bad = publisher.publish_file(version, "good"), publisher.publish_file(version, "bad")
    wait_until(lambda: publisher.item(bad).state is State.NEEDS_ATTENTION, 20, "the failure")
    publisher.studio.accsyn.engine.clear_failures()
    publisher.studio.accsyn.log.clear()

    assert told("retry", bad["id"]) == {"retried": 1}

    wait_until(lambda: publisher.item(bad).state is State.SYNCED, 20, "the arrival")
    assert publisher.item(good).state is State.SYNCED
    (job,) = publisher.studio.accsyn.workspace.jobs()
    assert [task.status for task in job.tasks] == ["done", "done"]
    operations = publisher.studio.accsyn.log.operations()
    assert operations.count("task/edit") == 1
    assert "task/create" not in operations


def test_retry_sends_what_is_gone_from_accsyn_with_a_new_job(publisher: Publisher, run: Run) -> None:
    publisher.studio.accsyn.engine.paused = True
    component = publisher.publish_file(publisher.version(publisher.session()))
    publisher.submitted(component)
    (job,) = publisher.studio.accsyn.workspace.jobs()
    publisher.studio.accsyn.workspace.delete_job(job.id)
    wait_until(lambda: publisher.item(component).state is State.NEEDS_ATTENTION, 20, "the loss to be noticed")
    publisher.studio.accsyn.engine.paused = False

    run("retry", component["id"])

    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")


def test_retry_of_something_unknown_fails_and_retries_nothing(publisher: Publisher, run: Run) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    component = publisher.publish_file(publisher.version(publisher.session()))
    publisher.waiting(component, "unreachable")
    before = publisher.item(component).next_try_at

    result = run("retry", "nothing")

    assert result.exit_code == exit_codes.FAILED
    assert "nothing that was published on this machine" in result.stderr
    assert before is not None
