"""An outbox that cannot be used: publishing goes on, the loss is said once with its remedy, nothing is overwritten."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fault.data.conftest import mounted
from fault.faults.desk import Desk
from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox, damage
from ftrack_accsyn_accessor.outbox.file import outbox_path as path_of
from ftrack_accsyn_accessor.outbox.schema import UPGRADES
from ftrack_accsyn_accessor.worker import runtime
from ftrack_accsyn_accessor.worker.lookup import COMPLETE
from helpers import ROOT, wait_until
from publishing import Publisher
from runner import RUNNER

RECONCILE = "ftrack-accsyn reconcile"
BY_ITSELF = "are queued by themselves"
GARBAGE = b"no database at all " * 4000


def outbox_path(publisher: Publisher) -> Path:
    (path,) = (publisher.studio.staging / ".ftrack-accsyn").glob("*.sqlite3")
    return path


def kept_aside(path: Path) -> list[Path]:
    """The damaged files beside *path*, without their journals."""
    return [found for found in path.parent.glob(f"{path.name}.damaged-*") if not found.name.endswith(("-wal", "-shm"))]


def overwrite(path: Path) -> None:
    """Destroy the outbox where it lies, as a failing disk does."""
    for ending in ("", "-wal"):
        part = Path(f"{path}{ending}")
        if part.exists():
            with part.open("r+b") as file:
                file.write(GARBAGE[: max(part.stat().st_size, 4096)])


def change(path: Path, *statements: str) -> list[Any]:
    """Execute *statements* on the outbox, past the plugin; return what the last one gives."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def said(caplog: pytest.LogCaptureFixture, *words: str) -> list[str]:
    """The log's warnings and errors in which all *words* occur."""
    texts = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    return [text for text in texts if all(word in text for word in words)]


def known_components(path: Path) -> set[str]:
    with contextlib.closing(Outbox(path)) as outbox:
        return {item.publication.component_id for item in outbox.items()}


def reconcile() -> str:
    result = RUNNER.invoke(application, ["reconcile"])
    assert result.exit_code == 0, result.output
    return result.stdout


def leave(publisher: Publisher) -> None:
    """End the artist's applications, as at the end of the day."""
    runtime.stop_all()
    announce._said.clear()


def fill(folder: Path) -> Path:
    """Leave no room on the disk of *folder*; return the file to be removed."""
    filling = folder / "filling"
    with filling.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filling


# Damaged.


