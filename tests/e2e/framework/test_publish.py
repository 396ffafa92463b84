"""What an application publishes with the ftrack framework arrives at head quarters, however the application ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from ftrack_api.symbol import SERVER_LOCATION_ID

from e2e.framework.applications import LIBRARIES, Desk
from helpers import record_exercised

# The slow tier: an environment of the framework is installed at its first use, for each CPython.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

VERSION = "show_a/sq010/sh010/comp/v001"
FRAMES = range(1001, 1006)


def test_host_has_the_framework_and_nothing_of_ours(desk: Desk) -> None:
    for module in ("ftrack_accsyn_accessor", "accsyn_api", "filelock"):
        assert "ModuleNotFoundError" in desk.host.run(["-c", f"import {module}"], {}).stderr


def test_file_and_sequence_of_an_application_that_connect_launched_arrive(desk: Desk, python: str) -> None:
    movie, first = desk.file("cut.mov"), desk.sequence(FRAMES)
    with desk.launched("publish-shot", MOVIE=movie, BEAUTY=first) as application:
        assert all(report["good"] for report in application.plugins().values()), application.text
        session = application.told("accessor")
        # clique, by which the framework names sequences, pads only what is padded
        desk.arrived(f"{VERSION}/movie.mov", f"{VERSION}/beauty.%d.exr")
    assert session["python"].startswith(f"{python}.")
    assert {name.replace("_", "-"): number for name, number in session["versions"].items()} == {
        **{name: number for name, number in LIBRARIES.items() if name != "ftrack-python-api"},
        "ftrack-api": LIBRARIES["ftrack-python-api"],
    }
    assert Path(session["accessor"]).is_relative_to(desk.hook.parent), "the plugin must come from the archive"
    assert desk.hq_files() == {
        f"{VERSION}/movie.mov": Path(movie).read_bytes(),
        **{f"{VERSION}/beauty.{frame}.exr": (desk.media / f"render.{frame}.exr").read_bytes() for frame in FRAMES},
    }
    assert sorted(desk.task_paths()) == [f"{VERSION}/beauty.%04d.exr[1001-1005]", f"{VERSION}/movie.mov"]
    (version,) = desk.versions()
    assert version["task_id"] == desk.environment["FTRACK_CONTEXTID"]
    carried = next((desk.hook.parent / "dependencies").glob("accsyn_python_api-*.dist-info")).stem.partition("-")[2]
    record_exercised(session["python"], session["versions"]["ftrack_api"], carried)


def test_thumbnail_and_reviewable_go_to_ftracks_server_and_are_not_carried(desk: Desk) -> None:
    movie, picture, review = desk.file("cut.mov"), desk.file("picture.jpg"), desk.file("review.mov")
    with desk.application("publish-shot", MOVIE=movie, THUMBNAIL=picture, REVIEWABLE=review) as application:
        assert all(report["good"] for report in application.plugins().values()), application.text
        desk.arrived(f"{VERSION}/movie.mov")
    assert desk.task_paths() == [f"{VERSION}/movie.mov"]
    (thumbnail,) = desk.rows("FileComponent", name="thumbnail")
    (encoded,) = desk.rows("FileComponent", name="ftrackreview-mp4")
    uploaded = desk.studio.ftrack.storage.files
    assert uploaded[thumbnail["id"]] == Path(picture).read_bytes()
    assert encoded["id"] in uploaded
    for component in (thumbnail, encoded):
        (where,) = desk.rows("ComponentLocation", component_id=component["id"])
        assert where["location_id"] == SERVER_LOCATION_ID


def test_staged_files_of_private_exports_can_be_read_by_whoever_may_read_new_files(desk: Desk) -> None:
    with desk.application("publish-shot", MOVIE=desk.file("cut.mov"), BEAUTY=desk.sequence(FRAMES)) as application:
        application.told("finished")
    staged = [desk.studio.staging / VERSION / name for name in ("movie.mov", "beauty.1003.exr")]
    exported = [path for path in desk.exports() if path.suffix == ".mov"]
    fresh = desk.media / "cut.mov"
    assert [path.stat().st_mode & 0o777 for path in exported] == [0o600], "the framework makes it so"
    assert {path.stat().st_mode for path in staged} == {fresh.stat().st_mode}


def test_what_was_published_by_an_application_that_was_killed_at_once_is_carried_by_the_next(desk: Desk) -> None:
    desk.studio.accsyn.switches.refuse(True)
    with desk.application("publish-shot", MOVIE=desk.file("cut.mov")) as application:
        application.told("finished")
    assert application.process.returncode != 0, "the framework kills its processes"
    desk.studio.accsyn.switches.refuse(False)
    with desk.application():
        desk.arrived(f"{VERSION}/movie.mov")
