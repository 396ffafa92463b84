"""`send --wait` at night: servers that are away for a while, or hang, and keys that are wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Optional

import pytest

from ftrack_accsyn_accessor.cli import exit_codes, telling
from ftrack_accsyn_accessor.insight import ability
from ftrack_accsyn_accessor.insight.asking import Asking
from ftrack_accsyn_accessor.model import retry
from ftrack_accsyn_accessor.send import ordering
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.ordering import Preview
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from integration.cli.test_asked import artist, run, send, studio, told
from publishing import workers

__all__ = ["artist", "studio"]  # fixtures


@pytest.fixture(autouse=True)
def _soon(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let everything that is done again and again be done so soon, and leave both servers as they were."""
    monkeypatch.setattr(retry, "FIRST_DELAY_S", 0.02)
    monkeypatch.setattr(telling, "TOLD_S", 0.0)
    monkeypatch.setattr(ability, "OTHERS_S", 0.0)
    yield
    studio.ftrack.switches.clear()
    studio.accsyn.switches.clear()
    wait_until(lambda: not asking(), 40, "the questions to end")


def asking() -> bool:
    """Return whether a question of a verb is still under way."""
    return any(each.name == "ftrack-accsyn-asking" for each in threading.enumerate())


@pytest.mark.parametrize("service", ["ftrack", "accsyn"])
def test_plan_is_made_once_a_server_that_is_away_answers(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    switches, pause, why = getattr(studio, service).switches, Asking.pause, []

    def mend(asking: Asking, seconds: float) -> None:
        why.append(asking.obstacle())
        switches.refuse(False)
        pause(asking, seconds)

    monkeypatch.setattr(Asking, "pause", mend)
    switches.refuse(True)

    result = send("beauty", "--wait", "--timeout", "60")

    assert result.exit_code == exit_codes.OK, result.stderr
    assert any("Could not" in each for each in why)


@pytest.mark.parametrize("service", ["ftrack", "accsyn"])
def test_plan_that_a_server_hangs_on_does_not_outlast_the_time(studio: Studio, service: str) -> None:
    getattr(studio, service).switches.hang(times=1000)

    result = send("beauty", "--wait", "--timeout", "0.2")

    assert asking()
    assert result.exit_code == exit_codes.TIMEOUT
    assert told(run("requests", "--json"))["requests"] == []


@pytest.fixture
def once_confirmed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Return a function that lets something happen once a request is written down, before it is handed to accsyn."""
    confirm = ordering.Ordering.confirm

    def happens(what: Callable[[], None]) -> None:
        def and_then(self: ordering.Ordering, preview: Preview, who: Optional[Requester] = None) -> list[int]:
            ids = confirm(self, preview, who)
            what()
            return ids

        monkeypatch.setattr(ordering.Ordering, "confirm", and_then)

    return happens


def test_accsyn_that_hangs_later_does_not_outlast_the_time_either(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, once_confirmed: Callable[[Callable[[], None]], None]
) -> None:
    monkeypatch.setattr(ordering, "STOP_S", 60.0)
    once_confirmed(lambda: studio.accsyn.switches.hang(times=1000))
    before = len(workers())

    result = send("depth", "--wait", "--timeout", "1", "--json")

    assert len(workers()) > before  # in its question still
    assert result.exit_code == exit_codes.TIMEOUT
    assert "waiting" in result.stderr
    assert told(result)["requests"][0]["state"] == "waiting"


def test_wrong_key_ends_it_at_once_before_anything_is_asked_for(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTRACK_API_KEY", "wrong")

    assert send("beauty", "--wait").exit_code == exit_codes.FAILED
    assert told(run("requests", "--json"))["requests"] == []


def test_key_that_is_taken_away_meanwhile_ends_it_with_what_becomes_of_the_request(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, once_confirmed: Callable[[Callable[[], None]], None]
) -> None:
    once_confirmed(lambda: monkeypatch.setenv("ACCSYN_API_KEY", "wrong"))

    result = send("matte", "--wait", "--timeout", "60")

    assert result.exit_code == exit_codes.FAILED
    assert "ACCSYN_API_KEY" in result.stderr
    assert "It is not followed any more, and stays asked for" in result.stderr
