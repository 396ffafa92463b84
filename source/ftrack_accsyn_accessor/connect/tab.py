"""The tab: puts head, table and details together, and connects them to the reader and to the actions."""

from __future__ import annotations

import dataclasses
import os
from typing import Callable, Optional

from ftrack_accsyn_accessor.connect import colours as theme
from ftrack_accsyn_accessor.connect.colours import Colours
from ftrack_accsyn_accessor.connect.errands import Actions, Errands
from ftrack_accsyn_accessor.connect.labels import Label
from ftrack_accsyn_accessor.connect.menu import LineMenu
from ftrack_accsyn_accessor.connect.panels import Banner, DetailsPanel, HeadPanel
from ftrack_accsyn_accessor.connect.qt import QAction, QShortcut, QtCore, QtGui, QtWidgets
from ftrack_accsyn_accessor.connect.reader import Reader, Snapshot, Source, View
from ftrack_accsyn_accessor.connect.report import ReportDialog
from ftrack_accsyn_accessor.connect.shapes import NO_MATCH, READING, Filter, Head, Line
from ftrack_accsyn_accessor.connect.table import ItemModel
from ftrack_accsyn_accessor.connect.view import EmptyPage, ItemView

#: A pause in typing after which the search begins.
_TYPING_MS = 150
#: How long the outcome of an action stays in sight.
_NOTICE_MS = 6000
#: How often a tab in sight makes sure that it still is.
_WATCH_MS = 1000


class _Relay(QtCore.QObject):
    """Carries snapshots from the reader's thread to the GUI thread."""

    arrived = QtCore.Signal(object)


