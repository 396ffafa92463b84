"""What nothing is done with is closed, and changes are noticed nevertheless, without opening it."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.outbox import Outbox, connection, opening
from ftrack_accsyn_accessor.outbox.locks import OwnerLock, owner_is_alive

WRITE = """
import sys
from pathlib import Path
from ftrack_accsyn_accessor.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
outbox.keep_fact("by another process", "1")
outbox.close()
"""
STAY = WRITE.replace("outbox.close()", "print('written', flush=True); sys.stdin.readline(); outbox.close()")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that SQLite was asked to open."""
    found: list[str] = []
    connect = sqlite3.connect

    def noting(path: str, *arguments: Any, **more: Any) -> Any:
        found.append(path)
        return connect(path, *arguments, **more)

    monkeypatch.setattr(sqlite3, "connect", noting)
    return found


def at_rest(outbox: Outbox) -> int:
    """Bring *outbox* to rest, as the worker does by and by; return its number of changes then."""
    for _ in range(3):
        outbox.rest(0.0)
        seen = outbox.changes()
    outbox.rest(0.0)
    return seen


def open_files(path: Path) -> list[str]:
    """What this process has open of the outbox at *path*."""
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("this system does not tell which files are open")
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            continue
    return [name for name in found if name.startswith(str(path))]


def test_connections_of_all_threads_are_closed_when_nothing_was_done_with_them(desk: Any) -> None:
    leave, used = threading.Event(), threading.Event()

    def publish() -> None:
        desk.prepare("c1")
        used.set()
        leave.wait(30.0)
        desk.prepare("c2")
        desk.outbox.close()

    thread = threading.Thread(target=publish)
    thread.start()
    used.wait(30.0)
    desk.outbox.counts()
    assert open_files(desk.path)

    desk.outbox.rest(0.0)

    assert open_files(desk.path) == []
    leave.set()
    thread.join()
    assert {item.publication.component_id for item in desk.outbox.items()} == {"c1", "c2"}


def test_connection_that_was_used_lately_stays_open(desk: Any, opened: list[str]) -> None:
    desk.prepare("c1")
    desk.outbox.rest(3600.0)
    desk.prepare("c2")
    assert len(opened) == 1


def test_connection_inside_a_call_is_left_alone(desk: Any) -> None:
    with desk.outbox._connections.writing() as found:
        thread = threading.Thread(target=lambda: desk.outbox.rest(0.0))
        thread.start()
        thread.join()
        found.execute("INSERT INTO meta VALUES ('a', '1')")
    assert desk.outbox.fact("a") == "1"


def test_looking_for_changes_keeps_nothing_from_rest_and_opens_nothing(desk: Any, opened: list[str]) -> None:
    desk.prepare("c1")
    seen = at_rest(desk.outbox)
    opened.clear()

    assert [desk.outbox.changes() for _ in range(50)] == [seen] * 50
    assert opened == []
    assert open_files(desk.path) == []


def test_what_another_process_writes_is_noticed_at_rest(
    desk: Any, start: Callable[..., Any], finish: Callable[..., str]
) -> None:
    desk.prepare("c1")
    seen = at_rest(desk.outbox)
    finish(start(WRITE, desk.path))
    assert desk.outbox.changes() != seen
    seen = at_rest(desk.outbox)
    assert desk.outbox.changes() == seen


def test_what_another_process_writes_and_keeps_in_its_journal_is_noticed_at_rest(
    desk: Any, start: Callable[..., Any], finish: Callable[..., str]
) -> None:
    desk.prepare("c1")
    seen = at_rest(desk.outbox)
    process = start(STAY, desk.path)
    assert process.stdout.readline() == "written\n"
    assert desk.outbox.changes() != seen
    finish(process, "\n")


def test_what_is_written_while_it_goes_to_rest_is_noticed(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.prepare("c1")
    seen = at_rest(desk.outbox)
    desk.outbox.counts()
    seen = desk.outbox.changes()
    version_of, other = connection.version_of, Outbox(desk.path)

    def writing_afterwards(found: Any) -> int:
        version = version_of(found)
        monkeypatch.setattr(connection, "version_of", version_of)
        other.keep_fact("a", "1")
        return version

    monkeypatch.setattr(connection, "version_of", writing_afterwards)
    desk.outbox.rest(0.0)

    assert desk.outbox.changes() != seen
    other.close()


def test_two_processes_at_rest_do_not_keep_each_other_awake(desk: Any, opened: list[str]) -> None:
    other = Outbox(desk.path)
    desk.prepare("c1")
    for _ in range(4):
        for each in (desk.outbox, other):
            each.changes()
            each.rest(0.0)
    opened.clear()
    for _ in range(10):
        for each in (desk.outbox, other):
            each.changes()
            each.rest(0.0)
    assert opened == []


def test_file_at_rest_is_looked_into_after_a_long_time(
    desk: Any, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.prepare("c1")
    at_rest(desk.outbox)
    opened.clear()
    monkeypatch.setattr(connection, "LOOK_S", 0.0)
    desk.outbox.changes()
    assert len(opened) == 1


# The proof of life.


def test_proof_of_life_is_given_back_when_nothing_is_prepared_and_taken_again(tmp_path: Path) -> None:
    owner = OwnerLock(tmp_path / "owners")
    owner.hold()
    owner.rest(0.0, lambda token: False)
    assert list((tmp_path / "owners").iterdir()) == []
    assert owner.hold() == owner.token
    assert owner_is_alive(tmp_path / "owners", owner.token)
    owner.release()


@pytest.mark.parametrize("how", ["closes it", "ends"])
def test_what_is_brought_to_rest_is_closed_by_nobody_else_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    opened, go_on, looked = threading.Event(), threading.Event(), []

    def work() -> None:
        outbox.keep_fact("of a thread", "1")
        opened.set()
        go_on.wait(10)
        if how == "closes it":
            outbox.close()

    def look(taken: connection.Connection) -> int:
        monkeypatch.undo()
        go_on.set()
        thread.join(10)
        outbox.keep_fact("of this thread", "1")  # opens a file: those of ended threads are given back then
        looked.append(opening.version_of(taken))
        return looked[0]

    thread = threading.Thread(target=work)
    thread.start()
    assert opened.wait(10)
    monkeypatch.setattr(connection, "version_of", look)

    outbox.rest(0.0)

    assert len(looked) == 1


def test_proof_of_life_is_kept_while_something_is_prepared_or_is_about_to_be(tmp_path: Path) -> None:
    owner = OwnerLock(tmp_path)
    asked: list[str] = []
    with owner.holding() as token:
        owner.rest(0.0, lambda token: False)
        assert owner_is_alive(tmp_path, token)
    owner.rest(3600.0, lambda token: False)
    assert owner_is_alive(tmp_path, token)
    owner.rest(0.0, lambda token: bool(asked.append(token)) or True)
    assert owner_is_alive(tmp_path, token)
    assert asked == [owner.token]
    owner.release()


def test_proof_of_life_is_kept_where_a_publish_begins_while_it_is_asked_for(tmp_path: Path) -> None:
    owner = OwnerLock(tmp_path)
    owner.hold()

    def meanwhile(_: str) -> bool:
        owner.hold()
        return False

    owner.rest(0.0, meanwhile)

    assert owner_is_alive(tmp_path, owner.token)
    owner.release()


def test_nobody_is_asked_where_no_lock_is_held(tmp_path: Path) -> None:
    OwnerLock(tmp_path).rest(0.0, lambda token: pytest.fail("asked"))
