"""Paints the cells of the table: what was published, its state as a chip, its progress as a bar, Retry as a button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, Optional, Union

from ftrack_accsyn_accessor.connect.colours import Colours, mixed
from ftrack_accsyn_accessor.connect.fitting import fair
from ftrack_accsyn_accessor.connect.glyphs import paint_arrow, paint_glyph
from ftrack_accsyn_accessor.connect.qt import QtCore, QtGui, QtWidgets, position_of
from ftrack_accsyn_accessor.connect.shapes import Column, Line
from ftrack_accsyn_accessor.connect.table import LINE

ROW_HEIGHT = 52
_MARGIN = 10
_GLYPH = 20
_BAR_HEIGHT = 6
_BUTTON = QtCore.QSize(58, 22)
_BETWEEN = " · "
_RIGHT = (Column.FRAMES, Column.SIZE, Column.LEFT)

_Align = QtCore.Qt.AlignmentFlag
_Index = Union[QtCore.QModelIndex, QtCore.QPersistentModelIndex]


class Delegate(QtWidgets.QStyledItemDelegate):
    """Paints with the colours of the moment. For the GUI thread.

    `retry_clicked` carries the id of the item whose button was clicked, `fold_clicked` that of the request whose arrow
    was. `hidden` are the columns that there is no room for: what progress tells stands below the state then, and the
    project with the other names.
    """

    retry_clicked = QtCore.Signal(int)
    fold_clicked = QtCore.Signal(int)

    def __init__(self, parent: QtWidgets.QWidget, colours: Callable[[], Colours]) -> None:
        super().__init__(parent)
        self._colours = colours
        self.hidden: frozenset[Column] = frozenset()

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
        cell = _Cell(painter, rect.adjusted(_MARGIN, 0, -_MARGIN, -1), colours, option.font, self.hidden)
        if not isinstance(line, Line):
            if index.column() == Column.COMPONENT:
                cell.placeholder()
        else:
            over = self.is_over_button(option, line, index.column())
            cell.paint(Column(index.column()), line, self.button_rect(rect), over)
        painter.restore()

    def is_over_button(self, option: QtWidgets.QStyleOptionViewItem, line: Line, column: int) -> bool:
        """Whether the pointer is over the button of this cell."""
        over = option.state & QtWidgets.QStyle.StateFlag.State_MouseOver
        if not over or column != self.button_column or not line.failed or option.widget is None:
            return False
        viewport = option.widget.findChild(QtWidgets.QWidget, "qt_scrollarea_viewport")
        position = (viewport or option.widget).mapFromGlobal(QtGui.QCursor.pos())
        return self.button_rect(option.rect).contains(position)

    @property
    def button_column(self) -> Column:
        """The column that the button Retry is in."""
        return Column.STATE if Column.PROGRESS in self.hidden else Column.PROGRESS

    def button_rect(self, cell: QtCore.QRect) -> QtCore.QRect:
        """Return where in *cell* the button Retry is."""
        if Column.PROGRESS in self.hidden:
            return QtCore.QRect(QtCore.QPoint(cell.left() + _MARGIN, cell.center().y() + 1), _BUTTON)
        top = cell.top() + (cell.height() - _BUTTON.height()) // 2
        return QtCore.QRect(QtCore.QPoint(cell.left() + _MARGIN, top), _BUTTON)

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
        if index.column() != self.button_column or not line.failed:
            return False
        hit = self.button_rect(option.rect).contains(position_of(event))
        if hit and event.button() == QtCore.Qt.MouseButton.LeftButton:
            self.retry_clicked.emit(line.item_id)
        return hit


def arrow_rect(cell: QtCore.QRect) -> QtCore.QRect:
    """Return where in *cell* the arrow of a request is clicked: all that is before its name."""
    return QtCore.QRect(cell.left(), cell.top(), _MARGIN + _GLYPH, cell.height())


class _Cell:
    """The inside of one cell, and how to fill it."""

    def __init__(
        self,
        painter: QtGui.QPainter,
        rect: QtCore.QRect,
        colours: Colours,
        font: QtGui.QFont,
        hidden: frozenset[Column],
    ) -> None:
        self.painter = painter
        self.hidden = hidden
        self.rect = rect
        self.colours = colours
        self.font = QtGui.QFont(font)
        self.bold = QtGui.QFont(font)
        self.bold.setWeight(QtGui.QFont.Weight.DemiBold)
        self.small = QtGui.QFont(font)
        if font.pointSizeF() > 0:
            self.small.setPointSizeF(font.pointSizeF() * 0.9)

    def paint(self, column: Column, line: Line, button: QtCore.QRect, over: bool) -> None:
        """Paint what *column* shows of *line*; *button* is where Retry stands, and whether the pointer is *over* it."""
        if column == Column.COMPONENT:
            self.component(line)
        elif column == Column.STATE:
            self.state(line, button, over)
        elif column == Column.PROGRESS:
            self.progress(self.rect, line, button, over)
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
        above, below = line.written(project_apart=Column.PROJECT not in self.hidden)
        self.parts(upper, above, self.bold)
        if line.reason:
            self.text(lower, line.reason, colours.tones[line.tone], self.small)
        else:
            self.parts(lower, below, self.small)

    def parts(self, rect: QtCore.QRect, parts: Sequence[str], first: QtGui.QFont) -> None:
        """Paint *parts* side by side, the first in the font *first*; what is too long gives way, none altogether."""
        fonts = [first, *[self.small] * (len(parts) - 1)]
        x, between = rect.left(), QtGui.QFontMetrics(self.small).horizontalAdvance(_BETWEEN)
        for number, (part, font) in enumerate(zip(_fitted(parts, fonts, rect.width(), between), fonts)):
            if number:
                self._piece(x, rect, _BETWEEN, self.small)
                x += between
            x += self._piece(x, rect, part, font)

    def _piece(self, x: int, rect: QtCore.QRect, text: str, font: QtGui.QFont) -> int:
        """Paint *text*, which fits, from *x* on; return its width."""
        width = QtGui.QFontMetrics(font).horizontalAdvance(text)
        self.painter.setFont(font)
        self.painter.setPen(self.colours.text if font is self.bold else self.colours.muted)
        side = _Align.AlignLeft | _Align.AlignVCenter
        self.painter.drawText(QtCore.QRect(x, rect.top(), width + 2, rect.height()), int(side), text)
        return width

    def state(self, line: Line, button: QtCore.QRect, over: bool) -> None:
        """Paint the state, and below it the progress where that has no column of its own."""
        shown = line.failed or line.percent is not None
        if Column.PROGRESS not in self.hidden or not shown:
            self.chip(self.rect, line)
            return
        half = self.rect.height() // 2
        self.chip(self.rect.adjusted(0, 3, 0, -half), line)
        self.progress(self.rect.adjusted(0, half, 0, -3), line, button, over)

    def progress(self, rect: QtCore.QRect, line: Line, button: QtCore.QRect, over: bool) -> None:
        """Paint the button Retry, or the bar into *rect*."""
        if line.failed:
            self.button(button, over)
        else:
            self.bar(rect, line)

    def chip(self, space: QtCore.QRect, line: Line) -> None:
        """Paint the state."""
        metrics = QtGui.QFontMetrics(self.small)
        width = min(metrics.horizontalAdvance(line.state) + 18, space.width())
        height = metrics.height() + 6
        top = space.top() + (space.height() - height) // 2
        rect = QtCore.QRect(space.left(), top, width, height)
        self.painter.setPen(QtCore.Qt.PenStyle.NoPen)
        self.painter.setBrush(self.colours.tinted(line.tone))
        self.painter.drawRoundedRect(QtCore.QRectF(rect), height / 2, height / 2)
        colour = self.colours.tones[line.tone]
        self.text(rect.adjusted(8, 0, -8, 0), line.state, colour, self.small, _Align.AlignHCenter)

    def bar(self, space: QtCore.QRect, line: Line) -> None:
        """Paint how far it is, where that means something."""
        if line.percent is None:
            return
        label = f"{line.percent}%"
        label_width = QtGui.QFontMetrics(self.small).horizontalAdvance("100%")
        width = max(0, space.width() - label_width - 8)
        track = QtCore.QRectF(space.left(), space.center().y() - _BAR_HEIGHT / 2 + 1, width, _BAR_HEIGHT)
        self.painter.setPen(QtCore.Qt.PenStyle.NoPen)
        self.painter.setBrush(mixed(self.colours.base, self.colours.text, 0.22))  # to be seen in a selected row, too
        self.painter.drawRoundedRect(track, _BAR_HEIGHT / 2, _BAR_HEIGHT / 2)
        if line.percent:
            filled = QtCore.QRectF(track)
            filled.setWidth(max(_BAR_HEIGHT, track.width() * line.percent / 100))
            self.painter.setBrush(self.colours.tones[line.tone])
            self.painter.drawRoundedRect(filled, _BAR_HEIGHT / 2, _BAR_HEIGHT / 2)
        self.text(space, label, self.colours.muted, self.small, _Align.AlignRight)

    def button(self, place: QtCore.QRect, over: bool) -> None:
        """Paint the button Retry."""
        self.painter.setPen(QtGui.QPen(mixed(self.colours.base, self.colours.text, 0.35), 1))
        self.painter.setBrush(self.colours.line if over else QtCore.Qt.BrushStyle.NoBrush)
        self.painter.drawRoundedRect(QtCore.QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        self.text(place, "Retry", self.colours.text, self.small, _Align.AlignHCenter)

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


def _fitted(parts: Sequence[str], fonts: Sequence[QtGui.QFont], room: int, between: int) -> list[str]:
    """Return *parts* so that they fit into *room* pixels side by side; what is too long is shortened in its middle."""
    metrics = [QtGui.QFontMetrics(font) for font in fonts]

    def wanted(texts: Sequence[str]) -> list[int]:
        return [each.horizontalAdvance(text) + 1 for each, text in zip(metrics, texts)]

    if sum(wanted(parts)) + between * (len(parts) - 1) > room:
        # The sequence goes first: a shot tells more.
        parts = [parts[0], *(part if " " in part else part.rpartition("/")[2] for part in parts[1:])]
    middle = QtCore.Qt.TextElideMode.ElideMiddle
    shares = fair(wanted(parts), room, between)
    return [each.elidedText(text, middle, share) for each, text, share in zip(metrics, parts, shares)]
