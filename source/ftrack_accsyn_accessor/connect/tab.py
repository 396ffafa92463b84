"""The tab: puts head, table and details together, and connects them to the reader and to the actions."""

from __future__ import annotations

import dataclasses
from typing import Callable, Optional

from ftrack_accsyn_accessor.connect.colours import Colours
from ftrack_accsyn_accessor.connect.doing import Doing
from ftrack_accsyn_accessor.connect.errands import Actions
from ftrack_accsyn_accessor.connect.fitting import TABLE_LEAST, shares
from ftrack_accsyn_accessor.connect.heading import NO_MATCH, READING, Head
from ftrack_accsyn_accessor.connect.labels import Label
from ftrack_accsyn_accessor.connect.leaving import Leaving
from ftrack_accsyn_accessor.connect.panels import Banner, DetailsPanel, HeadPanel
from ftrack_accsyn_accessor.connect.qt import QShortcut, QtCore, QtGui, QtWidgets
from ftrack_accsyn_accessor.connect.reader import Reader, Snapshot, Source, View
from ftrack_accsyn_accessor.connect.shapes import Filter, Line
from ftrack_accsyn_accessor.connect.table import ItemModel
from ftrack_accsyn_accessor.connect.tools import Tools
from ftrack_accsyn_accessor.connect.view import EmptyPage, ItemView

#: A pause in typing after which the search begins.
_TYPING_MS = 150
#: How long the outcome of an action stays in sight, and how much longer for each of its characters.
_NOTICE_MS, _CHARACTER_MS = 6000, 40
_NOTICE_LINES = 4
#: How often a tab in sight makes sure that it still is.
_WATCH_MS = 1000


class _Relay(QtCore.QObject):
    """Carries snapshots from the reader's thread to the GUI thread."""

    arrived = QtCore.Signal(object)


