"""Users, folders and grants: found, made and taken back, with the whole of what accsyn is told."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.errors import Refused
from ftrack_accsyn_sandbox.accsyn.entities import Acl, Share


@pytest.fixture
def door(open_workspace):
    return open_workspace("admin")


@pytest.fixture
def folder(door, office):
    return door.share_folder(office.volume.id, "show_a/_vendors/v/to", "show_a-to-v")


def sent(service, operation):
    return [row.body["data"] for row in service.log.all() if row.operation == operation]


def test_deactivated_users_are_found_as_such(door, office):
    office.vendor.active = False
    assert [(user.email, user.active) for user in door.people("vendor@acme.test")] == [("vendor@acme.test", False)]
    assert {user.email: user.active for user in door.people()} == {
        "admin@acme.test": True,
        "artist@acme.test": True,
        "remote@acme.test": True,
        "vendor@acme.test": False,
    }


def test_an_invited_user_is_a_standard_one_and_gets_the_home_that_was_said(door, service):
    made = door.invite("new@vendor.test", "Welcome", home=False)
    assert (made.email, made.role) == ("new@vendor.test", "standard")
    assert sent(service, "user/create") == [
        {"code": "new@vendor.test", "role": "standard", "message": "Welcome", "create_home_share": False}
    ]


def test_folders_are_made_level_by_level_and_what_is_there_is_as_good(door, office, service):
    for _ in range(2):
        door.make_folders("projects", "show_a/_vendors/v/to")
    assert (office.hq.folders[office.volume.id] / "show_a/_vendors/v/to").is_dir()
    made = [data["path"] for data in sent(service, "workspace/file") if data["op"] == "mkdir"]
    assert made == [
        f"volume=projects/{path}" for path in ("show_a", "show_a/_vendors", "show_a/_vendors/v", "show_a/_vendors/v/to")
    ]


def test_a_folder_that_another_was_faster_to_make_is_as_good(door, office, service):
    (office.hq.folders[office.volume.id] / "show_a").mkdir()
    service.switches.fail_next("workspace/file", status=200, body={"result": False})
    door.make_folders("projects", "show_a")


def test_a_folder_that_cannot_be_made_is_told(door, office):
    (office.hq.folders[office.volume.id] / "show_a").write_text("a file")
    with pytest.raises(Refused, match=r"make the folder \(volume=projects/show_a/x\)"):
        door.make_folders("projects", "show_a/x")


def test_every_key_of_a_grant_is_given(door, office, folder, service):
    door.grant(office.vendor.id, folder.id, read=True, write=False)
    (grant,) = door.granted_to(office.vendor.id)
    assert (grant.share_id, grant.user_id, grant.path, grant.read, grant.write) == (
        folder.id,
        office.vendor.id,
        "/",
        True,
        False,
    )
    assert door.granted_on(folder.id) == [grant]
    assert sent(service, "acl/create") == [
        {
            "entity": f"user:{office.vendor.id}",
            "target": f"share:{folder.id}",
            "path": "/",
            "read": True,
            "write": False,
            "invite": False,
            "notify": False,
            "message": "",
        }
    ]


def test_granting_again_changes_the_one_grant_that_there_is(door, office, folder):
    for write in (True, False):
        door.grant(office.vendor.id, folder.id, read=True, write=write)
    (grant,) = door.granted_on(folder.id)
    assert not grant.write


def test_grants_are_read_where_they_are_no_entities_of_queries(door, office, folder, service):
    door.grant(office.vendor.id, folder.id, read=True, write=False)
    service.switches.fail_next("acl/find", status=400, body={"message": "acl is not directly exposed"})
    assert len(door.granted_on(folder.id)) == 1


def test_of_two_grants_on_one_folder_each_is_taken_back_by_itself(door, office, folder, monkeypatch):
    monkeypatch.setattr(office.workspace, "one_grant_per_share", False)
    office.workspace.grant(office.vendor, office.workspace.get(Share, folder.id), path="/sub")
    door.grant(office.vendor.id, folder.id, read=True, write=False)
    first, second = door.granted_on(folder.id)
    door.take_back(first)
    assert door.granted_on(folder.id) == [second]
    door.take_back(first)
    door.take_back(second)
    assert not list(office.workspace.each(Acl))[2:]


def test_a_grant_that_cannot_be_taken_back_is_told(open_workspace, office, door, folder):
    door.grant(office.vendor.id, folder.id, read=True, write=False)
    (grant,) = door.granted_on(folder.id)
    with pytest.raises(Refused):
        open_workspace("vendor").take_back(grant)


def test_only_what_may_move_counts_as_moving(door, office, service):
    row = {"code": "a", "source": f"user:{office.vendor.id}", "destination": "workspace:x", "user": "u"}
    rows = [
        {**row, "id": f"{number:024}", "status": status}
        for number, status in enumerate(("waiting", "running", "paused", "odd"))
    ]
    service.switches.fail_next("transfer/find", status=200, body={"result": rows})
    assert [each.id for each in door.moving()] == [f"{1:024}", f"{3:024}"]


def test_folders_tell_where_they_are_and_whether_they_are_there(door, office, folder):
    office.workspace.get(Share, folder.id).active = False
    (found,) = door.folders()
    assert (found.id, found.code, found.volume_id, found.path, found.active) == (
        folder.id,
        "show_a-to-v",
        office.volume.id,
        "show_a/_vendors/v/to",
        False,
    )
