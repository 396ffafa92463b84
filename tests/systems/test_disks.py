"""That the disks of the tests really have the manners they are said to have."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from disks import PRESETS, CannotMount, Manners, mounted
from disks.fixtures import NewDisk
from helpers import ROOT, wait_until

fcntl = pytest.importorskip("fcntl", reason="disks with manners need Linux")

COMPOSED, DECOMPOSED = "é.mov", unicodedata.normalize("NFD", "é.mov")


@contextlib.contextmanager
def refused(number: int) -> Iterator[None]:
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the number says more than a text
        yield
    assert caught.value.errno == number


def test_a_disk_passes_through_what_is_written(new_disk: NewDisk) -> None:
    disk = new_disk()
    folder = disk.mount_point / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "new").write_bytes(b"1234")
    os.replace(folder / "new", folder / "final")
    os.utime(folder / "final", ns=(5, 1_790_000_000_123_456_789))
    assert (disk.backing / "a" / "b" / "final").read_bytes() == (folder / "final").read_bytes() == b"1234"
    assert (folder / "final").stat().st_mtime_ns == 1_790_000_000_123_456_789
    os.symlink("final", folder / "link")
    os.link(folder / "final", folder / "twin")
    assert (folder / "link").read_bytes() == (folder / "twin").read_bytes() == b"1234"
    with (folder / "final").open("ab") as appended:
        appended.write(b"5")
    os.truncate(folder / "final", 2)
    assert sorted(os.listdir(folder)) == ["final", "link", "twin"]
    for name in os.listdir(folder):
        (folder / name).unlink()
    (folder / "open").write_bytes(b"still there")
    with (folder / "open").open("rb") as opened:
        (folder / "open").unlink()
        assert opened.read() == b"still there"
        assert os.listdir(folder) == []
    folder.rmdir()
    assert os.listdir(disk.backing / "a") == []


@pytest.mark.parametrize("preset", [name for name, manners in PRESETS.items() if not manners.lock_errno])
def test_sqlite_keeps_its_journal_ahead_on_every_disk_with_locks(new_disk: NewDisk, preset: str) -> None:
    path = new_disk(PRESETS[preset]).mount_point / "queue.sqlite3"
    one, other = (sqlite3.connect(path, isolation_level=None) for _ in range(2))
    assert one.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
    one.execute("CREATE TABLE t (a)")
    for number in range(20):
        (one if number % 2 else other).execute("INSERT INTO t VALUES (?)", (number,))
    code = f"import sqlite3; print(*sqlite3.connect({str(path)!r}).execute('SELECT count(*) FROM t').fetchone())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"20\n"
    one.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("PRAGMA busy_timeout = 0").connection.execute("BEGIN IMMEDIATE")
    one.close()
    other.close()


def test_names_that_differ_in_case_are_one(new_disk: NewDisk) -> None:
    folder = new_disk(Manners(ignores_case=True)).mount_point
    (folder / "Show").mkdir()
    (folder / "SHOW" / "Plate.exr").write_bytes(b"1")
    assert (folder / "show" / "plate.EXR").read_bytes() == b"1"
    assert os.path.samefile(folder / "show" / "plate.exr", folder / "Show" / "Plate.exr")
    (folder / "show" / "PLATE.exr").write_bytes(b"2")
    assert os.listdir(folder / "sHOW") == ["Plate.exr"]
    os.rename(folder / "Show" / "plate.exr", folder / "Show" / "PLATE.exr")
    assert os.listdir(folder / "Show") == ["PLATE.exr"]
    (folder / "Show" / "new").write_bytes(b"3")
    os.replace(folder / "show" / "new", folder / "show" / "Plate.exr")
    assert (os.listdir(folder / "Show"), (folder / "show" / "plate.exr").read_bytes()) == (["Plate.exr"], b"3")
    with pytest.raises(FileExistsError):
        (folder / "SHOW").mkdir()


@pytest.mark.parametrize("listed", [False, True])
def test_names_that_differ_in_unicode_form_are_one(new_disk: NewDisk, listed: bool) -> None:
    folder = new_disk(Manners(ignores_form=True, lists_decomposed=listed)).mount_point
    (folder / COMPOSED).write_bytes(b"1")
    assert (folder / DECOMPOSED).read_bytes() == b"1"
    assert os.listdir(folder) == [DECOMPOSED if listed else COMPOSED]
    assert not (folder / COMPOSED.upper()).exists()


@pytest.mark.parametrize("by", ["ourselves", "another process"])
def test_an_open_file_is_neither_renamed_nor_replaced_nor_removed(new_disk: NewDisk, by: str) -> None:
    disk = new_disk(Manners(shares_nothing=True))
    opened, other = disk.mount_point / "below" / "opened", disk.mount_point / "other"
    opened.parent.mkdir()
    opened.write_bytes(b"1")
    other.write_bytes(b"2")
    code = f"import sys; f = open({str(opened)!r}); print('open', flush=True); sys.stdin.read()"
    command = [
        sys.executable,
        "-c",
        code if by != "ourselves" else "import sys; print('ready', flush=True); sys.stdin.read()",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        ours = opened.open("rb") if by == "ourselves" else None
        assert disk.open_files() == ["below/opened"]
        for attempt in (
            lambda: os.rename(opened, disk.mount_point / "elsewhere"),
            lambda: os.replace(other, opened),
            lambda: os.unlink(opened),
            lambda: os.rename(opened.parent, disk.mount_point / "folder"),
        ):
            with refused(errno.EACCES):
                attempt()
        assert (opened.read_bytes(), other.read_bytes()) == (b"1", b"2")
        if ours is not None:
            ours.close()
    os.replace(other, opened)
    assert opened.read_bytes() == b"2"


def test_a_file_counts_as_closed_at_once(new_disk: NewDisk) -> None:
    folder = new_disk(Manners(shares_nothing=True)).mount_point
    for number in range(200):
        (folder / "temporary").write_bytes(b"1")
        os.replace(folder / "temporary", folder / f"{number % 3}")
        (folder / f"{number % 3}").read_bytes()
    assert sorted(os.listdir(folder)) == ["0", "1", "2"]


def test_a_new_file_is_held_for_a_while(new_disk: NewDisk) -> None:
    disk = new_disk(Manners(holder_ms=60_000))
    (disk.mount_point / "new").write_bytes(b"1")
    assert (disk.mount_point / "new").read_bytes() == b"1"
    with refused(errno.EACCES):
        (disk.mount_point / "new").unlink()
    disk.change(holder_ms=30)
    (disk.mount_point / "short").write_bytes(b"1")
    wait_until(lambda: renames(disk.mount_point / "short", disk.mount_point / "renamed"))
    with refused(errno.EACCES):  # what was renamed is looked at, too
        (disk.mount_point / "renamed").unlink()
    disk.change(holder_ms=0)
    (disk.mount_point / "free").write_bytes(b"1")
    (disk.mount_point / "free").unlink()


def renames(old: Path, new: Path) -> bool:
    try:
        os.rename(old, new)
    except PermissionError:
        return False
    return True


def test_a_file_is_held_for_as_long_as_a_test_wants(new_disk: NewDisk) -> None:
    disk = new_disk()
    path = disk.mount_point / "opened"
    path.write_bytes(b"1")
    with disk.held(path), refused(errno.EACCES):
        path.unlink()
    path.unlink()


def test_what_is_too_long_is_not_there(new_disk: NewDisk) -> None:
    folder = new_disk(Manners(longest_path=259)).mount_point
    fits = folder / ("n" * (259 - len(str(folder)) - 1))
    fits.write_bytes(b"1")
    assert len(str(fits)) == 259
    with refused(errno.ENOENT):
        fits.with_name(f"{fits.name}n").write_bytes(b"1")
    with refused(errno.ENOENT):
        os.rename(fits, f"{fits}n")
    with refused(errno.ENOENT):  # a folder leaves room for a file
        (folder / fits.name[1:]).mkdir()
    (folder / fits.name[12:]).mkdir()


@pytest.mark.parametrize(
    "name", ["a:b", "a?", 'a"', "a*", "a|b", "a<b", "a\\b", "a\n", "a.", "a ", "CON", "nul", "Com1.txt"]
)
def test_names_of_windows_are_kept_from_others(new_disk: NewDisk, name: str) -> None:
    folder = new_disk(Manners(windows_names=True)).mount_point
    with refused(errno.EINVAL):
        (folder / name).write_bytes(b"1")
    with refused(errno.EINVAL):
        (folder / name).mkdir()
    (folder / "a b.c").write_bytes(b"1")
    with refused(errno.EINVAL):
        os.rename(folder / "a b.c", folder / name)
    (folder / "CONTAINER").write_bytes(b"1")


@pytest.mark.parametrize("step_ns", [10 * 10**6, 10**9, 2 * 10**9])
def test_times_are_rounded(new_disk: NewDisk, step_ns: int) -> None:
    path = new_disk(Manners(time_step_ns=step_ns)).mount_point / "file"
    path.write_bytes(b"1")
    assert path.stat().st_mtime_ns % step_ns == 0
    os.utime(path, ns=(0, 1_790_000_001_999_999_999))
    assert path.stat().st_mtime_ns == 1_790_000_001_999_999_999 // step_ns * step_ns


def test_times_are_shifted_from_a_moment_on(new_disk: NewDisk) -> None:
    disk = new_disk()
    path = disk.mount_point / "file"
    path.write_bytes(b"1")
    before = path.stat().st_mtime_ns
    disk.change(quarter_hours=-4)
    assert path.stat().st_mtime_ns == before - 3600 * 10**9
    os.utime(path, ns=(0, before))
    assert path.stat().st_mtime_ns == before


def test_a_time_is_written_some_time_after_the_file_was_closed(new_disk: NewDisk) -> None:
    path = new_disk(Manners(lazy_times_ms=60)).mount_point / "file"
    path.write_bytes(b"1")
    before = path.stat().st_mtime_ns
    wait_until(lambda: path.stat().st_mtime_ns == before + 60 * 10**6)
    path.write_bytes(b"2")
    os.utime(path, ns=(0, 7 * 10**9))
    path.read_bytes()
    time.sleep(0.08)  # what must not come cannot be waited for
    assert path.stat().st_mtime_ns == 7 * 10**9


@pytest.mark.parametrize("manners", [Manners(ignores_modes=True), Manners(refuses_modes=True)])
def test_modes_mean_nothing(new_disk: NewDisk, manners: Manners) -> None:
    folder = new_disk(manners).mount_point
    (folder / "file").write_bytes(b"1")
    (folder / "private").mkdir(0o700)
    with refused(errno.EPERM) if manners.refuses_modes else contextlib.nullcontext():
        (folder / "file").chmod(0o600)
    assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o777}


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS])
def test_there_are_no_locks(new_disk: NewDisk, number: int) -> None:
    path = new_disk(Manners(lock_errno=number)).mount_point / "file"
    with path.open("wb") as opened:
        for attempt in (fcntl.flock, fcntl.lockf):
            with refused(number):
                attempt(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_there_are_locks(new_disk: NewDisk) -> None:
    path = new_disk().mount_point / "file"
    with path.open("wb") as one, path.open("wb") as other:
        fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_there_are_no_links(new_disk: NewDisk) -> None:
    folder = new_disk(Manners(no_symlinks=True, no_hard_links=True)).mount_point
    (folder / "file").write_bytes(b"1")
    for attempt in (os.symlink, os.link):
        with refused(errno.EPERM):
            attempt(folder / "file", folder / "link")


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EACCES, errno.EPERM, errno.EIO])
def test_errors_come_on_demand_below_a_path(new_disk: NewDisk, number: int) -> None:
    disk = new_disk()
    inside = disk.mount_point / "show" / "file"
    inside.parent.mkdir()
    inside.write_bytes(b"1")
    opened = inside.open("rb", buffering=0)
    disk.fail(number, inside.parent)
    for attempt in (inside.read_bytes, inside.stat, inside.unlink, lambda: os.listdir(inside.parent)):
        with refused(number):
            attempt()
    (disk.mount_point / "showing").write_bytes(b"1")
    disk.fail(0, inside.parent)
    assert (opened.read(), inside.read_bytes()) == (b"1", b"1")
    opened.close()


def test_a_disk_is_unplugged_and_another_one_plugged_in(new_disk: NewDisk, tmp_path: Path) -> None:
    disk = new_disk()
    path = disk.mount_point / "file"
    path.write_bytes(b"1")
    disk.vanish()
    with refused(errno.ENODEV):
        os.listdir(disk.mount_point)
    disk.unplug()
    assert os.listdir(disk.mount_point) == []
    assert not disk.is_mounted
    disk.plug(tmp_path / "another")
    path.write_bytes(b"2")
    disk.unplug()
    disk.plug(tmp_path / "disk.backing")
    assert path.read_bytes() == b"1"


def test_a_disk_in_use_is_not_ejected(new_disk: NewDisk) -> None:
    disk = new_disk()
    with (disk.mount_point / "file").open("wb"):
        assert not disk.eject()
        assert disk.open_files() == ["file"]
    assert disk.eject()
    assert not disk.is_mounted


def test_unplugging_waits_for_nobody(new_disk: NewDisk) -> None:
    disk = new_disk()
    opened = (disk.mount_point / "file").open("wb", buffering=0)
    disk.unplug()
    assert not disk.is_mounted
    with refused(errno.ENOTCONN):
        opened.write(b"1")
    with contextlib.suppress(OSError):
        opened.close()


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGTERM"])
def test_a_disk_goes_with_the_process_that_has_it(new_disk: NewDisk, tmp_path: Path, signal: str) -> None:
    new_disk()  # skips where there are none
    mount_point = tmp_path / "theirs"
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom disks import Disk\n"
        f"with Disk(Path({str(tmp_path / 'backing')!r}), Path({str(mount_point)!r})) as disk:\n"
        f"    os.fork() or (signal.alarm(20), signal.pause())\n    os.kill(os.getpid(), signal.{signal})\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    process = subprocess.run([sys.executable, "-c", code], env=environment, timeout=30, check=False)
    assert process.returncode < 0
    wait_until(lambda: not os.path.ismount(mount_point))


@pytest.mark.parametrize("kind", ["xfs", "btrfs"])
def test_file_systems_that_clone_are_mounted_and_gone_again(tmp_path: Path, kind: str) -> None:
    try:
        with mounted(kind, tmp_path / "images") as folder:
            (folder / "Plate.exr").write_bytes(b"1")
            assert not (folder / "plate.exr").exists()
    except CannotMount as reason:
        pytest.skip(str(reason))
    assert os.listdir(folder) == []


@pytest.mark.parametrize("kind", ["ntfs", "exfat"])
def test_file_systems_of_windows_are_mounted_and_gone_again(tmp_path: Path, kind: str) -> None:
    try:
        with mounted(kind, tmp_path / "images") as folder:
            (folder / "Plate.exr").write_bytes(b"1")
            assert (folder / "plate.exr").read_bytes() == b"1"
            with refused(errno.EINVAL if kind == "ntfs" else errno.ENOENT):
                (folder / "a:b").write_bytes(b"1")
    except CannotMount as reason:
        pytest.skip(str(reason))
    assert os.listdir(folder) == []
