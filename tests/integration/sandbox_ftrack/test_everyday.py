"""What clients do beside publishing, by the real client: timers, notes, scopes, keys, widgets, incomplete entities."""

from __future__ import annotations

from typing import Any

import ftrack_api
import pytest
import requests
from ftrack_api.exception import NotUniqueError, ServerError

from ftrack_accsyn_sandbox.ftrack import FtrackService
from ftrack_accsyn_sandbox.ftrack.widgets import LIFETIME_S, Widgets

TASK = "show_a/sq010/sh010/Animation"


@pytest.fixture
def session(shared_session: ftrack_api.Session) -> ftrack_api.Session:
    return shared_session


def test_a_timer_becomes_a_timelog_when_it_is_stopped(ids: dict[str, str], session: Any) -> None:
    user, task = session.get("User", ids["artist"]), session.get("Task", ids[TASK])
    timer = user.start_timer(task, comment="roto")
    with pytest.raises(NotUniqueError):
        user.start_timer(task)
    session.rollback()
    log = user.stop_timer()
    assert (log["user_id"], log["context_id"], log["comment"]) == (ids["artist"], ids[TASK], "roto")
    assert log["start"] == timer["start"]
    assert session.query("Timer").all() == []


def test_the_author_of_a_note_is_among_its_recipients_once(ids: dict[str, str], session: Any) -> None:
    author, other = session.get("User", ids["artist"]), session.get("User", ids["admin"])
    task = session.get("Task", ids[TASK])
    notes = [task.create_note("look", author, recipients=people) for people in ([], [other], [author, other])]
    session.commit()
    told = [set(user_ids(session, note)) for note in notes]
    assert told == [{author["id"]}, {author["id"], other["id"]}, {author["id"], other["id"]}]


def user_ids(session: Any, note: Any) -> list[str]:
    return [row["resource_id"] for row in session.query(f'Recipient where note_id is "{note["id"]}"').all()]


def test_the_label_of_a_note_is_its_category_too(ids: dict[str, str], session: Any) -> None:
    category = session.create("NoteCategory", {"name": "Internal"})
    session.commit()
    note = session.get("Task", ids[TASK]).create_note("look", session.get("User", ids["artist"]), category=category)
    session.commit()
    found = session.query(f'select category.name, note_label_links.label.name from Note where id is "{note["id"]}"')
    assert found.one()["category"]["name"] == "Internal"
    assert session.query("NoteLabel").one()["id"] == session.query("NoteCategory").one()["id"] == category["id"]


def test_contexts_are_found_by_their_scopes(ids: dict[str, str], session: Any) -> None:
    task, scope = session.get("Task", ids[TASK]), session.create("Scope", {"name": "tender"})
    session.commit()
    task["scopes"].append(scope)
    session.commit()
    assert session.query("Task where scopes.name is tender").one() == task
    session.delete(scope)
    session.commit()
    assert session.query("Task where scopes any ()").all() == []


@pytest.mark.parametrize("name", ["ContextScope", "CustomAttributeReader"])
def test_what_ties_scopes_and_roles_to_entities_is_not_told(session: Any, name: str) -> None:
    assert name not in session.types
    for operation in ({"action": "query", "expression": f"select id from {name}"}, {"action": "create"}):
        with pytest.raises(ServerError, match=f"Unknown entity type '{name}'"):
            session.call([{"entity_type": name, "entity_data": {}, **operation}])


def test_required_values_may_follow_in_the_same_commit(session: Any) -> None:
    scope, other = session.create("Scope", {}), session.create("Scope", {"name": "b"})
    scope["name"] = "a"
    session.commit()
    assert session.query("Scope where name in (a, b)").all() == [scope, other]
    session.create("Scope", {})
    with pytest.raises(ServerError, match="Column 'name' cannot be null"):
        session.commit()


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("User where assignments any ()", {"artist"}),
        ("User where username in (artist, admin) and not assignments any ()", {"admin"}),
        ("User where memberships any () and username is artist", {"artist"}),
    ],
)
def test_any_with_nothing_inside_asks_whether_there_is_something(
    session: Any, expression: str, found: set[str]
) -> None:
    assert {user["username"] for user in session.query(f"select username from {expression}")} == found


