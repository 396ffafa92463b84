"""The vendor's window, with a real Qt: dropping, checking, what is wrong in words, delivering, closing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.connect.shapes import Tone
from ftrack_accsyn_accessor.model.errors import SettingsError
from ftrack_accsyn_accessor.vendor import uploading
from ftrack_accsyn_accessor.vendor.uploading import Uploading
from ftrack_accsyn_sandbox.accsyn.entities import Acl
from ftrack_accsyn_sandbox.studio import Studio
from qt_support import QtCore, QtGui, QtTest, QtWidgets, application, settle
from vendoring import FROM, NAME, Vendor

from ftrack_accsyn_accessor.connect import deliver_window  # isort: skip
from ftrack_accsyn_accessor.connect.deliver_window import DeliverWindow  # isort: skip  # needs Qt, as does qt_support

OTHER = "show_b-from-vendor"


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    monkeypatch.setattr(uploading, "FIRST_LOOK_S", 0.02)
    with Studio(tmp_path / "studio") as studio:
        yield Vendor(studio, monkeypatch)


@pytest.fixture
def window(vendor: Vendor) -> Iterator[DeliverWindow]:
    application()
    shown = DeliverWindow()
    shown.show()
    yield shown
    shown.close()
    shown.deleteLater()
    application().sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)


def drop(window: DeliverWindow, *paths: Path) -> None:
    """Drag files over the window and let them go."""
    data = QtCore.QMimeData()
    data.setUrls([QtCore.QUrl.fromLocalFile(str(path)) for path in paths])
    action, button = QtCore.Qt.DropAction.CopyAction, QtCore.Qt.MouseButton.LeftButton
    none = QtCore.Qt.KeyboardModifier.NoModifier
    window.dragEnterEvent(QtGui.QDragEnterEvent(QtCore.QPoint(9, 9), action, data, button, none))
    window.dropEvent(QtGui.QDropEvent(QtCore.QPointF(9, 9), action, data, button, none))


def click(button: QtWidgets.QPushButton) -> None:
    QtTest.QTest.mouseClick(button, QtCore.Qt.MouseButton.LeftButton)


def statuses(window: DeliverWindow) -> list[str]:
    return [line.status for line in window.sheet.lines]


def test_what_is_dropped_is_checked_and_delivered_at_a_click(window: DeliverWindow, vendor: Vendor) -> None:
    vendor.package()
    drop(window, vendor.frames())
    settle(lambda: window.sheet.ready, "the verdict")
    assert statuses(window) == ["ready"]
    assert window.cards[0].name.text() == NAME
    assert "3 files" in window.cards[0].what.text()
    assert window.cards[0].what.text().endswith(f"to {FROM}")
    click(window.deliver)
    settle(lambda: statuses(window) == ["delivered"], "the delivery")
    assert len(vendor.arrived()) == 4
    assert not window.deliver.isEnabled()


def test_what_is_wrong_stands_there_in_words_and_cannot_be_sent(window: DeliverWindow, vendor: Vendor) -> None:
    folder = vendor.frames()
    (folder / f"{NAME}.1002.exr").write_bytes(b"")
    drop(window, folder)
    settle(lambda: statuses(window) == ["not sent"], "the verdict")
    assert f"'{NAME}.1002.exr' is empty" in window.cards[0].notes[0].text()
    assert window.cards[0].tone is Tone.BAD
    assert not window.deliver.isEnabled()
    assert vendor.jobs() == []


def test_it_is_checked_again_when_it_is_dropped_again(window: DeliverWindow, vendor: Vendor) -> None:
    folder = vendor.frames()
    (folder / f"{NAME}.1002.exr").write_bytes(b"")
    drop(window, folder)
    settle(lambda: statuses(window) == ["not sent"], "the verdict")
    (folder / f"{NAME}.1002.exr").write_bytes(b"frame")
    drop(window, folder)
    settle(lambda: window.sheet.ready, "the new verdict")
    assert len(window.sheet.lines) == 1


def test_a_manifest_is_dropped_as_well(window: DeliverWindow, vendor: Vendor) -> None:
    elsewhere = vendor.desk / "package"
    elsewhere.mkdir()
    by = vendor.package().rename(elsewhere / "manifest.json")
    drop(window, vendor.frames())
    settle(lambda: window.sheet.ready, "the verdict without a manifest")
    assert "No manifest was found" in window.cards[0].notes[0].text()
    drop(window, by)
    settle(lambda: window.sheet.manifest == str(by) and window.sheet.ready, "the verdict by the manifest")
    assert window.sheet.lines[0].notes == ()


def test_of_several_folders_one_is_chosen(vendor: Vendor) -> None:
    vendor.share(OTHER, write=True)
    application()
    window = DeliverWindow()
    window.show()
    drop(window, vendor.frames())
    settle(lambda: statuses(window) == ["not sent"], "the verdict")
    assert "More than one folder is shared with you" in window.cards[0].notes[0].text()
    QtTest.QTest.keyClick(window.share, QtCore.Qt.Key.Key_End)
    window.share.activated.emit(window.share.currentIndex())
    settle(lambda: window.sheet.ready, "the choice")
    assert window.cards[0].what.text().endswith(f"to {OTHER}")
    window.close()


def test_who_has_no_folder_is_told_and_one_that_is_granted_since_is_found(
    window: DeliverWindow, vendor: Vendor
) -> None:
    acls = [acl for acl in vendor.workspace.each(Acl) if acl.user_id == vendor.studio.demo.vendor.id]
    for acl in acls:
        vendor.workspace.entities.pop(acl.id)
    folder = vendor.frames()
    drop(window, folder)
    settle(lambda: statuses(window) == ["not sent"], "the verdict")
    assert "No folder is shared with you" in window.cards[0].notes[0].text()
    for acl in acls:
        vendor.workspace.add(acl)
    drop(window, folder)
    settle(lambda: window.sheet.ready, "the new verdict")


def test_an_upload_goes_on_when_the_window_is_closed(window: DeliverWindow, vendor: Vendor) -> None:
    vendor.studio.accsyn.engine.paused = True
    drop(window, vendor.frames())
    settle(lambda: window.sheet.ready, "the verdict")
    click(window.deliver)
    settle(lambda: statuses(window) == ["waiting"], "the job")
    assert "You may close this window: accsyn carries on." in window.sentence.text()
    window.close()
    vendor.studio.accsyn.engine.paused = False
    vendor.studio.accsyn.engine.wait_idle()
    assert len(vendor.arrived()) == 4


def test_what_stops_is_told_with_its_reason_and_delivered_again(window: DeliverWindow, vendor: Vendor) -> None:
    vendor.studio.accsyn.engine.fail_path("*.1002.exr", "E#J057 The disk is full.")
    folder = vendor.frames()
    drop(window, folder)
    settle(lambda: window.sheet.ready, "the verdict")
    click(window.deliver)
    settle(lambda: statuses(window) == ["not delivered"], "the failure")
    assert "accsyn could not send all of it" in window.sheet.lines[0].notes[0][0]
    vendor.studio.accsyn.engine.clear_failures()
    drop(window, folder)
    settle(lambda: window.sheet.ready, "the verdict")
    click(window.deliver)
    settle(lambda: statuses(window) == ["delivered"], "the delivery")
    assert len(vendor.jobs()) == 1


def test_the_list_is_cleared_but_for_what_is_on_its_way(window: DeliverWindow, vendor: Vendor) -> None:
    drop(window, vendor.frames())
    settle(lambda: window.sheet.ready, "the verdict")
    click(window.clear)
    settle(lambda: not window.sheet.lines, "an empty list")
    assert window.pages.currentWidget() is window.drop


def test_missing_credentials_are_told_before_anything_is_dropped() -> None:
    application()

    def begin() -> Uploading:
        raise SettingsError("use accsyn", "", "ACCSYN_API_KEY not set", "Set it.")

    window = DeliverWindow(begin)
    settle(lambda: window.problem.text(), "the problem")
    assert "ACCSYN_API_KEY" in window.problem.text()
    window.close()


def test_the_window_answers_while_accsyn_does_not(window: DeliverWindow, vendor: Vendor) -> None:
    drop(window, vendor.frames())
    settle(lambda: window.sheet.ready, "the verdict")
    vendor.studio.accsyn.switches.hang("client/find")
    click(window.deliver)
    other = vendor.frames(name="sh020_comp_v001")
    drop(window, other)
    window.resize(500, 400)
    settle(lambda: window.width() == 500, "the window")
    assert statuses(window) == ["ready"]
    vendor.studio.accsyn.switches.clear()
    settle(lambda: len(window.sheet.lines) == 2, "what was dropped meanwhile")


@pytest.mark.parametrize("width", [360, 620])
def test_everything_fits_into_a_small_window(window: DeliverWindow, vendor: Vendor, width: int) -> None:
    folder = vendor.frames()
    (folder / f"{NAME}.1002.exr").write_bytes(b"")
    window.resize(width, 320)
    drop(window, folder)
    settle(lambda: statuses(window) == ["not sent"], "the verdict")
    settle(lambda: window.cards[0].width() <= window.width(), "the layout")
    for widget in (window.add, window.manifest, window.clear, window.deliver):
        assert widget.geometry().right() <= window.width()


def test_it_is_a_process_of_its_own_that_takes_what_it_is_started_with(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[DeliverWindow] = []

    class Noted(DeliverWindow):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)
            QtCore.QTimer.singleShot(0, self.wait)

        def wait(self) -> None:
            application().quit() if self.sheet.ready else QtCore.QTimer.singleShot(10, self.wait)

    application()
    monkeypatch.setattr(deliver_window, "DeliverWindow", Noted)  # the application is ended when it has checked
    assert deliver_window.main([str(vendor.frames())]) == 0
    assert statuses(made[0]) == ["ready"]
    made[0].close()


def test_where_qt_is_missing_the_command_says_what_to_install(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PySide6", None)
    result = vendor.run("--window")
    assert isinstance(result.exception, SystemExit)
    assert "pip install '.[window]'" in str(result.exception) + result.output
