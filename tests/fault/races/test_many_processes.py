"""Many processes with many sessions at once: one location, one worker at a time, one job a project, every item."""

from __future__ import annotations

from pathlib import Path

import pytest

from fault.support_fixtures import Run
from fault.support_studio import assert_nothing_lost_or_doubled, outbox, registered, staging_location
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until

PROCESSES = 8
SESSIONS = 3
ITEMS = [["file", "a"], ["sequence", "b"], ["container", "c"]]


def test_eight_processes_with_three_sessions_each_make_one_job_a_project_and_lose_nothing(
    studio: Studio, run: Run, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    children = [
        run("publish_in_threads", items=ITEMS, name=str(number), threads=SESSIONS, go=str(go), leave="drain")
        for number in range(PROCESSES)
    ]
    go.touch()

    assert [child.wait(90.0) for child in children] == [0] * PROCESSES, [child.output for child in children]

    assert_nothing_lost_or_doubled(studio)
    assert len(registered(studio)) == PROCESSES * SESSIONS * len(ITEMS)
    assert len(studio.accsyn.workspace.jobs()) == 2
    assert studio.accsyn.log.count("transfer/create") == 2
    assert [child.complaints for child in children] == [[]] * PROCESSES
    assert "database is locked" not in "".join(child.log for child in children)


@pytest.mark.parametrize("_round", range(3))
def test_eight_processes_that_start_at_the_same_moment_make_the_location_and_the_outbox_once(
    studio: Studio, run: Run, tmp_path: Path, _round: int
) -> None:
    go = tmp_path / "go"
    children = [run("open_session", go=str(go)) for _ in range(PROCESSES)]
    go.touch()

    assert [child.wait() for child in children] == [0] * PROCESSES, [child.output for child in children]

    location = staging_location(studio)["id"]
    assert [child.report for child in children] == [[{"location": location, "staged": True}]] * PROCESSES
    assert [child.complaints for child in children] == [[]] * PROCESSES
    assert sum(outbox(studio).counts().values()) == 0


def test_active_worker_that_is_killed_is_replaced_within_seconds(studio: Studio, run: Run, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    idle = run("open_session", go=str(tmp_path / "go"), leave="stay")
    wait_until(lambda: idle.reported("location"), 20.0, "the idle session")
    studio.accsyn.switches.hang("client/find")
    active = run("publish", items=[["file", "plate"]], leave="stay")
    studio.accsyn.log.wait_for("client/find")
    studio.accsyn.switches.clear()

    active.kill()
    active.wait()

    assert len(studio.accsyn.log.wait_for("transfer/create")) == 1
    wait_until(lambda: outbox(studio).counts()[State.SUBMITTED] == 1 or idle.alive is False, 10.0)
    assert idle.alive
    assert_nothing_lost_or_doubled(studio)


def test_many_sessions_of_one_process_share_one_worker_thread(studio: Studio, run: Run) -> None:
    child = run("count_workers", sessions=4)

    assert child.wait() == 0, child.output

    assert child.reported("workers") == [1]


def test_threads_that_wake_the_worker_at_the_same_moment_start_it_once(studio: Studio, run: Run) -> None:
    rounds = 30
    child = run("wake_at_once", rounds=rounds, threads=8)

    assert child.wait() == 0, child.output

    assert child.reported("workers") == [1] * rounds
