"""What comes into the staging location from another accessor by plain ftrack calls goes on like a publish."""

from __future__ import annotations

from pathlib import Path

import pytest
from ftrack_api.exception import ComponentInLocationError, LocationError
from ftrack_api.structure.origin import OriginStructure
from ftrack_api.symbol import UNMANAGED_LOCATION_ID

from exchange import Kit, Place, disk, read
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.staging.entities import files_of
from tracking import Desk

BASE = "show_a/sq010/sh010/plate/v001"
#: Of `Kit.everything`, in the staging area and at head quarters.
PATHS = {
    "main.mov",
    "asa_ohman.mov",
    "empty.mov",
    "large.mov",
    *(f"frames.{frame}.exr" for frame in (1001, 1002, 1003, 1007)),
    *(f"pack_frames.{frame}.exr" for frame in (1001, 1002, 1003, 1007)),
    "pack/las_mig.mov",
    "pack_inner/a.mov",
}


def arrived(desk: Desk) -> dict[str, bytes]:
    """Let everything that is queued go on; return what is at head quarters then."""
    desk.submit()
    desk.settle()
    return desk.publisher.hq()


def test_every_kind_is_staged_whole_queued_once_and_arrives(desk: Desk, kit: Kit, place: Place) -> None:
    components = kit.everything()
    for component in components.values():
        kit.put(component, place.location)

    for component in components.values():
        desk.location.add_component(component, place.location)

    for component in components.values():
        assert desk.location.get_component_availability(component) == 100.0
        assert read(desk.location, component) == kit.expected(component)
        for file in files_of(component):
            assert Path(desk.location.get_filesystem_path(file)).read_bytes() == kit.content[file["id"]]
    assert desk.states() == dict.fromkeys(("main", "Åsa Öhman", "empty", "large", "frames", "pack"), "pending")
    sequence, container = components["sequence"], components["container"]
    base = str(desk.studio.staging / BASE)
    assert desk.location.get_filesystem_path(sequence) == str(Path(base, "frames.%04d.exr"))
    assert desk.location.get_filesystem_path(container) == str(Path(base, "pack"))

    found = arrived(desk)

    assert desk.all_in(State.SYNCED), desk.states()
    assert set(found) == {f"{BASE}/{path}" for path in PATHS}
    assert sorted(found.values()) == sorted(kit.content.values())
    for component in components.values():
        for each in (component, *files_of(component)):
            assert desk.at()[each["id"]] == desk.location.get_resource_identifier(each)


@pytest.mark.parametrize("structure", [OriginStructure(), None], ids=["origin", "standard"])
def test_identifiers_are_those_of_the_staging_structure_whatever_the_other_has(
    desk: Desk, kit: Kit, structure: object
) -> None:
    first, other = (
        disk(desk.session, desk.studio.root, name="studio.tape"),
        disk(desk.session, desk.studio.root, structure),
    )
    file, sequence = kit.file("Åsa Öhman"), kit.sequence()
    for component in (file, sequence):
        kit.put(component, first.location)
        other.location.add_component(component, first.location)
        desk.location.add_component(component, other.location)

    assert desk.staged()[file["id"]] == f"{BASE}/asa_ohman.mov"
    assert desk.staged()[sequence["id"]] == f"{BASE}/frames.%04d.exr"
    assert sorted(arrived(desk).values()) == sorted(kit.content.values())


def test_what_only_is_where_it_was_made_can_be_staged_later(desk: Desk, kit: Kit) -> None:
    unmanaged = desk.session.get("Location", UNMANAGED_LOCATION_ID)
    for component in (kit.file(), kit.sequence()):
        kit.put(component, unmanaged)
        desk.location.add_component(component, unmanaged)

    assert sorted(arrived(desk).values()) == sorted(kit.content.values())
    assert desk.all_in(State.SYNCED)


def test_what_is_there_already_is_refused_as_ftrack_does_and_queued_once(desk: Desk, kit: Kit, place: Place) -> None:
    file = kit.file()
    kit.put(file, place.location)
    desk.location.add_component(file, place.location)

    with pytest.raises(ComponentInLocationError):
        desk.location.add_component(file, place.location)

    assert desk.states() == {"main": "pending"}


def test_a_file_of_somebody_else_in_the_way_is_left_and_nothing_is_queued(desk: Desk, kit: Kit, place: Place) -> None:
    file = kit.file()
    kit.put(file, place.location)
    in_the_way = desk.studio.staging / BASE / "main.mov"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_bytes(b"somebody else's")

    with pytest.raises(LocationError, match="already exists"):
        desk.location.add_component(file, place.location)

    assert in_the_way.read_bytes() == b"somebody else's"
    assert desk.states() == {}
    assert desk.staged() == {}


def test_container_some_of_whose_members_were_added_before_it_arrives_whole(desk: Desk, kit: Kit) -> None:
    place = disk(desk.session, desk.studio.root)
    container = kit.container()
    kit.put(container, place.location)

    for component in [*container["members"][::-1], container]:
        desk.location.add_component(component, place.location)

    assert arrived(desk) == {desk.staged()[file["id"]]: kit.content[file["id"]] for file in files_of(container)}
    assert desk.all_in(State.SYNCED), desk.states()
    assert container["id"] in desk.at()
