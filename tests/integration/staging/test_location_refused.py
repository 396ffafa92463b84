"""What the host is told when ftrack does not give it its location: ftrack's own words, and nothing is left pending."""

from __future__ import annotations

from typing import Any

import ftrack_api.exception
import pytest

from ftrack_accsyn_accessor.staging import location
from ftrack_accsyn_sandbox.studio import Studio
from publishing import Publisher

REFUSAL = {"exception": "PermissionError", "content": "You may make no locations.", "error_code": None}


@pytest.fixture
def session(studio: Studio, publisher: Publisher) -> Any:
    publisher.environment(FTRACK_EVENT_PLUGIN_PATH=None)
    return publisher.session(plugin_paths=[], auto_connect_event_hub=False)


def test_refusal_of_a_location_is_ftracks_own(studio: Studio, session: Any) -> None:
    studio.ftrack.switches.fail_next("create:Location", status=200, body=REFUSAL)

    with pytest.raises(ftrack_api.exception.ServerError, match="You may make no locations"):
        location.find_or_create(session, "artist.new")

    assert len(session.recorded_operations) == 0
    assert studio.ftrack.store.find("Location", name="artist.new") == []


def test_location_that_another_process_made_first_is_taken(studio: Studio, session: Any) -> None:
    calls = session.call
    made: list[str] = []

    def meanwhile(operations: Any) -> Any:
        if operations[0]["action"] == "create" and not made:
            made.append(studio.ftrack.store.create("Location", name="artist.new", label="other")["id"])
        return calls(operations)

    session.call = meanwhile  # another process, at the worst moment

    assert location.find_or_create(session, "artist.new")["id"] == made[0]
    assert len(studio.ftrack.store.find("Location", name="artist.new")) == 1


def test_new_location_is_known_to_other_machines_by_its_description(studio: Studio, session: Any) -> None:
    made = location.find_or_create(session, "artist.new")

    (row,) = studio.ftrack.store.find("Location", name="artist.new")
    assert (row["id"], row["label"]) == (made["id"], "artist.new")
    assert row["description"] == location.STAGING_DESCRIPTION
