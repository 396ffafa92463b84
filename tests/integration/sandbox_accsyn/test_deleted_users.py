"""Users who are deleted lose what the workspace gave them; who is invited again keeps what belongs to the person."""

from __future__ import annotations

from typing import Any

import pytest

from integration.sandbox_accsyn.bare_client import AccsynException

VENDOR = "vendor@acme.test"


@pytest.fixture
def folder(acme: Any, admin: Any) -> str:
    """The id of a folder that the vendor may write to."""
    made = admin.create("Folder", {"parent": acme.demo.volume.id, "path": "show/in", "name": "In", "code": "in"})
    admin.grant("User", VENDOR, "Folder", made["id"], {"read": True, "write": True})
    return str(made["id"])


def delete(acme: Any, admin: Any) -> None:
    assert admin.delete_one("User", acme.demo.vendor.id, {"force": True}) is True


def test_deleted_user_is_gone_with_grants_home_and_machines(acme: Any, admin: Any, folder: str) -> None:
    admin.create("Home", {"user": VENDOR})
    vendor = acme.login("vendor")
    delete(acme, admin)
    assert admin.find(f"User WHERE code={VENDOR}") == admin.access("Folder", folder) == admin.find("Home") == []
    assert admin.find("Client WHERE code=vendor-desk") == []
    with pytest.raises(AccsynException, match="Authentication failed"):
        vendor.find("Folder")


def test_jobs_of_a_deleted_user_are_aborted_and_found(acme: Any, admin: Any, folder: str) -> None:
    own = acme.login("vendor").create("Transfer", {"source": "/a.mov", "destination": "folder=in/"})["id"]
    other = admin.create("Transfer", {"source": "site=london:volume=projects/a", "destination": "acme"})["id"]
    delete(acme, admin)
    assert [row["id"] for row in admin.find("Transfer")] == [other]
    (row,) = admin.find("Transfer", finished=True)
    assert (row["id"], row["status"], row["user_hr"], row["source_hr"]) == (own, "aborted", VENDOR, VENDOR)
    assert len(admin.find("Task", entityid=own)) == 1


@pytest.mark.parametrize("how", ["create", "grant", "deliver"])
def test_user_who_is_invited_again_keeps_id_key_and_machines_only(acme: Any, admin: Any, folder: str, how: str) -> None:
    delete(acme, admin)
    if how == "create":
        admin.create("User", {"code": VENDOR, "role": "standard"})
    elif how == "grant":
        admin.grant("User", VENDOR, "Folder", folder, {"read": True, "path": "/"})
    else:
        admin.create("Delivery", {"name": "d", "tasks": ["volume=projects/a.mov"], "recipients": [VENDOR]})
    (user,) = admin.find(f"User WHERE code={VENDOR}")
    assert (user["id"], user["role"], user["status"]) == (acme.demo.vendor.id, "standard", "enabled")
    assert len(admin.access("Folder", folder)) == (1 if how == "grant" else 0)
    vendor = acme.login("vendor")
    assert [row["code"] for row in vendor.find("App")] == ["vendor-desk"]
    assert acme.service.workspace.mails[0].kind == "invitation"


def test_invitation_decides_the_role_of_who_was_deleted(acme: Any, admin: Any) -> None:
    delete(acme, admin)
    assert admin.create("User", {"code": VENDOR, "role": "employee"})["role"] == "employee"
    assert len(admin.find(f"User WHERE code={VENDOR}")) == 1


def test_who_was_deleted_before_signing_up_still_has_to(acme: Any, admin: Any) -> None:
    invited = admin.create("User", {"code": "new@acme.test"})["id"]
    admin.delete_one("User", invited)
    assert admin.create("User", {"code": "new@acme.test"})["id"] == invited
    assert admin.find_one("User WHERE code=new@acme.test")["logged_in"] is None
