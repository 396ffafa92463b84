"""Many threads and processes on one outbox: nothing lost, nothing shared by accident, whoever is killed or forks."""

from __future__ import annotations

import functools
import os
import signal
import sqlite3
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")

PUBLISH = """
import datetime
import sys
from pathlib import Path
from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Publication, StagedFile, Studio
from ftrack_accsyn_accessor.model.route import Route
from ftrack_accsyn_accessor.outbox import Outbox

def publication(name):
    file = StagedFile(f"show_a/{name}.mov", 10, 1)
    texts = ["l1", "artist.ws1", "https://acme.test", "artist", "p1", "show_a", "v1", "shot v001"]
    return Publication(name, "main", Kind.FILE, file.path, *texts, files=(file,))

def route():
    end = Endpoint("acme", "d1", "studio.hq")
    day = datetime.date(2026, 11, 21)
    return Route("p1", "show_a", "l1", "ws1", "c" * 24, "projects", end, day, Studio("https://acme.test", "acme"))

outbox = Outbox(Path(sys.argv[1]))
"""
WRITE_TOGETHER = (
    PUBLISH
    + """
import threading
print("ready", flush=True)
sys.stdin.readline()

def publish(thread):
    for number in range(25):
        name = f"{sys.argv[2]}-{thread}-{number}"
        outbox.prepare([publication(name)], "owner")
        assert outbox.activate([name], "l1") == 1
        outbox.job(route())
    outbox.close()

threads = [threading.Thread(target=publish, args=(thread,)) for thread in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
outbox.close()
"""
)
WRITE_UNTIL_KILLED = (
    PUBLISH
    + """
for number in range(1_000_000):
    outbox.prepare([publication(f"c{number}")], "owner")
    print(number, flush=True)
"""
)
OPEN_AND_CLOSE = PUBLISH + "outbox.open(); outbox.close()"
FACTS = PUBLISH + "print(*[outbox.fact(name) for name in sys.argv[2:]]); outbox.close()"


