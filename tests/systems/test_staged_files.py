"""Staged files on disks with the manners of other systems: written, looked at, compared, sent and removed."""

from __future__ import annotations

import contextlib
import errno
import os
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest
from ftrack_api import exception as ftrack_errors

from disks import FAT, MACOS, NAS, WINDOWS, CannotMount, Disk, Manners, mounted
from disks.fixtures import NewDisk
from fault.faults.desk import Desk
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.staging import removing
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.held import HeldPatience
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until

S = 1_000_000_000
#: Put right, a file that could not be looked at goes out within this time.
SOON_S = 60.0
MEMBERS = ["café", "Ångström", "naïve", "각"]


@pytest.fixture
def new_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Manners], tuple[Desk, Disk]]]:
    """Open a desk whose staging area lies on a disk with the manners given."""
    with contextlib.ExitStack() as open_things:

        def begin(manners: Manners) -> tuple[Desk, Disk]:
            studio = open_things.enter_context(Studio(tmp_path / "studio"))
            for name in ("FTRACK_API_SCHEMA_CACHE_PATH", "NO_PROXY", "NETRC"):
                monkeypatch.setenv(name, studio.environment()[name])
            try:
                disk = open_things.enter_context(Disk(tmp_path / "backing", studio.staging, manners))
            except CannotMount as reason:
                pytest.skip(str(reason))
            desk = Desk(studio)
            open_things.callback(desk.close)
            return desk, disk

        yield begin


NewDesk = Callable[[Manners], "tuple[Desk, Disk]"]


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EACCES, errno.EIO])
def test_file_that_cannot_be_looked_at_is_told_in_the_systems_words_and_goes_out_soon_after(
    new_desk: NewDesk, number: int
) -> None:
    desk, disk = new_desk(Manners())
    component, other = desk.publish_file("main"), desk.publish_file("other")
    disk.fail(number, desk.path("main.mov"))

    desk.run_for(100.0)

    item = desk.item(component)
    assert item.cause_kind == errors.FileUnreadable.kind
    assert os.strerror(number) in item.cause
    assert "main.mov" in item.cause
    assert "missing" not in item.cause
    assert desk.item(other).state is State.SYNCED
    disk.fail(0, desk.path("main.mov"))
    assert desk.drain(SOON_S) <= SOON_S
    desk.finish()
    desk.assert_each_task_once()


@pytest.mark.parametrize(
    "later",
    [
        {"time_step_ns": 10_000_000},
        {"time_step_ns": S},
        {"time_step_ns": 2 * S},
        {"quarter_hours": 4},
        {"quarter_hours": -22},
        {"time_step_ns": 2 * S, "quarter_hours": -4},
    ],
    ids=str,
)
def test_time_that_the_disk_shows_otherwise_later_is_no_change_and_a_later_write_is_one(
    new_desk: NewDesk, later: dict[str, int]
) -> None:
    desk, disk = new_desk(Manners())
    component = desk.publish_file("main")
    disk.change(**later)
    shown_ns = desk.path("main.mov").stat().st_mtime_ns
    os.utime(desk.path("main.mov"), ns=(shown_ns, shown_ns + 7 * S))

    desk.run_for(30.0)
    assert "was written to since" in desk.item(component).cause
    os.utime(desk.path("main.mov"), ns=(shown_ns, shown_ns))
    desk.outbox.control.retry()
    desk.finish()


@pytest.mark.parametrize("manners", [WINDOWS, MACOS, NAS, FAT], ids=["windows", "macos", "nas", "fat"])
def test_what_is_written_stays_what_was_published(new_disk: NewDisk, manners: Manners) -> None:
    disk = new_disk()
    area = prepared(disk, manners)
    accessor = AccsynAccessor(area.root)
    with accessor.one_publish():
        for frame in range(10):
            write(accessor, f"a.{frame}.exr")
    published = {f"a.{frame}.exr": area.stat_file(f"a.{frame}.exr") for frame in range(10)}
    for _ in range(2):  # the second time over what is there
        write(accessor, "a.0.exr")
        published["a.0.exr"] = area.stat_file("a.0.exr")
    disk.change(lazy_times_ms=0)
    assert area.verify(published) == []
    assert unfinished(area) == []


@pytest.mark.parametrize("manners", [MACOS, FAT], ids=["macos", "fat"])
def test_contents_of_one_moment_have_dates_apart_on_a_disk_with_coarse_ones(
    new_desk: NewDesk, manners: Manners
) -> None:
    desk, _ = new_desk(manners)
    component = desk.publish_file("main")
    dates = []
    for _ in range(4):
        (file,) = desk.item(component).publication.files
        dates.append(file.mtime_ns)
        assert desk.area.verify({file.path: file.stamp}) == []
        desk.write(desk.path("main.mov"), 300)
        desk.republish(desk.published[component])
        desk.outbox.activate([component], desk.location["id"])
    assert all(later - earlier >= 2 * S for earlier, later in zip(dates, dates[1:]))


