"""The outbox file: private, versioned, refused when it cannot be used, and never lost sight of."""

from __future__ import annotations

import _thread
import os
import shutil
import sqlite3
import stat
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import Outbox, schema
from helpers import wait_until

posix_modes = pytest.mark.skipif(os.name == "nt", reason="no modes there")
needs_user = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anything")

READ_FACT = """
import sys
from pathlib import Path
from ftrack_accsyn_accessor.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
print(outbox.fact(sys.argv[2]))
outbox.close()
"""
WRITE_FACT = READ_FACT.replace("print(outbox.fact(sys.argv[2]))", "outbox.keep_fact(sys.argv[2], '2')")


# Privacy.


@posix_modes
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_file_and_its_log_are_private_whatever_the_umask(desk: Any, umask: int) -> None:
    before = os.umask(umask)
    try:
        desk.outbox.keep_fact("a", "1")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in desk.path.parent.iterdir()}
    assert modes == {"outbox.sqlite3": 0o600, "outbox.sqlite3-wal": 0o600, "outbox.sqlite3-shm": 0o600}


def test_no_file_is_made_in_a_folder_that_is_missing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "unplugged" / "outbox.sqlite3")
    with pytest.raises(errors.OutboxUnusable, match="unplugged"):
        outbox.open()
    with pytest.raises(errors.OutboxUnusable):
        outbox.counts()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_made_before_the_first_call(desk: Any) -> None:
    assert not desk.path.exists()
    desk.outbox.open()
    assert desk.path.exists()


# Versions.


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


def test_new_file_has_this_releases_version(desk: Any) -> None:
    desk.outbox.open()
    desk.outbox.close()
    assert version(desk.path) == len(schema.UPGRADES)


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_file_of_a_newer_release_is_refused_and_untouched(desk: Any, journal: str) -> None:
    newer = sqlite3.connect(desk.path)
    newer.execute(f"PRAGMA journal_mode = {journal}")
    newer.execute("CREATE TABLE item (something TEXT)")
    newer.execute(f"PRAGMA user_version = {len(schema.UPGRADES) + 1}")
    newer.commit()
    newer.close()
    before = desk.path.read_bytes()
    for call in (desk.outbox.open, desk.outbox.work, lambda: desk.prepare("c1"), lambda: desk.outbox.wake("x")):
        with pytest.raises(errors.OutboxTooNew, match="Update the plugin") as caught:
            call()
        assert str(desk.path) in str(caught.value)
    assert desk.path.read_bytes() == before
    assert [path.name for path in desk.path.parent.iterdir()] == ["outbox.sqlite3"]


def test_newer_release_that_comes_while_the_file_is_open_does_not_disturb_the_open_one(desk: Any) -> None:
    desk.pending("c1")
    newer = sqlite3.connect(desk.path)
    newer.execute(f"PRAGMA user_version = {len(schema.UPGRADES) + 1}")
    newer.close()
    assert desk.outbox.work().due == 1
    with pytest.raises(errors.OutboxTooNew):
        Outbox(desk.path).open()


def test_failed_upgrade_leaves_the_file_as_it_was(desk: Any) -> None:
    early = sqlite3.connect(desk.path)
    early.execute("CREATE TABLE job (something TEXT)")
    early.commit()
    early.close()
    with pytest.raises(errors.OutboxUnusable, match="job already exists"):
        desk.outbox.open()
    found = sqlite3.connect(desk.path)
    assert [row[0] for row in found.execute("SELECT name FROM sqlite_master")] == ["job"]
    found.close()
    assert version(desk.path) == 0


