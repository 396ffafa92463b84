"""The whole vendor loop: handed out by an assignment, taken back in three ways, closed; and the same by a relay."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outside_path
from ftrack_accsyn_sandbox.accsyn.entities import Acl, Delivery
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from looping import FRAMES, OTHER, PLATE, STEM, TASK, VENDOR, Loop


def test_work_goes_out_by_an_assignment_comes_back_three_ways_and_access_ends(tmp_path: Path) -> None:
    with Studio(tmp_path / "studio") as studio:
        loop = Loop(studio, tmp_path)
        plate_id = loop.plate()
        other = loop.run(loop.ours, "outsource", "show_a/sq010/sh020/Compositing", "--to", OTHER)
        assert other.returncode == exit_codes.OK, other.stdout + other.stderr
        assert loop.reach() == "-"

        with loop.serving():
            loop.assign()
            package = loop.fetch()
            assert_holds_what_the_task_needs(loop, package)
            assert loop.reach() == "r-rw"

            refuse_and_correct(loop, package)
            assert_became(loop, 1, plate_id)
            publish(loop, package)
            assert_became(loop, 2, plate_id)
            loop.upload(loop.render(package, 3))
            assert_became(loop, 3, plate_id)
            assert loop.reach() == "r-rw"

            loop.set_status("Completed")
            wait_until(lambda: not granted(loop, write=True), what="the end of writing")
        assert loop.reach() == "r-r"
        assert_too_late(loop, package)
        loop.rule(grace_days=0)
        assert loop.run(loop.ours, "vendors", "--fix", "--json").returncode == exit_codes.OK
        assert loop.reach() == "-"
        assert [each.name for each in loop.workspace.each(Delivery) if each.status == "waiting"] == others(loop)
        assert sorted(loop.versions()) == [1, 2, 3]
        ran = {run.name: run.exit_code for run in loop.workspace.hooks.runs}
        assert ran == {"pre-publish-server": 0, "publish-server": 0, "post-done-server": 0}


def assert_holds_what_the_task_needs(loop: Loop, package: Path) -> None:
    """What lies on the vendor's disk is the plate, and what tells of it; ftrack says that it was handed out."""
    manifest = json.loads((package / "manifest.json").read_bytes())
    (told,) = manifest["files"]
    content = (package / told["path"]).read_bytes()
    assert content == (loop.root / PLATE).read_bytes()
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert [each["name"] for each in manifest["tasks"]] == [TASK]
    assert STEM in (package / "WORK.md").read_text(encoding="utf-8")
    assert [package.name in note for note in loop.notes()] == [True]


def refuse_and_correct(loop: Loop, package: Path) -> None:
    """A delivery that the tool does not send, and that is refused when it comes all the same; then a good one."""
    folder = loop.render(package, 1)
    (folder / "notes.txt").write_text("to do")
    told = loop.deliver(folder)
    assert (told.returncode, "notes.txt" in told.stdout) == (exit_codes.ATTENTION, True), told.stdout
    assert not (loop.root / loop.places.from_folder / folder.name).exists()

    loop.upload(folder)
    assert loop.versions() == {}
    assert [row["accepted"] for row in loop.receipts()] == [False]
    (kept,) = (loop.root / loop.places.quarantine_folder).glob(f"*/{folder.name}")
    assert {path.name for path in kept.iterdir()} == {path.name for path in folder.iterdir()}
    assert "notes.txt" in loop.notes()[-1]

    (folder / "notes.txt").unlink()
    told = loop.deliver(folder)
    assert told.returncode == exit_codes.OK, told.stdout
    assert kept.is_dir()


def publish(loop: Loop, package: Path) -> None:
    """Deliver by accsyn Publish, with a comment and the time that was spent."""
    told = loop.deliver(loop.render(package, 2), "--publish", "--comment", "second pass", "--time", "2.5")
    assert told.returncode == exit_codes.OK, told.stdout
    (row,) = loop.store.find("Timelog", context_id=loop.task_id)
    assert (row["duration"], row["user_id"]) == (9000, loop.studio.ids["vendor"])
    assert loop.versions()[2]["comment"] == "second pass"


