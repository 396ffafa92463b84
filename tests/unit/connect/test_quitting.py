"""Quitting while something has not been sent: who is asked, when, and what the answer does. With a real event loop."""

from __future__ import annotations

import types
from typing import Callable, Optional

import pytest

from ftrack_accsyn_accessor.connect import quitting
from ftrack_accsyn_accessor.connect.leaving import Leaving
from ftrack_accsyn_accessor.connect.quitting import QuitGuard
from qt_support import QtCore, QtTest, QtWidgets, application, settle

_STAYED = 7


class Connect(QtWidgets.QMainWindow):
    """A window that behaves as Connect's: with a tray it hides, without one it would end the application."""

    def __init__(self, tray: Optional[object] = None) -> None:
        super().__init__()
        self.tray = tray
        self.closed = 0

    def closeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        self.closed += 1


class Desk:
    """A window under guard, and what the user answers."""

    def __init__(self, tray: Optional[object] = None) -> None:
        application()
        self.window = Connect(tray)
        self.questions: list[tuple[int, int]] = []
        self.quits = False
        self.guard = QuitGuard(self.window, self.ask, self.window)
        self.window.show()

    def ask(self, window: QtWidgets.QWidget, leaving: Leaving) -> bool:
        assert window is self.window
        self.questions.append((leaving.unsent, leaving.unsent_bytes))
        return self.quits

    def run(self, *steps: Callable[[], object]) -> bool:
        """Run the event loop through *steps*; return whether they ended it."""
        running = application()
        last = QtCore.QTimer()
        last.setSingleShot(True)
        last.timeout.connect(lambda: running.exit(_STAYED))

        def go() -> None:
            # Nothing else ends the loop if no step does.
            last.start(50)
            for step in steps:
                step()

        QtCore.QTimer.singleShot(0, go)
        code = running.exec()
        last.stop()
        return code != _STAYED

    def close(self) -> None:
        self.guard.set_leaving(Leaving())
        self.window.close()
        self.window.deleteLater()
        application().sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    yield made
    made.close()


@pytest.fixture
def tray_desk() -> Desk:
    made = Desk(tray=object())
    yield made
    made.close()


def test_quit_with_nothing_unsent_is_not_asked_about(desk: Desk) -> None:
    assert desk.run(application().quit)
    assert desk.questions == []


def test_quit_with_unsent_files_asks_and_stays_if_told_so(desk: Desk) -> None:
    desk.guard.set_leaving(Leaving(3, 5000000))

    assert not desk.run(application().quit)
    assert desk.questions == [(3, 5_000_000)]


def test_quit_with_unsent_files_quits_if_told_so_and_asks_once(desk: Desk) -> None:
    desk.guard.set_leaving(Leaving(3, 5000000))
    desk.quits = True

    assert desk.run(application().quit)
    assert desk.questions == [(3, 5_000_000)]


def test_numbers_are_those_of_the_moment(desk: Desk) -> None:
    desk.guard.set_leaving(Leaving(3, 5000000))
    desk.guard.set_leaving(Leaving(2, 4000000))

    desk.run(application().quit)

    assert desk.questions == [(2, 4_000_000)]


def test_quit_is_not_asked_about_once_everything_has_been_sent(desk: Desk) -> None:
    desk.guard.set_leaving(Leaving(3, 5000000))
    desk.guard.set_leaving(Leaving())

    assert desk.run(application().quit)
    assert desk.questions == []


def test_each_quit_that_was_refused_is_asked_about_again(desk: Desk) -> None:
    desk.guard.set_leaving(Leaving(1, 1))

    desk.run(application().quit, application().quit)

    assert len(desk.questions) == 2


def test_closing_the_window_asks_where_it_ends_connect(desk: Desk) -> None:
    desk.guard.set_leaving(Leaving(1, 1))

    desk.window.close()

    assert desk.questions == [(1, 1.0)]
    assert desk.window.isVisible()
    assert desk.window.closed == 0


def test_closing_the_window_does_not_ask_where_connect_lives_on_in_the_tray(tray_desk: Desk) -> None:
    tray_desk.guard.set_leaving(Leaving(1, 1))

    tray_desk.window.close()

    assert tray_desk.questions == []
    assert not tray_desk.window.isVisible()


def test_quit_from_the_tray_asks_although_the_window_is_hidden(tray_desk: Desk) -> None:
    tray_desk.guard.set_leaving(Leaving(1, 1))
    tray_desk.window.hide()

    assert not tray_desk.run(application().quit)
    assert tray_desk.questions == [(1, 1.0)]


