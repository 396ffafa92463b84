"""The tab over ten thousand items: what is read, what is shown, and that the GUI thread goes on meanwhile."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Callable

import pytest

from ftrack_accsyn_accessor.connect.reader import PAGE
from ftrack_accsyn_accessor.connect.shapes import Column, Filter
from ftrack_accsyn_accessor.connect.tab import Tab
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outbox_path
from integration.connect.conftest import publish
from qt_support import QtCore, QtTest, Window, settle

MANY = 10_000
Key = QtCore.Qt.Key

Windows = Callable[..., Window]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an outbox with many items. Each test gets a copy: to publish them takes seconds."""
    path = tmp_path_factory.mktemp("filled") / "outbox.sqlite3"
    outbox = Outbox(path)
    publish(outbox, [f"c{number:05d}" for number in range(MANY)])
    outbox.close()
    return path


@pytest.fixture
def window(machine, recorder, windows: Windows, filled: Path, tmp_path: Path) -> Window:
    shutil.copy(filled, outbox_path(None, str(tmp_path / "staging")))
    machine.failed = machine.fail(3)
    shown = windows(Tab(machine.source, recorder))
    shown.loaded()
    return shown


def test_all_items_are_counted_and_only_those_in_sight_are_read(window: Window, machine) -> None:
    settle(lambda: window.tab.model.rowCount() == MANY, "all rows")

    assert set(machine.source.asked) == {0}
    assert len(window.lines()) == PAGE


def test_failed_ones_stand_first_then_the_newest(window: Window, machine) -> None:
    shown = [line.component for line in window.lines()]

    assert set(shown[:3]) == set(machine.failed)
    assert shown[3:6] == ["c09999", "c09998", "c09997"]
    assert window.line(machine.failed[0]).failed


def test_end_of_the_table_is_read_when_it_comes_into_sight(window: Window, machine) -> None:
    window.click(0)

    window.key(Key.Key_End, control=True)

    # The three that failed were the oldest of all.
    settle(lambda: window.line("c00003"), "the oldest item")
    assert window.row("c00003") == MANY - 1
    assert len(set(machine.source.asked)) <= 4


def test_scrolling_with_the_keyboard_never_shows_a_row_as_another(window: Window) -> None:
    window.click(10)
    for _ in range(12):
        window.key(Key.Key_PageDown)
        row = window.tab.table.currentIndex().row()
        settle(lambda at=row: window.tab.model.line(at), "the row in sight")
        line = window.tab.model.line(row)
        assert line.component == f"c{MANY - 1 - (row - 3):05d}"
        assert window.tab.details.line == line


def test_outbox_is_never_read_on_the_gui_thread(window: Window, machine) -> None:
    window.click(0)
    for key in (Key.Key_End, Key.Key_Home):
        window.key(key, control=True)
        settle(lambda: all(window.tab.model.line(row) for row in in_sight(window)), "rows in sight")
    QtTest.QTest.keyClicks(window.tab.search, "c0042")
    settle(lambda: window.tab.model.rowCount() == 10, "what was searched")

    assert len(machine.source.threads) == 1
    assert threading.get_ident() not in machine.source.threads


def test_gui_thread_goes_on_while_the_outbox_is_slow(window: Window, machine) -> None:
    reading, gate = threading.Event(), threading.Event()
    real = machine.source.page

    def slow(view: object, number: int) -> object:
        reading.set()
        gate.wait(20)
        return real(view, number)

    machine.source.page = slow
    beats: list[None] = []
    heart = QtCore.QTimer()
    heart.timeout.connect(lambda: beats.append(None))
    heart.start(5)

    QtTest.QTest.keyClicks(window.tab.search, "c0042")
    settle(reading.is_set, "the slow read")
    seen = len(beats)
    settle(lambda: len(beats) >= seen + 20, "the GUI thread to go on")
    QtTest.QTest.keyClicks(window.tab.search, "1")

    assert window.tab.search.text() == "c00421"
    assert window.tab.empty.title.text() == "Reading the outbox"
    gate.set()
    settle(lambda: [line.component for line in window.lines()] == ["c00421"], "what was searched")


