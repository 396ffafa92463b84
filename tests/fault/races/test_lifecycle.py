"""Forks, resets, exits: what hosts do to the threads and connections of a plugin."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from fault.support_fixtures import Run
from fault.support_studio import assert_nothing_lost_or_doubled, outbox, registered, submitted
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.worker.worker import FOLLOW_S
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until

#: An exiting host waits this long at the very most.
EXIT_S = 10.0


@pytest.mark.parametrize("child", ["exit", "hard"])
@pytest.mark.parametrize("session", ["own", "inherited"])
def test_forked_child_publishes_too_and_the_parent_goes_on(studio: Studio, run: Run, session: str, child: str) -> None:
    forks = 6
    parent = run(
        "publish_across_fork", items=[["file", "plate"]], session=session, child=child, forks=forks, busy=False
    )

    assert parent.wait() == 0, parent.output

    assert parent.reported("child") == [0] * forks, parent.output
    assert parent.reported("workers") == [1] * forks
    assert_nothing_lost_or_doubled(studio)
    assert len(registered(studio)) == 2 + forks * (2 if session == "own" else 1)
    assert parent.complaints == []
    assert parent.output == ""


def test_children_forked_while_other_threads_publish_neither_hang_nor_lose_anything(studio: Studio, run: Run) -> None:
    forks = 12
    parent = run("publish_across_fork", items=[["file", "plate"]], session="own", child="exit", forks=forks, busy=True)

    assert parent.wait(100.0) == 0, parent.output  # each child may take its time to drain

    assert parent.reported("child") == [0] * forks, parent.output
    assert_nothing_lost_or_doubled(studio)
    assert len(registered(studio)) == len(parent.reported("published"))
    assert parent.complaints == []


def test_child_forked_while_its_parent_uploads_leaves_the_uploading_to_it(
    studio: Studio, run: Run, tmp_path: Path
) -> None:
    studio.accsyn.switches.hang("client/find")
    parent = run("fork_while_uploading", items=[["file", "plate"]], go=str(tmp_path / "go"))
    studio.accsyn.log.wait_for("client/find")
    (tmp_path / "go").touch()
    wait_until(lambda: parent.reported("child"), 30.0, "the child to end")
    logins = studio.accsyn.log.count("api/login")
    studio.accsyn.switches.clear()

    assert parent.wait() == 0, parent.output

    assert (parent.reported("child"), parent.reported("waits_s"), logins) == ([0], [FOLLOW_S], 1)
    assert_nothing_lost_or_doubled(studio)
    assert len(registered(studio)) == 2


def test_children_forked_while_the_worker_writes_to_the_hosts_log_can_end(studio: Studio, run: Run) -> None:
    parent = run("fork_while_logging", forks=100)

    assert parent.wait() == 0, parent.output

    assert parent.reported("forks") == [100]


def test_fork_during_the_first_opening_of_a_session_leaves_the_child_able_to_open_one(studio: Studio, run: Run) -> None:
    state = studio.staging / ".ftrack-accsyn"
    state.mkdir(mode=0o700)
    with FileLock(str(state / "staging.lock")):
        parent = run("fork_while_preparing")
        wait_until(lambda: parent.reported("preparing"), 20.0, "the staging area to be in preparation")

    assert parent.wait() == 0, parent.output

    assert parent.reported("child") == [0]
    assert parent.reported("staged") == [True]


def test_publishes_around_reset_and_close_of_a_session_are_all_submitted(studio: Studio, run: Run) -> None:
    child = run("publish_across_reset", items=[["file", "plate"], ["container", "pack"]])

    assert child.wait() == 0, child.output

    assert_nothing_lost_or_doubled(studio)
    assert len(registered(studio)) == 6
    assert child.complaints == []


def test_host_that_exits_at_once_has_submitted_what_it_published(studio: Studio, run: Run) -> None:
    child = run("publish", items=[["file", "plate"]], leave="exit", QUIET_S=1.0)

    assert child.wait(EXIT_S) == 0, child.output

    assert_nothing_lost_or_doubled(studio)
    assert len(submitted(studio)) == 1
    assert (child.complaints, child.output) == ([], "")


@pytest.mark.parametrize("trouble", ["refuses", "hangs before", "hangs after", "fails", "drops"])
def test_host_exits_in_time_whatever_accsyn_does_and_the_next_session_submits(
    studio: Studio, run: Run, trouble: str
) -> None:
    switches = studio.accsyn.switches
    if trouble == "refuses":
        switches.refuse(True)
    elif trouble == "fails":
        switches.fail_next("", status=500, times=1000)
    elif trouble == "drops":
        switches.drop_after("transfer/create", times=1000)
    else:
        switches.hang("transfer/create", after=trouble == "hangs after")
    child = run("publish", items=[["sequence", "plate"]], leave="exit", QUIET_S=1.0)

    assert child.wait(EXIT_S + 5.0) == 0, child.output
    assert child.output == ""
    counts = outbox(studio).counts()
    found_again = counts[State.SUBMITTED] if trouble == "drops" else 0  # where there was the time to look
    assert counts[State.PENDING] + found_again == 1
    switches.clear()
    if trouble == "refuses":
        switches.refuse(False)
    assert run("recover").wait() == 0

    assert_nothing_lost_or_doubled(studio)
    assert len(studio.accsyn.workspace.jobs()) == 1


def test_host_that_never_exits_cleanly_leaves_its_publishes_to_the_next_session(studio: Studio, run: Run) -> None:
    child = run("publish", items=[["file", "plate"], ["container", "pack"]], leave="hard", QUIET_S=1.0)
    assert child.wait() == 0
    assert outbox(studio).counts()[State.PENDING] == 2
    assert submitted(studio) == {}

    assert run("recover").wait() == 0

    assert_nothing_lost_or_doubled(studio)
    assert len(registered(studio)) == 2


def test_publish_during_the_very_end_of_the_interpreter_is_left_to_the_next_session(studio: Studio, run: Run) -> None:
    child = run("publish_at_exit", items=[["file", "plate"]])
    assert child.wait() == 0, child.output
    assert child.reported("published") == ["plate"]
    assert (child.complaints, child.output) == ([], "")

    assert run("recover").wait() == 0

    assert_nothing_lost_or_doubled(studio)
    assert len(registered(studio)) == 1
