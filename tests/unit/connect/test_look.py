"""What people see at a glance in the themes of a host: what can be pressed, where a menu ends, that nothing jumps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import legible
from ftrack_accsyn_accessor.connect import colours, heading
from ftrack_accsyn_accessor.connect.buttons import Button
from ftrack_accsyn_accessor.connect.panels import HeadPanel
from ftrack_accsyn_accessor.connect.report import ReportDialog
from ftrack_accsyn_accessor.connect.shapes import Column
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox.control import Pause
from qt_support import DARK, LIGHT, QtCore, QtGui, QtWidgets, application
from shown import NOW, SETTINGS, summary

#: As Connect's themes do it: buttons are painted alike when they are disabled, menus have a background only.
SAME = """
    QPushButton, QPushButton:disabled { color: %s; background: %s; border: 1px solid %s; min-width: 80px; }
    QMenu { background: %s; }
"""
THEMES = {
    "dark": DARK + SAME % ("rgba(255, 255, 255, 0.87)", "#131920", "rgba(255, 255, 255, 0.1)", "#131920"),
    "light": LIGHT + SAME % ("rgba(19, 25, 32, 0.87)", "#FFFFFF", "rgba(19, 25, 32, 0.1)", "#FFFFFF"),
}


def window_in(theme: str) -> tuple[QtWidgets.QMainWindow, QtWidgets.QLineEdit]:
    application()
    window = QtWidgets.QMainWindow()
    window.setStyleSheet(THEMES[theme])
    field = QtWidgets.QLineEdit(window)
    window.show()
    return window, field


def contrast(image: QtGui.QImage) -> float:
    """Return how far the strongest pixel stands out from the most frequent one."""
    seen: dict[float, int] = {}
    for x in range(image.width()):
        for y in range(image.height()):
            lightness = image.pixelColor(x, y).lightnessF()
            seen[lightness] = seen.get(lightness, 0) + 1
    usual = max(seen, key=seen.__getitem__)
    return max(abs(lightness - usual) for lightness in seen)


@pytest.mark.parametrize("theme", list(THEMES))
def test_disabled_button_looks_disabled(theme: str) -> None:
    window, field = window_in(theme)
    button = Button("Retry all", lambda: colours.of(field))
    window.setCentralWidget(button)
    legible.laid_out()
    enabled = contrast(button.grab().toImage())

    button.setEnabled(False)

    assert contrast(button.grab().toImage()) < 0.6 * enabled
    button.setEnabled(True)
    assert contrast(button.grab().toImage()) == enabled
    window.close()


@pytest.fixture(params=list(THEMES))
def tab(request: pytest.FixtureRequest) -> Iterator[legible.Tab]:
    application()
    window, made = legible.shown(legible.situations()["details of what waits"])
    window.setStyleSheet(THEMES[request.param])
    made._take_colours()
    yield made
    made.close_down()
    window.close()


def test_menus_end_in_a_line_that_is_told_apart_from_what_is_behind(tab: legible.Tab) -> None:
    line = tab.details.line
    assert line is not None
    for menu in (tab.tools.menu, tab.doing.menu(line, tab._fold_line, tab.tools.colours)):
        image = menu.grab().toImage()
        base = tab.tools.colours.base.lightnessF()
        corners = [image.pixelColor(x, image.height() // 2) for x in (0, image.width() - 1)]
        assert all(abs(corner.lightnessF() - base) > 0.15 for corner in corners)


HEADS = {
    "nothing": heading.head(summary(), SETTINGS, NOW),
    "on its way": heading.head(summary(counts={State.TRANSFERRING: 3}, speed_bytes_per_s=1e6), SETTINGS, NOW),
    "paused": heading.head(summary(counts={State.PENDING: 3}, paused=Pause("eva", NOW)), SETTINGS, NOW),
}


def test_head_is_as_high_and_its_button_as_wide_whatever_it_says() -> None:
    window, field = window_in("dark")
    panel = HeadPanel(lambda: colours.of(field))
    window.setCentralWidget(panel)
    found = set()
    for head in HEADS.values():
        panel.show_head(head)
        legible.laid_out()
        found.add((panel.sizeHint().height(), panel.pause.geometry().getRect()))

    assert len(found) == 1
    window.close()


def test_columns_of_the_report_stand_below_each_other_whatever_font_the_theme_names() -> None:
    application()
    parent = QtWidgets.QMainWindow()
    parent.setStyleSheet('* { font-family: "DejaVu Sans", sans-serif; font-size: 12px; }')
    dialog = ReportDialog("accsyn", "ok    iiii  yes\nfail  WWWW  no", parent)
    dialog.show()
    legible.laid_out()

    metrics = QtGui.QFontMetrics(dialog.text.document().defaultFont())

    assert metrics.horizontalAdvance("iiii") == metrics.horizontalAdvance("WWWW")
    dialog.close()
    parent.deleteLater()


def test_row_at_the_default_width_tells_shot_version_component_and_project(tab: legible.Tab) -> None:
    delegate, painted = tab.table.delegate, []

    class Painter(QtGui.QPainter):
        def drawText(self, *arguments: object) -> None:  # noqa: N802 - Qt's name
            painted.append(str(arguments[-1]))

    image = QtGui.QImage(450, 60, QtGui.QImage.Format.Format_RGB32)
    index = tab.model.index(0, Column.COMPONENT)
    option = QtWidgets.QStyleOptionViewItem()
    option.rect = QtCore.QRect(0, 0, tab.table.columnWidth(Column.COMPONENT), 52)
    option.font = tab.table.font()
    painter = Painter(image)
    delegate.paint(painter, option, index)
    painter.end()

    assert tab.window().width() == 450
    assert {"main", "plate v003", "sq010/sh010", "show_a"} <= set(painted)


def test_state_and_progress_share_a_column_at_the_default_width(tab: legible.Tab) -> None:
    assert tab.table.isColumnHidden(Column.PROGRESS)
    assert not tab.table.isColumnHidden(Column.STATE)
    cell = tab.table.visualRect(tab.model.index(0, Column.STATE))
    assert cell.contains(tab.table.delegate.button_rect(cell))
    assert tab.table.delegate.button_column is Column.STATE