class Tab(QtWidgets.QWidget):
    """Shows what *source* has and does what *actions* can. For the GUI thread.

    `leaving_changed` carries what would stay behind on quitting, a `leaving.Leaving`.
    """

    leaving_changed = QtCore.Signal(object)

    def __init__(self, source: Source, actions: Actions, parent: Optional[QtWidgets.QWidget] = None) -> None:
        super().__init__(parent)
        self.doing = Doing(actions, self)
        self._view = View(1)
        self._head: Optional[Head] = None
        self._selected: Optional[int] = None
        self._shown = 0
        self._following = False
        self._watching = QtCore.QTimer(self)
        self._watching.setInterval(_WATCH_MS)
        self._watching.timeout.connect(self._rest_if_hidden)
        self._recolouring = QtCore.QTimer(self)
        self._recolouring.setSingleShot(True)
        self._recolouring.timeout.connect(self._take_colours)
        self.tools = Tools()
        self.search, self.filter, self.retry_all = self.tools.search, self.tools.filter, self.tools.retry_all
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
        errands, reader = self.doing.errands, self.reader

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
            return self.tools.colours

        self.head = HeadPanel(current)
        self.banner = Banner(current)
        self.model = ItemModel(self)
        self.table = ItemView(self.model, current, self)
        self.empty = EmptyPage(current)
        self.details = DetailsPanel(current)
        self.notice = Label(current, muted=True)
        self.notice.setWordWrap(True)
        self.pages = QtWidgets.QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.table)
        self.pages.setMinimumHeight(TABLE_LEAST)
        self.empty.say(READING)
        self.notice.hide()
        layout = self._lines = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(8)
        layout.addWidget(self.head)
        layout.addWidget(self.banner)
        layout.addWidget(self.tools)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.details)
        layout.addWidget(self.notice)
        self._typing = QtCore.QTimer(self)
        self._typing.setSingleShot(True)
        self._fading = QtCore.QTimer(self)
        self._fading.setSingleShot(True)

    def _connect(self) -> None:
        self.doing.said.connect(self._say)
        self.doing.begun.connect(lambda name: self._allow(name, False))
        self.doing.done.connect(self._came_back)
        self.search.textChanged.connect(lambda: self._typing.start(_TYPING_MS))
        self._typing.timeout.connect(self._look_anew)
        self._fading.timeout.connect(self.notice.hide)
        self.filter.currentIndexChanged.connect(lambda: self._look_anew())
        self.table.verticalScrollBar().valueChanged.connect(lambda: self._look())
        self.table.resized.connect(self._look)
        self.table.selectionModel().currentRowChanged.connect(self._select)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self.table.delegate.retry_clicked.connect(self.doing.retry_one)
        self.table.delegate.fold_clicked.connect(self._fold)
        self.table.doubleClicked.connect(lambda index: self._fold_line(self.model.line(index.row())))
        self.head.pause.clicked.connect(lambda: self.doing.pause(self._head is not None and self._head.paused))
        self.retry_all.clicked.connect(lambda: self.doing.retry(None))
        self.tools.open_staging.triggered.connect(lambda: self.doing.open(self.doing.folder))
        self.tools.doctor.triggered.connect(self.doing.examine)
        for button, do in (
            (self.details.retry, lambda line: self.doing.retry_one(line.item_id)),
            (self.details.first, self.doing.first),
            (self.details.cancel, self.doing.cancel),
            (self.details.folder, self.doing.open_folder),
            (self.details.copy, self.doing.copy_diagnosis),
        ):
            button.clicked.connect(lambda _=False, do=do: self._on_selected(do))
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
        self.doing.close()
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
        visible = self.isVisible()
        if not visible:
            self._watching.stop()
        self.reader.set_active(visible and not self.window().isMinimized())  # a minimised window counts as visible

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Share out the height anew."""
        super().resizeEvent(event)
        self._share_out()

    def event(self, event: QtCore.QEvent) -> bool:
        """Share out the height anew where something wants more or less of it."""
        if event.type() == QtCore.QEvent.Type.LayoutRequest:
            self._share_out()
        return bool(super().event(event))

    def _share_out(self) -> None:
        """Let banner and details have what the table, and what else there is, leave them."""
        layout = self._lines
        more = layout.contentsMargins()
        width = self.width() - more.left() - more.right()
        panels = (self.banner, self.details)
        self.notice.setMaximumHeight(_NOTICE_LINES * self.notice.sizeHint().height())
        heights = [self.head.sizeHint().height()] * (not self.head.isHidden())
        if not self.notice.isHidden():
            heights.append(min(self.notice.heightForWidth(width), self.notice.maximumHeight()))
        heights.append(self.tools.sizeHint().height())
        gaps = len(heights) + sum(not panel.isHidden() for panel in panels)
        taken = sum(heights) + gaps * layout.spacing() + more.top() + more.bottom() + TABLE_LEAST
        wishes = (self.banner.wish(width), self.details.wish(width))
        for panel, height in zip(panels, shares(self.height() - taken, *wishes)):
            panel.limit(width, height)

    def changeEvent(self, event: QtCore.QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the host's theme."""
        super().changeEvent(event)
        if event.type() in (QtCore.QEvent.Type.StyleChange, QtCore.QEvent.Type.PaletteChange):
            # The search field, whose palette tells the colours, gets the new style after its parent.
            self._recolouring.start(0)

    def _take_colours(self) -> None:
        if self.tools.take_colours():
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
        if self.doing.closed or snapshot.view.number != self._view.number:
            return
        if snapshot.head is not None:
            self._show_head(snapshot.head)
        else:
            self._show_no_head()
        self.model.take(snapshot)
        self._show_page(snapshot)
        self._select_again(anew=self._shown != snapshot.view.number)
        self._shown = snapshot.view.number
        self._look()

    def _show_head(self, head: Head) -> None:
        before, self._head = self._head, head
        self.doing.folder = head.folder
        self.head.show_head(head)
        problem = [f"{head.problem} {head.remedy}".rstrip()] if head.problem else []
        self.banner.say([*problem, *head.remarks])
        self.tools.count(head.counts)
        if before is None or before.leaving != head.leaving:
            self.leaving_changed.emit(head.leaving)

    def _show_no_head(self) -> None:
        """Leave nothing in sight that was so when it could be read last."""
        self._head = self._selected = None
        self.doing.folder = ""
        self.banner.say([])
        self.details.show_line(None)
        self.tools.count(None)
        self.leaving_changed.emit(Leaving())

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
        menu = self.doing.menu(self.details.line, self._fold_line, self.tools.colours)
        menu.popup(self.table.viewport().mapToGlobal(position))

    # Actions.

    def _retry_selected(self) -> None:
        self._on_selected(lambda line: self.doing.retry_one(line.item_id) if line.retryable else None)

    def _allow(self, name: str, allowed: bool) -> None:
        """Let the button of an errand that is on its way not be pressed again."""
        if name == "pause":
            self.head.pause.setEnabled(allowed)
        elif name == "doctor":
            self.tools.examining(not allowed)

    def _came_back(self, name: str) -> None:
        self._allow(name, True)
        self.refresh()

    def _say(self, text: str) -> None:
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        self._fading.start(_NOTICE_MS + _CHARACTER_MS * len(text))
