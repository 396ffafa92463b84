"""`drain` at night: keys that are wrong, servers that hang, and what somebody has told to be tried again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_accsyn_accessor.cli import drain, exit_codes, telling
from ftrack_accsyn_accessor.insight import ability
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import leadership
from helpers import wait_until
from integration.cli.conftest import Run
from integration.cli.test_status import start
from publishing import Publisher, workers

Told = Callable[..., Any]


@pytest.fixture
def unsent(publisher: Publisher) -> Any:
    """Return a component that a script published and left unsent."""
    publisher.studio.accsyn.switches.refuse(True)
    component = publisher.publish_file(publisher.version(publisher.session()), "movie")
    publisher.close()
    publisher.studio.accsyn.switches.refuse(False)
    return component


@pytest.fixture
def stuck(publisher: Publisher) -> Any:
    """Return a component that accsyn could not transfer once, and could now; no application runs any more."""
    publisher.studio.accsyn.engine.fail_path("*.mov", "E#J057 Disk full.")
    component = publisher.publish_file(publisher.version(publisher.session()), "movie")
    wait_until(lambda: publisher.item(component).state is State.NEEDS_ATTENTION, 20, "the failure")
    publisher.close()
    publisher.studio.accsyn.engine.clear_failures()
    return component


@pytest.mark.parametrize(
    ("variable", "words"),
    [("FTRACK_API_KEY", "right FTRACK_API_USER and FTRACK_API_KEY"), ("ACCSYN_API_KEY", "ACCSYN_API_KEY")],
)
def test_wrong_key_ends_drain_in_words(
    publisher: Publisher,
    unsent: Any,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    variable: str,
    words: str,
) -> None:
    monkeypatch.setattr(ability, "OTHERS_S", 0.0)
    publisher.environment(**{variable: "wrong"})
    caplog.clear()

    result = run("drain")

    assert result.exit_code == exit_codes.FAILED
    assert words in result.stderr
    assert words not in caplog.text  # which would be standard error, once more
    assert publisher.item(unsent).state is State.PENDING


def test_wrong_ftrack_key_ends_drain_that_only_follows(
    publisher: Publisher, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ability, "OTHERS_S", 0.0)
    publisher.studio.accsyn.engine.paused = True
    component = publisher.publish_file(publisher.version(publisher.session()), "movie")
    publisher.submitted(component)
    publisher.close()
    publisher.environment(FTRACK_API_KEY="wrong")
    publisher.studio.accsyn.engine.paused = False

    result = run("drain")

    assert result.exit_code == exit_codes.FAILED
    assert "right FTRACK_API_USER and FTRACK_API_KEY" in result.stderr


def test_drain_with_a_wrong_key_leaves_it_to_a_process_that_can_send(
    publisher: Publisher, unsent: Any, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ability, "OTHERS_S", 60.0)
    path, found = publisher.outbox.path, []
    publisher.environment(FTRACK_API_KEY="wrong")
    draining = threading.Thread(target=lambda: found.append(told("drain", "--timeout", "60")))
    draining.start()
    wait_until(lambda: leadership.unable(path) is not None, 20, "the wrong key to be found out")

    publisher.environment(**publisher.studio.environment())
    other = start("drain", "--json", "--timeout", "60")
    publisher.environment(FTRACK_API_KEY="wrong")
    out, err = other.communicate(timeout=60)
    draining.join(60)

    assert (json.loads(out)["left"], found[0]["exit_code"]) == (0, exit_codes.OK), err


@pytest.mark.parametrize("service", ["ftrack", "accsyn"])
def test_server_that_hangs_does_not_outlast_the_time_of_drain(
    publisher: Publisher, unsent: Any, run: Run, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    monkeypatch.setattr(drain, "STOP_S", 60.0)
    monkeypatch.setattr(telling, "TOLD_S", 0.0)
    getattr(publisher.studio, service).switches.hang(times=1000)

    result = run("drain", "--timeout", "0.5")

    assert workers()  # in its question still
    assert result.exit_code == exit_codes.TIMEOUT
    assert "1 pending, 0 moving" in result.stderr


def test_drain_sends_once_a_busy_ftrack_answers(publisher: Publisher, unsent: Any, told: Told) -> None:
    publisher.studio.ftrack.switches.fail_next(status=503, body="<h1>Service Unavailable</h1>", times=2)

    assert told("drain", "--timeout", "60")["exit_code"] == exit_codes.OK


def test_drain_follows_what_retry_has_begun_to_its_end(publisher: Publisher, stuck: Any, run: Run, told: Told) -> None:
    run("retry")

    found = told("drain", "--timeout", "60")

    assert (found["exit_code"], found["summary"]["problem"]) == (exit_codes.OK, "")
    assert publisher.item(stuck).state is State.SYNCED


def test_drain_after_retry_waits_for_an_accsyn_that_is_away(
    publisher: Publisher, stuck: Any, run: Run, told: Told
) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    run("retry")
    found: list[Any] = []
    draining = threading.Thread(target=lambda: found.append(told("drain", "--timeout", "60")))
    draining.start()

    publisher.waiting(stuck, "unreachable")
    publisher.studio.accsyn.switches.refuse(False)
    draining.join(60)

    assert (found[0]["exit_code"], found[0]["summary"]["problem"]) == (exit_codes.OK, "")


def test_time_that_is_up_while_it_is_tried_again_never_tells_the_old_cause(
    publisher: Publisher, stuck: Any, run: Run
) -> None:
    publisher.studio.accsyn.switches.hang(times=1000)
    run("retry")

    result = run("drain", "--timeout", "0.5")

    assert result.exit_code == exit_codes.TIMEOUT
    assert "Disk full" not in result.stdout + result.stderr


def test_what_fails_again_after_retry_is_told_as_it_is_now(
    publisher: Publisher, stuck: Any, run: Run, told: Told
) -> None:
    publisher.studio.accsyn.engine.fail_path("*.mov", "E#J058 No route.")
    run("retry")

    found = told("drain", "--timeout", "60")

    assert found["exit_code"] == exit_codes.ATTENTION
    assert "E#J058 No route" in found["summary"]["problem"]
