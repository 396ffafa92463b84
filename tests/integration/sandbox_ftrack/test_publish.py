"""Publishing by the real client into a plain disk location, and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ftrack_api.exception import ComponentInLocationError, LocationError


@pytest.fixture
def version(session: Any, asset: Any) -> Any:
    session.query("select name from Project").all()  # so that only what a publish itself costs is counted
    version = session.create("AssetVersion", {"asset": asset})
    session.commit()
    return version


def make_sequence(folder: Path, frames: int) -> str:
    folder.mkdir()
    for frame in range(1, frames + 1):
        (folder / f"plate.{frame:04d}.exr").write_bytes(b"x" * frame)
    return f"{folder}/plate.%04d.exr [1-{frames}]"


def test_single_file_costs_three_requests(
    studio: Any, session: Any, location: Any, version: Any, tmp_path: Path
) -> None:
    source = tmp_path / "shot.mov"
    source.write_bytes(b"movie")
    studio.service.log.clear()
    component = version.create_component(str(source), {"name": "main"}, location=location)
    assert studio.service.log.operations() == [
        "query:ComponentLocation",
        "query:AssetVersion",
        "create:FileComponent,create:ComponentLocation",
    ]
    assert location.get_resource_identifier(component) == "show_a/sq010/sh010/hero/v001/main.mov"
    assert Path(location.get_filesystem_path(component)).read_bytes() == b"movie"
    assert studio.service.store.get("FileComponent", component["id"])["size"] == 5
    assert session.get_component_availability(component)[location["id"]] == 100.0


def test_sequence_is_registered_in_a_few_requests(
    studio: Any, session: Any, location: Any, version: Any, tmp_path: Path
) -> None:
    source = make_sequence(tmp_path / "plates", 200)
    studio.service.log.clear()
    component = version.create_component(source, {"name": "plate"}, location=location)
    assert studio.service.log.operations() == [
        "query:ComponentLocation",
        "query:ComponentLocation",
        "query:AssetVersion",
        "create:SequenceComponent,create:FileComponent*200,update:SequenceComponent,create:ComponentLocation*200",
        "create:ComponentLocation",
    ]
    stored = studio.service.store.get("SequenceComponent", component["id"])
    assert (stored["padding"], stored["size"], stored["system_type"]) == (4, 200 * 201 // 2, "sequence")
    assert location.get_resource_identifier(component).endswith("hero/v001/plate.%04d.exr")
    session.reset()
    members = session.get("Component", component["id"])["members"]
    assert [member["name"] for member in members] == [f"{frame:04d}" for frame in range(1, 201)]
    assert members[7]["container"]["id"] == component["id"]


def test_container_holds_its_members(studio: Any, session: Any, location: Any, version: Any, tmp_path: Path) -> None:
    container = session.create("ContainerComponent", {"name": "textures", "version": version})
    for name in ("diffuse", "normal"):
        source = tmp_path / f"{name}.tif"
        source.write_bytes(name.encode())
        data = {"name": name, "container": container}
        container["members"].append(session.create_component(str(source), data, location=None))
    location.add_component(container, session.query("Location where name is ftrack.origin").one())
    identifiers = {row["resource_identifier"] for row in studio.service.store.find("ComponentLocation")}
    base = "show_a/sq010/sh010/hero/v001/textures"
    assert identifiers == {base, f"{base}/diffuse.tif", f"{base}/normal.tif"}
    assert container.get_availability([location]) == {location["id"]: 100.0}


def test_availability_counts_members(studio: Any, session: Any, location: Any, version: Any, tmp_path: Path) -> None:
    component = version.create_component(make_sequence(tmp_path / "plates", 4), {"name": "plate"}, location=location)
    hq = studio.ids["studio.hq"]
    for member in studio.service.store.find("FileComponent", container_id=component["id"])[:3]:
        studio.service.store.create("ComponentLocation", component_id=member["id"], location_id=hq)
    session.reset()
    component = session.get("Component", component["id"])
    availability = session.get_component_availability(component)
    assert availability[location["id"]] == 100.0
    assert availability[hq] == 75.0
    assert availability[studio.ids["studio.london"]] == 0.0


def test_location_picks_itself_by_priority(session: Any, location: Any, version: Any, tmp_path: Path) -> None:
    source = tmp_path / "shot.mov"
    source.write_bytes(b"movie")
    assert session.pick_location() == location
    component = version.create_component(str(source), {"name": "main"}, location="auto")
    assert session.pick_location(component) == location


def test_component_in_a_location_cannot_be_added_again(
    session: Any, location: Any, version: Any, tmp_path: Path
) -> None:
    source = tmp_path / "shot.mov"
    source.write_bytes(b"movie")
    component = version.create_component(str(source), {"name": "main"}, location=location)
    with pytest.raises(ComponentInLocationError):
        location.add_component(component, session.query("Location where name is ftrack.origin").one())


def test_removed_component_is_no_longer_available(
    studio: Any, session: Any, location: Any, version: Any, tmp_path: Path
) -> None:
    component = version.create_component(make_sequence(tmp_path / "plates", 3), {"name": "plate"}, location=location)
    location.remove_component(component)
    assert studio.service.store.find("ComponentLocation") == []
    session.reset()
    component = session.get("Component", component["id"])
    assert session.get_component_availability(component)[location["id"]] == 0.0


def test_deleted_version_takes_its_components(
    studio: Any, session: Any, location: Any, version: Any, tmp_path: Path
) -> None:
    version.create_component(make_sequence(tmp_path / "plates", 3), {"name": "plate"}, location=location)
    session.delete(version)
    session.commit()
    assert studio.service.store.find("Component") == []
    assert studio.service.store.find("ComponentLocation") == []


def test_lost_answer_leaves_the_component_registered(
    studio: Any, session: Any, location: Any, version: Any, tmp_path: Path
) -> None:
    source = tmp_path / "shot.mov"
    source.write_bytes(b"movie")
    studio.service.switches.drop_after("create:FileComponent")
    with pytest.raises(LocationError):
        version.create_component(str(source), {"name": "main"}, location=location)
    assert len(studio.service.store.find("ComponentLocation")) == 1
