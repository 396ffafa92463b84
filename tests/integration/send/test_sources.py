"""Whatever the notation in which a location keeps its files, they are found, and named anew at the destination."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ftrack_accsyn_accessor.model.item import Kind
from ftrack_accsyn_accessor.model.plan import Obstacle, Plan
from sending import Sender, only


@pytest.fixture
def central(admin: Sender) -> Iterator[str]:
    """Give the location of ftrack's centralised storage, whose identifiers begin two folders above the volume."""
    name = "studio.central"
    admin.ids.setdefault(name, "")
    admin.ids[name] = admin.ids[name] or admin.store.create("Location", name=name)["id"]
    mounts = {"linux": str(admin.studio.hq.parent), "osx": "/Volumes/studio", "windows": "S:\\"}
    data = {"location_id": admin.ids[name], "location_name": name, "accessor": {"mount_points": mounts}}
    (setting,) = admin.store.find("Setting", name="storage_scenario")
    value = json.dumps({"scenario": "ftrack.centralized-storage", "data": data})
    admin.store.update("Setting", *_key(setting), value=value)
    yield name
    admin.store.update("Setting", *_key(setting), value=setting["value"])


def _key(setting: dict[str, str]) -> tuple[str, ...]:
    return (setting["name"], setting["group"])


def planned(sender: Sender, source: str, path: str, **wanted: str) -> Plan:
    version = sender.version(sender.asset(sender.shot()))
    sender.component(version, path, at=(source,))
    return sender.plan(("assetversion", version), source=source, **wanted)


def test_identifiers_below_a_prefix_are_written_without_it_elsewhere(sender: Sender) -> None:
    sender.map({"studio.hq": {"party": "hq", "prefix": "ftrack/data"}})
    (wanted,) = planned(sender, "studio.hq", "show_a/prefix/x.mov").going
    assert wanted.publication.path == "ftrack/data/show_a/prefix/x.mov"
    assert wanted.identifier == "ftrack/data/show_a/prefix/x.mov"


def test_what_has_no_place_below_the_prefix_of_the_destination_cannot_go(sender: Sender) -> None:
    sender.map({"studio.london": {"party": "site=london", "prefix": "ftrack"}})
    each = only(planned(sender, "studio.hq", "show_a/outside.mov"))
    assert each.obstacle is Obstacle.NO_PATH
    assert "studio.london" in each.cause


def test_an_identifier_that_stays_as_it_is_is_not_written_down(sender: Sender) -> None:
    (wanted,) = planned(sender, "studio.hq", "show_a/same/x.mov").going
    assert (wanted.identifier, wanted.publication.resource_identifier) == ("", "show_a/same/x.mov")


@pytest.mark.parametrize("path", ["p:\\Projects\\show_a\\un\\x.mov", "/Volumes/projects/show_a/un/x.mov"])
def test_what_was_published_by_its_full_path_goes_from_head_quarters(admin: Sender, path: str) -> None:
    roots = {"windows": "P:\\projects", "mac": "/Volumes/projects"}
    admin.map({"ftrack.unmanaged": {"party": "hq", "roots": roots}})
    admin.ids["ftrack.unmanaged"] = admin.store.find("Location", name="ftrack.unmanaged")[0]["id"]
    found = planned(admin, "ftrack.unmanaged", path)
    assert found.source.party in ("hq", "acme")
    assert found.going[0].publication.path == "show_a/un/x.mov"


def test_a_full_path_outside_of_all_roots_says_so(admin: Sender) -> None:
    admin.ids["ftrack.unmanaged"] = admin.store.find("Location", name="ftrack.unmanaged")[0]["id"]
    each = only(planned(admin, "ftrack.unmanaged", "/home/ada/x.mov"))
    assert each.obstacle is Obstacle.NO_PATH
    assert "/home/ada/x.mov" in each.cause
    assert "outside" in each.cause


def test_files_of_the_centralised_storage_go_from_below_its_mount(admin: Sender, central: str) -> None:
    found = planned(admin, central, "projects/show_a/central/x.mov")
    assert found.source.party in ("hq", "acme")
    assert found.going[0].publication.path == "show_a/central/x.mov"
    assert only(planned(admin, central, "elsewhere/x.mov")).obstacle is Obstacle.NO_PATH


def test_what_is_staged_goes_from_its_machine(sender: Sender) -> None:
    found = planned(sender, sender.staging(), "show_a/staged/x.mov")
    assert found.source.party == f"client={sender.studio.demo.artist_client.id}"
    assert found.going[0].publication.path == "show_a/staged/x.mov"


def test_frames_of_a_full_path_lie_where_they_are_named(admin: Sender) -> None:
    admin.map({"studio.hq": {"party": "hq", "roots": {"windows": "P:\\projects"}}})
    version = admin.version(admin.asset(admin.shot()))
    sequence = admin.sequence(version, [], folder="P:\\projects\\show_a\\win")
    for frame in (1, 2):
        admin.member(sequence, f"P:\\projects\\show_a\\win\\f.{frame:04d}.exr", name=str(frame))
    (wanted,) = admin.plan(("assetversion", version)).going
    assert wanted.publication.kind is Kind.SEQUENCE
    assert wanted.publication.path == "show_a/win/f.%04d.exr"
    assert [file.path for file in wanted.publication.files] == ["show_a/win/f.0001.exr", "show_a/win/f.0002.exr"]
