"""The tab over a real publish: it moves, fails, is retried, is paused; with the real clients on the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

import pytest

from ftrack_accsyn_accessor.connect.actions import OutboxActions
from ftrack_accsyn_accessor.connect.shapes import Column
from ftrack_accsyn_accessor.connect.source import OutboxSource
from ftrack_accsyn_accessor.connect.tab import Tab
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.item import State
from publishing import Publisher
from qt_support import QtCore, QtGui, QtTest, QtWidgets, Window, settle

LEFT = QtCore.Qt.MouseButton.LeftButton
Windows = Callable[..., Window]


@pytest.fixture
def session(publisher: Publisher) -> Iterator[Any]:
    return publisher.session()


@pytest.fixture
def window(session: Any, windows: Windows) -> Window:
    credentials = FtrackCredentials(session.server_url, session.api_user, session.api_key)
    source = OutboxSource(credentials)
    return windows(Tab(source, OutboxActions(source, credentials)))


def state(window: Window, component: str) -> str:
    line = window.line(component)
    return line.state if line is not None else ""


def test_file_that_fails_is_shown_with_its_cause_and_arrives_after_a_click_on_retry(
    publisher: Publisher, session: Any, window: Window
) -> None:
    engine = publisher.studio.accsyn.engine
    engine.fail_path("*bad.mov", "E#J057 Could not write the file.")
    version = publisher.version(session)
    good, bad = publisher.publish_file(version, "good"), publisher.publish_file(version, "bad")

    settle(lambda: state(window, "good") == "Synced" and state(window, "bad") == "Needs attention", "the outcome", 40)
    line = window.line("bad")
    assert "E#J057 Could not write the file" in line.cause
    assert window.row("bad") == 0
    assert publisher.item(good).state is State.SYNCED

    engine.clear_failures()
    window.click_retry("bad")

    settle(lambda: state(window, "bad") == "Synced", "the arrival", 40)
    assert publisher.item(bad).state is State.SYNCED
    settle(lambda: window.tab.head.sentence.text() == "Everything has arrived", "the sentence above")
    assert {name.rpartition("/")[2] for name in publisher.hq()} == {"good.mov", "bad.mov"}


def test_sequence_is_watched_on_its_way(publisher: Publisher, session: Any, window: Window) -> None:
    publisher.studio.accsyn.engine.speed_bytes_per_s = 4000
    publisher.publish_sequence(publisher.version(session), range(1001, 1101))

    line = settle(lambda: moving(window, "frames"), "progress", 40)

    assert line.state == "Transferring"
    assert line.left
    done, _, total = line.files.partition(" / ")
    assert 0 < int(done) < int(total) == 100
    assert "of 20.0 kB" in window.tab.head.detail.text()
    publisher.studio.accsyn.engine.speed_bytes_per_s = None
    settle(lambda: state(window, "frames") == "Synced", "the arrival", 40)
    assert window.line("frames").text(Column.FRAMES) == "100 / 100"


def moving(window: Window, component: str) -> Any:
    line = window.line(component)
    return line if line is not None and line.percent not in (None, 0, 100) else None


def test_head_says_what_accsyn_has_said(publisher: Publisher, session: Any, window: Window) -> None:
    publisher.publish_file(publisher.version(session))
    settle(lambda: state(window, "main") == "Synced", "the arrival", 40)

    facts = {each.name: each.value for each in window.tab._head.surroundings}

    assert facts["Workspace"] == "acme · artist@acme.test"
    assert facts["This machine"].endswith("accsyn client online")
    assert facts["Destination"] == "studio.hq (acme)"
    assert facts["Staging"].startswith(str(publisher.studio.staging))


def test_pause_holds_back_what_is_published_until_resume(publisher: Publisher, session: Any, window: Window) -> None:
    version = publisher.version(session)
    window.loaded()
    QtTest.QTest.mouseClick(window.tab.head.pause, LEFT)
    settle(lambda: window.tab.head.pause.text() == "Resume" and window.tab.head.pause.isEnabled(), "the pause")

    component = publisher.publish_file(version)
    settle(lambda: state(window, "main") == "Paused", "the row")
    assert publisher.item(component).state is State.PENDING

    QtTest.QTest.mouseClick(window.tab.head.pause, LEFT)

    settle(lambda: state(window, "main") == "Synced", "the arrival", 40)


def test_diagnosis_of_a_failed_file_names_it_and_its_cause(publisher: Publisher, session: Any, window: Window) -> None:
    publisher.studio.accsyn.engine.fail_path("*bad.mov", "E#J057 Could not write the file.")
    publisher.publish_file(publisher.version(session), "bad")
    settle(lambda: state(window, "bad") == "Needs attention", "the failure", 40)
    window.click(0)

    QtTest.QTest.mouseClick(window.tab.details.copy, LEFT)

    settle(lambda: window.tab.notice.text() == "The diagnosis is in the clipboard.", "the answer", 40)
    text = QtGui.QGuiApplication.clipboard().text()
    assert "show_a sq010/sh010 plate v001 bad needs attention" in text
    assert "E#J057" in text


def test_check_of_settings_tells_every_line_and_no_secret(publisher: Publisher, session: Any, window: Window) -> None:
    window.loaded()

    window.tab.tools.doctor.trigger()

    dialog = settle(lambda: window.tab.findChild(QtWidgets.QDialog, "accsyn-report"), "the report", 40)
    text = dialog.text.toPlainText()
    assert "plugin: ftrack-accsyn-accessor" in text
    assert publisher.studio.artist.accsyn_key not in text
    assert publisher.studio.artist.ftrack_key not in text
    dialog.close()
