"""The sign of life of whoever sends: given while there is something to do, missed when it stops, and its own."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model.errors import SettingsError
from ftrack_accsyn_accessor.outbox import leadership
from ftrack_accsyn_accessor.outbox.file import lock_path
from ftrack_accsyn_accessor.outbox.leadership import BEAT_S, ENDED_S, SILENT_S, Leader, Sign
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from helpers import wait_until
from tracking import Clock


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite3"


@pytest.fixture
def lock(outbox: Path) -> Iterator[ProcessLock]:
    lock = ProcessLock(lock_path(outbox))
    assert lock.acquire()
    yield lock
    lock.release()


@pytest.fixture
def wall() -> Clock:
    return Clock()


@pytest.fixture
def monotonic() -> Clock:
    return Clock()


@pytest.fixture
def sign(outbox: Path, lock: ProcessLock, wall: Clock, monotonic: Clock) -> Iterator[Sign]:
    sign = Sign(outbox, lock, wall, monotonic)
    yield sign
    sign.close()


def frozen(outbox: Path, wall: Clock, monotonic: Clock) -> bool:
    return leadership.frozen(outbox, wall, monotonic) is not None


def test_leader_is_named_with_its_process_application_and_since_when(outbox: Path, sign: Sign, wall: Clock) -> None:
    sign.give()

    leader = leadership.read(outbox)

    assert leader is not None
    assert (leader.pid, leader.since) == (os.getpid(), wall.now)
    assert leader.name == f"{leader.application} (process {os.getpid()})"
    assert leader.application


def test_leader_that_gives_no_sign_for_a_minute_is_frozen(
    outbox: Path, sign: Sign, wall: Clock, monotonic: Clock
) -> None:
    sign.give()
    for seconds, expected in ((SILENT_S - 1.0, False), (1.0, True)):
        wall.now += seconds
        monotonic.now += seconds
        assert frozen(outbox, wall, monotonic) is expected


@pytest.mark.parametrize("hours", [-100, -1, 1, 100])
def test_clock_that_is_set_anew_freezes_nobody(
    outbox: Path, sign: Sign, wall: Clock, monotonic: Clock, hours: int
) -> None:
    sign.give()
    wall.now += 3600.0 * hours
    monotonic.now += 5.0

    assert not frozen(outbox, wall, monotonic)


def test_machine_that_slept_freezes_nobody(outbox: Path, sign: Sign, wall: Clock, monotonic: Clock) -> None:
    sign.give()
    wall.now += 8 * 3600.0  # the monotonic clock stands still meanwhile

    assert not frozen(outbox, wall, monotonic)


def test_frozen_leader_is_found_though_the_clock_was_set_back(
    outbox: Path, sign: Sign, wall: Clock, monotonic: Clock
) -> None:
    sign.give()
    wall.now -= 3600.0
    monotonic.now += SILENT_S

    assert frozen(outbox, wall, monotonic)


def test_process_that_was_killed_is_not_frozen(
    outbox: Path, sign: Sign, lock: ProcessLock, wall: Clock, monotonic: Clock
) -> None:
    sign.give()
    lock.release()
    wall.now += 3600.0
    monotonic.now += 3600.0

    assert not frozen(outbox, wall, monotonic)


def test_sign_is_renewed_while_the_worker_is_in_a_long_call(
    outbox: Path, sign: Sign, wall: Clock, monotonic: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "BEAT_S", 0.01)
    sign.give()

    monotonic.now += 1000.0  # the worker's thread does nothing here

    wait_until(lambda: (found := leadership.read(outbox)) and found.beat == monotonic.now, what="a sign of life")


def test_sign_tells_what_keeps_the_process_from_sending_until_nothing_does(
    outbox: Path, sign: Sign, wall: Clock, monotonic: Clock
) -> None:
    sign.give(SettingsError("send", outcome="ACCSYN_API_KEY is not set", remedy="Set it."))
    unable = leadership.unable(outbox, wall, monotonic)
    assert unable is not None
    assert (unable.kind, unable.what, unable.remedy) == (
        "settings",
        "Could not send: ACCSYN_API_KEY is not set.",
        "Set it.",
    )

    sign.give()

    assert leadership.unable(outbox, wall, monotonic) is None
    assert leadership.read(outbox) is not None


def test_what_a_process_told_before_the_machine_was_started_anew_is_no_more(
    outbox: Path, sign: Sign, wall: Clock, monotonic: Clock
) -> None:
    monotonic.now = 1e6
    sign.give(SettingsError("send", outcome="ACCSYN_API_KEY is not set", remedy="Set it."))
    assert leadership.unable(outbox, wall, monotonic) is not None

    wall.now += 300.0
    monotonic.now = 100.0

    assert leadership.unable(outbox, wall, monotonic) is None


def test_process_with_nothing_to_do_leaves_no_sign_and_no_thread(
    outbox: Path, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "BEAT_S", 3600.0)
    sign.give()

    sign.close()

    assert not leadership.sign_path(outbox).exists()
    wait_until(lambda: sign._thread is None, what="the thread to end")


def test_process_that_does_not_lead_leaves_the_leaders_sign_alone(
    outbox: Path, sign: Sign, lock: ProcessLock, wall: Clock, monotonic: Clock
) -> None:
    sign.give(SettingsError("send"))
    lock.release()
    other = Leader(os.getpid() + 1, "maya", wall.now, wall.now, monotonic.now)
    leadership.sign_path(outbox).write_text(json.dumps(other.__dict__), encoding="utf-8")

    sign.give(SettingsError("send it all"))
    assert leadership.read(outbox) == other
    sign.close()

    assert leadership.read(outbox) == other


def test_the_same_sign_is_not_written_twice(outbox: Path, sign: Sign) -> None:
    sign.give()
    leadership.sign_path(outbox).unlink()

    sign.give()

    assert leadership.read(outbox) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"pid": "many"}', "\0\xff"])
def test_sign_that_cannot_be_read_names_nobody(outbox: Path, lock: ProcessLock, content: str) -> None:
    leadership.sign_path(outbox).write_text(content, encoding="utf-8")

    assert leadership.read(outbox) is None
    assert leadership.frozen(outbox) is None
    assert leadership.unable(outbox) is None


def test_sign_that_cannot_be_written_keeps_nothing_from_being_done(tmp_path: Path) -> None:
    gone = tmp_path / "unplugged" / "outbox.sqlite3"
    sign = Sign(gone, ProcessLock(lock_path(gone)))

    sign.give()
    sign.close()

    assert not gone.parent.exists()


# Whether anybody is there.


def attended(outbox: Path, wall: Clock, monotonic: Clock) -> bool:
    return leadership.attended(outbox, wall, monotonic)


def test_nobody_is_there_where_nobody_ever_was_and_asking_makes_no_lock(
    outbox: Path, wall: Clock, monotonic: Clock
) -> None:
    assert not attended(outbox, wall, monotonic)
    assert not lock_path(outbox).exists()


def test_somebody_is_there_as_long_as_a_process_holds_the_lock(
    outbox: Path, lock: ProcessLock, wall: Clock, monotonic: Clock
) -> None:
    assert attended(outbox, wall, monotonic)
    lock.release()
    assert not attended(outbox, wall, monotonic)
    assert lock.acquire(), "asking keeps nobody from leading"


def test_process_that_stands_aside_is_there_until_its_next_sign_is_overdue(
    outbox: Path, lock: ProcessLock, sign: Sign, wall: Clock, monotonic: Clock
) -> None:
    sign.give(SettingsError("log in"))
    lock.release()

    wall.now += BEAT_S
    monotonic.now += BEAT_S
    assert attended(outbox, wall, monotonic)
    wall.now += ENDED_S
    monotonic.now += ENDED_S
    assert not attended(outbox, wall, monotonic)


def test_process_that_has_ended_is_gone_at_once(
    outbox: Path, lock: ProcessLock, sign: Sign, wall: Clock, monotonic: Clock
) -> None:
    sign.give()
    sign.close()
    lock.release()

    assert not attended(outbox, wall, monotonic)


def test_outbox_whose_disk_is_gone_tells_nothing_of_who_is_there(tmp_path: Path, wall: Clock, monotonic: Clock) -> None:
    assert attended(tmp_path / "gone" / "outbox.sqlite3", wall, monotonic)


def test_thread_is_over_when_an_end_returns(sign: Sign) -> None:
    for _ in range(20):
        sign.give()
        sign.close()
        assert "ftrack-accsyn-sign-of-life" not in [thread.name for thread in threading.enumerate()]
