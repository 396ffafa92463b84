"""What pipelines hear: today's data, that of the release before, and what is to come."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ftrack_accsyn_accessor.model import events
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
from ftrack_accsyn_accessor.model.events import COMPONENT_SYNCED, ComponentSynced, read_event

DATA = {
    "component_id": "c1",
    "version_id": "v1",
    "location_id": "l1",
    "destination": "acme",
    "destination_location_id": "l2",
}
TOLD = ComponentSynced("c1", "v1", "l1", "acme", "l2")


def event(topic: str = COMPONENT_SYNCED, **data: Any) -> dict[str, Any]:
    return {"topic": topic, "data": data}


def test_event_is_read_as_it_is_published() -> None:
    assert read_event(event(**dataclasses.asdict(TOLD))) == TOLD


def test_event_of_an_earlier_release_has_no_schema_and_is_the_first() -> None:
    assert read_event(event(**DATA)) == TOLD


def test_what_a_later_release_adds_is_left_out_and_what_is_missing_is_empty() -> None:
    assert read_event(event(**DATA, more="x")) == TOLD
    assert read_event(event(component_id="c1")) == ComponentSynced("c1", "", "", "", "")


@pytest.mark.parametrize("heard", [event("ftrack.update"), event(**DATA, schema=events.SCHEMA + 1)])
def test_event_that_means_something_else_is_refused(heard: dict[str, Any]) -> None:
    with pytest.raises(AccsynAccessorError, match="Could not read the event"):
        read_event(heard)
