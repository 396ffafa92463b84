"""What waits for others, elsewhere, or could not be queued is told by every command, and never passes for arrived."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.cli import drain, exit_codes
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import unqueued
from ftrack_accsyn_accessor.outbox.file import lock_path, outbox_path
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.staging import area
from ftrack_accsyn_accessor.worker import runtime
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from integration.cli.conftest import Run
from publishing import Publisher, workers
from release import OUTBOXES

Told = Callable[..., Any]
ARRIVED = "has arrived"


def end() -> None:
    """End the application: what comes next is another process."""
    runtime.stop_all(0.0)
    wait_until(lambda: not workers(), 20.0, "the background thread to end")
    area._prepared.clear()
    announce._said.clear()


@pytest.fixture
def offline(publisher: Publisher) -> Any:
    """Publish while accsyn is out of reach, and end the application; return the component."""
    publisher.studio.accsyn.switches.refuse(True)
    component = publisher.publish_file(publisher.version(publisher.session()))
    publisher.waiting(component, "unreachable")
    end()
    publisher.studio.accsyn.switches.refuse(False)
    return component


class Said:
    """What a command said, on one line, and its exit code."""

    def __init__(self, run: Run, *arguments: str) -> None:
        result = run(*arguments)
        self.text = " ".join(f"{result.stdout} {result.stderr}".split())
        self.exit_code = result.exit_code


@pytest.fixture
def said(run: Run) -> Callable[..., Said]:
    return lambda *arguments: Said(run, *arguments)


Say = Callable[..., Said]


def unsent_everywhere(said: Say, told: Told, words: str, topic: str) -> None:
    """Check that *words* are told by every command, and that each of them says that something is unsent."""
    for command in ("status", "drain", "why"):
        answer = said(command)
        assert words in answer.text, command
        assert answer.exit_code == exit_codes.UNSENT, command
        assert ARRIVED not in answer.text, command
    assert words in said("log").text
    (check,) = [each for each in told("doctor")["checks"] if each["name"] == topic]
    assert (check["level"], words in check["text"]) == ("warn", True)


# Other staging areas.


def test_unsent_items_of_another_staging_area_are_told_by_every_command(
    publisher: Publisher, offline: Any, said: Say, told: Told, tmp_path: Path
) -> None:
    publisher.environment(ACCSYN_PROJECTS_PATH=str(tmp_path / "projects"))
    publisher.session()
    words = f"1 component in another staging area of this machine, {publisher.studio.staging}, has not been sent."

    unsent_everywhere(said, told, words, "other area")

    summary = told("status")["summary"]
    assert (summary["items"], summary["safe_to_quit"], summary["all_arrived"]) == (0, False, False)
    assert summary["safe_reason"] == words
    (remark,) = summary["remarks"]
    assert (remark["topic"], remark["where"]) == ("other-area", str(publisher.studio.staging))
    assert (remark["count"], remark["unsent"]) == (1, True)


def test_staging_area_without_an_outbox_does_not_hide_another_one(
    publisher: Publisher, offline: Any, said: Say, told: Told, tmp_path: Path
) -> None:
    publisher.environment(ACCSYN_PROJECTS_PATH=str(tmp_path / "projects"))
    words = f"1 component in another staging area of this machine, {publisher.studio.staging}, has not been sent."

    for command in ("status", "drain", "why"):
        assert words in said(command).text
        assert said(command).exit_code == exit_codes.UNSENT
    assert not (tmp_path / "projects").exists()
    (check,) = [each for each in told("doctor")["checks"] if each["name"] == "other area"]
    assert check["level"] == "warn"


def test_staging_area_with_nothing_unsent_is_not_told(
    publisher: Publisher, offline: Any, said: Say, tmp_path: Path
) -> None:
    assert said("drain", "--timeout", "60").exit_code == exit_codes.OK
    end()
    publisher.environment(ACCSYN_PROJECTS_PATH=str(tmp_path / "projects"))
    publisher.session()

    assert said("status").exit_code == exit_codes.OK


@pytest.mark.parametrize("left_behind", ["nothing", "an empty mount point"])
def test_unplugged_staging_area_is_called_so_with_what_waits_in_it(
    publisher: Publisher, offline: Any, said: Say, told: Told, left_behind: str
) -> None:
    staging = publisher.studio.staging
    staging.rename(staging.with_name("in a drawer"))
    if left_behind != "nothing":
        staging.mkdir()

    for command in ("status", "drain", "why"):
        answer = said(command)
        assert f"The staging area {staging} is known on this machine, but is not there: its disk is" in answer.text
        assert "1 component in it had not been sent." in answer.text
        assert "Plug the disk in again" in answer.text
        assert answer.exit_code == exit_codes.UNSENT
    (check,) = [each for each in told("doctor")["checks"] if each["name"] == "staging area"]
    assert (check["level"], "its disk is unplugged" in check["text"]) == ("fail", True)
    assert [path.name for path in staging.glob("*")] == []


def test_unplugged_staging_area_is_told_from_another_one(
    publisher: Publisher, offline: Any, said: Say, told: Told, tmp_path: Path
) -> None:
    staging = publisher.studio.staging
    staging.rename(staging.with_name("in a drawer"))
    publisher.environment(ACCSYN_PROJECTS_PATH=str(tmp_path / "projects"))
    publisher.session()

    unsent_everywhere(said, told, f"Another staging area of this machine, {staging}, is unplugged;", "other area")

    (record,) = re.findall(r"To have it forgotten, remove (\S+\.json)\.", said("status").text)
    Path(record).unlink()
    assert said("status").exit_code == exit_codes.OK


# What could not be queued.


@contextlib.contextmanager
def closed(outbox: Path) -> Iterator[None]:
    """Let nobody use the outbox: it passes for one of a later release."""

    def set_version(version: int) -> None:
        with contextlib.closing(sqlite3.connect(outbox, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA user_version = {version}")

    with contextlib.closing(sqlite3.connect(outbox)) as connection:
        before = connection.execute("PRAGMA user_version").fetchone()[0]
    set_version(99)
    try:
        yield
    finally:
        set_version(before)


@pytest.fixture
def not_queued(publisher: Publisher) -> Any:
    """Publish while the outbox takes nothing, and end the application; return the component."""
    session = publisher.session()
    version = publisher.version(session)
    with closed(publisher.outbox.path):
        session.pick_location().accsyn_staging.outbox.close()  # what is open already would not be asked for its version
        component = publisher.publish_file(version)
        end()
    return component


def test_what_could_not_be_queued_is_told_until_it_is(
    publisher: Publisher, not_queued: Any, said: Say, told: Told
) -> None:
    words = "1 component was published and waits to be queued: "

    for command in ("status", "why"):
        answer = said(command)
        assert words in answer.text
        assert "Update the plugin" in answer.text
        assert answer.exit_code == exit_codes.UNSENT
        assert ARRIVED not in answer.text
    asked = said("why", not_queued["id"])
    assert (words in asked.text, asked.exit_code) == (True, exit_codes.UNSENT)
    (check,) = [each for each in told("doctor")["checks"] if each["name"] == "not queued"]
    assert check["level"] == "warn"

    assert said("drain", "--timeout", "60").exit_code == exit_codes.OK

    assert publisher.item(not_queued).state is State.SYNCED
    assert said("status").exit_code == exit_codes.OK


def test_what_could_not_be_queued_is_told_although_the_outbox_cannot_be_read(
    publisher: Publisher, not_queued: Any, said: Say, told: Told
) -> None:
    with closed(publisher.outbox.path):
        answer = said("status")
        checks = {each["name"]: each["level"] for each in told("doctor")["checks"]}

    assert "it has version 99" in answer.text
    assert "1 component was published and waits to be queued" in answer.text
    assert answer.exit_code == exit_codes.UNSENT
    assert (checks["outbox"], checks["not queued"]) == ("fail", "warn")


def test_what_cannot_be_taken_in_is_told_by_every_command(
    publisher: Publisher, not_queued: Any, said: Say, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "TAKE_IN_S", 0.5)
    (note,) = (publisher.outbox.path.parent / unqueued.FOLDER_NAME).iterdir()
    note.write_text("half a no")

    unsent_everywhere(said, told, f"{note} cannot be read", "not queued")


# Another studio.


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Studio]:
    with Studio(tmp_path / "other") as running:
        yield running


def log_in(publisher: Publisher, studio: Studio) -> None:
    """Be at work for *studio*, in the staging area that there is, which its accsyn client knows, too."""
    folders = studio.demo.artist_client.folders
    folders.update(dict.fromkeys(folders, publisher.studio.staging))
    publisher.environment(**{**studio.environment(), "ACCSYN_PROJECTS_PATH": str(publisher.studio.staging)})


def test_items_of_another_studio_are_told_by_every_command_and_sent_when_somebody_logs_in_there(
    publisher: Publisher, offline: Any, other: Studio, said: Say, told: Told
) -> None:
    log_in(publisher, other)
    server = publisher.studio.ftrack.url
    words = f"1 component waits for workspace acme at {server}: it is sent when somebody logs in there."

    unsent_everywhere(said, told, words, "other studio")

    found = told("status")
    assert (found["summary"]["pending"], found["summary"]["pending_elsewhere"]) == (1, 1)
    (row,) = found["items"]
    assert (row["cause_kind"], row["workspace"], row["server_url"]) == ("other-studio", "acme", server)
    asked = said("why", offline["id"])
    assert f"main is another studio's. It waits for workspace acme at {server}." in asked.text
    assert asked.exit_code == exit_codes.UNSENT
    assert f"It waits for workspace acme at {server}." in said("log", offline["id"]).text
    assert told("drain")["left"] == 0
    assert other.accsyn.workspace.jobs() == []
    end()

    log_in(publisher, publisher.studio)
    assert said("drain", "--timeout", "60").exit_code == exit_codes.OK
    assert publisher.item(offline).state is State.SYNCED
    assert said("status").exit_code == exit_codes.OK


def test_drain_sends_its_own_items_beside_those_of_another_studio(
    publisher: Publisher, offline: Any, other: Studio, said: Say, told: Told
) -> None:
    there = Publisher(other, publisher.monkeypatch, publisher.folder)
    log_in(publisher, other)
    component = there.publish_file(there.version(there.session()), "there")

    answer = said("drain", "--timeout", "60")

    assert answer.exit_code == exit_codes.UNSENT
    assert "1 component waits for workspace acme at" in answer.text
    assert publisher.item(component).state is State.SYNCED
    assert len(there.hq()) == 1


def test_what_is_on_the_way_in_another_studio_is_not_followed_and_not_waited_for(
    publisher: Publisher, other: Studio, said: Say, told: Told
) -> None:
    publisher.studio.accsyn.engine.paused = True
    component = publisher.publish_file(publisher.version(publisher.session()))
    publisher.submitted(component)
    end()
    log_in(publisher, other)

    answer = said("drain", "--timeout", "60")

    assert answer.exit_code == exit_codes.MOVING
    assert "1 component is on the way in workspace acme at" in answer.text
    assert said("status").exit_code == exit_codes.MOVING
    publisher.studio.accsyn.log.clear()
    other.accsyn.log.clear()
    asked = said("why", component["id"])
    assert "It is on the way in workspace acme" in asked.text
    assert asked.exit_code == exit_codes.MOVING
    assert ARRIVED not in said("why").text
    assert publisher.studio.accsyn.log.operations() + other.accsyn.log.operations() == []


# An outbox of an earlier release.


def test_earlier_outbox_that_is_in_use_is_told(publisher: Publisher, said: Say, told: Told) -> None:
    path = outbox_path(None, str(publisher.studio.staging)).with_name("artist.ws1.sqlite3")
    publisher.session()
    end()
    shutil.copy(OUTBOXES / path.name, path)
    words = f"The outbox {path} of an earlier release has not been taken over yet."
    answer = said("status")
    assert (words in answer.text, answer.exit_code) == (True, exit_codes.UNSENT)
    lock = ProcessLock(lock_path(path))
    assert lock.acquire()

    publisher.session()
    end()

    words = f"The outbox {path} is in use by an application with an earlier release, which sends what is in it."
    unsent_everywhere(said, told, words, "earlier outbox")
    lock.release()
    end()
    publisher.session()
    assert words not in said("status").text
