"""How staged files get to the disk: whole or not at all, and flushed by the background thread before they are sent."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fault.faults.desk import Desk
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.staging.temporaries import is_temporary_name
from helpers import ROOT, wait_until
from publishing import Publisher

CHUNK_BYTES = 64 * 1024
LARGE_BYTES = 20_000_000

#: Writes for ever, as slowly as its reader reads.
WRITER = f"""
import sys
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
data = AccsynAccessor(sys.argv[1]).open("shot/main.mov", "wb")
while True:
    data.write(bytes({CHUNK_BYTES}))
    data.flush()
    print("written", flush=True)
"""


@pytest.mark.parametrize("earlier", [None, b"the file that was there before"], ids=["new", "replaced"])
@pytest.mark.parametrize("seed", range(3))
def test_writer_killed_at_a_random_moment_leaves_no_half_of_a_file_under_its_name(
    tmp_path: Path, seed: int, earlier: bytes | None
) -> None:
    final = tmp_path / "shot" / "main.mov"
    final.parent.mkdir()
    if earlier is not None:
        final.write_bytes(earlier)
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "source")},
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    with writer:
        for _ in range(random.Random(seed).randrange(1, 40)):
            assert writer.stdout.readline() == b"written\n"
            assert final.exists() is (earlier is not None)
        writer.kill()

    (unfinished,) = [path for path in final.parent.iterdir() if path != final]
    assert is_temporary_name(unfinished.name)
    assert unfinished.stat().st_size >= CHUNK_BYTES
    assert (final.read_bytes() if final.exists() else None) == earlier


class Flushes:
    """Notes which thread flushes which file, by its inode.

    Python has no audit event for fsync, and to trace system calls takes rights that a test does not have: so this
    stands in front of the real one, and calls it.
    """

    def __init__(self) -> None:
        self._real = os.fsync
        self._lock = threading.Lock()
        self.seen: list[tuple[str, int]] = []
        self.failing: set[int] = set()

    def __call__(self, descriptor: int) -> None:
        inode = os.fstat(descriptor).st_ino
        with self._lock:
            self.seen.append((threading.current_thread().name, inode))
        if inode in self.failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._real(descriptor)

    def threads(self, path: Path) -> set[str]:
        """Names of the threads that have flushed the file at *path*."""
        return {thread for thread, inode in self.seen if inode == path.stat().st_ino}


@pytest.fixture
def flushes(monkeypatch: pytest.MonkeyPatch) -> Flushes:
    noted = Flushes()
    monkeypatch.setattr(os, "fsync", noted)
    return noted


def test_large_file_is_flushed_by_the_background_thread_and_never_by_the_publish(
    publisher: Publisher, flushes: Flushes
) -> None:
    version = publisher.version(publisher.session())
    source = publisher.file("large.mov", LARGE_BYTES)
    flushes.seen.clear()

    component = version.create_component(str(source), {"name": "large"}, location="auto")
    here = threading.current_thread().name
    assert here not in {thread for thread, _ in flushes.seen}
    publisher.submitted(component)

    path = Path(component.session.pick_location().get_filesystem_path(component))
    assert flushes.threads(path) == {"ftrack-accsyn-worker"}
    assert flushes.threads(path.parent) == {"ftrack-accsyn-worker"}
    assert here not in {thread for thread, _ in flushes.seen}


def test_accsyn_hears_of_a_file_only_after_it_was_flushed(desk: Desk, flushes: Flushes) -> None:
    sequence = desk.publish_sequence("frames", [1, 2, 3])
    paths = [desk.path(f"frames.{frame:04d}.exr") for frame in (1, 2, 3)]
    desk.studio.accsyn.switches.drop_before("transfer/find")

    desk.worker.run_once(settled=True)

    assert desk.studio.accsyn.log.count("transfer/create") == 0
    assert all(flushes.threads(path) for path in paths)
    desk.drain()
    assert desk.item(sequence).state is not State.PENDING


def test_file_that_the_disk_cannot_write_needs_attention_and_holds_up_no_other(desk: Desk, flushes: Flushes) -> None:
    bad, good = desk.publish_file("bad"), desk.publish_file("good")
    flushes.failing.add(desk.path("bad.mov").stat().st_ino)

    desk.run_for(30.0)

    assert desk.item(bad).state is State.NEEDS_ATTENTION
    assert "get a staged file to the disk" in desk.item(bad).cause
    assert "bad.mov" in desk.item(bad).cause
    assert desk.item(good).state is State.SYNCED


def test_publish_is_seen_under_its_final_name_whole_or_not_at_all(publisher: Publisher) -> None:
    """Look at the folder all the time while a large file is being published."""
    version = publisher.version(publisher.session())
    source = publisher.file("large.mov", LARGE_BYTES)
    final = publisher.studio.staging / "show_a/sq010/sh010/plate/v001/large.mov"
    sizes: set[int] = set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            if final.exists():
                sizes.add(final.stat().st_size)

    looking = threading.Thread(target=look)
    looking.start()
    version.create_component(str(source), {"name": "large"}, location="auto")
    wait_until(lambda: sizes, 10.0, "the file to be seen")
    over.set()
    looking.join(10.0)

    assert sizes == {LARGE_BYTES}
