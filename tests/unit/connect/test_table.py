"""The table's model: rows that come page by page, from snapshots."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.connect import shapes
from ftrack_accsyn_accessor.connect.reader import PAGE, Snapshot, View
from ftrack_accsyn_accessor.connect.shapes import Column, Line
from ftrack_accsyn_accessor.connect.table import LINE, ItemModel
from qt_support import QtCore, QtTest, application
from shown import row

Role = QtCore.Qt.ItemDataRole


def page(number: int, total: int) -> tuple[Line, ...]:
    ids = range(number * PAGE, min((number + 1) * PAGE, total))
    return tuple(shapes.line(row(item_id=item_id, component=f"c{item_id}"), False) for item_id in ids)


def snapshot(total: int, *numbers: int, changed: bool = True) -> Snapshot:
    return Snapshot(View(1), total=total, pages={number: page(number, total) for number in numbers}, changed=changed)


@pytest.fixture
def model() -> ItemModel:
    application()
    made = ItemModel()
    # Qt's own judge of models fails the test at the first inconsistency.
    made.tester = QtTest.QAbstractItemModelTester(  # type: ignore[attr-defined]
        made, QtTest.QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    return made


def test_rows_are_counted_without_being_read(model: ItemModel) -> None:
    model.take(snapshot(1_000, 0))

    assert model.rowCount() == 1_000
    assert model.columnCount() == len(Column)
    assert len(list(model.known())) == PAGE


def test_row_that_is_being_read_is_nothing_yet(model: ItemModel) -> None:
    model.take(snapshot(1_000, 0))

    cell = model.index(500, 0)

    assert cell.data(LINE) is None
    assert cell.data(Role.DisplayRole) is None


def test_pages_are_kept_while_nothing_has_changed(model: ItemModel) -> None:
    model.take(snapshot(1_000, 0))

    model.take(snapshot(1_000, 7, changed=False))

    assert model.line(0) is not None
    assert model.line(7 * PAGE) is not None


def test_pages_are_forgotten_when_something_has_changed(model: ItemModel) -> None:
    model.take(snapshot(1_000, 0, 1))

    model.take(snapshot(1_001, 7))

    assert [place for place, _ in model.known()] == list(range(7 * PAGE, 8 * PAGE))


def test_memory_does_not_grow_with_what_was_scrolled_past() -> None:
    application()
    model = ItemModel()
    for number in range(150):
        model.take(snapshot(10_000, number, changed=False))

    assert len(list(model.known())) <= 40 * PAGE
    assert model.line(149 * PAGE) is not None


@pytest.mark.parametrize(("before", "after"), [(0, 3), (3, 0), (100, 70), (70, 100), (5, 5)])
def test_number_of_rows_follows(model: ItemModel, before: int, after: int) -> None:
    model.take(snapshot(before, 0))
    changes: list[str] = []
    model.rowsInserted.connect(lambda: changes.append("inserted"))
    model.rowsRemoved.connect(lambda: changes.append("removed"))

    model.take(snapshot(after, 0))

    assert model.rowCount() == after
    assert changes == (["inserted"] if after > before else ["removed"] if after < before else [])


def test_clearing_forgets_everything(model: ItemModel) -> None:
    model.take(snapshot(100, 0))

    model.clear()

    assert model.rowCount() == 0
    assert list(model.known()) == []


def test_cells_give_text_tip_and_sentence(model: ItemModel) -> None:
    model.take(snapshot(3, 0))
    cell = model.index(1, Column.COMPONENT)

    assert cell.data(Role.DisplayRole) == "c1"
    assert cell.data(Role.ToolTipRole).endswith("\nshow_a/sq010/sh010/plate/v003/main.%04d.exr")
    assert cell.data(Role.AccessibleTextRole).startswith("c1, plate v003")
    assert cell.data(Role.DecorationRole) is None
    assert model.index(1, Column.LEFT).data(Role.ToolTipRole) is None
    assert model.headerData(Column.LEFT, QtCore.Qt.Orientation.Horizontal) == "Time left"
    assert model.headerData(0, QtCore.Qt.Orientation.Vertical) is None


def test_row_beyond_the_end_of_a_short_page_is_nothing(model: ItemModel) -> None:
    model.take(snapshot(3, 0))

    assert model.line(10) is None
