"""Who may reach what, and why; what nothing explains is named, and taken back where that was asked for."""

from __future__ import annotations

import datetime
import json
import time

import pytest

from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.model.vendors import VendorRules, places
from ftrack_accsyn_accessor.vendor import closing
from ftrack_accsyn_accessor.vendor.access import open_access
from ftrack_accsyn_accessor.vendor.closing import settle
from ftrack_accsyn_accessor.vendor.report import Cause, report
from ftrack_accsyn_sandbox.accsyn.entities import Acl, Party, Share
from granting import OTHER, PROJECT, VENDOR
from runner import RUNNER

PLACES = places(VendorRules(), PROJECT, VENDOR)
TO, FROM = (PLACES.to_code, "/"), (PLACES.from_code, "/")
OPEN = {TO: (True, False), FROM: (True, True)}
NOW = 1_900_000_000.0
DAY = 86_400.0


@pytest.fixture
def task(granting):
    """A task of the vendor, who has access."""
    found = granting.tasks()[0]
    open_access(granting.means, PROJECT, VENDOR)
    granting.hand_out(found)
    granting.set_status(found, "In progress")
    yield found
    granting.set_status(found, "Not started")


def causes(found):
    return sorted((each.vendor, each.share, each.cause) for each in found.reached)


def both(cause, vendor=VENDOR):
    return sorted((vendor, code, cause) for code in (PLACES.to_code, PLACES.from_code))


def test_each_grant_is_explained_by_the_tasks_that_are_open(granting, task):
    found = report(granting.means, NOW)
    assert causes(found) == both(Cause.OPEN)
    (name,) = {each.words for each in found.reached}
    assert name.endswith(" Animation")
    assert {each.folder for each in found.reached} == {PLACES.to_folder, PLACES.from_folder}
    assert [(each.task_id, each.overdue, each.returned) for each in found.work] == [(task, False, False)]
    assert not found.attention


def test_nothing_handed_out_is_nothing_to_tell(granting):
    found = report(granting.means, NOW)
    assert (found.reached, found.work, found.remarks, found.attention) == ((), (), (), False)


def test_what_is_over_is_expired_until_it_is_fixed(granting, task):
    granting.set_status(task, "Completed")
    found = report(granting.means, NOW)
    assert causes(found) == sorted([(VENDOR, PLACES.to_code, Cause.GRACE), (VENDOR, PLACES.from_code, Cause.EXPIRED)])
    assert found.attention
    assert granting.grants() == OPEN
    fixed = report(granting.means, NOW, fix=True)
    assert [each.kind for each in fixed.steps] == [closing.CLOSED, closing.WRITE_TAKEN]
    assert causes(fixed) == both(Cause.GRACE)
    assert not fixed.attention
    assert report(granting.means, NOW + 8 * DAY).attention
    assert report(granting.means, NOW + 8 * DAY, fix=True).reached == ()
    assert granting.grants() == {}


def test_grants_that_no_task_explains_are_taken_back_on_our_folders_only(granting):
    open_access(granting.means, PROJECT, VENDOR)
    volume = granting.studio.demo.volume
    home = granting.workspace.add(Share("h", "h", type="home", parent_id=volume.id, path="homes/v"))
    granting.workspace.grant(granting.vendor, home)
    found = report(granting.means, NOW)
    assert causes(found) == sorted([*both(Cause.UNEXPLAINED), (VENDOR, "h", Cause.ELSEWHERE)])
    assert found.attention
    fixed = report(granting.means, NOW, fix=True)
    assert [each.kind for each in fixed.steps] == ["taken-back"] * 2
    assert granting.grants() == {("h", "/"): (True, True)}
    assert not fixed.attention


def test_access_that_was_granted_a_moment_ago_waits_for_its_task(granting):
    open_access(granting.means, PROJECT, VENDOR)
    fixed = report(granting.means, time.time(), fix=True)
    assert causes(fixed) == both(Cause.NEW)
    assert (fixed.steps, fixed.attention) == ((), False)
    assert granting.grants() == OPEN


def test_another_vendors_grant_on_a_folder_is_taken_back_and_an_employees_told(granting, task):
    other, share = granting.add_vendor(), granting.workspace.get(Share, PLACES.from_code)
    granting.workspace.grant(other, share)
    granting.workspace.grant(granting.studio.demo.remote, share)
    found = report(granting.means, NOW)
    assert (OTHER, PLACES.from_code, Cause.FOREIGN) in causes(found)
    assert ("remote@acme.test", PLACES.from_code, Cause.STAFF) in causes(found)
    fixed = report(granting.means, NOW, fix=True)
    assert granting.grants(other) == {}
    assert granting.grants() == OPEN
    assert (PLACES.from_code, "/") in granting.grants(granting.studio.demo.remote)
    assert not fixed.attention


def test_more_than_an_open_task_takes_is_brought_to_that(granting, task):
    for acl in [acl for acl in granting.workspace.each(Acl) if acl.user_id == granting.vendor.id]:
        acl.write = True
    granting.workspace.grant(granting.vendor, granting.workspace.get(Share, PLACES.from_code), path="/a")
    assert report(granting.means, NOW).attention
    assert not report(granting.means, NOW, fix=True).attention
    assert granting.grants() == OPEN


