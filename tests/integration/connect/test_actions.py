"""Buttons, keys and menus of the tab, used as a person does; and the tab's end."""

from __future__ import annotations

import threading
from typing import Callable

import pytest

from ftrack_accsyn_accessor.connect import errands
from ftrack_accsyn_accessor.connect.shapes import Column, Tone
from ftrack_accsyn_accessor.connect.tab import Tab
from ftrack_accsyn_accessor.model.errors import OutboxUnusable
from helpers import wait_until
from qt_support import DARK, LIGHT, QtCore, QtGui, QtTest, QtWidgets, Window, application, settle

Key = QtCore.Qt.Key
Windows = Callable[..., Window]
LEFT = QtCore.Qt.MouseButton.LeftButton


@pytest.fixture
def window(machine, recorder, windows: Windows) -> Window:
    machine.publish(["bad", "good1", "good2"])
    machine.fail(1)
    shown = windows(Tab(machine.source, recorder))
    shown.loaded()
    return shown


def done(recorder) -> list[object]:
    return settle(lambda: recorder.done, "the action")


def item_id(window: Window, component: str) -> int:
    return window.line(component).item_id


# Retry.


def test_retry_in_a_failed_row_retries_that_item(window: Window, recorder) -> None:
    window.click_retry("bad")

    assert done(recorder) == [("retry", [item_id(window, "bad")])]
    settle(lambda: window.tab.notice.text() == "Trying again.", "the answer")


def test_there_is_no_button_in_a_row_that_has_not_failed(window: Window, recorder) -> None:
    window.click_retry("good1")
    window.click_retry("bad")

    assert done(recorder) == [("retry", [item_id(window, "bad")])]


def test_click_beside_the_button_only_selects(window: Window, recorder) -> None:
    window.click(window.row("bad"), Column.COMPONENT)

    assert window.tab.details.line.component == "bad"
    assert recorder.done == []


def test_retry_below_the_table_by_keyboard(window: Window, recorder) -> None:
    window.click(window.row("bad"))

    window.key(Key.Key_Space, window.tab.details.retry)

    assert done(recorder) == [("retry", [item_id(window, "bad")])]


def test_control_r_retries_what_is_selected_if_that_can_be_retried(window: Window, recorder) -> None:
    window.click(window.row("good1"))
    window.key(Key.Key_R, control=True)
    window.click(window.row("bad"))
    window.key(Key.Key_R, control=True)

    assert done(recorder) == [("retry", [item_id(window, "bad")])]


def test_retry_all_retries_everything(window: Window, recorder) -> None:
    QtTest.QTest.mouseClick(window.tab.retry_all, LEFT)

    assert done(recorder) == [("retry", None)]


def test_second_click_while_the_first_is_under_way_does_nothing(window: Window, recorder) -> None:
    gate = threading.Event()
    begun = []

    def slow(ids: object) -> str:
        begun.append(ids)
        gate.wait(10)
        return "Done."

    recorder.retry = slow
    for _ in range(3):
        QtTest.QTest.mouseClick(window.tab.retry_all, LEFT)
    gate.set()

    settle(lambda: window.tab.notice.text() == "Done.", "the answer")
    assert begun == [None]


def test_failure_of_an_action_is_told(window: Window, recorder) -> None:
    def refuse(ids: object) -> str:
        raise OutboxUnusable("write to the outbox", outcome="disk full", remedy="Free some space.")

    recorder.retry = refuse

    window.click_retry("bad")

    settle(lambda: "disk full. Free some space." in window.tab.notice.text(), "the failure")
    assert window.tab.notice.isVisible()


# The other actions.


def test_details_tell_cause_and_remedy(window: Window) -> None:
    window.click(window.row("bad"))

    assert window.tab.details.cause.text() == "It is missing. Could not send a staged file (a.mov)."
    assert window.tab.details.remedy.text() == "Publish it again."
    assert window.tab.details.retry.isVisible()


def test_details_of_a_healthy_item_offer_no_retry(window: Window) -> None:
    window.click(window.row("good1"))

    assert not window.tab.details.cause.isVisible()
    assert not window.tab.details.retry.isVisible()
    assert window.tab.details.path.text() == "show_a/sq010/sh010/plate/v001/good1.mov"


def test_diagnosis_is_copied(window: Window, recorder) -> None:
    window.click(window.row("bad"))

    QtTest.QTest.mouseClick(window.tab.details.copy, LEFT)

    settle(lambda: QtGui.QGuiApplication.clipboard().text() == "Because of id-bad.", "the clipboard")
    assert window.tab.notice.text() == "The diagnosis is in the clipboard."


def test_folder_of_the_item_is_opened(window: Window, machine) -> None:
    opened: list[QtCore.QUrl] = []
    catcher = UrlCatcher(opened)
    QtGui.QDesktopServices.setUrlHandler("file", catcher, "catch")
    try:
        window.click(window.row("bad"))
        QtTest.QTest.mouseClick(window.tab.details.folder, LEFT)
        window.tab.tools.open_staging.trigger()
    finally:
        QtGui.QDesktopServices.unsetUrlHandler("file")

    root = machine.runtime.area.root
    assert [url.toLocalFile() for url in opened] == [f"{root}/show_a/sq010/sh010/plate/v001", str(root)]


class UrlCatcher(QtCore.QObject):
    """Stands where the desktop's file manager would."""

    def __init__(self, opened: list[QtCore.QUrl]) -> None:
        super().__init__()
        self._opened = opened

    @QtCore.Slot(QtCore.QUrl)
    def catch(self, url: QtCore.QUrl) -> None:
        self._opened.append(url)


