"""One delivery in the window: what it is, how far it is, and what is wrong with it, in words."""

from __future__ import annotations

from typing import Callable

from ftrack_accsyn_accessor.connect.colours import Colours
from ftrack_accsyn_accessor.connect.deliver_desk import Line
from ftrack_accsyn_accessor.connect.labels import Bar, Label, Panel
from ftrack_accsyn_accessor.connect.qt import QtCore, QtGui, QtWidgets
from ftrack_accsyn_accessor.connect.shapes import Tone


class Card(Panel):
    """A delivery."""

    def __init__(self, colours: Callable[[], Colours]) -> None:
        super().__init__(colours)
        self._colours_of = colours
        self.name = Label(colours, bold=True)
        self.what = Label(colours, muted=True)
        self.status = Label(colours)
        self.status.setAlignment(QtCore.Qt.AlignmentFlag.AlignRight | QtCore.Qt.AlignmentFlag.AlignVCenter)
        self.bar = Bar(colours)
        self.notes: list[Label] = []
        upper = QtWidgets.QHBoxLayout()
        upper.setSpacing(12)
        upper.addWidget(self.name, 1)
        upper.addWidget(self.status)
        self._layout = QtWidgets.QVBoxLayout(self)
        self._layout.setContentsMargins(12, 8, 12, 8)
        self._layout.setSpacing(3)
        self._layout.addLayout(upper)
        self._layout.addWidget(self.what)
        self._layout.addWidget(self.bar)

    def show_line(self, line: Line) -> None:
        """Show *line*."""
        self.name.setText(line.name)
        self.name.more = line.key
        self.what.setText(line.what)
        self.what.setVisible(bool(line.what))
        self.status.tone = line.tone
        self.status.setText(line.status)
        self.status.setMinimumWidth(self.status.sizeHint().width())
        self.tone = Tone.BAD if line.tone is Tone.BAD else None
        self.bar.setVisible(line.percent is not None)
        self.bar.set_percent(line.percent or 0)
        self._show_notes(line)
        self.update()

    def _show_notes(self, line: Line) -> None:
        while len(self.notes) < len(line.notes):
            note = Label(self._colours_of)
            note.setWordWrap(True)
            self.notes.append(note)
            self._layout.addWidget(note)
        for index, note in enumerate(self.notes):
            text, tone = line.notes[index] if index < len(line.notes) else ("", None)
            note.tone = tone
            note.setText(text)
            note.setVisible(bool(text))
            note.updateGeometry()


class DropArea(QtWidgets.QWidget):
    """What stands where nothing was dropped yet: an invitation, in a dashed frame."""

    def __init__(self, colours: Callable[[], Colours]) -> None:
        super().__init__()
        self._colours_of = colours
        self.inviting = False
        self.title = Label(colours, bold=True, size=1.2)
        self.text = Label(colours, muted=True)
        self.text.setWordWrap(True)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.addStretch(1)
        for label in (self.title, self.text):
            label.setAlignment(QtCore.Qt.AlignmentFlag.AlignHCenter | QtCore.Qt.AlignmentFlag.AlignVCenter)
            layout.addWidget(label)
        layout.addStretch(1)
        self.title.setText("Drop folders here")
        self.text.setText("Each folder, or file, is one version. It is checked before anything is sent.")

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the frame."""
        colours = self._colours_of()
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        pen = QtGui.QPen(colours.tones[Tone.BUSY] if self.inviting else colours.muted, 1.5)
        pen.setStyle(QtCore.Qt.PenStyle.DashLine)
        painter.setPen(pen)
        if self.inviting:
            painter.setBrush(colours.tinted(Tone.BUSY))
        painter.drawRoundedRect(QtCore.QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        painter.end()
