"""A staging location that ftrack does not let anybody make: its own words are what is raised, and said."""

from __future__ import annotations

import logging

import ftrack_api
import pytest

from fault.host.test_opening import is_staged, said
from ftrack_accsyn_accessor.staging.location import STAGING_DESCRIPTION, find_or_create
from publishing import Publisher

REFUSAL = {"exception": "PermissionError", "content": "No permission to create a Location", "error_code": None}


def refuse(publisher: Publisher) -> None:
    publisher.studio.ftrack.switches.fail_next("create:Location", status=200, body=REFUSAL, times=1)


def test_refusal_of_ftrack_is_what_is_raised(publisher: Publisher) -> None:
    publisher.environment(FTRACK_EVENT_PLUGIN_PATH=None)
    session = publisher.session()
    refuse(publisher)

    with pytest.raises(ftrack_api.exception.ServerError, match="No permission to create a Location"):
        find_or_create(session, "artist.ws1")

    assert len(session.recorded_operations) == 0
    assert session.query('Location where name is "artist.ws1"').first() is None
    assert find_or_create(session, "artist.ws1")["name"] == "artist.ws1"


def test_location_that_another_process_made_first_is_found_instead(publisher: Publisher) -> None:
    publisher.environment(FTRACK_EVENT_PLUGIN_PATH=None)
    session, other = publisher.session(), publisher.session()
    made = []
    call = session.call

    def late(data: object) -> object:  # a patch: between our question and our creation
        if not made and isinstance(data, list) and data[0].get("action") == "create":
            made.append(find_or_create(other, "artist.ws1"))
        return call(data)

    session.call = late

    found = find_or_create(session, "artist.ws1")

    assert found["id"] == made[0]["id"]
    assert len(publisher.studio.ftrack.store.find("Location", name="artist.ws1")) == 1


def test_new_location_is_known_to_other_machines_by_its_description(publisher: Publisher) -> None:
    publisher.environment(FTRACK_EVENT_PLUGIN_PATH=None)

    made = find_or_create(publisher.session(), "artist.new")

    (row,) = publisher.studio.ftrack.store.find("Location", name="artist.new")
    assert (row["id"], row["label"], row["description"]) == (made["id"], "artist.new", STAGING_DESCRIPTION)


def test_session_that_ftrack_refuses_a_location_says_so_in_its_words(
    publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "ftrack_accsyn_accessor")
    refuse(publisher)

    session = publisher.session()

    assert not is_staged(session)
    (text,) = said(caplog)
    assert "No permission to create a Location" in text
