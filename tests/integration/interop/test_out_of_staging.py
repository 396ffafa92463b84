"""What is in the staging location goes on to other accessors by plain ftrack calls, before and after it was synced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ftrack_api.exception import ComponentInLocationError, ComponentNotInLocationError, LocationError

from exchange import Kit, Place, read, staged_files
from ftrack_accsyn_accessor.model.item import State
from tracking import Desk


def publish(desk: Desk, components: dict[str, Any], kit: Kit) -> dict[str, Any]:
    """Publish *components* into the staging location."""
    for component in components.values():
        kit.put(component, desk.location)
    return components


def send(desk: Desk) -> list[bytes]:
    """Let everything that is queued go on; return what is at head quarters then."""
    desk.submit()
    desk.settle()
    assert desk.all_in(State.SYNCED), desk.states()
    return sorted(desk.publisher.hq().values())


def test_every_kind_is_given_out_whole_while_staged_and_goes_to_head_quarters_all_the_same(
    desk: Desk, kit: Kit, place: Place
) -> None:
    components = publish(desk, kit.everything(), kit)

    for component in components.values():
        place.location.add_component(component, desk.location)

    for component in components.values():
        assert place.location.get_component_availability(component) == 100.0
        assert read(place.location, component) == kit.expected(component)
    assert sorted(place.look().values()) == sorted(kit.content.values())
    assert send(desk) == sorted(kit.content.values())


@pytest.mark.parametrize("place", ["disk", "sftp"], indirect=True)
def test_every_kind_is_given_out_whole_after_it_was_synced_and_not_sent_again(
    desk: Desk, kit: Kit, place: Place
) -> None:
    components = publish(desk, kit.kinds(), kit)
    send(desk)
    desk.accsyn_calls()

    for component in components.values():
        place.location.add_component(component, desk.location)

    assert sorted(place.look().values()) == sorted(kit.content.values())
    assert send(desk) == sorted(kit.content.values())
    assert [call for call in desk.accsyn_calls() if call.endswith("/create")] == []


@pytest.mark.parametrize("place", ["disk", "sftp"], indirect=True)
def test_what_was_moved_out_before_it_was_sent_is_not_sent_until_it_comes_back(
    desk: Desk, kit: Kit, place: Place
) -> None:
    components = publish(desk, kit.kinds(), kit)

    for component in components.values():
        place.location.add_component(component, desk.location)
        desk.location.remove_component(component)

    assert set(desk.states().values()) <= {"withdrawn"}
    desk.submit()
    assert desk.studio.accsyn.workspace.jobs() == []
    assert staged_files(desk) == []
    for component in components.values():
        with pytest.raises(ComponentNotInLocationError):
            desk.location.get_filesystem_path(component)

    for component in components.values():
        desk.location.add_component(component, place.location)

    assert len(staged_files(desk)) == len(kit.content)
    assert send(desk) == sorted(kit.content.values())


@pytest.mark.parametrize("place", ["disk", "sftp"], indirect=True)  # that of S3 finds none of its files to remove
def test_what_is_removed_elsewhere_stays_staged_and_queued(desk: Desk, kit: Kit, place: Place) -> None:
    file = kit.file()
    kit.put(file, desk.location)
    place.location.add_component(file, desk.location)

    place.location.remove_component(file)

    assert place.look() == {}
    assert Path(desk.location.get_filesystem_path(file)).read_bytes() == kit.content[file["id"]]
    assert desk.states() == {"main": "pending"}


def test_what_is_there_already_is_refused_as_ftrack_does(desk: Desk, kit: Kit, place: Place) -> None:
    file, other = kit.file(), kit.file("other")
    for component in (file, other):
        kit.put(component, desk.location)
    place.location.add_component(file, desk.location)

    with pytest.raises(ComponentInLocationError):
        place.location.add_component(file, desk.location)

    assert desk.states() == {"main": "pending", "other": "pending"}


def test_what_the_staging_location_does_not_have_cannot_be_given_out(desk: Desk, kit: Kit, place: Place) -> None:
    file = kit.file()

    with pytest.raises(LocationError, match="not found in location"):
        place.location.add_component(file, desk.location)

    assert place.look() == {}
    assert place.location.get_component_availability(file) == 0.0