def test_four_processes_with_three_threads_each_lose_and_double_nothing(
    tmp_path: Path, start: Callable[..., Any], finish: Callable[..., str]
) -> None:
    # They meet before the first of them has made the file.
    path = tmp_path / "outbox.sqlite3"
    processes = [start(WRITE_TOGETHER, path, number) for number in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        finish(process)
    outbox = Outbox(path)
    names = [item.publication.component_id for item in outbox.items(State.PENDING)]
    assert sorted(names) == sorted(f"{p}-{t}-{n}" for p in range(4) for t in range(3) for n in range(25))
    assert len(outbox.jobs()) == 1
    outbox.close()


def test_threads_of_one_process_write_together(desk: Any) -> None:
    together = threading.Barrier(6)
    failures: list[errors.AccsynAccessorError] = []

    def publish(thread: int) -> None:
        try:
            together.wait()
            for number in range(20):
                desk.prepare(f"{thread}-{number}")
            desk.outbox.close()
        except errors.AccsynAccessorError as error:
            failures.append(error)

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert desk.outbox.counts()[State.PREPARED] == 120


def test_what_a_killed_process_has_written_stays_written(tmp_path: Path, start: Callable[..., Any]) -> None:
    path = tmp_path / "outbox.sqlite3"
    process = start(WRITE_UNTIL_KILLED, path)
    written = [int(process.stdout.readline()) for _ in range(40)][-1]
    process.kill()
    process.wait()
    outbox = Outbox(path)
    names = {item.publication.component_id for item in outbox.items()}
    assert names >= {f"c{number}" for number in range(written + 1)}
    assert all(len(item.publication.files) == 1 for item in outbox.items())
    outbox.keep_fact("writable", "1")
    outbox.close()


def test_connection_of_another_thread_takes_no_lock_from_the_first(
    tmp_path: Path, start: Callable[..., Any], finish: Callable[..., str]
) -> None:
    # Closing any descriptor of the file would drop this process's locks on it; the next process to leave would then
    # take the write-ahead log for its own and remove it under this connection.
    path = tmp_path / "outbox.sqlite3"
    outbox = Outbox(path)
    outbox.keep_fact("before", "1")

    def look() -> None:
        second = Outbox(path)
        second.open()
        second.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    finish(start(OPEN_AND_CLOSE, path))
    outbox.keep_fact("after", "2")
    assert finish(start(FACTS, path, "before", "after")) == "1 2"
    outbox.close()


# Forks.


def forked(action: Callable[[], object]) -> int:
    """Start *action* in a forked child; its exit code is 0 when it returned."""
    child = os.fork()
    if not child:
        code = 1
        # Half of SQLite's state would make a child hang where Python sees no signals: let the system end it.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(20)
        try:
            action()
            code = 0
        finally:
            os._exit(code)
    return child


def code_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@needs_fork
def test_parent_and_forked_child_write_on(desk: Any) -> None:
    desk.pending("before")
    child = forked(lambda: desk.pending("child"))
    desk.pending("parent")
    assert code_of(child) == 0
    assert {item.publication.component_id for item in desk.outbox.items()} == {"before", "child", "parent"}


@needs_fork
def test_child_that_outlives_its_parents_connection_loses_nothing(
    desk: Any, start: Callable[..., Any], finish: Callable[..., str]
) -> None:
    # With the parent's connection still open in the child, SQLite would take for its own the locks that a child does
    # not inherit, and the parent, leaving as the last one with a lock, would remove the log that the child writes to.
    desk.outbox.keep_fact("before", "0")
    to_child, to_parent = os.pipe(), os.pipe()

    def outlive() -> None:
        desk.outbox.keep_fact("first", "1")
        os.write(to_parent[1], b"x")
        os.read(to_child[0], 1)
        desk.outbox.keep_fact("second", "2")

    child = forked(outlive)
    os.read(to_parent[0], 1)
    desk.outbox.close()
    os.write(to_child[1], b"x")
    assert code_of(child) == 0
    assert finish(start(FACTS, desk.path, "before", "first", "second")) == "0 1 2"
    for end in (*to_child, *to_parent):
        os.close(end)


@needs_fork
def test_child_forked_while_other_threads_write_can_write(desk: Any) -> None:
    desk.outbox.open()
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            desk.outbox.keep_fact("busy", str(number))
            number += 1
        desk.outbox.close()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        codes = []
        for number in range(15):
            codes.append(code_of(forked(functools.partial(desk.outbox.keep_fact, f"child {number}", "1"))))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert codes == [0] * 15
    assert [desk.outbox.fact(f"child {number}") for number in range(15)] == ["1"] * 15


@needs_fork
def test_fork_inside_of_a_transaction_leaves_it_to_the_parent(desk: Any) -> None:
    # Nobody means to do this; a signal handler may. It must neither hang nor spoil the file.
    with desk.outbox._connections.writing() as connection:
        connection.execute("INSERT INTO meta VALUES ('parent', '1')")
        child = forked(lambda: None)
        assert code_of(child) == 0
    assert desk.outbox.fact("parent") == "1"
    with sqlite3.connect(desk.path) as check:
        assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()


@needs_fork
def test_grandchild_writes_as_well(desk: Any) -> None:
    desk.prepare("parent")

    def child() -> None:
        desk.prepare("child")
        assert code_of(forked(lambda: desk.prepare("grandchild"))) == 0
        desk.prepare("child again")

    assert code_of(forked(child)) == 0
    assert desk.outbox.counts()[State.PREPARED] == 4


def test_threads_that_make_the_file_together_never_find_it_locked(tmp_path: Path) -> None:
    troubles: list[Exception] = []

    def open_at_once(outbox: Outbox, start: threading.Barrier) -> None:
        start.wait()
        try:
            outbox.open()
        except errors.OutboxError as error:
            troubles.append(error)
        outbox.close()

    for number in range(30):
        outbox, start = Outbox(tmp_path / f"{number}.sqlite3"), threading.Barrier(12)
        threads = [threading.Thread(target=open_at_once, args=(outbox, start)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert troubles == []
