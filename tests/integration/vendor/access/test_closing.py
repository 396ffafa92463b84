"""When tasks are over, access ends: writing at once, reading after a while, and comes back with them."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.closing import stamp
from ftrack_accsyn_accessor.model.vendors import VendorRules, places
from ftrack_accsyn_accessor.vendor import closing
from ftrack_accsyn_accessor.vendor.access import open_access
from ftrack_accsyn_accessor.vendor.closing import settle
from ftrack_accsyn_accessor.vendor.report import report
from ftrack_accsyn_accessor.vendor.spool import HAND_OUT
from ftrack_accsyn_sandbox.accsyn.entities import Acl, Party, Share
from granting import OTHER, PROJECT, VENDOR
from runner import RUNNER

PLACES = places(VendorRules(), PROJECT, VENDOR)
TO, FROM = (PLACES.to_code, "/"), (PLACES.from_code, "/")
OPEN = {TO: (True, False), FROM: (True, True)}
CLOSING = {TO: (True, False), FROM: (True, False)}
NOW = 1_800_000_000.0
DAY = 86_400.0


@pytest.fixture
def tasks(granting):
    """Two tasks of the vendor, who has access."""
    found = granting.tasks()[:2]
    open_access(granting.means, PROJECT, VENDOR)
    for task in found:
        granting.hand_out(task)
        granting.set_status(task, "In progress")
    yield found
    for task in found:
        granting.set_status(task, "Not started")


def kinds(steps):
    return sorted(each.kind for each in steps)


def test_nothing_changes_while_a_task_is_open(granting, tasks):
    granting.set_status(tasks[0], "Completed")
    assert kinds(settle(granting.means, NOW)) == [closing.CLOSED]
    assert granting.grants() == OPEN
    assert (granting.kept(tasks[0]).closed_at, granting.kept(tasks[1]).closed_at) == (stamp(NOW), "")
    granting.studio.accsyn.log.clear()
    assert settle(granting.means, NOW + 30 * DAY) == []
    assert granting.grants() == OPEN


def test_writing_ends_with_the_last_task_and_reading_after_a_while(granting, tasks):
    for task, status in zip(tasks, ("Completed", "Omitted")):
        granting.set_status(task, status)
    first = settle(granting.means, NOW)
    assert kinds(first) == [closing.CLOSED, closing.CLOSED, closing.WRITE_TAKEN]
    assert granting.grants() == CLOSING
    assert settle(granting.means, NOW + 6 * DAY) == []
    assert granting.grants() == CLOSING
    assert kinds(settle(granting.means, NOW + 7 * DAY)) == [closing.READ_TAKEN] * 2
    assert granting.grants() == {}
    assert settle(granting.means, NOW + 8 * DAY) == []


def test_writing_is_taken_by_a_grant_of_less_and_not_by_taking_everything_first(granting, tasks):
    for task in tasks:
        granting.set_status(task, "Completed")
    granting.studio.accsyn.log.clear()
    settle(granting.means, NOW)
    operations = granting.studio.accsyn.log.operations()
    assert "acl/delete" not in operations
    assert operations.count("acl/create") == 1


def test_what_is_open_again_is_given_back(granting, tasks):
    for task in tasks:
        granting.set_status(task, "Completed")
    settle(granting.means, NOW)
    settle(granting.means, NOW + 8 * DAY)
    assert granting.grants() == {}
    granting.set_status(tasks[1], "In progress")
    assert kinds(settle(granting.means, NOW + 9 * DAY)) == [closing.REOPENED]
    assert granting.grants() == OPEN
    assert granting.kept(tasks[1]).closed_at == ""
    assert settle(granting.means, NOW + 9 * DAY) == []
    granting.set_status(tasks[1], "Completed")
    settle(granting.means, NOW + 10 * DAY)
    assert granting.grants() == CLOSING


@pytest.mark.parametrize("by_group", [False, True])
def test_a_task_that_was_taken_from_the_vendors_user_is_over(granting, tasks, by_group):
    store, means = granting.store, granting.means
    user = store.create("User", username=f"v{by_group}", first_name="V", last_name="V", email=VENDOR.upper())["id"]
    resource = user
    if by_group:
        resource = store.create("Group", name="vendors")["id"]
        store.create("Membership", group_id=resource, user_id=user)
    rows = [
        store.create("Appointment", type="assignment", context_id=task, resource_id=resource)["id"] for task in tasks
    ]
    assert settle(means, NOW) == []
    assert granting.kept(tasks[0]).assigned
    means.connection.delete("Appointment", rows)
    first = settle(means, NOW)
    assert kinds(first) == [closing.CLOSED, closing.CLOSED, closing.WRITE_TAKEN]
    assert all("is not assigned to them any more" in each.words for each in first[:2])
    means.connection.delete("User", [user])


def test_a_task_that_never_was_assigned_is_not_over_for_that(granting, tasks):
    assert settle(granting.means, NOW) == []
    assert granting.grants() == OPEN


def test_a_task_that_is_not_there_any_more_is_over(granting, tasks):
    store = granting.store
    made = store.create("Task", name="gone", parent_id=granting.studio.ids["show_a/sq010/sh010"])["id"]
    granting.hand_out(made)
    for task in tasks:
        granting.set_status(task, "Completed")
    settle(granting.means, NOW)
    assert granting.grants() == OPEN
    granting.means.connection.delete("Task", [made])
    settle(granting.means, NOW)
    assert granting.grants() == CLOSING


def test_writing_is_not_taken_while_something_of_theirs_is_uploaded(granting, tasks):
    for task in tasks:
        granting.set_status(task, "Completed")
    workspace, vendor = Party("workspace", granting.workspace.id), Party("user", granting.vendor.id)
    job = granting.moves(vendor, workspace)
    steps = settle(granting.means, NOW)
    assert kinds(steps) == [closing.CLOSED, closing.CLOSED, closing.WAITS]
    assert "moving of vendor@acme.test is still running" in steps[-1].words
    assert granting.grants() == OPEN
    job.status = job.held = "done"
    assert kinds(settle(granting.means, NOW)) == [closing.WRITE_TAKEN]
    assert granting.grants() == CLOSING


def test_an_upload_that_never_ends_is_never_cut_and_told_each_time(granting, tasks):
    for task in tasks:
        granting.set_status(task, "Completed")
    job = granting.moves(Party("user", granting.vendor.id), Party("workspace", granting.workspace.id))
    for days in (0, 1, 8, 90):
        found = report(granting.means, NOW + days * DAY, fix=True)
        assert any(each.kind == closing.WAITS and "still running" in each.words for each in found.steps)
        assert (found.attention, job.status) == (True, "running")
        assert granting.grants()[FROM][1] is True
    for options in ([], ["--fix"], ["--fix", "--json"]):
        assert RUNNER.invoke(application, ["vendors", *options]).exit_code == 6


def test_a_download_keeps_reading_and_nothing_else(granting, tasks):
    for task in tasks:
        granting.set_status(task, "Completed")
    workspace, vendor = Party("workspace", granting.workspace.id), Party("user", granting.vendor.id)
    job = granting.moves(workspace, vendor)
    settle(granting.means, NOW)
    assert granting.grants() == CLOSING
    assert kinds(settle(granting.means, NOW + 8 * DAY)) == [closing.WAITS] * 2
    assert granting.grants() == CLOSING
    job.status = job.held = "waiting"
    settle(granting.means, NOW + 8 * DAY)
    assert granting.grants() == {}


def test_whom_more_is_being_handed_out_to_keeps_what_they_have(granting, tasks):
    for task in tasks:
        granting.set_status(task, "Completed")
    spool = granting.means.spool
    spool.put(HAND_OUT, "more", {"project": PROJECT, "vendor": VENDOR})
    assert settle(granting.means, NOW) == []
    assert granting.grants() == OPEN
    spool.waiting(HAND_OUT)[0].finish({})
    settle(granting.means, NOW)
    assert granting.grants() == CLOSING


def test_a_delivery_of_what_was_handed_out_ends_with_reading_and_no_other_does(granting, tasks):
    hq = granting.studio.hq
    for folder in (f"{PLACES.to_folder}/package", f"{PROJECT}/plates"):
        (hq / folder).mkdir(parents=True, exist_ok=True)
        (hq / folder / "a.mov").write_bytes(b"a")
    door = granting.means.workspace
    name = f"{PROJECT} ftrack send hq > {VENDOR} 2026-11-26"
    ours = door.create_delivery(f"{name} 1", [f"volume=projects/{PLACES.to_folder}/package"], VENDOR)
    sent = door.create_delivery(f"{name} 2", [f"volume=projects/{PROJECT}/plates"], VENDOR)
    for task in tasks:
        granting.set_status(task, "Completed")
    settle(granting.means, NOW)
    assert len(door.open_deliveries()) == 2
    job = granting.moves(Party("workspace", granting.workspace.id), Party("user", granting.vendor.id))
    assert closing.WAITS in kinds(settle(granting.means, NOW + 8 * DAY))
    assert len(door.open_deliveries()) == 2
    assert any("can still fetch the delivery" in each for each in report(granting.means, NOW + 8 * DAY).remarks)
    job.status = job.held = "done"
    assert kinds(settle(granting.means, NOW + 8 * DAY)) == [closing.ENDED, *[closing.READ_TAKEN] * 2]
    assert [each.id for each in door.open_deliveries()] == [sent.id]
    assert door.delivery(ours.id).status == "aborted"
    assert settle(granting.means, NOW + 8 * DAY) == []


def test_somebody_elses_transfer_keeps_nothing(granting, tasks):
    for task in tasks:
        granting.set_status(task, "Completed")
    granting.moves(Party("user", granting.studio.demo.remote.id), Party("workspace", granting.workspace.id))
    settle(granting.means, NOW)
    assert granting.grants() == CLOSING


@pytest.mark.parametrize("how", ["disabled", "folder"])
def test_what_was_switched_off_is_taken_everything_and_stays_so(granting, tasks, how):
    granting.workspace.sending_enables = True
    share = granting.workspace.get(Share, PLACES.from_code)
    vendor = granting.vendor
    switched = vendor if how == "disabled" else share
    switched.status = "disabled"
    for task in tasks:
        granting.set_status(task, "Completed")
    settle(granting.means, NOW)
    assert granting.grants(vendor) == {TO: (True, False)}
    assert switched.status == "disabled"
    granting.set_status(tasks[0], "In progress")
    steps = settle(granting.means, NOW + DAY)
    assert kinds(steps) == [closing.TOLD]
    assert granting.grants(vendor) == {TO: (True, False)}
    assert granting.kept(tasks[0]).closed_at


def test_what_a_deactivated_vendor_brings_back_with_them_is_taken_then(granting, tasks):
    vendor = granting.vendor
    vendor.active = False
    for task in tasks:
        granting.set_status(task, "Completed")
    settle(granting.means, NOW)
    assert not vendor.active
    vendor.active = True
    assert granting.grants() == OPEN
    assert kinds(settle(granting.means, NOW)) == [closing.WRITE_TAKEN]
    assert granting.grants() == CLOSING


def test_everything_is_taken_back_until_nothing_is_left(granting, tasks):
    for code in (PLACES.to_code, PLACES.from_code):
        share = granting.workspace.get(Share, code)
        for path in ("/a", "/b"):
            granting.workspace.grant(granting.vendor, share, path=path)
    for task in tasks:
        granting.set_status(task, "Completed")
    settle(granting.means, NOW)
    assert granting.grants() == CLOSING
    settle(granting.means, NOW + 8 * DAY)
    assert granting.grants() == {}


def test_another_vendor_and_another_project_are_left_alone(granting, tasks):
    other = granting.add_vendor()
    open_access(granting.means, PROJECT, OTHER)
    open_access(granting.means, "show_b", VENDOR)
    granting.hand_out(tasks[0], OTHER)
    granting.hand_out(granting.tasks("show_b")[0], project="show_b")
    elsewhere = places(VendorRules(), "show_b", VENDOR)
    for task in tasks:
        granting.set_status(task, "Completed")
    granting.hand_out(granting.tasks()[3], OTHER)
    settle(granting.means, NOW)
    settle(granting.means, NOW + 8 * DAY)
    assert granting.grants() == {(elsewhere.to_code, "/"): (True, False), (elsewhere.from_code, "/"): (True, True)}
    assert len(granting.grants(other)) == 2


def test_what_was_not_taken_in_is_told_once_and_keeps_nothing(granting, tasks):
    folder = granting.studio.hq / PLACES.from_folder / "sh010_anim_v003"
    folder.mkdir()
    (folder / "a.exr").write_bytes(b"a")
    for task in tasks:
        granting.set_status(task, "Completed")
    steps = settle(granting.means, NOW)
    assert granting.grants() == CLOSING
    assert f"1 file was left in {PLACES.from_folder} and not taken in." in [each.words for each in steps]
    assert settle(granting.means, NOW) == []
    (folder / "a.exr").unlink()
    folder.rmdir()


def test_a_record_that_names_somebody_by_hand_opens_nothing(granting):
    """Whoever may write metadata in ftrack may not invite people to accsyn, nor open another project to them."""
    task = granting.tasks()[2]
    granting.hand_out(task, "evil@vendor.test", closed_at=stamp(NOW - DAY))
    open_access(granting.means, "show_b", VENDOR)
    granting.hand_out(task, VENDOR, project="show_b", closed_at=stamp(NOW - DAY))
    before = granting.grants()
    for acl in [acl for acl in granting.workspace.each(Acl) if acl.user_id == granting.vendor.id]:
        granting.workspace.entities.pop(acl.id)
    granting.studio.accsyn.log.clear()
    steps = settle(granting.means, NOW)
    assert kinds(steps) == [closing.TOLD, closing.TOLD]
    assert before
    assert granting.grants() == {}
    assert not {"user/create", "acl/create", "folder/create"} & set(granting.studio.accsyn.log.operations())


@pytest.mark.parametrize("moment", ["9999-01-01T00:00:00Z", "soon"])
def test_a_moment_that_cannot_be_is_now(granting, tasks, moment):
    for task in tasks:
        granting.set_status(task, "Completed")
        granting.hand_out(task, closed_at=moment)
    settle(granting.means, NOW)
    assert granting.kept(tasks[0]).closed_at == stamp(NOW)
    settle(granting.means, NOW + 8 * DAY)
    assert granting.grants() == {}


def test_access_ends_though_ftrack_does_not_keep_when(granting, tasks, monkeypatch):
    for task in tasks:
        granting.set_status(task, "Completed")
    refusal = {"exception": "PermissionError", "content": "You may not.", "error_code": None}
    granting.studio.ftrack.switches.fail_next("update:Metadata", times=2, status=200, body=refusal)
    steps = settle(granting.means, NOW)
    granting.studio.ftrack.switches.clear()
    assert kinds(steps) == [closing.TOLD, closing.TOLD, closing.WRITE_TAKEN]
    assert granting.grants() == CLOSING


def test_what_fails_for_one_vendor_does_not_keep_it_from_others(granting, tasks):
    other = granting.add_vendor("a-first@vendor.test")
    open_access(granting.means, PROJECT, other.code)
    granting.hand_out(tasks[0], other.code)
    for task in tasks:
        granting.set_status(task, "Completed")
    granting.studio.accsyn.switches.fail_next("acl/create", status=403, body={"message": "You may not."})
    steps = settle(granting.means, NOW)
    granting.studio.accsyn.switches.clear()
    assert [each.vendor for each in steps if each.kind == closing.TOLD] == [other.code]
    assert granting.grants() == CLOSING


def test_a_service_that_cannot_be_asked_is_an_error(granting, tasks):
    granting.studio.accsyn.switches.fail_next("transfer/find", status=403, body={"message": "You may not."})
    with pytest.raises(errors.WorkspaceError):
        settle(granting.means, NOW)
    granting.studio.accsyn.switches.clear()


def test_twice_at_once_ends_as_once(granting, tasks):
    for task in tasks:
        granting.set_status(task, "Completed")
    everybody = [granting.rule() for _ in range(3)]
    for now, wanted in ((NOW, CLOSING), (NOW + 8 * DAY, {})):
        told: list[object] = []
        together = threading.Barrier(len(everybody))

        def settles(means, now=now, told=told, together=together):
            together.wait()
            told.extend(settle(means, now))

        threads = [threading.Thread(target=settles, args=(means,)) for means in everybody]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert granting.grants() == wanted
        assert closing.TOLD not in [each.kind for each in told]


def test_a_record_keeps_all_else_that_it_says(granting, tasks):
    before = granting.hand_out(tasks[0], due="2026-12-01", package="package-7", assigned=True)
    for task in tasks:
        granting.set_status(task, "Completed")
    settle(granting.means, NOW)
    assert granting.kept(tasks[0]) == dataclasses.replace(before, closed_at=stamp(NOW))