@pytest.mark.parametrize("whose", [VENDOR, OTHER])
def test_a_grant_that_leads_into_a_vendors_folder_is_told_and_left(granting, task, whose):
    user = granting.vendor if whose == VENDOR else granting.add_vendor()
    granting.workspace.grant(user, granting.studio.demo.volume, path=f"/{PROJECT}", write=False)
    found = report(granting.means, NOW, fix=True)
    (wide,) = (each for each in found.reached if each.cause is Cause.WIDER)
    assert (wide.vendor, wide.share, wide.folder, wide.read, wide.write) == (whose, "projects", PROJECT, True, False)
    assert found.attention
    assert ("projects", f"/{PROJECT}") in granting.grants(user)


def test_nothing_is_taken_back_while_it_is_used(granting):
    open_access(granting.means, PROJECT, VENDOR)
    workspace, vendor = Party("workspace", granting.workspace.id), Party("user", granting.vendor.id)
    job = granting.moves(vendor, workspace)
    found = report(granting.means, NOW, fix=True)
    assert [each.kind for each in found.steps] == ["taken-back", closing.WAITS]
    assert granting.grants() == {FROM: (True, True)}
    assert found.attention
    job.status = job.held = "done"
    report(granting.means, NOW, fix=True)
    assert granting.grants() == {}


def test_work_that_is_past_due_and_not_back_is_told(granting, task):
    due = datetime.datetime.fromtimestamp(NOW - 2 * DAY, datetime.timezone.utc).date().isoformat()
    granting.hand_out(task, due=due)
    (work,) = report(granting.means, NOW).work
    assert (work.due, work.overdue, work.returned) == (due, True, False)
    assert report(granting.means, NOW).attention
    asset = granting.store.create(
        "Asset",
        name="back",
        type_id=granting.studio.ids["asset_type:Geometry"],
        context_id=granting.studio.ids["show_a/sq010/sh010"],
    )
    version = granting.store.create("AssetVersion", asset_id=asset["id"], task_id=task)["id"]
    (work,) = report(granting.means, NOW).work
    assert (work.overdue, work.returned) == (False, True)
    granting.means.connection.delete("AssetVersion", [version])


def test_due_today_is_not_past_due(granting, task):
    today = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc).date().isoformat()
    granting.hand_out(task, due=today)
    assert not report(granting.means, NOW).attention


def test_open_work_without_access_is_told_and_not_given_back_behind_somebodys_back(granting, task):
    for acl in [acl for acl in granting.workspace.each(Acl) if acl.user_id == granting.vendor.id]:
        granting.workspace.entities.pop(acl.id)
    found = report(granting.means, NOW, fix=True)
    assert found.remarks == (
        "vendor@acme.test has open work in show_a, and not all the access that it takes: hand it out again.",
    )
    assert granting.grants() == {}
    granting.vendor.status = "disabled"
    assert report(granting.means, NOW).remarks == (
        "vendor@acme.test has open work in show_a, and is disabled in accsyn.",
    )


def test_files_that_were_left_are_told(granting, task):
    left = granting.studio.hq / PLACES.from_folder / "left.mov"
    left.write_bytes(b"x")
    assert report(granting.means, NOW).remarks == ()
    granting.set_status(task, "Completed")
    settle(granting.means, NOW)
    assert report(granting.means, NOW).remarks == (f"1 file was left in {PLACES.from_folder} and not taken in.",)
    left.unlink()


def test_what_is_asked_grows_with_vendors_and_not_with_tasks(granting, task):
    accsyn, ftrack = granting.studio.accsyn.log, granting.studio.ftrack.log

    def asked() -> tuple[int, int]:
        accsyn.clear()
        ftrack.clear()
        report(granting.means, NOW, fix=True)
        return len(accsyn.operations()), len(ftrack.operations())

    asked()
    before = asked()
    for each in granting.tasks()[1:6]:
        granting.hand_out(each)
    assert asked() == before
    granting.add_vendor()
    assert asked()[0] == before[0] + 1


def test_the_command_tells_people_and_scripts_and_its_exit_code_tells_cron(granting, task):
    calm = RUNNER.invoke(application, ["vendors"])
    assert calm.exit_code == 0, calm.output
    assert PLACES.from_folder in calm.output
    assert "not back yet" in calm.output
    granting.workspace.grant(granting.add_vendor(), granting.workspace.get(Share, PLACES.to_code))
    wrong = RUNNER.invoke(application, ["vendors", "--json"])
    told = json.loads(wrong.stdout)
    assert (wrong.exit_code, told["exit_code"]) == (6, 6)
    assert {each["cause"] for each in told["reached"]} == {"open", "foreign"}
    fixed = RUNNER.invoke(application, ["vendors", "--fix", "--json"])
    assert fixed.exit_code == 0, fixed.output
    assert [each["kind"] for each in json.loads(fixed.stdout)["steps"]] == ["taken-back"]


def test_the_command_without_anything_says_so(granting):
    result = RUNNER.invoke(application, ["vendors", "--fix"])
    assert (result.exit_code, result.output) == (0, "No vendor has work, or access.\n")


def test_the_command_tells_what_is_not_set(granting, monkeypatch):
    monkeypatch.delenv("ACCSYN_API_KEY")
    result = RUNNER.invoke(application, ["vendors"])
    assert result.exit_code == 3
    assert "ACCSYN_API_KEY" in result.stderr
