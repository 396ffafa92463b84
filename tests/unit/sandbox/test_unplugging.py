"""A folder that goes and comes back as a disk does."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_accsyn_sandbox.studio import Studio
from ftrack_accsyn_sandbox.unplugging import plug_in, unplug


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    (tmp_path / "staging" / ".state").mkdir(parents=True)
    (tmp_path / "staging" / ".state" / "outbox").write_text("kept", encoding="utf-8")
    return tmp_path / "staging"


def test_what_was_on_it_is_there_again_exactly(disk: Path) -> None:
    number = (disk / ".state" / "outbox").stat().st_ino
    unplug(disk)
    assert not disk.exists()
    plug_in(disk)
    assert (disk / ".state" / "outbox").read_text(encoding="utf-8") == "kept"
    assert (disk / ".state" / "outbox").stat().st_ino == number
    assert [path.name for path in disk.parent.iterdir()] == ["staging"]


def test_plugging_in_what_was_never_unplugged_changes_nothing(disk: Path) -> None:
    plug_in(disk)
    assert (disk / ".state" / "outbox").is_file()
    plug_in(disk.parent / "other")
    assert not (disk.parent / "other").exists()


def test_an_empty_folder_in_its_place_gives_way_and_another_is_left_alone(disk: Path) -> None:
    unplug(disk)
    disk.mkdir()
    plug_in(disk)
    assert (disk / ".state").is_dir()

    unplug(disk)
    disk.mkdir()
    (disk / "mine").touch()
    with pytest.raises(FileExistsError, match="move it away"):
        plug_in(disk)
    assert (disk / "mine").is_file()
    (disk / "mine").unlink()
    plug_in(disk)
    assert (disk / ".state" / "outbox").is_file()


def test_a_studio_that_was_killed_meanwhile_has_its_disk_again(tmp_path: Path) -> None:
    staged = Studio(tmp_path).staging / "file"
    staged.write_text("data", encoding="utf-8")
    unplug(staged.parent)
    Studio(tmp_path)
    assert staged.read_text(encoding="utf-8") == "data"
