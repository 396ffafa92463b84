"""A studio with ftrack's centralised storage: sessions have head quarters' disk at hand beside the staging location."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ftrack_api.accessor.disk import DiskAccessor
from ftrack_api.exception import ComponentInLocationError
from ftrack_api.symbol import UNMANAGED_LOCATION_ID

from exchange import Kit, read
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_sandbox.studio import Studio
from publishing import Publisher
from tracking import Desk


@pytest.fixture
def desk(studio: Studio, publisher: Publisher) -> Iterator[Desk]:
    mounts = dict.fromkeys(("linux", "osx", "windows"), str(studio.hq))
    data = {"location_id": studio.ids["studio.hq"], "location_name": "studio.hq", "accessor": {"mount_points": mounts}}
    studio.ftrack.server_information["storage_scenario"] = {"scenario": "ftrack.centralized-storage", "data": data}
    working = Desk(studio, publisher)
    yield working
    working.stop()
    working.owner.release()
    working.outbox.close()


@pytest.fixture
def kit(desk: Desk) -> Kit:
    return Kit(desk.publisher, desk.session)


@pytest.fixture
def hq(desk: Desk) -> Any:
    location = desk.session.get("Location", desk.studio.ids["studio.hq"])
    assert isinstance(location.accessor, DiskAccessor)
    return location


def send(desk: Desk) -> list[bytes]:
    desk.submit()
    desk.settle()
    assert desk.all_in(State.SYNCED), desk.states()
    return sorted(desk.publisher.hq().values())


def assert_stays(desk: Desk, there: dict[str, str]) -> None:
    """Look whether ftrack shows all of *there* at head quarters while accsyn carries it there once more."""
    desk.studio.accsyn.engine.paused = True
    desk.submit()
    desk.step()
    assert desk.at() == there
    desk.studio.accsyn.engine.paused = False


def test_publish_still_picks_the_staging_location(desk: Desk, kit: Kit, hq: Any) -> None:
    assert desk.session.pick_location() is desk.location
    for component in kit.kinds().values():
        kit.put(component, desk.location)
    assert send(desk) == sorted(kit.content.values())


def test_what_comes_from_head_quarters_is_staged_and_stays_there(desk: Desk, kit: Kit, hq: Any) -> None:
    components = kit.kinds()
    for component in components.values():
        kit.put(component, hq)
    there = desk.at()

    for component in components.values():
        desk.location.add_component(component, hq)
        assert read(desk.location, component) == kit.expected(component)

    assert_stays(desk, there)
    assert send(desk) == sorted(kit.content.values())
    assert desk.at() == there


def test_what_was_freed_here_and_comes_back_from_head_quarters_stays_there(desk: Desk, kit: Kit, hq: Any) -> None:
    components = kit.kinds()
    for component in components.values():
        kit.put(component, desk.location)
    send(desk)
    there = desk.at()
    for component in components.values():
        desk.location.remove_component(component)

    for component in components.values():
        desk.location.add_component(component, hq)
        assert read(desk.location, component) == kit.expected(component)

    assert_stays(desk, there)
    assert send(desk) == sorted(kit.content.values())


def test_files_that_were_made_anew_since_are_no_copies(desk: Desk, kit: Kit, hq: Any) -> None:
    unmanaged = desk.session.get("Location", UNMANAGED_LOCATION_ID)
    file = kit.file()
    kit.put(file, unmanaged)
    desk.location.add_component(file, unmanaged)
    send(desk)
    desk.location.remove_component(file)
    desk.publisher.file("main.mov")

    desk.location.add_component(file, unmanaged)

    desk.studio.accsyn.engine.paused = True
    desk.submit()
    assert desk.at() == {}
    desk.studio.accsyn.engine.paused = False
    assert send(desk) == [(desk.publisher.folder / "main.mov").read_bytes()]
    assert set(desk.at()) == {file["id"]}


@pytest.mark.parametrize("when", ["staged", "submitted"])
def test_what_was_carried_to_head_quarters_by_hand_meanwhile_ends_as_synced(
    desk: Desk, kit: Kit, hq: Any, when: str
) -> None:
    component = kit.sequence()
    kit.put(component, desk.location)
    if when == "submitted":
        desk.studio.accsyn.engine.paused = True
        desk.submit()

    hq.add_component(component, desk.location)

    desk.studio.accsyn.engine.paused = False
    assert send(desk) == sorted(kit.content.values())
    assert hq.get_component_availability(component) == 100.0


def test_what_accsyn_has_carried_is_refused_at_head_quarters(desk: Desk, kit: Kit, hq: Any) -> None:
    component = kit.file()
    kit.put(component, desk.location)
    send(desk)

    with pytest.raises(ComponentInLocationError):
        hq.add_component(component, desk.location)
    assert read(hq, component) == kit.expected(component)
