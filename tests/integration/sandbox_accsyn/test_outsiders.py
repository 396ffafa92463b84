"""Somebody from outside, with the role "standard": what they upload, see and touch, and what they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

from ftrack_accsyn_sandbox.accsyn.entities import Share
from integration.sandbox_accsyn.bare_client import AccsynException
from integration.sandbox_accsyn.running import last, run, shown_task, tree

VENDOR = "vendor@acme.test"


@pytest.fixture
def vendor(acme: Any) -> Any:
    return acme.login("vendor")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """The disk of the vendor's machine, with a version of two frames and a note on it."""
    folder = tmp_path / "desk"
    (folder / "sh10_v003" / "exr").mkdir(parents=True)
    for name in ("exr/a.1001.exr", "exr/a.1002.exr", "note.txt"):
        (folder / "sh10_v003" / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def shares(acme: Any, admin: Any) -> None:
    """Two folders of the vendor's, with files in both, and one of somebody else's."""
    for name in ("to", "from", "other"):
        folder = acme.hq / "show" / name
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "a.mov").write_bytes(name.encode())
        admin.create("Folder", {"parent": acme.demo.volume.id, "path": f"show/{name}", "name": name, "code": name})
    grant(admin, "to", read=True, write=False)
    grant(admin, "from", read=True, write=True)


def grant(admin: Any, code: str, path: str = "/", **rights: bool) -> Any:
    return admin.grant("User", VENDOR, "Folder", code, {"path": path, **rights})


def upload(source: Path, destination: str) -> dict[str, str]:
    return {"source": str(source), "destination": destination}


def test_folder_is_uploaded_from_the_own_disk(acme: Any, vendor: Any, engine: Any, shares: None, desk: Path) -> None:
    assert run(acme, vendor, upload(desk / "sh10_v003", "folder=from/in/sh10_v003")) == "done"
    arrived = acme.hq / "show" / "from" / "in" / "sh10_v003"
    assert tree(arrived) == tree(desk / "sh10_v003")
    job = vendor.get_entity("Transfer", last(acme).id)
    assert (job["source"], job["user_hr"]) == (f"user:{acme.demo.vendor.id}", VENDOR)
    assert job["destination"] == f"workspace:{acme.service.workspace.id}"
    task = shown_task(vendor, last(acme).id)
    assert (task["status"], task["size"]) == ("done", sum(len(data) for data in tree(arrived).values()))
    assert task["source"]["client"] == acme.demo.vendor_client.id
    share = acme.service.workspace.get(Share, "from")
    assert (task["destination"]["path"], task["destination"]["s"]) == ("in/sh10_v003", share.id)


def test_file_is_uploaded_and_fetched(acme: Any, vendor: Any, engine: Any, shares: None, desk: Path) -> None:
    assert run(acme, vendor, upload(desk / "sh10_v003" / "note.txt", "folder=from/")) == "done"
    assert (acme.hq / "show" / "from" / "note.txt").read_bytes() == b"note.txt"
    assert run(acme, vendor, {"source": "folder=to/deep", "destination": f"{desk}/got"}) == "done"
    assert tree(desk / "got") == {"a.mov": b"to"}


def test_upload_waits_for_the_own_machine(acme: Any, vendor: Any, engine: Any, shares: None, desk: Path) -> None:
    engine.client_offline(acme.demo.vendor_client.id)
    assert run(acme, vendor, upload(desk / "sh10_v003", "folder=from/x")) == "waiting"
    assert "W#J050" in last(acme).log[0]
    engine.client_online(acme.demo.vendor_client.id)
    engine.wait_idle()
    assert last(acme).status == "done"


UPLOADS = ("folder=to/x", "folder=other/x", "volume=projects/show/from/x", "x", "folder=from/../to/x", "~/x")


@pytest.mark.parametrize("destination", UPLOADS)
def test_upload_elsewhere_is_refused(acme: Any, vendor: Any, shares: None, desk: Path, destination: str) -> None:
    with pytest.raises(AccsynException, match=r"no write access|Invalid path|no home"):
        vendor.create("Transfer", {"code": "a job", "tasks": [upload(desk / "sh10_v003", destination)]})
    assert acme.service.workspace.jobs() == []


@pytest.mark.parametrize("source", ["folder=other/deep", "volume=projects/show/to", "show/to", "folder=to/../other"])
def test_fetching_from_elsewhere_is_refused(vendor: Any, shares: None, desk: Path, source: str) -> None:
    with pytest.raises(AccsynException, match=r"no read access|Invalid path"):
        vendor.create("Transfer", {"source": source, "destination": str(desk / "got")})


