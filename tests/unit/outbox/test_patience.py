"""A thread with little patience waits no longer for another process than it may, all its calls together."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import Outbox, connection, damage, opening, patience
from ftrack_accsyn_accessor.outbox.patience import Patience
from holding import HOLD

needs_stop = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no stopped processes there")


@pytest.fixture
def hold(start: Callable[..., Any]) -> Iterator[Callable[..., None]]:
    """Let another process stop inside a write transaction; with "everything" nobody can even read."""
    held = []

    def stop(path: Path, what: str = "writing") -> None:
        process = start(HOLD, path, what)
        assert process.stdout.readline() == "held\n"
        process.send_signal(signal.SIGSTOP)
        held.append(process)

    yield stop
    for process in held:
        process.send_signal(signal.SIGCONT)


@pytest.fixture
def granted(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds for which SQLite, or a lock, was allowed to wait, in order."""
    found: list[float] = []
    really = patience.left_s

    def noting(most_s: float) -> float:
        found.append(really(most_s))
        return found[-1]

    monkeypatch.setattr(patience, "left_s", noting)
    return found


def test_all_that_is_entered_bounds_a_wait_and_is_used_up_by_it() -> None:
    long, short = Patience(8.0), Patience(3.0)
    with long, short:
        assert patience.left_s(30.0) == 3.0
        patience.spend(2.0)
        assert patience.left_s(30.0) == 1.0
        patience.spend(2.0)
        assert patience.left_s(30.0) == 0.0
    with long:
        assert patience.left_s(30.0) == 4.0
    assert patience.left_s(30.0) == 30.0


def test_patience_of_one_thread_is_none_of_anothers() -> None:
    found: list[float] = []
    with Patience(1.0):
        thread = threading.Thread(target=lambda: found.append(patience.left_s(30.0)))
        thread.start()
        thread.join()
    assert found == [30.0]


@needs_stop
@pytest.mark.parametrize("what", ["writing", "everything"])
def test_stopped_writer_costs_all_steps_of_a_publish_no_more_than_one_patience(
    desk: Any, hold: Callable[..., None], granted: list[float], what: str
) -> None:
    desk.outbox.open()
    desk.outbox.close()
    hold(desk.path, what)
    granted.clear()
    mine = Patience(0.3)

    for step in (
        lambda: desk.prepare("c1"),
        lambda: desk.outbox.activate(["c1"], "l1"),
        lambda: desk.outbox.disown(["c1"], "l1"),
        lambda: desk.outbox.cancel(["c1"], "l1"),
    ):
        with mine, pytest.raises(errors.OutboxUnusable, match=r"locked.*Another process is writing"):
            step()

    assert max(granted) <= 0.3
    assert mine.left_s == 0.0


@needs_stop
def test_writer_that_goes_on_in_time_is_waited_for(desk: Any, start: Callable[..., Any]) -> None:
    desk.outbox.open()
    process = start(HOLD.replace("time.sleep(600)", "time.sleep(0.2); held.execute('COMMIT')"), desk.path, "writing")
    assert process.stdout.readline() == "held\n"
    with Patience(20.0) as nothing:
        assert nothing is None
        desk.prepare("c1")
    assert desk.outbox.fact("held") == "1"


def test_thread_that_opens_the_file_for_long_keeps_another_one_no_longer_than_that_may_wait(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "a.sqlite3")
    with connection._opening:
        failures: list[errors.AccsynAccessorError] = []

        def publish() -> None:
            try:
                with Patience(0.05):
                    outbox.open()
            except errors.OutboxUnusable as error:
                failures.append(error)

        thread = threading.Thread(target=publish)
        thread.start()
        thread.join(30.0)
    assert ["another thread is waiting for it" in str(error) for error in failures] == [True]


def test_outbox_that_is_being_kept_aside_by_a_process_that_is_stuck_is_waited_for_no_longer(
    tmp_path: Path, granted: list[float]
) -> None:
    path = tmp_path / "a.sqlite3"
    path.write_bytes(b"no database at all " * 400)
    with damage._alone(path), Patience(0.05), pytest.raises(errors.OutboxUnusable, match="cannot be renamed"):
        Outbox(path).open()
    assert max(granted) <= 5.0  # that of this test itself
    assert os.listdir(tmp_path) != []


def test_damaged_outbox_that_is_not_let_go_of_is_waited_for_as_long_as_its_lock_has_left(
    tmp_path: Path, granted: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.sqlite3"
    path.touch()
    mine = Patience(0.05)

    def refuse(*ignored: object) -> None:
        raise PermissionError("somebody has it open")

    monkeypatch.setattr(damage, "_rename", refuse)
    with mine, pytest.raises(PermissionError):
        damage.set_aside(path, opening.identity(path), "malformed", lambda: None)

    assert granted[-1] < granted[0] <= 0.05
    assert mine.left_s == 0.0


# What is no waiting.


def test_log_that_others_are_about_to_make_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Busy(opening.Connection):
        tries = 0

        def execute(self, *ignored: object) -> Any:
            self.tries += 1
            if self.tries < 3:
                raise sqlite3.OperationalError("database is locked")
            return None

    busy = sqlite3.connect(":memory:", factory=Busy)
    pauses: list[float] = []
    monkeypatch.setattr(opening.time, "sleep", pauses.append)
    opening._use_write_ahead_log(busy)
    assert (busy.tries, pauses) == (3, [opening.LOCKED_PAUSE_S] * 2)
    busy.close()


def test_disk_is_told_to_write_where_macos_would_not(desk: Any) -> None:
    with desk.outbox._connections.reading() as found:
        settings = {
            name: found.execute(f"PRAGMA {name}").fetchone()[0] for name in ("fullfsync", "checkpoint_fullfsync")
        }
    assert settings == {"fullfsync": 1, "checkpoint_fullfsync": 1}
