"""Which machine a task means: equal host names, machines that are gone, and what was chosen at submission."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ftrack_accsyn_sandbox.accsyn.entities import CLIENT_SERVER, CLIENT_USER_SERVER
from integration.sandbox_accsyn.bare_client import AccsynException
from integration.sandbox_accsyn.running import last, run, shown_task, tree

USER = "artist@acme.test:share=projects/"


def folder_with(tmp_path: Any, name: str, content: bytes) -> Any:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "a.mov").write_bytes(content)
    return folder


def source(client: Any) -> dict[str, str]:
    return {"source": f"client={client.id}:share=projects/a.mov", "destination": "acme"}


def test_added_machine_is_found_with_what_it_was_given(acme: Any, session: Any, tmp_path: Any) -> None:
    added = acme.demo.add_machine(
        "ws7", tmp_path, host_id="AA:BB:CC:00:11:22, AA:BB:CC:00:11:23", type=CLIENT_USER_SERVER, status="disabled"
    )
    row = session.find_one("Client WHERE code=ws7")
    assert (row["id"], row["user"], row["type"], row["status"]) == (added.id, session._uid, 2, "disabled")
    assert row["host_id"] == "AA:BB:CC:00:11:22, AA:BB:CC:00:11:23"


def test_machine_may_have_no_mac_no_folder_and_another_user(acme: Any, admin: Any) -> None:
    added = acme.demo.add_machine("ws7", None, user=acme.demo.vendor)
    row = admin.find_one("Client WHERE code=ws7")
    assert (row["user_hr"], row["host_id"], row["type"], row["status"]) == ("vendor@acme.test", "", 0, "online")
    assert added.folders == {}


def test_of_two_machines_called_alike_the_named_one_is_read(
    acme: Any, session: Any, engine: Any, tmp_path: Any
) -> None:
    acme.stage("a.mov", b"first")
    first = acme.demo.artist_client
    second = acme.demo.add_machine(first.code, folder_with(tmp_path, "second", b"second"))
    assert len(session.find(f'Client WHERE code="{first.code}"')) == 2
    for client, content in ((first, b"first"), (second, b"second")):
        assert run(acme, session, source(client)) == "done"
        assert tree(acme.hq) == {"a.mov": content}
        assert shown_task(session, last(acme).id)["source"]["client"] == client.id


def test_task_of_a_dead_machine_waits_and_a_new_one_does_not_help_it(
    acme: Any, session: Any, engine: Any, tmp_path: Any
) -> None:
    acme.stage("a.mov", b"old")
    dead = acme.demo.artist_client
    engine.client_offline(dead.id)
    assert run(acme, session, source(dead)) == "waiting"
    new = acme.demo.add_machine(dead.code, folder_with(tmp_path, "new", b"new"), host_id=dead.host_id)
    engine.wait_idle()
    assert (last(acme).status, session.get_entity("Client", dead.id)["status"]) == ("waiting", "offline")
    assert run(acme, session, source(new)) == "done"
    assert tree(acme.hq) == {"a.mov": b"new"}


def test_machine_of_a_user_is_chosen_when_the_job_is_submitted(
    acme: Any, session: Any, engine: Any, tmp_path: Any
) -> None:
    acme.stage("a.mov", b"first")
    first = acme.demo.artist_client
    engine.paused = True
    job = session.create("Transfer", {"tasks": [{"source": f"{USER}a.mov", "destination": "acme"}]})
    later = acme.demo.add_machine(first.code, folder_with(tmp_path, "later", b"later"))
    later.last_checkin += timedelta(hours=1)
    acme.stage("b.mov", b"b")
    session.create("Task", {"tasks": [{"source": f"{USER}b.mov", "destination": "acme"}]}, job["id"])
    engine.paused = False
    engine.wait_idle()
    assert tree(acme.hq) == {"a.mov": b"first", "b.mov": b"b"}
    assert {shown_task(session, job["id"], number)["source"]["client"] for number in (0, 1)} == {first.id}
    assert run(acme, session, {"source": f"{USER}a.mov", "destination": "acme:share=projects/new"}) == "done"
    assert (acme.hq / "new").read_bytes() == b"later"


def test_host_name_of_two_machines_means_the_one_that_was_online_last(
    acme: Any, session: Any, engine: Any, tmp_path: Any
) -> None:
    host = acme.demo.artist_client.code
    later = acme.demo.add_machine(host, folder_with(tmp_path, "later", b"later"))
    later.last_checkin += timedelta(hours=1)
    assert (
        run(acme, session, {"source": f"artist@acme.test@{host}:share=projects/a.mov", "destination": "acme"}) == "done"
    )
    assert tree(acme.hq) == {"a.mov": b"later"}


def test_server_that_comes_later_is_not_used(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("a.mov")
    engine.client_offline(acme.demo.london_server.id)
    assert run(acme, session, acme.task("a.mov", "site=london")) == "waiting"
    acme.service.workspace.add_client("new", acme.demo.admin, type=CLIENT_SERVER, site_id=acme.demo.london.id)
    engine.wait_idle()
    assert last(acme).status == "waiting"
    assert run(acme, session, acme.task("a.mov", "site=london")) == "done"
    engine.client_online(acme.demo.london_server.id)
    engine.wait_idle()
    assert [job.status for job in acme.service.workspace.jobs()] == ["done", "done"]


def test_site_without_any_server_is_refused(acme: Any, session: Any, tmp_path: Any) -> None:
    acme.service.workspace.add_site("paris").folders[acme.demo.volume.id] = tmp_path
    with pytest.raises(AccsynException, match="not served"):
        session.create("Transfer", acme.job("a.mov", destination="site=paris"))


def test_job_names_its_parties_by_kind_and_id(acme: Any, session: Any) -> None:
    upload = session.create("Transfer", acme.job("a.mov"))
    relay = session.create("Transfer", {"source": "share=projects/a.mov", "destination": "site=london"})
    workspace, london = acme.service.workspace.id, acme.demo.london.id
    assert (upload["source"], upload["source_hr"]) == (f"user:{session._uid}", "artist@acme.test")
    assert (upload["destination"], upload["destination_hr"]) == (f"workspace:{workspace}", "acme")
    assert (relay["source"], relay["source_hr"]) == (f"workspace:{workspace}", "acme")
    assert (relay["destination"], relay["destination_hr"]) == (f"site:{london}", "london")
