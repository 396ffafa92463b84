"""What volumes tell: their roots on each platform, who serves them, and their free space where that is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_sandbox.accsyn.workspace import PLATFORM
from integration.sandbox_accsyn.bare_client import AccsynException


def volume(session: Any, code: str = "projects") -> Any:
    (row,) = session.find(f"Volume WHERE code={code}")
    return row


def test_volume_tells_its_root_on_every_platform(acme: Any, admin: Any) -> None:
    row = volume(admin)
    assert set(row["paths"]) == {"windows", "linux", "mac"}
    assert row["path"] == row["paths"][PLATFORM] == str(acme.hq)
    made_up = {"windows": "P:/projects", "mac": "/Volumes/projects"}
    assert {name: root for name, root in row["paths"].items() if name != PLATFORM}.items() >= {
        name: root for name, root in made_up.items() if name != PLATFORM
    }.items()


def test_roots_are_set_for_each_of_several_volumes(acme: Any, admin: Any, tmp_path: Path) -> None:
    paths = {"windows": "L:/", "windows_vpn": r"\\nas\library", PLATFORM: "/mnt/library"}
    library = acme.service.workspace.add_volume("library", tmp_path / "library", paths=paths)
    assert volume(admin, "library")["paths"] == paths
    assert (volume(admin, "library")["path"], volume(admin, "library")["default"]) == (str(tmp_path / "library"), False)
    library.root, library.paths = "L:/", {"windows": "L:/"}
    assert (volume(admin, "library")["path"], volume(admin, "library")["paths"]) == ("L:/", {"windows": "L:/"})
    assert volume(admin)["path"] == str(acme.hq)


def test_volume_without_roots_lies_where_head_quarters_has_it(acme: Any, admin: Any, tmp_path: Path) -> None:
    acme.service.workspace.add_volume("library", tmp_path)
    assert volume(admin, "library")["paths"] == {PLATFORM: str(tmp_path)}


def test_free_space_is_told_only_where_the_workspace_does(acme: Any, admin: Any) -> None:
    query = "attributes WHERE entitytype=volume"
    assert set(admin.find(query)) == set(volume(admin))
    acme.service.workspace.free_space_attribute = "free"
    assert "free" in admin.find(query)
    assert "free" not in admin.find("attributes WHERE entitytype=site")
    assert volume(admin)["free"] > 0
    acme.demo.volume.free_bytes = 5
    assert volume(admin)["free"] == 5


def test_attributes_of_folders_are_not_those_of_volumes(acme: Any, admin: Any) -> None:
    assert admin.find("attributes WHERE entitytype=folder") == []
    admin.create("Folder", {"parent": acme.demo.volume.id, "path": "in", "name": "In"})
    shown = admin.find("attributes WHERE entitytype=folder")
    assert shown == admin.find("attributes WHERE entitytype=share") == sorted(admin.find("Folder")[0])
    assert "paths" in admin.find("attributes WHERE entitytype=volume")


def test_servers_of_a_volume_are_those_of_the_sites_that_keep_it(acme: Any, admin: Any, session: Any) -> None:
    servers = admin.assignments("Volume", acme.demo.volume.id)
    assert [(row["code"], row["site_hr"], row["roles"], row["type"], row["status"]) for row in servers] == [
        ("server-hq", "hq", "storage", 1, "online"),
        ("server-london", "london", "storage,site", 1, "online"),
    ]
    assert {row["version"] for row in servers} == {"3.6-5_3"}
    acme.demo.london.folders.clear()
    assert [row["code"] for row in admin.assignments("Share", acme.demo.volume.id)] == ["server-hq"]
    with pytest.raises(AccsynException, match="No volume found"):
        admin.assignments("Volume", acme.demo.london.id)
    with pytest.raises(AccsynException, match="not allowed to read volumes"):
        session.assignments("Volume", acme.demo.volume.id)
    acme.service.workspace.employee_volumes = "granted"
    assert len(session.assignments("Volume", acme.demo.volume.id)) == 1


def test_machines_of_others_are_shown_to_employees_only_where_the_workspace_does(acme: Any, session: Any) -> None:
    query = "Client WHERE user=vendor@acme.test"
    assert session.find(query) == []
    acme.service.workspace.employee_clients = True
    (row,) = session.find(query)
    assert (row["code"], row["status"], row["version"], row["site"]) == ("vendor-desk", "online", "3.6-5_3", None)
    assert acme.login("vendor").find("Client WHERE user=artist@acme.test") == []
