"""Deliveries: handed to recipients, measured, opened and fetched; drafts, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_sandbox.accsyn import deliveries
from integration.sandbox_accsyn.bare_client import AccsynException
from integration.sandbox_accsyn.running import last, tree

VENDOR = "vendor@acme.test"
FILES = {"pack/a.mov": b"12345", "pack/deep/b.mov": b"123", "notes/c.txt": b"1"}


@pytest.fixture(autouse=True)
def content(acme: Any) -> None:
    for path, data in FILES.items():
        (acme.hq / "show" / path).parent.mkdir(parents=True, exist_ok=True)
        (acme.hq / "show" / path).write_bytes(data)


def package(**attributes: Any) -> dict[str, Any]:
    tasks = ["volume=projects/show/pack", "volume=projects/show/notes/c.txt"]
    return {"name": "package", "tasks": tasks, "recipients": [VENDOR], **attributes}


@pytest.fixture
def delivered(acme: Any, session: Any) -> str:
    """The id of a delivery that is open."""
    ident = str(session.create("Delivery", package())["id"])
    acme.service.engine.paused = False
    acme.service.engine.wait_idle()
    return ident


def status(session: Any, ident: str) -> str:
    return str(session.get_entity("Delivery", ident)["status"])


def test_delivery_is_measured_and_then_open(acme: Any, session: Any) -> None:
    made = session.create("Delivery", package(metadata={"key": "k"}))
    assert (made["status"], made["name"], made["code"], made["public"]) == ("pending", "package", "package", False)
    assert (made["user"], made["metadata"]) == (session._uid, {"key": "k"})
    assert {"data", "config", "tasks"}.isdisjoint(made)
    assert [row["id"] for row in session.find("Delivery WHERE name=package")] == [made["id"]]
    acme.service.engine.paused = False
    acme.service.engine.wait_idle()
    assert status(session, made["id"]) == "waiting"
    tasks = {task["source"]["path"]: task["size"] for task in session.find("Task", entityid=made["id"])}
    assert tasks == {"show/pack": 8, "show/notes/c.txt": 1}


def test_who_gets_a_delivery_sees_what_is_in_it(acme: Any, session: Any, delivered: str) -> None:
    vendor = acme.login("vendor")
    listed = vendor.ls(f"delivery={delivered}", recursive=True)
    assert [(row["filename"], len(row.get("files", ()))) for row in listed] == [("pack", 2), ("c.txt", 0)]
    session.revoke("User", VENDOR, "Delivery", delivered)
    for ident in (delivered, "a" * 24, "none"):
        with pytest.raises(AccsynException, match="No delivery found"):
            vendor.ls(f"delivery={ident}")


def test_files_that_are_missing_keep_it_pending(acme: Any, session: Any, engine: Any) -> None:
    made = session.create("Delivery", package(tasks=["volume=projects/show/later"]))
    engine.wait_idle()
    assert status(session, made["id"]) == "pending"
    (acme.hq / "show" / "later").mkdir()
    engine.wait_idle()
    assert status(session, made["id"]) == "waiting"


def test_recipients_tell_who_has_begun_to_fetch(acme: Any, session: Any, delivered: str, tmp_path: Path) -> None:
    session.grant("User", "remote@acme.test", "Delivery", delivered)
    assert [(row["user_hr"], row["actioned"]) for row in session.access("Delivery", delivered)] == [
        (VENDOR, False),
        ("remote@acme.test", False),
    ]
    deliveries.fetch(acme.service.workspace, delivered, VENDOR, tmp_path / "got")
    (row, _) = session.access("Delivery", delivered)
    assert (row["user"], row["actioned"]) == (acme.demo.vendor.id, True)
    assert session.revoke("User", "remote@acme.test", "Delivery", delivered) is True
    assert session.revoke("User", "remote@acme.test", "Delivery", delivered) is False
    assert len(session.access("Delivery", delivered)) == 1


def test_what_was_fetched_is_a_transfer_below_the_delivery(
    acme: Any, session: Any, engine: Any, delivered: str, tmp_path: Path
) -> None:
    folder = tmp_path / "got"
    query = f"Transfer WHERE parent={delivered} AND user={acme.demo.vendor.id}"
    assert session.find(query) == session.find(query, finished=True) == []
    job_id = deliveries.fetch(acme.service.workspace, delivered, VENDOR, folder)
    engine.wait_idle()
    assert tree(folder) == {"pack/a.mov": b"12345", "pack/deep/b.mov": b"123", "c.txt": b"1"}
    (job,) = session.find(query, finished=True)
    assert (job["id"], job["status"], job["parent"], job["parent_hr"]) == (job_id, "done", delivered, "package")
    assert (job["user_hr"], job["source_hr"], job["destination_hr"]) == (VENDOR, "acme", VENDOR)
    tasks = session.find("Task", entityid=job_id)
    assert {(task["status"], task["source"]["path"], task["destination"]["client"]) for task in tasks} == {
        ("done", "show/pack", acme.demo.vendor_client.id),
        ("done", "show/notes/c.txt", acme.demo.vendor_client.id),
    }
    assert status(session, delivered) == "waiting"


def test_recipient_may_take_a_part_and_counts_as_having_fetched(
    acme: Any, session: Any, engine: Any, delivered: str, tmp_path: Path
) -> None:
    deliveries.fetch(acme.service.workspace, delivered, VENDOR, tmp_path / "got", ["pack/deep", "pack/a.mov"])
    engine.wait_idle()
    assert tree(tmp_path / "got") == {"deep/b.mov": b"123", "a.mov": b"12345"}
    assert session.access("Delivery", delivered)[0]["actioned"] is True


@pytest.mark.parametrize("machine", ["", "client={client}:"])
def test_recipient_fetches_by_the_api_to_the_own_machine(
    acme: Any, session: Any, engine: Any, delivered: str, tmp_path: Path, machine: str
) -> None:
    vendor = acme.login("vendor")
    assert [row["id"] for row in vendor.find("Delivery")] == [delivered]
    place = machine.format(client=acme.demo.vendor_client.id) + str(tmp_path / "got")
    job = vendor.create("Transfer", {"parent": delivered, "destination": place, "name": "mine"})
    assert (job["name"], job["parent"], job["user_hr"]) == ("mine", delivered, VENDOR)
    engine.wait_idle()
    assert tree(tmp_path / "got") == {"pack/a.mov": b"12345", "pack/deep/b.mov": b"123", "c.txt": b"1"}
    assert session.access("Delivery", delivered)[0]["actioned"] is True


def test_api_gives_nobody_else_a_delivery_and_none_before_it_is_open(acme: Any, session: Any, delivered: str) -> None:
    for user in (session, acme.login("admin")):
        with pytest.raises(AccsynException, match="not open, or not for you"):
            user.create("Transfer", {"parent": delivered, "destination": "/tmp/got"})
    vendor = acme.login("vendor")
    with pytest.raises(AccsynException, match="absolute path on your client"):
        vendor.create(
            "Transfer", {"parent": delivered, "destination": f"client={acme.demo.vendor_client.id}:share=projects/got"}
        )
    session.update("Delivery", delivered, {"status": "done"})
    with pytest.raises(AccsynException, match="not open, or not for you"):
        vendor.create("Transfer", {"parent": delivered, "destination": "/tmp/got"})


def test_download_that_fails_counts_as_fetched_too(
    acme: Any, session: Any, engine: Any, delivered: str, tmp_path: Path
) -> None:
    engine.fail_path("*")
    deliveries.fetch(acme.service.workspace, delivered, VENDOR, tmp_path / "got")
    engine.wait_idle()
    assert (last(acme).status, tree(tmp_path / "got")) == ("failed", {})
    assert session.access("Delivery", delivered)[0]["actioned"] is True


def test_recipient_who_has_no_machine_fetches_through_a_browser(
    acme: Any, session: Any, engine: Any, delivered: str, tmp_path: Path
) -> None:
    session.grant("User", "new@acme.test", "Delivery", delivered)
    deliveries.fetch(acme.service.workspace, delivered, "new@acme.test", tmp_path / "got", ["c.txt"])
    engine.wait_idle()
    assert tree(tmp_path / "got") == {"c.txt": b"1"}


def test_only_recipients_fetch_and_only_what_is_open(acme: Any, session: Any, delivered: str, tmp_path: Path) -> None:
    for email in ("artist@acme.test", "remote@acme.test"):
        with pytest.raises(ValueError, match="cannot fetch"):
            deliveries.fetch(acme.service.workspace, delivered, email, tmp_path)
    session.update("Delivery", delivered, {"status": "done"})
    with pytest.raises(ValueError, match="cannot fetch"):
        deliveries.fetch(acme.service.workspace, delivered, VENDOR, tmp_path)


@pytest.mark.parametrize("end", ["aborted", "done"])
def test_ended_delivery_is_found_among_finished_ones_and_stays_so(
    acme: Any, session: Any, delivered: str, end: str
) -> None:
    assert session.update("Delivery", delivered, {"status": end})["status"] == end
    assert session.find("Delivery") == []
    assert [row["id"] for row in session.find("Delivery", finished=True)] == [delivered]
    for again in ("pending", "aborted" if end == "done" else "done", "waiting"):
        with pytest.raises(AccsynException, match="cannot be set"):
            session.update("Delivery", delivered, {"status": again})


def test_aborted_delivery_takes_its_downloads_along(acme: Any, session: Any, delivered: str, tmp_path: Path) -> None:
    acme.service.engine.client_offline(acme.demo.vendor_client.id)
    job_id = deliveries.fetch(acme.service.workspace, delivered, VENDOR, tmp_path / "got")
    session.update("Delivery", delivered, {"status": "aborted"})
    assert session.get_entity("Transfer", job_id)["status"] == "aborted"


def test_draft_is_filled_given_recipients_and_submitted(acme: Any, session: Any, engine: Any, tmp_path: Path) -> None:
    draft = session.create("Delivery", {"name": "draft"})
    assert draft["status"] == "init"
    for missing in ("file", "recipient"):
        with pytest.raises(AccsynException, match=f"at least one .*{missing}"):
            session.update("Delivery", draft["id"], {"status": "pending"})
    local = tmp_path / "report.pdf"
    local.write_bytes(b"report")
    job = session.create("Transfer", {"parent": draft["id"], "source": str(local)})
    assert (job["parent"], job["user"]) == (draft["id"], session._uid)
    with pytest.raises(AccsynException, match="at least one file and one recipient"):
        session.update("Delivery", draft["id"], {"status": "pending"})
    assert session.grant("User", VENDOR, "Delivery", draft["id"]) is True
    session.update("Delivery", draft["id"], {"status": "pending"})
    engine.wait_idle()
    assert status(session, draft["id"]) == "waiting"
    with pytest.raises(AccsynException, match="submitted already"):
        session.update("Delivery", draft["id"], {"status": "pending"})
    deliveries.fetch(acme.service.workspace, draft["id"], VENDOR, tmp_path / "got")
    engine.wait_idle()
    assert tree(tmp_path / "got") == {"report.pdf": b"report"}


def test_delivery_waits_for_the_upload_of_its_files(acme: Any, session: Any, engine: Any, tmp_path: Path) -> None:
    draft = session.create("Delivery", {"name": "draft", "recipients": [VENDOR]})
    (tmp_path / "a.mov").write_bytes(b"data")
    engine.client_offline(acme.demo.artist_client.id)
    session.create("Transfer", {"parent": draft["id"], "source": str(tmp_path / "a.mov")})
    session.update("Delivery", draft["id"], {"status": "pending"})
    engine.wait_idle()
    assert status(session, draft["id"]) == "pending"
    engine.client_online(acme.demo.artist_client.id)
    engine.wait_idle()
    assert status(session, draft["id"]) == "waiting"


def test_files_cannot_be_added_after_submission(acme: Any, session: Any, delivered: str, tmp_path: Path) -> None:
    with pytest.raises(AccsynException, match="after it was submitted"):
        session.create("Transfer", {"parent": delivered, "source": str(tmp_path / "a.mov")})
    with pytest.raises(AccsynException, match="cannot be added"):
        session.create("Task", {"tasks": ["volume=projects/show/notes"]}, delivered)
    with pytest.raises(AccsynException, match="Unknown attribute"):
        session.update("Delivery", delivered, {"tasks": ["volume=projects/show/notes"]})
    assert len(session.find("Task", entityid=delivered)) == 2


def test_draft_needs_a_machine_of_the_user_and_a_local_path(acme: Any, admin: Any, session: Any) -> None:
    draft = session.create("Delivery", {"name": "draft"})["id"]
    with pytest.raises(AccsynException, match="absolute path"):
        session.create("Transfer", {"parent": draft, "source": "share=projects/show/pack"})
    acme.demo.hq_server.user_id = acme.demo.london_server.user_id = ""
    with pytest.raises(AccsynException, match="no client to transfer"):
        admin.create("Transfer", {"parent": draft, "source": "/tmp/a.mov"})


IMPOSSIBLE: dict[str, dict[str, Any]] = {
    '"name" must be a text': {"name": None},
    "one file and one recipient": {"recipients": []},
    "Unknown user: nobody": {"recipients": ["new@acme.test", "nobody"]},
    "recipients of a delivery must be a list": {"recipients": None},
    "Only files of the workspace": {"tasks": ["site=london:volume=projects/show"]},
    "Unknown share": {"tasks": ["volume=nothing/show"]},
    "must have a source": {"tasks": [5]},
    "must be a list": {"tasks": "volume=projects/show"},
    "cannot be created with status done": {"status": "done"},
    'Unknown attribute "expires"': {"expires": "2027-01-01"},
}


@pytest.mark.parametrize("message", IMPOSSIBLE)
def test_impossible_delivery_is_refused(session: Any, message: str) -> None:
    with pytest.raises(AccsynException, match=message):
        session.create("Delivery", package(**IMPOSSIBLE[message]))
    assert session.find("Delivery") == session.find("User WHERE code=new@acme.test") == []


def test_unknown_recipient_is_invited_unless_told_not_to(acme: Any, session: Any, delivered: str) -> None:
    session.create("Delivery", package(recipients=["new@acme.test"]))
    assert acme.service.workspace.user("new@acme.test").role == "standard"
    session.grant("User", "newer@acme.test", "Delivery", delivered)
    with pytest.raises(AccsynException, match="invite is not allowed"):
        session.grant("User", "newest@acme.test", "Delivery", delivered, {"invite": False})


@pytest.mark.parametrize("user", ["vendor", "artist"])
def test_recipient_and_employee_without_the_volume_change_nothing(
    acme: Any, session: Any, admin: Any, delivered: str, user: str, tmp_path: Path
) -> None:
    draft = session.create("Delivery", {"name": "draft"})["id"]
    acme.service.workspace.change_role("artist@acme.test", "employee")  # which takes the grants away
    other = acme.login(user)
    calls = [
        lambda: other.create("Delivery", package()),
        lambda: other.create("Delivery", {"name": "draft"}),
        lambda: other.create("Transfer", {"parent": draft, "source": str(tmp_path)}),
        lambda: other.grant("User", acme.demo.remote.id, "Delivery", delivered),
        lambda: other.update("Delivery", delivered, {"status": "aborted"}),
        lambda: other.delete_one("Delivery", delivered),
    ]
    for call in calls:
        with pytest.raises(AccsynException, match=r"not allowed|No delivery|no read access"):
            call()
    assert (other.get_entity("Delivery", delivered) is None) is (user == "artist")
    assert status(admin, delivered) == "waiting"
    assert admin.delete_one("Delivery", delivered) is True


def test_attributes_that_can_be_set_are_told_apart_from_those_shown(session: Any, delivered: str) -> None:
    query = "attributes WHERE entitytype=delivery"
    assert {"name", "code", "status", "public", "user"} <= set(session.find(query))
    assert session.find(query, create=True) == ["code", "metadata", "name", "recipients", "status", "tasks"]
    assert session.find(query, update=True) == ["metadata", "name", "status"]
