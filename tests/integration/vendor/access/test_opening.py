"""A vendor has exactly what they need, and whatever is in the way of that is told before anything is granted."""

from __future__ import annotations

import threading

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.access import Standing
from ftrack_accsyn_accessor.model.vendors import VendorRules, places
from ftrack_accsyn_accessor.vendor.access import look, open_access
from ftrack_accsyn_sandbox.accsyn.entities import Acl, Share, User
from granting import OTHER, PROJECT, VENDOR

PLACES = places(VendorRules(), PROJECT, VENDOR)
TO, FROM = (PLACES.to_code, "/"), (PLACES.from_code, "/")
EXACT = {TO: (True, False), FROM: (True, True)}
WRITES = ("create", "edit", "delete", "add", "remove", "activate", "deactivate")


def wrote(granting):
    operations = granting.studio.accsyn.log.operations()
    return [each for each in operations if each.rpartition("/")[2] in WRITES]


def test_a_vendor_gets_two_folders_and_one_grant_on_each(granting):
    before = look(granting.means, PROJECT, VENDOR)
    assert (before.standing, before.ready, before.to_share_id, before.obstacle) == (Standing.ENABLED, False, "", "")
    assert len(before.steps) == 4
    assert not wrote(granting)
    opened = open_access(granting.means, PROJECT, VENDOR)
    assert granting.grants() == EXACT
    assert set(opened.steps) == set(before.steps)
    for folder in (PLACES.to_folder, PLACES.from_folder):
        assert (granting.studio.hq / folder).is_dir()
    after = look(granting.means, PROJECT, VENDOR)
    assert (after.ready, after.to_share_id, after.from_share_id) == (True, opened.to_share_id, opened.from_share_id)


def test_opening_again_changes_nothing(granting):
    open_access(granting.means, PROJECT, VENDOR)
    granting.studio.accsyn.log.clear()
    assert open_access(granting.means, PROJECT, VENDOR.upper()).steps == ()
    assert not wrote(granting)


def test_an_unknown_user_is_invited_as_a_standard_one_without_a_home(granting):
    means = granting.rule(message="Welcome")
    assert look(means, PROJECT, "new@vendor.test").standing is Standing.UNKNOWN
    opened = open_access(means, PROJECT, "New@vendor.test")
    user = granting.workspace.user("new@vendor.test")
    assert (user.code, user.role, user.signed_up) == ("new@vendor.test", "standard", False)
    assert (opened.standing, opened.invited_at[:2]) == (Standing.INVITED, "20")
    assert any("was invited on 20" in each and "never logged in" in each for each in opened.remarks)
    assert len(granting.grants(user)) == 2
    (data,) = (row.body["data"] for row in granting.studio.accsyn.log.all() if row.operation == "user/create")
    assert data == {"code": "new@vendor.test", "role": "standard", "message": "Welcome", "create_home_share": False}


@pytest.mark.parametrize("how", ["disabled", "inactive"])
@pytest.mark.parametrize("opened_before", [False, True])
def test_a_disabled_or_deactivated_user_is_refused_and_nothing_is_done(granting, how, opened_before):
    granting.workspace.sending_enables = True
    if opened_before:
        open_access(granting.means, PROJECT, VENDOR)
        acl = next(acl for acl in granting.workspace.each(Acl) if acl.user_id == granting.vendor.id)
        acl.write = not acl.write
    vendor = granting.vendor
    vendor.status, vendor.active = ("disabled", True) if how == "disabled" else ("enabled", False)
    granting.studio.accsyn.log.clear()
    with pytest.raises(errors.NotAllowed, match=f"{VENDOR} is (disabled|deactivated) in accsyn"):
        open_access(granting.means, PROJECT, VENDOR)
    told = look(granting.means, PROJECT, VENDOR)
    assert told.standing is Standing(how)
    assert told.obstacle
    assert not wrote(granting)
    assert (vendor.status, vendor.active) == (("disabled", True) if how == "disabled" else ("enabled", False))