def test_has_with_nothing_inside_asks_whether_there_is_something(ids: dict[str, str], session: Any) -> None:
    of_project = f'where project_id is "{ids["show_a"]}"'
    assert len(session.query(f"Task {of_project} and parent has ()").all()) == 21
    assert session.query(f"Task {of_project} and thumbnail has ()").all() == []


def test_a_component_of_no_kind_is_a_file(session: Any) -> None:
    component = session.create("Component", {"name": "any"})
    session.commit()
    component["name"] = "other"
    session.commit()
    assert (component["id"], component["name"]) != ("", "any")
    found = session.query(f'Component where id is "{component["id"]}"').one()
    assert (found.entity_type, found["system_type"], found["name"]) == ("FileComponent", "file", "other")


def test_users_whom_nobody_has_named_can_be_told_apart(session: Any) -> None:
    users = [session.create("User", {"first_name": "Ada"}) for _ in range(2)]
    session.commit()
    assert len({user["username"] for user in users}) == 2


def test_a_version_of_no_asset_has_a_status(session: Any) -> None:
    version = session.create("AssetVersion", {})
    session.commit()
    assert version["status"]["name"]


def test_a_new_key_replaces_the_old_one(service: FtrackService, ids: dict[str, str], session: Any) -> None:
    service.add_user("remote", "old-key")
    user = session.get("User", ids["remote"])
    keys = {user.reset_api_key() for _ in range(2)}
    _, known = service.credentials("remote")
    assert len(keys) == 2
    assert known in keys
    with pytest.raises(ServerError, match="not valid"):
        ftrack_api.Session(service.url, "old-key", "remote", schema_cache_path=False, plugin_paths=[])


@pytest.mark.parametrize(("what", "entity"), [("email", True), ("api_key", False)])
def test_nothing_else_can_be_reset(ids: dict[str, str], session: Any, what: str, entity: bool) -> None:
    with pytest.raises(ServerError):
        session.reset_remote(what, session.get("User", ids["remote"]) if entity else None)


def test_a_widget_is_a_page_at_an_address_that_lets_in_whoever_has_it(ids: dict[str, str], session: Any) -> None:
    tasks = requests.get(session.get_widget_url("tasks"), timeout=10)
    info = requests.get(session.get_widget_url("info", session.get("Task", ids[TASK]), "light"), timeout=10)
    assert (tasks.status_code, info.status_code) == (200, 200)
    assert "Animation" in info.text
    assert requests.get(session.get_widget_url("tasks") + "x", timeout=10).status_code == 403


@pytest.mark.parametrize("name", ["info", "clock"])
def test_a_widget_that_there_is_not_or_that_lacks_its_entity_is_refused(session: Any, name: str) -> None:
    with pytest.raises(ServerError, match=f"widget '{name}'"):
        session.get_widget_url(name)


def test_the_address_of_a_widget_holds_for_six_minutes(service: FtrackService) -> None:
    moment = [0.0]
    service.widgets = Widgets(service.store, lambda: moment[0])
    with ftrack_api.Session(
        service.url, "artist-key", "artist", schema_cache_path=False, plugin_paths=[], auto_connect_event_hub=False
    ) as session:
        url = session.get_widget_url("tasks")
    moment[0] = LIFETIME_S
    assert requests.get(url, timeout=10).status_code == 200
    moment[0] += 1
    assert requests.get(url, timeout=10).status_code == 403


@pytest.mark.parametrize("key", [5, [5], [["x"]], None, "no id"])
def test_a_widget_of_what_is_not_there_is_refused(session: Any, key: Any) -> None:
    data = {"action": "get_widget_url", "name": "info", "entity_type": "Task", "entity_key": key}
    with pytest.raises(ServerError):
        session.call([data])
