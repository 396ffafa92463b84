"""The thread that reads for the tab: when it delivers, what it does with errors, how it stops."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Callable, Optional

import pytest

from ftrack_accsyn_accessor.connect import heading, shapes
from ftrack_accsyn_accessor.connect import reader as module
from ftrack_accsyn_accessor.connect.heading import Head
from ftrack_accsyn_accessor.connect.reader import NotHere, Reader, Snapshot, View
from ftrack_accsyn_accessor.connect.shapes import Filter, Line
from ftrack_accsyn_accessor.model.errors import OutboxUnusable
from helpers import wait_until
from shown import NOW, SETTINGS, row, summary


class Shelf:
    """A source of its own making: so many items, and a number that is counted up by hand."""

    def __init__(self, total: int = 0) -> None:
        self.total = total
        self.version = 1
        self.attended = 0
        self.error: Optional[Exception] = None
        self.pages: list[tuple[int, int]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.closed = threading.Event()

    def changes(self) -> int:
        if self.error is not None:
            raise self.error
        return self.version

    def head(self) -> Head:
        self.gate.wait(10)
        if self.error is not None:
            raise self.error
        return heading.head(summary(), SETTINGS, NOW)

    def count(self, view: View) -> int:
        return self.total if view.filter is Filter.ALL else 0

    def page(self, view: View, number: int) -> tuple[Line, ...]:
        self.pages.append((view.number, number))
        start = number * module.PAGE
        ids = range(start, min(start + module.PAGE, self.total))
        return tuple(shapes.line(row(item_id=item_id), False) for item_id in ids)

    def attend(self) -> None:
        self.attended += 1

    def close(self) -> None:
        self.closed.set()


class Desk:
    """A reader of a shelf, and what it has delivered."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.delivered: queue.Queue[Snapshot] = queue.Queue()
        self.reader = Reader(shelf, self.delivered.put)

    def next(self) -> Snapshot:
        return self.delivered.get(timeout=10)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Shelf], Desk]]:
    monkeypatch.setattr(module, "ACTIVE_S", 0.01)
    monkeypatch.setattr(module, "IDLE_S", 0.02)
    desks: list[Desk] = []

    def begin(shelf: Shelf) -> Desk:
        desks.append(Desk(shelf))
        desks[-1].reader.start()
        return desks[-1]

    yield begin
    for desk in desks:
        desk.shelf.gate.set()
        desk.reader.stop()


def test_first_snapshot_comes_by_itself_with_the_first_page(start: Callable[[Shelf], Desk]) -> None:
    snapshot = start(Shelf(100)).next()

    assert snapshot.total == 100
    assert [line.item_id for line in snapshot.pages[0]] == list(range(module.PAGE))
    assert snapshot.changed


def test_only_pages_that_exist_are_read(start: Callable[[Shelf], Desk]) -> None:
    desk = start(Shelf(module.PAGE + 1))
    desk.next()

    desk.reader.look(View(1, pages=(0, 1, 2, 3)))

    assert sorted(desk.next().pages) == [0, 1]


def test_answer_carries_the_view_that_asked(start: Callable[[Shelf], Desk]) -> None:
    desk = start(Shelf(5))
    desk.next()
    view = View(8, Filter.SYNCED, "plate")

    desk.reader.look(view)

    snapshot = desk.next()
    assert snapshot.view == view
    assert snapshot.total == 0
    assert not snapshot.changed


def test_change_is_delivered_without_being_asked_for(start: Callable[[Shelf], Desk]) -> None:
    desk = start(Shelf(1))
    desk.next()

    desk.shelf.total, desk.shelf.version = 2, 2

    snapshot = desk.next()
    assert snapshot.total == 2
    assert snapshot.changed


def test_nothing_is_read_while_nothing_changes(start: Callable[[Shelf], Desk]) -> None:
    desk = start(Shelf(1))
    desk.next()
    looks = desk.shelf.pages.copy()
    asked = threading.Event()
    counted = [0]
    real = desk.shelf.changes

    def count() -> int:
        counted[0] += 1
        if counted[0] > 5:
            asked.set()
        return real()

    desk.shelf.changes = count  # type: ignore[method-assign]

    assert asked.wait(10)
    assert desk.shelf.pages == looks
    assert desk.delivered.empty()


def test_tab_that_comes_into_sight_is_brought_up_to_date(start: Callable[[Shelf], Desk]) -> None:
    desk = start(Shelf(1))
    desk.next()

    desk.reader.set_active(True)

    assert not desk.next().changed


@pytest.mark.parametrize(
    ("error", "title", "text"),
    [
        (
            OutboxUnusable("read the outbox", "/data/x.sqlite3", "disk I/O error", "Check the disk."),
            "The outbox cannot be read",
            "Could not read the outbox (/data/x.sqlite3): disk I/O error. Check the disk.",
        ),
        (NotHere(heading.NO_MATCH), heading.NO_MATCH.title, heading.NO_MATCH.text),
    ],
)
def test_error_becomes_a_text_in_the_tab(
    start: Callable[[Shelf], Desk], error: Exception, title: str, text: str
) -> None:
    shelf = Shelf(1)
    shelf.error = error

    snapshot = start(shelf).next()

    assert snapshot.head is None
    assert snapshot.total == 0
    assert snapshot.empty is not None
    assert (snapshot.empty.title, snapshot.empty.text) == (title, text)


def test_reading_resumes_when_the_error_has_gone(start: Callable[[Shelf], Desk]) -> None:
    shelf = Shelf(3)
    shelf.error = OutboxUnusable("read the outbox")
    desk = start(shelf)
    assert desk.next().empty is not None

    shelf.error = None

    snapshot = desk.next()
    assert snapshot.empty is None
    assert snapshot.total == 3


def test_fault_of_the_plugin_is_shown_and_does_not_end_the_thread(
    start: Callable[[Shelf], Desk], caplog: pytest.LogCaptureFixture
) -> None:
    shelf = Shelf(1)

    def broken() -> Head:
        raise KeyError("nonsense")

    head, shelf.head = shelf.head, broken  # type: ignore[method-assign]
    desk = start(shelf)
    empty = desk.next().empty
    shelf.head = head  # type: ignore[method-assign]

    desk.reader.renew()

    assert empty is not None
    assert "nonsense" in empty.text
    assert "could not read the outbox" in caplog.text
    assert desk.next().total == 1


def test_nothing_is_delivered_after_a_stop_in_the_middle_of_reading(start: Callable[[Shelf], Desk]) -> None:
    shelf = Shelf(1)
    shelf.gate.clear()
    desk = start(shelf)

    ended = desk.reader.stop(timeout_s=0.05)
    shelf.gate.set()

    assert not ended
    assert shelf.closed.wait(10)
    assert desk.delivered.empty()


def test_stopped_thread_lets_go_of_its_source(start: Callable[[Shelf], Desk]) -> None:
    desk = start(Shelf(1))
    desk.next()

    assert desk.reader.stop(timeout_s=10)
    assert desk.shelf.closed.is_set()


def test_reader_that_was_never_started_can_be_stopped() -> None:
    assert Reader(Shelf(), lambda snapshot: None).stop()


def test_many_views_in_a_row_are_answered_by_the_last(start: Callable[[Shelf], Desk]) -> None:
    shelf = Shelf(10)
    shelf.gate.clear()
    desk = start(shelf)

    for number in range(1, 50):
        desk.reader.look(View(number))
    shelf.gate.set()

    seen = [desk.next().view.number]
    while seen[-1] != 49:
        seen.append(desk.next().view.number)
    assert len(seen) <= 3
    wait_until(lambda: desk.delivered.empty())
