"""What stands where there is nothing to show, and what is told for the question on quitting."""

from __future__ import annotations

from typing import Callable

import pytest

from ftrack_accsyn_accessor.connect.tab import Tab
from qt_support import Window, settle

Windows = Callable[..., Window]


def test_outbox_without_entries_explains_itself(machine, recorder, windows: Windows) -> None:
    window = windows(Tab(machine.source, recorder))
    window.loaded()

    assert window.tab.empty.title.text() == "Nothing has been published from this machine yet"
    assert str(machine.runtime.area.root) in window.tab.empty.text.text()
    assert window.tab.empty.isVisible()
    assert window.tab.head.isVisible()
    assert not window.tab.retry_all.isEnabled()


def test_first_publish_replaces_the_text_by_the_table(machine, recorder, windows: Windows) -> None:
    window = windows(Tab(machine.source, recorder))
    window.loaded()

    machine.publish(["first"])

    settle(lambda: window.tab.table.isVisible(), "the table")
    assert window.line("first") is not None


def test_machine_without_staging_area_is_told_what_to_set(
    machine,
    recorder,
    windows: Windows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ACCSYN_PROJECTS_PATH")
    window = windows(Tab(type(machine.source)(), recorder))
    window.loaded()

    assert window.tab.empty.title.text() == "This is no staging machine"
    assert not window.tab.head.isVisible()


def test_outbox_that_cannot_be_read_says_why(machine, recorder, windows: Windows) -> None:
    with machine.outbox._connections.writing() as connection:
        connection.execute("PRAGMA user_version = 99")
    window = windows(Tab(machine.source, recorder))
    window.loaded()

    assert window.tab.empty.title.text() == "The outbox cannot be read"
    assert "it has version 99" in window.tab.empty.text.text()


def test_number_of_unsent_components_follows_the_outbox(machine, recorder, windows: Windows) -> None:
    machine.publish(["one", "two"])
    told: list[tuple[int, float]] = []
    tab = Tab(machine.source, recorder)
    tab.unsent_changed.connect(lambda count, size: told.append((count, size)))
    windows(tab).loaded()
    assert told == [(2, 2000.0)]

    machine.fail(1)

    settle(lambda: told[-1] == (1, 1000.0), "the new number")


def test_problem_with_everything_stands_above_the_table(machine, recorder, windows: Windows) -> None:
    from ftrack_accsyn_accessor.outbox import facts

    machine.publish(["one"])
    window = windows(Tab(machine.source, recorder))
    window.loaded()
    assert not window.tab.banner.isVisible()

    contact = facts.Contact(kind="unreachable", what="accsyn cannot be reached.", remedy="Check the network.")
    facts.keep(machine.outbox, contact)

    settle(window.tab.banner.isVisible, "the problem")
    assert window.tab.banner.text.text() == "accsyn cannot be reached. Check the network."
