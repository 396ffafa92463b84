"""Files and folders that are named by their paths: any notation, wildcards, several projects at once."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.model.errors import NotReady, Unresolved
from ftrack_accsyn_accessor.model.item import Kind, Reason
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle, Plan, Sum
from ftrack_accsyn_sandbox.studio import Studio
from sending import Sender, only

FILES = {
    "show_a/scans/s1/a.exr": 10,
    "show_a/scans/s1/b.EXR": 20,
    "show_a/scans/s1/notes.txt": 30,
    "show_a/scans/s2/a.exr": 40,
    "show_b/edit.mov": 50,
    "elsewhere/edit.mov": 60,
}


@pytest.fixture(scope="module", autouse=True)
def files(running: Studio) -> None:
    for place in (running.hq, running.site("london"), running.staging):
        for path, size in FILES.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(b"x" * size)


def synced(sender: Sender, *paths: str, up: bool = False, **wanted: Any) -> Plan:
    ends = {"source": "hq", "destination": "site=london"}
    if up:
        ends = {"source": "site=london", "destination": "hq"}
    return sender.plan(reason=Reason.SYNC, added=paths, **{**ends, **wanted})


def going(found: Plan) -> dict[str, Kind]:
    return {each.publication.path: each.publication.kind for each in found.going}


def test_a_folder_goes_as_it_is_and_a_file_with_its_size(sender: Sender) -> None:
    found = synced(sender, "show_a/scans", "show_b/edit.mov")
    assert going(found) == {"show_a/scans": Kind.FOLDER, "show_b/edit.mov": Kind.FILE}
    assert found.sum(Fate.GOES) == Sum(2, 1, 50)


def test_a_path_belongs_to_the_project_that_its_first_folder_names(sender: Sender) -> None:
    found = synced(sender, "show_a/scans", "show_b/edit.mov", "elsewhere/edit.mov")
    projects = {each.publication.project_name: each.publication.project_id for each in found.going}
    assert projects == {"show_a": sender.ids["show_a"], "show_b": sender.ids["show_b"], "elsewhere": ""}
    (other,) = synced(sender, "elsewhere/edit.mov", project="show_b").going
    assert (other.publication.project_name, other.publication.project_id) == ("show_b", sender.ids["show_b"])


def test_a_path_in_the_folder_of_another_project_than_was_named_is_refused(sender: Sender) -> None:
    with pytest.raises(Unresolved, match=r"show_a\): it is in the folder of the project show_a, and show_b is"):
        synced(sender, "show_a/scans", project="show_b")
    assert synced(sender, "show_a/scans", project="SHOW_A").going


@pytest.mark.parametrize("notation", ["{hq}/show_a/scans", "show_a\\scans\\", "./show_a//scans", " show_a/scans "])
def test_any_notation_of_a_path_is_the_same_place(admin: Sender, notation: str) -> None:
    assert going(synced(admin, notation.format(hq=admin.studio.hq))) == {"show_a/scans": Kind.FOLDER}


def test_a_path_of_another_platform_is_read_by_the_roots_of_the_mapping(sender: Sender) -> None:
    roots = {"windows": "P:\\projects", "mac": "/Volumes/projects"}
    sender.map({"studio.hq": {"party": "hq", "roots": roots}})
    for text in ("p:\\PROJECTS\\show_a\\scans", "/Volumes/projects/show_a/scans"):
        assert going(synced(sender, text)) == {"show_a/scans": Kind.FOLDER}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("show_a/scans/s1/*.exr", {"show_a/scans/s1/a.exr": Kind.FILE}),
        ("show_a/scans/s?", {"show_a/scans/s1": Kind.FOLDER, "show_a/scans/s2": Kind.FOLDER}),
        ("show_a/scans/*/a.exr", {"show_a/scans/s1/a.exr": Kind.FILE, "show_a/scans/s2/a.exr": Kind.FILE}),
        ("show_[ab]/edit.*", {"show_b/edit.mov": Kind.FILE}),
        ("{hq}/show_a/scans/s1/[ab].*", {"show_a/scans/s1/a.exr": Kind.FILE, "show_a/scans/s1/b.EXR": Kind.FILE}),
    ],
)
def test_wildcards_find_what_is_at_head_quarters_in_one_call(
    admin: Sender, pattern: str, expected: dict[str, Kind]
) -> None:
    synced(admin, "show_a/scans")
    admin.studio.accsyn.log.clear()
    assert going(synced(admin, pattern.format(hq=admin.studio.hq))) == expected
    assert admin.studio.accsyn.log.count("workspace/file") == 1


def test_a_path_that_is_named_twice_goes_once(admin: Sender) -> None:
    found = synced(admin, "show_a/scans/s1", "show_a/scans/s?", f"{admin.studio.hq}/show_a/scans/s1")
    assert sorted(going(found)) == ["show_a/scans/s1", "show_a/scans/s2"]


@pytest.mark.parametrize(
    ("text", "obstacle", "words"),
    [
        ("show_a/nothing", Obstacle.NOT_AT_SOURCE, "no such file"),
        ("show_a/nothing/*.exr", Obstacle.NOT_AT_SOURCE, "show_a/nothing"),
        ("show_a/scans/*.abc", Obstacle.NOT_AT_SOURCE, "no such file"),
        ("../secret", Obstacle.NO_PATH, "leads out"),
        ("/etc/passwd", Obstacle.NO_PATH, "outside"),
        ("Q:\\show_a", Obstacle.NO_PATH, "outside"),
        (".", Obstacle.NO_PATH, "all of the volume"),
    ],
)
def test_a_path_that_leads_nowhere_says_why(sender: Sender, text: str, obstacle: Obstacle, words: str) -> None:
    each = only(synced(sender, text))
    assert (each.fate, each.obstacle) == (Fate.CANNOT, obstacle)
    assert words in each.cause
    assert text in each.cause


def test_one_path_that_leads_nowhere_keeps_no_other_from_going(sender: Sender) -> None:
    assert going(synced(sender, "show_a/nothing", "show_a/scans")) == {"show_a/scans": Kind.FOLDER}


def test_at_a_site_that_accsyn_does_not_list_a_path_counts_as_it_was_named(sender: Sender) -> None:
    found = synced(sender, "show_a/scans", "show_b/edit.mov", "show_a/*", up=True)
    assert going(found) == {"show_a/scans": Kind.FOLDER, "show_b/edit.mov": Kind.FILE}
    (each,) = found.of(Fate.CANNOT)
    assert "without wildcards" in each.cause


def test_at_a_site_that_accsyn_lists_wildcards_are_found(sender: Sender) -> None:
    workspace = sender.studio.accsyn.workspace
    workspace.files_at_sites = True
    try:
        assert len(going(synced(sender, "show_a/scans/s?", up=True))) == 2
    finally:
        workspace.files_at_sites = False


def test_on_this_machine_wildcards_are_found_on_its_disk(sender: Sender) -> None:
    sender.studio.accsyn.log.clear()
    found = sender.plan(source=sender.staging(), destination="hq", added=("show_a/scans/s1/*.exr", "show_b"))
    assert going(found) == {"show_a/scans/s1/a.exr": Kind.FILE, "show_b": Kind.FOLDER}
    assert not sender.studio.accsyn.log.count("workspace/file")


def test_added_paths_go_beside_what_was_picked(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    component = sender.component(version)
    found = sender.plan(("assetversion", version), added=("show_a/scans",))
    assert [each.publication.component_id for each in found.going] == [component, ""]


def test_a_volume_that_accsyn_does_not_have_is_refused_first(admin: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTRACK_ACCSYN_VOLUME", "footage")
    admin.read()
    with pytest.raises(NotReady, match=r"find the volume.*footage"):
        synced(admin, "show_a/scans")


def test_a_queue_that_accsyn_does_not_have_is_refused_first(sender: Sender) -> None:
    with pytest.raises(NotReady, match=r"queue.*nowhere.*queue ensure"):
        synced(sender, "show_a/scans", queue="nowhere")
    assert synced(sender, "show_a/scans", queue="High").going


def test_a_site_that_accsyn_does_not_have_is_refused_first(sender: Sender) -> None:
    with pytest.raises(Unresolved, match="site=paris"):
        synced(sender, "show_a/scans", destination="site=paris")
