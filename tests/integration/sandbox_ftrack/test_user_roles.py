"""Roles of users, and the projects that these open, by the actions that ftrack has for them."""

from __future__ import annotations

from typing import Any, Iterator

import ftrack_api
import pytest
from ftrack_api.exception import ServerError

from ftrack_accsyn_sandbox.ftrack import FtrackService


@pytest.fixture(scope="module")
def service() -> Iterator[FtrackService]:
    with FtrackService() as service:
        for username in ("artist", "admin"):
            service.add_user(username, f"{username}-key")
        yield service


@pytest.fixture
def session(service: FtrackService, ids: dict[str, str]) -> Iterator[ftrack_api.Session]:
    with open_session(service, "admin") as session:
        yield session


def open_session(service: FtrackService, username: str) -> ftrack_api.Session:
    return ftrack_api.Session(
        service.url,
        f"{username}-key",
        username,
        schema_cache_path=False,
        plugin_paths=[],
        auto_connect_event_hub=False,
    )


def act(session: Any, ids: dict[str, str], action: str, role: str, **more: Any) -> Any:
    operation = {"action": action, "user_id": ids["artist"], "role_id": ids[f"role:{role}"], **more}
    return session.call([operation])[0]


def roles(session: Any, ids: dict[str, str]) -> set[str]:
    found = session.query(f'select security_role.name from UserSecurityRole where user_id is "{ids["artist"]}"').all()
    return {row["security_role"]["name"] for row in found}


def test_roles_are_given_exchanged_and_taken_away(ids: dict[str, str], session: Any) -> None:
    for _ in range(2):  # the second time there is nothing to do
        act(session, ids, "add_user_security_role", "Project Manager")
        assert roles(session, ids) == {"User", "Project Manager"}
    new_role = {"new_role_id": ids["role:Administrator"]}
    act(session, ids, "update_user_security_role", "Project Manager", **new_role)
    assert roles(session, ids) == {"User", "Administrator"}
    act(session, ids, "remove_user_security_role", "Administrator")
    assert roles(session, ids) == {"User"}


def test_a_project_is_opened_and_closed_again(service: FtrackService, ids: dict[str, str], session: Any) -> None:
    def sees() -> bool:
        with open_session(service, "artist") as other:
            return bool(other.query('Project where name is "show_p"').all())

    project = {"project_id": ids["show_p"]}
    assert not sees()
    act(session, ids, "grant_user_security_role_project", "User", **project)
    assert sees()
    act(session, ids, "revoke_user_security_role_project", "User", **project)
    assert not sees()


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("add_user_security_role", "none such"),
        ("remove_user_security_role", "API"),
        ("update_user_security_role", "User"),
        ("grant_user_security_role_project", "API"),
        ("revoke_user_security_role_project", "User"),
    ],
)
def test_what_is_not_there_is_refused(ids: dict[str, str], session: Any, action: str, role: str) -> None:
    with pytest.raises(ServerError, match="NoResultFound"):
        act(session, {**ids, "role:none such": "no id"}, action, role, project_id=ids["show_b"])


def test_roles_are_not_written_as_other_entities_are(ids: dict[str, str], session: Any) -> None:
    data = {"user_id": ids["artist"], "security_role_id": ids["role:Administrator"]}
    session.create("UserSecurityRole", data)
    with pytest.raises(ServerError, match="add_user_security_role"):
        session.commit()
