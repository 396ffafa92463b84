"""That somebody looks is known to other processes for a while, and costs a date."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ftrack_accsyn_accessor.outbox import attention


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite3"


def test_nobody_has_looked_into_a_new_outbox(outbox: Path) -> None:
    assert not attention.is_given(outbox, time.time())


def test_look_counts_for_a_while(outbox: Path) -> None:
    attention.give(outbox)
    given_at = os.stat(attention.path_of(outbox)).st_mtime

    assert attention.is_given(outbox, given_at)
    assert attention.is_given(outbox, given_at + attention.HOLDS_S - 1)
    assert not attention.is_given(outbox, given_at + attention.HOLDS_S)
    assert not attention.is_given(outbox, given_at - 3600)  # the clock was set back


def test_look_a_moment_later_writes_nothing_and_a_later_one_counts_anew(
    outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attention.give(outbox)
    os.utime(attention.path_of(outbox), (1000.0, 1000.0))

    attention.give(outbox)
    assert os.stat(attention.path_of(outbox)).st_mtime == 1000.0
    monkeypatch.setitem(attention._given, outbox, -1e9)
    attention.give(outbox)
    assert os.stat(attention.path_of(outbox)).st_mtime > 1000.0


def test_folder_that_is_not_there_is_no_error(outbox: Path) -> None:
    attention.give(outbox / "gone" / "outbox.sqlite3")


@pytest.mark.parametrize("off_s", [-3600.0, -1.5, 0.0, 1.5, 3600.0])
def test_look_counts_whatever_time_its_disk_has(outbox: Path, monkeypatch: pytest.MonkeyPatch, off_s: float) -> None:
    now = time.time() + off_s  # a server dates what it is not given a time for by its own clock
    monkeypatch.setattr(attention, "time", SimpleNamespace(time=lambda: now, monotonic=time.monotonic))

    attention.give(outbox)

    assert attention.is_given(outbox, now)
    assert not attention.is_given(outbox, now + attention.HOLDS_S)


def test_look_counts_on_a_disk_that_rounds_times_up(outbox: Path) -> None:
    attention.give(outbox)
    os.utime(attention.path_of(outbox), (1002.0, 1002.0))
    assert attention.is_given(outbox, 1000.5)
