"""Paints the cells of the table: what was published, its state as a chip, its progress as a bar, Retry as a button."""

from __future__ import annotations

from typing import Callable, Optional, Union

from ftrack_accsyn_accessor.connect.colours import Colours, mixed
from ftrack_accsyn_accessor.connect.glyphs import paint_arrow, paint_glyph
from ftrack_accsyn_accessor.connect.qt import QtCore, QtGui, QtWidgets, position_of
from ftrack_accsyn_accessor.connect.shapes import Column, Line
from ftrack_accsyn_accessor.connect.table import LINE

ROW_HEIGHT = 46
_MARGIN = 10
_GLYPH = 20
_BAR_HEIGHT = 6
_BUTTON = QtCore.QSize(58, 24)
_RIGHT = (Column.FRAMES, Column.SIZE, Column.LEFT)

_Align = QtCore.Qt.AlignmentFlag
_Index = Union[QtCore.QModelIndex, QtCore.QPersistentModelIndex]


class Delegate(QtWidgets.QStyledItemDelegate):
    """Paints with the colours of the moment. For the GUI thread.

    `retry_clicked` carries the id of the item whose button was clicked, `fold_clicked` that of the request whose arrow
    was.
    """

    retry_clicked = QtCore.Signal(int)
    fold_clicked = QtCore.Signal(int)

    def __init__(self, parent: QtWidgets.QWidget, colours: Callable[[], Colours]) -> None:
        super().__init__(parent)
        self._colours = colours

    def sizeHint(self, option: QtWidgets.QStyleOptionViewItem, index: _Index) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the size of a cell."""
        return QtCore.QSize(80, ROW_HEIGHT)

    def paint(self, painter: QtGui.QPainter, option: QtWidgets.QStyleOptionViewItem, index: _Index) -> None:
        """Paint one cell."""
        colours = self._colours()
        rect: QtCore.QRect = option.rect
        painter.save()
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        selected = bool(option.state & QtWidgets.QStyle.StateFlag.State_Selected)
        painter.fillRect(rect, colours.selected if selected else colours.base)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colours.line)
        line = index.data(LINE)
        cell = _Cell(painter, rect.adjusted(_MARGIN, 0, -_MARGIN, -1), colours, option.font)
        if not isinstance(line, Line):
            if index.column() == Column.COMPONENT:
                cell.placeholder()
        else:
            cell.paint(Column(index.column()), line, self.is_over_button(option, line, index.column()))
        painter.restore()

    def is_over_button(self, option: QtWidgets.QStyleOptionViewItem, line: Line, column: int) -> bool:
        """Whether the pointer is over the button of this cell."""
        over = option.state & QtWidgets.QStyle.StateFlag.State_MouseOver
        if not over or column != Column.PROGRESS or not line.failed or option.widget is None:
            return False
        viewport = option.widget.findChild(QtWidgets.QWidget, "qt_scrollarea_viewport")
        position = (viewport or option.widget).mapFromGlobal(QtGui.QCursor.pos())
        return button_rect(option.rect).contains(position)

    def editorEvent(  # noqa: N802 - Qt's name
        self,
        event: QtCore.QEvent,
        model: QtCore.QAbstractItemModel,
        option: QtWidgets.QStyleOptionViewItem,
        index: _Index,
    ) -> bool:
        """Take clicks on the button."""
        if event.type() != QtCore.QEvent.Type.MouseButtonRelease or not isinstance(event, QtGui.QMouseEvent):
            return False
        line = index.data(LINE)
        if not isinstance(line, Line):
            return False
        if index.column() == Column.COMPONENT and line.unfolded is not None:
            on_arrow = arrow_rect(option.rect).contains(position_of(event))
            if on_arrow and event.button() == QtCore.Qt.MouseButton.LeftButton:
                self.fold_clicked.emit(line.request)
            return on_arrow
        if index.column() != Column.PROGRESS or not line.failed:
            return False
        hit = button_rect(option.rect).contains(position_of(event))
        if hit and event.button() == QtCore.Qt.MouseButton.LeftButton:
            self.retry_clicked.emit(line.item_id)
        return hit


def button_rect(cell: QtCore.QRect) -> QtCore.QRect:
    """Return where in *cell* the button Retry is."""
    top = cell.top() + (cell.height() - _BUTTON.height()) // 2
    return QtCore.QRect(QtCore.QPoint(cell.left() + _MARGIN, top), _BUTTON)


def arrow_rect(cell: QtCore.QRect) -> QtCore.QRect:
    """Return where in *cell* the arrow of a request is clicked: all that is before its name."""
    return QtCore.QRect(cell.left(), cell.top(), _MARGIN + _GLYPH, cell.height())


class _Cell:
    """The inside of one cell, and how to fill it."""

    def __init__(self, painter: QtGui.QPainter, rect: QtCore.QRect, colours: Colours, font: QtGui.QFont) -> None:
        self.painter = painter
        self.rect = rect
        self.colours = colours
        self.font = QtGui.QFont(font)
        self.bold = QtGui.QFont(font)
        self.bold.setWeight(QtGui.QFont.Weight.DemiBold)
        self.small = QtGui.QFont(font)
        if font.pointSizeF() > 0:
            self.small.setPointSizeF(font.pointSizeF() * 0.9)

    def paint(self, column: Column, line: Line, over_button: bool) -> None:
        """Paint what *column* shows of *line*."""
        if column == Column.COMPONENT:
            self.component(line)
        elif column == Column.STATE:
            self.chip(line)
        elif column == Column.PROGRESS:
            if line.failed:
                self.button(over_button)
            else:
                self.bar(line)
        else:
            side = _Align.AlignRight if column in _RIGHT else _Align.AlignLeft
            self.text(self.rect, line.text(column), self.colours.text, self.font, side)

    def component(self, line: Line) -> None:
        """Paint the kind, the name, and below what it belongs to, or what is wrong with it."""
        colours, rect = self.colours, self.rect.adjusted(line.depth * (_GLYPH + _MARGIN), 0, 0, 0)
        glyph = QtCore.QRect(rect.left(), rect.top() + (rect.height() - _GLYPH) // 2, _GLYPH, _GLYPH)
        if line.unfolded is not None:
            paint_arrow(self.painter, glyph.adjusted(3, 3, -3, -3), line.unfolded, colours.muted)
        else:
            paint_glyph(self.painter, glyph, line.kind, colours.muted)
        rect = rect.adjusted(_GLYPH + _MARGIN, 5, 0, -5)
        upper = QtCore.QRect(rect.left(), rect.top(), rect.width(), rect.height() // 2)
        lower = QtCore.QRect(rect.left(), upper.bottom(), rect.width(), rect.height() // 2 + 1)
        self.text(upper, line.component, colours.text, self.bold)
        if not line.cause:
            self.text(lower, line.belongs_to, colours.muted, self.small)
            return
        used = QtGui.QFontMetrics(self.bold).horizontalAdvance(line.component) + _MARGIN
        if used < upper.width() - 40:
            self.text(upper.adjusted(used, 0, 0, 0), line.belongs_to, colours.muted, self.small)
        self.text(lower, line.cause, colours.tones[line.tone], self.small)

    def chip(self, line: Line) -> None:
        """Paint the state."""
        metrics = QtGui.QFontMetrics(self.small)
        width = min(metrics.horizontalAdvance(line.state) + 18, self.rect.width())
        height = metrics.height() + 6
        top = self.rect.top() + (self.rect.height() - height) // 2
        rect = QtCore.QRect(self.rect.left(), top, width, height)
        self.painter.setPen(QtCore.Qt.PenStyle.NoPen)
        self.painter.setBrush(self.colours.tinted(line.tone))
        self.painter.drawRoundedRect(QtCore.QRectF(rect), height / 2, height / 2)
        colour = self.colours.tones[line.tone]
        self.text(rect.adjusted(8, 0, -8, 0), line.state, colour, self.small, _Align.AlignHCenter)

    def bar(self, line: Line) -> None:
        """Paint how far it is, where that means something."""
        if line.percent is None:
            return
        label = f"{line.percent}%"
        label_width = QtGui.QFontMetrics(self.small).horizontalAdvance("100%")
        track = QtCore.QRectF(
            self.rect.left(),
            self.rect.center().y() - _BAR_HEIGHT / 2 + 1,
            max(0, self.rect.width() - label_width - 8),
            _BAR_HEIGHT,
        )
        self.painter.setPen(QtCore.Qt.PenStyle.NoPen)
        self.painter.setBrush(self.colours.line)
        self.painter.drawRoundedRect(track, _BAR_HEIGHT / 2, _BAR_HEIGHT / 2)
        if line.percent:
            filled = QtCore.QRectF(track)
            filled.setWidth(max(_BAR_HEIGHT, track.width() * line.percent / 100))
            self.painter.setBrush(self.colours.tones[line.tone])
            self.painter.drawRoundedRect(filled, _BAR_HEIGHT / 2, _BAR_HEIGHT / 2)
        self.text(self.rect, label, self.colours.muted, self.small, _Align.AlignRight)

    def button(self, over: bool) -> None:
        """Paint the button Retry."""
        rect = QtCore.QRectF(
            self.rect.left(), self.rect.center().y() - _BUTTON.height() / 2 + 1, _BUTTON.width(), _BUTTON.height()
        )
        self.painter.setPen(QtGui.QPen(mixed(self.colours.base, self.colours.text, 0.35), 1))
        self.painter.setBrush(self.colours.line if over else QtCore.Qt.BrushStyle.NoBrush)
        self.painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        self.text(rect.toRect(), "Retry", self.colours.text, self.small, _Align.AlignHCenter)

    def placeholder(self) -> None:
        """Paint the row of an item that is being read."""
        self.painter.setPen(QtCore.Qt.PenStyle.NoPen)
        self.painter.setBrush(self.colours.line)
        top = self.rect.center().y() - 4
        self.painter.drawRoundedRect(QtCore.QRectF(self.rect.left() + _GLYPH + _MARGIN, top, 120, 8), 4, 4)

    def text(
        self,
        rect: QtCore.QRect,
        text: str,
        colour: QtGui.QColor,
        font: QtGui.QFont,
        side: Optional[QtCore.Qt.AlignmentFlag] = None,
    ) -> None:
        """Paint one line of text, shortened to what fits."""
        self.painter.setFont(font)
        self.painter.setPen(colour)
        shown = QtGui.QFontMetrics(font).elidedText(text, QtCore.Qt.TextElideMode.ElideRight, rect.width())
        self.painter.drawText(rect, int((side or _Align.AlignLeft) | _Align.AlignVCenter), shown)