def test_who_is_disabled_in_the_middle_gets_nothing_more(granting, monkeypatch):
    granting.workspace.sending_enables = True
    workspace = granting.means.workspace
    grant = workspace.grant

    def disables(*args, **rights):
        grant(*args, **rights)
        granting.vendor.status = "disabled"

    monkeypatch.setattr(workspace, "grant", disables)
    with pytest.raises(errors.NotAllowed, match="is disabled in accsyn"):
        open_access(granting.means, PROJECT, VENDOR)
    assert granting.vendor.status == "disabled"
    assert len(granting.grants()) == 1


@pytest.mark.parametrize("address", ["vend\u043er@acme.test", "\u212a@acme.test", "vendor", ""])
def test_an_address_that_accsyn_may_take_for_another_is_refused(granting, address):
    with pytest.raises(errors.NotAllowed, match="no e-mail address in plain letters"):
        open_access(granting.means, PROJECT, address)
    assert not wrote(granting)


def test_grants_on_a_part_of_a_folder_and_those_of_other_vendors_go(granting):
    opened = open_access(granting.means, PROJECT, VENDOR)
    other = granting.add_vendor()
    to = granting.workspace.get(Share, opened.to_share_id)
    granting.workspace.grant(granting.vendor, to, path="/sub")
    granting.workspace.grant(other, to)
    granting.workspace.grant(granting.studio.demo.remote, to, write=False)
    changed = open_access(granting.means, PROJECT, VENDOR)
    assert len(changed.steps) == 2
    assert granting.grants() == EXACT
    assert granting.grants(other) == {}
    assert (to.code, "/") in granting.grants(granting.studio.demo.remote)


@pytest.mark.parametrize("one", [False, True])
def test_a_grant_of_another_path_that_accsyn_would_move_ends_as_what_was_meant(granting, one):
    granting.workspace.one_grant_per_share = one
    open_access(granting.means, PROJECT, VENDOR)
    for acl in [acl for acl in granting.workspace.each(Acl) if acl.user_id == granting.vendor.id]:
        acl.path = "/elsewhere"
    open_access(granting.means, PROJECT, VENDOR)
    assert granting.grants() == EXACT


def test_a_grant_that_says_more_or_less_is_brought_to_what_it_should_be(granting):
    open_access(granting.means, PROJECT, VENDOR)
    for acl in [acl for acl in granting.workspace.each(Acl) if acl.user_id == granting.vendor.id]:
        acl.read, acl.write = False, not acl.write
    open_access(granting.means, PROJECT, VENDOR)
    assert granting.grants() == EXACT


def test_two_grants_on_all_of_a_folder_become_one(granting):
    opened = open_access(granting.means, PROJECT, VENDOR)
    to = granting.workspace.get(Share, opened.to_share_id)
    granting.workspace.grant(granting.vendor, to)
    open_access(granting.means, PROJECT, VENDOR)
    assert granting.grants() == EXACT


def test_a_grant_that_accsyn_does_not_keep_is_told(granting):
    granting.studio.accsyn.switches.fail_next("acl/create", times=20, status=200, body={"result": [True]})
    try:
        with pytest.raises(errors.Conflict, match=r"accsyn still has something else: let vendor@acme\.test read"):
            open_access(granting.means, PROJECT, VENDOR)
    finally:
        granting.studio.accsyn.switches.clear()


@pytest.mark.parametrize(
    "folder", ["", PROJECT, f"{PROJECT}/_vendors", PLACES.to_folder.upper(), PLACES.publish_folder]
)
def test_a_wider_grant_is_told_and_not_taken_for_ours(granting, folder):
    volume = granting.studio.demo.volume
    if folder == PLACES.to_folder.upper():
        folder = f"{PLACES.to_folder}/sub"
    path = f"/{folder}" if folder == PROJECT else "/"
    share = volume
    if folder not in ("", PROJECT):
        share = granting.workspace.add(Share("wide", "wide", type="folder", parent_id=volume.id, path=folder))
    granting.workspace.grant(granting.vendor, share, path=path)
    found = look(granting.means, PROJECT, VENDOR)
    assert [each.folder for each in found.wider] == [folder]
    assert sum("may do more than what is granted here" in each for each in found.remarks) == 1
    open_access(granting.means, PROJECT, VENDOR)
    assert granting.grants() == {**EXACT, (share.code, path): (True, True)}


