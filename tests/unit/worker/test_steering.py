"""Jobs are paused and resumed with the outbox, and what somebody did in accsyn meanwhile stands."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.worker.steering import Steering
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn import AccsynService, demo
from unit.worker.bench import Bench
from unit.worker.test_submission import REFUSED, Submit, other_project, submit

__all__ = ["submit"]  # a fixture


@pytest.fixture
def steering(bench: Bench, submit: Submit, workspace: Workspace) -> Steering:
    """Steer two jobs that wait in accsyn."""
    bench.pending("a")
    other_project(bench, "b")
    submit()
    return Steering(bench.outbox, workspace)


def statuses(office: demo.Demo) -> list[str]:
    return [job.status for job in office.workspace.jobs()]


def test_paused_sync_pauses_all_jobs_once_and_resuming_lets_them_go_on(
    bench: Bench, steering: Steering, office: demo.Demo, accsyn: AccsynService
) -> None:
    before = statuses(office)
    bench.outbox.control.pause("artist")
    steering.step()
    assert statuses(office) == ["paused", "paused"]
    calls = accsyn.log.count("transfer/edit")
    steering.step()
    assert accsyn.log.count("transfer/edit") == calls == 2

    bench.outbox.control.resume()
    steering.step()
    assert statuses(office) == before
    assert bench.outbox.control.paused_jobs() == frozenset()


def test_job_that_is_paused_is_written_down_before_accsyn_is_told(
    bench: Bench, steering: Steering, accsyn: AccsynService
) -> None:
    bench.outbox.control.pause("artist")
    accsyn.switches.drop_after("transfer/edit")

    with pytest.raises(errors.Uncertain):
        steering.step()

    assert len(bench.outbox.control.paused_jobs()) == 1


def test_job_that_accsyn_does_not_pause_goes_on_and_is_not_resumed(
    bench: Bench, steering: Steering, office: demo.Demo, accsyn: AccsynService, caplog: pytest.LogCaptureFixture
) -> None:
    bench.outbox.control.pause("artist")
    accsyn.switches.fail_next("transfer/edit", **REFUSED)

    steering.step()

    assert sorted(statuses(office)).count("paused") == 1
    assert len(bench.outbox.control.paused_jobs()) == 1
    assert "It goes on although syncing is paused." in caplog.text


def test_job_that_somebody_resumed_or_removed_in_accsyn_is_left_alone(
    bench: Bench, steering: Steering, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.outbox.control.pause("artist")
    steering.step()
    first, second = office.workspace.jobs()
    office.workspace.resume_job(first.id)
    office.workspace.delete_job(second.id)
    bench.outbox.control.resume()
    calls = accsyn.log.count("transfer/edit")

    steering.step()

    assert accsyn.log.count("transfer/edit") == calls
    assert bench.outbox.control.paused_jobs() == frozenset()


def test_job_that_somebody_paused_in_accsyn_stays_so(bench: Bench, steering: Steering, office: demo.Demo) -> None:
    (job, _) = office.workspace.jobs()
    office.workspace.pause_job(job.id)
    for tracked in bench.outbox.tracking_of(bench.studio).live_jobs():
        status = "paused" if tracked.row.accsyn_id == job.id else "waiting"
        bench.outbox.tracking.saw_job(tracked.row.id, status)
    bench.outbox.control.pause("artist")
    steering.step()
    bench.outbox.control.resume()
    steering.step()

    assert statuses(office)[0] == "paused"
    assert statuses(office)[1] != "paused"


def test_job_that_accsyn_does_not_resume_is_said_and_forgotten(
    bench: Bench, steering: Steering, accsyn: AccsynService, caplog: pytest.LogCaptureFixture
) -> None:
    bench.outbox.control.pause("artist")
    steering.step()
    bench.outbox.control.resume()
    accsyn.switches.fail_next("transfer/edit", times=2, **REFUSED)

    steering.step()

    assert bench.outbox.control.paused_jobs() == frozenset()
    assert "Resume it in accsyn." in caplog.text


def test_paused_a_second_time_the_jobs_are_paused_again(bench: Bench, steering: Steering, office: demo.Demo) -> None:
    for _ in range(2):
        bench.outbox.control.pause("artist")
        steering.step()
        assert statuses(office) == ["paused", "paused"]
        bench.outbox.control.resume()
        steering.step()
