"""Reviews and who is invited to them, the history of statuses, and who manages a project."""

from __future__ import annotations

from typing import Any

import ftrack_api
import pytest
from ftrack_api.exception import ServerError

from ftrack_accsyn_sandbox.ftrack import FtrackService, demo

SHOT = "show_a/sq010/sh010"


@pytest.fixture
def session(shared_session: ftrack_api.Session) -> ftrack_api.Session:
    return shared_session


@pytest.fixture
def review(ids: dict[str, str], session: Any) -> Any:
    data = {"name": "Weekly", "description": "What is new", "project_id": ids["show_a"]}
    review = session.create("ReviewSession", data)
    session.commit()
    return review


def test_who_was_invited_to_a_review_is_mailed_and_found(ids: dict[str, str], session: Any, review: Any) -> None:
    data = {"name": "Jo", "email": "jo@client.test", "review_session": review}
    invitee = session.create("ReviewSessionInvitee", data)
    session.commit()
    assert invitee["last_sent_at"] is None

    session.send_review_session_invite(invitee)

    session.populate([invitee], "last_sent_at, created_by.username")
    del invitee["last_sent_at"]
    assert invitee["last_sent_at"] is not None
    assert invitee["created_by"]["username"] == "artist"
    assert [each["email"] for each in review["review_session_invitees"]] == ["jo@client.test"]


def test_what_an_invitee_thinks_of_an_object_is_kept_with_it(
    service: FtrackService, ids: dict[str, str], session: Any, review: Any
) -> None:
    version_id = demo.add_version(service.store, ids, SHOT)
    shown = session.create("ReviewSessionObject", {"name": "c", "review_session": review, "version_id": version_id})
    invitee = session.create("ReviewSessionInvitee", {"name": "Jo", "email": "j@c.test", "review_session": review})
    session.create(
        "ReviewSessionObjectStatus", {"review_session_object": shown, "invitee": invitee, "status": "approved"}
    )
    session.commit()
    found = session.query(
        f'select statuses.status, statuses.invitee.name from ReviewSessionObject where id is "{shown["id"]}"'
    ).one()
    assert [(each["status"], each["invitee"]["name"]) for each in found["statuses"]] == [("approved", "Jo")]


@pytest.mark.parametrize(
    "operation",
    [
        {"action": "send_review_session_invite", "review_session_invitee_id": "nobody"},
        {"action": "send_user_invite", "user_id": "nobody"},
    ],
)
def test_nobody_is_invited_who_is_not_there(session: Any, operation: dict[str, Any]) -> None:
    with pytest.raises(ServerError, match="NoResultFound"):
        session.call([operation])


def test_a_user_is_invited(ids: dict[str, str], session: Any) -> None:
    session.get("User", ids["vendor"]).send_invite()


def test_each_change_of_a_status_is_kept(service: FtrackService, ids: dict[str, str], session: Any) -> None:
    version = session.get("AssetVersion", demo.add_version(service.store, ids, SHOT))
    for entity in (session.get("Task", ids[f"{SHOT}/Lighting"]), version):
        before = entity["status"]["name"]
        for name in ("In progress", "Approved", "Approved"):
            entity["status_id"] = ids[f"status:{name}"]
            session.commit()
        changes = session.query(
            "select from_status.name, status.name, user.username, date from StatusChange "
            f'where parent_id is "{entity["id"]}" order by date'
        ).all()
        told = {(change["from_status"]["name"], change["status"]["name"]) for change in changes}
        assert told == {(before, "In progress"), ("In progress", "Approved")}
        assert {change["user"]["username"] for change in changes} == {"artist"}
        assert len(entity["status_changes"]) == 2
    assert [change["parent"]["id"] for change in session.query("AssetVersionStatusChange").all()] == [version["id"]] * 2


def test_who_manages_a_project_is_found_from_it(ids: dict[str, str], session: Any) -> None:
    kind = session.create("ManagerType", {"name": "Supervisor"})
    session.create("Manager", {"context_id": ids["show_a"], "user_id": ids["producer"], "type": kind})
    session.commit()
    managers = session.get("Project", ids["show_a"])["managers"]
    assert [(each["user"]["username"], each["type"]["name"]) for each in managers] == [("producer", "Supervisor")]
