"""How the resource identifiers of a location are read and written; where roots and mounts come from."""

from __future__ import annotations

import json
from typing import Any, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.paths import (
    LINUX,
    MAC,
    NO_PLACES,
    WINDOWS,
    LocationPaths,
    Place,
    Root,
    Roots,
    Scenario,
    storage_scenario,
    volume_roots,
)

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=60)

ROOTS = Roots(
    [
        Root("projects", "P:\\projects", WINDOWS),
        Root("projects", "/mnt/projects", LINUX),
        Root("projects", "/Volumes/projects", MAC),
    ]
)
#: The same volume where a site has it.
LONDON = Roots([Root("projects", "/london/projects", LINUX)])
WHOLE = LocationPaths(ROOTS, "projects")
BELOW = LocationPaths(ROOTS, "projects", ["ftrack/data"])
DRIVE = LocationPaths(ROOTS, "projects", ["P:\\Projects\\ftrack"])
ABOVE = LocationPaths(ROOTS, "projects", ["P:\\", "/mnt"])
STAGED = LocationPaths(Roots([]), "projects", full=False)
UNMANAGED = LocationPaths(ROOTS, full=True)
SERVER = LocationPaths(ROOTS, nowhere=NO_PLACES["ftrack.server"])


@pytest.mark.parametrize(
    ("paths", "identifier", "path"),
    [
        (WHOLE, "show/a.mov", "show/a.mov"),
        (WHOLE, "show\\a.mov", "show/a.mov"),
        (WHOLE, "show/a.%04d.exr", "show/a.%04d.exr"),
        (WHOLE, "P:\\projects\\show\\a.mov", "show/a.mov"),
        (WHOLE, "../a.mov", None),
        (WHOLE, "/home/ana/a.mov", None),
        (BELOW, "show/a.mov", "ftrack/data/show/a.mov"),
        (BELOW, "../a.mov", None),
        (BELOW, "/mnt/projects/a.mov", "a.mov"),
        (DRIVE, "show/a.mov", "ftrack/show/a.mov"),
        (DRIVE, "show/../../a.mov", None),
        (ABOVE, "projects/show/a.mov", "show/a.mov"),
        (ABOVE, "other/a.mov", None),
        (UNMANAGED, "P:\\projects\\show\\a.mov", "show/a.mov"),
        (UNMANAGED, "/Volumes/projects/show/a.%04d.exr", "show/a.%04d.exr"),
        (UNMANAGED, "/tmp/a.mov", None),
        (UNMANAGED, "show/a.mov", None),
        (SERVER, "c9a1e8b2-0000-0000-0000-000000000000", None),
    ],
)
def test_identifier_names_a_place(paths: LocationPaths, identifier: str, path: Optional[str]) -> None:
    assert paths.read(identifier) == (None if path is None else Place("projects", path))
    assert bool(paths.why_not(identifier)) is (path is None)


@pytest.mark.parametrize(
    ("paths", "sample", "identifier"),
    [
        (WHOLE, "", "ftrack/show/a.mov"),
        (WHOLE, "ftrack/show/a.mov", "ftrack/show/a.mov"),
        (WHOLE, "ftrack//show/./a.mov", "ftrack//show/./a.mov"),
        (WHOLE, "show/a.mov", "ftrack/show/a.mov"),
        (WHOLE, "/mnt/projects/ftrack/show/a.mov", "/mnt/projects/ftrack/show/a.mov"),
        (WHOLE, "/Volumes/other/ftrack/show/a.mov", "/Volumes/projects/ftrack/show/a.mov"),
        (DRIVE, "", "show/a.mov"),
        (DRIVE, "ftrack/show/a.mov", "show/a.mov"),
        (DRIVE, "P:\\projects\\ftrack\\show\\a.mov", "show/a.mov"),
        (BELOW, "ftrack/show/a.mov", None),
        (ABOVE, "ftrack/show/a.mov", "projects/ftrack/show/a.mov"),
        (UNMANAGED, "P:\\projects\\ftrack\\show\\a.mov", "P:\\projects\\ftrack\\show\\a.mov"),
        (STAGED, "P:\\projects\\ftrack\\show\\a.mov", "ftrack/show/a.mov"),
        (UNMANAGED, "ftrack/show/a.mov", "P:\\projects\\ftrack\\show\\a.mov"),
        (LocationPaths(LONDON, "projects"), "ftrack/show/a.mov", "ftrack/show/a.mov"),
        (LocationPaths(LONDON, "projects"), "P:\\projects\\ftrack\\show\\a.mov", "/london/projects/ftrack/show/a.mov"),
        (LocationPaths(Roots([]), "projects"), "P:\\projects\\ftrack\\show\\a.mov", None),
        (LocationPaths(ROOTS, "assets"), "", None),
        (SERVER, "", None),
    ],
)
def test_place_gets_the_identifier_of_the_location(
    paths: LocationPaths, sample: str, identifier: Optional[str]
) -> None:
    assert paths.write(Place("projects", "ftrack/show/a.mov"), sample) == identifier