def in_sight(window: Window) -> range:
    table = window.tab.table
    return range(table.rowAt(0), table.rowAt(table.viewport().height() - 1) + 1)


def test_typing_filters_and_escape_of_the_field_brings_all_back(window: Window) -> None:
    QtTest.QTest.keyClicks(window.tab.search, "c0999 plate")

    settle(lambda: window.tab.model.rowCount() == 10, "what was searched")
    assert [line.component for line in window.lines()] == [f"c0999{digit}" for digit in range(9, -1, -1)]

    window.tab.search.clear()
    settle(lambda: window.tab.model.rowCount() == MANY, "all rows")


def test_search_without_a_match_says_so(window: Window) -> None:
    QtTest.QTest.keyClicks(window.tab.search, "nothing is called that")

    settle(lambda: window.tab.empty.title.text() == "Nothing matches", "the text")
    assert window.tab.pages.currentWidget() is window.tab.empty


def test_filter_shows_one_kind_of_state_with_its_number(window: Window) -> None:
    choices = [window.tab.filter.itemText(place) for place in range(window.tab.filter.count())]
    assert choices == ["All (10,000)", "Needs attention (3)", "On the way", "Waiting (9,997)", "Synced", "Withdrawn"]

    window.tab.filter.setFocus()
    window.key(Key.Key_Down, window.tab.filter)

    settle(lambda: window.tab.model.rowCount() == 3, "those that failed")
    assert all(line.failed for line in window.lines())
    assert window.tab.filter.currentData() is Filter.ATTENTION


def test_late_answer_to_an_earlier_search_is_dropped(window: Window) -> None:
    stale = []
    window.tab._relay.arrived.connect(lambda snapshot: stale.append(snapshot.view.number))
    for text in ("c", "c0", "c01"):
        window.tab.search.setText(text)
        window.tab._look_anew()

    settle(lambda: window.tab.model.rowCount() == 1000, "the last search")

    assert window.tab._view.search == "c01"
    assert {line.component[:3] for line in window.lines()} == {"c01"}


def test_selected_item_stays_selected_when_others_come_above_it(window: Window, machine) -> None:
    window.click(window.row("c09998"))
    before = window.tab.table.currentIndex().row()

    machine.publish(["newer1", "newer2"])
    settle(lambda: window.line("newer2"), "the new items")

    assert window.tab.table.currentIndex().row() == before + 2
    assert window.tab.details.line.component == "c09998"


def test_selected_item_that_was_scrolled_away_from_stays_in_the_details(window: Window, machine) -> None:
    window.click(window.row("c09998"))
    window.tab.table.scrollToBottom()
    settle(lambda: window.line("c00003"), "the oldest item")

    machine.publish(["newer"])
    settle(lambda: window.tab.model.rowCount() == MANY + 1, "the new item")

    assert window.tab.details.line.component == "c09998"
    window.tab.table.scrollToTop()
    settle(lambda: window.line("newer"), "the new item in sight")
    assert window.tab.table.currentIndex().row() == window.row("c09998")


def test_details_go_when_the_selected_item_is_filtered_out(window: Window) -> None:
    window.click(window.row("c09998"))
    assert window.tab.details.isVisible()

    QtTest.QTest.keyClicks(window.tab.search, "c00001")

    settle(lambda: window.tab.model.rowCount() == 1, "what was searched")
    assert not window.tab.details.isVisible()


@pytest.mark.parametrize(
    ("width", "hidden"),
    [
        (1100, set()),
        (450, {Column.FRAMES, Column.PROJECT, Column.LEFT, Column.SIZE, Column.PROGRESS}),
    ],
)
def test_columns_give_way_in_a_narrow_window(window: Window, width: int, hidden: set[Column]) -> None:
    window.window.resize(width, 700)

    settle(lambda: {column for column in Column if window.tab.table.isColumnHidden(column)} == hidden, "columns to fit")
    used = sum(window.tab.table.columnWidth(column) for column in Column if column not in hidden)
    assert used <= window.tab.table.viewport().width()
