"""The vendor's window: folders are dropped on it, checked, and delivered with accsyn. A process of its own.

`python -m ftrack_accsyn_accessor.connect.deliver_window FOLDER...`, which `ftrack-accsyn deliver --window` starts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.connect import colours as theme
from ftrack_accsyn_accessor.connect.colours import Colours
from ftrack_accsyn_accessor.connect.deliver_card import Card, DropArea
from ftrack_accsyn_accessor.connect.deliver_desk import Desk, Sheet
from ftrack_accsyn_accessor.connect.labels import Label
from ftrack_accsyn_accessor.connect.qt import QtCore, QtGui, QtWidgets
from ftrack_accsyn_accessor.connect.shapes import Tone
from ftrack_accsyn_accessor.connect.widget import icon_path
from ftrack_accsyn_accessor.vendor.uploading import Uploading

_SIZE = (620, 460)
_SMALLEST = (360, 320)
_BY_MANIFEST = "By its manifest"


class _Relay(QtCore.QObject):
    """Carries sheets from the desk's thread to the GUI thread."""

    told = QtCore.Signal(object)


class DeliverWindow(QtWidgets.QWidget):
    """The window. For the GUI thread; it never waits for a disk or a network."""

    def __init__(self, begin: Callable[[], Uploading] = Uploading.here) -> None:
        super().__init__()
        self.sheet = Sheet()
        self.cards: list[Card] = []
        self._recolouring = QtCore.QTimer(self)
        self._recolouring.setSingleShot(True)
        self._recolouring.timeout.connect(self._take_colours)
        self._field = QtWidgets.QLineEdit(self)  # the theme's colours are read off it
        self._field.hide()
        self.colours: Colours = theme.of(self._field)
        self._build()
        self._lay_out()
        # Without a parent: it must outlive the thread that emits it.
        self._relay = _Relay()
        self._relay.told.connect(self.show_sheet)
        self.desk = Desk(self._relay.told.emit, begin)
        self.show_sheet(self.sheet)
        self.desk.start()

    # Building.

    def _build(self) -> None:
        def current() -> Colours:
            return self.colours

        self.setWindowTitle("Deliver with accsyn")
        self.setWindowIcon(QtGui.QIcon(icon_path()))
        self.setAcceptDrops(True)
        self.setMinimumSize(*_SMALLEST)
        self.resize(*_SIZE)
        self.who = Label(current, muted=True)
        self.problem = Label(current)
        self.problem.tone = Tone.BAD
        self.problem.setWordWrap(True)
        self.drop = DropArea(current)
        self.sentence = Label(current, muted=True)
        self.sentence.setWordWrap(True)
        self.by = Label(current, muted=True)
        self.by.elide = QtCore.Qt.TextElideMode.ElideMiddle
        self.share = QtWidgets.QComboBox()
        self.share.setAccessibleName("Folder in accsyn")
        self.share.activated.connect(self._share_chosen)
        self.add = QtWidgets.QPushButton("Add folder...")
        self.add.clicked.connect(self._choose_folder)
        self.manifest = QtWidgets.QPushButton("Manifest...")
        self.manifest.clicked.connect(self._choose_manifest)
        self.clear = QtWidgets.QPushButton("Clear")
        self.deliver = QtWidgets.QPushButton("Deliver")
        self.deliver.setDefault(True)

    def _lay_out(self) -> None:
        self._list = QtWidgets.QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.addStretch(1)
        inner = QtWidgets.QWidget()
        inner.setLayout(self._list)
        self.sheets = QtWidgets.QScrollArea()
        self.sheets.setWidgetResizable(True)
        self.sheets.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.sheets.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.sheets.setWidget(inner)
        for transparent in (inner, self.sheets.viewport()):
            transparent.setAutoFillBackground(False)
        self.pages = QtWidgets.QStackedWidget()
        self.pages.addWidget(self.drop)
        self.pages.addWidget(self.sheets)
        buttons = QtWidgets.QHBoxLayout()
        for button in (self.add, self.manifest, self.clear):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.deliver)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(6)
        for widget in (self.who, self.problem):
            layout.addWidget(widget)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.by)
        layout.addWidget(self.share)
        layout.addWidget(self.sentence)
        layout.addLayout(buttons)
        self.clear.clicked.connect(lambda: self.desk.clear())
        self.deliver.clicked.connect(lambda: self.desk.deliver())

    # Showing.

    def show_sheet(self, sheet: Sheet) -> None:
        """Show *sheet*."""
        self.sheet = sheet
        while len(self.cards) < len(sheet.lines):
            self.cards.append(Card(lambda: self.colours))
            self._list.insertWidget(len(self.cards) - 1, self.cards[-1])
        for card, line in zip(self.cards, sheet.lines):
            card.show_line(line)
            card.show()
        for card in self.cards[len(sheet.lines) :]:
            card.hide()
        self.pages.setCurrentWidget(self.sheets if sheet.lines else self.drop)
        self._say(self.who, sheet.who)
        self._say(self.problem, sheet.problem)
        self._say(self.by, f"Manifest: {sheet.manifest}" if sheet.manifest else "")
        self._say(self.sentence, sheet.sentence)
        self._offer_shares(sheet)
        self.deliver.setEnabled(sheet.ready > 0)
        self.clear.setEnabled(bool(sheet.lines))

    @staticmethod
    def _say(label: Label, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))
        label.updateGeometry()

    def _offer_shares(self, sheet: Sheet) -> None:
        offered = [_BY_MANIFEST, *sheet.shares]
        if [self.share.itemText(index) for index in range(self.share.count())] != offered:
            self.share.clear()
            self.share.addItems(offered)
        self.share.setCurrentIndex(offered.index(sheet.share) if sheet.share in sheet.shares else 0)
        self.share.setVisible(bool(sheet.shares))

    def _take_colours(self) -> None:
        self.colours = theme.of(self._field)
        self.update()
        for widget in self.findChildren(QtWidgets.QWidget):
            widget.update()

    def changeEvent(self, event: QtCore.QEvent) -> None:  # noqa: N802 - Qt's name
        """Take the colours of a new theme, once it has reached everything."""
        super().changeEvent(event)
        if event.type() in (QtCore.QEvent.Type.PaletteChange, QtCore.QEvent.Type.StyleChange):
            self._recolouring.start(0)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the background."""
        painter = QtGui.QPainter(self)
        painter.fillRect(self.rect(), self.colours.base)
        painter.end()

    # Asking.

    def _share_chosen(self, index: int) -> None:
        self.desk.send_to(self.share.itemText(index) if index else "")

    def _choose_folder(self) -> None:
        found = QtWidgets.QFileDialog.getExistingDirectory(self, "What is to be delivered?")
        if found:
            self.desk.add([found])

    def _choose_manifest(self) -> None:
        found, _ = QtWidgets.QFileDialog.getOpenFileName(self, "The manifest of the package", "", "manifest.json")
        if found:
            self.desk.add([found])

    # Dropping.

    def dragEnterEvent(self, event: QtGui.QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Welcome what lies on a disk."""
        if _paths(event.mimeData()):
            self._invite(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QtGui.QDragLeaveEvent) -> None:  # noqa: N802 - Qt's name
        """Stop welcoming it."""
        self._invite(False)

    def dropEvent(self, event: QtGui.QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Take what was dropped."""
        self._invite(False)
        self.desk.add(_paths(event.mimeData()))
        event.acceptProposedAction()

    def _invite(self, inviting: bool) -> None:
        self.drop.inviting = inviting
        self.drop.update()

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Go: accsyn carries on with what it has."""
        self.desk.stop()
        super().closeEvent(event)


def _paths(data: QtCore.QMimeData) -> list[str]:
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Show the window until it is closed; *arguments* are what is delivered, by default those of the process."""
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(sys.argv[:1])
    window = DeliverWindow()
    window.desk.add(sys.argv[1:] if arguments is None else arguments)
    window.show()
    return int(application.exec())


if __name__ == "__main__":
    sys.exit(main())
