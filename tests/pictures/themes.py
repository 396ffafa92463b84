"""Two plain themes, as hosts have them: style sheets for the window around the tab."""

from __future__ import annotations

from pathlib import Path

from PySide6 import QtGui

_STYLE = """
QMainWindow, QMenu {{ background: {base}; }}
* {{ font-family: "Roboto", "DejaVu Sans", sans-serif; font-size: 12px; }}
QTableView {{ border: 1px solid {line}; background: {field}; }}
QLineEdit, QComboBox, QPushButton {{
    background: {field}; color: {text}; border: 1px solid {line}; border-radius: 3px; padding: 4px 8px;
}}
QPushButton {{ min-width: 70px; }}
QPushButton:disabled {{ color: {faint}; }}
QComboBox::drop-down {{ border: 0; width: 22px; }}
QComboBox::down-arrow {{ image: url("{arrow}"); width: 10px; height: 10px; }}
QScrollBar:vertical {{ background: {field}; width: 10px; }}
QScrollBar::handle:vertical {{ background: {line}; border-radius: 4px; margin: 1px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
"""

_ARROW = (Path(__file__).resolve().parent / "arrow.svg").as_posix()
DARK = _STYLE.format(arrow=_ARROW, base="#171b22", field="#171b22", text="#e3e6ea", line="#343b45", faint="#6d7681")
LIGHT = _STYLE.format(arrow=_ARROW, base="#f4f5f7", field="#ffffff", text="#1d232b", line="#d3d8de", faint="#9aa3ad")


def palette(dark: bool) -> QtGui.QPalette:
    """Return the colours of what the style sheets leave to the platform."""
    base, text, button = ("#171b22", "#e3e6ea", "#20252d") if dark else ("#ffffff", "#1d232b", "#f4f5f7")
    made = QtGui.QPalette(QtGui.QColor(button), QtGui.QColor(base))
    for role in ("WindowText", "Text", "ButtonText"):
        made.setColor(getattr(QtGui.QPalette.ColorRole, role), QtGui.QColor(text))
    made.setColor(QtGui.QPalette.ColorRole.Base, QtGui.QColor(base))
    return made