def assert_became(loop: Loop, version: int, plate_id: str) -> None:
    """What came back is this version of the task, whole, linked, told of, and out of the vendor's reach."""
    name = f"{STEM}_v{version:03d}"
    row = loop.versions()[version]
    assert (row["task_id"], row["user_id"]) == (loop.task_id, loop.studio.ids["vendor"])
    assert sorted(loop.registered(version).values()) == [f"{name} {frame}".encode() for frame in FRAMES]
    assert [link["from_id"] for link in loop.store.find("AssetVersionLink", to_id=row["id"])] == [plate_id]
    statuses = [loop.store.find("Status", id=each["status_id"])[0]["name"] for each in (row, task(loop))]
    assert statuses == ["Pending review"] * 2
    assert name in loop.notes()[-1]
    told = [each for each in loop.receipts() if each["accepted"] and each["version"] == version]
    assert len(told) == 1
    assert not (loop.root / loop.places.from_folder / name).exists()


def assert_too_late(loop: Loop, package: Path) -> None:
    """Nothing is delivered for a task that is over."""
    told = loop.deliver(loop.render(package, 4))
    assert (told.returncode, "closed" in told.stdout) == (exit_codes.ATTENTION, True), told.stdout + told.stderr


def task(loop: Loop) -> dict[str, object]:
    (row,) = loop.store.find("Task", id=loop.task_id)
    return row


def granted(loop: Loop, write: bool = False) -> Sequence[Acl]:
    mine = loop.workspace.user(VENDOR).id
    return [each for each in loop.workspace.each(Acl) if each.user_id == mine and (each.write or not write)]


def others(loop: Loop) -> list[str]:
    """Return the names of the deliveries to the other vendor."""
    theirs = loop.workspace.user(OTHER).id
    return [each.name for each in loop.workspace.each(Delivery) if theirs in each.recipients]


def receipts(loop: Loop) -> int:
    """Return how many receipts lie where the vendor reads, and were sent to them."""
    mine = loop.workspace.user(VENDOR).id
    sent = [each for each in loop.workspace.each(Delivery) if mine in each.recipients]
    there = list((loop.studio.hq / loop.places.to_folder / "receipts").glob("*.txt"))
    assert len(sent) <= len(there)
    return len(sent)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_by_a_relay_each_way_has_two_legs_and_a_version_comes_after_the_last(tmp_path: Path) -> None:
    with Studio(tmp_path / "studio") as studio:
        london = studio.site("london")
        loop = Loop(studio, tmp_path, root=str(london), production="site=london", location="studio.london")
        studio.vendor_server()
        plate_id = loop.plate()
        with loop.serving():
            loop.assign()
            package = loop.pushed()
            told = json.loads((package / "manifest.json").read_bytes())["files"]
            assert [(package / each["path"]).read_bytes() for each in told] == [(london / PLATE).read_bytes()]
        sent = loop.deliver(loop.render(package, 1))
        assert sent.returncode == exit_codes.OK, sent.stdout
        assert loop.versions() == {}
        with loop.serving():
            wait_until(lambda: len(loop.notes()) == 2, 120, "the version")
            wait_until(lambda: receipts(loop) == 1, 90, "the receipt, which goes by the main site")
        assert sorted(loop.registered(1).values()) == [f"{STEM}_v001 {frame}".encode() for frame in FRAMES]
        row = loop.versions()[1]
        assert [link["from_id"] for link in loop.store.find("AssetVersionLink", to_id=row["id"])] == [plate_id]
        outbox = Outbox(outside_path(None, Path(loop.ours["XDG_STATE_HOME"]) / "ftrack-accsyn"))
        ends = [(each.request.source.party, each.request.destination.party) for each in outbox.requests.latest(10)]
        outbox.close()
        main = loop.workspace.code
        assert ends == [("site=london", main), (main, "site=london"), (main, VENDOR), ("site=london", main)]
        assert loop.reach() == "r-rw"
