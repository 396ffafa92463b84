"""A vendor's upload is known from accsyn's word alone, by what it has brought; nothing else is taken for one."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import payload as payload_model
from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.vendor import recognising
from ftrack_accsyn_accessor.vendor.recognising import Arrived
from helpers import ROOT

USER, JOB, SHARE, VOLUME = "66aa" * 6, "66cc" * 6, "66ab" * 6, "66dd" * 6
FROM = "show_a/_vendors/v-x-y-0123abcd/from"
TEMPLATE = VendorRules().from_folder


def nobody(share_id: str) -> str:
    raise AssertionError(f"{share_id} was asked for")


def read(*tasks: dict[str, Any], **changes: Any) -> payload_model.Payload:
    ends = {"source": f"user:{USER}", "destination": "workspace:66ee"}
    content = {"id": JOB, **ends, "tasks": {str(index): task for index, task in enumerate(tasks)}, **changes}
    return payload_model.read(json.dumps(content).encode())


def task(path: str, full: str = f"/mnt/projects/{FROM}/", **changes: Any) -> dict[str, Any]:
    ends = {"source": {"path": "x"}, "destination": {"v": VOLUME, "s": SHARE, "path": path, "path_abs": full + path}}
    return {"id": path, "status": "done", "size": 10, "finished": "2026-11-26T10:00:00", **ends, **changes}


def arrived(*tasks: dict[str, Any], share_folder: Any = nobody, template: str = TEMPLATE, deeper: str = "") -> Any:
    return recognising.arrived(read(*tasks), template, share_folder, deeper)


def only(*tasks: dict[str, Any], **more: Any) -> Arrived:
    (found,) = arrived(*tasks, **more)
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("source", "destination", "who"),
    [
        (f"user:{USER}", "workspace:66ee", USER),
        (f"user:{USER}", "site:66ee", USER),
        (f"user:{USER}", f"user:{'66af' * 6}", ""),
        ("workspace:66ee", f"user:{USER}", ""),
        ("workspace:66ee", "site:66ef", ""),
        ("site:66ef", "workspace:66ee", ""),
        ("client:66ef", "workspace:66ee", ""),
        ("", "", ""),
    ],
)
def test_only_what_a_user_brings_to_the_studio_is_an_upload(source: str, destination: str, who: str) -> None:
    found = read(task("v1/a.mov"), source=source, destination=destination, user="66af" * 6)
    assert recognising.uploader(found) == who


def test_a_unit_is_the_first_folder_or_file_below_the_vendors_folder() -> None:
    found = arrived(task("sh010_v001/exr/a.1001.exr"), task("sh010_v001/b.mov", size=20), task("sh020_v002.mov"))

    assert [(each.folder, each.name, each.files, each.sent) for each in found] == [
        (FROM, "sh010_v001", ("b.mov", "exr/a.1001.exr"), {"b.mov": 20, "exr/a.1001.exr": 10}),
        (FROM, "sh020_v002.mov", None, {"": 10}),
    ]


def test_a_folder_that_was_carried_whole_is_all_that_lies_there() -> None:
    assert only(task("sh010_v001"), task("sh010_v001/a.exr")).files is None
    assert only(task("sh010_v001/")).name == "sh010_v001"


def test_of_what_was_carried_whole_more_than_once_no_size_is_known() -> None:
    again = task("sh010_v001.mov", size=20, id="again")
    assert only(task("sh010_v001.mov"), again).sent == {}
    assert only(task("sh010_v001.mov", size=None), task("sh010_v001.mov", status="excluded")).sent == {}


def test_a_range_of_frames_stands_for_its_files() -> None:
    found = only(task("v1/exr/a.%04d.exr[0998-1001]"))
    assert found.files == tuple(f"exr/a.{frame:04d}.exr" for frame in (998, 999, 1000, 1001))
    assert found.sent == {}
    assert only(task("v1/a.%04d.exr[5-1]")).files == ()


def test_more_frames_than_anybody_delivers_are_not_counted_out() -> None:
    assert only(task("v1/a.%04d.exr[1-999999999]")).files is None
    assert only(*(task(f"v1/a{number}.%04d.exr[1-60000]") for number in range(2))).files is None
    assert arrived(task(f"v1/a.%04d.exr[1-{'9' * 5000}]")) == []


def test_what_is_put_into_the_folder_is_called_as_at_its_source() -> None:
    for full in (f"/mnt/projects/{FROM}", f"/mnt/projects/{FROM}/"):
        into = task("", full=full, source={"path": "/home/v/work/sh010_v001"})
        assert only(into).name == "sh010_v001"


@pytest.mark.parametrize(
    "full",
    [
        f"/mnt/projects/{FROM}/v1/a.mov",
        f"P:\\{FROM}\\v1\\a.mov".replace("/", "\\"),
        f"\\\\server\\projects\\{FROM}\\v1\\a.mov".replace("/", "\\"),
        f"{FROM}/v1/a.mov",
    ],
)
def test_the_volume_may_be_anywhere(full: str) -> None:
    assert only(task("", full=full)).folder == FROM


def test_a_path_in_the_volume_does_where_there_is_no_absolute_one() -> None:
    found = only(task("x", destination={"v": VOLUME, "path": f"{FROM}/v1/a.mov"}))
    assert (found.folder, found.name) == (FROM, "v1")


def test_a_share_does_where_there_is_nothing_else() -> None:
    ends = {"destination": {"s": SHARE, "path": "v1/a.mov"}}
    found = only(task("x", **ends), share_folder={SHARE: FROM}.__getitem__)
    assert (found.folder, found.name, found.files) == (FROM, "v1", ("a.mov",))
    asked: list[str] = []
    several = [task("x", destination={"s": SHARE, "path": f"v1/{number}.mov"}) for number in range(3)]
    assert only(*several, share_folder=lambda share_id: asked.append(share_id) or FROM).files == (
        "0.mov",
        "1.mov",
        "2.mov",
    )
    assert asked == [SHARE]
    assert arrived(task("x", **ends), share_folder=lambda share_id: "") == []
    assert arrived(task("x", **ends), share_folder=lambda share_id: "elsewhere") == []


@pytest.mark.parametrize(
    "full",
    [
        "/mnt/projects/show_a/_vendors/v-x-y-0123abcd/to/v1/a.mov",
        "/mnt/projects/show_a/_vendors/v-x-y-0123abcd/from2/v1/a.mov",
        "/mnt/projects/show_a/_vendors/from/v1/a.mov",
        "/mnt/projects/show_a/shots/v1/a.mov",
        f"/mnt/projects/{FROM}",
        f"/mnt/projects/{FROM}/../../../../etc/passwd",
        f"/mnt/projects/{FROM}/v1/../../x",
        f"/mnt/projects/{FROM}/v1//x",
        f"/mnt/projects/{FROM}/..",
        f"/mnt/projects/{FROM}/v1/a\0b",
        f"/mnt/projects/{FROM}/v1/a\ud800b",
        f"/mnt/projects/{FROM}/../a.%04d.exr[1-2]",
        f"/mnt/projects/{FROM}/a\ud800b/a.%04d.exr[1-2]",
        f"/mnt/projects/{FROM}/{'x' * 256}",
        f"/mnt/projects/{FROM}/.ACCSYN_TMP.a.mov",
        f"/mnt/projects/{FROM}/v1/_ACCSYN_INCOMPLETE.a",
        f"/mnt/projects/{FROM}/ASC_RENAME_FAILED/a.mov",
        f"/mnt/projects/{FROM}/v1/Thumbs.db",
    ],
)
def test_what_is_no_delivery_is_not_taken_for_one(full: str) -> None:
    assert arrived(task("", full=full, source={})) == []


@pytest.mark.parametrize("name", ["a:b", "CON", "v1 ", "v1?", "a\x1b[2Jb", "-rf", "\u202ev1", "a\udcffb", "x" * 255])
def test_what_nobody_may_call_a_delivery_is_taken_in_to_be_told_so(name: str) -> None:
    for path in (f"{name}/a.exr", f"v1/{name}", name):
        found = only(task("", full=f"/mnt/projects/{FROM}/{path}", source={}))
        assert (found.folder, found.name) == (FROM, path.partition("/")[0])


def test_a_vendor_cannot_make_a_path_of_another_vendors_below_their_own() -> None:
    other = "show_b/_vendors/w-x-y-89abcdef/from"
    found = only(task(f"{other}/v1/a.mov"))
    assert (found.folder, found.name) == (FROM, "show_b")


def test_what_is_still_on_its_way_keeps_the_unit_waiting_and_what_is_excluded_does_not() -> None:
    found = arrived(
        task("v1/a.exr"),
        task("v1/b.exr", status="executing"),
        task("v2/a.exr"),
        task("v2/b.exr", status="excluded"),
        task("v3/a.exr"),
        task("v3/b.exr", status="failed"),
    )
    assert [(each.name, each.waits, each.failed) for each in found] == [
        ("v1", ("b.exr",), False),
        ("v2", (), False),
        ("v3", ("b.exr",), True),
    ]


def test_a_job_that_has_carried_more_or_other_of_a_unit_makes_another_key() -> None:
    one, two = task("v1/a.exr"), task("v1/b.exr")
    variants = [
        [one],
        [one, two],
        [one, {**two, "finished": "2026-11-27T10:00:00"}],
        [one, {**two, "size": 11}],
        [{**one, "id": "other"}, two],
    ]
    keys = {recognising.key(JOB, only(*tasks)) for tasks in variants}
    assert len(keys) == len(variants)
    assert recognising.key(JOB, only(two, one)) == recognising.key(JOB, only(one, two))
    assert all(key.startswith(f"{JOB}/") for key in keys)
    assert recognising.key(JOB, only(one)) == recognising.key(JOB, arrived(one, task("v2.mov"))[0])


def test_publishes_have_a_folder_of_their_own_each_time() -> None:
    publish = "show_a/_vendors/v-x-y-0123abcd/publish"
    uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
    template, full = VendorRules().publish_folder, f"/mnt/projects/{publish}/"

    found = only(task(f"{uuid}/v1/a.mov", full=full), template=template, deeper=recognising.UUID)
    assert (found.folder, found.name) == (f"{publish}/{uuid}", "v1")
    assert arrived(task("v1/a.mov", full=full), template=template, deeper=recognising.UUID) == []


@given(parts=st.lists(st.text(max_size=8) | st.sampled_from(["..", ".", "", "from", "_vendors", "a"]), max_size=6))
def test_whatever_a_path_is_it_stays_below_the_vendors_folder(parts: list[str]) -> None:
    for found in arrived(task("/".join(parts)), share_folder=lambda share_id: ""):
        assert found.folder == FROM
        for path in [found.name, *(found.files or ())]:
            assert not {"..", ".", ""} & set(path.split("/"))
            assert "\\" not in path


def test_nothing_that_is_heavy_is_imported_to_see_that_a_job_is_none_of_ours() -> None:
    code = "import sys; import ftrack_accsyn_accessor.vendor.recognising; print(*sys.modules)"
    environment = {"PYTHONPATH": str(ROOT / "source"), "PATH": ""}
    loaded = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    heavy = {"ftrack_api", "accsyn_api", "requests", "sqlite3", "socket", "filelock", "rich", "click", "asyncio"}
    assert heavy & set(loaded.stdout.split()) == set()
