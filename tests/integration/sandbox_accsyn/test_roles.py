"""Roles and grants: who sees, creates and changes what; a role that changes at run time."""

from __future__ import annotations

from typing import Any

import pytest

from integration.sandbox_accsyn.bare_client import AccsynException


@pytest.fixture
def vendor(acme: Any) -> Any:
    return acme.login("vendor")


@pytest.mark.parametrize("entity_type", ["Volume", "Queue", "Site"])
def test_standard_users_read_no_volumes_queues_or_sites(vendor: Any, entity_type: str) -> None:
    with pytest.raises(AccsynException, match="not allowed to read"):
        vendor.find(entity_type)


def test_standard_users_see_only_themselves_and_their_things(acme: Any, vendor: Any, session: Any) -> None:
    job = session.create("Transfer", acme.job("a.mov"))["id"]
    assert [user["code"] for user in vendor.find("User")] == ["vendor@acme.test"]
    assert [client["code"] for client in vendor.find("Client")] == ["vendor-desk"]
    assert vendor.find("Transfer") == vendor.find("Acl") == []
    assert vendor.get_entity("Transfer", job) is None
    with pytest.raises(AccsynException, match="No job found"):
        vendor.update("Transfer", job, {"status": "aborted"})
    with pytest.raises(AccsynException, match="No job found"):
        vendor.create("Task", acme.task("b.mov"), job)


def test_standard_users_see_granted_folders(acme: Any, vendor: Any, admin: Any) -> None:
    folder = admin.create("Folder", {"parent": acme.demo.volume.id, "path": "in", "name": "In"})["id"]
    assert vendor.find("Folder") == []
    grant = admin.grant("User", "vendor@acme.test", "Folder", "In", {"read": True})
    assert (grant["read"], grant["write"]) == (True, False)
    assert admin.grant("User", "vendor@acme.test", "Folder", folder, {"read": True, "write": True})["id"] == grant["id"]
    assert [row["id"] for row in vendor.find("Folder")] == [folder]
    (access,) = admin.access("Folder", folder)
    assert (access["user_hr"], access["share_hr"], access["write"]) == ("vendor@acme.test", "In", True)
    assert admin.revoke("User", "vendor@acme.test", "Folder", folder) is True
    assert admin.revoke("User", "vendor@acme.test", "Folder", folder) is False
    assert vendor.find("Folder") == []


def test_granting_invites_unknown_users_unless_told_not_to(acme: Any, admin: Any) -> None:
    admin.grant("User", "new@acme.test", "Volume", "projects")
    assert admin.find_one("User WHERE code=new@acme.test")["role"] == "standard"
    with pytest.raises(AccsynException, match="invite is not allowed"):
        admin.grant("User", "other@acme.test", "Volume", "projects", {"invite": False})


def test_standard_user_uploads_from_own_client_to_granted_place(acme: Any, vendor: Any) -> None:
    with pytest.raises(AccsynException, match="another user"):
        vendor.create("Transfer", acme.job("in/a.mov"))
    client = acme.service.workspace.add_client("laptop", acme.demo.vendor)
    task = {"source": f"client={client.id}:share=projects/in/a.mov", "destination": "acme"}
    with pytest.raises(AccsynException, match="no write access"):
        vendor.create("Transfer", task)
    acme.service.workspace.grant(acme.demo.vendor, acme.demo.volume, path="/in")
    assert vendor.create("Transfer", task)["user_hr"] == "vendor@acme.test"
    with pytest.raises(AccsynException, match="choose a queue"):
        vendor.create("Transfer", {"tasks": [task], "queue": "High"})


def test_standard_user_aborts_an_own_job_and_chooses_no_queue(acme: Any, vendor: Any, admin: Any) -> None:
    admin.create("Folder", {"parent": acme.demo.volume.id, "path": "in", "name": "in", "code": "in"})
    admin.grant("User", "vendor@acme.test", "Folder", "in", {"path": "/", "read": True, "write": True})
    job = vendor.create("Transfer", {"source": "/desk/a.mov", "destination": "folder=in/a.mov"})["id"]
    with pytest.raises(AccsynException, match="not allowed to choose a queue"):
        vendor.update("Transfer", job, {"queue": "High"})
    assert vendor.update("Transfer", job, {"status": "aborted"})["status"] == "aborted"


