"""The table's model for Qt: knows how many items there are, and holds the pages that were looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional, Union

from ftrack_accsyn_accessor.connect.qt import QtCore
from ftrack_accsyn_accessor.connect.reader import PAGE, Snapshot
from ftrack_accsyn_accessor.connect.shapes import Column, Line

_Role = QtCore.Qt.ItemDataRole
#: The role under which an index gives its `Line`, or None while that is being read.
LINE = int(_Role.UserRole)
#: Pages kept at most: what was scrolled past is read again rather than kept for ever.
_KEPT = 40

_Index = Union[QtCore.QModelIndex, QtCore.QPersistentModelIndex]
_NOWHERE = QtCore.QModelIndex()


class ItemModel(QtCore.QAbstractTableModel):
    """Shows what the reader delivers. For the GUI thread."""

    def __init__(self, parent: Optional[QtCore.QObject] = None) -> None:
        super().__init__(parent)
        self._total = 0
        self._pages: dict[int, tuple[Line, ...]] = {}
        self._outdated = False

    # What Qt asks.

    def rowCount(self, parent: _Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Return how many items there are."""
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: _Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def data(self, index: _Index, role: int = int(_Role.DisplayRole)) -> Any:
        """Return what a cell shows, says as a tooltip or to a screen reader, or its whole line."""
        line = self.line(index.row()) if index.isValid() else None
        if role == LINE or line is None:
            return line
        if role == _Role.DisplayRole:
            return line.text(Column(index.column()))
        if role == _Role.ToolTipRole:
            return line.tip(Column(index.column())) or None
        if role == _Role.AccessibleTextRole:
            return line.spoken
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: QtCore.Qt.Orientation, role: int = int(_Role.DisplayRole)
    ) -> Any:
        """Return the title of a column."""
        if orientation == QtCore.Qt.Orientation.Horizontal and role == _Role.DisplayRole:
            return Column(section).title
        return None

    # What the tab does with it.

    def line(self, row: int) -> Optional[Line]:
        """Return what stands in *row*, None while that is being read."""
        number, place = divmod(row, PAGE)
        page = self._pages.get(number, ())
        return page[place] if place < len(page) else None

    def known(self) -> Iterable[tuple[int, Line]]:
        """Return the rows that are there, with their numbers."""
        for number, page in sorted(self._pages.items()):
            yield from enumerate(page, number * PAGE)

    def clear(self) -> None:
        """Forget everything, since something else is to be shown."""
        self.beginResetModel()
        self._total = 0
        self._pages.clear()
        self.endResetModel()

    def outdate(self) -> None:
        """Keep no page when the next snapshot comes: rows stand elsewhere from then on."""
        self._outdated = True

    def take(self, snapshot: Snapshot) -> None:
        """Show *snapshot*. Other pages are kept only if nothing has changed since they were read."""
        if snapshot.changed or self._outdated:
            self._pages.clear()
        self._outdated = False
        while self._pages and len(self._pages) + len(snapshot.pages) > _KEPT:
            del self._pages[next(iter(self._pages))]
        self._pages.update(snapshot.pages)
        self._resize(snapshot.total)
        if self._total:
            last = self.index(self._total - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def _resize(self, total: int) -> None:
        """Add or remove rows at the end: which item stands in which row is a matter of `dataChanged`."""
        if total > self._total:
            self.beginInsertRows(QtCore.QModelIndex(), self._total, total - 1)
            self._total = total
            self.endInsertRows()
        elif total < self._total:
            self.beginRemoveRows(QtCore.QModelIndex(), total, self._total - 1)
            self._total = total
            self.endRemoveRows()
