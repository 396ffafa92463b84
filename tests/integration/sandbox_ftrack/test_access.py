"""What a personal and a global key see and may write, by real sessions."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import ftrack_api
import pytest

from ftrack_accsyn_sandbox.ftrack import FtrackService, demo

OPEN, ALL = {"show_a", "show_b"}, {"show_a", "show_b", "show_p"}
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def service() -> Iterator[FtrackService]:
    with FtrackService() as service:
        for user in ("artist", "producer", "restricted", "roleless", "narrow"):
            service.add_user(user, f"{user}-key")
        yield service


@pytest.fixture(scope="module")
def ids(service: FtrackService) -> dict[str, str]:
    ids = demo.build(service.store)
    store = service.store
    for user in ("restricted", "roleless", "narrow"):
        ids[user] = store.find("User", username=user)[0]["id"]
    role_id = ids["role:Restricted User"]
    store.create("UserSecurityRole", user_id=ids["restricted"], security_role_id=role_id)
    role = store.create(
        "UserSecurityRole", user_id=ids["narrow"], security_role_id=ids["role:User"], is_all_open_projects=False
    )
    store.create("UserSecurityRoleProject", user_security_role_id=role["id"], project_id=ids["show_b"])
    group = store.create("Group", name="night shift")
    store.create("Membership", group_id=group["id"], user_id=ids["restricted"])
    ids["night shift"] = group["id"]
    service.add_global_key("global-key")
    service.add_global_key("granted-key", ids["show_p"])
    return ids


@pytest.fixture
def open_session(service: FtrackService, ids: dict[str, str]) -> Iterator[Open]:
    sessions = []

    def open_one(user: str, key: str = "") -> Any:
        key = key or f"{user}-key"
        session = ftrack_api.Session(service.url, key, user, schema_cache_path=False, plugin_paths=[])
        sessions.append(session)
        return session

    yield open_one
    for session in sessions:
        session.close()


def projects(session: Any) -> set[str]:
    return {project["name"] for project in session.query("select name from Project")}


@pytest.mark.parametrize(
    ("user", "key", "expected"),
    [
        ("artist", "", OPEN),
        ("producer", "", ALL),
        ("roleless", "", OPEN),
        ("narrow", "", {"show_b"}),
        ("restricted", "", set()),
        ("artist", "global-key", OPEN),
        ("producer", "global-key", OPEN),
        ("restricted", "global-key", OPEN),
        ("artist", "granted-key", ALL),
    ],
)
def test_projects_that_are_seen(open_session: Open, user: str, key: str, expected: set[str]) -> None:
    assert projects(open_session(user, key)) == expected


@pytest.mark.parametrize("resource", ["restricted", "night shift"])
def test_a_restricted_user_sees_where_they_or_their_group_are_assigned(
    service: FtrackService, ids: dict[str, str], open_session: Open, resource: str
) -> None:
    context_id = ids["show_b/sq010/sh010/Lighting"]
    made = service.store.create("Appointment", type="assignment", context_id=context_id, resource_id=ids[resource])
    assert projects(open_session("restricted")) == {"show_b"}
    service.store.delete("Appointment", made["id"])


def test_nothing_of_a_private_project_is_seen(service: FtrackService, ids: dict[str, str], open_session: Open) -> None:
    store = service.store
    version_id = demo.add_version(store, ids, "show_p/sq010/sh010")
    component = store.create("FileComponent", name="secret", version_id=version_id)
    store.create("ComponentLocation", component_id=component["id"], location_id=ids["studio.hq"])
    store.create("Note", content="hush", user_id=ids["admin"], parent_id=ids["show_p/sq010"])
    store.create("Appointment", context_id=ids["show_p/sq010/sh010/Lighting"], resource_id=ids["producer"])
    asked = {
        "AssetVersion": f"id is {version_id}",
        "Component": f"version_id is {version_id}",
        "ComponentLocation": f"component_id is {component['id']}",
        "Note": 'content is "hush"',
        "Appointment": f"resource_id is {ids['producer']}",
        "TypedContext": f"project_id is {ids['show_p']}",
        "Event": f"project_id is {ids['show_p']}",
    }
    artist, producer = open_session("artist"), open_session("producer")
    for entity_type, condition in asked.items():
        expression = f"select id from {entity_type} where {condition}"
        assert artist.query(expression).all() == [], entity_type
        assert producer.query(expression).all() != [], entity_type
    expression = f"select location_components.component_id from Location where id is {ids['studio.hq']}"
    assert [place["component_id"] for place in artist.query(expression).one()["location_components"]] == []


def test_pages_of_one_user_are_not_those_of_another(ids: dict[str, str], open_session: Open) -> None:
    counts = {
        user: len(open_session(user).query("select id from Shot order by id", page_size=5).all())
        for user in ("artist", "producer", "artist")
    }
    assert counts == {"artist": 13, "producer": 19}


@pytest.mark.parametrize("action", ["update", "delete"])
def test_what_is_not_seen_cannot_be_written(
    service: FtrackService, ids: dict[str, str], open_session: Open, action: str
) -> None:
    key = [ids["show_p/sq010"]]
    operation = {"action": action, "entity_type": "Sequence", "entity_key": key, "entity_data": {"name": "taken"}}
    with pytest.raises(ftrack_api.exception.ServerError, match="No Sequence found"):
        open_session("artist").call([operation])
    assert service.store.get("Sequence", key[0])["name"] == "sq010"  # type: ignore[index]


def test_a_global_key_writes_under_the_name_it_is_used_with(
    service: FtrackService, ids: dict[str, str], open_session: Open
) -> None:
    session = open_session("artist", "global-key")
    session.create("Folder", {"name": "by artist", "parent_id": ids["show_a"]})
    session.commit()
    (folder,) = service.store.find("Folder", name="by artist")
    assert folder["created_by_id"] == ids["artist"]


@pytest.mark.parametrize("key", ["artist-key", "global-key"])
def test_a_user_who_is_not_active_is_not_let_in(
    service: FtrackService, ids: dict[str, str], open_session: Open, key: str
) -> None:
    service.store.update("User", ids["artist"], is_active=False)
    try:
        with pytest.raises(ftrack_api.exception.ServerError, match="API key is not valid"):
            open_session("artist", key)
    finally:
        service.store.update("User", ids["artist"], is_active=True)


def test_another_users_key_is_no_global_one(open_session: Open) -> None:
    with pytest.raises(ftrack_api.exception.ServerError, match="API key is not valid"):
        open_session("artist", "producer-key")


def test_the_access_that_is_checked_for_a_requester_is_there_in_two_queries(
    ids: dict[str, str], open_session: Open
) -> None:
    session = open_session("artist")
    roles = session.query(
        "select is_all_open_projects, security_role.name, security_role.type, user_security_role_projects.project_id "
        f'from UserSecurityRole where user_id is "{ids["producer"]}"'
    ).all()
    (role,) = roles
    assert (role["security_role"]["name"], role["security_role"]["type"]) == ("Project Manager", "PROJECT")
    assert role["is_all_open_projects"] is True
    found = session.query(f"select id, is_private, status from Project where id in ({ids['show_a']})").one()
    assert (found["is_private"], found["status"]) == (False, "active")