def test_grants_elsewhere_are_not_wider(granting):
    volume = granting.studio.demo.volume
    share = granting.workspace.add(Share("else", "else", type="folder", parent_id=volume.id, path=f"{PROJECT}_2"))
    granting.workspace.grant(granting.vendor, share)
    assert look(granting.means, PROJECT, VENDOR).wider == ()


@pytest.mark.parametrize(
    ("code", "folder", "words"),
    [
        ("theirs", PLACES.to_folder, "shared already, as theirs"),
        ("theirs", PLACES.from_folder.upper(), "shared already, as theirs"),
        (PLACES.from_code, "show_a/plates", f"not what is shared as {PLACES.from_code}: that is show_a/plates"),
    ],
)
def test_a_folder_or_code_that_is_something_elses_is_refused(granting, code, folder, words):
    volume = granting.studio.demo.volume
    granting.workspace.add(Share(code, code, type="folder", parent_id=volume.id, path=folder))
    with pytest.raises(errors.NotAllowed) as caught:
        open_access(granting.means, PROJECT, VENDOR)
    assert words in str(caught.value)
    assert not wrote(granting)


@pytest.mark.parametrize(("status", "active"), [("disabled", True), ("enabled", False)])
def test_a_folder_that_somebody_has_switched_off_stays_so(granting, status, active):
    granting.workspace.sending_enables = True
    opened = open_access(granting.means, PROJECT, VENDOR)
    share = granting.workspace.get(Share, opened.from_share_id)
    share.status, share.active = status, active
    with pytest.raises(errors.NotAllowed, match=f"The folder {PLACES.from_code} (is disabled|was deactivated)"):
        open_access(granting.means, PROJECT, VENDOR)
    assert (share.status, share.active) == (status, active)


def test_what_comes_back_with_a_folder_is_compared(granting):
    opened = open_access(granting.means, PROJECT, VENDOR)
    share = granting.workspace.get(Share, opened.from_share_id)
    granting.workspace.grant(granting.add_vendor(), share)
    share.active = False
    share.active = True
    open_access(granting.means, PROJECT, VENDOR)
    assert granting.grants(granting.workspace.user(OTHER)) == {}
    assert granting.grants() == EXACT


def test_two_at_once_make_everything_once(granting):
    everybody = [granting.rule() for _ in range(3)]
    together = threading.Barrier(len(everybody))
    failed: list[errors.AccsynAccessorError] = []

    def opens(means):
        together.wait()
        try:
            open_access(means, PROJECT, "new@vendor.test")
        except errors.AccsynAccessorError as error:
            failed.append(error)

    threads = [threading.Thread(target=opens, args=(means,)) for means in everybody]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    users = [user for user in granting.workspace.each(User) if user.code == "new@vendor.test"]
    assert len(users) == 1
    assert len(granting.grants(users[0])) == 2


def test_the_vendors_machines_are_told_with_their_versions(granting):
    found = look(granting.means, PROJECT, VENDOR)
    (machine,) = found.machines
    assert (machine.name, machine.kind, machine.online) == ("vendor-desk", "desktop app", True)
    client = granting.studio.demo.vendor_client
    client.status, client.version, before = "offline", "3.5-9", client.version
    try:
        told = look(granting.means, PROJECT, VENDOR).remarks
    finally:
        client.status, client.version = "online", before
    assert "vendor@acme.test has the desktop app 3.5-9 on vendor-desk, not online." in told
    assert any("that takes version 3.6-5" in each for each in told)


def test_a_volume_that_is_not_shown_is_told(granting, monkeypatch):
    monkeypatch.setenv("FTRACK_ACCSYN_VOLUME", "elsewhere")
    with pytest.raises(errors.NotReady, match="no volume with the code elsewhere"):
        look(granting.rule(), PROJECT, VENDOR)
