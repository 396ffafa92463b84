"""Small files beside the outbox, and what happens to a publish that meets a damaged one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.outbox import file
from ftrack_accsyn_accessor.outbox.file import HELD_PAUSES_S, write
from ftrack_accsyn_accessor.outbox.patience import HOST_S, Patience
from holding import ALWAYS, Holder


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

    monkeypatch.setattr(file, "pause", lambda pause_s: pytest.fail("waited"))
    with pytest.raises(refusal):
        file.patiently(step)
    assert tried == [1]


def test_files_that_are_held_take_no_more_than_the_patience_of_a_thread_all_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder(monkeypatch, tries=ALWAYS)

    with Patience():
        for number in range(12):
            with pytest.raises(PermissionError):
                write(tmp_path / f"{number}.json", "new")

    assert holder.paused_s <= HOST_S
