"""Buttons and menus, where the host's theme leaves out what tells their state or their edge."""

from __future__ import annotations

from typing import Callable

from ftrack_accsyn_accessor.connect.colours import Colours, mixed
from ftrack_accsyn_accessor.connect.qt import QtGui, QtWidgets

#: How much of a disabled button is still to be seen.
_FAINT = 0.4


class Button(QtWidgets.QPushButton):
    """A button that looks disabled when it is: Connect's themes paint both alike."""

    def __init__(self, text: str, colours: Callable[[], Colours]) -> None:
        super().__init__(text)
        self._colours = colours
        self.setAutoDefault(False)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint what the theme does, and fade it."""
        super().paintEvent(event)
        if not self.isEnabled():
            veil = QtGui.QColor(self._colours().base)
            veil.setAlphaF(1 - _FAINT)
            painter = QtGui.QPainter(self)
            painter.fillRect(self.rect(), veil)
            painter.end()


def edge(menu: QtWidgets.QMenu, colours: Colours) -> None:
    """Give *menu* an edge: on a white table Connect's white ones have none."""
    menu.setStyleSheet(f"QMenu {{ border: 1px solid {mixed(colours.base, colours.text, 0.3).name()}; }}")
