"""Folders and homes below volumes: made, found, changed, granted, and used by jobs."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from integration.sandbox_accsyn.bare_client import AccsynException
from integration.sandbox_accsyn.running import run, shown_task, tree


def folder(session: Any, acme: Any, path: str = "show/in", **data: Any) -> Any:
    return session.create("Folder", {"parent": acme.demo.volume.id, "path": path, **data})


def home(admin: Any, user: str = "vendor@acme.test") -> Any:
    return admin.create("Home", {"user": user})


def test_folder_keeps_what_it_was_made_with(acme: Any, session: Any, admin: Any) -> None:
    made = folder(session, acme, name="Incoming", code="show-in", queue="Low", email="a@acme.test")
    assert (made["name"], made["code"], made["path"], made["type"]) == ("Incoming", "show-in", "show/in", "folder")
    assert (made["parent"], made["parent_hr"], made["email"]) == (acme.demo.volume.id, "projects", "a@acme.test")
    assert made["queue"] == admin.find_one("Queue WHERE code=low")["id"]
    assert [row["id"] for row in session.find("Folder WHERE parent=projects AND code=show-in")] == [made["id"]]
    assert not (acme.hq / "show" / "in").exists()  # directories are made by whoever needs them


def test_code_is_made_from_the_name_and_new(acme: Any, session: Any) -> None:
    codes = [folder(session, acme, f"show/{number}", name="In")["code"] for number in range(3)]
    assert codes == ["In", "In-2", "In-3"]
    assert folder(session, acme, "show/last")["code"] == "last"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"code": "projects"}, "code projects already"),
        ({"code": "taken"}, "code taken already"),
        ({"path": "taken"}, "shared already, as taken"),
        ({"path": "/taken/"}, "shared already, as taken"),
        ({"path": "/"}, "Invalid path"),
        ({"queue": "nothing"}, "Unknown queue"),
        ({"status": "disabled"}, "Unknown attribute"),
    ],
)
def test_impossible_folder_is_refused(acme: Any, session: Any, data: dict[str, Any], message: str) -> None:
    folder(session, acme, "taken")
    with pytest.raises(AccsynException, match=message):
        folder(session, acme, **data)
    assert folder(session, acme, "taken/below")["code"] == "below"


def test_folder_is_renamed_recoded_and_moved_to_another_queue(acme: Any, session: Any) -> None:
    made = folder(session, acme)
    folder(session, acme, "other", code="other")
    changed = session.update("Folder", made["id"], {"name": "N", "code": "c", "queue": "High", "email": "x@acme.test"})
    assert (changed["name"], changed["code"], changed["email"]) == ("N", "c", "x@acme.test")
    assert session.update("Folder", made["id"], {"code": "C"})["code"] == "C"
    assert session.update("Folder", made["id"], {"queue": None})["queue"] is None
    with pytest.raises(AccsynException, match="code OTHER already"):
        session.update("Folder", made["id"], {"code": "OTHER"})


def test_employee_without_the_volume_neither_makes_nor_sees_folders(acme: Any, session: Any, admin: Any) -> None:
    made = folder(session, acme)
    acme.service.workspace.change_role("artist@acme.test", "employee")  # which takes the grants away
    assert session.find("Folder") == []
    with pytest.raises(AccsynException, match="no write access"):
        folder(session, acme, "other")
    admin.grant("User", "artist@acme.test", "Folder", made["id"], {"read": True})
    assert [row["id"] for row in session.find("Folder")] == [made["id"]]


def test_folder_in_use_is_not_deactivated_and_its_grants_go_and_come_with_it(
    acme: Any, session: Any, admin: Any
) -> None:
    made = folder(session, acme, code="in")
    admin.grant("User", "vendor@acme.test", "Folder", made["id"], {"read": True, "write": False})
    job = session.create("Transfer", {"source": "folder=in/a.mov", "destination": "site=london"})["id"]
    with pytest.raises(AccsynException, match="used by the job"):
        session.deactivate_one("Folder", made["id"])
    session.update("Transfer", job, {"status": "aborted"})
    session.deactivate_one("Folder", made["id"])
    assert admin.access("Folder", made["id"]) == []
    assert session.find("Folder") == []
    session.activate_one("Folder", made["id"])
    assert [row["user_hr"] for row in admin.access("Folder", made["id"])] == ["vendor@acme.test"]


def test_vendor_uploads_into_a_granted_folder_and_nowhere_else(
    acme: Any, session: Any, admin: Any, engine: Any
) -> None:
    made = folder(session, acme, code="from-vendor")
    admin.grant("User", "vendor@acme.test", "Folder", made["id"], {"read": True, "write": True})
    (acme.staging / "out.mov").write_bytes(b"data")
    vendor = acme.login("vendor")
    task = {"source": f"client={acme.demo.vendor_client.id}:{acme.staging}/out.mov"}
    assert run(acme, vendor, {**task, "destination": "folder=from-vendor/v001/"}) == "done"
    assert tree(acme.hq) == {"show/in/v001/out.mov": b"data"}
    with pytest.raises(AccsynException, match="no write access"):
        vendor.create("Transfer", {**task, "destination": "volume=projects/show/out.mov"})


def test_home_lies_below_the_homes_directory_and_gives_no_access(acme: Any, admin: Any) -> None:
    made = home(admin)
    assert (made["code"], made["path"], made["type"]) == ("vendor@acme.test", "homes/vendor@acme.test", "home")
    vendor = acme.login("vendor")
    assert vendor.find("Home") == []
    with pytest.raises(AccsynException, match="no write access"):
        vendor.mkdir("~/x")
    admin.grant("User", "vendor@acme.test", "Home", made["id"], {"read": True, "write": True})
    assert [row["id"] for row in vendor.find("Home")] == [made["id"]]
    (acme.hq / "homes" / "vendor@acme.test").mkdir(parents=True)
    assert vendor.mkdir("~/x") is True
    assert (acme.hq / "homes" / "vendor@acme.test" / "x").is_dir()
    assert vendor.exists("home=vendor@acme.test/x") is True


def test_bare_home_means_the_folder_of_the_day(acme: Any, session: Any, admin: Any) -> None:
    home(admin, "artist@acme.test")
    before = datetime.now(timezone.utc)
    job = session.create("Transfer", {**acme.task("show/a.mov"), "destination": "~"})
    days = {f"{day:%Y%m%d}/a.mov" for day in (before, datetime.now(timezone.utc))}
    assert shown_task(session, job["id"])["destination"]["path"] in days
    job = session.create("Transfer", {**acme.task("show/a.mov"), "destination": "~/b.mov"})
    assert shown_task(session, job["id"])["destination"]["path"] == "b.mov"


def test_homes_of_administrators_and_other_employees_are_not_shown_to_employees(
    acme: Any, session: Any, admin: Any
) -> None:
    for user in ("admin", "remote", "vendor", "artist"):
        home(admin, acme.service.workspace.user(f"{user}@acme.test").id)
    assert [row["code"] for row in session.find("Home")] == ["vendor@acme.test", "artist@acme.test"]
    assert len(admin.find("Home")) == 4


@pytest.mark.parametrize(
    ("user", "message"), [("nobody@acme.test", "Unknown user"), ("vendor@acme.test", "a home already")]
)
def test_impossible_home_is_refused(admin: Any, session: Any, user: str, message: str) -> None:
    home(admin)
    with pytest.raises(AccsynException, match=message):
        home(admin, user)
    with pytest.raises(AccsynException, match="not allowed"):
        home(session, "artist@acme.test")


# Grants


def paths(admin: Any, share_id: str) -> list[tuple[str, bool]]:
    return [(row["path"], row["write"]) for row in admin.access("Folder", share_id)]


def grant(session: Any, share_id: str, path: str, **rights: bool) -> Any:
    return session.grant("User", "vendor@acme.test", "Folder", share_id, {"path": path, **rights})


@pytest.mark.parametrize(("single", "kept"), [(False, [("/out", False), ("/in", True)]), (True, [("/in", True)])])
def test_second_path_is_a_second_grant_or_moves_the_first(
    acme: Any, session: Any, admin: Any, single: bool, kept: list[tuple[str, bool]]
) -> None:
    acme.service.workspace.one_grant_per_share = single
    made = folder(session, acme)["id"]
    assert grant(session, made, "/out", read=True)["path"] == "/out"
    answer = grant(session, made, "/in", read=True, write=True)
    assert (answer is True) is single
    assert paths(admin, made) == kept
    assert grant(session, made, "/in", read=True)["write"] is False
    assert paths(admin, made)[-1] == ("/in", False)


def test_grant_of_nothing_is_refused(acme: Any, session: Any, admin: Any) -> None:
    made = folder(session, acme)["id"]
    with pytest.raises(AccsynException, match="read or write"):
        grant(session, made, "/", read=False, write=False)
    assert paths(admin, made) == []


def test_employee_without_the_volume_grants_nothing(acme: Any, session: Any, admin: Any) -> None:
    made = folder(session, acme)["id"]
    acme.service.workspace.change_role("artist@acme.test", "employee")  # which takes the grants away
    with pytest.raises(AccsynException, match="no read access"):
        grant(session, made, "/", read=True)


def test_grants_below_a_volume_are_found_from_it_when_asked_for(acme: Any, session: Any, admin: Any) -> None:
    made = folder(session, acme)
    grant(session, made["id"], "/", read=True)
    volume = acme.demo.volume.id
    users = ["artist@acme.test", "remote@acme.test"]
    assert [row["user_hr"] for row in admin.access("Volume", volume)] == users
    below = admin.access("Volume", volume, recursive=True)
    assert [(row["user_hr"], row["share_hr"]) for row in below] == [
        *((user, "projects") for user in users),
        ("vendor@acme.test", made["code"]),
    ]
    vendor = acme.demo.vendor.id
    only = admin.access("Volume", volume, entitytype="user", entityid=vendor, recursive=True)
    assert [row["share_hr"] for row in only] == [made["code"]]
