"""What can be deleted or deactivated, when, and what goes along with it."""

from __future__ import annotations

from typing import Any

import pytest

from integration.sandbox_accsyn.bare_client import AccsynException


@pytest.fixture
def folder(acme: Any, admin: Any) -> str:
    """The id of a folder that the vendor may read."""
    made = admin.create("Folder", {"parent": acme.demo.volume.id, "path": "show/in", "name": "In", "code": "in"})
    admin.grant("User", "vendor@acme.test", "Folder", made["id"], {"read": True})
    return str(made["id"])


def test_jobs_of_a_queue_that_is_deleted_go_on_in_the_default_one(acme: Any, session: Any, admin: Any) -> None:
    acme.stage("a.mov")
    queue = admin.find_one("Queue WHERE code=show_a")
    job = session.create("Transfer", acme.job("a.mov", queue="show_a"))
    assert job["parent_hr"] == "show_a"
    assert admin.delete_one("Queue", queue["id"]) is True
    assert session.get_entity("Transfer", job["id"])["parent_hr"] == "Medium"


@pytest.mark.parametrize(
    ("kind", "query", "message"),
    [
        ("Queue", "Queue WHERE default=true", "default queue cannot be deleted"),
        ("Site", "Site WHERE main=true", "main site cannot be deleted"),
        ("Site", "Site WHERE code=london", "has servers: server-london"),
        ("Client", "Client WHERE code=vendor-desk", "must be offline"),
    ],
)
def test_what_others_need_cannot_be_deleted(admin: Any, kind: str, query: str, message: str) -> None:
    found = admin.find_one(query)
    with pytest.raises(AccsynException, match=message):
        admin.delete_one(kind, found["id"])
    assert admin.find_one(query) == found


def test_site_is_deleted_without_servers_and_transfers_only(acme: Any, admin: Any) -> None:
    job = admin.create("Transfer", {"source": "site=london:volume=projects/a.mov", "destination": "acme"})["id"]
    acme.service.engine.client_offline(acme.demo.london_server.id)
    admin.delete_one("Client", acme.demo.london_server.id)
    with pytest.raises(AccsynException, match="used by the job"):
        admin.delete_one("Site", acme.demo.london.id)
    admin.update("Transfer", job, {"status": "aborted"})
    assert admin.delete_one("Site", acme.demo.london.id) is True
    assert [site["code"] for site in admin.find("Site")] == ["hq"]


def test_machine_that_is_offline_can_be_deleted(acme: Any, admin: Any) -> None:
    ident = acme.demo.vendor_client.id
    acme.service.engine.client_offline(ident)
    assert admin.delete_one("Client", ident) is True
    assert admin.find("Client WHERE code=vendor-desk") == []


def test_folder_in_use_is_deleted_by_force_only(acme: Any, session: Any, admin: Any, folder: str) -> None:
    acme.stage("show/in/a.mov")
    task = {"source": f"client={acme.demo.artist_client.id}:folder=in/a.mov", "destination": "acme"}
    session.create("Transfer", {"tasks": [task]})
    with pytest.raises(AccsynException, match="used by the job"):
        admin.delete_one("Folder", folder)
    assert admin.delete_one("Folder", folder, {"force": True}) is True
    assert admin.find("Folder") == []


def test_volume_takes_its_shares_and_grants_along_and_ends_its_jobs(
    acme: Any, session: Any, admin: Any, folder: str
) -> None:
    acme.stage("a.mov")
    job = session.create("Transfer", acme.job("a.mov"))["id"]
    (acme.hq / "kept.mov").write_bytes(b"kept")
    assert admin.delete_one("Volume", acme.demo.volume.id) is True
    assert admin.get_entity("Transfer", job)["status"] == "aborted"
    assert admin.find("Volume") == admin.find("Folder") == admin.find("acl") == []
    assert (acme.hq / "kept.mov").exists()
    with pytest.raises(AccsynException):
        admin.create("Transfer", acme.job("a.mov"))


def test_home_goes_with_its_user_only(acme: Any, admin: Any) -> None:
    home = admin.create("Home", {"user": "vendor@acme.test"})["id"]
    with pytest.raises(AccsynException, match="deactivate its user"):
        admin.deactivate_one("Home", home)
    admin.deactivate_one("User", acme.demo.vendor.id)
    assert admin.find("Home") == []
