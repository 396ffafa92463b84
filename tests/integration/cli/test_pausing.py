"""`pause` and `resume` reach the jobs in accsyn themselves where no application runs, and say where they cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.insight import ability, pausing
from ftrack_accsyn_accessor.model.item import State
from helpers import wait_until
from integration.cli.conftest import Run
from integration.cli.test_status import start
from publishing import Publisher

Told = Callable[..., Any]


def jobs(publisher: Publisher) -> list[str]:
    return [str(job.status) for job in publisher.studio.accsyn.workspace.jobs()]


@pytest.fixture
def left(publisher: Publisher) -> Any:
    """Return a component that accsyn carries, very slowly; no application runs any more."""
    publisher.studio.accsyn.engine.speed_bytes_per_s = 1000.0
    version = publisher.version(publisher.session())
    component = version.create_component(str(publisher.file("big.mov", 4_000_000)), {"name": "big"}, location="auto")
    publisher.submitted(component)
    publisher.close()
    return component


@pytest.fixture
def paused(publisher: Publisher, left: Any, run: Run) -> Any:
    """Return the component, paused in accsyn, too."""
    assert run("pause").exit_code == exit_codes.OK
    return left


def test_pause_and_resume_without_an_application_reach_accsyn(publisher: Publisher, left: Any, run: Run) -> None:
    result = run("pause")

    assert (result.exit_code, jobs(publisher)) == (exit_codes.OK, ["paused"])
    assert "Syncing is paused, and 1 sync job(s) in accsyn with it." in result.stdout

    result = run("resume")

    assert result.exit_code == exit_codes.OK
    assert jobs(publisher)[0] in ("waiting", "running")
    assert "Syncing goes on, and 1 sync job(s) in accsyn with it." in result.stdout


def test_resume_sends_nothing_that_waits(publisher: Publisher, paused: Any, run: Run) -> None:
    waiting = publisher.publish_file(publisher.version(publisher.session(), "show_b"), "other")
    publisher.close()

    result = run("resume")

    assert "1 sync job(s) in accsyn with it. What waits is sent by a running application" in result.stdout
    assert (publisher.item(waiting).state, len(jobs(publisher))) == (State.PENDING, 1)


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_an_accsyn_that_is_away_is_told_and_tried_once_more_by_the_same_verb(
    publisher: Publisher, left: Any, run: Run, told: Told, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    if verb == "resume":
        run("pause")
    monkeypatch.setattr(pausing, "STEER_S", 1.0)
    publisher.studio.accsyn.switches.refuse(True)

    result = run(verb)

    assert result.exit_code == exit_codes.TIMEOUT
    assert "connection was refused" in result.stdout
    assert f"or by: ftrack-accsyn {verb}" in result.stdout
    publisher.studio.accsyn.switches.refuse(False)
    monkeypatch.setattr(pausing, "STEER_S", 20.0)
    assert told(verb)["exit_code"] == exit_codes.OK
    assert (jobs(publisher) == ["paused"]) is (verb == "pause")


def test_an_accsyn_that_hangs_holds_pause_no_longer_than_it_says(
    publisher: Publisher, left: Any, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pausing, "STEER_S", 0.5)
    publisher.studio.accsyn.switches.hang(times=1000)

    found = told("pause")

    assert (found["paused"], found["astray"], found["exit_code"]) == (True, 1, exit_codes.TIMEOUT)


def test_wrong_accsyn_key_is_told_at_once_and_nothing_more_is_sent(
    publisher: Publisher, left: Any, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ability, "OTHERS_S", 0.0)
    publisher.environment(ACCSYN_API_KEY="wrong")

    found = told("pause")

    assert (found["paused"], found["exit_code"]) == (True, exit_codes.FAILED)
    assert "ACCSYN_API_KEY" in found["obstacle"]
    assert told("status")["summary"]["pausing"]


def test_missing_setting_is_told_and_nothing_more_is_sent(
    publisher: Publisher, left: Any, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pausing, "OTHERS_S", 0.0)
    publisher.environment(ACCSYN_API_KEY=None)

    found = told("pause")

    assert (found["paused"], found["exit_code"]) == (True, exit_codes.NOT_SET_UP)
    assert "ACCSYN_API_KEY" in found["obstacle"]


def test_nobody_logs_in_where_nothing_runs(publisher: Publisher, run: Run) -> None:
    publisher.session()
    publisher.close()
    publisher.studio.accsyn.log.clear()

    assert run("pause").exit_code == run("resume").exit_code == exit_codes.OK
    assert publisher.studio.accsyn.log.operations() == []


def test_process_that_sends_pauses_and_resumes_its_jobs_itself(
    publisher: Publisher, left: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = start("drain", "--json")
    wait_until(lambda: publisher.item(left).state is State.TRANSFERRING, 30, "the other process to lead")
    publisher.environment(ACCSYN_API_KEY=None)

    assert run("pause").exit_code == exit_codes.OK
    assert jobs(publisher) == ["paused"]
    publisher.studio.accsyn.engine.speed_bytes_per_s = None
    assert run("resume").exit_code == exit_codes.OK

    out, err = other.communicate(timeout=60)
    assert other.returncode == exit_codes.OK, (out, err)


def test_two_that_pause_at_once_pause_it_once(publisher: Publisher, left: Any, told: Told) -> None:
    other = start("pause", "--json")
    found = told("pause")
    out, _ = other.communicate(timeout=30)

    assert (other.returncode, found["exit_code"]) == (exit_codes.OK, exit_codes.OK), out
    assert jobs(publisher) == ["paused"]
    assert told("resume")["exit_code"] == exit_codes.OK
    assert jobs(publisher)[0] in ("waiting", "running")


def test_drain_of_what_is_paused_says_who_paused_it_and_what_to_do(publisher: Publisher, paused: Any, run: Run) -> None:
    result = run("drain")

    assert result.exit_code == exit_codes.FAILED
    assert "paused on this machine by artist@" in result.stderr
    assert "Resume it first, with ftrack-accsyn resume; then drain." in result.stderr
