"""One runtime for each staging area and ftrack in a process: shared, with the newest credentials, ended together."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from breaking_off import broken_off
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.outbox import facts, locations, patience
from ftrack_accsyn_accessor.outbox.facts import COMPLETE
from ftrack_accsyn_accessor.worker import runtime as module
from ftrack_accsyn_accessor.worker.runtime import Runtime, open_runtime, stop_all
from helpers import wait_until

Open = Callable[..., Runtime]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens the runtime of a staging area without an accsyn account."""
    root = tmp_path / "staging"
    root.mkdir()
    current = settings.read({"ACCSYN_PROJECTS_PATH": str(root), "ACCSYN_WORKSPACE": "acme"})

    def run(server: str = "https://acme.test", key: str = "key") -> Runtime:
        return open_runtime(current, FtrackCredentials(server, "artist", key), lambda: current, begin=True)

    yield run
    stop_all(30.0)


def test_sessions_with_one_ftrack_share_a_runtime_that_has_the_newest_credentials(opened: Open) -> None:
    first = opened(key="older")
    second = opened("https://ACME.test/", key="newer")

    assert first is second
    assert first.ftrack.api_key == "newer"
    assert opened("https://other.test") is not first


def test_nothing_of_the_outbox_is_open_when_a_process_has_ended_its_work(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def noting(*arguments: Any, **more: Any) -> sqlite3.Connection:
        made.append(connect(*arguments, **more))
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", noting)
    opened().outbox.counts()

    assert stop_all(30.0) is True

    assert made
    for each in made:  # CPython 3.13 complains of those that are open at its end
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            each.execute("SELECT 1")


def test_new_area_knows_its_whole_history_and_which_location_it_is(opened: Open) -> None:
    runtime = opened()
    assert (runtime.prepared, runtime.complete) == (True, True)
    assert runtime.outbox.fact(COMPLETE) == "1"
    assert facts.kept(runtime.outbox, facts.Area).staging_uuid == runtime.area.uuid

    runtime.located("artist.desk")

    kept = facts.kept(runtime.outbox, facts.Area)
    assert (kept.location_name, kept.staging_uuid) == ("artist.desk", runtime.area.uuid)


def test_waking_starts_the_thread_and_stopping_ends_all_of_them(opened: Open) -> None:
    runtimes = [opened(), opened("https://other.test")]
    tokens = [runtime.owner.hold() for runtime in runtimes]
    for runtime in runtimes:
        runtime.wake()

    assert stop_all(30.0) is True

    owners = runtimes[0].outbox.path.parent / "owners"
    assert not any((owners / f"{token}.lock").exists() for token in tokens)
    assert opened() is not runtimes[0]


def test_area_is_tended_before_each_look_and_once_more_at_the_end(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.Worker, "drain", lambda worker: None)
    runtime = opened()
    tended: list[bool] = []
    monkeypatch.setattr(runtime, "tend", lambda ending=False: tended.append(ending))
    runtime.wake()
    wait_until(lambda: tended, 30.0, "the area to be tended")

    stop_all(30.0)

    assert tended[-1] is True
    assert set(tended[:-1]) == {False}


def test_folder_of_outboxes_that_has_to_be_made_is_private(tmp_path: Path) -> None:
    root = tmp_path / "staging"
    root.mkdir()
    variables = {"ACCSYN_PROJECTS_PATH": str(root), "FTRACK_ACCSYN_OUTBOX": str(tmp_path / "a" / "outboxes")}
    current = settings.read({**variables, "ACCSYN_WORKSPACE": "acme"})

    runtime = open_runtime(
        current, FtrackCredentials("https://acme.test", "artist", "key"), lambda: current, begin=True
    )

    assert runtime.outbox.path.parent == tmp_path / "a" / "outboxes"
    assert os.name == "nt" or stat.S_IMODE(runtime.outbox.path.parent.stat().st_mode) == 0o700
    stop_all(30.0)


def test_staging_area_in_a_folder_of_a_syncing_service_is_said_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "Dropbox" / "staging"
    root.mkdir(parents=True)
    current = settings.read({"ACCSYN_PROJECTS_PATH": str(root), "ACCSYN_WORKSPACE": "acme"})

    open_runtime(current, FtrackCredentials("https://acme.test", "artist", "key"), lambda: current, begin=True)

    assert f"The staging area {root} lies in a folder of Dropbox" in caplog.text
    stop_all(30.0)


def test_location_whose_outbox_cannot_be_used_is_remembered_all_the_same(opened: Open) -> None:
    runtime = opened()
    runtime.outbox.close()
    for file in runtime.outbox.path.parent.glob(f"{runtime.outbox.path.name}*"):
        file.unlink()
    runtime.outbox.path.mkdir()

    runtime.located("artist.desk")

    assert [each.name for each in locations.located(runtime.area.root)] == ["artist.desk"]


def test_lock_files_of_killed_processes_are_swept_now_and_then(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAKE_OVER_S", 0.0)
    runtime = opened()
    left = runtime.outbox.path.parent / "owners" / f"{'0' * 32}.lock"
    left.parent.mkdir(exist_ok=True)
    left.touch()
    os.utime(left, (0, 0))

    runtime.tend()

    assert not left.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only POSIX forks")
def test_forked_child_is_a_process_of_its_own(opened: Open) -> None:
    runtime = opened()
    token = runtime.owner.token

    child = os.fork()
    if not child:
        os._exit(0 if runtime.owner.token != token else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert runtime.owner.token == token


def test_opening_that_is_broken_off_at_any_moment_leaves_the_next_session_its_turn(opened: Open) -> None:
    first = opened()

    for moment in broken_off(opened, module, patience):
        assert not module._lock.locked(), moment
        assert patience.left_s(30.0) == 30.0, moment

    assert opened() is first