def test_time_that_a_storage_writes_down_later_is_the_published_one(new_disk: NewDisk) -> None:
    disk = new_disk()
    area = prepared(disk, NAS)
    write(AccsynAccessor(area.root), "a.exr")
    published = area.stat_file("a.exr")
    other = disk.mount_point / "other.exr"
    other.touch()  # its time moves on after that of the staged one would have
    before_ns = other.stat().st_mtime_ns
    wait_until(lambda: other.stat().st_mtime_ns != before_ns, 10, "the storage to write times down")
    assert area.verify({"a.exr": published}) == []


@pytest.mark.parametrize("kind", ["ntfs", "exfat"])
def test_file_systems_of_windows_keep_what_is_written(tmp_path: Path, kind: str) -> None:
    try:
        with mounted(kind, tmp_path) as mount_point:
            area = StagingArea(str(mount_point))
            area.prepare()
            accessor = AccsynAccessor(area.root)
            accessor.make_container("Shot/v001")
            for content in (b"first", b"second"):
                write(accessor, "Shot/v001/main.mov", content)
            assert (mount_point / "Shot/v001/main.mov").read_bytes() == b"second"
            area.fsync_files(["Shot/v001/main.mov"])
            assert area.verify({"Shot/v001/main.mov": area.stat_file("Shot/v001/main.mov")}) == []
            assert area.holds_only("Shot", ["Shot/v001/main.mov"])
            assert unfinished(area) == []
    except CannotMount as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("manners", [MACOS, Manners(lists_decomposed=True), Manners(ignores_case=True)], ids=str)
def test_container_with_accented_names_is_one_folder_task(new_desk: NewDesk, manners: Manners) -> None:
    desk, _ = new_desk(manners)
    desk.publish_container("pack", [unicodedata.normalize("NFC", name) for name in MEMBERS])
    desk.publish_container("decomposed", [unicodedata.normalize("NFD", name) for name in MEMBERS])

    desk.finish()

    (job,) = desk.studio.accsyn.workspace.jobs()
    assert sorted(task.source.rpartition("/")[2] for task in job.tasks) == ["decomposed", "pack"]


def test_other_file_in_a_folder_is_none_of_its_names(new_disk: NewDisk) -> None:
    area = prepared(new_disk(), MACOS)
    for name in ("café.txt", "other.txt"):
        (Path(area.root) / "pack").mkdir(exist_ok=True)
        (Path(area.root) / "pack" / name).touch()
    assert area.holds_only("pack", ["pack/CAFÉ.txt", "pack/other.TXT"])
    assert not area.holds_only("pack", ["pack/cafe.txt", "pack/other.txt"])
    assert not area.holds_only("pack", ["pack/café.txt"])


class Pauses:
    """Counts the pauses that are really made."""

    def __init__(self, accessor: AccsynAccessor) -> None:
        self.count = 0
        accessor.patience = self  # type: ignore[method-assign, assignment]

    def __call__(self) -> HeldPatience:
        made = HeldPatience()
        wait = made.wait

        def counted() -> bool:
            self.count += 1
            return wait()

        made.wait = counted  # type: ignore[method-assign]
        return made


def test_two_hundred_frames_that_a_scanner_holds_wait_together(new_disk: NewDisk) -> None:
    area = prepared(new_disk(), Manners(shares_nothing=True, holder_ms=150))
    accessor = AccsynAccessor(area.root)
    pauses = Pauses(accessor)
    with accessor.one_publish():
        for frame in range(200):
            write(accessor, f"a.{frame}.exr", b"%d" % frame)
        accessor.finish()
        assert all((Path(area.root) / f"a.{frame}.exr").read_bytes() == b"%d" % frame for frame in range(200))
    assert pauses.count < 50  # one for each frame would be at least 200
    assert unfinished(area) == []


def test_file_that_its_reader_keeps_open_is_replaced_when_it_is_closed_and_else_told_of(new_disk: NewDisk) -> None:
    disk = new_disk()
    area = prepared(disk, Manners(shares_nothing=True))
    accessor = AccsynAccessor(area.root)
    write(accessor, "main.mov", b"old")
    moments = iter(range(10**6))
    reader = (disk.mount_point / "main.mov").open("rb")
    accessor.patience = lambda: HeldPatience(clock=lambda: 10.0 * next(moments), pause=lambda s: None)  # type: ignore[method-assign, assignment]
    with pytest.raises(ftrack_errors.AccessorPermissionDeniedError, match="another program has it open"):
        write(accessor, "main.mov", b"new")
    with pytest.raises(ftrack_errors.AccessorPermissionDeniedError, match="another program has it open"):
        accessor.remove("main.mov")
    assert reader.read() == b"old"
    assert unfinished(area) == []
    accessor.patience = lambda: HeldPatience(pause=lambda s: reader.close())  # type: ignore[method-assign, assignment]
    write(accessor, "main.mov", b"new")
    assert (disk.mount_point / "main.mov").read_bytes() == b"new"


