"""What belongs to a version that comes in: its number, time logged, media for browsers, a thumbnail, metadata."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ftrack_api.exception import ServerError
from ftrack_api.symbol import SERVER_LOCATION_ID

TASK = "show_a/sq010/sh010/Animation"


@pytest.fixture
def version(session: Any, asset: Any) -> Any:
    version = session.create("AssetVersion", {"asset": asset})
    session.commit()
    return version


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    (tmp_path / "review.MOV").write_bytes(b"a movie")
    return tmp_path / "review.MOV"


# Numbers


@pytest.mark.parametrize(("given", "number"), [({}, 4), ({"version": 0}, 4), ({"version": 9}, 9), ({"version": 2}, 2)])
def test_number_is_taken_as_given_or_counted_up(session: Any, asset: Any, given: dict[str, int], number: int) -> None:
    session.create("AssetVersion", {"asset": asset, "version": 3})
    session.commit()
    made = session.create("AssetVersion", {"asset": asset, **given})
    session.commit()
    assert made["version"] == number


def test_uploads_have_a_type_of_their_own_on_every_server(session: Any, studio: Any) -> None:
    upload = session.get("AssetType", "8f4144e0-a8e6-11e2-9e96-0800200c9a66")
    assert (upload["name"], upload["short"]) == ("Upload", "upload")
    assert studio.ids["asset_type:Upload"] == upload["id"]


def test_statuses_of_a_project_are_told_by_kind(session: Any, studio: Any) -> None:
    schema = session.get("Project", studio.ids["show_a"])["project_schema"]
    told = {kind: [status["name"] for status in schema.get_statuses(kind)] for kind in ("AssetVersion", "Task", "Shot")}
    assert told["AssetVersion"] == ["Pending review", "In progress", "Approved"]
    assert "Omitted" in told["Task"]
    assert told["Shot"] == ["Not started", "In progress", "Completed"]


# Time


def test_logged_time_is_found_from_task_and_user_and_summed_up(session: Any, studio: Any) -> None:
    task, user = session.get("Task", studio.ids[TASK]), session.get("User", studio.ids["artist"])
    start = datetime(2026, 11, 26, 9, tzinfo=timezone.utc)
    for duration in (3600, 1800.5):
        session.create("Timelog", {"user": user, "context": task, "start": start, "duration": duration, "name": "n"})
    session.commit()
    logs = session.query(
        f"select comment, start, duration, user.username from Timelog where context_id is {task['id']}"
    )
    assert sorted((log["duration"], log["user"]["username"], log["comment"]) for log in logs) == [
        (1800.5, "artist", ""),
        (3600, "artist", ""),
    ]
    assert logs[0]["start"].datetime == start
    fresh = session.query(f"select time_logged, timelogs from Task where id is {task['id']}").one()
    assert (fresh["time_logged"], len(fresh["timelogs"])) == (5400.5, 2)
    assert (
        len(session.query(f"Timelog where user_id is {user['id']} and context.project_id is {studio.ids['show_a']}"))
        == 2
    )


def test_time_without_a_beginning_is_refused(session: Any, studio: Any) -> None:
    session.create("Timelog", {"context_id": studio.ids[TASK], "duration": 1})
    with pytest.raises(ServerError, match="start"):
        session.commit()


def test_time_logged_in_a_private_project_is_seen_by_who_is_let_in(
    studio: Any, session: Any, open_session: Any
) -> None:
    start = datetime(2026, 11, 26, tzinfo=timezone.utc)
    studio.service.store.create("Timelog", context_id=studio.ids["show_p"], start=start, duration=1.0, comment="")
    studio.service.add_user("producer", "producer-key")
    assert session.query("Timelog").all() == []
    assert len(open_session(api_user="producer", api_key="producer-key").query("Timelog").all()) == 1


# Media


def test_uploaded_movie_becomes_what_browsers_play(studio: Any, session: Any, version: Any, movie: Path) -> None:
    job = version.encode_media(str(movie))
    told = json.loads(job["data"])
    assert (job["status"], told["keep_original"], job["user"]["username"]) == ("done", False, "artist")
    assert [row["format"] for row in told["output"]] == ["video/mp4", "image/jpeg"]
    made = session.query(f"select name, metadata from Component where version_id is {version['id']}").all()
    assert {row["id"] for row in made} == {row["component_id"] for row in told["output"]}
    facts = {row["name"]: json.loads(row["metadata"]["ftr_meta"]) for row in made}
    assert facts["ftrackreview-mp4"]["frameRate"] == 25.0
    assert studio.service.store.get("FileComponent", told["source_component_id"]) is None
    assert studio.service.storage.files.keys() == {row["id"] for row in made}
    assert {link["component_id"] for link in job["job_components"]} == {row["id"] for row in made}
    thumbnail = studio.service.store.get("AssetVersion", version["id"])["thumbnail_id"]
    assert thumbnail == told["output"][1]["component_id"]
    server = session.get("Location", SERVER_LOCATION_ID)
    assert [server.get_component_availability(row) for row in made] == [100.0, 100.0]


def test_component_that_was_uploaded_before_is_kept(studio: Any, session: Any, version: Any, tmp_path: Path) -> None:
    (tmp_path / "still.png").write_bytes(b"a picture")
    server = session.get("Location", SERVER_LOCATION_ID)
    component = version.create_component(str(tmp_path / "still.png"), {"name": "main"}, location=server)
    session.commit()
    job = version.encode_media(component)
    assert [row["format"] for row in json.loads(job["data"])["output"]] == ["image/jpeg"]
    names = {row["name"] for row in session.query(f"Component where version_id is {version['id']}")}
    assert names == {"main", "ftrackreview-image"}
    assert studio.service.storage.files[component["id"]] == b"a picture"


def test_media_that_no_browser_plays_fails_its_job(studio: Any, session: Any, version: Any, tmp_path: Path) -> None:
    (tmp_path / "beauty.exr").write_bytes(b"exr")
    job = version.encode_media(str(tmp_path / "beauty.exr"))
    assert (job["status"], json.loads(job["data"])["output"]) == ("failed", [])


def test_encoder_that_stands_still_leaves_jobs_queued(studio: Any, session: Any, version: Any, movie: Path) -> None:
    studio.service.encoder.is_working = False
    assert version.encode_media(str(movie), keep_original=True)["status"] == "queued"
    assert [row["name"] for row in session.query(f"Component where version_id is {version['id']}")] == ["main"]


def test_media_that_was_never_uploaded_is_refused(session: Any, version: Any) -> None:
    component = session.create("FileComponent", {"name": "main", "file_type": ".mov", "version": version})
    session.commit()
    with pytest.raises(ServerError, match="no media"):
        version.encode_media(component)


def test_thumbnail_is_a_picture_in_the_servers_location(
    studio: Any, session: Any, version: Any, tmp_path: Path
) -> None:
    (tmp_path / "small.jpg").write_bytes(b"a picture")
    made = version.create_thumbnail(str(tmp_path / "small.jpg"))
    assert studio.service.store.get("AssetVersion", version["id"])["thumbnail_id"] == made["id"]
    assert studio.service.storage.files == {made["id"]: b"a picture"}


def test_thumbnail_of_another_type_is_refused(session: Any, version: Any, tmp_path: Path) -> None:
    (tmp_path / "beauty.exr").write_bytes(b"exr")
    with pytest.raises(ServerError, match="thumbnail"):
        version.create_thumbnail(str(tmp_path / "beauty.exr"))


# Metadata


def test_metadata_are_found_by_key_and_by_the_beginning_of_one(session: Any, studio: Any) -> None:
    task = session.get("Task", studio.ids[TASK])
    for key in ("accsyn_vendor", "accsyn_vendor:a@b.test", "other"):
        task["metadata"][key] = key.upper()
    session.commit()
    (row,) = session.query('Metadata where key is "accsyn_vendor"')
    assert (row["parent_id"], row["value"]) == (task["id"], "ACCSYN_VENDOR")
    rows = session.query(
        'select parent_id, key, value, parent_type from Metadata where key like "accsyn_vendor%"'
    ).all()
    assert [row["key"] for row in rows] == ["accsyn_vendor", "accsyn_vendor:a@b.test"]
    assert session.query('Task where metadata any (key like "accsyn_vendor:%")').one()["id"] == task["id"]


# The vendor


def test_vendor_is_a_user_of_a_group_and_assigned_nothing(session: Any, studio: Any) -> None:
    (vendor,) = session.query('select memberships.group.name, assignments from User where email is "vendor@acme.test"')
    assert vendor["username"] == "vendor"
    assert [member["group"]["name"] for member in vendor["memberships"]] == ["Vendors"]
    assert list(vendor["assignments"]) == []
