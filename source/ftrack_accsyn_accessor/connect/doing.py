"""What the tab's buttons and menus do: each asks for something aside, and tells what came of it."""

from __future__ import annotations

import os
from typing import Callable, Optional

from ftrack_accsyn_accessor.connect.buttons import edge
from ftrack_accsyn_accessor.connect.colours import Colours
from ftrack_accsyn_accessor.connect.errands import Actions, Errands
from ftrack_accsyn_accessor.connect.menu import LineMenu
from ftrack_accsyn_accessor.connect.qt import QtCore, QtGui, QtWidgets
from ftrack_accsyn_accessor.connect.report import ReportDialog
from ftrack_accsyn_accessor.connect.shapes import Line


class Doing(QtCore.QObject):
    """Does what *actions* can for *tab*. For the GUI thread.

    `said` carries what to tell the user, `begun` the name of an errand that has begun, `done` of one that came back.
    """

    said = QtCore.Signal(str)
    begun = QtCore.Signal(str)
    done = QtCore.Signal(str)

    def __init__(self, actions: Actions, tab: QtWidgets.QWidget) -> None:
        super().__init__(tab)
        self._actions = actions
        self._tab = tab
        self.closed = False
        self.folder = ""
        self.errands = Errands()
        self.errands.finished.connect(self._came_back)

    def close(self) -> None:
        """Drop what is still on its way when it comes back."""
        self.closed = True
        self.errands.close()

    def retry(self, item_ids: Optional[list[int]]) -> None:
        """Try items again, None for all that wait for a time or for help."""
        self._run("retry", lambda: self._actions.retry(item_ids))

    def retry_one(self, item_id: int) -> None:
        """Retry an item, or all of the request that has this id with a minus."""
        if item_id > 0:
            self.retry([item_id])
        else:
            self._run("retry", lambda: self._actions.retry_request(-item_id))

    def first(self, line: Line) -> None:
        """Let accsyn carry *line* before what else waits."""
        if line.unfolded is None:
            self._run("first", lambda: self._actions.first([line.item_id]))
        else:
            self._run("first", lambda: self._actions.first_request(line.request or 0))

    def cancel(self, line: Line) -> None:
        """Take back what has not begun of a request."""
        self._run("cancel", lambda: self._actions.cancel(line.request or 0))

    def pause(self, paused: bool) -> None:
        """Pause, or go on where it is *paused*."""
        self._run("pause", self._actions.resume if paused else self._actions.pause)

    def copy_diagnosis(self, line: Line) -> None:
        """Put why *line* is where it is into the clipboard."""
        if self._run("copy", lambda: self._actions.why(line.component_id)):
            self.said.emit("Finding out …")

    def examine(self) -> None:
        """Check settings and connections, and show what was found."""
        if self._run("doctor", self._actions.doctor):
            self.said.emit("Checking settings and connections …")

    def open_folder(self, line: Line) -> None:
        """Show the staged files of *line*."""
        self.open(os.path.dirname(os.path.join(self.folder, line.path)))

    def open(self, folder: str) -> None:
        """Show *folder* as the system does."""
        if not folder or not QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(folder)):
            self.said.emit(f"Could not open the folder {folder}.")

    def menu(self, line: Line, fold: Callable[[Line], None], colours: Colours) -> LineMenu:
        """Return the menu of *line*."""
        made = LineMenu(
            self._tab,
            line,
            fold=fold,
            retry=lambda line: self.retry_one(line.item_id),
            first=self.first,
            cancel=self.cancel,
            folder=self.open_folder,
            diagnosis=self.copy_diagnosis,
        )
        edge(made, colours)
        return made

    def _run(self, name: str, action: Callable[[], str]) -> bool:
        begun = self.errands.run(name, action)
        if begun:
            self.begun.emit(name)
        return begun

    def _came_back(self, name: str, text: str, well: bool) -> None:
        if self.closed:
            return
        if name == "doctor":
            self.said.emit("")
            ReportDialog("accsyn: settings and connections", text, self._tab).show()
        elif name == "copy" and well:
            QtGui.QGuiApplication.clipboard().setText(text)
            self.said.emit("The diagnosis is in the clipboard.")
        else:
            self.said.emit(text)
        self.done.emit(name)
