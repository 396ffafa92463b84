"""An outbox whose items are brought to where a test wants them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model import progress
from ftrack_accsyn_accessor.model.errors import NotReady
from ftrack_accsyn_accessor.model.item import Item, State, Trouble
from ftrack_accsyn_accessor.outbox.file import lock_path
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.outbox.tracking import Change
from making import route
from unit.outbox.conftest import Desk


@pytest.fixture
def desk(tmp_path: Path, leader: ProcessLock) -> Iterator[Desk]:
    made = Desk(tmp_path / "outbox.sqlite3")
    yield made
    made.outbox.close()


@pytest.fixture
def leader(tmp_path: Path) -> Iterator[ProcessLock]:
    """Return the lock of the process that sends from the desk's outbox: it is there unless a test lets go of it."""
    lock = ProcessLock(lock_path(tmp_path / "outbox.sqlite3"))
    assert lock.acquire()
    yield lock
    lock.release()


JOB_NAME = route().name
NO_CLIENT = NotReady("find this machine's accsyn client", "ws1", "there is none", "Start the app.")


def submit(desk: Desk, *component_ids: str) -> list[Item]:
    items = desk.pending(*component_ids)
    job = desk.outbox.job_found(desk.job(), "j" * 24)
    desk.outbox.submitted(items, job)
    return [desk.item(component_id) for component_id in component_ids]


def move(desk: Desk, item: Item, done_bytes: int, speed: float | None = None, left_s: float | None = None) -> None:
    moved = dataclasses.replace(item.progress, done_bytes=done_bytes, speed_bytes_per_s=speed, left_s=left_s)
    desk.outbox.tracking.record([Change(item, State.TRANSFERRING, moved)])


def stop(desk: Desk, item: Item, trouble: Trouble = Trouble.FAILED) -> None:
    cause = progress.cause(trouble, JOB_NAME, "E#J057 Disk full")
    change = Change(item, State.NEEDS_ATTENTION, item.progress, trouble.value, cause, desk.clock.now + 600)
    desk.outbox.tracking.record([change])
