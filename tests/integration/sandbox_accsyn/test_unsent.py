"""What accsyn leaves out although its task ends done."""

from __future__ import annotations

import os
from typing import Any

import pytest

from integration.sandbox_accsyn.running import last, run, shown_task, tree

# Its name ends in a carriage return, which Windows does not allow.
FOLDER_ICON = pytest.param("Icon\r", marks=pytest.mark.skipif(os.name == "nt", reason="no possible name there"))
UNSENT = (
    *(".DS_Store", ".ds_store", "Thumbs.db", "thumbs.DB", FOLDER_ICON),
    *(".ACCSYN_TMP.a.mov", ".ACCSYN_CHECKPOINT.1", "_ACCSYN_INCOMPLETE.a.mov", "a.ASC_TMP", "a.mov.ASC_TMP01"),
    *("ASC_RENAME_FAILED/a.mov", "ASC_LOCKED_DESTINATION_FILES/deep/a.mov"),
)
SENT = ("DS_Store", "Thumbs.db.mov", "Icon", ".accsyn_tmp.a.mov", "a.asc_tmp", "asc_rename_failed/a.mov")


@pytest.mark.parametrize("name", UNSENT)
def test_folder_ends_done_without_them(acme: Any, session: Any, engine: Any, name: str) -> None:
    acme.stage(f"pack/deep/{name}", b"unwanted")
    acme.stage("pack/wanted.mov", b"wanted")
    assert run(acme, session, acme.task("pack")) == "done"
    assert tree(acme.hq) == {"pack/wanted.mov": b"wanted"}
    assert (last(acme).tasks[0].size, last(acme).log) == (6, [])


@pytest.mark.parametrize("name", UNSENT)
def test_task_for_one_alone_ends_done_with_nothing_there(acme: Any, session: Any, engine: Any, name: str) -> None:
    acme.stage(name, b"unwanted")
    assert run(acme, session, acme.task(name)) == "done"
    assert tree(acme.hq) == {}
    task = shown_task(session, last(acme).id)
    assert (task["status"], task["size"], task["progress"]) == ("done", 0, 100)


@pytest.mark.parametrize("name", SENT)
def test_names_that_only_resemble_them_are_sent(acme: Any, session: Any, engine: Any, name: str) -> None:
    acme.stage(f"pack/{name}")
    assert run(acme, session, acme.task("pack")) == "done"
    assert tree(acme.hq) == {f"pack/{name}": b"data"}


def test_folders_of_its_own_are_not_made(acme: Any, session: Any, engine: Any) -> None:
    (acme.staging / "pack" / "ASC_RENAME_FAILED").mkdir(parents=True)
    (acme.staging / "pack" / "empty").mkdir()
    assert run(acme, session, acme.task("pack")) == "done"
    assert [path.name for path in (acme.hq / "pack").iterdir()] == ["empty"]


def test_sequence_of_them_ends_done_with_nothing_there(acme: Any, session: Any, engine: Any) -> None:
    for number in (1, 2):
        acme.stage(f"f.ASC_TMP.000{number}.exr")
    assert run(acme, session, acme.task("f.ASC_TMP.%04d.exr[1-2]")) == "done"
    assert (tree(acme.hq), last(acme).tasks[0].size) == ({}, 0)


def test_missing_one_is_missing(acme: Any, session: Any, engine: Any) -> None:
    assert run(acme, session, acme.task("Thumbs.db")) == "failed"
    assert last(acme).tasks[0].reason.endswith("(E#J001)")
