"""Jobs to and from the machines of users: what they have mapped and ticked, and what waits or is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_sandbox.accsyn.entities import CLIENT_APP, CLIENT_USER_SERVER, Ticks
from integration.sandbox_accsyn.bare_client import AccsynException
from integration.sandbox_accsyn.running import last, run, shown_task, tree

REMOTE = "remote@acme.test"
VENDOR = "vendor@acme.test"


@pytest.fixture
def away(acme: Any, tmp_path: Path) -> Path:
    """The folder that the employee elsewhere has mapped for the volume, ticked for others both ways."""
    folder = tmp_path / "away"
    folder.mkdir()
    mapped(acme, folder)
    return folder


def mapped(acme: Any, folder: Path, **ticks: Any) -> None:
    given = Ticks(**{"read": True, "write": True, "by_environment": True, **ticks})
    acme.service.workspace.map_share(acme.demo.remote_client, acme.demo.volume, folder, given)


def push(destination: str = REMOTE, path: str = "show/a.mov") -> dict[str, str]:
    return {"source": f"share=projects/{path}", "destination": destination}


def pull(destination: str = "acme", path: str = "show/a.mov") -> dict[str, str]:
    return {"source": f"{REMOTE}:share=projects/{path}", "destination": destination}


def written(folder: Path, path: str = "show/a.mov", content: bytes = b"data") -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)


@pytest.mark.parametrize(
    ("destination", "arrived"),
    [
        (REMOTE, "show/a.mov"),
        (f"{REMOTE}@remote-desk", "show/a.mov"),
        (f"{REMOTE}:share=projects/in/", "in/a.mov"),
        ("client={client}:volume=projects/in/b.mov", "in/b.mov"),
    ],
)
def test_push_lands_below_what_the_user_has_mapped(
    acme: Any, session: Any, engine: Any, away: Path, destination: str, arrived: str
) -> None:
    written(acme.hq)
    assert run(acme, session, push(destination.format(client=acme.demo.remote_client.id))) == "done"
    assert tree(away) == {arrived: b"data"}
    task = shown_task(session, last(acme).id)
    here, there = task["source"], task["destination"]
    assert (here["site"], here["client"], here["user"]) == (acme.demo.hq.id, None, None)
    assert here["path_abs"] == here["path_abs_final"] == str(acme.hq / "show/a.mov")
    assert (there["client"], there["user"], there["site"]) == (acme.demo.remote_client.id, acme.demo.remote.id, None)
    assert (there["v"], there["s"], there["path"]) == (acme.demo.volume.id, acme.demo.volume.id, arrived)
    assert "path_abs" not in there  # paths of other users' machines are not told beforehand
    assert there["path_abs_final"] == str(away / arrived)


def test_pull_reads_what_the_user_has_mapped(acme: Any, session: Any, engine: Any, away: Path) -> None:
    written(away)
    assert run(acme, session, pull()) == "done"
    assert tree(acme.hq) == {"show/a.mov": b"data"}
    job = session.get_entity("Transfer", last(acme).id)
    assert (job["source_hr"], job["destination_hr"], job["user_hr"]) == (REMOTE, "acme", "artist@acme.test")
    task = shown_task(session, last(acme).id)
    assert (task["source"]["client"], task["destination"]["site"]) == (acme.demo.remote_client.id, acme.demo.hq.id)


def test_own_machine_needs_no_ticks_in_either_direction(acme: Any, session: Any, engine: Any) -> None:
    written(acme.hq)
    mine = acme.demo.artist_client
    assert run(acme, session, push(f"client={mine.id}")) == "done"
    assert tree(acme.staging) == {"show/a.mov": b"data"}
    task = shown_task(session, last(acme).id)
    assert task["destination"]["client"] == mine.id
    assert task["destination"]["path_abs"] == str(acme.staging / "show/a.mov")
    written(acme.staging, "b.mov")
    upload = {"source": f"client={mine.id}:share=projects/b.mov", "destination": "acme"}
    assert run(acme, session, upload) == "done"


REFUSED: dict[str, tuple[dict[str, bool], dict[str, str], str]] = {
    "write": ({"write": False}, push(), "does not let others write"),
    "read": ({"read": False}, pull(), "does not let others read"),
    "neither": ({"read": False, "write": False}, push(f"{REMOTE}:share=projects/x"), "does not let others write"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_ticked_is_refused_at_creation(acme: Any, session: Any, away: Path, case: str) -> None:
    ticks, task, message = REFUSED[case]
    mapped(acme, away, **ticks)
    for user in (session, acme.login("admin")):
        with pytest.raises(AccsynException, match=message):
            user.create("Transfer", task)
    assert acme.service.workspace.jobs() == []


def test_ticks_are_off_unless_set(acme: Any, session: Any, tmp_path: Path) -> None:
    acme.service.workspace.map_share(acme.demo.remote_client, acme.demo.volume, tmp_path)
    for task in (push(), pull()):
        with pytest.raises(AccsynException, match="does not let others"):
            session.create("Transfer", task)


def test_user_who_has_nothing_mapped_is_refused(acme: Any, session: Any) -> None:
    for task in (push(VENDOR), push(f"{VENDOR}:share=projects/in/")):
        with pytest.raises(AccsynException, match="not mapped on the client vendor-desk"):
            session.create("Transfer", task)


@pytest.mark.parametrize(
    ("version", "by_environment", "served"),
    [
        ("3.6-5_3", True, True),
        ("3.6-5", True, True),
        ("3.10-1", True, True),
        ("4.0-0", True, True),
        ("3.6-4_9", True, False),
        ("3.5-9", True, False),
        ("", True, False),
        ("3.5-9", False, True),
    ],
)
def test_mapping_by_environment_serves_others_only_from_new_clients_on(
    acme: Any, session: Any, away: Path, version: str, by_environment: bool, served: bool
) -> None:
    mapped(acme, away, by_environment=by_environment)
    acme.demo.remote_client.version = version
    if served:
        assert session.create("Transfer", push())["id"]
    else:
        with pytest.raises(AccsynException, match="not mapped"):
            session.create("Transfer", push())
    assert acme.login("remote").create("Transfer", push(f"client={acme.demo.remote_client.id}"))["id"]


def test_standard_user_maps_folders_and_by_environment_alone_volumes(acme: Any, tmp_path: Path) -> None:
    workspace, client = acme.service.workspace, acme.demo.vendor_client
    with pytest.raises(ValueError, match="by environment only"):
        workspace.map_share(client, acme.demo.volume, tmp_path)
    workspace.map_share(client, acme.demo.volume, tmp_path, Ticks(write=True, by_environment=True))
    assert client.folders == {acme.demo.volume.id: tmp_path}


def test_push_through_a_folder_needs_that_folder_mapped_and_mirrors_below_it(
    acme: Any, session: Any, admin: Any, engine: Any, tmp_path: Path
) -> None:
    folder = admin.create(
        "Folder", {"parent": acme.demo.volume.id, "path": "show/to_vendor", "name": "To", "code": "to"}
    )
    written(acme.hq, "show/to_vendor/deep/a.mov")
    task = {"source": "folder=to/deep/a.mov", "destination": VENDOR}
    acme.service.workspace.map_share(
        acme.demo.vendor_client, acme.demo.volume, tmp_path / "all", Ticks(write=True, by_environment=True)
    )
    with pytest.raises(AccsynException, match="to is not mapped"):
        session.create("Transfer", task)
    share = acme.service.workspace.entities[folder["id"]]
    acme.service.workspace.map_share(acme.demo.vendor_client, share, tmp_path / "to", Ticks(write=True))
    assert run(acme, session, task) == "done"
    assert tree(tmp_path / "to") == {"deep/a.mov": b"data"}
    there = shown_task(session, last(acme).id)["destination"]
    assert (there["s"], there["v"], there["path"]) == (folder["id"], acme.demo.volume.id, "deep/a.mov")


def test_user_who_never_had_a_client_is_refused(acme: Any, session: Any) -> None:
    acme.service.workspace.add_user("new@acme.test", "key", "standard")
    for destination in ("new@acme.test", "new@acme.test:share=projects/in/"):
        with pytest.raises(AccsynException, match="never had a client"):
            session.create("Transfer", push(destination))


@pytest.mark.parametrize("status", ["offline", "disabled", "disabled-offline"])
def test_job_waits_for_a_machine_and_goes_on_by_itself(
    acme: Any, session: Any, engine: Any, away: Path, status: str
) -> None:
    written(acme.hq)
    acme.demo.remote_client.status = status
    assert run(acme, session, push()) == "waiting"
    assert last(acme).log == [f"The client remote-desk is {status} (W#J050)"]
    engine.client_online(acme.demo.remote_client.id)
    engine.wait_idle()
    assert (last(acme).status, tree(away)) == ("done", {"show/a.mov": b"data"})


def test_job_waits_for_a_disabled_user(acme: Any, session: Any, admin: Any, engine: Any, away: Path) -> None:
    written(acme.hq)
    admin.update("User", acme.demo.remote.id, {"status": "disabled"})
    assert run(acme, session, push()) == "waiting"
    assert last(acme).log == ["The user remote@acme.test is disabled (E#J051)"]
    admin.update("User", acme.demo.remote.id, {"status": "enabled"})
    engine.wait_idle()
    assert last(acme).status == "done"


def test_sending_to_a_disabled_user_may_enable_it_again(
    acme: Any, session: Any, admin: Any, engine: Any, away: Path
) -> None:
    written(acme.hq)
    acme.service.workspace.sending_enables = True
    for entity in (acme.demo.remote, acme.demo.volume):
        entity.status = "disabled"
    assert run(acme, session, push()) == "done"
    assert acme.demo.remote.status == acme.demo.volume.status == "enabled"
    acme.demo.vendor.status = "disabled"
    admin.grant("User", acme.demo.vendor.id, "Volume", acme.demo.volume.id, {"read": True})
    assert acme.demo.vendor.status == "enabled"


def test_of_two_machines_the_one_online_is_chosen_and_kept(
    acme: Any, session: Any, engine: Any, away: Path, tmp_path: Path
) -> None:
    written(acme.hq)
    acme.demo.remote_client.status = "offline"
    app = acme.demo.add_machine("laptop", None, user=acme.demo.remote, type=CLIENT_APP)
    ticks = Ticks(read=True, write=True)
    acme.service.workspace.map_share(app, acme.demo.volume, tmp_path / "laptop", ticks)
    engine.paused = True
    job = session.create("Transfer", push())
    engine.client_online(acme.demo.remote_client.id)
    engine.client_offline(app.id)
    engine.paused = False
    engine.wait_idle()
    assert (last(acme).status, tree(away)) == ("waiting", {})
    assert shown_task(session, job["id"])["destination"]["client"] == app.id


def test_foreign_client_needs_a_path_unless_the_workspace_mirrors_there(acme: Any, session: Any, away: Path) -> None:
    client = acme.demo.remote_client.id
    with pytest.raises(AccsynException, match="path is needed"):
        session.create("Transfer", push(f"client={client}"))
    acme.service.workspace.foreign_client_mirrored = True
    assert session.create("Transfer", push(f"client={client}"))["id"]


def test_files_do_not_go_from_machine_to_machine(acme: Any, session: Any, away: Path) -> None:
    task = {**acme.task("a.mov"), "destination": REMOTE}
    with pytest.raises(AccsynException, match="between two machines"):
        session.create("Transfer", task)
    acme.service.workspace.undocumented_pairs = True
    assert session.create("Transfer", task)["id"]


def test_standard_user_sends_to_nobody_else(acme: Any, away: Path) -> None:
    acme.service.workspace.grant(acme.demo.vendor, acme.demo.volume)
    with pytest.raises(AccsynException, match="clients of another user"):
        acme.login("vendor").create("Transfer", push())


def test_employee_without_grants_reads_and_writes_no_volume(acme: Any, session: Any, away: Path) -> None:
    acme.service.workspace.change_role("artist@acme.test", "employee")
    for task, message in ((push(), "no read access"), (pull(), "no write access")):
        with pytest.raises(AccsynException, match=message):
            session.create("Transfer", task)
    acme.service.workspace.grant(acme.demo.artist, acme.demo.volume, write=False)
    assert session.create("Transfer", push())["id"]
    with pytest.raises(AccsynException, match="no write access"):
        session.create("Transfer", pull())


def test_user_server_is_a_machine_like_any_other(acme: Any, admin: Any) -> None:
    row = admin.find_one("Client WHERE user=remote@acme.test")
    assert (row["type"], row["code"], row["roles"]) == (CLIENT_USER_SERVER, "remote-desk", "storage")
