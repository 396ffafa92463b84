"""Writing by the real client: create, update, delete, relations, whole batches, and what is refused."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import arrow
import pytest
import requests
from ftrack_api.exception import ServerError


def refused(exception: str, content: str = "") -> Any:
    return pytest.raises(ServerError, match=rf"(?s)Server reported error: {exception}\(.*{content}")


def test_created_entity_needs_no_further_request(studio: Any, session: Any) -> None:
    location = session.create("Location", {"name": "studio.new", "label": "New"})
    session.commit()
    studio.service.log.clear()
    assert (location["name"], location["label"]) == ("studio.new", "New")
    assert studio.service.log.all() == []
    assert studio.service.store.get("Location", location["id"])["name"] == "studio.new"


def test_change_reaches_other_sessions(studio: Any, session: Any, open_session: Any) -> None:
    shot = session.get("Shot", studio.ids["show_a/sq010/sh010"])
    shot["description"] = "Übergang"
    session.commit()
    other = open_session()
    assert other.get("Shot", shot["id"])["description"] == "Übergang"


def test_deleted_entity_is_gone(studio: Any, session: Any) -> None:
    location = session.create("Location", {"name": "studio.new"})
    session.commit()
    session.delete(location)
    session.commit()
    assert session.query('Location where name is "studio.new"').first() is None


def test_one_commit_is_one_request(studio: Any, session: Any) -> None:
    studio.service.log.clear()
    for number in range(3):
        session.create("FileComponent", {"name": str(number)})
    session.create("Location", {"name": "studio.new"})
    session.commit()
    assert studio.service.log.operations() == ["create:FileComponent*3,create:Location"]


def test_batch_with_one_bad_operation_changes_nothing(studio: Any, session: Any) -> None:
    before = studio.service.store.find("FileComponent")
    session.create("FileComponent", {"name": "good"})
    session.create("Location", {"name": "ftrack.origin"})
    with refused("DuplicateEntryError", "ftrack.origin"):
        session.commit()
    assert studio.service.store.find("FileComponent") == before
    session.rollback()
    session.create("FileComponent", {"name": "after"})
    session.commit()
    assert [component["name"] for component in studio.service.store.find("FileComponent")] == ["after"]


@pytest.mark.parametrize(
    ("entity_type", "data", "exception"),
    [
        ("Location", {"name": "studio.hq"}, "DuplicateEntryError"),
        ("User", {"username": "artist"}, "DuplicateEntryError"),
        ("Location", {"label": "nameless"}, "IntegrityError"),
        ("FileComponent", {"version_id": "nowhere"}, "IntegrityError"),
        ("Job", {"status": "paused"}, "ValidationError"),
    ],
)
def test_impossible_entity_is_refused(session: Any, entity_type: str, data: dict[str, Any], exception: str) -> None:
    session.create(entity_type, data)
    with refused(exception):
        session.commit()


def test_version_that_is_no_number_is_refused(session: Any, asset: Any) -> None:
    session.create("AssetVersion", {"asset": asset, "version": "my-internal-5"})
    with refused("IntegrityError", "version"):
        session.commit()


def test_write_to_a_deleted_entity_is_refused(studio: Any, session: Any) -> None:
    location = session.get("Location", studio.ids["studio.hq"])
    studio.service.store.delete("Location", location["id"])
    location["label"] = "late"
    with refused("NoResultFound", "No Location found"):
        session.commit()


def test_unknown_attribute_in_a_request_is_refused(session: Any) -> None:
    operation = {"action": "create", "entity_type": "Location", "entity_data": {"name": "x", "colour": "red"}}
    with refused("ValidationError", "'colour' does not exist on entity type 'Location'"):
        session.call([operation])


@pytest.mark.parametrize("operation", [{"action": "create", "entity_type": "Location"}, {"action": "query"}])
def test_incomplete_operation_is_refused(session: Any, operation: dict[str, Any]) -> None:
    with refused("MalformedRequestError"):
        session.call([operation])


def test_entity_takes_defaults_of_the_server(studio: Any, session: Any, asset: Any) -> None:
    version = session.create("AssetVersion", {"asset": asset})
    session.commit()
    assert version["version"] == 1
    assert version["user"]["username"] == "artist"
    assert version["status"]["name"] == "Pending review"
    assert abs((arrow.utcnow() - version["date"]).total_seconds()) < 60
    assert asset["parent"]["created_by"] is None


def test_version_numbers_are_given_per_asset(session: Any, asset: Any) -> None:
    versions = [session.create("AssetVersion", {"asset": asset}) for _ in range(3)]
    session.commit()
    assert [version["version"] for version in versions] == [1, 2, 3]
    assert asset["latest_version"]["id"] == versions[2]["id"]
    assert [version["is_latest_version"] for version in versions] == [False, False, True]


def test_unpublished_version_is_not_the_latest(session: Any, asset: Any) -> None:
    first = session.create("AssetVersion", {"asset": asset})
    second = session.create("AssetVersion", {"asset": asset, "is_published": False})
    session.commit()
    assert asset["latest_version"] == first
    second["is_published"] = True
    session.commit()
    session.reset()
    assert session.get("Asset", asset["id"])["latest_version"]["id"] == second["id"]


def test_link_leads_from_the_project_to_the_version(studio: Any, session: Any, asset: Any) -> None:
    version = session.create("AssetVersion", {"asset": asset})
    session.commit()
    assert version["link"] == [
        {"id": studio.ids["show_a"], "name": "show_a", "type": "Project"},
        {"id": studio.ids["show_a/sq010"], "name": "sq010", "type": "TypedContext"},
        {"id": studio.ids["show_a/sq010/sh010"], "name": "sh010", "type": "TypedContext"},
        {"id": version["id"], "name": "hero v1", "type": "AssetVersion"},
    ]


def test_project_tree_can_be_built(studio: Any, session: Any) -> None:
    schema = session.query("ProjectSchema").one()
    project = session.create("Project", {"name": "show_c", "full_name": "Show C", "project_schema": schema})
    shot = session.create("Shot", {"name": "sh010", "parent": project, "status": schema.get_statuses("Shot")[0]})
    task_type = schema.get_types("Task")[1]
    task = session.create("Task", {"name": "animation", "parent": shot, "type": task_type})
    session.commit()
    assert task["project"] == project
    assert [ancestor["name"] for ancestor in task["ancestors"]] == ["sh010"]
    assert {context["name"] for context in project["descendants"]} == {"sh010", "animation"}
    assert schema.get_statuses("AssetVersion")[0]["name"] == "Pending review"
    assert task["created_by"]["username"] == "artist"


def test_ensure_creates_finds_and_updates(studio: Any, session: Any) -> None:
    created = session.ensure("Location", {"name": "studio.new", "label": "Old"}, identifying_keys=["name"])
    studio.service.log.clear()
    assert session.ensure("Location", {"name": "studio.new"}) == created
    assert studio.service.log.operations() == ["query:Location"]
    session.ensure("Location", {"name": "studio.new", "label": "New"}, identifying_keys=["name"])
    assert studio.service.store.find("Location", name="studio.new")[0]["label"] == "New"


def test_ensure_finds_by_date(session: Any) -> None:
    moment = datetime(2026, 10, 10, 10, 12, 9, 123, tzinfo=timezone.utc)
    data = {"status": "queued", "created_at": moment}
    assert session.ensure("Job", data, ["created_at"])["id"] == session.ensure("Job", data, ["created_at"])["id"]


def test_metadata_is_a_mapping(studio: Any, session: Any) -> None:
    shot = session.get("Shot", studio.ids["show_a/sq010/sh010"])
    shot["metadata"] = {"one": "1", "two": "2"}
    session.commit()
    shot["metadata"]["one"] = "changed"
    del shot["metadata"]["two"]
    session.commit()
    session.reset()
    assert dict(session.get("Shot", shot["id"])["metadata"]) == {"one": "changed"}
    assert session.query('Shot where metadata any (key is "one" and value is "changed")').one()["id"] == shot["id"]


def test_job_is_followed_to_its_end(studio: Any, session: Any) -> None:
    user = session.get("User", studio.ids["artist"])
    job = session.create("Job", {"user": user, "status": "running", "data": json.dumps({"description": "Sync"})})
    session.commit()
    component = session.create("FileComponent", {"name": "log"})
    session.create("JobComponent", {"job_id": job["id"], "component_id": component["id"]})
    job["status"] = "done"
    session.commit()
    session.reset()
    found = session.query(
        f"select data, status, finished_at, job_components.component.name from Job where id is {job['id']}"
    )
    assert found.one()["finished_at"] is not None
    assert found.one()["job_components"][0]["component"]["name"] == "log"


def test_note_with_recipients_and_replies(studio: Any, session: Any, asset: Any) -> None:
    version = session.create("AssetVersion", {"asset": asset})
    session.commit()
    artist = session.get("User", studio.ids["artist"])
    label = session.create("NoteLabel", {"name": "Internal"})
    note = version.create_note("Looks good", artist, recipients=[artist], labels=[label])
    note.create_reply("Thanks", artist)
    session.commit()
    session.reset()
    found = session.query('Note where author.username is "artist" and content is "Looks good"').one()
    assert found["parent_type"] == "AssetVersion"
    assert [reply["content"] for reply in found["replies"]] == ["Thanks"]
    assert [recipient["recipient"]["username"] for recipient in found["recipients"]] == ["artist"]
    assert found["note_label_links"][0]["label"]["name"] == "Internal"


def test_list_holds_versions(studio: Any, session: Any, asset: Any) -> None:
    version = session.create("AssetVersion", {"asset": asset})
    session.commit()
    data = {
        "name": "dailies",
        "project_id": studio.ids["show_a"],
        "category": session.create("ListCategory", {"name": "D"}),
    }
    dailies = session.create("AssetVersionList", data)
    dailies["items"].append(version)
    session.commit()
    session.reset()
    assert session.query('List where name is "dailies"').one().entity_type == "AssetVersionList"
    assert [each["name"] for each in session.get("AssetVersion", version["id"])["lists"]] == ["dailies"]


def test_assignment_is_seen_from_both_sides(studio: Any, session: Any) -> None:
    task = session.get("Task", studio.ids["show_b/sq010/sh010/Lighting"])
    admin = session.query("User where username is admin").one()
    session.create("Appointment", {"context": task, "resource": admin, "type": "assignment"})
    session.create("Appointment", {"context": task, "resource": admin, "type": "allocation"})
    session.commit()
    session.reset()
    assert len(session.get("Task", task["id"])["assignments"]) == 1
    assert len(session.get("User", admin["id"])["appointments"]) == 2
    assert [
        entry["group"]["name"] for entry in session.query("User where username is artist").one()["memberships"]
    ] == ["artists"]


def test_version_uses_another(session: Any, asset: Any) -> None:
    first, second = (session.create("AssetVersion", {"asset": asset}) for _ in range(2))
    session.commit()
    second["uses_versions"].append(first)
    session.commit()
    session.reset()
    assert [each["version"] for each in session.get("AssetVersion", first["id"])["used_in_versions"]] == [2]


def test_thousands_of_entities_in_one_request_are_created_in_its_order(studio: Any) -> None:
    data = {"__entity_type__": "FileComponent", "size": 1}
    operations = [
        {"action": "create", "entity_type": "FileComponent", "entity_data": {**data, "id": f"c{number}"}}
        for number in range(4_000)
    ]
    headers = {"ftrack-user": "artist", "ftrack-api-key": "artist-key"}
    answer = requests.post(studio.service.url + "/api", json=operations, headers=headers, timeout=60).json()
    assert [entry["data"]["id"] for entry in answer] == [f"c{number}" for number in range(4_000)]
    assert studio.service.log.operations()[-1] == "create:FileComponent*4000"


@pytest.mark.parametrize(
    "data",
    [
        *({"parent": {"id": {}}}, {"parent": {"id": ["x"]}}, {"notes": "x"}, {"notes": 5}, {"notes": [1]}),
        *({"notes": [{}]}, {"sort": "Infinity"}, {"sort": "NaN"}, {"name": ["x"]}, {"status_id": {}}),
        *({"start_date": "2026-02-31"}, {"start_date": "2026-01-01T25:00:00"}, {"start_date": 5}),
    ],
)
def test_value_of_the_wrong_form_is_refused_and_leaves_no_trace(
    studio: Any, session: Any, data: dict[str, Any]
) -> None:
    key = studio.ids["show_a/sq010"]
    for operation in ({"action": "update", "entity_key": [key]}, {"action": "create"}):
        told = {"name": "new", "parent_id": studio.ids["show_a"], **data}
        with pytest.raises(ServerError):
            session.call([{**operation, "entity_type": "Sequence", "entity_data": told}])
    session.call([{"action": "update", "entity_type": "Sequence", "entity_key": [key], "entity_data": {"sort": 1}}])
    assert session.query("Sequence where name is new").all() == []


@pytest.mark.parametrize("key", [[["x"]], 5, None, []])
def test_key_of_the_wrong_form_names_nothing(session: Any, key: Any) -> None:
    for action in ("update", "delete"):
        with pytest.raises(ServerError, match="NoResultFound"):
            session.call([{"action": action, "entity_type": "Shot", "entity_key": key, "entity_data": {"name": "x"}}])
