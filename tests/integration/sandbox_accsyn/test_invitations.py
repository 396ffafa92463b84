"""Users that are invited, sign up, are disabled, go and come back; the grants they have, and what they are mailed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_sandbox.accsyn.entities import Mail
from integration.sandbox_accsyn.bare_client import AccsynException

NEW, VENDOR = "new@vendor.test", "vendor@acme.test"


def invite(session: Any, **data: Any) -> Any:
    return session.create("User", {"code": NEW, **data})


def grant(session: Any, share: str, user: str = VENDOR, **data: Any) -> Any:
    return session.grant("User", user, "Folder", share, {"read": True, "path": "/", **data})


@pytest.fixture
def folder(acme: Any, admin: Any) -> str:
    made = admin.create("Folder", {"parent": acme.demo.volume.id, "path": "show/in", "name": "In", "code": "in"})
    return str(made["id"])


@pytest.mark.parametrize("by", ["admin", "artist"])
def test_invited_user_is_there_and_cannot_log_in_before_signing_up(acme: Any, by: str) -> None:
    session = acme.login(by)
    made = invite(session, role="standard", message="Welcome!", name="New")
    assert (made["code"], made["name"], made["role"], made["logged_in"]) == (NEW, "New", "standard", None)
    assert acme.service.workspace.mails == [Mail(NEW, "invitation", "Welcome!")]
    key = acme.service.workspace.user(NEW).api_key
    proxy = f"127.0.0.1:{acme.service.port}"
    with pytest.raises(AccsynException, match="Authentication failed"):
        acme.login(username=NEW, key=key, proxy=proxy)
    acme.service.workspace.sign_up(NEW, "its-key")
    assert session.find_one(f"User WHERE code={NEW}")["logged_in"] is False
    acme.login(username=NEW, key="its-key", proxy=proxy)
    assert session.find_one(f"User WHERE code={NEW}")["logged_in"] is True


def test_invitation_without_mail(acme: Any, admin: Any) -> None:
    invite(admin, mail=False, message="unsent")
    assert acme.service.workspace.mails == []


@pytest.mark.parametrize(
    ("wish", "given"),
    [
        ({}, []),
        ({"give_all_volumes_access": True}, ["projects", "assets"]),
        ({"give_default_volume_access": True}, ["projects"]),
        ({"volumes": ["assets"]}, ["assets"]),
        ({"give_all_volumes_access": False, "volumes": []}, []),
    ],
)
def test_invited_employee_is_given_volumes(
    acme: Any, admin: Any, tmp_path: Path, wish: dict[str, Any], given: list[str]
) -> None:
    assets = acme.service.workspace.add_volume("assets", tmp_path)
    wish = {key: [assets.id] if value == ["assets"] else value for key, value in wish.items()}
    ident = invite(admin, role="employee", **wish)["id"]
    rows = admin.find(f"acl WHERE entity=user:{ident}")
    assert [(row["target_hr"], row["path"], row["read"], row["write"]) for row in rows] == [
        (code, "/", True, True) for code in given
    ]


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"volumes": ["none"], "role": "employee"}, "Unknown volume: none"),
        ({"give_all_volumes_access": True}, "cannot be given"),
    ],
)
def test_impossible_gift_invites_nobody(admin: Any, wish: dict[str, Any], message: str) -> None:
    with pytest.raises(AccsynException, match=message):
        invite(admin, **wish)
    assert admin.find(f"User WHERE code={NEW}") == []


def test_employee_invites_no_employee(session: Any) -> None:
    with pytest.raises(AccsynException, match="not allowed to invite"):
        invite(session, role="employee")


@pytest.mark.parametrize(
    ("auto", "wanted", "has"), [(True, None, 1), (True, False, 0), (False, True, 1), (False, None, 0)]
)
def test_home_is_made_on_request_or_for_everybody(acme: Any, admin: Any, auto: bool, wanted: Any, has: int) -> None:
    acme.service.workspace.auto_homes = auto
    invite(admin, **({} if wanted is None else {"create_home_share": wanted}))
    homes = admin.find(f"Home WHERE code={NEW}")
    assert len(homes) == has
    assert [admin.access("Home", home["id"]) for home in homes] == [[]] * has


def test_user_and_folder_name_the_queue_of_their_jobs(acme: Any, admin: Any, folder: str) -> None:
    made = invite(admin, queue="High")
    assert made["queue_hr"] == "High"
    assert admin.update("User", made["id"], {"queue": "Low"})["queue_hr"] == "Low"


def test_disabled_user_cannot_log_in_until_enabled(acme: Any, session: Any) -> None:
    vendor = acme.login("vendor")
    ident = acme.demo.vendor.id
    assert session.update("User", ident, {"status": "disabled"})["status"] == "disabled"
    with pytest.raises(AccsynException, match="Authentication failed"):
        vendor.find("Folder")
    assert [row["status"] for row in session.find(f"User WHERE code={VENDOR}")] == ["disabled"]
    session.update("User", ident, {"status": "enabled"})
    assert vendor.find("Folder") == []


def test_employee_changes_standard_users_but_no_role_and_no_other_employee(acme: Any, session: Any) -> None:
    with pytest.raises(AccsynException, match="change a role"):
        session.update("User", acme.demo.vendor.id, {"role": "employee"})
    with pytest.raises(AccsynException, match="not allowed to change the user"):
        session.update("User", acme.demo.remote.id, {"status": "disabled"})


def test_deactivated_user_is_found_among_the_inactive_ones_only(acme: Any, admin: Any) -> None:
    acme.login("vendor")
    assert admin.deactivate_one("User", acme.demo.vendor.id) is True
    assert admin.find(f"User WHERE code={VENDOR}") == []
    assert [row["code"] for row in admin.find(f"User WHERE code={VENDOR}", inactive=True)] == [VENDOR]
    with pytest.raises(AccsynException, match="Authentication failed"):
        acme.login("vendor")


@pytest.mark.parametrize("how", ["activate", "create", "grant", "deliver"])
def test_user_who_comes_back_has_the_old_grants_and_the_home_again(
    acme: Any, admin: Any, folder: str, how: str
) -> None:
    (acme.hq / "a.mov").touch()
    grant(admin, folder, write=True)
    home = admin.create("Home", {"user": VENDOR})["id"]
    admin.deactivate_one("User", acme.demo.vendor.id)
    assert admin.access("Folder", folder) == admin.find("Home") == []
    assert admin.find(f"acl WHERE entity=user:{VENDOR}") == []
    if how == "activate":
        admin.activate_one("User", VENDOR)
    elif how == "create":
        admin.create("User", {"code": VENDOR, "role": "standard"})
    elif how == "grant":
        grant(admin, home)
    else:
        admin.create("Delivery", {"name": "d", "tasks": ["volume=projects/a.mov"], "recipients": [VENDOR]})
    (user,) = admin.find(f"User WHERE code={VENDOR}")
    assert user["id"] == acme.demo.vendor.id
    (row,) = admin.access("Folder", folder)
    assert (row["user_hr"], row["write"]) == (VENDOR, True)
    assert len(admin.find(f"acl WHERE entity=user:{VENDOR}")) == (2 if how == "grant" else 1)
    assert [row["id"] for row in admin.find("Home")] == [home]


def test_user_with_an_active_job_is_not_deactivated(acme: Any, admin: Any, folder: str) -> None:
    grant(admin, folder, write=True)
    job = acme.login("vendor").create("Transfer", {"source": "/a.mov", "destination": "folder=in/"})["id"]
    with pytest.raises(AccsynException, match="has an active job"):
        admin.deactivate_one("User", acme.demo.vendor.id)
    admin.update("Transfer", job, {"status": "aborted"})
    assert admin.deactivate_one("User", acme.demo.vendor.id) is True


# Grants


def test_grant_tells_all_that_is_known_of_it(acme: Any, session: Any, folder: str) -> None:
    made = grant(session, folder, write=False, path="/deep")
    assert made == {
        **made,
        "entity": f"user:{acme.demo.vendor.id}",
        "target": f"share:{folder}",
        "path": "/deep",
        "read": True,
        "write": False,
        "acknowledged": False,
        "status": "enabled",
        "creator": "artist@acme.test",
        "description": "",
        "role": "standard",
        "token": "",
    }
    assert made["created"].utcoffset() is not None
    acme.service.workspace.entities[made["id"]].acknowledged = True
    assert session.access("Folder", folder)[0]["acknowledged"] is True


def test_grant_is_mailed_when_asked_for_and_an_invitation_always(acme: Any, admin: Any, folder: str) -> None:
    grant(admin, folder, user=VENDOR, message="unsent", notify=False)
    assert acme.service.workspace.mails == []
    grant(admin, folder, user=NEW, message="Look!", notify=True)
    assert acme.service.workspace.mails == [Mail(NEW, "invitation", ""), Mail(NEW, "grant", "Look!", "in")]
    assert admin.find_one(f"User WHERE code={NEW}")["logged_in"] is None


def test_revoke_takes_one_grant_at_a_time(acme: Any, admin: Any, folder: str) -> None:
    acme.service.workspace.one_grant_per_share = False
    for path in ("/a", "/b"):
        grant(admin, folder, path=path)
    assert [admin.revoke("User", VENDOR, "Folder", folder) for _ in range(3)] == [True, True, False]
    assert admin.access("Folder", folder) == []


def test_grants_in_a_folder_are_found_from_the_folder_around_it(acme: Any, admin: Any, folder: str) -> None:
    for path, code in (("show/in/deep", "deep"), ("show/inside", "inside")):
        admin.create("Folder", {"parent": acme.demo.volume.id, "path": path, "name": code})
        grant(admin, code)
    assert admin.access("Folder", folder) == []
    assert [row["share_hr"] for row in admin.access("Folder", folder, recursive=True)] == ["deep"]


def test_employee_sees_and_takes_grants_below_own_volumes_only(
    acme: Any, session: Any, admin: Any, folder: str
) -> None:
    made = grant(admin, folder)
    assert [row["user_hr"] for row in session.access("Folder", folder)] == [VENDOR]
    acme.service.workspace.change_role("artist@acme.test", "employee")  # which takes the grants away
    assert session.access("Folder", folder) == []
    with pytest.raises(AccsynException, match="No acl found"):
        session._event("DELETE", "acl/delete", {}, entityid=made["id"])
    acme.service.workspace.grant(acme.demo.artist, acme.demo.volume)
    assert session.revoke("User", VENDOR, "Folder", folder) is True


def test_recipients_of_a_delivery_are_mailed_when_it_is_submitted(acme: Any, admin: Any) -> None:
    draft = admin.create("Delivery", {"name": "pack", "tasks": ["volume=projects/a"], "status": "init"})["id"]
    admin.grant("User", VENDOR, "Delivery", draft)
    assert acme.service.workspace.mails == []
    admin.update("Delivery", draft, {"status": "pending"})
    assert acme.service.workspace.mails == [Mail(VENDOR, "delivery", "", "pack")]