def test_standard_users_read_and_write_no_foreign_files(acme: Any, vendor: Any) -> None:
    with pytest.raises(AccsynException, match="no read access"):
        vendor.exists("share=projects/a")
    acme.service.workspace.grant(acme.demo.vendor, acme.demo.volume, write=False)
    assert vendor.exists("share=projects/a") is False
    with pytest.raises(AccsynException, match="no write access"):
        vendor.mkdir("share=projects/a")


def test_standard_users_use_no_integration(vendor: Any) -> None:
    with pytest.raises(AccsynException, match="not allowed to use integrations"):
        vendor.get_setting(name="upload_ident", integration="ftrack", data={"location_id": "x"})


def test_employees_read_but_do_not_change_what_administrators_keep(session: Any) -> None:
    for entity_type in ("Queue", "Site", "Server"):
        row = session.find(entity_type)[0]
        with pytest.raises(AccsynException, match="not allowed to change"):
            session.update(entity_type, row["id"], {"status": "disabled"})
    with pytest.raises(AccsynException, match="not allowed to create a queue"):
        session.create("Queue", {"name": "mine"})


def test_administrators_create_and_change_everything(admin: Any) -> None:
    queue = admin.create("Queue", {"name": "proj001", "priority": 800, "metadata": {"a": 1}})
    assert (queue["code"], queue["priority"], queue["metadata"]) == ("proj001", 800, {"a": 1})
    assert admin.update("Queue", queue["id"], {"priority": 10, "name": "Project"})["priority"] == 10
    assert admin.delete_one("Queue", queue["id"]) is True
    assert admin.find_one("Queue WHERE code=proj001") is None
    user = admin.create("User", {"code": "new@acme.test", "role": "standard", "mail": False})
    assert admin.update("User", user["id"], {"role": "employee"})["role"] == "employee"
    server = admin.find("Server")[0]["id"]
    assert admin.update("Client", server, {"status": "disabled"})["status"] == "disabled"
    assert admin.update("Client", server, {"status": "enabled"})["status"] == "online"


@pytest.mark.parametrize(
    ("entity_type", "data", "message"),
    [
        ("Queue", {"name": "High"}, "already"),
        ("Queue", {"name": "x", "priority": 5000}, "Priority"),
        ("Queue", {"name": "x", "settings": {"a": 1}}, "must be strings"),
        ("Queue", {"name": "x", "unknown": 1}, "Unknown attribute"),
        ("User", {"code": "no-mail"}, "Invalid user"),
        ("User", {"code": "a@b.c", "role": "king"}, "Invalid user"),
        ("Folder", {"parent": "nothing", "path": "x"}, "Unknown volume"),
        ("Folder", {"parent": "projects", "path": "../x"}, "Invalid path"),
        ("Client", {"code": "x"}, "cannot be created"),
    ],
)
def test_impossible_entity_is_refused(admin: Any, entity_type: str, data: dict[str, Any], message: str) -> None:
    with pytest.raises(AccsynException, match=message):
        admin.create(entity_type, data)


@pytest.mark.parametrize(
    ("entity_type", "data", "message"),
    [
        ("Queue", {"status": "done"}, "Status cannot be set"),
        ("Queue", {"code": "x"}, "Unknown attribute"),
        ("User", {"role": "king"}, "Unknown role"),
        ("Site", {"name": "x"}, "Unknown attribute"),
    ],
)
def test_impossible_change_is_refused(admin: Any, entity_type: str, data: dict[str, Any], message: str) -> None:
    with pytest.raises(AccsynException, match=message):
        admin.update(entity_type, admin.find(entity_type)[0]["id"], data)


def test_changed_role_works_at_once_and_takes_grants_away(acme: Any, session: Any) -> None:
    assert session.create("Transfer", acme.job("a.mov", destination="site=london"))["id"]
    acme.service.workspace.change_role("artist@acme.test", "standard")
    with pytest.raises(AccsynException, match="not allowed to read queues"):
        session.find("Queue")
    assert acme.login()._role == "standard"
    acme.service.workspace.change_role("artist@acme.test", "employee")
    with pytest.raises(AccsynException, match="full access"):
        session.create("Transfer", acme.job("b.mov", destination="site=london"))
    with pytest.raises(AccsynException, match="no write access"):
        session.create("Transfer", acme.job("b.mov"))


def test_unknown_role_is_a_mistake_of_the_test(acme: Any) -> None:
    with pytest.raises(ValueError, match="king"):
        acme.service.workspace.change_role("artist@acme.test", "king")


def test_api_key_is_not_handed_out(admin: Any) -> None:
    with pytest.raises(AccsynException, match="not supported"):
        admin.get_api_key()
    assert "api_key" not in admin.find("User")[0]