def test_file_that_accsyn_reads_is_not_freed_and_stays_under_its_name(new_disk: NewDisk) -> None:
    disk = new_disk()
    area = prepared(disk, Manners(shares_nothing=True))
    write(AccsynAccessor(area.root), "main.mov")
    stamp = area.stat_file("main.mov")
    with (disk.mount_point / "main.mov").open("rb"), pytest.raises(PermissionError):
        removing.remove_if(area.root, "main.mov", stamp)
    assert area.verify({"main.mov": stamp}) == []
    assert removing.remove_if(area.root, "main.mov", stamp)
    assert unfinished(area) == []


@pytest.mark.parametrize("length", [238, 247, 248, 259])
def test_longest_path_of_windows_is_written_and_removed(new_disk: NewDisk, length: int) -> None:
    area = prepared(new_disk(), Manners(longest_path=259))
    accessor = AccsynAccessor(area.root)
    folder = "f" * (200 - len(area.root))
    accessor.make_container(folder)
    name = f"{folder}/{'n' * (length - len(area.root) - len(folder) - 2)}"
    write(accessor, name, b"old")
    write(accessor, name, b"new")
    assert len(f"{area.root}/{name}") == length
    assert (Path(area.root) / name).read_bytes() == b"new"
    assert removing.remove_if(area.root, name, area.stat_file(name))
    assert accessor.list(folder) == unfinished(area) == []


def test_longer_path_is_called_too_long(new_disk: NewDisk) -> None:
    area = prepared(new_disk(), Manners(longest_path=259))
    accessor = AccsynAccessor(area.root)
    folder = "f" * (200 - len(area.root))
    accessor.make_container(folder)
    for call in (
        lambda: write(accessor, f"{folder}/{'n' * 60}"),
        lambda: accessor.make_container(f"{folder}/{'n' * 60}"),
        lambda: accessor.make_container(f"{folder}/{'n' * 60}/below"),
    ):
        with pytest.raises(ftrack_errors.AccessorError, match="path is too long"):
            call()
    assert unfinished(area) == []


def test_storage_that_lets_nobody_change_modes_is_written_to_again(new_disk: NewDisk) -> None:
    area = prepared(new_disk(), Manners(refuses_modes=True))
    accessor = AccsynAccessor(area.root)
    for mode, content in (("wb", b"new"), ("wb", b"new"), ("ab", b"newnew")):
        data = accessor.open("main.mov", mode)
        data.write(b"new")
        data.close()
        assert (Path(area.root) / "main.mov").read_bytes() == content


@pytest.mark.parametrize("quarter_hours", [-8, -1, 0, 8])
def test_unfinished_file_is_left_behind_by_its_disks_clock_and_not_by_this_machines(
    new_disk: NewDisk, quarter_hours: int
) -> None:
    area = prepared(new_disk(), Manners(quarter_hours=quarter_hours))
    accessor = AccsynAccessor(area.root)
    data = accessor.open("main.mov", "wb")
    data.write(b"content")
    data.flush()

    assert area.sweep_unfinished(older_than_s=600) == 0

    data.close()
    assert (Path(area.root) / "main.mov").read_bytes() == b"content"
    left = Path(area.state_dir, ".~01234567")
    left.touch()
    os.utime(left, (0, time.time() + 900 * quarter_hours - 700))
    assert area.sweep_unfinished(older_than_s=600) == (1 if quarter_hours <= 0 else 0)  # a fast clock costs time only
    assert unfinished(area) == ([] if quarter_hours <= 0 else [left.name])


def prepared(disk: Disk, manners: Manners) -> StagingArea:
    """Return a staging area on *disk*, which takes on *manners* when that is made."""
    area = StagingArea(str(disk.mount_point))
    area.prepare()
    disk.change(**{name: value for name, value in manners.as_values().items() if name != "lock_errno"})
    return area


def write(accessor: AccsynAccessor, name: str, content: bytes = b"content") -> None:
    data = accessor.open(name, "wb")
    data.write(content)
    data.close()


def unfinished(area: StagingArea) -> list[str]:
    return [name for name in os.listdir(area.state_dir) if name.startswith(".~")]
