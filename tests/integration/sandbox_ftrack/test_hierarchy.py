"""From what a person picks to the components below it, by the real client."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def picked(studio: Any) -> dict[str, str]:
    """One version on each of two shots, the first twice; a list of each kind, a review session and links; by name."""
    store, ids = studio.service.store, studio.ids
    category_id = store.create("ListCategory", name="Work")["id"]
    made = {}
    for shot in ("sh010", "sh020"):
        context_id = ids[f"show_a/sq010/{shot}"]
        asset = store.create("Asset", name=shot, context_id=context_id, type_id=ids["asset_type:Render"])
        for number in (1, 2) if shot == "sh010" else (1,):
            task_id = ids[f"show_a/sq010/{shot}/Lighting"]
            version = store.create("AssetVersion", asset=asset, task_id=task_id)
            made[f"{shot} v{number}"] = version["id"]
            store.create("FileComponent", name=f"{shot} v{number}", version=version)
    for kind in ("AssetVersionList", "TypedContextList"):
        made[kind] = store.create(kind, name=kind, project_id=ids["show_a"], category_id=category_id)["id"]
    made["review"] = store.create("ReviewSession", name="Dailies", project_id=ids["show_a"])["id"]
    store.create("ReviewSessionObject", review_session_id=made["review"], version_id=made["sh020 v1"])
    return made


def names(session: Any, condition: str) -> list[str]:
    return [component["name"] for component in session.query(f"select name from Component where {condition}")]


def test_components_below_any_context_are_found_by_ancestors(studio: Any, session: Any, picked: Any) -> None:
    sequence, shot = studio.ids["show_a/sq010"], studio.ids["show_a/sq010/sh010"]
    below = "version.asset.parent.ancestors.id in ({0}) or version.asset.context_id in ({0})"
    assert names(session, below.format(sequence)) == ["sh010 v1", "sh010 v2", "sh020 v1"]
    assert names(session, below.format(shot)) == ["sh010 v1", "sh010 v2"]
    assert names(session, below.format(studio.ids["show_a/sq020"])) == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("version.asset.parent.project_id is {show_a}", ["sh010 v1", "sh010 v2", "sh020 v1"]),
        ("version.asset.parent.project.id is {show_b}", []),
        ("version.task_id in ({show_a/sq010/sh020/Lighting})", ["sh020 v1"]),
        ("version.is_latest_version is True", ["sh010 v2", "sh020 v1"]),
        ("version.is_latest_version is False", ["sh010 v1"]),
        ("version.review_session_objects.review_session_id in ({review})", ["sh020 v1"]),
        ('version.review_session_objects.review_session.name is "Dailies"', ["sh020 v1"]),
    ],
)
def test_condition_finds(studio: Any, session: Any, picked: Any, condition: str, expected: list[str]) -> None:
    for name, entity_id in {**studio.ids, **picked}.items():
        condition = condition.replace(f"{{{name}}}", entity_id)
    assert names(session, f"{condition} order by name") == expected


def test_versions_put_on_a_list_are_found_by_it(session: Any, picked: Any) -> None:
    chosen = session.get("List", picked["AssetVersionList"])
    assert (chosen.entity_type, chosen["system_type"]) == ("AssetVersionList", "assetversion")
    chosen["items"].append(session.get("AssetVersion", picked["sh010 v2"]))
    session.commit()
    for condition in ("version.lists.id in ({0})", "version.lists any (id in ({0}))"):
        assert names(session, condition.format(chosen["id"])) == ["sh010 v2"]
    entries = session.query(f"select entity_id, list_id from ListObject where list_id in ({chosen['id']})").all()
    assert [(entry["entity_id"], entry["list_id"]) for entry in entries] == [(picked["sh010 v2"], chosen["id"])]


def test_a_list_of_contexts_holds_shots_and_tasks_alike(studio: Any, session: Any, picked: Any) -> None:
    shot, task = studio.ids["show_a/sq010/sh010"], studio.ids["show_a/sq010/sh020/Lighting"]
    chosen = session.get("List", picked["TypedContextList"])
    chosen["items"].append(session.get("TypedContext", shot))
    session.create("ListObject", {"list_id": chosen["id"], "entity_id": task})
    session.commit()
    session.reset()
    items = session.get("List", picked["TypedContextList"])["items"]
    assert {item["id"]: item.entity_type for item in items} == {shot: "Shot", task: "Task"}
    found = session.query(f"select id, object_type_id from TypedContext where lists any (id in ({chosen['id']}))")
    assert {row["id"] for row in found} == {shot, task}


def test_what_is_deleted_leaves_its_lists_and_reviews(studio: Any, picked: Any) -> None:
    store = studio.service.store
    store.create("ListObject", list_id=picked["AssetVersionList"], entity_id=picked["sh020 v1"])
    store.delete("AssetVersion", picked["sh020 v1"])
    assert store.find("ListObject") == store.find("ReviewSessionObject") == []


def test_links_tell_what_uses_what(studio: Any, session: Any, picked: Any) -> None:
    hero, shot = (session.get("TypedContext", studio.ids[f"show_a/{name}"]) for name in ("assets/hero", "sq010/sh030"))
    user, used = (session.get("AssetVersion", picked[name]) for name in ("sh010 v2", "sh020 v1"))
    session.create("TypedContextLink", {"from": hero, "to": shot})
    user["uses_versions"].append(used)
    session.commit()
    found = session.query(f"select from_id, to_id from TypedContextLink where to_id in ({shot['id']})").all()
    assert [(link["from_id"], link["to_id"]) for link in found] == [(hero["id"], shot["id"])]
    found = session.query(f"select from_id, to_id from AssetVersionLink where to_id in ({user['id']})").all()
    assert [(link["from_id"], link["to_id"]) for link in found] == [(used["id"], user["id"])]
    session.reset()
    link = session.get("Shot", shot["id"])["incoming_links"][0]
    assert (link["from"]["name"], link["to"]["name"]) == ("hero", "sh030")
    assert [version["id"] for version in session.get("AssetVersion", used["id"])["used_in_versions"]] == [user["id"]]


def test_a_review_session_says_who_made_it_and_when(studio: Any, session: Any) -> None:
    project = session.get("Project", studio.ids["show_a"])
    session.create("ReviewSession", {"name": "Friday", "project": project})
    session.commit()
    session.reset()
    review = session.query("select created_by.username, created_at from ReviewSession").one()
    assert review["created_by"]["username"] == "artist"
    assert review["created_at"] is not None
    assert [each["name"] for each in session.get("Project", project["id"])["review_sessions"]] == ["Friday"]


def test_a_message_to_a_users_inbox_is_a_note_without_parent(studio: Any, session: Any) -> None:
    artist, admin = (session.get("User", studio.ids[name]) for name in ("artist", "admin"))
    note = session.create("Note", {"content": "All is there.", "author": artist})
    session.create("Recipient", {"note_id": note["id"], "resource_id": admin["id"]})
    session.commit()
    session.reset()
    inbox = f"select note.content, user.username from Recipient where resource_id is {studio.ids['admin']}"
    (message,) = session.query(inbox).all()
    assert (message["note"]["content"], message["user"]["username"]) == ("All is there.", "admin")


def test_assignees_are_found_by_their_assignments_groups_included(studio: Any, session: Any) -> None:
    store, task_id = studio.service.store, studio.ids["show_a/sq010/sh010/Animation"]
    store.create("Appointment", type="assignment", context_id=task_id, resource_id=studio.ids["artists"])
    users = session.query(f"select username from User where assignments any (context_id is {task_id})").all()
    assert [user["username"] for user in users] == ["artist"]
    (group,) = session.query(
        f"select memberships.user.username from Group where assignments any (context_id is {task_id})"
    ).all()
    assert [membership["user"]["username"] for membership in group["memberships"]] == ["artist"]
    expression = f"Appointment where type is assignment and context.project_id is {studio.ids['show_a']}"
    assert len(session.query(f"select context_id, resource_id from {expression}").all()) == 2
