"""What is told besides the items: other staging areas, what could not be queued, outboxes of an earlier release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.insight import status
from ftrack_accsyn_accessor.insight.absence import absence
from ftrack_accsyn_accessor.insight.installation import find_installation
from ftrack_accsyn_accessor.insight.remarks import Topic
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import facts, memory, takeover, unqueued
from ftrack_accsyn_accessor.outbox.file import outbox_path
from ftrack_accsyn_accessor.outbox.memory import Served
from ftrack_accsyn_accessor.outbox.unqueued import Unqueued
from ftrack_accsyn_accessor.staging.area import StagingArea
from unit.outbox.conftest import Desk


class Machine:
    """Staging areas of one machine, each with an outbox and remembered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.desks: list[Desk] = []

    def serve(self, name: str) -> Desk:
        area = StagingArea(str(self.folder / name))
        area.prepare()
        desk = Desk(outbox_path(None, area.root))
        desk.outbox.open()
        facts.keep(desk.outbox, facts.Area("artist.ws1", area.root, area.uuid))
        memory.keep(Served(area.root, area.uuid, str(desk.path), ("artist.ws1",), 1.0))
        self.desks.append(desk)
        return desk

    def unplug(self, name: str) -> None:
        (self.folder / name).rename(self.folder / f"{name} in a drawer")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    for desk in made.desks:
        desk.outbox.close()


@pytest.fixture
def desk(machine: Machine) -> Desk:
    return machine.serve("projects")


def told(desk: Desk) -> list[tuple[Topic, str, int, bool]]:
    return [(each.topic, each.where, each.count, each.unsent) for each in status.summary(desk.outbox).remarks]


def text(desk: Desk) -> str:
    return "\n".join(map(str, status.summary(desk.outbox).remarks))


# Other staging areas.


def test_machine_with_nothing_elsewhere_has_nothing_to_tell(machine: Machine, desk: Desk) -> None:
    machine.serve("films")

    assert told(desk) == []
    assert status.summary(desk.outbox).all_arrived


def test_unsent_items_of_another_staging_area_are_told(machine: Machine, desk: Desk) -> None:
    machine.serve("films").pending("a", "b")

    assert told(desk) == [(Topic.OTHER_AREA, str(machine.folder / "films"), 2, True)]
    assert f"2 components in another staging area of this machine, {machine.folder / 'films'}, have not been" in text(
        desk
    )
    summary = status.summary(desk.outbox)
    assert (summary.safe_to_quit, summary.all_arrived, summary.percent, summary.pending) == (False, False, None, 0)
    assert summary.safe_reason == summary.remarks[0].what


def test_area_that_is_not_there_is_told_as_it_was_known_last_and_how_to_forget_it(machine: Machine, desk: Desk) -> None:
    other = machine.serve("films")
    other.pending("a")
    (served,) = [each for each in memory.served() if each.root == str(machine.folder / "films")]
    memory.keep_unsent(Served(served.root, served.uuid, served.outbox, served.locations, 2.0, 1))
    other.outbox.close()
    machine.unplug("films")

    assert told(desk) == [(Topic.OTHER_AREA, served.root, 1, True)]
    assert "is unplugged; when it was there last, 1 component in it had not been sent." in text(desk)
    assert str(served.record) in text(desk)


# What could not be queued.


def not_queued(desk: Desk, *component_ids: str, **changes: Any) -> Unqueued:
    found = Unqueued(
        unqueued.new_id(),
        1.0,
        "The disk is full.",
        location_id="l1",
        publications=tuple(map(desk.publication, component_ids)),
    )
    assert unqueued.keep(desk.path, found)
    return found


def test_what_could_not_be_queued_is_told_with_the_reason_once(desk: Desk) -> None:
    not_queued(desk, "a")
    not_queued(desk, "b", "c")

    assert told(desk) == [(Topic.UNQUEUED, str(desk.path), 3, True)]
    assert text(desk).startswith(
        "3 components were published and wait to be queued: The disk is full. Queueing is tried"
    )
    assert status.summary(desk.outbox).safe_to_quit is False