@pytest.mark.parametrize(
    ("paths", "identifier", "reason"),
    [
        (SERVER, "x", "ftrack's own server keeps it, which is no storage that accsyn serves"),
        (UNMANAGED, "a.mov", "it is no full path, and this location keeps no others"),
        (
            UNMANAGED,
            "/tmp/a.mov",
            "it lies outside of all known roots of accsyn's volumes; others are told in the file that "
            "FTRACK_ACCSYN_LOCATIONS names",
        ),
        (WHOLE, "../a.mov", "it leads out of the location"),
        (
            LocationPaths(ROOTS, "projects", ["X:\\ftrack"]),
            "a.mov",
            "below X:\\ftrack, it lies outside of all known roots of accsyn's volumes; others are told in the file "
            "that FTRACK_ACCSYN_LOCATIONS names",
        ),
        (WHOLE, "a.mov", ""),
    ],
)
def test_why_an_identifier_has_no_place_is_said_in_words(paths: LocationPaths, identifier: str, reason: str) -> None:
    assert paths.why_not(identifier) == reason


NAMES = st.text(st.sampled_from("abZé%#_-1"), min_size=1, max_size=5)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PREFIXES = st.sampled_from([[], ["ftrack"], ["a/b/c"], ["P:\\projects"], ["/mnt/projects/ftrack"], ["P:\\", "/mnt"]])
SAMPLES = st.sampled_from(["", "relative/a.mov", "P:\\x\\a.mov", "/mnt/x/a.mov", "/Volumes/x/a.mov"])


@seeded
@given(PREFIXES, PATHS, SAMPLES, st.sampled_from([None, True, False]))
def test_what_is_written_is_read_again(prefixes: list[str], path: str, sample: str, full: Optional[bool]) -> None:
    paths = LocationPaths(ROOTS, "projects", prefixes, full=full)
    place = paths.read(path) or Place("projects", path)
    identifier = paths.write(place, sample)
    if identifier is None:
        assert prefixes
        assert not path.startswith(("ftrack/", "a/b/c/"))
    else:
        assert paths.read(identifier) == place


# Where roots come from


def test_row_of_a_volume_tells_its_roots_those_by_vpn_last() -> None:
    row: dict[str, Any] = {
        "path": "/srv/projects",
        "paths": {
            "windows_vpn": "V:\\projects",
            "mac_vpn": None,
            "windows": "P:\\projects",
            "mac": "/Volumes/projects",
            "linux": "/mnt/projects",
            "beos": "/projects",
            "linux_vpn": "",
        },
    }
    assert volume_roots("projects", row) == [
        Root("projects", "P:\\projects", WINDOWS),
        Root("projects", "/Volumes/projects", MAC),
        Root("projects", "/mnt/projects", LINUX),
        Root("projects", "/srv/projects", LINUX),
        Root("projects", "V:\\projects", WINDOWS),
    ]


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"path": None, "paths": None},
        {"path": 7, "paths": [1]},
        {"path": "projects", "paths": {"linux": "projects"}},
    ],
)
def test_odd_row_of_a_volume_tells_no_roots(row: dict[str, Any]) -> None:
    assert volume_roots("projects", row) == []


SCENARIO = {
    "scenario": "ftrack.centralized-storage",
    "data": {
        "location_id": "l-1",
        "location_name": "studio.central-storage-location",
        "accessor": {"mount_points": {"linux": "/mnt/projects", "osx": "/Volumes/projects", "windows": "P:\\projects"}},
    },
}


def test_storage_scenario_tells_the_mounts_of_all_platforms() -> None:
    mounts = ("P:\\projects", "/mnt/projects", "/Volumes/projects")
    assert storage_scenario(json.dumps(SCENARIO)) == Scenario("l-1", "studio.central-storage-location", mounts)
    paths = LocationPaths(Roots([Root("all", "/mnt", LINUX)]), "projects", mounts)
    assert paths.read("show/a.mov") == Place("all", "projects/show/a.mov")
    assert paths.write(Place("all", "projects/show/a.mov")) == "show/a.mov"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "7",
        "[]",
        "{}",
        "{",
        '{"scenario": "ftrack.automatic"}',
        '{"scenario": "ftrack.centralized-storage"}',
    ],
)
def test_other_storage_scenarios_are_none(text: str) -> None:
    assert storage_scenario(text) is None
