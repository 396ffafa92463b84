"""Staging on disks whose files can share their blocks: real ones, of the kernel, where the machine can mount them."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ftrack_api import exception as ftrack_errors

from disks import CannotMount, mounted
from ftrack_accsyn_accessor import copying
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
from helpers import ROOT, wait_until

MB = 2**20
SIZE_BYTES = 24 * MB


@pytest.fixture(scope="module", params=["xfs", pytest.param("btrfs", marks=pytest.mark.slow)])
def disk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk with a file of 24 MB on it."""
    try:
        with mounted(request.param, tmp_path_factory.mktemp("images")) as folder:
            (folder / "source.exr").write_bytes(os.urandom(SIZE_BYTES))
            yield folder
    except CannotMount as reason:
        pytest.skip(str(reason))


@pytest.fixture(autouse=True)
def nothing_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_failed", {})


@pytest.fixture
def accessor(disk: Path) -> Iterator[AccsynAccessor]:
    root = disk / "projects"
    root.mkdir()
    yield AccsynAccessor(prefix=str(root))
    shutil.rmtree(root)


def used_bytes(disk: Path) -> int:
    descriptor = os.open(disk, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        subprocess.run(["sync", "-f", str(disk)], check=True)
    finally:
        os.close(descriptor)
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def stage(accessor: AccsynAccessor, source: Path, identifier: str = "shot/plate.exr") -> Path:
    with source.open("rb") as file:
        assert accessor.stage(identifier, file)
    return Path(accessor.prefix) / identifier


def test_staged_file_shares_the_blocks_of_its_source(disk: Path, accessor: AccsynAccessor) -> None:
    source = disk / "source.exr"
    before = used_bytes(disk)

    staged = stage(accessor, source)

    assert staged.read_bytes() == source.read_bytes()
    assert used_bytes(disk) - before < SIZE_BYTES / 4


def test_staged_file_is_dated_now_and_has_the_mode_of_a_new_file(disk: Path, accessor: AccsynAccessor) -> None:
    source = disk / "old.exr"
    source.write_bytes(b"x" * 10_000)
    os.utime(source, (1_000_000_000, 1_000_000_000))
    source.chmod(0o400)
    data = accessor.open("written.exr", "wb")
    data.write(b"x")
    data.close()
    written = os.stat(f"{accessor.prefix}/written.exr")

    staged = stage(accessor, source).stat()

    assert staged.st_mode == written.st_mode
    assert staged.st_mtime_ns >= written.st_mtime_ns
    source.unlink()


def test_source_that_is_written_to_later_does_not_change_what_is_staged(disk: Path, accessor: AccsynAccessor) -> None:
    source = disk / "later.exr"
    content = os.urandom(3 * MB)
    source.write_bytes(content)

    staged = stage(accessor, source)
    with source.open("r+b") as file:
        file.write(b"other")
        file.truncate(MB)

    assert staged.read_bytes() == content
    source.unlink()


def test_file_that_is_being_written_is_staged_as_it_was_at_one_moment(disk: Path, accessor: AccsynAccessor) -> None:
    source = disk / "growing.exr"
    source.touch()
    done = threading.Event()

    def write() -> None:
        with source.open("ab", buffering=0) as file:
            for number in itertools.count():
                file.write(b"%07d\n" % number)
                if done.wait(0.0005):
                    return

    writer = threading.Thread(target=write)
    writer.start()
    staged: list[bytes] = []
    numbers = itertools.count()

    def has_grown() -> bool:
        staged.append(stage(accessor, source, f"{next(numbers)}.exr").read_bytes())
        return len(staged) >= 10 and len(staged[-1]) > len(staged[0])

    try:
        wait_until(has_grown, 20.0, "the source to grow")
    finally:
        done.set()
        writer.join()

    whole = source.read_bytes()
    assert all(whole.startswith(content) for content in staged)
    source.unlink()


def test_file_from_another_disk_is_moved_by_the_system_and_clones_are_not_tried_for_each(
    disk: Path, accessor: AccsynAccessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []
    clone = copying.cloning.clone

    def counted(*arguments: Any) -> None:
        tries.append(1)
        clone(*arguments)

    monkeypatch.setattr(copying.cloning, "clone", counted)
    source = tmp_path / "source.exr"
    source.write_bytes(os.urandom(MB))

    for number in range(10):
        assert stage(accessor, source, f"{number}.exr").read_bytes() == source.read_bytes()
    assert len(tries) == copying.TRIES
    stage(accessor, disk / "source.exr")
    assert len(tries) == copying.TRIES + 1


def fill(disk: Path) -> Path:
    """Take all room of *disk*; return the file that has it."""
    filler = disk / "filler"
    free = os.statvfs(disk)
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - 4 * MB)
        file.seek(0, os.SEEK_END)
        while True:
            file.write(bytes(MB))
    return filler


def test_full_disk_takes_a_clone_and_refuses_a_copy_without_leaving_anything(
    disk: Path, accessor: AccsynAccessor, tmp_path: Path
) -> None:
    source = tmp_path / "source.exr"
    source.write_bytes(os.urandom(SIZE_BYTES))
    filler = fill(disk)
    try:
        with source.open("rb") as file, pytest.raises(ftrack_errors.AccessorOperationFailedError, match="space"):
            accessor.stage("plate.exr", file)
        assert os.listdir(accessor.prefix) == []
        os.truncate(filler, filler.stat().st_size - 8 * MB)
        assert stage(accessor, disk / "source.exr").stat().st_size == SIZE_BYTES
    finally:
        filler.unlink()


KILLED = """
import os, sys
from ftrack_accsyn_accessor import copying
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
clone = copying.cloning.clone
def killed(*files):
    clone(*files)
    os.kill(os.getpid(), 9)
copying.cloning.clone = killed
AccsynAccessor(sys.argv[1]).stage("plate.exr", open(sys.argv[2], "rb"))
"""


def test_process_that_is_killed_after_the_clone_leaves_nothing_under_the_name(
    disk: Path, accessor: AccsynAccessor
) -> None:
    arguments = [sys.executable, "-c", KILLED, accessor.prefix, str(disk / "source.exr")]
    killed = subprocess.run(arguments, env={**os.environ, "PYTHONPATH": str(ROOT / "source")}, check=False)

    assert killed.returncode == -9
    assert not accessor.exists("plate.exr")
    assert stage(accessor, disk / "source.exr").stat().st_size == SIZE_BYTES
