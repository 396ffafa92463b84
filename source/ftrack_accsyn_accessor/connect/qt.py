"""The Qt binding that the host runs on: PySide6, in older releases of Connect PySide2."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

# Two bindings in one process crash it: whichever the host has loaded is the one.
if TYPE_CHECKING or "PySide6" in sys.modules or "PySide2" not in sys.modules:
    from PySide6 import QtCore, QtGui, QtWidgets
    from PySide6.QtGui import QAction, QShortcut
else:
    from PySide2 import QtCore, QtGui, QtWidgets
    from PySide2.QtWidgets import QAction, QShortcut

__all__ = ["QAction", "QShortcut", "QtCore", "QtGui", "QtWidgets", "position_of", "run"]


def run(dialog: QtWidgets.QDialog) -> int:
    """Show *dialog* and return when it is closed."""
    return int(dialog.exec() if hasattr(dialog, "exec") else dialog.exec_())


def position_of(event: QtGui.QMouseEvent) -> QtCore.QPoint:
    """Return where in the widget the pointer is."""
    return event.position().toPoint() if hasattr(event, "position") else event.pos()
