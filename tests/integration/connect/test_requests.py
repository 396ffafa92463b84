"""Requests in the tab: a row each, which folds and unfolds, and can be cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Callable

import pytest

from ftrack_accsyn_accessor.connect.actions import OutboxActions
from ftrack_accsyn_accessor.connect.reader import NotHere, View
from ftrack_accsyn_accessor.connect.shapes import Column, Filter, Tone
from ftrack_accsyn_accessor.connect.source import OutboxSource
from ftrack_accsyn_accessor.connect.tab import Tab
from ftrack_accsyn_accessor.model.request import RequestState
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outside_path
from ftrack_accsyn_accessor.outbox.memory import state_folder
from ftrack_accsyn_accessor.worker import runtime
from integration.connect.conftest import CREDENTIALS
from qt_support import QtCore, QtTest, Window, settle
from requesting import ask, in_accsyn

Windows = Callable[..., Window]


@pytest.fixture
def window(machine, recorder, windows: Windows) -> Window:
    machine.publish(["published"])
    ask(machine.outbox, "beauty", "depth", words="sh010 comp v003 and 1 more")
    shown = windows(Tab(machine.source, recorder))
    shown.loaded()
    return shown


def names(window: Window) -> list[str]:
    return [line.component for line in window.lines()]


def fold(window: Window, row: int) -> None:
    """Click on the arrow of a request."""
    cell = window.tab.table.visualRect(window.tab.model.index(row, Column.COMPONENT))
    position = QtCore.QPoint(cell.left() + 12, cell.center().y())
    QtTest.QTest.mouseClick(window.tab.table.viewport(), QtCore.Qt.MouseButton.LeftButton, pos=position)


def test_a_request_is_one_row_above_what_was_published(window: Window) -> None:
    assert names(window) == ["sh010 comp v003 and 1 more", "published"]
    (line, _) = window.lines()
    assert line.belongs_to == "send · studio.hq > studio.london · producer"
    assert (line.files, line.state, line.tone) == ("0 / 2", "Waiting", Tone.WAITING)
    assert line.spoken.endswith("folded")


def test_its_arrow_unfolds_it_into_its_items_and_folds_it_again(window: Window) -> None:
    fold(window, 0)
    settle(lambda: len(names(window)) == 4, "the items")

    assert names(window)[0] == "sh010 comp v003 and 1 more"
    assert sorted(names(window)[1:3]) == ["beauty", "depth"]
    assert [line.depth for line in window.lines()] == [0, 1, 1, 0]
    assert window.lines()[1].published.endswith("by artist, from studio.hq to studio.london")

    fold(window, 0)
    settle(lambda: len(names(window)) == 2, "the folded row")


def test_the_keyboard_unfolds_the_selected_request(window: Window) -> None:
    window.click(0, Column.STATE)
    window.key(QtCore.Qt.Key.Key_Return)

    settle(lambda: len(names(window)) == 4, "the items")


def test_cancel_below_the_table_takes_the_request_back(window: Window, recorder) -> None:
    window.click(0, Column.STATE)
    assert window.tab.details.cancel.isVisible()
    assert not window.tab.details.folder.isVisible()

    window.tab.details.cancel.click()

    assert settle(lambda: recorder.done, "the action") == [("cancel", window.lines()[0].request)]


def test_a_publish_cannot_be_cancelled(window: Window) -> None:
    window.click(1, Column.STATE)

    assert not window.tab.details.cancel.isVisible()
    assert window.tab.details.folder.isVisible()


def test_retry_of_a_stuck_request_is_for_all_of_it(machine, recorder, windows: Windows) -> None:
    request_id = ask(machine.outbox, "beauty", words="stuck")
    machine.fail(1)
    shown = windows(Tab(machine.source, recorder))
    shown.loaded()

    shown.click_retry("stuck")

    assert settle(lambda: recorder.done, "the action") == [("retry_request", request_id)]


def test_a_filter_leaves_the_requests_with_such_items_and_unfolds_into_those(machine, recorder, windows) -> None:
    machine.publish(["published"])
    in_accsyn(machine.outbox, ask(machine.outbox, "beauty", words="moving"))
    shown = windows(Tab(machine.source, recorder))
    shown.loaded()

    shown.tab.filter.setCurrentIndex(list(Filter).index(Filter.MOVING))

    settle(lambda: names(shown) == ["moving"], "the filtered rows")
    fold(shown, 0)
    settle(lambda: names(shown) == ["moving", "beauty"], "its item")


def test_what_is_selected_stays_so_when_rows_above_it_unfold(window: Window) -> None:
    window.click(1, Column.STATE)
    assert window.tab.details.line.component == "published"

    fold(window, 0)
    settle(lambda: len(names(window)) == 4, "the items")
    window.tab.table.selectRow(3)

    settle(lambda: window.tab.details.line.component == "published", "the selection")


def test_the_pages_of_many_items_below_a_request_are_read_when_they_are_in_sight(machine, recorder, windows) -> None:
    many = [f"c{number:03d}" for number in range(150)]
    ask(machine.outbox, *many, words="many")
    machine.publish(["published"])
    shown = windows(Tab(machine.source, recorder))
    shown.loaded()

    fold(shown, 0)
    settle(lambda: shown.tab.model.rowCount() == 152, "all rows")
    shown.tab.table.scrollToBottom()

    settle(lambda: shown.tab.model.line(151) is not None, "the last page")
    assert shown.tab.model.line(151).component == "published"
    assert shown.tab.model.line(150).request is not None


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[OutboxSource]:
    """Give what the tab of a machine without staging area reads."""
    for name, value in (("WORKSPACE", "acme"), ("API_USER", "artist@acme.test"), ("API_KEY", "key")):
        monkeypatch.setenv(f"ACCSYN_{name}", value)
    source = OutboxSource(CREDENTIALS)
    yield source
    source.close()
    runtime.stop_all(timeout_s=0.0)


def test_a_machine_without_staging_area_shows_what_was_asked_for(elsewhere: OutboxSource) -> None:
    with pytest.raises(NotHere) as caught:
        elsewhere.head()
    assert caught.value.empty.title == "This is no staging machine"

    path = outside_path(None, state_folder())
    path.parent.mkdir(parents=True)
    outbox = Outbox(path)
    outbox.open()
    ask(outbox, "beauty", words="the comp")
    outbox.close()

    head = elsewhere.head()
    assert ("Staging", "none on this machine") in [(each.name, each.value) for each in head.surroundings]
    assert elsewhere.count(View(1)) == 1
    assert [line.component for line in elsewhere.page(View(1), 0)] == ["the comp"]


def test_what_the_buttons_ask_reaches_the_outbox(machine) -> None:
    request_id = ask(machine.outbox, "beauty", "depth")
    actions = OutboxActions(machine.source, CREDENTIALS)

    assert actions.retry_request(request_id) == "Nothing waits for a retry."
    assert actions.cancel(request_id).startswith("Took back 2 items; ")
    assert machine.outbox.requests.standing(request_id).state is RequestState.CANCELLED
