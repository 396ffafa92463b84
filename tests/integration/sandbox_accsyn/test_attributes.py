"""What is told of whatever was made by the API: who made and changed it, and how it stands."""

from __future__ import annotations

from typing import Any

import pytest

from integration.sandbox_accsyn.bare_client import AccsynException

ADMIN, ARTIST, VENDOR = "admin@acme.test", "artist@acme.test", "vendor@acme.test"


def made(acme: Any, session: Any, kind: str, **data: Any) -> Any:
    """Create something of the kind with *data*, and return what is told of it."""
    needed: dict[str, dict[str, Any]] = {
        "Folder": {"parent": acme.demo.volume.id, "path": "show", "name": "Show"},
        "Home": {"user": VENDOR},
        "Collection": {"name": "Some", "files": ["volume=projects/show"]},
        "User": {"code": "new@acme.test"},
        "Queue": {"name": "slow", "priority": 1},
    }
    return session.create(kind, {**needed[kind], **data})


@pytest.mark.parametrize("kind", ["Folder", "Home", "Collection", "User", "Queue"])
def test_what_was_created_tells_by_whom_and_what_for(acme: Any, admin: Any, kind: str) -> None:
    row = made(acme, admin, kind, description="for the show")
    assert (row["creator"], row["modifier"], row["description"]) == (ADMIN, "", "for the show")
    assert row["status_hr"].lower() == row["status"]
    assert row == admin.get_entity(kind, row["id"])


def test_folder_tells_all_that_is_known_of_it(acme: Any, session: Any) -> None:
    row = made(acme, session, "Folder", queue="High", email="pm@acme.test", metadata={"key": "k"})
    assert {
        *("code", "created", "creator", "description", "email", "id", "metadata", "modified", "modifier", "name"),
        *("parent", "path", "queue", "status", "status_hr"),
    } <= set(row)
    assert (row["creator"], row["email"], row["status_hr"]) == (ARTIST, "pm@acme.test", "Enabled")


def test_change_tells_who_made_it(acme: Any, session: Any, admin: Any) -> None:
    ident = made(acme, session, "Folder")["id"]
    row = admin.update("Folder", ident, {"description": "for others", "status": "disabled"})
    assert (row["creator"], row["modifier"], row["description"]) == (ARTIST, ADMIN, "for others")
    assert row["status_hr"] == "Disabled"
    assert [each["id"] for each in admin.find(f"Folder WHERE creator={ARTIST} AND modifier={ADMIN}")] == [ident]


def test_what_nobody_made_by_the_api_has_no_creator(acme: Any, admin: Any) -> None:
    (volume,) = admin.find("Volume")
    assert (volume["creator"], volume["modifier"], volume["description"]) == ("", "", "")


def test_clients_are_found_by_what_they_are(acme: Any, admin: Any) -> None:
    found = {kind: [row["code"] for row in admin.find(kind)] for kind in ("Server", "UserServer", "Browser", "Lane")}
    assert found == {"Server": ["server-hq", "server-london"], "UserServer": ["remote-desk"], "Browser": [], "Lane": []}
    assert admin.find("App") == admin.find("Client WHERE type=0") != []
    server = admin.find_one("Server")
    assert admin.update("Server", server["id"], {"status": "disabled"})["status"] == "disabled"


def test_user_sees_own_apps_only(acme: Any) -> None:
    assert [row["code"] for row in acme.login("vendor").find("App")] == ["vendor-desk"]


def test_unknown_type_is_refused(acme: Any, admin: Any) -> None:
    with pytest.raises(AccsynException, match="Unknown entity type: machine"):
        admin.find("Machine")


def test_job_of_a_machine_that_is_gone_is_still_found(acme: Any, session: Any, admin: Any) -> None:
    acme.stage("a.mov")
    job = session.create("Transfer", acme.job("a.mov"))["id"]
    del acme.service.workspace.entities[acme.demo.artist_client.id]
    for each in (session, admin):
        (row,) = each.find("Transfer WHERE status=waiting")
        assert (row["id"], row["source"], row["source_hr"]) == (job, f"client:{acme.demo.artist_client.id}", "")
        assert len(each.find("Task", entityid=job)) == 1
    acme.service.engine.paused = False
    acme.service.engine.wait_idle()
    assert "The client is gone (W#J050)" in acme.service.workspace.jobs()[0].log
    assert session.update("Transfer", job, {"status": "aborted"})["status"] == "aborted"


@pytest.mark.parametrize(
    ("verb", "uri", "data"),
    [
        ("POST", "user/create", {"code": "new@acme.test", "volumes": None}),
        ("GET", "user/find", {"attributes": 5}),
        ("GET", "user/find", {"attributes": [["code"]]}),
        ("GET", "log/find", {"entitytype": "job", "pagination": 5}),
        ("GET", "workspace/file", {"op": "ls", "path": "volume=projects", "recursive": True, "maxdepth": "x"}),
        ("DELETE", "collection/file/remove", {"files": [{}]}),
    ],
)
def test_value_of_the_wrong_form_is_refused_in_words(
    acme: Any, session: Any, admin: Any, verb: str, uri: str, data: dict[str, Any]
) -> None:
    idents = {
        "log/find": lambda: session.create("Transfer", acme.job("a.mov"))["id"],
        "collection/file/remove": lambda: made(acme, admin, "Collection")["id"],
    }
    with pytest.raises(AccsynException, match="must be"):
        admin._event(verb, uri, data, entityid=idents.get(uri, lambda: None)())
