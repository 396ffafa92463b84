"""`ftrack-accsyn serve` as a process that is told to end, killed, and run twice at once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.outbox import Outbox, memory
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import Publisher
from sending import Sender
from serving import Page, hidden, text

COMMAND = [sys.executable, "-c", "from ftrack_accsyn_accessor.cli import main; main()", "serve"]


class Process:
    """A running service, and what it has said."""

    def __init__(self, studio: Studio, state: Path, *options: str) -> None:
        environ = {**os.environ, **studio.environment("admin"), "XDG_STATE_HOME": str(state)}
        del environ["ACCSYN_PROJECTS_PATH"]
        self.said = ""
        self.process = subprocess.Popen([*COMMAND, *options], env=environ, stderr=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self.said += line

    def says(self, words: str) -> None:
        wait_until(lambda: words in self.said or self.process.poll() is not None, 20.0, words)
        assert words in self.said, self.said

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(20.0)
        self._reader.join(5.0)
        if self.process.stderr is not None:
            self.process.stderr.close()
        return code


class Services:
    """Starts services; the folder of the outbox is the same for all unless another one is named."""

    def __init__(self, studio: Studio, folder: Path) -> None:
        self._studio = studio
        self._folder = folder
        self._all: list[Process] = []

    def start(self, folder: str = "state") -> Process:
        """Start a service and wait until it serves."""
        found = self.begin(folder)
        found.says("Listening to ftrack's event hub")
        return found

    def begin(self, folder: str = "state") -> Process:
        """Start a service."""
        self._all.append(Process(self._studio, self._folder / folder))
        return self._all[-1]

    def unsent(self) -> int:
        """Return how many items accsyn does not have, of all services."""
        outboxes = [Outbox(path) for path in self._folder.glob("*/ftrack-accsyn/**/*.sqlite3")]
        assert outboxes
        with contextlib.ExitStack() as stack:
            return sum(memory.unsent(stack.enter_context(contextlib.closing(each))) for each in outboxes)

    def close(self) -> None:
        for each in self._all:
            if each.process.poll() is None:
                each.end(signal.SIGKILL)


@pytest.fixture
def services(studio: Studio, publisher: Publisher, tmp_path: Path) -> Iterator[Services]:
    found = Services(studio, tmp_path)
    yield found
    found.close()


@pytest.fixture
def shot(studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, str]]:
    """A shot with a component at head quarters, as it is selected."""
    sender = Sender(studio, monkeypatch, tmp_path)
    shot_id = sender.shot()
    sender.component(sender.version(sender.asset(shot_id)), "show_a/plate.mov")
    (studio.hq / "show_a").mkdir()
    (studio.hq / "show_a/plate.mov").write_bytes(b"x" * 100)
    sender.close()
    return [{"entityId": shot_id, "entityType": "task"}]


def arrived(studio: Studio) -> bool:
    return (studio.site("london") / "show_a/plate.mov").is_file()


def tasks(studio: Studio) -> int:
    return sum(len(job.tasks) for job in studio.accsyn.workspace.jobs())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals between processes")
def test_services_that_are_told_to_end_do_so_without_a_word_too_many(services: Services) -> None:
    serving, standing_by = services.begin(), services.begin("other")
    for number, service in zip((signal.SIGTERM, signal.SIGINT), (serving, standing_by)):
        service.says("Listening")
        assert service.end(number) == 0
        assert "Traceback" not in service.said


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals between processes")
def test_a_service_ends_while_ftrack_gives_no_answer(studio: Studio, services: Services) -> None:
    studio.ftrack.switches.hang("", times=100)
    service = services.begin()
    wait_until(lambda: studio.ftrack.log.count(), what="a call that hangs")

    assert service.end() == 0


def test_what_was_confirmed_is_carried_by_the_next_service_after_a_kill(
    studio: Studio, services: Services, page: Page, shot: Any
) -> None:
    service = services.start()
    action = page.action("send", shot)
    preview = page.preview(action, shot)
    studio.accsyn.switches.fail_next("", status=503, times=1000)
    assert page.launch(action, shot, **hidden(preview))["success"]
    service.end(signal.SIGKILL)
    assert tasks(studio) == 0
    studio.accsyn.switches.clear()

    services.start()

    wait_until(lambda: tasks(studio), 30.0, "the task")
    assert tasks(studio) == 1


def test_a_second_service_stands_by_and_answers_when_the_first_is_killed(
    studio: Studio, services: Services, page: Page, shot: Any
) -> None:
    first = services.start()
    second = services.begin()
    second.says("stands by")
    action = page.action("send", shot)  # one: the second offers nothing
    preview = page.preview(action, shot)
    first.end(signal.SIGKILL)
    second.says("Listening to ftrack's event hub")

    # It has the name of the first, and says that it knows nothing of what that one has shown.
    told = page.launch(action, shot, **hidden(preview))
    assert "Launch the action again" in told["message"]
    assert page.launch(action, shot, **hidden(page.preview(action, shot)))["success"]


def test_of_two_services_elsewhere_the_one_that_was_asked_answers_and_nothing_goes_twice(
    studio: Studio, services: Services, page: Page, shot: Any
) -> None:
    for each in (services.begin("one"), services.begin("other")):
        each.says("Listening to ftrack's event hub")
    menu: list[Any] = []
    wait_until(lambda: len(menu.extend(page.discover(shot)) or {each["accsyn_service"] for each in menu}) == 2)
    one, other = {each["accsyn_service"]: each for each in menu if each["actionIdentifier"] == "accsyn.send"}.values()

    previews = [page.preview(each, shot) for each in (one, other)]
    studio.accsyn.engine.paused = True  # so that the second finds what the first has begun, and not its end
    assert page.launch(one, shot, **hidden(previews[0]))["success"], text(previews[0])
    wait_until(lambda: tasks(studio), 30.0, "the task")
    assert page.launch(other, shot, **hidden(previews[1]))["success"], text(previews[1])
    wait_until(lambda: not services.unsent(), 30.0, "both to have handed it to accsyn")
    studio.accsyn.engine.paused = False

    wait_until(lambda: len(studio.ftrack.store.find("ComponentLocation")) == 2, 30.0, "one registration")
    assert arrived(studio)
    assert tasks(studio) == 1


def test_a_service_says_what_is_missing_and_ends(publisher: Publisher, studio: Studio, tmp_path: Path) -> None:
    environ = {**os.environ, **studio.environment("admin"), "XDG_STATE_HOME": str(tmp_path)}
    for name in ("ACCSYN_API_KEY", "ACCSYN_PROJECTS_PATH"):
        del environ[name]
    ended = subprocess.run(COMMAND, env=environ, capture_output=True, text=True, timeout=60)
    assert (ended.returncode != 0, "ACCSYN_API_KEY" in ended.stderr) == (True, True)
    assert "Traceback" not in ended.stderr
