"""A vendor delivers with accsyn's credentials only: one job, its note, its proof; again after anything."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.cli import exit_codes, telling
from ftrack_accsyn_accessor.model.accsyn import Task
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE
from ftrack_accsyn_accessor.model.upload import Stage, Standing
from ftrack_accsyn_accessor.vendor import delivering, uploading
from helpers import calls_made, wait_until
from vendoring import FROM, NAME, TASK, Vendor, tree

COMMAND = [sys.executable, "-c", "from ftrack_accsyn_accessor.cli import main; main()", "deliver"]
KILLED = """
import os, signal
from ftrack_accsyn_accessor.cli import main
from ftrack_accsyn_accessor.vendor.uploaded import Uploaded
Uploaded.{step} = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
main()
"""


def test_a_version_is_checked_sent_and_proven(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    result = vendor.run(folder)
    assert result.exit_code == exit_codes.OK, result.output + result.stderr
    sent, arrived = tree(folder), vendor.arrived()
    arrived.pop(DELIVERY_NOTE)
    assert arrived == sent
    note = vendor.note()
    assert note is not None
    assert (note.package, note.name) == ("show_a-sh010-20261126-1", NAME)
    assert {each.path: each.sha256 for each in note.files} == {
        path: hashlib.sha256(content).hexdigest() for path, content in sent.items()
    }
    (job,) = vendor.jobs()
    assert len(job.tasks) == 2
    assert job.source.startswith("user:")  # which is how the studio's hook knows it


def test_nothing_of_ftrack_is_asked_and_nothing_is_left_beside_the_work(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    before = tree(vendor.desk)
    assert vendor.run(folder).exit_code == exit_codes.OK
    assert vendor.studio.ftrack.log.all() == []
    assert tree(vendor.desk) == before


def test_what_it_would_do_is_shown_and_nothing_is_sent(vendor: Vendor) -> None:
    vendor.package()
    result = vendor.run(vendor.frames(), "--dry-run")
    assert result.exit_code == exit_codes.OK
    assert f"{NAME}  " in result.stdout
    assert FROM in result.stdout
    assert vendor.jobs() == []


def test_scripts_get_all_of_it_as_json(vendor: Vendor) -> None:
    by = vendor.package()
    folder = vendor.frames()
    told = vendor.told(folder)
    (each,) = told["deliveries"]
    assert (told["exit_code"], each["name"], each["manifest"], each["path"]) == (0, NAME, str(by), str(folder))
    assert (each["task_id"], each["version"], each["files"], each["goes"]) == (TASK, 3, 3, True)
    assert each["standing"]["stage"] == "delivered"


# Again.


def test_what_was_delivered_is_not_delivered_again(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    assert vendor.run(folder).exit_code == exit_codes.OK
    assert vendor.told(folder)["exit_code"] == exit_codes.OK
    assert len(vendor.jobs()) == 1


def test_it_is_delivered_again_where_that_is_asked_for(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    assert vendor.run(folder).exit_code == exit_codes.OK
    (vendor.studio.hq / FROM / NAME / f"{NAME}.1001.exr").unlink()
    assert vendor.run(folder, "--again").exit_code == exit_codes.OK
    assert len(vendor.jobs()) == 2
    assert len(vendor.arrived()) == 4


def test_no_wait_leaves_it_to_accsyn_and_the_same_command_follows_it(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    vendor.studio.accsyn.engine.paused = True
    assert vendor.run(folder, "--no-wait").exit_code == exit_codes.MOVING
    assert vendor.run(folder, "--timeout", 0.1).exit_code == exit_codes.TIMEOUT
    vendor.studio.accsyn.engine.paused = False
    assert vendor.run(folder).exit_code == exit_codes.OK
    assert len(vendor.jobs()) == 1


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_it_arrives_though_the_process_was_killed_and_is_found_again(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    vendor.studio.accsyn.engine.paused = True
    process = subprocess.Popen([*COMMAND, str(folder)], stdout=subprocess.DEVNULL)
    wait_until(vendor.jobs, 20, "the job")
    process.send_signal(signal.SIGKILL)
    process.wait()
    vendor.studio.accsyn.engine.paused = False
    assert vendor.run(folder).exit_code == exit_codes.OK
    assert len(vendor.jobs()) == 1


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("step", ["keep_note", "keep"])
def test_killed_before_it_could_write_down_what_it_did_it_makes_no_second_job(vendor: Vendor, step: str) -> None:
    vendor.package()
    folder = vendor.frames()
    vendor.studio.accsyn.engine.paused = True
    killed = subprocess.run([sys.executable, "-c", KILLED.format(step=step), "deliver", str(folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(vendor.jobs()) == (step == "keep")
    vendor.studio.accsyn.engine.paused = False
    assert vendor.run(folder).exit_code == exit_codes.OK
    assert len(vendor.jobs()) == 1


def test_an_answer_that_was_lost_makes_no_second_job(vendor: Vendor) -> None:
    vendor.package()
    vendor.studio.accsyn.switches.drop_after("transfer/create")
    assert vendor.run(vendor.frames()).exit_code == exit_codes.OK
    assert len(vendor.jobs()) == 1


def test_two_processes_at_once_make_one_job(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    processes = [subprocess.Popen([*COMMAND, str(folder)], stdout=-3, stderr=-3) for _ in range(2)]
    codes = sorted(process.wait(30) for process in processes)
    assert codes in ([exit_codes.OK, exit_codes.FAILED], [exit_codes.OK, exit_codes.OK])  # who comes too late is told
    assert len(vendor.jobs()) == 1


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is no signal there")
def test_interrupted_it_says_that_accsyn_carries_on(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    vendor.studio.accsyn.engine.paused = True
    process = subprocess.Popen([*COMMAND, str(folder)], stderr=subprocess.PIPE, text=True)
    wait_until(lambda: vendor.studio.accsyn.log.operations().count("task/find") > 1, 20, "the first looks")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == exit_codes.FAILED
    assert "It is not followed any more; accsyn carries on with what it has." in said
    vendor.studio.accsyn.engine.paused = False
    assert vendor.run(folder).exit_code == exit_codes.OK


# What changes, and what fails.


def test_newer_content_takes_the_place_of_what_is_still_to_be_sent(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    vendor.studio.accsyn.engine.paused = True
    assert vendor.run(folder, "--no-wait").exit_code == exit_codes.MOVING
    (folder / f"{NAME}.1002.exr").write_bytes(b"rendered anew")
    assert vendor.run(folder, "--no-wait").exit_code == exit_codes.MOVING
    vendor.studio.accsyn.engine.paused = False
    assert vendor.run(folder).exit_code == exit_codes.OK
    assert [job.status for job in vendor.jobs()] == ["aborted", "done"]
    assert vendor.arrived()[f"{NAME}.1002.exr"] == b"rendered anew"
    note = vendor.note()
    assert note is not None
    assert hashlib.sha256(b"rendered anew").hexdigest() in [each.sha256 for each in note.files]


def test_what_changes_while_it_is_sent_is_noticed(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    engine = vendor.studio.accsyn.engine
    engine.paused = True
    process = subprocess.Popen([*COMMAND, str(folder), "--json"], stdout=subprocess.PIPE, text=True)
    wait_until(vendor.jobs, 20, "the job")
    (folder / f"{NAME}.1002.exr").write_bytes(b"rendered anew")
    engine.paused = False
    told, _ = process.communicate(timeout=30)
    assert process.returncode == exit_codes.ATTENTION
    assert f"{NAME}.1002.exr was changed while it was sent. Deliver it again." in told
    assert vendor.run(folder).exit_code == exit_codes.OK
    assert vendor.arrived()[f"{NAME}.1002.exr"] == b"rendered anew"


def test_what_changes_while_it_is_read_is_not_sent(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor.package()
    folder = vendor.frames()
    really = uploading.Storage.digest

    def digest(storage: uploading.Storage, path: str) -> str:
        found = really(storage, path)
        (folder / f"{NAME}.1001.exr").write_bytes(b"still rendering")
        return found

    monkeypatch.setattr(uploading.Storage, "digest", digest)  # the moment between two reads
    result = vendor.run(folder)
    assert result.exit_code == exit_codes.FAILED
    assert f"{NAME}.1001.exr was changed" in result.stderr
    assert vendor.jobs() == []


def test_a_failed_upload_is_told_with_its_reason_and_resumed_in_its_job(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    vendor.studio.accsyn.engine.fail_path("*.1002.exr", "E#J057 The disk is full.")
    failed = vendor.run(folder)
    assert failed.exit_code == exit_codes.ATTENTION
    assert "accsyn could not send all of it" in failed.stdout
    vendor.studio.accsyn.engine.clear_failures()
    assert vendor.run(folder).exit_code == exit_codes.OK
    assert len(vendor.jobs()) == 1
    assert len(vendor.arrived()) == 4


def test_one_that_is_retried_and_done_while_it_is_looked_at_did_not_fail(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """accsyn is asked for the job, then for its tasks: somebody retries it, and it arrives, between the two."""
    vendor.package()
    engine = vendor.studio.accsyn.engine
    engine.fail_path("*.1002.exr", "E#J057 The disk is full.")
    carrying = uploading.Uploading.here()
    sent = carrying.send(delivering.look(vendor.frames()), FROM, carrying.this_machine())
    engine.wait_idle()
    ask = carrying.workspace.tasks

    def late(job_id: str) -> list[Task]:
        engine.clear_failures()
        carrying.workspace.set_job_status(job_id, "waiting")
        engine.wait_idle()
        return ask(job_id)

    monkeypatch.setattr(carrying.workspace, "tasks", late)
    (found,) = carrying.look([sent], {NAME: Standing(Stage.WAITING)}).values()
    carrying.close()
    assert (found.stage, found.cause) == (Stage.DELIVERED, "")


def test_an_upload_that_was_aborted_in_accsyn_is_made_anew(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    vendor.studio.accsyn.engine.paused = True
    assert vendor.run(folder, "--no-wait").exit_code == exit_codes.MOVING
    accsyn = uploading.Uploading.here()
    accsyn.workspace.set_job_status(vendor.jobs()[0].id, "aborted")
    accsyn.close()
    vendor.studio.accsyn.engine.paused = False
    assert vendor.run(folder).exit_code == exit_codes.OK
    assert [job.status for job in vendor.jobs()] == ["aborted", "done"]


def test_an_outage_while_it_is_followed_is_waited_through(vendor: Vendor) -> None:
    vendor.package()
    carrying = uploading.Uploading.here()
    sent = carrying.send(delivering.look(vendor.frames()), FROM, carrying.this_machine())
    vendor.studio.accsyn.switches.fail_next("transfer/find", status=503, times=2)
    seen: list[Standing] = []
    assert (
        carrying.follow([sent], draw=lambda standings: seen.extend(standings.values()))[NAME].stage.value == "delivered"
    )
    assert "503" in seen[0].cause
    carrying.close()


def test_an_accsyn_that_hangs_while_it_is_followed_does_not_outlast_the_time(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "TOLD_S", 0.0)
    vendor.package()
    vendor.studio.accsyn.engine.paused = True
    look, looks = uploading.Uploading.look, []

    def hang(self: uploading.Uploading, *arguments: Any) -> dict[str, Standing]:
        looks.append(arguments)
        if len(looks) > 1:
            vendor.studio.accsyn.switches.hang(times=1000)
        return look(self, *arguments)

    monkeypatch.setattr(uploading.Uploading, "look", hang)

    result = vendor.run(vendor.frames(), "--timeout", "1.2")

    assert any(each.name == "ftrack-accsyn-asking" for each in threading.enumerate())
    assert result.exit_code == exit_codes.TIMEOUT
    assert f"{NAME} waiting" in result.stderr
    vendor.studio.accsyn.switches.clear()
    vendor.studio.accsyn.engine.paused = False


def test_an_upload_waits_for_accsyns_app_and_says_so(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    client = vendor.studio.demo.vendor_client.id
    vendor.studio.accsyn.engine.client_offline(client)
    result = vendor.run(folder, "--no-wait")
    assert result.exit_code == exit_codes.MOVING
    assert "is not running: start it, and the upload begins by itself" in result.stdout
    vendor.studio.accsyn.engine.client_online(client)
    assert vendor.run(folder).exit_code == exit_codes.OK


def test_what_it_costs_grows_with_the_files_and_no_faster(vendor: Vendor) -> None:
    accsyn = uploading.Uploading.here()
    machine = accsyn.this_machine()
    vendor.studio.accsyn.engine.paused = True
    costs = []

    def send(folder: Path) -> None:
        accsyn.send(delivering.look(folder), FROM, machine)

    for count in (100, 400):
        folder = vendor.frames(1, count, name=f"unit{count}_v001")
        asked = accsyn.workspace.calls
        costs.append(calls_made(partial(send, folder)))
        assert accsyn.workspace.calls - asked <= 4
    accsyn.close()
    assert costs[1] < 5 * costs[0]


# What it is sent from.


def test_a_single_file_is_a_version_too(vendor: Vendor) -> None:
    file = vendor.desk / f"{NAME}.mov"
    file.write_bytes(b"movie")
    assert vendor.run(file, "--to", FROM).exit_code == exit_codes.OK
    assert (vendor.studio.hq / FROM / file.name).read_bytes() == b"movie"


def test_a_vendor_with_two_machines_sends_from_this_one(vendor: Vendor) -> None:
    vendor.package()
    other = vendor.studio.demo.add_machine("elsewhere", None, user=vendor.studio.demo.vendor)
    folder = vendor.frames()
    assert vendor.run(folder).exit_code == exit_codes.OK
    (job,) = vendor.jobs()
    assert other.id not in str(job)
    assert vendor.studio.demo.vendor_client.id in job.source


def test_several_are_delivered_each_in_a_job_of_its_own(vendor: Vendor) -> None:
    vendor.package()
    folders = [vendor.frames(), vendor.frames(name="sh010_comp_v004")]
    assert vendor.run(*folders).exit_code == exit_codes.OK
    assert len(vendor.jobs()) == 2
    assert len(vendor.arrived("sh010_comp_v004")) == 4


def test_one_that_cannot_be_sent_does_not_keep_the_others(vendor: Vendor) -> None:
    vendor.package()
    folders = [vendor.frames(), vendor.frames(name="sh010_comp_v004")]
    vendor.studio.accsyn.switches.fail_next("transfer/create", status=400, body={"message": "No."})
    told = vendor.told(*folders)
    assert told["exit_code"] == exit_codes.ATTENTION
    assert [each["standing"]["stage"] for each in told["deliveries"]] == ["stopped", "delivered"]
    assert "No." in told["deliveries"][0]["standing"]["cause"]


def test_two_of_one_name_are_refused(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    other = vendor.desk / "other" / NAME
    other.mkdir(parents=True)
    (other / "a.exr").write_bytes(b"a")
    result = vendor.run(folder, other)
    assert result.exit_code == exit_codes.FAILED
    assert "two of these have the same name" in result.stderr
    assert vendor.jobs() == []


def test_what_is_not_there_is_said(vendor: Vendor) -> None:
    result = vendor.run(Path("/nowhere/at/all"))
    assert result.exit_code == exit_codes.FAILED
    assert "there is no such folder or file" in result.stderr


def test_what_accsyn_never_sends_is_no_part_of_it(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    (folder / ".DS_Store").write_bytes(b"mac")
    assert vendor.run(folder).exit_code == exit_codes.OK
    note = vendor.note()
    assert note is not None
    assert ".DS_Store" not in [each.path for each in note.files]


def test_a_note_of_an_earlier_delivery_in_it_is_refused(vendor: Vendor) -> None:
    vendor.package()
    folder = vendor.frames()
    (folder / DELIVERY_NOTE).write_bytes(b"{}")
    result = vendor.run(folder)
    assert result.exit_code == exit_codes.ATTENTION
    assert "is written anew with each delivery: remove it" in result.stdout
    assert vendor.jobs() == []
