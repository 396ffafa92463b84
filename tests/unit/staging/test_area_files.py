"""That staged files are recognised by size and time, reach the disk, and that leftovers are swept."""

from __future__ import annotations

import errno
import os
import shutil
import sys

import pytest

from ftrack_accsyn_accessor.model.errors import FileChanged, FileUnreadable, StagingError, StagingGone
from ftrack_accsyn_accessor.model.stamp import Stamp
from ftrack_accsyn_accessor.staging import files as files_module
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.temporaries import temporary_name

FOLDER = "show_a/sh010/v001"


@pytest.fixture
def area(tmp_path):
    area = StagingArea(str(tmp_path / "projects"))
    area.prepare()
    os.makedirs(f"{area.root}/{FOLDER}")
    return area


def stage(area, name, content=b"content"):
    path = f"{FOLDER}/{name}"
    with open(f"{area.root}/{path}", "wb") as file:
        file.write(content)
    return path


def stage_sequence(area, count):
    return {path: area.stat_file(path) for path in (stage(area, f"plate.{frame}.exr") for frame in range(count))}


def test_stamp_is_size_and_time(area):
    path = stage(area, "a.exr", b"12345")
    os.utime(f"{area.root}/{path}", ns=(1, 1_700_000_000_123_456_000))
    assert area.stat_file(path) == Stamp(size_bytes=5, mtime_ns=1_700_000_000_123_456_000)


@pytest.mark.parametrize("path", [f"{FOLDER}/missing.exr", FOLDER, f"{FOLDER}/a.exr/below"])
def test_stamp_of_what_is_no_file_is_refused(area, path):
    stage(area, "a.exr")
    with pytest.raises(FileChanged, match="missing") as caught:
        area.stat_file(path)
    assert path in str(caught.value)


def test_unchanged_files_have_no_reasons(area):
    assert area.verify(stage_sequence(area, 20)) == []
    assert area.verify({}) == []


def test_file_of_another_size_is_named_with_both_sizes(area):
    files = stage_sequence(area, 3)
    stage(area, "plate.1.exr", b"longer than before")
    (reason,) = area.verify(files)
    assert reason == f"1 of 3 files changed: {FOLDER}/plate.1.exr has 18 bytes, published with 7"


def test_file_written_again_with_the_same_size_is_named(area):
    files = stage_sequence(area, 1)
    (path,) = files
    os.utime(f"{area.root}/{path}", ns=(1, files[path].mtime_ns + 1_000_000))
    assert area.verify(files) == [f"1 of 1 file changed: {path} was written to since"]


@pytest.mark.parametrize(
    ("published_ns", "found_ns", "same"),
    [
        (1_700_000_000_123_456_789, 1_700_000_000_123_456_789, True),
        (1_700_000_000_123_456_789, 1_700_000_000_123_456_000, True),
        (1_700_000_000_123_456_789, 1_700_000_000_123_457_000, False),
        (1_700_000_000_123_456_789, 1_700_000_000_120_000_000, True),
        (1_700_000_000_123_456_789, 1_700_000_001_000_000_000, True),
        (1_700_000_001_123_456_789, 1_700_000_000_000_000_000, True),
        (1_700_000_000_123_456_789, 1_700_003_600_123_456_000, True),
        (1_700_000_000_123_456_789, 1_699_997_300_000_000_000, True),
        (1_700_000_000_123_456_789, 1_700_000_007_123_456_789, False),
        (1_700_000_000_123_456_789, 1_700_000_007_000_000_000, False),
        (1_700_000_000_000_000_000, 1_700_000_001_000_000_000, False),
    ],
)
def test_times_are_compared_as_far_as_disks_tell_them_apart(area, published_ns, found_ns, same):
    path = stage(area, "a.exr")
    os.utime(f"{area.root}/{path}", ns=(1, found_ns))
    if area.stat_file(path).mtime_ns != found_ns:
        pytest.skip("this file system keeps coarser times")
    assert (area.verify({path: Stamp(7, published_ns)}) == []) is same


def test_missing_and_changed_files_give_one_reason_each_naming_a_few(area):
    files = stage_sequence(area, 100)
    for frame in range(10):
        os.remove(f"{area.root}/{FOLDER}/plate.{frame}.exr")
        stage(area, f"plate.{frame + 50}.exr", b"")
    os.mkdir(f"{area.root}/{FOLDER}/plate.0.exr")
    missing, changed = area.verify(files)
    assert missing.startswith(f"10 of 100 files missing: {FOLDER}/plate.0.exr; {FOLDER}/plate.1.exr;")
    assert changed.startswith(f"10 of 100 files changed: {FOLDER}/plate.50.exr has 0 bytes, published with 7;")
    for reason in (missing, changed):
        assert reason.count("plate.") == 3
        assert reason.endswith("; ..")


@pytest.mark.parametrize("keep_mount_point", [False, True])
def test_vanished_root_is_not_taken_for_missing_files(area, keep_mount_point):
    files = stage_sequence(area, 3)
    shutil.rmtree(area.root)
    if keep_mount_point:
        os.mkdir(area.root)
    for call in (lambda: area.verify(files), lambda: area.stat_file(next(iter(files)))):
        with pytest.raises(StagingGone):
            call()


def test_fsync_takes_files_folders_and_what_is_missing(area):
    paths = [stage(area, name) for name in ("a.exr", "b.exr")]
    area.fsync_files([*paths, f"{FOLDER}/missing.exr", "missing/folder/a.exr"])
    area.fsync_files([])


@pytest.mark.skipif(sys.platform == "win32", reason="needs a device without fsync")
def test_fsync_passes_over_what_has_none(area):
    os.symlink("/dev/null", f"{area.root}/null")
    area.fsync_files(["null"])