def test_outbox_found_damaged_is_kept_aside_and_what_it_held_is_queued_by_reconcile(
    publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    waiting = publisher.publish_file(publisher.version(publisher.session()), "waiting")
    assert publisher.outbox.fact(COMPLETE) == "1"
    path = outbox_path(publisher)
    leave(publisher)
    overwrite(path)
    publisher.studio.accsyn.switches.refuse(False)

    later = publisher.publish_file(publisher.version(publisher.session()), "later")

    (kept,) = kept_aside(path)
    # Where an open file cannot be renamed it is closed first, which brings home what its journal seems to hold.
    assert GARBAGE[100:3000] in kept.read_bytes()
    assert len(said(caplog, str(path), "outbox.sqlite3.damaged-", RECONCILE)) == 1
    assert publisher.outbox.fact(COMPLETE) != "1"
    publisher.submitted(later)
    assert "1 queued" in reconcile()
    publisher.submitted(waiting)
    publisher.studio.accsyn.engine.wait_idle(20)
    assert len(publisher.studio.accsyn.workspace.jobs()) == 1
    assert len(publisher.hq()) == 2


def test_outbox_damaged_under_a_running_session_costs_no_later_publish(
    publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    session = publisher.session()
    version = publisher.version(session)
    publisher.submitted(publisher.publish_file(version, "before"))
    path = outbox_path(publisher)
    publisher.rest()
    overwrite(path)

    after = publisher.publish_file(version, "after")

    assert len(kept_aside(path)) == 1
    assert publisher.item(after).state in (State.PENDING, State.SUBMITTED)
    assert len(said(caplog, "is damaged")) == 1
    publisher.submitted(after)
    (job,) = publisher.studio.accsyn.workspace.jobs()
    assert [task.source.rpartition("/")[2] for task in job.tasks] == ["before.mov", "after.mov"]


def test_outbox_damaged_in_the_middle_is_found_out_by_a_publish_which_is_not_lost(desk: Desk) -> None:
    desk.studio.accsyn.switches.refuse(True)
    for number in range(60):
        desk.publish_file(f"old{number}", 1)
    desk.close()
    path = desk.outbox.path
    with path.open("r+b") as file:
        file.seek(4096)  # the first page is the header, which stays whole
        file.write(os.urandom(path.stat().st_size - 4096))

    component = desk.publish_file("new")

    assert len(kept_aside(path)) == 1
    assert [item.publication.component_id for item in desk.outbox.items()] == [component]


FIND_DAMAGE_TOGETHER = """
import logging, sys, threading
from pathlib import Path
from ftrack_accsyn_accessor.outbox import Outbox

logging.disable(logging.CRITICAL)

def look(path, together):
    outbox = Outbox(path)
    together.wait(10)
    outbox.keep_fact("name", "value")
    assert outbox.fact("name") == "value"
    outbox.close()

for path in sorted(Path(sys.argv[1]).iterdir()):
    together = threading.Barrier(8)
    threads = [threading.Thread(target=look, args=(path, together)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_threads_that_find_the_damage_at_the_same_moment_keep_one_file_aside(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.sqlite3" for number in range(150)]
    for path in paths:
        path.write_bytes(GARBAGE)

    # In a process of its own: two files with the same journals would end it by a bus error.
    command = [sys.executable, "-c", FIND_DAMAGE_TOGETHER, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "source")}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert [len(kept_aside(path)) for path in paths] == [1] * len(paths)
    for path in (paths[0], paths[-1]):
        outbox = Outbox(path)
        assert outbox.fact("name") == "value"
        outbox.close()


def test_damaged_outbox_that_cannot_be_renamed_stays_where_it_is_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.sqlite3"
    path.write_bytes(GARBAGE)

    def refuse(source: str, target: str) -> None:
        raise PermissionError(errno.EACCES, "another process has it open")

    monkeypatch.setattr(damage, "LET_GO_S", 0.0)
    monkeypatch.setattr(os, "replace", refuse)  # what Windows does, which may not be the system that this runs on

    with pytest.raises(errors.OutboxUnusable, match=r"cannot be renamed.*another process has it open"):
        Outbox(path).open()
    assert path.read_bytes() == GARBAGE


def test_journal_of_the_damaged_outbox_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    writer = Outbox(path)
    writer.open()
    change(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    writer.keep_fact("secret", "of the old one")
    path.write_bytes(GARBAGE)
    assert Path(f"{path}-wal").stat().st_size

    fresh = Outbox(path)

    assert fresh.fact("secret") is None
    (kept,) = kept_aside(path)
    assert b"of the old one" in Path(f"{kept}-wal").read_bytes()


def test_second_damage_overwrites_nothing_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    for number in range(3):
        path.write_bytes(GARBAGE + str(number).encode())
        outbox = Outbox(path)
        outbox.open()
        outbox.close()

    assert {found.read_bytes()[-1:] for found in kept_aside(path)} == {b"0", b"1", b"2"}


def test_step_that_meets_the_damage_fails_once_and_says_what_to_do(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "a.sqlite3")
    outbox.keep_fact("name", "value")
    other = Outbox(outbox.path)
    other.open()
    change(outbox.path, "PRAGMA wal_checkpoint(TRUNCATE)")
    outbox.path.write_bytes(GARBAGE)

    with pytest.raises(errors.OutboxDamaged, match=RECONCILE):
        other.keep_fact("name", "lost")

    other.keep_fact("name", "new")
    assert outbox.fact("name") == "new"


def test_damaged_list_of_files_stops_no_other_item(desk: Desk) -> None:
    broken, whole = desk.publish_file("broken"), desk.publish_file("whole")
    row = desk.item(broken).id
    change(desk.outbox.path, f"UPDATE files SET packed = substr(packed, 1, 10) WHERE item = {row}")

    desk.run_for(10.0)

    assert desk.item(whole).state is not State.PENDING
    assert desk.item(broken).state is State.NEEDS_ATTENTION
    assert "lost the list of its files" in desk.item(broken).cause


# Not to be written to.


def test_outbox_of_a_newer_release_is_left_untouched_and_publishing_goes_on(
    publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.publish_file(publisher.version(publisher.session()), "old")
    path = outbox_path(publisher)
    leave(publisher)
    change(path, "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA user_version = 99")
    before = path.read_bytes()

    component = publisher.publish_file(publisher.version(publisher.session()), "new")

    staging = component.session.pick_location()
    assert staging.get_component_availability(component) == 100.0
    assert Path(staging.get_filesystem_path(component)).is_file()
    assert path.read_bytes() == before
    assert kept_aside(path) == []
    assert said(caplog, "Update the plugin", "staged, but not queued")
    assert said(caplog, "Could not queue the published components", BY_ITSELF)
    leave(publisher)
    change(path, f"PRAGMA user_version = {len(UPGRADES)}")
    assert "1 queued" in reconcile()


def test_read_only_outbox_stops_no_publish_and_is_said(
    publisher: Publisher, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.publish_file(publisher.version(publisher.session()), "old")
    leave(publisher)
    change(outbox_path(publisher), "PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(outbox_path(publisher), path_of(str(small_disk), str(publisher.studio.staging)))
    assert mounted("-o", "remount,ro", str(small_disk))
    publisher.environment(FTRACK_ACCSYN_OUTBOX=str(small_disk))

    component = publisher.publish_file(publisher.version(publisher.session()), "main")

    staging = component.session.pick_location()
    assert Path(staging.get_filesystem_path(component)).is_file()
    assert said(caplog, "Could not queue the published components", BY_ITSELF)
    assert [path.suffix for path in small_disk.iterdir()] == [".sqlite3"]
    assert mounted("-o", "remount,rw", str(small_disk))
    (path,) = small_disk.glob("*.sqlite3")
    wait_until(lambda: component["id"] in known_components(path), 30.0, "the component to be queued by itself")


def test_full_disk_under_the_outbox_stops_no_publish_and_leaves_the_outbox_whole(
    publisher: Publisher, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.environment(FTRACK_ACCSYN_OUTBOX=str(small_disk))
    publisher.studio.accsyn.switches.refuse(True)
    version = publisher.version(publisher.session())
    before = publisher.publish_file(version, "before")
    (path,) = small_disk.glob("*.sqlite3")
    filling = fill(small_disk)

    lost = [publisher.publish_file(version, f"during{number}") for number in range(3)]

    staging = lost[0].session.pick_location()
    assert all(Path(staging.get_filesystem_path(component)).is_file() for component in lost)
    assert said(caplog, "Could not queue the published components", BY_ITSELF)
    filling.unlink()
    after = publisher.publish_file(version, "after")
    everything = {component["id"] for component in (before, *lost, after)}
    wait_until(lambda: known_components(path) == everything, 30.0, "all to be queued by themselves")
    assert change(path, "PRAGMA integrity_check") == [("ok",)]
