"""A vendor publishes with accsyn: the studio's hook is asked, and what it refuses is not sent."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.model.accsyn import Task
from ftrack_accsyn_accessor.model.upload import Stage, Standing
from ftrack_accsyn_accessor.vendor import delivering, publishing, uploading
from ftrack_accsyn_sandbox.accsyn.entities import Acl, Job
from ftrack_accsyn_sandbox.accsyn.jobs import HOOK_RUNS, PASSED
from vendoring import NAME, Vendor, tree

PRE_PUBLISH, PUBLISH = "pre-publish-server", "publish-server"

#: The studio's hook of a test: refuses what is called "bad", wants a comment and the time.
JUDGE = """
import json, sys
payload = json.load(open(sys.argv[1]))
for entry in payload["files"]:
    good = "v004" not in entry["filename"]
    entry.update(ident=entry["filename"], can_publish=good, info="3 frames" if good else "")
    if not good:
        entry.update(rejected=True, warning="Version 4 is <b>not</b> wanted.\\u001b[2J")
    entry["path"] = f"volume=projects/published/{entry['id']}/{entry['filename']}"
answer = {"guidelines": "<p>EXR, half float</p><p>1001-1003</p>", "comment": True, "time_report": True}
answer["statuses"] = [{"name": "Pending review", "default": True}, {"name": "WIP"}]
json.dump({**answer, "files": payload["files"]}, open(sys.argv[2], "w"))
"""


@pytest.fixture(autouse=True)
def hooks(vendor: Vendor, tmp_path: Path) -> None:
    for name, text in ((PRE_PUBLISH, JUDGE), (PUBLISH, "")):
        script = tmp_path / f"{name}.py"
        script.write_text(text)
        command = [sys.executable, "-S", str(script), "${PATH_JSON_INPUT}", "${PATH_JSON_OUTPUT}"]
        vendor.workspace.hooks.set(name, command)


def payloads(vendor: Vendor, name: str) -> list[Any]:
    return [run.payload for run in vendor.workspace.hooks.runs if run.name == name]


def published(vendor: Vendor) -> dict[str, bytes]:
    found = tree(vendor.studio.hq / "published") if (vendor.studio.hq / "published").is_dir() else {}
    return {path.partition("/")[2]: content for path, content in found.items()}


def test_a_publish_needs_no_grant_and_says_what_the_studio_wants_to_know(vendor: Vendor) -> None:
    for acl in list(vendor.workspace.each(Acl)):
        if acl.user_id == vendor.studio.demo.vendor.id:
            vendor.workspace.entities.pop(acl.id)
    vendor.package()
    folder = vendor.frames()
    result = vendor.run(folder, "--publish", "--comment", "second pass", "--time", 1.5, "--status", "wip")
    assert result.exit_code == exit_codes.OK, result.output + result.stderr
    assert "EXR, half float" in result.stdout
    assert published(vendor) == {f"{NAME}/{path}": content for path, content in tree(folder).items()}
    (row,) = payloads(vendor, PUBLISH)[0]["files"]
    assert (row["comment"], row["time_report"], row["status"]) == ("second pass", 5400, "WIP")


def test_it_has_not_ended_before_the_studios_hook_has(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """accsyn is asked for the job, then for its tasks: they get through here, and the hook begins, between the two."""
    vendor.package()
    folder, may_end = vendor.frames(), tmp_path / "may_end"
    (tmp_path / f"{PUBLISH}.py").write_text(
        f"import os, time\nwhile not os.path.exists({str(may_end)!r}): time.sleep(0.02)"
    )
    engine = vendor.studio.accsyn.engine
    engine.paused = True
    assert vendor.run(folder, "--publish", "--comment", "x", "--no-wait").exit_code == exit_codes.MOVING
    following = uploading.Uploading.here()
    sent = following.published(delivering.look(folder))
    assert sent is not None
    ask = following.workspace.tasks
    (job,) = vendor.workspace.each(Job)

    def late(job_id: str) -> list[Task]:
        engine.paused = False
        assert engine.wait_until(lambda: job.ending in (HOOK_RUNS, PASSED))
        return ask(job_id)

    monkeypatch.setattr(following.workspace, "tasks", late)
    (first,) = following.look([sent], {folder.name: Standing(Stage.WAITING)}).values()
    assert first.stage is Stage.SENDING
    may_end.touch()
    (last,) = following.follow([sent]).values()
    following.close()
    assert (last.stage, last.cause, len(payloads(vendor, PUBLISH))) == (Stage.DELIVERED, "", 1)


def test_a_hook_of_the_studios_that_fails_is_told(vendor: Vendor, tmp_path: Path) -> None:
    vendor.package()
    folder, script = vendor.frames(), tmp_path / f"{PUBLISH}.py"
    script.write_text("raise SystemExit('ftrack is away')")
    result = vendor.run(folder, "--publish", "--comment", "x")
    assert result.exit_code == exit_codes.OK
    assert published(vendor) == {f"{NAME}/{path}": content for path, content in tree(folder).items()}
    assert "The hook publish-server ended with exit code 1 (E#J006). Tell the studio" in " ".join(result.stdout.split())


def test_the_studio_is_asked_with_the_names_and_sizes_of_all_of_it(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    assert vendor.run(folder, "--publish", "--dry-run").exit_code == exit_codes.OK
    (asked,) = payloads(vendor, PRE_PUBLISH)
    (entry,) = asked["files"]
    assert (asked["size"], entry["size"], entry["filename"], entry["is_dir"]) == (30, 30, NAME, True)
    assert [each["filename"] for each in entry["files"]] == [f"{NAME}.{frame}.exr" for frame in (1001, 1002, 1003)]
    assert vendor.jobs() == []


def test_what_the_studio_refuses_is_not_sent_and_its_words_do_nothing_to_the_terminal(vendor: Vendor) -> None:
    vendor.package()
    folders = [vendor.frames(), vendor.frames(name="sh010_comp_v004")]
    result = vendor.run(*folders, "--publish", "--comment", "both")
    assert result.exit_code == exit_codes.ATTENTION
    assert "Version 4 is not wanted." in result.stdout
    assert "\x1b[2J" not in result.stdout
    assert {path.partition("/")[0] for path in published(vendor)} == {NAME}


def test_what_is_plainly_wrong_is_not_even_asked_about(vendor: Vendor) -> None:
    folder = vendor.frames()
    (folder / f"{NAME}.1002.exr").write_bytes(b"")
    assert vendor.run(folder, "--publish").exit_code == exit_codes.ATTENTION
    assert payloads(vendor, PRE_PUBLISH) == []


def test_a_comment_that_the_studio_wants_is_asked_for(vendor: Vendor) -> None:
    vendor.package()
    result = vendor.run(vendor.frames(), "--publish")
    assert result.exit_code == exit_codes.USAGE
    assert "The studio wants a comment with it: --comment TEXT." in result.stderr
    assert vendor.jobs() == []


def test_a_status_that_the_studio_does_not_have_is_refused(vendor: Vendor) -> None:
    vendor.package()
    result = vendor.run(vendor.frames(), "--publish", "--comment", "x", "--status", "Final")
    assert result.exit_code == exit_codes.USAGE
    assert "The studio has these statuses: Pending review, WIP." in result.stderr


def test_a_publish_under_way_is_followed_and_the_studio_not_asked_again(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    vendor.studio.accsyn.engine.paused = True
    assert vendor.run(folder, "--publish", "--comment", "x", "--no-wait").exit_code == exit_codes.MOVING
    vendor.studio.accsyn.engine.paused = False
    assert vendor.run(folder, "--publish").exit_code == exit_codes.OK
    assert len(vendor.jobs()) == len(payloads(vendor, PRE_PUBLISH)) == 1


def test_a_studio_without_publish_says_so(vendor: Vendor) -> None:
    vendor.package()
    vendor.workspace.hooks.commands.clear()
    result = vendor.run(vendor.frames(), "--publish", "--comment", "x")
    assert result.exit_code == exit_codes.FAILED
    assert "not enabled in this workspace" in result.stderr


@pytest.mark.parametrize("elsewhere", ["online", "offline"])
def test_a_publish_comes_from_this_machine_or_is_not_made(vendor: Vendor, elsewhere: str) -> None:
    vendor.package()
    other = vendor.studio.demo.add_machine("elsewhere", None, user=vendor.studio.demo.vendor, status=elsewhere)
    other.last_checkin += datetime.timedelta(minutes=1)
    vendor.studio.accsyn.engine.paused = elsewhere == "online"
    result = vendor.run(vendor.frames(), "--publish", "--comment", "x")
    if elsewhere == "offline":
        assert result.exit_code == exit_codes.OK
        return
    assert result.exit_code == exit_codes.FAILED
    assert "accsyn would take it from another machine of yours" in result.stderr
    assert [job.status for job in vendor.jobs()] == ["aborted"]


def test_guidelines_are_read_as_text() -> None:
    assert publishing.plain_text("<p>A &amp; B</p><br/>C<script>") == "A & B\nC"
    assert publishing.plain_text("a < b and c > d") == "a < b and c > d"
    assert "\x1b" not in publishing.plain_text("\x1b[2J")
