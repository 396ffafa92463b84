"""Clones by the calls of macOS and Windows, in whose place something stands here that knows the systems' rules."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import pytest

from ftrack_accsyn_accessor import cloning

CONTENT = bytes(range(256)) * 700
CLUSTER = 4096
GET_INTEGRITY, DUPLICATE_EXTENTS = 0x9027C, 0x98344
REFUSED = f"{os.strerror(errno.ENOTSUP)}|invalid"


class Refs:
    """DeviceIoControl of a ReFS volume: whole clusters, less than 4 GB, into a file that is long enough."""

    def __init__(self, cluster: int = CLUSTER, fails_at: Optional[int] = None) -> None:
        self.cluster = cluster
        self.fails_at = fails_at
        self.cloned: list[tuple[int, int]] = []

    def control(self, descriptor: int, code: int, given: bytes, answer_bytes: int) -> bytes:
        if code == GET_INTEGRITY:
            if not self.cluster:  # NTFS and shares of it do not know the question
                raise OSError(errno.ENOTSUP, "invalid function")
            return struct.pack("<HHIII", 0, 0, 0, 0, self.cluster)
        assert code == DUPLICATE_EXTENTS
        source, start, to, count = struct.unpack("@Pqqq", given)
        if len(self.cloned) == self.fails_at:
            raise OSError(errno.ENOTSUP, "invalid parameter")
        assert start == to
        assert start % self.cluster == 0 == count % self.cluster
        assert 0 < count < 4 << 30
        size = os.fstat(descriptor).st_size
        assert start + count <= -(-size // self.cluster) * self.cluster
        self.cloned.append((start, count))
        os.pwrite(descriptor, os.pread(source, min(count, size - start), start), start)
        return b""


class Apfs:
    """The two calls of macOS: a clone has everything from its source, and the other call everything but the content."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses

    def fclonefileat(self, source: int, folder: int, path: bytes, flags: int) -> int:
        if self.refuses == "fclonefileat":
            return -1
        assert (folder, flags) == (-2, 2)
        assert not os.path.lexists(path)
        shutil.copy2(f"/proc/self/fd/{source}", path)
        return 0

    def fcopyfile(self, source: int, target: int, state: None, flags: int) -> int:
        if self.refuses == "fcopyfile":
            return -1
        assert flags == 7
        found = os.fstat(source)
        os.fchmod(target, stat.S_IMODE(found.st_mode))
        os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
        return 0


proc = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="the stand-in finds open files below /proc")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.exr"
    path.write_bytes(CONTENT)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    path.chmod(0o444)
    return path


def cloned(source: Path, clone: Callable[[int, int], None]) -> Path:
    path = source.with_name("copy.exr")
    with source.open("rb") as reading, path.open("xb") as writing:
        clone(reading.fileno(), writing.fileno())
    return path


@pytest.mark.skipif(not hasattr(os, "pwrite"), reason="the stand-in needs it")
@pytest.mark.parametrize("size", [0, 1, CLUSTER, CLUSTER + 1, len(CONTENT)])
@pytest.mark.parametrize("at_once", [CLUSTER * 4, 1 << 30])
def test_refs_shares_whole_clusters_and_the_file_is_as_long_as_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, at_once: int
) -> None:
    monkeypatch.setattr(cloning, "_AT_ONCE", at_once)
    source = tmp_path / "source.exr"
    source.write_bytes(CONTENT[:size])
    disk = Refs()

    copy = cloned(source, lambda reading, writing: cloning.clone_on_windows(reading, writing, disk.control))

    assert copy.read_bytes() == CONTENT[:size]
    assert len(disk.cloned) == -(-size // at_once)


@pytest.mark.parametrize("disk", [Refs(cluster=0), Refs(cluster=3000), Refs(fails_at=0), Refs(fails_at=2)])
def test_file_is_empty_again_where_windows_cannot_clone_it(
    source: Path, monkeypatch: pytest.MonkeyPatch, disk: Refs
) -> None:
    monkeypatch.setattr(cloning, "_AT_ONCE", CLUSTER * 4)
    with pytest.raises(OSError, match=REFUSED):
        cloned(source, lambda reading, writing: cloning.clone_on_windows(reading, writing, disk.control))

    assert source.with_name("copy.exr").read_bytes() == b""


def on_macos(source: Path, library: Any) -> Path:
    path, spare = source.with_name("copy.exr"), source.with_name("spare")
    return cloned(source, lambda *files: cloning.clone_on_macos(*files, str(path), str(spare), library))


@proc
def test_clone_of_macos_has_the_content_and_else_what_a_new_file_has(source: Path) -> None:
    plain = source.with_name("plain")
    plain.touch()

    copy = on_macos(source, Apfs())

    assert copy.read_bytes() == CONTENT
    assert copy.stat().st_mode == plain.stat().st_mode
    assert copy.stat().st_mtime_ns >= plain.stat().st_mtime_ns
    assert sorted(os.listdir(source.parent)) == ["copy.exr", "plain", "source.exr"]


@proc
@pytest.mark.parametrize("refuses", ["fclonefileat", "fcopyfile"])
def test_file_is_empty_and_alone_where_macos_cannot_clone_it(source: Path, refuses: str) -> None:
    with pytest.raises(OSError, match=REFUSED):
        on_macos(source, Apfs(refuses))

    assert source.with_name("copy.exr").read_bytes() == b""
    assert sorted(os.listdir(source.parent)) == ["copy.exr", "source.exr"]


@pytest.mark.parametrize(("flags", "clones"), [(0, True), (0x40, True), (0x2, False), (0x20, False), (0x62, False)])
def test_locked_or_compressed_file_is_not_cloned_on_macos(flags: int, clones: bool) -> None:
    assert cloning.is_plain(flags) is clones


def test_nothing_is_made_of_a_file_that_is_not_to_be_cloned(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloning, "is_plain", lambda _: False)  # no file has such flags here
    with pytest.raises(OSError, match=REFUSED):
        on_macos(source, None)


@pytest.mark.parametrize("platform", ["darwin", "linux"])
def test_system_without_the_call_is_told_as_one_that_cannot(
    source: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(cloning.sys, "platform", platform)
    monkeypatch.setattr(cloning, "fcntl", None)
    cloning._library.cache_clear()
    path = str(source.with_name("copy.exr"))

    with pytest.raises(OSError, match=REFUSED):
        cloned(source, lambda *files: cloning.clone(*files, path, lambda: path + ".spare"))


def test_disk_that_nods_at_orders_it_does_not_know_has_not_cloned(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Nods:
        @staticmethod
        def ioctl(*_: int) -> int:
            return 0

    monkeypatch.setattr(cloning, "fcntl", Nods)
    monkeypatch.setattr(cloning.sys, "platform", "linux")
    path = str(source.with_name("copy.exr"))

    with pytest.raises(OSError, match=REFUSED):
        cloned(source, lambda *files: cloning.clone(*files, path, lambda: path + ".spare"))
    assert os.path.getsize(path) == 0
