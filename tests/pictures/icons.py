"""Draws resource/icon.svg in the sizes that Connect and ftrack use: `python tests/pictures/icons.py`."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6 import QtCore, QtGui, QtSvg

RESOURCE = Path(__file__).resolve().parents[2] / "resource"
#: Pixels: tab bars and lists at 1x and 2x, ftrack's action dialogs, the plugin list.
SIZES = (16, 32, 64, 128, 256)


def draw(size: int) -> None:
    """Write the icon with *size* by *size* pixels."""
    image = QtGui.QImage(size, size, QtGui.QImage.Format.Format_ARGB32)
    image.fill(QtCore.Qt.GlobalColor.transparent)
    painter = QtGui.QPainter(image)
    QtSvg.QSvgRenderer(str(RESOURCE / "icon.svg")).render(painter)
    painter.end()
    if not image.save(str(RESOURCE / f"icon_{size}.png")):
        raise SystemExit(f"Could not write {RESOURCE / f'icon_{size}.png'}.")


if __name__ == "__main__":
    application = QtGui.QGuiApplication([])
    for size in SIZES:
        draw(size)
