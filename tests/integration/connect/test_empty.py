"""What stands where there is nothing to show, and what is told for the question on quitting."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from ftrack_accsyn_accessor.connect.tab import Tab
from ftrack_accsyn_accessor.outbox import Outbox, memory, unqueued
from ftrack_accsyn_accessor.outbox.file import outbox_path
from ftrack_accsyn_accessor.outbox.memory import Served
from ftrack_accsyn_accessor.outbox.unqueued import Unqueued
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker import runtime
from integration.connect.conftest import publication
from qt_support import Window, settle

Windows = Callable[..., Window]


def test_outbox_without_items_explains_itself(machine, recorder, windows: Windows) -> None:
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
    told: list[tuple[int, int]] = []
    tab = Tab(machine.source, recorder)
    tab.leaving_changed.connect(lambda leaving: told.append((leaving.unsent, leaving.unsent_bytes)))
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


# What is in no row.


def not_queued(machine) -> Unqueued:
    words = "The disk is full."
    found = Unqueued(unqueued.new_id(), 1.0, words, location_id="l1", publications=(publication("lost", "show_a"),))
    assert unqueued.keep(machine.outbox.path, found)
    return found


def other_area(folder: Path) -> StagingArea:
    """Make another staging area of the machine, in which a component waits."""
    area = StagingArea(str(folder))
    area.prepare()
    outbox = Outbox(outbox_path(None, area.root))
    outbox.prepare([publication("there", "show_a")], "owner")
    outbox.close()
    memory.keep(Served(area.root, area.uuid, str(outbox.path), (), 1.0))
    return area


def test_what_could_not_be_queued_is_told_at_once_and_until_it_is(machine, recorder, windows: Windows) -> None:
    window = windows(Tab(machine.source, recorder))
    window.loaded()
    assert not window.tab.banner.isVisible()

    found = not_queued(machine)

    settle(window.tab.banner.isVisible, "the line", 5.0)
    assert window.tab.banner.text.text().startswith("1 component was published and waits to be queued: The disk is")
    assert window.tab.head.sentence.text() == "1 not queued"
    assert window.tab.empty.title.text() == "Nothing is in this staging area's queue"

    unqueued.forget(machine.outbox.path, found)

    settle(lambda: not window.tab.banner.isVisible(), "the line to go", 5.0)


def test_unsent_items_of_another_staging_area_are_told(machine, recorder, windows: Windows, tmp_path: Path) -> None:
    area = other_area(tmp_path / "films")
    window = windows(Tab(machine.source, recorder))
    window.loaded()

    assert f"1 component in another staging area of this machine, {area.root}," in window.tab.banner.text.text()
    assert window.tab.head.sentence.text() == "1 in another staging area"


def test_items_of_another_studio_are_marked_and_not_asked_about_on_quitting(
    machine, recorder, windows: Windows
) -> None:
    machine.publish(["ours"])
    machine.publish(["theirs"], server_url="https://b.test", workspace="b")
    told: list[tuple[int, int]] = []
    tab = Tab(machine.source, recorder)
    tab.leaving_changed.connect(lambda leaving: told.append((leaving.unsent, leaving.unsent_bytes)))
    window = windows(tab)
    window.loaded()

    assert told == [(1, 1000.0)]
    assert {line.component: line.state for line in window.lines()} == {"ours": "Waiting", "theirs": "Other studio"}
    assert "1 component waits for workspace b at https://b.test: it is sent" in window.tab.banner.text.text()
    assert window.tab.head.sentence.text() == "1 waiting · 1 for another studio"


def test_unplugged_staging_disk_is_called_so_with_what_waits_there(
    machine, recorder, windows: Windows, tmp_path: Path
) -> None:
    machine.publish(["one", "two"])
    served = machine.runtime.served(["artist.ws1"])
    memory.keep(served)
    memory.keep_unsent(machine.runtime.served(unsent=2))
    machine.outbox.close()
    runtime.stop_all(0.0)
    (tmp_path / "staging").rename(tmp_path / "in a drawer")
    (tmp_path / "staging").mkdir()
    window = windows(Tab(type(machine.source)(), recorder))
    window.loaded()

    assert window.tab.empty.title.text() == "The staging disk is unplugged"
    text = window.tab.empty.text.text()
    assert "2 components in it had not been sent. Plug the disk in again" in text
    assert list((tmp_path / "staging").iterdir()) == []


def test_outbox_that_cannot_be_read_does_not_hide_what_it_could_not_take(machine, recorder, windows: Windows) -> None:
    with machine.outbox._connections.writing() as connection:
        connection.execute("PRAGMA user_version = 99")
    not_queued(machine)
    window = windows(Tab(machine.source, recorder))
    window.loaded()

    assert "it has version 99" in window.tab.empty.text.text()
    assert "1 component was published and waits to be queued" in window.tab.empty.text.text()