def test_many_threads_that_open_a_new_file_together_upgrade_it_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    together = threading.Barrier(8)
    failures: list[errors.AccsynAccessorError] = []

    def first_call(number: int) -> None:
        try:
            together.wait()
            outbox.keep_fact(f"thread {number}", "1")
            outbox.close()
        except errors.AccsynAccessorError as error:
            failures.append(error)

    threads = [threading.Thread(target=first_call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [outbox.fact(f"thread {number}") for number in range(8)] == ["1"] * 8
    outbox.close()


# What cannot be used.


@pytest.mark.parametrize("damaged", [slice(0, 100), slice(4096, None)], ids=["header", "content"])
def test_damaged_file_is_kept_aside_as_it_is_and_a_new_one_takes_its_place(desk: Any, damaged: slice) -> None:
    desk.pending(*(f"c{number}" for number in range(100)))
    desk.outbox.close()
    whole = bytearray(desk.path.read_bytes())
    whole[damaged] = b"?" * len(whole[damaged])
    desk.path.write_bytes(whole)

    assert list(desk.outbox.items()) == []

    (kept,) = desk.path.parent.glob(f"{desk.path.name}.damaged-*")
    assert kept.read_bytes() == whole


def test_folder_in_the_files_place_is_unusable(desk: Any) -> None:
    desk.path.mkdir()
    with pytest.raises(errors.OutboxUnusable):
        desk.outbox.open()


@needs_user
def test_read_only_file_is_unusable_for_writing(desk: Any) -> None:
    desk.pending("c1")
    desk.outbox.close()
    desk.path.chmod(0o400)
    with pytest.raises(errors.OutboxUnusable):
        desk.prepare("c2")


def test_full_disk_is_said_and_what_was_there_stays(desk: Any) -> None:
    desk.pending("c1")
    with desk.outbox._connections.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite answers as for a full disk
    with pytest.raises(errors.OutboxUnusable, match="full"):
        desk.prepare(*(f"more-{number}" for number in range(1000)))
    assert [item.publication.component_id for item in desk.outbox.items()] == ["c1"]
    desk.prepare("c2")  # there is room again


def test_failed_write_is_undone_as_a_whole(desk: Any) -> None:
    bad = desk.publication("c2", component_name=object())
    with pytest.raises((errors.OutboxUnusable, AttributeError)):
        desk.outbox.prepare([desk.publication("c1"), bad], "owner")
    assert list(desk.outbox.items()) == []
    desk.pending("c3")


# The file at the path is the outbox, whatever becomes of an earlier one.


@pytest.mark.skipif(os.name == "nt", reason="open files cannot be deleted there")
def test_deleted_file_is_made_anew_instead_of_written_to_unseen(
    desk: Any, start: Callable[..., Any], finish: Callable[..., str]
) -> None:
    desk.outbox.keep_fact("a", "1")
    for path in desk.path.parent.glob("outbox.sqlite3*"):
        path.unlink()
    desk.outbox.keep_fact("b", "2")
    assert finish(start(READ_FACT, desk.path, "b")) == "2"
    assert desk.outbox.fact("a") is None


@pytest.mark.skipif(os.name == "nt", reason="open files cannot be moved there")
def test_exchanged_disk_is_noticed_and_the_first_one_too_when_it_is_back(tmp_path: Path) -> None:
    disk, away, other = tmp_path / "disk", tmp_path / "away", tmp_path / "other"
    disk.mkdir()
    other.mkdir()
    outbox = Outbox(disk / "outbox.sqlite3")
    outbox.keep_fact("disk", "first")
    disk.rename(away)
    with pytest.raises(errors.OutboxUnusable):
        outbox.fact("disk")
    other.rename(disk)
    assert outbox.fact("disk") is None
    outbox.keep_fact("disk", "second")
    shutil.rmtree(disk)
    away.rename(disk)
    assert outbox.fact("disk") == "first"
    outbox.close()


# Changes.


def test_changes_of_other_connections_are_seen_and_none_where_there_were_none(
    desk: Any, start: Callable[..., Any], finish: Callable[..., str]
) -> None:
    desk.outbox.open()
    seen = desk.outbox.changes()
    assert desk.outbox.changes() == seen
    desk.outbox.counts()
    assert desk.outbox.changes() == seen
    other = Outbox(desk.path)
    other.keep_fact("a", "1")
    assert desk.outbox.changes() != seen
    seen = desk.outbox.changes()
    thread = threading.Thread(target=lambda: (desk.prepare("c1"), desk.outbox.close()))
    thread.start()
    thread.join()
    assert desk.outbox.changes() != seen
    seen = desk.outbox.changes()
    finish(start(WRITE_FACT, desk.path, "b"))
    assert desk.outbox.changes() != seen
    other.close()


def test_reading_elsewhere_is_no_change(desk: Any, start: Callable[..., Any], finish: Callable[..., str]) -> None:
    desk.pending("c1")
    seen = desk.outbox.changes()
    finish(start(READ_FACT, desk.path, "a"))
    assert desk.outbox.changes() == seen


def test_new_connection_counts_as_a_change(desk: Any) -> None:
    # What was written between the two cannot be told from its own count.
    numbers = set()
    for _ in range(5):
        desk.outbox.close()
        numbers.add(desk.outbox.changes())
    assert len(numbers) == 5


def test_closing_twice_or_unopened_does_nothing(desk: Any) -> None:
    desk.outbox.close()
    desk.outbox.open()
    desk.outbox.close()
    desk.outbox.close()
    assert desk.outbox.fact("a") is None


def test_connections_of_ended_threads_are_closed_without_waiting_for_the_garbage_collector(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "a.sqlite3")
    used: list[sqlite3.Connection] = []

    def work() -> None:
        with outbox._connections.reading() as connection:
            used.append(connection)

    for _ in range(3):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    work()

    for connection in used[:-1]:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
    assert used[-1].execute("SELECT 1").fetchone()[0] == 1
    outbox.close()


def test_connections_of_threads_that_python_did_not_start_are_left_alone_while_they_live(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "a.sqlite3")
    opened, leave = threading.Event(), threading.Event()
    answers: list[object] = []

    def work() -> None:
        answers.append(outbox.fact("a"))
        opened.set()
        leave.wait(10.0)
        with outbox._connections.reading() as connection:
            answers.append(connection.execute("SELECT 1").fetchone()[0])
        leave.clear()

    _thread.start_new_thread(work, ())
    assert opened.wait(10.0)
    other = threading.Thread(target=lambda: answers.append(outbox.fact("a")))
    other.start()
    other.join()
    leave.set()

    wait_until(lambda: not leave.is_set())
    assert answers == [None, None, 1]
    outbox.close()


def test_outbox_that_nobody_holds_any_more_gives_its_file_back_at_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "a.sqlite3")
    with outbox._connections.reading() as connection:
        assert connection.execute("SELECT 1").fetchone()[0] == 1

    del outbox

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
