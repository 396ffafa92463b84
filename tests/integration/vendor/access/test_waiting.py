"""What is not finished is listed with its cause; what stays so is a matter of somebody's, who may give it up."""

from __future__ import annotations

import json
import os

import pytest

from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.vendor.report import report
from ftrack_accsyn_accessor.vendor.spool import HAND_OUT, RELAY
from ftrack_accsyn_accessor.vendor.waiting import LONG_S
from granting import PROJECT, VENDOR
from runner import RUNNER

NOW = 1_900_000_000.0
FOLDER = f"{PROJECT}/_vendors/x/from"


@pytest.fixture
def spool(granting, tmp_path):
    return granting.rule(spool=str(tmp_path / "spool")).spool


@pytest.fixture
def handed_out(granting, spool):
    """A hand-out that was confirmed, and has no request yet."""
    data = {"project": PROJECT, "vendor": VENDOR, "package": "package-1", "tasks": [granting.tasks()[0]]}
    spool.put(HAND_OUT, "one", data)
    (entry,) = spool.waiting()
    return entry


def waits(granting, now=NOW):
    return report(granting.means, now).waiting


def notes(granting, parent_id):
    return [row["content"] for row in granting.store.find("Note", parent_id=parent_id)]


def test_what_is_not_finished_is_listed_with_why_and_since_when(granting, spool, handed_out):
    (each,) = waits(granting)
    assert (each.kind, each.project, each.vendor, each.what) == (HAND_OUT, PROJECT, VENDOR, "package-1")
    assert (each.name, each.cause, each.stopped_since, each.attention) == (handed_out.name, "", "", False)
    handed_out.stop("ftrack is away", NOW)
    (each,) = waits(granting, NOW + 60)
    assert (each.cause, each.stopped_since, each.attention) == ("ftrack is away", "2030-03-17T17:46:40Z", False)


def test_what_is_stopped_for_a_day_or_does_not_go_on_by_itself_needs_attention(granting, spool, handed_out):
    handed_out.stop("ftrack is away", NOW)
    assert not report(granting.means, NOW + LONG_S).attention
    assert report(granting.means, NOW + LONG_S + 1).attention
    handed_out.stop("ftrack refuses it", NOW, needs_help=True)
    assert report(granting.means, NOW).attention


def test_a_delivery_is_told_by_what_was_delivered(granting, spool):
    data = {"job": "1", "vendor_id": "v", "vendor": VENDOR, "origin": "upload", "folder": FOLDER, "name": "sh010_v001"}
    spool.put(RELAY, "two", {**data, "files": None, "sent": {}, "note": None})
    (each,) = waits(granting)
    assert (each.kind, each.vendor, each.what) == (RELAY, VENDOR, f"{FOLDER}/sh010_v001")


def test_the_command_lists_it_and_its_exit_code_tells_cron(granting, spool, handed_out):
    calm = RUNNER.invoke(application, ["vendors"])
    assert (calm.exit_code, handed_out.name in calm.output) == (0, True), calm.output
    handed_out.stop("ftrack refuses it", NOW, needs_help=True)
    told = RUNNER.invoke(application, ["vendors"])
    assert (told.exit_code, "ftrack refuses it" in told.output) == (6, True), told.output
    found = json.loads(RUNNER.invoke(application, ["vendors", "--json"]).stdout)
    assert [each["name"] for each in found["waiting"]] == [handed_out.name]


def test_what_is_given_up_is_over_and_told_once_at_its_tasks(granting, spool, handed_out):
    handed_out.stop("ftrack is away", NOW)
    (task,) = handed_out.data["tasks"]
    given_up = RUNNER.invoke(application, ["vendors", "--give-up", handed_out.name])
    assert given_up.exit_code == 0, given_up.output
    words = "package-1 was given up. It had waited: ftrack is away"
    assert words in given_up.output
    assert notes(granting, task) == [words]
    assert spool.waiting() == []
    assert (spool.result(HAND_OUT, "one") or {})["failed"] == words
    again = RUNNER.invoke(application, ["vendors", "--give-up", handed_out.name])
    assert again.exit_code == 1
    assert "nothing of this name waits" in again.output


def test_what_is_being_worked_on_is_not_given_up(granting, spool, handed_out):
    with spool.claim(handed_out) as claimed:
        assert claimed is not None
        refused = RUNNER.invoke(application, ["vendors", "--give-up", handed_out.name])
    assert (refused.exit_code, "being worked on" in refused.output) == (1, True), refused.output
    assert len(spool.waiting()) == 1


@pytest.mark.skipif(os.name == "nt", reason="the folder's rights are those of POSIX")
def test_what_cannot_be_looked_at_is_told_and_keeps_nothing_else_back(granting, spool, handed_out):
    spool.folder.chmod(0o777)
    found = report(granting.means, NOW)
    assert (found.waiting, found.attention) == ((), True)
    assert "other accounts may write there" in found.remarks[0]
