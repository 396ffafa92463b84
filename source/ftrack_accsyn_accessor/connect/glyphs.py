"""Draws what kind of component an item is: a sheet, a stack of frames, or a folder."""

from __future__ import annotations

from ftrack_accsyn_accessor.connect.qt import QtCore, QtGui
from ftrack_accsyn_accessor.model.item import Kind

#: On a grid of 20 by 20: the corners of each outline.
_OUTLINES: dict[Kind, tuple[tuple[tuple[float, float], ...], ...]] = {
    Kind.FILE: (
        ((4, 2), (12, 2), (16, 6), (16, 18), (4, 18), (4, 2)),
        ((12, 2), (12, 6), (16, 6)),
    ),
    Kind.SEQUENCE: (
        ((2, 8), (13, 8), (13, 18), (2, 18), (2, 8)),
        ((5, 8), (5, 5), (16, 5), (16, 15), (13, 15)),
        ((8, 5), (8, 2), (19, 2), (19, 12), (16, 12)),
    ),
    Kind.CONTAINER: (((2, 4), (8, 4), (10, 7), (18, 7), (18, 17), (2, 17), (2, 4)),),
    Kind.FOLDER: (((2, 4), (8, 4), (10, 7), (18, 7), (18, 17), (2, 17), (2, 4)),),
}
#: What folds and unfolds a request.
_ARROWS = {False: ((7, 4), (14, 10), (7, 16)), True: ((4, 7), (10, 14), (16, 7))}


def paint_glyph(painter: QtGui.QPainter, rect: QtCore.QRect, kind: Kind, colour: QtGui.QColor) -> None:
    """Draw the sign for *kind* into the square *rect*."""
    _paint(painter, rect, _OUTLINES[kind], colour)


def paint_arrow(painter: QtGui.QPainter, rect: QtCore.QRect, unfolded: bool, colour: QtGui.QColor) -> None:
    """Draw the sign of a request that is *unfolded*, or is not, into the square *rect*."""
    _paint(painter, rect, (_ARROWS[unfolded],), colour)


def _paint(
    painter: QtGui.QPainter,
    rect: QtCore.QRect,
    outlines: tuple[tuple[tuple[float, float], ...], ...],
    colour: QtGui.QColor,
) -> None:
    painter.save()
    painter.translate(rect.topLeft())
    painter.scale(rect.width() / 20, rect.height() / 20)
    pen = QtGui.QPen(colour, 1.4)
    pen.setJoinStyle(QtCore.Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(QtCore.Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
    for outline in outlines:
        painter.drawPolyline(QtGui.QPolygonF([QtCore.QPointF(x, y) for x, y in outline]))
    painter.restore()