def test_check_of_settings_shows_its_report(window: Window) -> None:
    window.tab.tools.doctor.trigger()

    dialog = settle(lambda: window.tab.findChild(QtWidgets.QDialog, "accsyn-report"), "the report")
    assert dialog.text.toPlainText() == "ok      everything"
    dialog.close()


def test_button_pause_pauses_and_then_resumes(window: Window, machine, recorder) -> None:
    QtTest.QTest.mouseClick(window.tab.head.pause, LEFT)
    settle(lambda: recorder.done == ["pause"], "the action")

    machine.outbox.control.pause("artist")
    settle(lambda: window.tab.head.pause.text() == "Resume", "the pause to be seen")
    assert window.tab.head.sentence.text().startswith("Paused by artist since ")
    assert window.line("good1").state == "Paused"
    settle(window.tab.head.pause.isEnabled, "the button")

    QtTest.QTest.mouseClick(window.tab.head.pause, LEFT)
    settle(lambda: recorder.done == ["pause", "resume"], "the action")


def test_menu_of_a_row_offers_what_can_be_done(window: Window) -> None:
    def offered(component: str) -> list[str]:
        window.click(window.row(component))
        window.tab.table.customContextMenuRequested.emit(window.centre(window.row(component), Column.COMPONENT))
        menu = settle(lambda: application().activePopupWidget(), "the menu")
        assert isinstance(menu, QtWidgets.QMenu)
        names = [action.text() for action in menu.actions()]
        menu.close()
        return names

    assert offered("bad") == ["Retry", "Open folder", "Copy diagnosis"]
    assert offered("good1") == ["This first", "Open folder", "Copy diagnosis"]


def test_control_f_goes_to_the_search(window: Window) -> None:
    window.tab.table.setFocus()

    window.key(Key.Key_F, control=True)

    assert window.tab.search.hasFocus()


# The theme.


def test_tab_follows_the_theme(window: Window) -> None:
    dark = window.tab.tools.colours
    assert dark.base.name() == "#131920"

    window.window.setStyleSheet(LIGHT)
    settle(lambda: window.tab.tools.colours.base.name() == "#ffffff", "the light theme")
    light = window.picture()
    window.window.setStyleSheet(DARK)
    settle(lambda: window.tab.tools.colours == dark, "the dark theme")

    place = window.tab.table.viewport().mapTo(window.tab, window.centre(1, Column.SIZE)) - QtCore.QPoint(0, 18)
    assert light.pixelColor(place).name() == "#ffffff"
    assert window.picture().pixelColor(place).name() == dark.base.name()


def test_state_is_painted_in_its_colour(window: Window) -> None:
    rect = window.tab.table.visualRect(window.tab.model.index(window.row("bad"), Column.STATE))
    left = window.tab.table.viewport().mapTo(window.tab, rect.topLeft() + QtCore.QPoint(14, rect.height() // 2))

    picture = window.picture()

    found = {picture.pixelColor(left + QtCore.QPoint(x, y)).name() for x in range(90) for y in range(-6, 7)}
    assert window.tab.tools.colours.tinted(Tone.BAD).name() in found
    assert window.tab.tools.colours.tones[Tone.BAD].name() in found


# The end.


def test_tab_deleted_by_the_host_ends_its_thread(machine, recorder, windows: Windows) -> None:
    machine.publish(["one"])
    window = windows(Tab(machine.source, recorder))
    window.loaded()
    thread = window.tab.reader._thread

    window.window.takeCentralWidget().deleteLater()
    application().sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)

    wait_until(lambda: not thread.is_alive(), what="the thread's end")
    window.tab = Tab(machine.source, recorder)  # for the fixture to close


def test_tab_closed_while_it_reads_drops_what_arrives(machine, recorder, windows: Windows) -> None:
    machine.publish(["one"])
    reading, gate = threading.Event(), threading.Event()
    real = machine.source.page

    def slow(view: object, number: int) -> object:
        reading.set()
        gate.wait(10)
        return real(view, number)

    machine.source.page = slow
    window = windows(Tab(machine.source, recorder))
    assert reading.wait(10)
    thread = window.tab.reader._thread

    window.tab._closed = True
    window.tab.doing.errands.close()
    window.tab.reader.stop(timeout_s=0.05)
    gate.set()

    wait_until(lambda: not thread.is_alive(), what="the thread's end")
    application().processEvents()
    assert window.tab.model.rowCount() == 0


def test_answer_of_an_action_after_the_end_is_dropped(window: Window, recorder) -> None:
    gate, back = threading.Event(), threading.Event()

    def slow(ids: object) -> str:
        gate.wait(10)
        back.set()
        return "Too late."

    recorder.retry = slow
    QtTest.QTest.mouseClick(window.tab.retry_all, LEFT)

    window.tab.close_down()
    gate.set()

    assert back.wait(10)
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == "accsyn-retry"])
    application().processEvents()
    assert window.tab.notice.text() == ""


def test_nothing_is_begun_after_the_end(window: Window, recorder) -> None:
    window.tab.close_down()

    QtTest.QTest.mouseClick(window.tab.retry_all, LEFT)

    assert recorder.done == []
    assert isinstance(window.tab.doing.errands, errands.Errands)


def test_tab_that_is_hidden_rests_until_it_is_shown_again(window: Window) -> None:
    assert window.tab.reader._active

    window.window.hide()
    settle(lambda: not window.tab.reader._active, "the reader to rest")

    window.window.show()
    assert window.tab.reader._active


def test_tab_in_a_minimised_window_is_looked_at_by_nobody_until_that_is_back(window: Window) -> None:
    window.window.showMinimized()
    settle(lambda: not window.tab.reader._active, "the reader to rest")

    window.window.showNormal()
    settle(lambda: window.tab.reader._active, "the reader to go on")
