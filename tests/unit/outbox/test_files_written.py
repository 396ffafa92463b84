"""Small files beside the outbox, and what happens to a publish that meets a damaged one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.outbox.file import write


def test_file_that_is_written_replaces_the_old_one_as_a_whole_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    path.write_text("old")

    write(path, "new")

    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["note.json"]
    assert os.name == "nt" or path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", ["\ud800", None], ids=["not encodable", "no text"])
def test_write_that_fails_leaves_the_old_content_and_nothing_beside_it(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "note.json"
    path.write_text("old")

    with pytest.raises((UnicodeEncodeError, TypeError)):
        write(path, content)

    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["note.json"]


def test_write_into_a_folder_that_is_not_there_says_so_itself(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "gone" / "note.json", "new")


def test_publish_that_finds_the_outbox_damaged_is_written_into_the_new_one(desk: Any) -> None:
    desk.pending(*(f"c{number}" for number in range(200)))
    with desk.outbox._connections.reading() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA cache_size = 0")
    with open(desk.path, "r+b") as file:
        file.seek(4096)
        file.write(b"?" * (desk.path.stat().st_size - 4096))

    desk.prepare("new")

    assert [item.publication.component_id for item in desk.outbox.items()] == ["new"]
    assert len(list(desk.path.parent.glob(f"{desk.path.name}.damaged-*"))) == 1
