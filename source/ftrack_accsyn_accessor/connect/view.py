"""The table itself: its columns give way where it is narrow, and a text stands where it is empty."""

from __future__ import annotations

from typing import Callable, Optional

from ftrack_accsyn_accessor.connect.colours import Colours, mixed
from ftrack_accsyn_accessor.connect.delegate import ROW_HEIGHT, Delegate
from ftrack_accsyn_accessor.connect.fitting import LEAST, Scrolling
from ftrack_accsyn_accessor.connect.glyphs import paint_glyph
from ftrack_accsyn_accessor.connect.heading import Empty
from ftrack_accsyn_accessor.connect.labels import Label
from ftrack_accsyn_accessor.connect.qt import QtCore, QtGui, QtWidgets
from ftrack_accsyn_accessor.connect.reader import PAGE
from ftrack_accsyn_accessor.connect.shapes import Column
from ftrack_accsyn_accessor.connect.table import ItemModel
from ftrack_accsyn_accessor.model.item import Kind

#: The widest text that a column has to show, and what is added to it.
_SAMPLES = {
    Column.PROJECT: ("project_a", 20),
    Column.FRAMES: ("1,000 / 1,000", 20),
    Column.SIZE: ("999.9 MB", 20),
    Column.STATE: ("Needs attention", 38),
    Column.PROGRESS: ("100%", 92),
    Column.LEFT: ("10 h 59 min", 20),
}
#: Columns that give way in a narrow window, the first of them first.
_DISPENSABLE = (Column.FRAMES, Column.LEFT, Column.SIZE, Column.PROJECT, Column.PROGRESS)
_COMPONENT_WIDTH = 280
#: Sizes of what stands in an empty table.
_SIGN = 44
_TEXT_WIDTH = 440


class HeaderView(QtWidgets.QHeaderView):
    """Titles of the columns, in the theme's colours: themes of Connect leave header sections to the platform."""

    def __init__(self, parent: QtWidgets.QWidget, colours: Callable[[], Colours]) -> None:
        super().__init__(QtCore.Qt.Orientation.Horizontal, parent)
        self._colours = colours
        self.setHighlightSections(False)
        self.setSectionsClickable(False)

    def paintSection(self, painter: QtGui.QPainter, rect: QtCore.QRect, index: int) -> None:  # noqa: N802 - Qt's name
        """Paint one title."""
        colours = self._colours()
        painter.save()
        painter.fillRect(rect, colours.base)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colours.line)
        painter.setPen(colours.muted)
        column = Column(index)
        right = column in (Column.FRAMES, Column.SIZE, Column.LEFT)
        side = QtCore.Qt.AlignmentFlag.AlignRight if right else QtCore.Qt.AlignmentFlag.AlignLeft
        painter.setFont(self.font())
        painter.drawText(rect.adjusted(10, 0, -10, 0), int(side | QtCore.Qt.AlignmentFlag.AlignVCenter), column.title)
        painter.restore()

    def sizeHint(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return a size that leaves the titles some air."""
        return QtCore.QSize(super().sizeHint().width(), self.fontMetrics().height() + 12)


class ItemView(QtWidgets.QTableView):
    """Shows an `ItemModel`, one row at a time selected."""

    resized = QtCore.Signal()

    def __init__(self, model: ItemModel, colours: Callable[[], Colours], parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("accsyn-items")
        self.setAccessibleName("Published components")
        self.setModel(model)
        self.delegate = Delegate(self, colours)
        self.setItemDelegate(self.delegate)
        self.setHorizontalHeader(HeaderView(self, colours))
        self._set_up_behaviour()
        self._set_up_sections()

    def _set_up_behaviour(self) -> None:
        self.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QtWidgets.QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(QtCore.Qt.ContextMenuPolicy.CustomContextMenu)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setShowGrid(False)
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QtWidgets.QAbstractItemView.ScrollMode.ScrollPerPixel)

    def _set_up_sections(self) -> None:
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QtWidgets.QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns = self.horizontalHeader()
        columns.setMinimumSectionSize(40)
        for column in Column:
            stretches = column is Column.COMPONENT
            mode = QtWidgets.QHeaderView.ResizeMode
            columns.setSectionResizeMode(column, mode.Stretch if stretches else mode.Fixed)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Show the columns that there is room for."""
        super().resizeEvent(event)
        self.fit_columns()
        self.resized.emit()

    def fit_columns(self) -> None:
        """Give columns the width that the font needs, and hide those that there is no room for."""
        metrics = self.fontMetrics()
        widths = {column: metrics.horizontalAdvance(text) + more for column, (text, more) in _SAMPLES.items()}
        spare = self.viewport().width() - _COMPONENT_WIDTH - sum(widths.values())
        hidden: set[Column] = set()
        for column in _DISPENSABLE:
            if spare >= 0:
                break
            hidden.add(column)
            spare += widths[column]
        self.delegate.hidden = frozenset(hidden)
        for column, width in widths.items():
            self.setColumnHidden(column, column in hidden)
            if column not in hidden:
                self.setColumnWidth(column, width)

    def visible_pages(self) -> tuple[int, ...]:
        """Return the pages of the rows in sight."""
        first = max(0, self.rowAt(0))
        last = self.rowAt(self.viewport().height() - 1)
        if last < 0:
            last = max(first, self.model().rowCount() - 1)
        last = min(last, first + self.viewport().height() // ROW_HEIGHT + 1)
        return tuple(range(first // PAGE, last // PAGE + 1))


class EmptyPage(QtWidgets.QWidget):
    """Says why there is no row, and what would make one; what is too high for it scrolls."""

    def __init__(self, colours: Callable[[], Colours], parent: Optional[QtWidgets.QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("accsyn-empty")
        self.sign = _Sign(colours)
        self.title = Label(colours, size=1.25, bold=True)
        self.text = Label(colours, muted=True)
        self._lines = QtWidgets.QVBoxLayout()
        self._lines.setSpacing(8)
        self._lines.addStretch(2)
        self._lines.addWidget(self.sign)
        for label in (self.title, self.text):
            label.setAlignment(QtCore.Qt.AlignmentFlag.AlignHCenter | QtCore.Qt.AlignmentFlag.AlignTop)
            label.setWordWrap(True)
            self._lines.addWidget(label)
        self._lines.addStretch(3)
        self.scrolling = Scrolling(self._lines)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.scrolling)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the lines short enough to be read. Inside of what scrolls no margin becomes a width of the window."""
        side = max(24, (self.width() - _TEXT_WIDTH) // 2)
        self._lines.setContentsMargins(side, 16, side, 16)
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the least size, whatever it says."""
        return QtCore.QSize(80, LEAST)

    def say(self, empty: Empty) -> None:
        """Show *empty*."""
        self.title.setText(empty.title)
        self.text.setText(empty.text)


class _Sign(QtWidgets.QWidget):
    """The sign above the texts."""

    def __init__(self, colours: Callable[[], Colours]) -> None:
        super().__init__()
        self._colours = colours
        self.setFixedHeight(_SIGN)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint it in the middle."""
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        place = QtCore.QRect((self.width() - _SIGN) // 2, 0, _SIGN, _SIGN)
        colours = self._colours()
        paint_glyph(painter, place, Kind.SEQUENCE, mixed(colours.base, colours.text, 0.35))
        painter.end()