@pytest.mark.parametrize("through_a_link", [False, True])
def test_disks_of_the_servers_are_not_on_the_own_machine(
    acme: Any, vendor: Any, engine: Any, shares: None, desk: Path, through_a_link: bool
) -> None:
    secret = acme.hq / "show" / "other"
    if through_a_link:
        (desk / "link").symlink_to(secret)
        secret = desk / "link"
    assert run(acme, vendor, upload(secret / "deep", "folder=from/x")) == "failed"
    assert "E#J001" in last(acme).log[-1]
    assert run(acme, vendor, {"source": "folder=to/deep", "destination": f"{secret}/new"}) == "failed"
    assert not (secret / "new").exists()


def test_links_to_the_disks_of_the_servers_lead_nowhere(
    acme: Any, vendor: Any, engine: Any, shares: None, desk: Path
) -> None:
    (desk / "sh10_v003" / "own").symlink_to(desk / "sh10_v003" / "note.txt")
    assert run(acme, vendor, upload(desk / "sh10_v003", "folder=from/a")) == "done"
    (desk / "sh10_v003" / "link").symlink_to(acme.hq / "show" / "other" / "deep" / "a.mov")
    assert run(acme, vendor, upload(desk / "sh10_v003", "folder=from/b")) == "failed"
    assert not (acme.hq / "show" / "from" / "b").exists()


@pytest.mark.parametrize("of", ["share", "user"])
def test_upload_goes_to_the_queue_of_its_share_or_user(
    acme: Any, vendor: Any, admin: Any, shares: None, desk: Path, of: str
) -> None:
    queue = admin.create("Queue", {"name": "vendors", "priority": 400})
    if of == "user":
        admin.update("User", acme.demo.vendor.id, {"queue": "vendors"})
    else:
        share = acme.service.workspace.get(Share, "from")
        admin.update("Folder", share.id, {"queue": queue["id"]})
    job = vendor.create("Transfer", upload(desk / "sh10_v003", "folder=from/a"))
    assert job["parent_hr"] == "vendors"
    assert vendor.update("Transfer", job["id"], {"status": "aborted"})["parent_hr"] == "vendors"
    admin.delete_one("Queue", queue["id"])
    assert vendor.create("Transfer", upload(desk / "sh10_v003", "folder=from/b"))["parent_hr"] == "Medium"


def test_what_was_uploaded_once_is_not_uploaded_again_without_a_grant(
    acme: Any, vendor: Any, admin: Any, engine: Any, shares: None, desk: Path
) -> None:
    assert run(acme, vendor, upload(desk / "sh10_v003", "folder=from/a")) == "done"
    assert run(acme, vendor, {"source": "folder=to/deep", "destination": f"{desk}/got"}) == "done"
    up, down = (job.id for job in acme.service.workspace.jobs())
    again: list[Callable[[str], Any]] = [
        lambda job: vendor.update_many("Task", job, [{"uri": "0", "status": "queued"}]),
        lambda job: vendor.update("Transfer", job, {"status": "waiting"}),
    ]
    for touch in again:
        assert touch(up)
        assert touch(down)
    engine.wait_idle()
    admin.grant("User", VENDOR, "Folder", "from", {"read": True, "write": False, "path": "/"})
    admin.revoke("User", VENDOR, "Folder", acme.service.workspace.get(Share, "to").id)
    for touch in again:
        with pytest.raises(AccsynException, match="no write access"):
            touch(up)
        with pytest.raises(AccsynException, match="no read access"):
            touch(down)
    admin.update_many("Task", up, [{"uri": "0", "status": "queued"}])


def test_only_what_was_granted_is_seen(acme: Any, vendor: Any, shares: None) -> None:
    assert sorted(row["code"] for row in vendor.find("Folder")) == ["from", "to"]
    assert [row["filename"] for row in vendor.ls("folder=to", recursive=True)[0]["files"]] == ["a.mov"]
    assert vendor.getsize("folder=from/deep/a.mov") == 4
    assert vendor.exists("folder=to/deep") is True
    for ask in (vendor.ls, vendor.getsize, vendor.exists):
        with pytest.raises(AccsynException, match="no read access"):
            ask("folder=other")
    with pytest.raises(AccsynException, match="not allowed to create"):
        vendor.create("Folder", {"parent": acme.demo.volume.id, "path": "show/from/mine", "name": "mine"})
    with pytest.raises(AccsynException, match="not allowed to create"):
        vendor.create("acl", {"entity": f"user:{VENDOR}", "target": "share:other", "read": True})


