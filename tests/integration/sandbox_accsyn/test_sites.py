"""Jobs between head quarters and sites: who may, which ends reach each other, and what waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_sandbox.accsyn.entities import CLIENT_SERVER, Ticks
from integration.sandbox_accsyn.bare_client import AccsynException
from integration.sandbox_accsyn.running import last, run, shown_task, tree

SCANS = "show/sq/sh/scans"


@pytest.fixture
def paris(acme: Any, tmp_path: Path) -> Path:
    """A second site, with a server and a folder of its own."""
    workspace, folder = acme.service.workspace, tmp_path / "paris"
    folder.mkdir()
    site = workspace.add_site("paris")
    site.folders[acme.demo.volume.id] = folder
    workspace.add_client("server-paris", acme.demo.admin, type=CLIENT_SERVER, site_id=site.id, roles="storage,site")
    return folder


def scanned(folder: Path) -> dict[str, bytes]:
    (folder / SCANS).mkdir(parents=True)
    (folder / SCANS / "a.exr").write_bytes(b"data")
    return {f"{SCANS}/a.exr": b"data"}


DOWN = {"source": f"volume=projects/{SCANS}", "destination": "site=london"}
UP = {"source": f"site=london:volume=projects/{SCANS}", "destination": "acme"}
ACROSS = {"source": f"site=london:volume=projects/{SCANS}", "destination": "site=paris"}


@pytest.mark.parametrize("task", [DOWN, UP], ids=["download", "upload"])
def test_folder_is_mirrored_between_head_quarters_and_a_site(acme: Any, session: Any, engine: Any, task: Any) -> None:
    source, target = (acme.hq, acme.london) if task is DOWN else (acme.london, acme.hq)
    ends = (acme.demo.hq, acme.demo.london) if task is DOWN else (acme.demo.london, acme.demo.hq)
    files = scanned(source)
    assert run(acme, session, task, mirror_paths=True) == "done"
    assert tree(target) == files
    shown = shown_task(session, last(acme).id)
    for end, site, folder in zip(("source", "destination"), ends, (source, target)):
        row = shown[end]
        assert (row["site"], row["client"], row["user"]) == (site.id, None, None)
        assert (row["v"], row["s"], row["path"]) == (acme.demo.volume.id, acme.demo.volume.id, SCANS)
        assert row["path_abs"] == row["path_abs_final"] == str(folder / SCANS)


@pytest.mark.parametrize(("opened", "status"), [([], "failed"), (["london"], "failed"), (["london", "paris"], "done")])
def test_two_sites_reach_each_other_only_when_both_are_open(
    acme: Any, session: Any, engine: Any, paris: Path, opened: list[str], status: str
) -> None:
    files = scanned(acme.london)
    for code in opened:
        acme.service.workspace.site(code).ports_open = True
    assert run(acme, session, ACROSS) == status
    assert tree(paris) == (files if status == "done" else {})
    closed = " and ".join(code for code in ("london", "paris") if code not in opened)
    assert last(acme).tasks[0].reason.partition(":")[0] == (f"No connection to {closed}" if closed else "")


def test_head_quarters_must_be_open_to_its_sites(acme: Any, session: Any, engine: Any) -> None:
    scanned(acme.hq)
    acme.demo.hq.ports_open = False
    assert run(acme, session, DOWN) == "failed"
    assert "No connection to hq" in last(acme).tasks[0].reason


@pytest.mark.parametrize(
    ("site", "forbidden", "task", "message"),
    [
        ("london", "no_writing", DOWN, "does not permit writing to"),
        ("london", "no_reading", UP, "does not permit reading from"),
        ("hq", "no_reading", DOWN, "does not permit reading from"),
        ("hq", "no_writing", UP, "does not permit writing to"),
    ],
)
def test_permissions_of_a_site_bind_administrators_too(
    acme: Any, session: Any, admin: Any, site: str, forbidden: str, task: Any, message: str
) -> None:
    setattr(acme.service.workspace.site(site), forbidden, True)
    for user in (session, admin):
        with pytest.raises(AccsynException, match=f"site {site} {message}"):
            user.create("Transfer", task)
    assert session.create("Transfer", UP if task is DOWN else DOWN)["id"]


def test_employee_needs_full_access_to_the_volume(acme: Any, session: Any, admin: Any) -> None:
    workspace = acme.service.workspace
    workspace.change_role("artist@acme.test", "employee")
    for grant in ({"write": False}, {"path": "/show"}):
        workspace.grant(acme.demo.artist, acme.demo.volume, **grant)
        for task in (DOWN, UP):
            with pytest.raises(AccsynException, match="full access"):
                session.create("Transfer", task)
    assert admin.create("Transfer", DOWN)["id"]
    workspace.grant(acme.demo.artist, acme.demo.volume)
    assert session.create("Transfer", DOWN)["id"]


def test_job_waits_for_a_disabled_site(acme: Any, session: Any, engine: Any) -> None:
    files = scanned(acme.hq)
    acme.service.workspace.set_status(acme.demo.london, "disabled")
    assert run(acme, session, DOWN) == "waiting"
    assert last(acme).log == ["The site london is disabled (W#J052)"]
    acme.service.workspace.set_status(acme.demo.london, "enabled")
    engine.wait_idle()
    assert (last(acme).status, tree(acme.london)) == ("done", files)


@pytest.mark.parametrize("status", ["offline", "disabled"])
def test_job_waits_for_the_server_of_a_site(acme: Any, session: Any, engine: Any, status: str) -> None:
    scanned(acme.hq)
    acme.demo.london_server.status = status
    assert run(acme, session, DOWN) == "waiting"
    assert last(acme).log == [f"The server server-london is {status} (W#J055)"]


@pytest.mark.parametrize("kind", ["volume", "folder"])
def test_job_waits_for_a_disabled_share(acme: Any, session: Any, admin: Any, engine: Any, kind: str) -> None:
    scanned(acme.hq)
    folder = admin.create("Folder", {"parent": acme.demo.volume.id, "path": "show", "name": "show"})
    share = acme.demo.volume if kind == "volume" else acme.service.workspace.entities[folder["id"]]
    admin.update(kind, share.id, {"status": "disabled"})
    assert run(acme, session, {"source": "folder=show/sq", "destination": "site=london"}) == "waiting"
    assert last(acme).log == [f"The {kind} {share.code} is disabled (W#J052)"]
    admin.update(kind, share.id, {"status": "enabled"})
    engine.wait_idle()
    assert last(acme).status == "done"


def test_site_exchanges_with_own_machines_but_not_with_those_of_others(
    acme: Any, session: Any, engine: Any, tmp_path: Path
) -> None:
    files = scanned(acme.london)
    mine = {**UP, "destination": f"client={acme.demo.artist_client.id}"}
    assert run(acme, session, mine) == "done"
    assert tree(acme.staging) == files
    ticks = Ticks(read=True, write=True)
    acme.service.workspace.map_share(acme.demo.remote_client, acme.demo.volume, tmp_path / "away", ticks)
    theirs = {**UP, "destination": "remote@acme.test"}
    with pytest.raises(AccsynException, match="a site and the machine of another user"):
        session.create("Transfer", theirs)
    acme.service.workspace.undocumented_pairs = True
    assert run(acme, session, theirs) == "done"
    assert tree(tmp_path / "away") == files


def test_machine_of_a_site_may_be_stood_for_by_its_server(acme: Any, session: Any, engine: Any, tmp_path: Path) -> None:
    files = scanned(acme.hq)
    client = acme.demo.remote_client
    client.site_id = acme.demo.london.id
    acme.service.workspace.map_share(client, acme.demo.volume, tmp_path / "away", Ticks(read=True, write=True))
    down = {**DOWN, "destination": "remote@acme.test"}
    acme.service.workspace.site_takes_over = True
    assert run(acme, session, down) == "done"
    assert (tree(acme.london), tree(tmp_path / "away")) == (files, {})
    assert session.get_entity("Transfer", last(acme).id)["destination_hr"] == "london"
    assert run(acme, session, {**down, "destination": f"client={client.id}:volume=projects/{SCANS}"}) == "done"
    assert tree(tmp_path / "away") == files


def test_standard_user_uses_no_site(acme: Any, tmp_path: Path) -> None:
    acme.service.workspace.grant(acme.demo.vendor, acme.demo.volume)
    task = {
        "source": f"client={acme.demo.vendor_client.id}:{tmp_path}/a.mov",
        "destination": "site=london:share=projects/",
    }
    with pytest.raises(AccsynException, match="full access"):
        acme.login("vendor").create("Transfer", task)


@pytest.mark.parametrize(
    "root", ["P:/projects", "p:\\PROJECTS", "/Volumes/projects", "/mnt/other", "//nas/projects", "{hq}"]
)
def test_absolute_path_at_the_workspace_may_have_any_root_of_the_volume(acme: Any, session: Any, root: str) -> None:
    paths = {"windows": "P:/projects", "windows_vpn": "//nas/projects", "mac": "/Volumes/projects"}
    acme.demo.volume.paths, acme.demo.volume.root = paths, "/mnt/other"
    path = root.format(hq=acme.hq) + ("\\show\\a.mov" if "\\" in root else "/show/a.mov")
    job = session.create("Transfer", {"source": path, "destination": "site=london"})
    assert shown_task(session, job["id"])["source"]["path"] == "show/a.mov"
    with pytest.raises(AccsynException, match="not below any volume"):
        session.create("Transfer", {"source": "acme:/Volumes/projects2/a.mov", "destination": "site=london"})
    with pytest.raises(AccsynException, match="not below any volume"):
        session.create("Transfer", {"source": "share=projects/a", "destination": "site=london:/Volumes/projects/a"})
