"""Which accsyn client a machine was: remembered for each machine that uses the home folder, workspace and user."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_accsyn_accessor.outbox import client_memory, memory
from ftrack_accsyn_accessor.outbox.client_memory import keep, known


def path() -> Path:
    folder = memory.state_folder()
    assert folder is not None
    return folder / client_memory.NAME


def test_client_is_known_again_for_its_machine_workspace_and_user_alone() -> None:
    keep("m1", "acme", "artist@acme.test", "c1")
    keep("m2", "acme", "artist@acme.test", "c2")

    assert known("m1", "acme", "artist@acme.test") == "c1"
    assert known("m2", "acme", "artist@acme.test") == "c2"
    assert known("m3", "acme", "artist@acme.test") == ""
    assert known("m1", "other", "artist@acme.test") == ""
    assert known("m1", "acme", "admin@acme.test") == ""
    assert memory.served() == []


def test_machine_that_nothing_tells_from_others_remembers_nothing() -> None:
    keep("", "acme", "artist@acme.test", "c1")

    assert known("", "acme", "artist@acme.test") == ""
    assert not path().exists()


def test_nothing_is_written_when_it_is_known() -> None:
    keep("m1", "acme", "artist@acme.test", "c1")
    before = path().stat()

    keep("m1", "acme", "artist@acme.test", "c1")

    now = path().stat()
    assert (now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)  # reading it changes another time


@pytest.mark.parametrize("content", ["", "[]", "null", '{"clients": []}', '{"clients": {"a": 1'])
def test_damaged_file_is_as_good_as_none_and_written_anew(content: str) -> None:
    keep("m1", "acme", "artist@acme.test", "c1")
    path().write_text(content)
    assert known("m1", "acme", "artist@acme.test") == ""

    keep("m1", "acme", "artist@acme.test", "c2")

    assert known("m1", "acme", "artist@acme.test") == "c2"


def test_folder_that_cannot_be_made_costs_the_memory_only() -> None:
    path().parent.parent.mkdir(parents=True, exist_ok=True)
    path().parent.touch()

    keep("m1", "acme", "artist@acme.test", "c1")

    assert known("m1", "acme", "artist@acme.test") == ""
