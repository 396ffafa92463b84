"""A small file that somebody is waiting for does not arrive together with the large one before it."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.worker.priorities import Priorities
from tracking import Desk


def held_at_the_large_one(desk: Desk) -> None:
    """Let the engine go on until it is in the middle of the large file."""
    engine = desk.studio.accsyn.engine
    engine.hold_at("*/plate.mov")
    engine.paused = False
    engine.wait_held()


def published(desk: Desk) -> None:
    desk.publish_files("plate", size_bytes=6_000_000)
    desk.publish_files("note", size_bytes=1000)


@pytest.mark.parametrize("submitted", [False, True], ids=["before it is submitted", "while it waits in accsyn"])
def test_what_was_put_first_is_registered_while_the_large_file_before_it_moves(desk: Desk, submitted: bool) -> None:
    published(desk)
    if submitted:
        desk.submit()
    note = next(item for item in desk.outbox.items() if item.publication.component_name == "note")
    assert desk.outbox.control.first([note.id], 1000) == [note.id]
    desk.submit()
    Priorities(desk.outbox, desk.workspace, desk.monotonic).tell(desk.outbox.control.untold(note.studio))

    held_at_the_large_one(desk)
    desk.follow(lambda: desk.states()["note"] == "synced")

    assert desk.at().keys() == {note.publication.component_id}
    assert desk.states()["plate"] in (State.SUBMITTED.value, State.TRANSFERRING.value)


def test_what_a_process_publishes_first_by_its_environment_is_registered_first(desk: Desk) -> None:
    desk.publish_files("plate", size_bytes=6_000_000)
    desk.new_tracker(FTRACK_ACCSYN_PRIORITY="900")
    desk.publish_files("note", size_bytes=1000)
    desk.submit()

    held_at_the_large_one(desk)
    desk.follow(lambda: desk.states()["note"] == "synced")

    assert {task.priority for task in desk.job().tasks} == {500, 900}
