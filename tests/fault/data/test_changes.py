"""What is not the published file any more is not sent; put right, it is sent by itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fault.faults.desk import Desk
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State

#: How long a changed item may wait until it is looked at again.
LOOKED_AT_S = 610.0


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def rewrite(path: Path) -> None:
    """Other content of the same size, a second later."""
    found = path.stat()
    path.write_bytes(bytes(found.st_size))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 1_000_000_000))


def remove(path: Path) -> None:
    path.unlink()


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "size": (grow, "has 304 bytes, published with 300"),
    "time": (rewrite, "was written to since"),
    "missing": (remove, "1 of 1 file missing"),
    "folder": (replace_by_a_folder, "1 of 1 file missing"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_file_is_not_sent_says_why_and_is_sent_when_put_right(desk: Desk, change: str) -> None:
    component, other = desk.publish_file("main"), desk.publish_file("other")
    path = desk.path("main.mov")
    kept = shutil.copy2(path, path.with_name("kept"))
    apply, reason = CHANGES[change]
    apply(path)

    desk.run_for(60.0)

    item = desk.item(component)
    assert item.state is State.NEEDS_ATTENTION
    assert item.cause_kind == errors.FileChanged.kind
    assert reason in item.cause
    assert "main.mov" in item.cause
    assert desk.item(other).state is State.SYNCED
    (job,) = desk.studio.accsyn.workspace.jobs()
    assert [task.source.rpartition("/")[2] for task in job.tasks] == ["other.mov"]
    if path.is_dir():
        path.rmdir()
    os.replace(kept, path)
    assert desk.finish(LOOKED_AT_S + 60.0) <= LOOKED_AT_S
    desk.assert_each_task_once()


def test_sequence_with_a_missing_frame_sends_no_range_at_all_until_it_is_back(desk: Desk) -> None:
    sequence = desk.publish_sequence("frames", [1001, 1002, 1003, 1010])
    frame = desk.path("frames.1002.exr")
    kept = frame.rename(frame.with_name("kept"))

    desk.run_for(60.0)

    assert "1 of 4 files missing" in desk.item(sequence).cause
    assert "frames.1002.exr" in desk.item(sequence).cause
    assert desk.studio.accsyn.workspace.jobs() == []
    kept.rename(frame)
    desk.finish(LOOKED_AT_S + 60.0)
    desk.assert_each_task_once()


def test_long_list_of_changed_frames_is_told_in_a_few_words(desk: Desk) -> None:
    sequence = desk.publish_sequence("frames", range(1, 101))
    for frame in range(1, 101):
        desk.path(f"frames.{frame:04d}.exr").unlink()

    desk.run_for(10.0)

    assert "100 of 100 files missing" in desk.item(sequence).cause
    assert len(desk.item(sequence).cause) < 500


def test_file_changed_while_accsyn_cannot_be_reached_is_not_sent_afterwards(desk: Desk) -> None:
    desk.studio.accsyn.switches.refuse(True)
    component = desk.publish_file("main")
    desk.run_for(100.0)
    assert desk.cause(component) == errors.Unreachable.kind
    grow(desk.path("main.mov"))
    desk.studio.accsyn.switches.refuse(False)

    desk.run_for(100.0)

    assert desk.cause(component) == errors.FileChanged.kind
    assert desk.studio.accsyn.workspace.jobs() == []


def test_file_published_anew_is_sent_as_it_is_now(desk: Desk) -> None:
    component = desk.publish_file("main")
    grow(desk.path("main.mov"))
    desk.run_for(10.0)
    assert desk.item(component).state is State.NEEDS_ATTENTION

    publication = desk.published[component]
    desk.republish(publication)
    desk.finish(60.0)

    assert (desk.studio.hq / publication.files[0].path).stat().st_size == 304
    desk.assert_each_task_once()


# What killed writers leave behind.


def left_over(folder: Path, age_s: float) -> Path:
    """Make the temporary file of a writer that was killed so long ago."""
    path = folder / ".b.txt.0123abcd.accsyn-part"
    path.write_bytes(b"half")
    at = path.stat().st_mtime - age_s
    os.utime(path, (at, at))
    return path


def test_container_is_one_folder_task_though_a_killed_writer_has_left_something_in_it(desk: Desk) -> None:
    desk.publish_container("pack", ["a", "b"])
    abandoned = left_over(desk.path("pack"), age_s=7200.0)

    desk.drain()

    (job,) = desk.studio.accsyn.workspace.jobs()
    assert [task.source.rpartition("/")[2] for task in job.tasks] == ["pack"]
    assert not abandoned.exists()


def test_unfinished_write_of_somebody_alive_is_left_alone_and_not_sent(desk: Desk) -> None:
    desk.publish_container("pack", ["a", "b"])
    writing = left_over(desk.path("pack"), age_s=60.0)

    desk.finish()

    assert writing.exists()
    assert {path.name for path in (desk.studio.hq / Path("show_a/sq010/sh010/plate/v001/pack")).iterdir()} == {
        "a.txt",
        "b.txt",
    }
