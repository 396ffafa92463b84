"""Asks before Connect is quit while files have not been handed to accsyn yet."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Callable, Optional

from ftrack_accsyn_accessor.connect.leaving import Leaving
from ftrack_accsyn_accessor.connect.qt import QtCore, QtGui, QtWidgets, run

#: A question that nobody answers must not keep Connect from ending: what stays behind is safe. macOS, which does not
#: tell that its user logs out, gives up logging out when an application has not ended within a minute.
ANSWER_S = 20
_QUESTION = "accsyn-quit"
_NOBODY_THERE = ("offscreen", "minimal")
#: What Connect does whatever becomes of the quit that it asks for on the way: keeping it alive would leave two of it.
_GOES_ON = frozenset({"restart"})


class QuitGuard(QtCore.QObject):
    """Watches for the end of the application while unsent files would stay behind. For the GUI thread.

    *window* is the host's main window. *ask* puts the question, with what would stay behind, and returns whether to
    quit.
    """

    def __init__(
        self, window: QtWidgets.QWidget, ask: Callable[[QtWidgets.QWidget, Leaving], bool], parent: QtCore.QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._ask = ask
        self._leaving = Leaving()
        self._agreed = False
        self._asking = False
        application = QtWidgets.QApplication.instance()
        if isinstance(application, QtGui.QGuiApplication):
            application.commitDataRequest.connect(self.overtake)

    def set_leaving(self, leaving: Leaving) -> None:
        """Say what would stay behind.

        A filter on the application sees every event of the host, so there is one only while it may be needed.
        """
        application = QtWidgets.QApplication.instance()
        if application is None:
            return
        if leaving.unsent and not self._leaving.unsent:
            application.installEventFilter(self)
        elif self._leaving.unsent and not leaving.unsent:
            application.removeEventFilter(self)
        self._leaving = leaving

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:  # noqa: N802 - Qt's name
        """Swallow the event that would end the application if the user wants it to stay."""
        if not self._would_end(watched, event) or not self._stays():
            return False
        event.ignore()
        return True

    def _would_end(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        """Whether *event* ends Connect: closing its window does where there is no tray to hide in."""
        if event.type() == QtCore.QEvent.Type.Close and watched is self._window:
            return getattr(self._window, "tray", None) is None
        return bool(event.type() == QtCore.QEvent.Type.Quit)

    def overtake(self, *_: object) -> None:
        """Let Connect end although the question is open: the user's session at the machine does, or was quit twice."""
        if self._asking:
            self._agreed = True
            answer_open()

    def _stays(self) -> bool:
        self.overtake()
        if self._agreed or not self._leaving.unsent or _is_going_on() or _session_ends():
            return False
        self._asking = True
        try:
            self._agreed = self._ask(self._window, self._leaving) or self._agreed
        finally:
            self._asking = False
        return not self._agreed


def ask_user(parent: QtWidgets.QWidget, leaving: Leaving, answer_s: int = ANSWER_S) -> bool:
    """Ask whether to quit although components stay behind; no answer within *answer_s* seconds means yes."""
    if QtGui.QGuiApplication.platformName() in _NOBODY_THERE:
        return True
    box = question(parent, leaving, answer_s)
    run(box)
    return bool(box.property("quits"))


def answer_open() -> None:
    """Answer the question that is open, if any, with yes."""
    for widget in QtWidgets.QApplication.topLevelWidgets():
        if widget.objectName() == _QUESTION and isinstance(widget, QtWidgets.QMessageBox):
            widget.setProperty("quits", True)
            widget.done(0)


def question(parent: Optional[QtWidgets.QWidget], leaving: Leaving, answer_s: int = ANSWER_S) -> QtWidgets.QMessageBox:
    """Return the question; when it is closed its property `quits` holds the answer."""
    box = QtWidgets.QMessageBox(parent)
    box.setObjectName(_QUESTION)
    box.setIcon(QtWidgets.QMessageBox.Icon.Question)
    box.setWindowTitle("Quit with unsent files?")
    box.setText(leaving.what)
    box.setInformativeText(leaving.then)
    leave = box.addButton(f"Quit anyway ({answer_s})", QtWidgets.QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton("Keep Connect running", QtWidgets.QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.setProperty("quits", False)
    leave.clicked.connect(lambda: box.setProperty("quits", True))
    _count_down(box, leave, answer_s)
    return box


def _count_down(box: QtWidgets.QMessageBox, leave: QtWidgets.QAbstractButton, answer_s: int) -> None:
    """Answer with *leave* after *answer_s* seconds, and show on it how long that is."""
    left_s = [answer_s]
    timer = QtCore.QTimer(box)

    def tick() -> None:
        left_s[0] -= 1
        leave.setText(f"Quit anyway ({left_s[0]})")
        if left_s[0] <= 0:
            timer.stop()
            leave.click()

    timer.timeout.connect(tick)
    timer.start(1000)


def _session_ends() -> bool:
    """Whether the user's session at the machine is ending; nobody expects a question then."""
    application = QtWidgets.QApplication.instance()
    return isinstance(application, QtWidgets.QApplication) and application.isSavingSession()


def _is_going_on() -> bool:
    """Whether the quit comes out of something in Connect that goes on in any case."""
    frame: Optional[FrameType] = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name in _GOES_ON and frame.f_globals.get("__name__") == "ftrack_connect.ui.application":
            return True
        frame = frame.f_back
    return False
