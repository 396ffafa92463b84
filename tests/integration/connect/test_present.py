"""What the tab shows is so at this moment, in the words that `why` has; what was so is told with its age, or not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.connect import heading
from ftrack_accsyn_accessor.connect.leaving import Leaving
from ftrack_accsyn_accessor.connect.tab import Tab
from ftrack_accsyn_accessor.insight.inquiry import gather
from ftrack_accsyn_accessor.insight.why import explain
from ftrack_accsyn_accessor.model.item import HIGHEST_PRIORITY, Kind
from ftrack_accsyn_accessor.outbox import facts, memory
from ftrack_accsyn_accessor.worker import runtime
from qt_support import Window, settle
from shown import NOW, SETTINGS, summary

Windows = Callable[..., Window]


def why() -> tuple[str, ...]:
    found = explain(gather(environment.read_settings(), "artist@acme.test"))
    return tuple(text for cause in found for text in (cause.sentence, cause.remedy))


@pytest.fixture
def disk(machine, tmp_path: Path) -> Path:
    """Give the staging disk of a machine on which something waits, which is to be plugged in again."""
    machine.publish(["one", "two"])
    memory.keep(machine.runtime.served(["artist.ws1"]))
    memory.keep_unsent(machine.runtime.served(unsent=2))
    return tmp_path / "staging"


def unplug(disk: Path) -> None:
    disk.rename(disk.with_name("in a drawer"))
    disk.mkdir()


def plug_in(disk: Path) -> None:
    shutil.rmtree(disk)
    disk.with_name("in a drawer").rename(disk)


def said(window: Window) -> str:
    return " ".join(window.tab.empty.text.text().split())


def test_disk_that_is_unplugged_before_is_told_in_the_words_of_why(
    machine, disk: Path, recorder, windows: Windows
) -> None:
    machine.outbox.close()
    runtime.stop_all(0.0)
    unplug(disk)
    window = windows(Tab(type(machine.source)(), recorder))
    window.loaded()

    assert window.tab.empty.title.text() == "The staging disk is unplugged"
    assert all(text in said(window) for text in why())


def test_disk_that_is_unplugged_meanwhile_leaves_nothing_in_sight_that_was(
    machine, disk: Path, recorder, windows: Windows
) -> None:
    contact = facts.Contact(kind="unreachable", what="Connection refused.", remedy="Check the network.")
    facts.keep(machine.outbox, contact)
    tab = Tab(machine.source, recorder)
    left: list[Leaving] = []
    tab.leaving_changed.connect(left.append)
    window = windows(tab)
    window.loaded()
    window.click(window.row("one"))
    assert tab.details.isVisible()
    assert tab.banner.isVisible()
    assert left[-1].unsent == 2

    unplug(disk)

    settle(lambda: tab.empty.title.text() == "The staging disk is unplugged", "the news")
    settle(tab.empty.isVisible, "the text")
    assert all(text in said(window) for text in why())
    for stale in (tab.head, tab.banner, tab.details, tab.table):
        assert not stale.isVisible()
    assert tab.filter.currentText() == "All"
    assert not tab.retry_all.isEnabled()
    assert left[-1] == Leaving()

    plug_in(disk)

    settle(tab.table.isVisible, "the rows")
    assert {line.component for line in window.lines()} == {"one", "two"}
    assert left[-1].unsent == 2


def test_area_that_is_gone_beside_an_outbox_that_is_there_is_told_in_the_words_of_why() -> None:
    given = summary(staging_present=False, free_bytes=None)

    head = heading.head(given, SETTINGS, NOW)

    assert "The staging area /data/projects is not there: its disk is unplugged" in head.problem
    assert head.remedy.startswith("Plug the disk in again")


@pytest.mark.parametrize(
    ("what", "age_s", "told"),
    [
        ("", 10.0, "ws1 · accsyn client online"),
        ("", 7200.0, "ws1 · accsyn client online 2 h 0 min ago"),
        ("Connection refused.", 10.0, "ws1 · accsyn client online 10 s ago"),
    ],
)
def test_what_accsyn_said_of_the_client_has_its_age_in_sight_once_it_may_be_stale(
    what: str, age_s: float, told: str
) -> None:
    link = facts.Link(workspace="acme", client="ws1", client_status="online", seen_at=NOW - age_s)
    given = summary(endpoint=link, contact=facts.Contact(what=what))

    values = [each.value for each in heading.head(given, SETTINGS, NOW).surroundings]

    assert told in values


def test_what_is_asked_on_quitting_names_pause_and_causes_of_what_waits(machine, recorder, windows: Windows) -> None:
    machine.publish(["one", "two"])
    machine.publish(["theirs"], server_url="https://b.test", workspace="b")
    machine.outbox.control.pause("eva")
    left: list[Leaving] = []
    tab = Tab(machine.source, recorder)
    tab.leaving_changed.connect(left.append)
    windows(tab).loaded()

    assert (left[-1].unsent, left[-1].paused_by) == (2, "eva")
    assert "wait" in left[-1].elsewhere[0]
    assert "workspace b" in left[-1].then


def test_button_this_first_raises_the_priority_of_what_waits(machine, windows: Windows) -> None:
    from ftrack_accsyn_accessor.connect.actions import OutboxActions
    from integration.connect.conftest import CREDENTIALS

    machine.publish(["large", "small"])
    tab = Tab(machine.source, OutboxActions(machine.source, CREDENTIALS))
    window = windows(tab)
    window.loaded()
    window.click(window.row("small"))
    assert tab.details.first.isVisible()

    tab.details.first.click()

    settle(lambda: tab.notice.text() == "1 component goes first.", "the answer")
    found = {item.publication.component_name: item.priority for item in machine.outbox.items()}
    assert found == {"large": 500, "small": HIGHEST_PRIORITY}
    settle(lambda: not tab.details.first.isVisible(), "the button to go")


def test_menu_entry_this_first_asks_for_the_item_or_for_all_of_a_request(machine, recorder, windows: Windows) -> None:
    machine.publish(["one"])
    tab = Tab(machine.source, recorder)
    window = windows(tab)
    window.loaded()
    window.click(window.row("one"))
    line = tab.details.line

    tab.doing.first(line)
    settle(lambda: recorder.done, "the action")

    assert recorder.done == [("first", [line.item_id])]
    assert line.kind is Kind.FILE