def test_sweep_removes_old_temporaries_of_one_folder_only(area):
    old = [stage(area, name) for name in (temporary_name(), temporary_name(6), ".a.exr.0123abcd.accsyn-part")]
    young = stage(area, temporary_name())
    kept = [stage(area, name) for name in ("a.exr", ".hidden", "a.accsyn-part")]
    os.mkdir(f"{area.root}/{FOLDER}/below")
    below = stage(area, f"below/{temporary_name()}")
    for path in [*old, *kept, below]:
        os.utime(f"{area.root}/{path}", (1_000_000, 1_000_000))
    assert area.sweep_temporaries(FOLDER, older_than_s=3600) == 3
    left = {f"{FOLDER}/{name}" for name in os.listdir(f"{area.root}/{FOLDER}")}
    assert left == {young, *kept, f"{FOLDER}/below"}
    assert os.listdir(f"{area.root}/{FOLDER}/below") == [below.rpartition("/")[2]]


def test_sweep_of_a_missing_folder_finds_nothing(area):
    assert area.sweep_temporaries("missing", older_than_s=0) == 0


def test_folder_that_holds_exactly_the_files_is_told_from_others(area):
    files = [*stage_sequence(area, 3)]
    os.mkdir(f"{area.root}/{FOLDER}/below")
    files.append(stage(area, "below/a.exr"))
    assert area.holds_only(FOLDER, files)
    assert not area.holds_only(FOLDER, files[:-1])
    assert not area.holds_only(FOLDER, [*files, f"{FOLDER}/missing.exr"])
    assert not area.holds_only("missing", files)


def test_unfinished_write_and_link_to_a_folder_count_as_something_else(area):
    files = [*stage_sequence(area, 3)]
    left = stage(area, temporary_name())
    assert not area.holds_only(FOLDER, files)
    os.remove(f"{area.root}/{left}")
    assert area.holds_only(FOLDER, files)
    os.symlink(area.root, f"{area.root}/{FOLDER}/link")
    assert not area.holds_only(FOLDER, files)


class Disk:
    """Stands in for macOS' fcntl: notes what is asked of which file, and may refuse."""

    F_FULLFSYNC = 51

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.asked = []

    def fcntl(self, handle, command):
        assert command == self.F_FULLFSYNC
        self.asked.append(os.fstat(handle).st_ino)
        if self.number:
            raise OSError(self.number, os.strerror(self.number))


@pytest.fixture
def mac(monkeypatch):
    def begin(number=0):
        disk = Disk(number)
        monkeypatch.setattr(files_module, "fcntl", disk, raising=False)
        monkeypatch.setattr(files_module, "_FULL_FSYNC", disk.F_FULLFSYNC)
        return disk

    return begin


def test_on_macos_the_disk_is_told_once_to_write_down_what_all_files_handed_over(area, mac, monkeypatch):
    flushed = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (flushed.append(os.fstat(handle).st_ino), fsync(handle)))
    disk = mac()
    paths = [stage(area, f"plate.{frame}.exr") for frame in range(10)]
    inodes = [os.stat(f"{area.root}/{path}").st_ino for path in paths]
    area.fsync_files([*paths, f"{FOLDER}/missing.exr"])
    assert set(inodes) <= set(flushed)
    assert len(disk.asked) == 1
    assert disk.asked[0] in inodes


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.EINVAL, errno.ENOTTY])
def test_disk_that_cannot_be_told_so_has_done_what_it_can(area, mac, number):
    disk = mac(number)
    area.fsync_files([stage(area, "a.exr")])
    assert len(disk.asked) == 1


def test_disk_that_could_not_write_it_down_is_told_of(area, mac):
    mac(errno.EIO)
    with pytest.raises(StagingError, match=os.strerror(errno.EIO)):
        area.fsync_files([stage(area, "a.exr")])


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has it")
def test_other_systems_have_no_such_order(area):
    assert files_module._FULL_FSYNC is None
    area.fsync_files([stage(area, "a.exr")])


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EACCES, errno.EIO])
def test_file_that_cannot_be_looked_at_is_told_in_the_systems_words(area, monkeypatch, number):
    paths = [stage(area, name) for name in ("a.exr", "b.exr")]
    stamps = {**{path: area.stat_file(path) for path in paths}, f"{FOLDER}/missing.exr": Stamp(7, 1)}
    stat = os.stat

    def refused(path, *arguments, **more):
        if str(path).endswith("b.exr"):
            raise OSError(number, os.strerror(number), path)
        return stat(path, *arguments, **more)

    monkeypatch.setattr(os, "stat", refused)
    for look in (lambda: area.stat_file(paths[1]), lambda: area.verify(stamps)):
        with pytest.raises(FileUnreadable, match=os.strerror(number)) as caught:
            look()
        assert "b.exr" in str(caught.value)
        assert "missing" not in str(caught.value)
    shutil.rmtree(area.root)
    with pytest.raises(StagingGone):
        area.verify(stamps)


@pytest.mark.skipif(os.name == "nt", reason="Windows gives no links to everybody")
def test_staged_file_is_known_by_another_way_that_leads_to_it(area, tmp_path):
    stage(area, "plate.1.exr", b"pixels")
    (tmp_path / "mapped").symlink_to(area.root)

    assert area.names(f"{tmp_path}/mapped/{FOLDER}/plate.1.exr", f"{FOLDER}/plate.1.exr")
    assert area.names(f"{tmp_path}/mapped/{FOLDER}/plate.%d.exr", f"{FOLDER}/plate.%d.exr")
    assert not area.names(f"{tmp_path}/mapped/elsewhere/plate.1.exr", f"{FOLDER}/plate.1.exr")
