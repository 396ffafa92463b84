"""What may go wrong at the very moment in which the outbox's file is opened."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import Outbox, schema


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Let no file of this process grow: SQLite answers with a disk error."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_disk_that_takes_no_write_ahead_log_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    outbox = Outbox(tmp_path / "outbox.sqlite3")

    with full_disk(), pytest.raises(errors.OutboxUnusable, match="disk"):
        outbox.open()

    assert slept == []
    outbox.keep_fact("a", "1")  # there is room again
    outbox.close()


@pytest.mark.skipif(os.name == "nt", reason="open files cannot be moved there")
@pytest.mark.parametrize("times", [1, 2])
def test_file_that_is_exchanged_while_it_is_opened_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    path = tmp_path / "outbox.sqlite3"
    upgrade, left = schema.upgrade, list(range(times))

    def exchanged(connection: sqlite3.Connection, *arguments: Any) -> None:
        upgrade(connection, *arguments)
        if left:  # what another process does at the worst of all moments
            path.rename(tmp_path / f"aside-{left.pop()}")
            Path(path).touch(0o600)

    monkeypatch.setattr(schema, "upgrade", exchanged)
    outbox = Outbox(path)
    outbox.keep_fact("written", "1")

    assert left == []
    assert Outbox(path).fact("written") == "1"
    outbox.close()


@pytest.mark.skipif(os.name == "nt", reason="open files cannot be moved there")
def test_file_that_goes_again_and_again_while_it_is_opened_is_given_up_with_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "outbox.sqlite3"
    upgrade, opened = schema.upgrade, []

    def exchanged(connection: sqlite3.Connection, *arguments: Any) -> None:
        upgrade(connection, *arguments)
        path.rename(tmp_path / f"aside-{len(opened)}")
        Path(path).touch(0o600)
        opened.append(path)

    monkeypatch.setattr(schema, "upgrade", exchanged)

    with pytest.raises(errors.OutboxUnusable, match="another file is there now"):
        Outbox(path).fact("a")

    assert 1 < len(opened) < 10
