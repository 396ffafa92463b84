"""Verbs that run at night: servers that are away for a while, or for good, and what can never be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from ftrack_accsyn_accessor.cli import exit_codes, telling
from ftrack_accsyn_accessor.insight import ability
from ftrack_accsyn_accessor.insight.asking import Asking
from ftrack_accsyn_accessor.model import retry
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_sandbox.service import Service
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from integration.cli.conftest import Run
from publishing import Publisher, at_work

#: Verbs whose first question goes to ftrack; %s is the id of a component that is there.
VERBS = {"wait": ("wait", "--component", "%s", "--at", "studio.hq"), "reconcile": ("reconcile",)}
FAULTS: dict[str, Callable[[Service], None]] = {
    "busy": lambda ftrack: ftrack.switches.fail_next(status=503, body="<h1>Service Unavailable</h1>", times=2),
    "restarting": lambda ftrack: ftrack.switches.drop_before(times=2),
    "a page": lambda ftrack: ftrack.switches.garble(kind="html", times=2),
    "nothing": lambda ftrack: ftrack.switches.garble(kind="null", times=2),
    "refusing": lambda ftrack: ftrack.switches.refuse(True),
    "hanging": lambda ftrack: ftrack.switches.hang(),
}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything that is done again and again be done so soon."""
    monkeypatch.setattr(retry, "FIRST_DELAY_S", 0.02)
    monkeypatch.setattr(telling, "TOLD_S", 0.0)
    monkeypatch.setattr(ability, "OTHERS_S", 0.0)


@pytest.fixture
def mended(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let ftrack be there again as soon as a question has failed, or has hung; the list has why."""
    seen: list[str] = []
    pause, obstacle = Asking.pause, Asking.obstacle

    def note(asking: Asking, seconds: float) -> None:
        seen.append(obstacle(asking))
        publisher.studio.ftrack.switches.refuse(False)
        pause(asking, seconds)

    def release(asking: Asking) -> str:
        publisher.studio.ftrack.switches.release()
        return obstacle(asking)

    monkeypatch.setattr(Asking, "pause", note)
    monkeypatch.setattr(Asking, "obstacle", release)
    return seen


@pytest.fixture(scope="module")
def artist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """Give one for all tests: none of them changes anything but the switches and the environment."""
    folder = tmp_path_factory.mktemp("night")
    patched = pytest.MonkeyPatch.context()
    with Studio(folder / "studio") as studio, patched as patch, at_work(studio, patch, folder / "sources") as working:
        yield working


@pytest.fixture(scope="module")
def there(artist: Publisher) -> str:
    """Return the id of a component that has arrived; no application runs any more."""
    component = artist.publish_file(artist.version(artist.session()))
    wait_until(lambda: artist.item(component).state is State.SYNCED, 20, "the arrival")
    artist.close()
    return str(component["id"])


@pytest.fixture
def publisher(artist: Publisher, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """Give the artist at a machine of which nothing stays as a test leaves it."""
    artist.monkeypatch = monkeypatch
    yield artist
    artist.studio.ftrack.switches.clear()
    artist.studio.accsyn.switches.clear()
    wait_until(lambda: not asking(), 20, "the questions to end")


def asking() -> bool:
    """Return whether a question of a verb is still under way."""
    return any(each.name == "ftrack-accsyn-asking" for each in threading.enumerate())


# Servers.


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", VERBS)
def test_first_question_is_asked_again_until_ftrack_answers(
    publisher: Publisher, there: str, mended: list[str], run: Run, verb: str, fault: str
) -> None:
    FAULTS[fault](publisher.studio.ftrack)

    result = run(*(word.replace("%s", there) for word in VERBS[verb]))

    assert result.exit_code == exit_codes.OK, result.stderr
    assert any("Could not ask ftrack" in each for each in mended)


@pytest.mark.parametrize("verb", VERBS)
def test_question_that_hangs_does_not_outlast_the_time_given(
    publisher: Publisher, there: str, run: Run, verb: str
) -> None:
    publisher.studio.ftrack.switches.hang(times=1000)

    result = run(*(word.replace("%s", there) for word in VERBS[verb]), "--timeout", "0.2")

    assert asking()
    assert result.exit_code == exit_codes.TIMEOUT
    assert "time is up" in (result.stdout + result.stderr).casefold()


@pytest.mark.parametrize("server", ["http://127.0.0.1:1", "http://nowhere.invalid"])
@pytest.mark.parametrize("verb", VERBS)
def test_server_that_cannot_be_reached_is_told_and_ends_with_the_time(
    publisher: Publisher, there: str, run: Run, verb: str, server: str
) -> None:
    publisher.environment(FTRACK_SERVER=server, FTRACK_ACCSYN_LOCATION="artist.staging")

    result = run(*(word.replace("%s", there) for word in VERBS[verb]), "--timeout", "0.4")

    assert result.exit_code == exit_codes.TIMEOUT
    assert f"Could not ask ftrack ({server})" in result.stderr


def test_reconcile_waits_for_accsyn_and_not_beyond_the_time(publisher: Publisher, there: str, run: Run) -> None:
    publisher.studio.accsyn.switches.hang(times=1000)

    result = run("reconcile", "--timeout", "1")

    assert asking()
    assert result.exit_code == exit_codes.TIMEOUT
    assert "accsyn" in result.stderr


# What can never be.


@pytest.mark.parametrize("verb", VERBS)
def test_wrong_ftrack_key_ends_at_once_in_words(publisher: Publisher, there: str, run: Run, verb: str) -> None:
    publisher.environment(FTRACK_API_KEY="wrong")

    result = run(*(word.replace("%s", there) for word in VERBS[verb]))

    assert result.exit_code == exit_codes.FAILED
    assert "right FTRACK_API_USER and FTRACK_API_KEY" in result.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_address_that_is_none_ends_at_once(publisher: Publisher, there: str, run: Run, verb: str) -> None:
    publisher.environment(FTRACK_SERVER="acme.ftrackapp.test", FTRACK_ACCSYN_LOCATION="artist.staging")

    result = run(*(word.replace("%s", there) for word in VERBS[verb]))

    assert result.exit_code == exit_codes.NOT_SET_UP
    assert "Did you mean https://acme.ftrackapp.test?" in result.stderr


def test_wrong_accsyn_key_ends_reconcile_at_once(publisher: Publisher, there: str, run: Run) -> None:
    publisher.environment(ACCSYN_API_KEY="wrong")

    result = run("reconcile")

    assert result.exit_code == exit_codes.FAILED
    assert "ACCSYN_API_KEY" in result.stderr
