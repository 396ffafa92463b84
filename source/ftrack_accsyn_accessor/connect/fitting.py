"""Keeps what the tab says inside the host's window: what is too high scrolls, buttons that are too many wrap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.connect.qt import QtCore, QtWidgets

#: Pixels: of a scrolled text two lines stay in sight, of the table its titles and a row.
LEAST = 36
TABLE_LEAST = 84


class Wish(NamedTuple):
    """The height that something wants, and the one below which it is of no use."""

    wanted: int
    least: int


def shares(spare: int, banner: Wish, details: Wish) -> tuple[int, int]:
    """Return the heights of banner and details, of *spare* pixels for both.

    The details, which somebody has asked for, go before; of what is wrong with everything a third is always in sight.
    """
    if banner.wanted + details.wanted <= spare:
        return banner.wanted, details.wanted
    kept = min(banner.wanted, max(banner.least, spare // 3))
    given = min(details.wanted, max(details.least, spare - kept))
    return min(banner.wanted, max(banner.least, spare - given)), given


def fair(wanted: Sequence[int], room: int, between: int) -> list[int]:
    """Return the widths of parts that want so much of *room* pixels, with *between* pixels between any two.

    The short ones get what they want; what is left is shared by the long ones.
    """
    left = max(0, room - between * (len(wanted) - 1))
    widths = [0] * len(wanted)
    for done, place in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        widths[place] = min(wanted[place], left // (len(wanted) - done))
        left -= widths[place]
    return widths


class Scrolling(QtWidgets.QScrollArea):
    """Shows what *lines* hold, as high as it wants to be, within limits; what is higher is scrolled."""

    def __init__(self, lines: QtWidgets.QVBoxLayout) -> None:
        super().__init__()
        self._lines = lines
        content = QtWidgets.QWidget()
        content.setLayout(lines)
        self._limit = 10_000
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Preferred)
        # What the host's theme paints is behind the panel that this is in.
        for each in (self, self.viewport(), content):
            each.setAutoFillBackground(False)
        self.setObjectName("accsyn-scrolling")
        self.setStyleSheet("#accsyn-scrolling, #accsyn-scrolled { background: transparent; border: 0; }")
        content.setObjectName("accsyn-scrolled")
        self.setWidget(content)

    def restrict(self, height: int) -> None:
        """Be no higher than *height* from now on."""
        if height != self._limit:
            self._limit = height
            self.updateGeometry()

    def wanted(self, width: int) -> int:
        """Return the height at which nothing has to be scrolled."""
        return self._lines.heightForWidth(width)

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """Return that it has."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """Return as much as it wants and may have."""
        return min(self._limit, self.wanted(width))

    def sizeHint(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the size that it wants in its present width."""
        return QtCore.QSize(80, self.heightForWidth(max(1, self.width())))

    def minimumSizeHint(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the least size: everything scrolls."""
        return QtCore.QSize(40, min(self._limit, LEAST))


class Flow(QtWidgets.QLayout):
    """Puts widgets side by side, and on the next line where there is no more room."""

    def __init__(self, spacing: int = 8) -> None:
        super().__init__()
        self._items: list[QtWidgets.QLayoutItem] = []
        self.setSpacing(spacing)

    def addItem(self, item: QtWidgets.QLayoutItem) -> None:  # noqa: N802 - Qt's name
        """Take one more."""
        self._items.append(item)

    def count(self) -> int:
        """Return how many there are."""
        return len(self._items)

    def itemAt(self, index: int) -> Optional[QtWidgets.QLayoutItem]:  # noqa: N802 - Qt's name
        """Return one of them, None past the end."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> Optional[QtWidgets.QLayoutItem]:  # noqa: N802 - Qt's name
        """Give one of them away."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """Return that it has."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """Return how high the lines are together."""
        return self._arrange(QtCore.QRect(0, 0, width, 0), place=False)

    def setGeometry(self, rect: QtCore.QRect) -> None:  # noqa: N802 - Qt's name
        """Put everything in its place."""
        super().setGeometry(rect)
        self._arrange(rect, place=True)

    def sizeHint(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the least size."""
        return self.minimumSize()

    def minimumSize(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the size of the largest: the others may stand below it."""
        sizes = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = max((size.width() for size in sizes), default=0)
        more = self.contentsMargins()
        height = max((size.height() for size in sizes), default=0) + more.top() + more.bottom()
        return QtCore.QSize(width + more.left() + more.right(), height)

    def _arrange(self, rect: QtCore.QRect, place: bool) -> int:
        """Return the height of all lines in the width of *rect*, and *place* the widgets there."""
        more = self.contentsMargins()
        left, right, y = rect.left() + more.left(), rect.right() + 1 - more.right(), rect.top() + more.top()
        x, line = left, 0
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            width = min(size.width(), right - left)
            if x > left and x + width > right:
                x, y, line = left, y + line + self.spacing(), 0
            if place:
                item.setGeometry(QtCore.QRect(x, y, width, size.height()))
            x, line = x + width + self.spacing(), max(line, size.height())
        return y + line + more.bottom() - rect.top()
