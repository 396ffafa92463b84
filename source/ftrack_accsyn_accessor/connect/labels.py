"""Texts and bars in the theme's colours."""

from __future__ import annotations

import math
from typing import Callable, Optional

from ftrack_accsyn_accessor.connect.colours import Colours, mixed
from ftrack_accsyn_accessor.connect.qt import QtCore, QtGui, QtWidgets
from ftrack_accsyn_accessor.connect.shapes import Tone


class Label(QtWidgets.QLabel):
    """A plain text, on one line or wrapped. What does not fit ends in an ellipsis, with all of it as a tooltip.

    `more` is what the tooltip has to add in any case.

    A style sheet of the host decides the colour of every label, hence it is painted here.
    """

    def __init__(
        self, colours: Callable[[], Colours], *, muted: bool = False, bold: bool = False, size: float = 1.0
    ) -> None:
        super().__init__()
        self._colours = colours
        self._muted = muted
        self._bold = bold
        self._size = size
        self.tone: Optional[Tone] = None
        self.more = ""
        self.elide = QtCore.Qt.TextElideMode.ElideRight
        self.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.setMinimumWidth(20)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Show *text*."""
        super().setText(text)
        self.setAccessibleName(text)
        self._offer_the_rest()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit the text to the new width."""
        super().resizeEvent(event)
        self._offer_the_rest()

    def _offer_the_rest(self) -> None:
        whole = self.text() if self.is_shortened() else ""
        self.setToolTip("\n".join(filter(None, (whole, self.more))))

    def is_shortened(self) -> bool:
        """Whether not all of the text fits."""
        if self.wordWrap():
            return self.heightForWidth(self.width()) > self.height()
        return self.sizeHint().width() > self.width() + 4

    def drawn_font(self) -> QtGui.QFont:
        """Return the font that it is painted with: the host's, in the asked weight and size."""
        font = QtGui.QFont(self.font())
        if self._bold:
            font.setWeight(QtGui.QFont.Weight.DemiBold)
        if font.pointSizeF() > 0:
            font.setPointSizeF(font.pointSizeF() * self._size)
        return font

    def sizeHint(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the size of the whole text on one line."""
        metrics = QtGui.QFontMetrics(self.drawn_font())
        return QtCore.QSize(metrics.horizontalAdvance(self.text()) + 4, metrics.height() + 4)

    def minimumSizeHint(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the least size: any text may be shortened."""
        return QtCore.QSize(20, QtGui.QFontMetrics(self.drawn_font()).height() + 4)

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """Whether the height follows from the width."""
        return self.wordWrap()

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """Return the height that the text needs."""
        if not self.wordWrap():
            return self.sizeHint().height()
        return self._wrapped_height(self.text(), width)

    def _wrapped_height(self, text: str, width: int) -> int:
        return math.ceil(_wrapped(text, self.drawn_font(), width, self.alignment()).boundingRect().height()) + 4

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the text."""
        colours = self._colours()
        painter = QtGui.QPainter(self)
        font = self.drawn_font()
        painter.setFont(font)
        painter.setPen(colours.tones[self.tone] if self.tone else colours.muted if self._muted else colours.text)
        if self.wordWrap():
            shown = self.text() if not self.is_shortened() else self._as_much_as_fits()
            layout = _wrapped(shown, font, self.width(), self.alignment())
            layout.draw(painter, QtCore.QPointF(0, 2))
        else:
            shown = QtGui.QFontMetrics(font).elidedText(self.text(), self.elide, self.width())
            painter.drawText(self.rect(), int(self.alignment()), shown)
        painter.end()

    def _as_much_as_fits(self) -> str:
        """Return the longest beginning of the text, with an ellipsis, that the label is high enough for."""
        fits, too_long = 0, len(self.text())
        while too_long - fits > 1:
            middle = (fits + too_long) // 2
            if self._wrapped_height(_beginning(self.text(), middle), self.width()) <= self.height():
                fits = middle
            else:
                too_long = middle
        return _beginning(self.text(), fits)


def _beginning(text: str, length: int) -> str:
    return f"{text[:length].rstrip()}…"


def _wrapped(text: str, font: QtGui.QFont, width: int, alignment: QtCore.Qt.AlignmentFlag) -> QtGui.QTextLayout:
    """Return *text* in lines of *width* pixels, broken inside a word only where that is longer than a line."""
    option = QtGui.QTextOption(alignment)
    option.setWrapMode(QtGui.QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout = QtGui.QTextLayout(text.replace("\n", "\u2028"), font)
    layout.setTextOption(option)
    layout.beginLayout()
    y = 0.0
    while True:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(max(1, width))
        line.setPosition(QtCore.QPointF(0, y))
        y += line.height()
    layout.endLayout()
    return layout


class Bar(QtWidgets.QWidget):
    """A thin progress bar."""

    def __init__(self, colours: Callable[[], Colours]) -> None:
        super().__init__()
        self._colours = colours
        self._percent = 0
        self.tone = Tone.BUSY
        self.setFixedHeight(6)

    def set_percent(self, percent: int) -> None:
        """Show *percent*."""
        self._percent = percent
        self.setAccessibleName(f"{percent}%")
        self.update()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the bar."""
        colours = self._colours()
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        painter.setPen(QtCore.Qt.PenStyle.NoPen)
        full = QtCore.QRectF(self.rect())
        radius = full.height() / 2
        painter.setBrush(colours.line)
        painter.drawRoundedRect(full, radius, radius)
        if self._percent:
            full.setWidth(max(full.height(), full.width() * self._percent / 100))
            painter.setBrush(colours.tones[self.tone])
            painter.drawRoundedRect(full, radius, radius)
        painter.end()


class Panel(QtWidgets.QFrame):
    """A rounded area a little off the background, tinted where it has a tone."""

    def __init__(self, colours: Callable[[], Colours]) -> None:
        super().__init__()
        self._colours = colours
        self.tone: Optional[Tone] = None
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the background."""
        colours = self._colours()
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        painter.setPen(mixed(colours.base, colours.tones[self.tone], 0.35) if self.tone else colours.line)
        painter.setBrush(colours.tinted(self.tone) if self.tone else colours.hover)
        painter.drawRoundedRect(QtCore.QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.end()