def test_note_of_what_could_not_be_queued_that_cannot_be_read_is_told(desk: Desk) -> None:
    found = not_queued(desk, "a")
    (path,) = (desk.path.parent / unqueued.FOLDER_NAME).iterdir()
    path.write_text("half a no")

    assert told(desk) == [(Topic.UNQUEUED, str(desk.path), 0, True)]
    assert found.id in text(desk)
    assert "ftrack-accsyn reconcile" in text(desk)


def test_snapshot_is_known_to_have_changed_when_something_could_not_be_queued(desk: Desk) -> None:
    before = status.changes(desk.outbox)
    found = not_queued(desk, "a")

    during = status.changes(desk.outbox)

    assert during != before
    unqueued.forget(desk.path, found)
    assert status.changes(desk.outbox) == before


# Outboxes of an earlier release.


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (takeover.IN_USE, "is in use by an application with an earlier release"),
        (takeover.UNREADABLE, "cannot be read, so that what waits in it is not known"),
        ("", "has not been taken over yet"),
    ],
)
def test_outbox_that_was_not_taken_over_is_told(desk: Desk, outcome: str, words: str) -> None:
    earlier = desk.path.with_name("artist.ws1.sqlite3")
    earlier.touch()
    if outcome:
        facts.keep(desk.outbox, facts.Earlier({str(earlier): outcome}))

    assert told(desk) == [(Topic.EARLIER, str(earlier), 0, True)]
    assert words in text(desk)


@pytest.mark.parametrize("outcome", [takeover.TAKEN, takeover.FOREIGN])
def test_outbox_that_is_done_with_is_not_told(desk: Desk, outcome: str) -> None:
    earlier = desk.path.with_name("artist.ws1.sqlite3")
    earlier.touch()
    facts.keep(desk.outbox, facts.Earlier({str(earlier): outcome}))

    assert told(desk) == []
    assert status.summary(desk.outbox).problem == ""


def test_earlier_outbox_that_is_damaged_is_a_problem_as_long_as_it_is_there(desk: Desk) -> None:
    earlier = desk.path.with_name("artist.ws1.sqlite3")
    earlier.touch()
    facts.keep(desk.outbox, facts.Earlier({str(earlier): takeover.DAMAGED}))

    found = status.summary(desk.outbox)

    assert (found.remarks, found.problem) == ((), f"An earlier outbox was damaged and is kept as {earlier}.")
    assert "reconcile" in found.problem_remedy
    earlier.unlink()
    assert status.summary(desk.outbox).problem == ""


# Where there is no outbox.


def missing(root: Path, outbox: str = "") -> tuple[str, bool]:
    found = absence(find_installation(Settings(staging_path=str(root), outbox=outbox or None), "artist"))
    return found.kind, found.unsent


def test_folder_that_was_never_published_into_is_told_from_an_unplugged_one(machine: Machine, desk: Desk) -> None:
    (machine.folder / "empty").mkdir()
    assert missing(machine.folder / "empty") == ("no-area", False)
    StagingArea(str(machine.folder / "new")).prepare()
    assert missing(machine.folder / "new") == ("no-outbox", False)
    desk.outbox.close()
    machine.unplug("projects")
    assert missing(machine.folder / "projects") == ("unplugged", False)


def test_new_staging_area_beside_one_with_unsent_items_is_not_said_to_be_all(machine: Machine, desk: Desk) -> None:
    desk.pending("a")

    assert missing(machine.folder / "new") == ("no-area", True)


def test_outbox_of_another_area_in_the_same_folder_is_not_taken_for_an_earlier_one(
    machine: Machine, tmp_path: Path
) -> None:
    folder = tmp_path / "outboxes"
    area = StagingArea(str(tmp_path / "films"))
    area.prepare()
    path = outbox_path(str(folder), area.root)
    folder.mkdir()
    path.touch()
    memory.keep(Served(area.root, area.uuid, str(path), (), 1.0))
    StagingArea(str(tmp_path / "projects")).prepare()

    assert missing(tmp_path / "projects", str(folder)) == ("no-outbox", False)
