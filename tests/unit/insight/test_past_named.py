"""What was let go is called by the same words as what is still there, and twins can be told apart by their ids."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.insight import past, status
from ftrack_accsyn_accessor.model.errors import NotOne, Refused
from unit.outbox.conftest import Desk


def freed(desk: Desk, component_id: str, project: str = "show_a", name: str = "main") -> int:
    """Let an item come, arrive and go; return the id that it had."""
    desk.outbox.prepare(
        [desk.publication(component_id, component_name=name, project_name=project, context="sq010/sh010")], "owner"
    )
    desk.outbox.activate([component_id], "l1")
    desk.outbox.submitted([desk.item(component_id)], desk.outbox.job_found(desk.job(), "j" * 24))
    desk.outbox.tracking.synced([desk.item(component_id)])
    item = desk.item(component_id)
    assert desk.outbox.past.freed(item)
    return item.id


def test_two_that_are_called_the_same_are_told_apart_by_what_can_be_typed(desk: Desk) -> None:
    ids = {freed(desk, "a"), freed(desk, "b")}

    with pytest.raises(NotOne, match="2 that are not on this machine any more are called that") as raised:
        past.past(desk.outbox, "show_a sq010/sh010 shot v001 main")

    assert set(raised.value.candidates) == {f"item={each}" for each in ids}
    for each in raised.value.candidates:
        assert len(past.past(desk.outbox, each)) == 1


def test_what_is_typed_as_it_is_called_goes_before_another_case(desk: Desk) -> None:
    freed(desk, "a", "show_a")
    freed(desk, "b", "SHOW_A")

    for project, component_id in (("show_a", "a"), ("SHOW_A", "b")):
        (found,) = past.past(desk.outbox, f"{project} sq010/sh010 shot v001 main")
        assert found.row.component_id == component_id
    with pytest.raises(NotOne):
        past.past(desk.outbox, "Show_A sq010/sh010 shot v001 main")


def test_what_is_forgotten_while_it_was_to_be_tried_again_has_its_own_cause(desk: Desk) -> None:
    (item,) = desk.pending("a")
    desk.outbox.needs_attention([item], Refused("add tasks", "the job", "no access"), 2e9)
    assert desk.outbox.control.retry([item.id]) == 1
    desk.outbox.past.forget([item.id], "artist")

    (found,) = past.past(desk.outbox, "a")

    assert "no access" in found.sentence
    assert "tried again" not in found.sentence


def test_what_was_forgotten_is_not_said_to_have_arrived(desk: Desk) -> None:
    (item,) = desk.pending("a")
    desk.outbox.needs_attention([item], Refused("add tasks", "the job", "no access"), None)
    desk.outbox.past.forget([item.id], "artist")

    said = status.summary(desk.outbox).safe_reason

    assert said == "Everything that was published has arrived, but for 1 component that somebody has forgotten."
