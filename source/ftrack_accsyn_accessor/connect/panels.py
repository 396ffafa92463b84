"""What stands around the table: the head above it, and the selected item below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.connect.buttons import Button
from ftrack_accsyn_accessor.connect.colours import Colours
from ftrack_accsyn_accessor.connect.fitting import LEAST, Flow, Scrolling, Wish
from ftrack_accsyn_accessor.connect.heading import Head
from ftrack_accsyn_accessor.connect.labels import Bar, Label, Panel
from ftrack_accsyn_accessor.connect.qt import QtCore, QtWidgets
from ftrack_accsyn_accessor.connect.shapes import Line, Tone

_SPACE = 8


class HeadPanel(Panel):
    """Workspace, machine, staging area and destination; how things stand; and the button Pause."""

    def __init__(self, colours: Callable[[], Colours]) -> None:
        super().__init__(colours)
        self.pause = Button("Pause", colours)
        self.pause.setObjectName("accsyn-pause")
        self.sentence = Label(colours, bold=True, size=1.1)
        self.detail = Label(colours, muted=True)
        self.detail.setAlignment(QtCore.Qt.AlignmentFlag.AlignRight | QtCore.Qt.AlignmentFlag.AlignVCenter)
        self.bar = Bar(colours)
        self._surroundings = QtWidgets.QGridLayout()
        self._surroundings.setHorizontalSpacing(12)
        self._surroundings.setVerticalSpacing(1)
        self._surroundings.setColumnStretch(1, 1)
        self._labels: list[tuple[Label, Label]] = []
        self._colours_of = colours
        self._lay_out()

    def _lay_out(self) -> None:
        upper = QtWidgets.QHBoxLayout()
        upper.addWidget(self.sentence, 1)
        upper.addWidget(self.pause)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(6)
        layout.addLayout(upper)
        layout.addWidget(self.bar)
        layout.addWidget(self.detail)
        layout.addLayout(self._surroundings)

    def show_head(self, head: Head) -> None:
        """Show *head*."""
        self.sentence.setText(head.sentence)
        self.sentence.tone = head.tone
        # These keep their room when they have nothing to tell: what is below may not move away from under the mouse.
        self.detail.setText(head.detail)
        self.bar.tone = Tone.HELD if head.tone is Tone.HELD else Tone.BUSY
        self.bar.set_percent(head.percent or 0)
        self._name_button("Resume" if head.paused else "Pause")
        self.pause.setToolTip(
            "Go on sending" if head.paused else "Send nothing more from this machine, until somebody resumes"
        )
        for row, surrounding in enumerate(head.surroundings):
            name, value = self._labels_of(row)
            name.setText(surrounding.name)
            value.more = surrounding.tip
            value.setText(surrounding.value)
        self.update()

    def _name_button(self, text: str) -> None:
        """Name the button, which stays as wide as its widest name needs."""
        if not self.pause.minimumWidth():
            self.pause.setText("Resume")
            self.pause.setMinimumWidth(self.pause.sizeHint().width())
        self.pause.setText(text)

    def _labels_of(self, row: int) -> tuple[Label, Label]:
        while len(self._labels) <= row:
            name, value = Label(self._colours_of, muted=True), Label(self._colours_of)
            name.setSizePolicy(QtWidgets.QSizePolicy.Policy.Fixed, QtWidgets.QSizePolicy.Policy.Fixed)
            value.elide = QtCore.Qt.TextElideMode.ElideMiddle
            self._surroundings.addWidget(name, len(self._labels), 0)
            self._surroundings.addWidget(value, len(self._labels), 1)
            self._labels.append((name, value))
        return self._labels[row]


class _Sheet(Panel):
    """A panel whose texts scroll where there is not enough room for them."""

    scrolling: Scrolling
    outer: QtWidgets.QVBoxLayout

    def wish(self, width: int) -> Wish:
        """Return the height at which nothing has to be scrolled, and the least; nothing while it is hidden."""
        if self.isHidden():
            return Wish(0, 0)
        around, wanted = self._around(width), self.scrolling.wanted(self._inner(width))
        return Wish(around + wanted, around + min(wanted, LEAST))

    def limit(self, width: int, height: int) -> None:
        """Be no higher than *height*."""
        self.scrolling.restrict(max(0, height - self._around(width)))

    def _inner(self, width: int) -> int:
        more = self.outer.contentsMargins()
        return width - more.left() - more.right()

    def _around(self, width: int) -> int:
        """Return the height of everything else."""
        return self.outer.heightForWidth(width) - self.scrolling.heightForWidth(self._inner(width))


class Banner(_Sheet):
    """What is wrong with everything and what waits elsewhere, with what to do: a line each."""

    def __init__(self, colours: Callable[[], Colours]) -> None:
        super().__init__(colours)
        self.setObjectName("accsyn-banner")
        self.tone = Tone.HELD
        self.text = Label(colours)
        self.text.setWordWrap(True)
        lines = QtWidgets.QVBoxLayout()
        lines.setContentsMargins(0, 0, 4, 0)
        lines.addWidget(self.text)
        self.scrolling = Scrolling(lines)
        layout = self.outer = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(12, _SPACE, 8, _SPACE)
        layout.addWidget(self.scrolling)
        self.hide()

    def say(self, lines: Sequence[str]) -> None:
        """Show *lines*, or nothing where there are none."""
        self.text.setText("\n".join(lines))
        self.setVisible(bool(lines))


class DetailsPanel(_Sheet):
    """The selected item, with what can be done about it."""

    def __init__(self, colours: Callable[[], Colours]) -> None:
        super().__init__(colours)
        self.setObjectName("accsyn-details")
        self.title = Label(colours, bold=True)
        self.path = Label(colours, muted=True)
        self.path.elide = QtCore.Qt.TextElideMode.ElideMiddle
        self.published = Label(colours, muted=True)
        self.cause = Label(colours)
        self.remedy = Label(colours)
        self.notes = Label(colours)
        self.retry = Button("Retry", colours)
        self.first = Button("This first", colours)
        self.first.setToolTip("Let accsyn carry it before everything else that waits")
        self.folder = Button("Open folder", colours)
        self.copy = Button("Copy diagnosis", colours)
        self.cancel = Button("Cancel", colours)
        self.cancel.setToolTip("Take back what has not begun of this request")
        self.retry.setObjectName("accsyn-retry")
        self.line: Optional[Line] = None
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        lines = QtWidgets.QVBoxLayout()
        lines.setContentsMargins(0, 0, 4, 0)
        lines.setSpacing(2)
        for label in (self.cause, self.remedy, self.notes, self.path, self.published):
            lines.addWidget(label)
        for label in (self.cause, self.remedy, self.notes, self.published):
            label.setWordWrap(True)
        self.scrolling = Scrolling(lines)
        buttons = Flow(_SPACE)
        buttons.setContentsMargins(0, 8, 0, 0)
        for button in (self.retry, self.first, self.cancel, self.folder, self.copy):
            buttons.addWidget(button)
        layout = self.outer = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 8, 10)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addWidget(self.scrolling)
        layout.addLayout(buttons)

    def show_line(self, line: Optional[Line]) -> None:
        """Show *line*, or nothing."""
        self.line = line
        self.setVisible(line is not None)
        if line is None:
            return
        self.title.setText(line.names)
        self.path.setText(line.path)
        files = f"{line.files} {'files' if line.unfolded is None else 'items'}"
        self.published.setText(" · ".join(filter(None, (line.published, files, line.size))))
        self.cause.tone = line.tone
        for label, text in ((self.cause, line.reason), (self.remedy, line.remedy), (self.notes, line.notes)):
            label.setText(text)
            label.setVisible(bool(text))
        self.path.setVisible(bool(line.path))
        self.retry.setVisible(line.retryable)
        self.first.setVisible(line.hurriable)
        self.cancel.setVisible(line.cancellable)
        self.folder.setVisible(line.request is None)
        self.copy.setVisible(bool(line.component_id))
        self.updateGeometry()
        self.update()
