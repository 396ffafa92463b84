"""What breaks off half-way leaves nothing half in the staging area, queues nothing, and can be tried again."""

from __future__ import annotations

import pytest
from ftrack_api.exception import LocationError

from exchange import LARGE_BYTES, Kit, Place, disk, read, staged_files
from tracking import Desk

# ftrack_api leaves the files of a transfer that fails to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.mark.parametrize("kind", ["file", "sequence"])
def test_what_broke_off_on_its_way_in_is_as_if_it_had_not_begun(desk: Desk, kit: Kit, place: Place, kind: str) -> None:
    component = kit.sequence() if kind == "sequence" else kit.file(size_bytes=LARGE_BYTES)
    kit.put(component, place.location)

    with place.interrupted(), pytest.raises(LocationError) as caught:
        desk.location.add_component(component, place.location)

    assert caught.value.__traceback__  # held, as a host does that shows it later
    assert staged_files(desk) == []
    assert desk.states() == {}
    assert desk.staged() == {}
    desk.location.add_component(component, place.location)
    assert read(desk.location, component) == kit.expected(component)
    assert set(desk.states().values()) == {"pending"}


def test_container_that_broke_off_is_not_queued_and_completed_when_it_is_added_again(
    desk: Desk, kit: Kit, place: Place
) -> None:
    component = kit.container()
    kit.put(component, place.location)

    with place.interrupted(), pytest.raises(LocationError):
        desk.location.add_component(component, place.location)

    # ftrack registers it level by level: what is whole stays.
    assert [path for path in staged_files(desk) if path not in desk.staged().values()] == []
    assert component["id"] not in desk.staged()
    assert desk.states() == {"pack": "prepared"}
    desk.location.add_component(component, place.location)
    assert read(desk.location, component) == kit.expected(component)
    assert desk.states() == {"pack": "pending"}
    desk.submit()
    desk.settle()
    assert sorted(desk.publisher.hq().values()) == sorted(kit.content.values())


def test_container_that_broke_off_and_lost_a_file_is_refused_and_not_queued(desk: Desk, kit: Kit) -> None:
    place = disk(desk.session, desk.studio.root)
    component = kit.container()
    kit.put(component, place.location)
    with place.interrupted(), pytest.raises(LocationError):
        desk.location.add_component(component, place.location)
    (staged,) = staged_files(desk)
    (desk.studio.staging / staged).unlink()

    with pytest.raises(LocationError, match="already exist in location"):
        desk.location.add_component(component, place.location)

    assert desk.states() == {"pack": "prepared"}
    assert staged_files(desk) == []


@pytest.mark.parametrize("kind", ["sequence", "container"])
def test_what_broke_off_on_its_way_out_stays_staged_and_queued(desk: Desk, kit: Kit, place: Place, kind: str) -> None:
    component = getattr(kit, kind)()
    kit.put(component, desk.location)

    with place.interrupted(), pytest.raises(LocationError):
        place.location.add_component(component, desk.location)

    assert read(desk.location, component) == kit.expected(component)
    assert place.location.get_component_availability(component) < 100.0
    desk.submit()
    desk.settle()
    assert sorted(desk.publisher.hq().values()) == sorted(kit.content.values())
