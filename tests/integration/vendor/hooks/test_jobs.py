"""accsyn runs the hooks as processes of their own: what a vendor has brought becomes a version, other jobs nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.vendor import hooks, keeping, receipt
from ftrack_accsyn_sandbox.accsyn.entities import Delivery
from helpers import ROOT
from hooking import OTHER, VENDOR, Hooking

DONE, FAILED = "post-done-server", "post-failed-server"


def test_what_a_vendor_has_uploaded_by_hand_becomes_a_version_and_the_job_stays_green(hooking: Hooking) -> None:
    hooking.hand_out()

    job = hooking.upload(hooking.frames())

    (run,) = hooking.runs()
    assert (run.exit_code, job["status"]) == (0, "done"), run.output
    assert hooking.versions() == [1], run.output
    assert f"{hooking.stem}_v001: accepted as {hooking.stem} v001" in run.output
    assert hooking.waiting() == []


def test_two_processes_for_one_job_make_one_version(hooking: Hooking) -> None:
    hooking.hand_out()
    hooking.workspace.hooks.twice = True
    try:
        hooking.upload(hooking.frames())
    finally:
        hooking.workspace.hooks.twice = False

    runs = hooking.runs()
    assert [run.exit_code for run in runs] == [0, 0], [run.output for run in runs]
    assert hooking.versions() == [1]
    assert len([note for note in hooking.notes() if "accepted" in note]) == 1


def test_a_job_that_gets_more_tasks_is_told_again_and_only_the_new_unit_is_made(hooking: Hooking) -> None:
    hooking.hand_out()
    job = hooking.upload(hooking.frames(1))
    second = hooking.frames(2)
    task = {"source": str(second), "destination": f"folder={hooking.places().from_code}/{second.name}"}

    hooking.session().create("Task", {"tasks": [task]}, job["id"])
    hooking.studio.accsyn.engine.wait_idle(60.0)

    first, again = hooking.runs()
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert len(again.payload["tasks"]) == 2
    assert hooking.versions() == [1, 2]


OTHERS = {
    "a site sync": {"source": "workspace:66ee", "destination": "site:66ef"},
    "a delivery that somebody fetches": {"source": "workspace:66ee", "destination": "user:66aa"},
    "an upload of somebody's to somewhere else": {"tasks": {"0": {"destination": {"path_abs": "/mnt/p/show/x/a.mov"}}}},
    "a placeholder": {"tasks": {}},
}


@pytest.mark.parametrize("verb", ["job-done", "job-failed", "publish"])
@pytest.mark.parametrize("name", OTHERS)
def test_other_jobs_end_at_once_with_nothing_asked_said_or_written(hooking: Hooking, verb: str, name: str) -> None:
    for service in (hooking.studio.ftrack, hooking.studio.accsyn):
        service.log.clear()
    hook = {"job-done": DONE, "job-failed": FAILED, "publish": "publish-server"}[verb]

    told = hooking.call(verb, {**hooking.job(f"{hooking.places().to_folder}/x"), "hook": hook, **OTHERS[name]})

    assert told == (0, "")
    assert (hooking.studio.ftrack.log.count(), hooking.studio.accsyn.log.count()) == (0, 0)
    assert not (hooking.folder / "spool").exists()


def test_a_job_that_is_none_of_ours_has_no_file_opened_for_it_but_its_input(hooking: Hooking) -> None:
    code = (
        "import sys\n"
        "from ftrack_accsyn_accessor.cli import hook\n"
        "seen = ('open', 'socket.connect')\n"
        "sys.addaudithook(lambda event, args: print(args[0], flush=True) if event in seen else None)\n"
        "hook.hooks.job_done(sys.argv[1])\n"
        "print(*{'ftrack_api', 'requests', 'sqlite3', 'filelock', 'rich', 'asyncio'} & set(sys.modules))"
    )
    path = hooking.folder / "input.json"
    path.write_text(json.dumps({**hooking.job("x"), **OTHERS["a site sync"]}), encoding="utf-8")
    environment = hooking.workspace.hooks.environment
    words = [sys.executable, "-c", code, str(path)]
    ran = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    own = (sys.base_prefix, sys.prefix, str(ROOT / "source"))
    *opened, loaded = [line for line in ran.stdout.splitlines() if not line.startswith(own)]
    assert [line for line in opened if not line.isdigit()] == [str(path)]  # an open file again, by its number
    assert loaded == ""


def test_one_vendor_cannot_have_anything_taken_in_from_anothers_folder_or_project(hooking: Hooking) -> None:
    hooking.hand_out()
    hooking.hand_out(OTHER, f"{hooking.stem}-other")
    theirs, name = hooking.places(OTHER).from_folder, f"{hooking.stem}-other_v001"
    elsewhere = hooking.places().from_folder.replace("show_a/", "show_b/", 1)
    for folder in (theirs, elsewhere):
        (hooking.studio.hq / folder / name).mkdir(parents=True, exist_ok=True)
        for frame in (1001, 1002, 1003):
            (hooking.studio.hq / folder / name / f"{name}.{frame}.exr").write_bytes(b"x" * 100)

    for folder in (theirs, elsewhere):
        code, said = hooking.call(
            "job-done", hooking.job(f"{folder}/{name}", user_hr=OTHER, source_hr=f"user:{OTHER}(x)")
        )
        assert code == 0, said
        assert (hooking.studio.hq / folder / name / f"{name}.1001.exr").exists()

    assert hooking.versions(f"{hooking.stem}-other") == []
    assert [each["result"]["outcome"] for each in hooking.ended()] == ["not-ours", "not-ours"]
    assert hooking.call("job-done", hooking.job(f"{theirs}/{name}", vendor=OTHER))[0] == 0
    assert hooking.versions(f"{hooking.stem}-other") == [1]


def test_who_is_more_than_a_standard_user_is_no_vendor(hooking: Hooking) -> None:
    hooking.hand_out()
    hooking.user().role = "employee"
    try:
        hooking.call("job-done", hooking.job(f"{hooking.places().from_folder}/{hooking.stem}_v001"))
    finally:
        hooking.user().role = "standard"
    assert [each["result"]["outcome"] for each in hooking.ended()] == ["not-ours"]


@pytest.mark.parametrize("service", ["ftrack", "accsyn"])
def test_what_arrives_while_a_service_is_away_is_kept_and_the_next_hook_works_it_off(
    hooking: Hooking, service: str
) -> None:
    hooking.hand_out()
    unit = hooking.frames()
    away = {"ftrack": {"FTRACK_SERVER": "http://127.0.0.1:9"}, "accsyn": {"ACCSYN_PROXY": "127.0.0.1:9"}}[service]
    before = dict(hooking.workspace.hooks.environment)
    hooking.workspace.hooks.environment.update(away)
    job = hooking.upload(unit)
    hooking.workspace.hooks.environment = before

    (run,) = hooking.runs()
    assert (run.exit_code, job["status"], hooking.versions()) == (0, "done", []), run.output
    assert "it is kept, and waits" in run.output
    hooking.upload(hooking.frames(2))
    assert hooking.versions() == [1, 2], hooking.runs()[-1].output


def test_where_nothing_can_be_kept_the_job_fails_and_its_retry_takes_it_in(hooking: Hooking) -> None:
    hooking.hand_out()
    (hooking.folder / "spool").write_text("in the way", encoding="utf-8")

    job = hooking.upload(hooking.frames())
    assert job["status"] == "failed"
    assert hooking.runs(DONE)[-1].exit_code == 1

    (hooking.folder / "spool").unlink()
    hooking.session("admin@acme.test").update("Transfer", job["id"], {"status": "waiting"})
    hooking.studio.accsyn.engine.wait_idle(60.0)
    assert hooking.versions() == [1]


def test_what_has_failed_is_told_to_both_sides_once(hooking: Hooking) -> None:
    hooking.hand_out()
    folder, name = hooking.places().from_folder, f"{hooking.stem}_v001"
    job = hooking.job(f"{folder}/{name}/{name}.1001.exr", f"{folder}/{name}/{name}.1002.exr", status="failed")
    job["tasks"]["0"]["status"] = "done"

    for _ in range(3):
        code, said = hooking.call("job-failed", {**job, "hook": FAILED})
        assert (code, f"{name}: Both sides were told." in said) == (0, True), said

    (note,) = hooking.notes()
    assert f"- {name}.1002.exr" in note
    assert f"{name}.1001.exr" not in note
    told = list((hooking.studio.hq / hooking.places().to_folder / receipt.FOLDER).glob("missing-*.txt"))
    assert [f"{name}.1002.exr" in path.read_text(encoding="utf-8") for path in told] == [True]
    mailed = [each for each in hooking.workspace.each(Delivery) if told[0].stem in each.name]
    assert len(mailed) == 1
    assert hooking.versions() == []


def test_a_damaged_record_of_what_has_ended_keeps_back_nothing_else_of_the_job(hooking: Hooking) -> None:
    hooking.hand_out()
    job = hooking.upload(hooking.frames(1))
    for path in (hooking.folder / "spool" / "done").glob("*.json"):
        path.write_bytes(b"{")
    second = hooking.frames(2)
    task = {"source": str(second), "destination": f"folder={hooking.places().from_code}/{second.name}"}
    hooking.session().create("Task", {"tasks": [task]}, job["id"])
    hooking.studio.accsyn.engine.wait_idle(60.0)
    assert hooking.versions() == [1, 2], hooking.runs()[-1].output


def test_two_vendors_who_fail_with_the_same_are_both_told(hooking: Hooking) -> None:
    for vendor, stem in ((VENDOR, ""), (OTHER, f"{hooking.stem}-other")):
        hooking.hand_out(vendor, stem)
        path = f"{hooking.places(vendor).from_folder}/{hooking.stem}/a.exr"
        code, said = hooking.call("job-failed", {**hooking.job(path, vendor=vendor, status="failed"), "hook": FAILED})
        assert code == 0, said

    known = [hooking.user(vendor).id for vendor in (VENDOR, OTHER)]
    told = [each for each in hooking.workspace.each(Delivery) if "missing-" in each.name]
    assert [[each for each in told if one in each.recipients] != [] for one in known] == [True, True]


@pytest.mark.parametrize("verb", ["job-done", "job-failed"])
def test_very_many_files_side_by_side_are_told_once_and_stay_where_they_are(hooking: Hooking, verb: str) -> None:
    hooking.hand_out()
    folder, before = hooking.places().from_folder, len(hooking.store.find("Note"))
    names = [f"{hooking.stem}.{number}.exr" for number in range(keeping.MOST_UNITS + 1)]
    for name in names:
        (hooking.studio.hq / folder / name).write_bytes(b"x")
    status, hook = {"job-done": ("done", DONE), "job-failed": ("failed", FAILED)}[verb]
    job = {**hooking.job(*(f"{folder}/{name}" for name in names), status=status), "hook": hook}

    for _ in range(2):
        code, said = hooking.call(verb, job)
        assert code == 0, said
        assert "201 files and folders: Both sides were told." in said

    assert hooking.waiting() == []
    assert [(hooking.studio.hq / folder / name).read_bytes() for name in names] == [b"x"] * len(names)
    assert len(hooking.store.find("Note")) == before + 1
    for name in names:
        (hooking.studio.hq / folder / name).unlink()


def test_a_unit_that_is_not_whole_waits_for_the_rest_of_its_job(hooking: Hooking) -> None:
    hooking.hand_out()
    folder, name = hooking.places().from_folder, f"{hooking.stem}_v001"
    job = hooking.job(f"{folder}/{name}/a.exr", f"{folder}/{name}/b.exr")
    job["tasks"]["1"]["status"] = "executing"

    assert hooking.call("job-done", job) == (0, f"{name}: not all of it has arrived, so that it waits.")
    assert not (hooking.folder / "spool").exists() or hooking.waiting() == []


def test_nothing_secret_and_nothing_of_another_vendor_is_printed(hooking: Hooking) -> None:
    hooking.hand_out()
    secret = f"{hooking.stem}-unannounced"
    hooking.hand_out(OTHER, secret)
    theirs = hooking.places(OTHER).from_folder
    other = hooking.job(f"{theirs}/{secret}_v001", f"{theirs}/{secret}-bad", vendor=OTHER)
    (hooking.studio.hq / theirs / f"{secret}-bad").mkdir(parents=True)
    down = {"FTRACK_SERVER": "http://user:password@127.0.0.1:9"}
    before = dict(hooking.workspace.hooks.environment)
    hooking.workspace.hooks.environment.update(down)
    theirs_said = hooking.run("job-done", other)
    hooking.workspace.hooks.environment = before

    hooking.upload(hooking.frames())
    (run,) = hooking.runs(DONE)

    said = run.output
    assert hooking.versions() == [1], said
    for word in (OTHER, secret, "other", "password"):
        assert word not in said
    for text in (said, theirs_said.stdout, theirs_said.stderr):
        for name, value in hooking.workspace.hooks.environment.items():
            assert not (name.endswith("_KEY") and value in text)
        assert "password" not in text


INPUTS = {
    "no JSON": ("{", 0),
    "no JSON, of a folder of ours": ('{"x": "/mnt/show_a/_vendors/v-x/from/v1"', 1),
    "10,000 levels": ('{"tasks":' * 10_000, 0),
    "10,000 levels, of a folder of ours": ('{"_vendors/from":' * 10_000, 1),
    "empty": ("{}", 0),
}


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_that_cannot_be_read_fails_only_what_may_be_a_delivery(hooking: Hooking, name: str) -> None:
    content, code = INPUTS[name]
    assert hooking.call("job-done", content)[0] == code


@pytest.mark.skipif(os.name == "nt", reason="no links for everybody there")
@pytest.mark.parametrize("what", ["a link", "a pipe", "a folder", "nothing"])
def test_what_is_no_file_in_place_of_the_input_is_not_read(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "target.json").write_text("{}", encoding="utf-8")
    path = tmp_path / "in.json"
    made = {"a link": lambda: path.symlink_to("target.json"), "a pipe": lambda: os.mkfifo(path), "a folder": path.mkdir}
    made.get(what, lambda: None)()
    for follows in (False, True):
        monkeypatch.setattr(hooks, "_FLAGS", hooks._FLAGS & ~(os.O_NOFOLLOW if follows else 0))
        monkeypatch.setattr(hooks, "_FOLLOWS", follows)
        with pytest.raises(errors.ManifestError, match="Could not read what accsyn tells its hook"):
            hooks.job_done(str(path))


def test_a_command_that_is_set_for_another_hook_says_so_of_jobs_of_ours_and_does_nothing(hooking: Hooking) -> None:
    job = hooking.job(f"{hooking.places().from_folder}/x", hook="hook-job-post-done-server")
    code, said = hooking.call("job-failed", job)
    assert (code, "accsyn has run it for post-done" in said) == (3, True)
    others = hooking.job("show_a/somewhere/x", hook="hook-job-post-done-server")
    assert hooking.call("job-failed", others) == (0, "")


def test_a_daemon_without_an_environment_finds_everything_in_one_file(hooking: Hooking) -> None:
    hooking.hand_out()
    known = hooking.workspace.hooks.environment
    names = [name for name in known if name.startswith(("FTRACK_SERVER", "FTRACK_API", "ACCSYN_API", "ACCSYN_WORK"))]
    names += ["ACCSYN_PROXY"]
    path = hooking.folder / "credentials.env"
    path.write_text("".join(f"{name}={known[name]}\n" for name in names), encoding="utf-8")
    kept = {name: value for name, value in known.items() if name not in names}
    hooking.workspace.hooks.environment = {**kept, "ACCSYN_CREDENTIALS_PATH": str(path)}

    hooking.upload(hooking.frames())

    assert hooking.versions() == [1], hooking.runs()[-1].output