def test_listing_shows_only_the_way_to_a_grant_below(acme: Any, vendor: Any, admin: Any, shares: None) -> None:
    for name in ("deep/mine/b.mov", "deep/mine_not/c.mov", "beside/d.mov", "deep/mine/further/e.mov"):
        (acme.hq / "show" / "other" / name).parent.mkdir(parents=True, exist_ok=True)
        (acme.hq / "show" / "other" / name).write_bytes(b"data")
    grant(admin, "other", "/deep/mine", read=True)
    assert [row["filename"] for row in vendor.ls("folder=other")] == ["deep"]
    (deep,) = vendor.ls("folder=other", recursive=True)
    (mine,) = deep["files"]
    assert (mine["filename"], [row["filename"] for row in mine["files"]]) == ("mine", ["b.mov", "further"])
    assert vendor.exists("folder=other/deep/mine/b.mov") is True
    for path in ("folder=other/deep/a.mov", "folder=other/beside", "folder=other/deep/mine_not"):
        with pytest.raises(AccsynException, match="no read access"):
            vendor.getsize(path)
    with pytest.raises(AccsynException, match="no read access"):
        vendor.ls("folder=other/beside")


TOUCHES: dict[str, Callable[[Any, str], Any]] = {
    "mkdir": lambda session, share: session.mkdir(f"folder={share}/new"),
    "rename": lambda session, share: session.rename(f"folder={share}/deep", f"folder={share}/renamed"),
    "mv": lambda session, share: session.mv(f"folder={share}/deep/a.mov", f"folder={share}/b.mov"),
    "delete": lambda session, share: session.delete(f"folder={share}/deep/a.mov"),
}


@pytest.mark.parametrize("touch", TOUCHES)
@pytest.mark.parametrize("share", ["to", "other"])
def test_nothing_is_touched_without_a_grant_to_write(
    acme: Any, vendor: Any, shares: None, touch: str, share: str
) -> None:
    before = tree(acme.hq)
    with pytest.raises(AccsynException, match="no write access"):
        TOUCHES[touch](vendor, share)
    assert tree(acme.hq) == before


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("touch", TOUCHES)
def test_grant_to_write_lets_delete_and_rename_also_where_nothing_is_read(
    acme: Any, vendor: Any, admin: Any, shares: None, touch: str, readable: bool
) -> None:
    grant(admin, "from", read=readable, write=True)
    assert TOUCHES[touch](vendor, "from") is True


def test_writer_who_reads_nothing_uploads_unseen(
    acme: Any, vendor: Any, admin: Any, engine: Any, shares: None, desk: Path
) -> None:
    grant(admin, "from", read=False, write=True)
    with pytest.raises(AccsynException, match="no read access"):
        vendor.ls("folder=from")
    assert run(acme, vendor, upload(desk / "sh10_v003" / "note.txt", "folder=from/deep/a.mov")) == "done"
    assert (acme.hq / "show" / "from" / "deep" / "a.mov").read_bytes() == b"note.txt"


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("folder=from/deep", "folder=to/deep"),
        ("folder=from/deep", "folder=other/x"),
        ("folder=to/deep", "folder=from/x"),
    ],
)
def test_nothing_is_moved_out_of_or_into_what_was_granted(
    acme: Any, vendor: Any, shares: None, source: str, target: str
) -> None:
    with pytest.raises(AccsynException, match="no write access"):
        vendor.mv(source, target)


def test_shares_themselves_stay_where_they_are(acme: Any, vendor: Any, admin: Any, shares: None) -> None:
    grant(admin, "to", read=True, write=True)
    for touch in (
        lambda: vendor.mv("folder=from", "folder=to/taken"),
        lambda: vendor.rename("folder=from", "folder=from/x"),
        lambda: vendor.delete("folder=from", force=True),
    ):
        with pytest.raises(AccsynException, match="share cannot be"):
            touch()


def test_other_peoples_jobs_and_grants_are_out_of_sight(acme: Any, vendor: Any, session: Any, shares: None) -> None:
    job = session.create("Transfer", acme.job("a.mov"))["id"]
    assert vendor.find("Transfer") == []
    assert vendor.get_entity("Transfer", job) is None
    assert {row["entity_hr"] for row in vendor.find("acl WHERE read=true")} == {VENDOR}
