"""A real Qt without a screen: one application for all tests of a process, and waiting that keeps it going.

Modules that import this are skipped where Qt cannot be loaded.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Callable, Optional, TypeVar

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

pytest.importorskip(
    "PySide6.QtWidgets",
    reason=(
        "Qt cannot be loaded: install PySide6-Essentials, and on Debian or Ubuntu also libegl1 libgl1 libxkbcommon0 "
        "libdbus-1-3 libfontconfig1 libglib2.0-0"
    ),
    exc_type=ImportError,
)

from PySide6 import QtCore, QtGui, QtTest, QtWidgets

from ftrack_accsyn_accessor.connect.shapes import Column, Line
from ftrack_accsyn_accessor.connect.tab import Tab
from helpers import wait_until

__all__ = ["DARK", "LIGHT", "QtCore", "QtGui", "QtTest", "QtWidgets", "Window", "application", "settle", "windows"]

T = TypeVar("T")

DARK = """
    QMainWindow, QTabWidget::pane, QTableView { background: #131920; }
    QLabel { color: rgba(255, 255, 255, 0.6); }
    QLineEdit { background: #131920; color: rgba(255, 255, 255, 0.87); border: 1px solid rgba(255, 255, 255, 0.1); }
"""
LIGHT = """
    QMainWindow, QTabWidget::pane, QTableView { background: #F8F8F9; }
    QLabel { color: rgba(19, 25, 32, 0.6); }
    QLineEdit { background: #FFFFFF; color: rgba(19, 25, 32, 0.87); border: 1px solid rgba(19, 25, 32, 0.1); }
"""


def application() -> QtWidgets.QApplication:
    """Return the application of this process."""
    found = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    assert isinstance(found, QtWidgets.QApplication)
    found.setStyle("Fusion")
    found.setQuitOnLastWindowClosed(False)
    return found


def settle(condition: Callable[[], T], what: str = "", timeout_s: float = 15.0) -> T:
    """Keep Qt going until *condition* gives something truthy; return that."""
    running = application()

    def look() -> T:
        running.processEvents()
        return condition()

    return wait_until(look, timeout_s, what)


class Window:
    """A main window, styled as Connect styles its own, with the tab in it; and a user at mouse and keyboard."""

    def __init__(self, tab: Tab, style: str = DARK, width: int = 900, height: int = 700) -> None:
        self.tab = tab
        self.window = QtWidgets.QMainWindow()
        self.window.setStyleSheet(style)
        tabs = QtWidgets.QTabWidget()
        tabs.addTab(tab, "accsyn")
        self.window.setCentralWidget(tabs)
        self.window.resize(width, height)
        self.window.show()

    def lines(self) -> list[Line]:
        """Return the rows that have been read."""
        return [line for _, line in self.tab.model.known()]

    def line(self, component: str) -> Optional[Line]:
        """Return the row of *component*."""
        return next((line for line in self.lines() if line.component == component), None)

    def loaded(self) -> None:
        """Wait for the first rows, or for the text that stands instead."""
        settle(lambda: self.lines() or self.tab.empty.title.text() != "Reading the outbox", "the first rows")

    def row(self, component: str) -> int:
        """Return where *component* stands."""
        return next(row for row, line in self.tab.model.known() if line.component == component)

    def centre(self, row: int, column: Column) -> QtCore.QPoint:
        """Return the middle of a cell."""
        return self.tab.table.visualRect(self.tab.model.index(row, column)).center()

    def click(self, row: int, column: Column = Column.COMPONENT) -> None:
        """Click into a cell."""
        self._press(self.centre(row, column))

    def click_retry(self, component: str) -> None:
        """Click the button in the row of *component*."""
        delegate = self.tab.table.delegate
        index = self.tab.model.index(self.row(component), delegate.button_column)
        self._press(delegate.button_rect(self.tab.table.visualRect(index)).center())

    def _press(self, position: QtCore.QPoint) -> None:
        button = QtCore.Qt.MouseButton.LeftButton
        QtTest.QTest.mouseClick(self.tab.table.viewport(), button, pos=position)

    def key(self, key: QtCore.Qt.Key, widget: Optional[QtWidgets.QWidget] = None, control: bool = False) -> None:
        """Press a key in *widget*, in the table by default."""
        modifier = QtCore.Qt.KeyboardModifier
        held = modifier.ControlModifier if control else modifier.NoModifier
        QtTest.QTest.keyClick(widget or self.tab.table, key, held)

    def picture(self) -> QtGui.QImage:
        """Return what is on the screen."""
        return self.tab.grab().toImage()

    def close(self) -> None:
        """Take everything down, so that no test meets another's threads."""
        self.tab.close_down()
        self.window.close()
        self.window.deleteLater()
        application().sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
        gc.collect()


@pytest.fixture
def windows() -> Iterator[Callable[..., Window]]:
    """Give a function that shows a tab, and close what it has shown."""
    application()
    shown: list[Window] = []

    def show(tab: Tab, **arguments: object) -> Window:
        shown.append(Window(tab, **arguments))  # type: ignore[arg-type]
        return shown[-1]

    yield show
    for window in shown:
        window.close()