class Tab(QtWidgets.QWidget):
    """Shows what *source* has and does what *actions* can. For the GUI thread.

    `unsent_changed` tells how many components, and how many bytes, would stay behind on quitting.
    """

    unsent_changed = QtCore.Signal(int, float)

    def __init__(self, source: Source, actions: Actions, parent: Optional[QtWidgets.QWidget] = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._view = View(1)
        self._head: Optional[Head] = None
        self._selected: Optional[int] = None
        self._shown = 0
        self._following = False
        self._closed = False
        self._watching = QtCore.QTimer(self)
        self._watching.setInterval(_WATCH_MS)
        self._watching.timeout.connect(self._rest_if_hidden)
        self._recolouring = QtCore.QTimer(self)
        self._recolouring.setSingleShot(True)
        self._recolouring.timeout.connect(self._take_colours)
        self.search = QtWidgets.QLineEdit()
        self.colours: Colours = theme.of(self.search)
        self._build()
        self._connect()
        # The relay has no parent either: it must outlive the thread that emits it.
        self._relay = _Relay()
        self._relay.arrived.connect(self._arrived)
        self.reader = Reader(source, self._relay.arrived.emit)
        self._stop_with_the_widget()
        self.reader.look(self._view)
        self.reader.start()

    def _stop_with_the_widget(self) -> None:
        """End the thread when the host deletes the tab, or quits."""
        errands, reader = self.errands, self.reader

        def stop() -> None:
            errands.close()
            reader.stop()

        self.destroyed.connect(stop)
        application = QtWidgets.QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.close_down)
            # Else Qt hides it when the interpreter is half gone, and calls back into that.
            application.aboutToQuit.connect(self.hide)

    # Building.

    def _build(self) -> None:
        def current() -> Colours:
            return self.colours

        self.head = HeadPanel(current)
        self.banner = Banner(current)
        self.filter = QtWidgets.QComboBox()
        self.retry_all = QtWidgets.QPushButton("Retry all")
        self.more = QtWidgets.QPushButton("More")
        self.model = ItemModel(self)
        self.table = ItemView(self.model, current, self)
        self.empty = EmptyPage(current)
        self.details = DetailsPanel(current)
        self.notice = Label(current, muted=True)
        self.pages = QtWidgets.QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.table)
        self.empty.say(READING)
        self._name_things()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(8)
        layout.addWidget(self.head)
        layout.addWidget(self.banner)
        layout.addLayout(self._tools())
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.details)
        layout.addWidget(self.notice)
        self._typing = QtCore.QTimer(self)
        self._typing.setSingleShot(True)
        self._fading = QtCore.QTimer(self)
        self._fading.setSingleShot(True)

    def _name_things(self) -> None:
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search component, version, project, path, user or cause")
        self.search.setToolTip("Component, version, project, path, user or cause")
        self.filter.setAccessibleName("Show")
        for choice in Filter:
            self.filter.addItem(choice.title, choice)
        self.retry_all.setToolTip("Try everything that waits or needs attention again, now")
        self.notice.hide()

    def _tools(self) -> QtWidgets.QHBoxLayout:
        menu = QtWidgets.QMenu(self.more)
        self.open_staging = QAction("Open staging folder", self)
        self.doctor = QAction("Check settings and connections", self)
        menu.addAction(self.open_staging)
        menu.addAction(self.doctor)
        self.more.setMenu(menu)
        tools = QtWidgets.QHBoxLayout()
        tools.setSpacing(6)
        tools.addWidget(self.search, 1)
        for widget in (self.filter, self.retry_all, self.more):
            tools.addWidget(widget)
        return tools

    def _connect(self) -> None:
        self.errands = Errands()
        self.errands.finished.connect(self._came_back)
        self.search.textChanged.connect(lambda: self._typing.start(_TYPING_MS))
        self._typing.timeout.connect(self._look_anew)
        self._fading.timeout.connect(self.notice.hide)
        self.filter.currentIndexChanged.connect(lambda: self._look_anew())
        self.table.verticalScrollBar().valueChanged.connect(lambda: self._look())
        self.table.resized.connect(self._look)
        self.table.selectionModel().currentRowChanged.connect(self._select)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self.table.delegate.retry_clicked.connect(self._retry_one)
        self.table.delegate.fold_clicked.connect(self._fold)
        self.table.doubleClicked.connect(lambda index: self._fold_line(self.model.line(index.row())))
        self.head.pause.clicked.connect(self._pause_or_resume)
        self.retry_all.clicked.connect(lambda: self._retry(None))
        self.open_staging.triggered.connect(lambda: self._open(self._head.folder if self._head else ""))
        self.doctor.triggered.connect(self._run_doctor)
        self.details.retry.clicked.connect(lambda: self._on_selected(lambda line: self._retry_one(line.item_id)))
        self.details.cancel.clicked.connect(lambda: self._on_selected(self._cancel))
        self.details.folder.clicked.connect(lambda: self._on_selected(self._open_folder))
        self.details.copy.clicked.connect(lambda: self._on_selected(self._copy_diagnosis))
        for widget, keys, act in (
            (self, "Ctrl+F", self.search.setFocus),
            (self, "F5", self.refresh),
            (self, "Ctrl+R", self._retry_selected),
            (self.table, "Return", lambda: self._on_selected(self._fold_line)),
        ):
            shortcut = QShortcut(QtGui.QKeySequence(keys), widget)
            shortcut.setContext(QtCore.Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    # The life of the tab.

    def refresh(self) -> None:
        """Read everything anew."""
        self.reader.renew()

    def close_down(self) -> None:
        """Read and do nothing more; what is still on its way is dropped when it arrives."""
        self._closed = True
        self.errands.close()
        self.reader.stop()

    def showEvent(self, event: QtGui.QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Keep up to date while in sight."""
        super().showEvent(event)
        self._take_colours()
        self.reader.set_active(True)
        self._watching.start()

    def _rest_if_hidden(self) -> None:
        """Look only now and then while out of sight.

        There is no `hideEvent`: Qt hides the tab once more while the interpreter goes down, and an event handler in
        Python that is called then can end in a crash (PySide6 6.12, CPython 3.13).
        """
        if not self.isVisible():
            self._watching.stop()
            self.reader.set_active(False)

    def changeEvent(self, event: QtCore.QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the host's theme."""
        super().changeEvent(event)
        if event.type() in (QtCore.QEvent.Type.StyleChange, QtCore.QEvent.Type.PaletteChange):
            # The search field, whose palette tells the colours, gets the new style after its parent.
            self._recolouring.start(0)

    def _take_colours(self) -> None:
        colours = theme.of(self.search)
        if colours != self.colours:
            self.colours = colours
            self.table.fit_columns()
            for widget in self.findChildren(QtWidgets.QWidget):
                QtWidgets.QWidget.update(widget)  # views have another one, which wants to know what to update

    # Reading.

    def _look_anew(self) -> None:
        """Show other items, from the first page on."""
        choice: Filter = self.filter.currentData()
        text = self.search.text().strip()
        self._view = View(self._view.number + 1, choice, text, unfolded=self._view.unfolded)
        self.model.clear()
        self.empty.say(READING)
        self.reader.look(self._view)

    def _fold(self, request_id: int) -> None:
        """Show the items of a request, or do not any more; the rows stay where they are until those are read."""
        unfolded = self._view.unfolded ^ {request_id}
        self._view = dataclasses.replace(self._view, number=self._view.number + 1, unfolded=unfolded)
        self._shown = self._view.number
        self.model.outdate()
        self.reader.look(self._view)

    def _fold_line(self, line: Optional[Line]) -> None:
        if line is not None and line.request is not None and line.unfolded is not None:
            self._fold(line.request)

    def _look(self) -> None:
        """Read the pages in sight, unless they are what is being read."""
        pages = self.table.visible_pages()
        if pages != self._view.pages:
            self._view = dataclasses.replace(self._view, pages=pages)
            self.reader.look(self._view)

    def _arrived(self, snapshot: Snapshot) -> None:
        if self._closed or snapshot.view.number != self._view.number:
            return
        if snapshot.head is not None:
            self._show_head(snapshot.head)
        self.model.take(snapshot)
        self._show_page(snapshot)
        self._select_again(anew=self._shown != snapshot.view.number)
        self._shown = snapshot.view.number
        self._look()

    def _show_head(self, head: Head) -> None:
        before, self._head = self._head, head
        self.head.show_head(head)
        problem = [f"{head.problem} {head.remedy}".rstrip()] if head.problem else []
        self.banner.say([*problem, *head.remarks])
        for position, choice in enumerate(Filter):
            count = head.counts[choice]
            self.filter.setItemText(position, f"{choice.title} ({count:,})" if count else choice.title)
        self.retry_all.setEnabled(bool(head.counts[Filter.ATTENTION] or head.counts[Filter.PENDING]))
        if before is None or before.unsent != head.unsent:
            self.unsent_changed.emit(head.unsent, float(head.unsent_bytes))

    def _show_page(self, snapshot: Snapshot) -> None:
        narrowed = snapshot.view.filter is not Filter.ALL or bool(snapshot.view.search)
        if snapshot.empty is not None:
            self.empty.say(snapshot.empty)
        elif snapshot.head is not None and not snapshot.total:
            self.empty.say(NO_MATCH if narrowed and snapshot.head.counts[Filter.ALL] else snapshot.head.empty)
        self.pages.setCurrentWidget(self.table if snapshot.total else self.empty)
        self.head.setVisible(snapshot.head is not None)

    # The selected item.

    def _select(self, index: QtCore.QModelIndex) -> None:
        if self._following:
            return
        line = self.model.line(index.row()) if index.isValid() else None
        self._selected = line.item_id if line else None
        self.details.show_line(line)

    def _select_again(self, anew: bool) -> None:
        """Keep the same item selected, wherever it stands now; *anew* tells that other items are shown."""
        current = self.table.currentIndex()
        if self._selected is None:
            if current.isValid():
                self._select(current)
            return
        found = next(((row, line) for row, line in self.model.known() if line.item_id == self._selected), None)
        if found is not None:
            self.details.show_line(found[1])
            self._follow(self.model.index(found[0], 0))
        elif anew:
            self._selected = None
            self.details.show_line(None)
        elif current.isValid() and self.model.line(current.row()) is not None:
            # Another one stands there now; the selected one is out of sight, and known as it was last seen.
            self._follow(QtCore.QModelIndex())

    def _follow(self, index: QtCore.QModelIndex) -> None:
        """Move the mark in the table to *index*, without scrolling there."""
        if index.row() == self.table.currentIndex().row():
            return
        flag = QtCore.QItemSelectionModel.SelectionFlag
        self._following = True
        self.table.setAutoScroll(False)
        self.table.selectionModel().setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)
        self.table.setAutoScroll(True)
        self._following = False

    def _on_selected(self, act: Callable[[Line], None]) -> None:
        if self.details.line is not None:
            act(self.details.line)

    def _show_menu(self, position: QtCore.QPoint) -> None:
        if not self.table.indexAt(position).isValid() or self.details.line is None:
            return
        menu = LineMenu(
            self,
            self.details.line,
            fold=self._fold_line,
            retry=lambda line: self._retry_one(line.item_id),
            cancel=self._cancel,
            folder=self._open_folder,
            diagnosis=self._copy_diagnosis,
        )
        menu.popup(self.table.viewport().mapToGlobal(position))

    # Actions.

    def _retry_selected(self) -> None:
        self._on_selected(lambda line: self._retry_one(line.item_id) if line.retryable else None)

    def _retry_one(self, item_id: int) -> None:
        """Retry an item, or all of the request that has this id with a minus."""
        if item_id > 0:
            self._retry([item_id])
        else:
            self.errands.run("retry", lambda: self._actions.retry_request(-item_id))

    def _cancel(self, line: Line) -> None:
        self.errands.run("cancel", lambda: self._actions.cancel(line.request or 0))

    def _retry(self, item_ids: Optional[list[int]]) -> None:
        self.errands.run("retry", lambda: self._actions.retry(item_ids))

    def _pause_or_resume(self) -> None:
        paused = self._head is not None and self._head.paused
        if self.errands.run("pause", self._actions.resume if paused else self._actions.pause):
            self.head.pause.setEnabled(False)

    def _copy_diagnosis(self, line: Line) -> None:
        if self.errands.run("copy", lambda: self._actions.why(line.component_id)):
            self._say("Finding out …")

    def _run_doctor(self) -> None:
        if self.errands.run("doctor", self._actions.doctor):
            self._say("Checking settings and connections …")
            self.doctor.setEnabled(False)

    def _open_folder(self, line: Line) -> None:
        if self._head is not None:
            self._open(os.path.dirname(os.path.join(self._head.folder, line.path)))

    def _open(self, folder: str) -> None:
        if not folder or not QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(folder)):
            self._say(f"Could not open the folder {folder}.")

    def _came_back(self, name: str, text: str, well: bool) -> None:
        if self._closed:
            return
        self.head.pause.setEnabled(True)
        self.doctor.setEnabled(True)
        if name == "doctor":
            self.notice.hide()
            ReportDialog("accsyn: settings and connections", text, self).show()
        elif name == "copy" and well:
            QtGui.QGuiApplication.clipboard().setText(text)
            self._say("The diagnosis is in the clipboard.")
        else:
            self._say(text)
        self.refresh()

    def _say(self, text: str) -> None:
        self.notice.setText(text)
        self.notice.show()
        self._fading.start(_NOTICE_MS)
