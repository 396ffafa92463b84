"""What belongs to oneself: the own profile and machines, and jobs that one takes part in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_sandbox.accsyn.entities import Ticks
from integration.sandbox_accsyn.bare_client import AccsynException


@pytest.fixture
def vendor(acme: Any) -> Any:
    return acme.login("vendor")


def test_who_is_sent_something_sees_the_job_and_may_end_it(
    acme: Any, vendor: Any, session: Any, tmp_path: Path
) -> None:
    ticks = Ticks(read=True, write=True, by_environment=True)
    acme.service.workspace.map_share(acme.demo.vendor_client, acme.demo.volume, tmp_path, ticks)
    job = session.create("Transfer", {"source": "volume=projects/a.mov", "destination": "vendor@acme.test"})["id"]
    assert [row["id"] for row in vendor.find("Transfer")] == [job]
    assert len(vendor.find("Task", entityid=job)) == 1
    assert vendor.update("Transfer", job, {"status": "aborted"})["status"] == "aborted"


def test_everybody_writes_the_own_profile(acme: Any, vendor: Any) -> None:
    assert vendor.update("User", acme.demo.vendor.id, {"name": "Vera"})["name"] == "Vera"
    with pytest.raises(AccsynException, match="not allowed to change"):
        vendor.update("User", acme.demo.artist.id, {"name": "Vera"})
    with pytest.raises(AccsynException, match="change a role"):
        vendor.update("User", acme.demo.vendor.id, {"role": "employee"})


def test_everybody_disables_and_enables_the_own_machines(acme: Any, vendor: Any) -> None:
    ident = acme.demo.vendor_client.id
    assert vendor.update("Client", ident, {"status": "disabled"})["status"] == "disabled"
    assert vendor.update("Client", ident, {"status": "enabled"})["status"] == "online"
    with pytest.raises(AccsynException, match="not allowed to change"):
        vendor.update("Client", acme.demo.artist_client.id, {"status": "disabled"})


def test_machine_that_is_offline_stays_so_whatever_is_written(acme: Any, admin: Any) -> None:
    ident = acme.demo.vendor_client.id
    acme.service.engine.client_offline(ident)
    for status in ("online", "enabled"):
        with pytest.raises(AccsynException, match="is not disabled"):
            admin.update("Client", ident, {"status": status})
    assert admin.update("Client", ident, {"status": "disabled"})["status"] == "disabled-offline"
    assert admin.update("Client", ident, {"status": "enabled"})["status"] == "offline"


@pytest.mark.parametrize(("kind", "code"), [("Queue", "show_a"), ("User", "vendor@acme.test")])
@pytest.mark.parametrize("name", [None, 5, ""])
def test_name_that_is_no_text_is_refused(admin: Any, kind: str, code: str, name: Any) -> None:
    found = admin.find_one(f"{kind} WHERE code={code}")
    with pytest.raises(AccsynException, match='"name" must be a text'):
        admin.update(kind, found["id"], {"name": name})


def test_queue_tells_all_that_is_known_of_it(acme: Any, admin: Any) -> None:
    row = admin.create("Queue", {"name": "Panic Jobs", "priority": 1000})
    assert {"uri", "compute_default", "default", "priority", "metadata"} <= set(row)
    assert (row["code"], row["name"]) == ("panic-jobs", "Panic Jobs")
    assert admin.find("Queue WHERE code=panic-jobs", attributes=["uri"]) == [{"id": row["id"], "uri": "acme"}]


def test_several_paths_are_looked_at_in_one_call(acme: Any, session: Any) -> None:
    (acme.hq / "a.mov").write_bytes(b"12")
    paths = ["volume=projects/a.mov", "volume=projects/b.mov"]
    there = [{"path": paths[0], "result": True}, {"path": paths[1], "result": False}]
    assert session.exists(paths) == there
    assert session.getsize(paths[:1]) == [{"path": paths[0], "result": 2}]
    assert [each["result"][0]["filename"] for each in session.ls(["volume=projects"])] == ["a.mov"]
    with pytest.raises(AccsynException, match='"path" must be a text'):
        session.mkdir(["volume=projects/c"])


@pytest.mark.parametrize("wrong", [{"queue": "none such"}, {"settings": {"key": 1}}, {"metadata": "x"}])
@pytest.mark.parametrize(
    ("kind", "data"), [("User", {"code": "new@acme.test"}), ("Home", {"user": "vendor@acme.test"})]
)
def test_nobody_is_invited_or_housed_by_a_call_that_is_refused(
    acme: Any, admin: Any, kind: str, data: dict[str, str], wrong: dict[str, Any]
) -> None:
    before = len(admin.find(kind))
    with pytest.raises(AccsynException):
        admin.create(kind, {**data, **wrong})
    assert len(admin.find(kind)) == before
    assert acme.service.workspace.mails == []


@pytest.mark.parametrize("what", ["update", "deactivate_one", "delete_one"])
def test_employee_without_the_volume_changes_no_folder_on_it(acme: Any, admin: Any, what: str) -> None:
    acme.service.workspace.add_user("bare@acme.test", "bare-demo-key", "employee")
    folder = admin.create("Folder", {"parent": acme.demo.volume.id, "path": "in", "name": "In"})["id"]
    more = [{"status": "disabled"}] if what == "update" else []
    with pytest.raises(AccsynException, match="not allowed to change"):
        getattr(acme.login("bare"), what)("Folder", folder, *more)
    assert admin.get_entity("Folder", folder)["status"] == "enabled"
    assert getattr(acme.login("artist"), what)("Folder", folder, *more)