def test_closing_other_windows_does_not_ask(desk: Desk) -> None:
    desk.guard.set_leaving(Leaving(1, 1))
    other = QtWidgets.QDialog()
    other.show()

    other.close()

    assert desk.questions == []


def asking(desk: Desk, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> list[bool]:
    """Put the real question when Connect is quit, and do something while it is open; return the list of its answers."""
    answers: list[bool] = []

    def ask(window: QtWidgets.QWidget, leaving: Leaving) -> bool:
        QtCore.QTimer.singleShot(0, meanwhile)
        answers.append(quitting.ask_user(window, leaving))
        return answers[-1]

    monkeypatch.setattr(quitting, "_NOBODY_THERE", ())
    desk.guard._ask = ask
    desk.guard.set_leaving(Leaving(1, 1))
    return answers


def test_second_quit_during_the_question_ends_connect(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    # As macOS does it when its user logs out; it does not tell that this is why.
    answers = asking(desk, monkeypatch, application().quit)

    assert desk.run(application().quit)
    assert answers == [True]


def test_session_that_ends_during_the_question_closes_it_and_ends_connect(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = asking(desk, monkeypatch, desk.guard.overtake)  # as Qt's commitDataRequest does: no screen, no session

    assert desk.run(application().quit)
    assert answers == [True]


def test_session_that_ends_is_heard_of() -> None:
    made = Desk()
    before = application().receivers(QtCore.SIGNAL("commitDataRequest(QSessionManager&)"))
    other = QuitGuard(made.window, made.ask, made.window)

    assert application().receivers(QtCore.SIGNAL("commitDataRequest(QSessionManager&)")) == before + 1
    other.overtake()  # no question is open
    made.guard.set_leaving(Leaving(1, 1))
    assert not made.run(application().quit)
    made.close()


def test_question_answers_itself_before_macos_gives_up_logging_out() -> None:
    application()
    box = quitting.question(None, Leaving(1, 1))

    assert "Quit anyway (20)" in [button.text() for button in box.buttons()]


def test_restart_of_connect_is_not_held_up(desk: Desk) -> None:
    desk.guard.set_leaving(Leaving(1, 1))
    module = types.ModuleType("ftrack_connect.ui.application")
    module.quit = application().quit  # type: ignore[attr-defined]
    exec("def restart():\n    quit()\ndef logout():\n    quit()", module.__dict__)

    assert desk.run(module.restart)
    assert desk.questions == []
    assert not desk.run(module.logout)
    assert len(desk.questions) == 1


def test_guard_goes_with_its_tab(desk: Desk) -> None:
    tab = QtCore.QObject()
    guard = QuitGuard(desk.window, desk.ask, tab)
    guard.set_leaving(Leaving(1, 1))

    tab.deleteLater()
    application().sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)

    assert desk.run(application().quit)
    assert desk.questions == []


# The question.


@pytest.mark.parametrize(
    ("unsent", "size", "text"),
    [
        (1, 4_000_000, "1 published component has not been sent yet (4.0 MB)."),
        (1200, 3_000_000_000, "1,200 published components have not been sent yet (3.0 GB)."),
    ],
)
def test_question_names_how_many_and_when_they_will_be_sent(unsent: int, size: int, text: str) -> None:
    application()

    box = quitting.question(None, Leaving(unsent, size))

    assert box.text() == text
    assert "will be sent at the next start of Connect" in box.informativeText()


def buttons(box: QtWidgets.QMessageBox) -> dict[str, QtWidgets.QAbstractButton]:
    return {button.text().split(" (")[0]: button for button in box.buttons()}


def test_staying_is_what_return_and_escape_mean() -> None:
    application()
    for key in (QtCore.Qt.Key.Key_Return, QtCore.Qt.Key.Key_Escape):
        box = quitting.question(None, Leaving(1, 1))
        box.show()

        QtTest.QTest.keyClick(box, key)

        settle(lambda shown=box: not shown.isVisible(), "the answer")
        assert box.property("quits") is False


def test_quitting_takes_a_click() -> None:
    application()
    box = quitting.question(None, Leaving(1, 1))
    box.show()

    QtTest.QTest.mouseClick(buttons(box)["Quit anyway"], QtCore.Qt.MouseButton.LeftButton)

    settle(lambda: not box.isVisible(), "the answer")
    assert box.property("quits") is True


def test_question_that_nobody_answers_lets_connect_end() -> None:
    application()
    box = quitting.question(None, Leaving(1, 1), answer_s=1)
    box.show()

    settle(lambda: not box.isVisible(), "the question to answer itself")
    assert box.property("quits") is True


def test_nobody_is_asked_where_there_is_no_screen() -> None:
    application()

    assert quitting.ask_user(QtWidgets.QWidget(), 5, 1.0)
