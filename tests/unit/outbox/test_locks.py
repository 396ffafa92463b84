"""Locks between processes: one owner at a time, freed by its death and by nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Iterator

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox.locks import OwnerLock, ProcessLock, owner_is_alive
from helpers import ROOT, wait_until
from holding import ALWAYS, Holder

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")

HOLD = """
import sys
from pathlib import Path
from ftrack_accsyn_accessor.outbox.locks import OwnerLock, ProcessLock
if sys.argv[1] == "owner":
    lock = OwnerLock(Path(sys.argv[2]))
    print(lock.hold(), flush=True)
else:
    lock = ProcessLock(Path(sys.argv[2]))
    print(lock.acquire(), flush=True)
sys.stdin.readline()
lock.release()
"""


class Other:
    """Another process that holds a lock until it is told to give it back or is killed."""

    def __init__(self, what: str, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, what, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "source")},
        )
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def finish(self) -> None:
        self.process.communicate("\n")


@pytest.fixture
def others() -> Iterator[list[Other]]:
    started: list[Other] = []
    yield started
    for other in started:
        other.kill()


def in_child(action: object) -> int:
    """Return the exit code of a forked child: what *action* returns."""
    child = os.fork()
    if not child:
        code = 99
        try:
            code = int(action())  # type: ignore[operator]
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# One owner.


def test_free_lock_is_taken_and_given_back(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "worker.lock")
    assert not lock.held
    assert lock.acquire()
    assert lock.held
    lock.release()
    assert not lock.held
    assert ProcessLock(lock.path).acquire()


def test_taking_twice_needs_giving_back_once(tmp_path: Path) -> None:
    lock, second = ProcessLock(tmp_path / "x.lock"), ProcessLock(tmp_path / "x.lock")
    assert lock.acquire()
    assert lock.acquire()
    lock.release()
    assert second.acquire()


def test_giving_back_what_is_not_held_does_nothing(tmp_path: Path) -> None:
    holder, lock = ProcessLock(tmp_path / "x.lock"), ProcessLock(tmp_path / "x.lock")
    assert holder.acquire()
    lock.release()
    assert not lock.acquire()


def test_lock_held_by_another_process_is_refused_at_once(tmp_path: Path, others: list[Other]) -> None:
    others.append(Other("process", tmp_path / "x.lock"))
    assert others[0].said == "True"
    assert not ProcessLock(tmp_path / "x.lock").acquire()


def test_lock_is_free_when_the_other_process_gives_it_back(tmp_path: Path, others: list[Other]) -> None:
    others.append(Other("process", tmp_path / "x.lock"))
    others[0].finish()
    assert ProcessLock(tmp_path / "x.lock").acquire()


def test_lock_is_freed_by_killing_its_owner(tmp_path: Path, others: list[Other]) -> None:
    others.append(Other("process", tmp_path / "x.lock"))
    lock = ProcessLock(tmp_path / "x.lock")
    assert not lock.acquire()
    others[0].kill()
    assert wait_until(lock.acquire, what="the killed owner's lock")


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no stopped processes there")
def test_stopped_owner_keeps_its_lock(tmp_path: Path, others: list[Other]) -> None:
    others.append(Other("process", tmp_path / "x.lock"))
    others[0].process.send_signal(signal.SIGSTOP)
    assert not ProcessLock(tmp_path / "x.lock").acquire()


def test_lock_taken_on_one_thread_is_given_back_on_another(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "x.lock")
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    thread.join()
    assert lock.held
    lock.release()
    assert ProcessLock(lock.path).acquire()


def test_lock_file_is_private(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "x.lock")
    lock.acquire()
    if os.name != "nt":
        assert lock.path.stat().st_mode & 0o777 == 0o600


def test_folder_of_a_vanished_disk_is_not_made_by_taking_a_lock(tmp_path: Path) -> None:
    assert not ProcessLock(tmp_path / "unplugged" / "state" / "x.lock").acquire()
    assert list(tmp_path.iterdir()) == []


# Forks.


@needs_fork
def test_forked_child_that_abandons_the_lock_leaves_it_to_its_parent(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "x.lock")
    assert lock.acquire()

    def child() -> int:
        lock.abandon_after_fork()
        return int(lock.held or ProcessLock(lock.path).acquire())

    assert in_child(child) == 0
    assert lock.held
    assert not ProcessLock(lock.path).acquire()


@needs_fork
def test_abandoned_lock_touches_no_file_when_it_is_collected(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    held = [ProcessLock(tmp_path / "x.lock")]
    assert held[0].acquire()

    def child() -> int:
        held[0].abandon_after_fork()
        with open(tmp_path / "other", "w") as other:  # gets the number of the closed descriptor
            held.clear()
            other.write("x")
        return 0

    assert in_child(child) == 0
    assert capfd.readouterr().err == ""
    assert not ProcessLock(tmp_path / "x.lock").acquire()


@needs_fork
def test_lock_outlives_neither_its_owner_nor_waits_for_the_owners_children(tmp_path: Path, others: list[Other]) -> None:
    lock = ProcessLock(tmp_path / "x.lock")
    assert lock.acquire()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        lock.abandon_after_fork()
        os.write(writer, b"x")
        signal.pause()
    os.read(reader, 1)
    lock.release()
    assert ProcessLock(lock.path).acquire()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
    os.close(writer)


# Proof of life.


def test_owner_is_alive_once_it_holds_its_token(tmp_path: Path) -> None:
    owner = OwnerLock(tmp_path / "owners")
    assert not owner_is_alive(tmp_path / "owners", owner.token)
    assert owner.hold() == owner.hold() == owner.token
    assert owner_is_alive(tmp_path / "owners", owner.token)


def test_asking_does_not_take_the_lock_from_the_owner(tmp_path: Path) -> None:
    owner = OwnerLock(tmp_path)
    owner.hold()
    assert [owner_is_alive(tmp_path, owner.token) for _ in range(3)] == [True, True, True]


def test_owners_have_tokens_of_their_own(tmp_path: Path) -> None:
    assert OwnerLock(tmp_path).token != OwnerLock(tmp_path).token


def test_killed_owner_is_dead_and_its_file_is_cleared_away(tmp_path: Path, others: list[Other]) -> None:
    others.append(Other("owner", tmp_path))
    token = others[0].said
    assert owner_is_alive(tmp_path, token)
    others[0].kill()
    wait_until(lambda: not owner_is_alive(tmp_path, token), what="the killed owner to be seen as dead")
    assert list(tmp_path.iterdir()) == []


def test_released_owner_leaves_no_file(tmp_path: Path) -> None:
    owner = OwnerLock(tmp_path)
    owner.hold()
    owner.release()
    assert list(tmp_path.iterdir()) == []
    assert not owner_is_alive(tmp_path, owner.token)
    owner.release()


def test_threads_that_publish_at_the_same_moment_all_get_the_held_token(tmp_path: Path) -> None:
    owner = OwnerLock(tmp_path / "owners")
    together = threading.Barrier(8)
    tokens: list[str] = []

    def publish() -> None:
        together.wait()
        tokens.append(owner.hold())

    threads = [threading.Thread(target=publish) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tokens == [owner.token] * 8
    assert owner_is_alive(tmp_path / "owners", owner.token)


def test_token_is_not_given_out_when_its_lock_cannot_be_taken(tmp_path: Path) -> None:
    # Another process would take this one for dead and forget what it is publishing.
    owner = OwnerLock(tmp_path / "unplugged" / "owners")
    with pytest.raises(errors.OutboxUnusable, match="unplugged"):
        owner.hold()
    assert list(tmp_path.iterdir()) == []


@needs_fork
def test_forked_child_does_not_kill_the_proof_of_its_parents_life(tmp_path: Path) -> None:
    owner = OwnerLock(tmp_path)
    owner.hold()

    def child() -> int:
        owner.abandon_after_fork()
        return int(not owner_is_alive(tmp_path, owner.token))

    assert in_child(child) == 0
    assert owner_is_alive(tmp_path, owner.token)


def test_file_of_a_lock_that_a_scanner_looks_into_is_removed_nevertheless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Holder(monkeypatch, tries=6)
    lock = OwnerLock(tmp_path)
    lock.hold()

    lock.release()

    assert list(tmp_path.iterdir()) == []


def test_files_that_others_have_left_long_ago_are_swept_and_those_of_the_living_are_not(
    tmp_path: Path, others: list[Other], monkeypatch: pytest.MonkeyPatch
) -> None:
    living, killed = Other("owner", tmp_path), Other("owner", tmp_path)
    others += [living, killed]
    killed.kill()
    with monkeypatch.context() as patch:
        Holder(patch, tries=ALWAYS)
        held = OwnerLock(tmp_path)
        held.hold()
        held.release()
    own = OwnerLock(tmp_path)
    own.hold()
    files = {lock: tmp_path / f"{lock}.lock" for lock in (living.said, killed.said, held.token, own.token)}

    own.sweep()
    assert set(tmp_path.iterdir()) == set(files.values())

    for path in files.values():
        os.utime(path, (0, 0))
    own.sweep()
    assert set(tmp_path.iterdir()) == {files[living.said], files[own.token]}
    assert owner_is_alive(tmp_path, living.said)
    own.release()


def test_lock_whose_file_cannot_be_opened_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "a.lock").mkdir()

    assert not ProcessLock(tmp_path / "a.lock").acquire()
