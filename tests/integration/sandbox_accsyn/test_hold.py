"""Holding a file in the middle of its transfer, and what happens to it meanwhile."""

from __future__ import annotations

import os
from typing import Any

import pytest

from integration.sandbox_accsyn.running import last, run, tree

CONTENT = b"old" * 1000


@pytest.fixture
def held(acme: Any, session: Any, engine: Any) -> Any:
    """The job whose only file is held."""
    acme.stage("show/a.mov", CONTENT)
    engine.hold_at("show/*.mov")
    job = session.create("Transfer", acme.job("show/a.mov"))
    assert engine.wait_held() == "show/a.mov"
    return job


def release(acme: Any) -> None:
    acme.service.engine.release()
    acme.service.engine.wait_idle()


def test_held_task_is_executing_with_nothing_at_its_target(acme: Any, session: Any, held: Any) -> None:
    assert (last(acme).status, acme.states(), last(acme).tasks[0].done_bytes) == ("running", ["executing"], 0)
    assert not (acme.hq / "show/a.mov").exists()
    release(acme)
    assert (last(acme).status, tree(acme.hq)) == ("done", {"show/a.mov": CONTENT})


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be replaced there")
def test_file_replaced_by_rename_is_read_on_as_it_was_and_sent_when_queued_again(
    acme: Any, session: Any, engine: Any, held: Any
) -> None:
    staged = acme.staging / "show/a.mov"
    old = staged.stat()
    newer = acme.stage("newer", b"new" * 1000)
    newer.replace(staged)
    release(acme)
    assert (last(acme).status, tree(acme.hq)) == ("done", {"show/a.mov": CONTENT})
    # As the time is the old one's, the same size does not pass for the same file.
    assert int((acme.hq / "show/a.mov").stat().st_mtime) == int(old.st_mtime)
    os.utime(staged, (old.st_mtime + 60, old.st_mtime + 60))
    session.create("Task", acme.task("show/a.mov"), held["id"])
    engine.wait_idle()
    assert tree(acme.hq) == {"show/a.mov": b"new" * 1000}


def test_file_rewritten_in_place_arrives_mixed_and_is_sent_when_queued_again(
    acme: Any, session: Any, engine: Any, held: Any
) -> None:
    staged = acme.staging / "show/a.mov"
    old = staged.stat()
    staged.write_bytes(b"new" * 1000)
    os.utime(staged, (old.st_mtime + 60, old.st_mtime + 60))
    release(acme)
    assert tree(acme.hq) == {"show/a.mov": b"old" * 500 + b"new" * 500}
    session.create("Task", acme.task("show/a.mov"), held["id"])
    engine.wait_idle()
    assert tree(acme.hq) == {"show/a.mov": b"new" * 1000}


def test_adding_the_held_task_again_neither_interrupts_nor_queues_it(acme: Any, session: Any, held: Any) -> None:
    before = last(acme).tasks[0]
    answer = session.create("Task", acme.task("show/a.mov", metadata={"new": 1}), held["id"])
    assert (answer["id"], answer["status"], answer["metadata"]) == (before.id, "executing", {})
    release(acme)
    assert (last(acme).status, acme.states()) == ("done", ["done"])


@pytest.mark.parametrize("content", [b"", b"1", b"x" * 3_000_000])
def test_file_of_any_size_can_be_held(acme: Any, session: Any, engine: Any, content: bytes) -> None:
    acme.stage("a.mov", content)
    engine.hold_at("a.mov")
    session.create("Transfer", acme.job("a.mov"))
    engine.wait_held()
    release(acme)
    assert tree(acme.hq) == {"a.mov": content}


def test_file_that_grew_is_never_more_than_complete(acme: Any, session: Any, engine: Any, held: Any) -> None:
    (acme.staging / "show/a.mov").write_bytes(CONTENT * 2)
    release(acme)
    assert last(acme).tasks[0].done_bytes == 2 * len(CONTENT)
    session.update_many("Task", held["id"], [{"uri": "0", "status": "onhold"}])
    (task,) = session.find("Task", entityid=held["id"])
    assert task["progress"] == 99


def test_files_before_and_beside_the_held_one_are_there(acme: Any, session: Any, engine: Any) -> None:
    for name in ("one", "three", "two"):
        acme.stage(f"dir/{name}")
    engine.hold_at("three")
    session.create("Transfer", acme.job("dir"))
    assert engine.wait_held() == "dir/three"
    assert [name for name in tree(acme.hq) if "ACCSYN_TMP" not in name] == ["dir/one"]
    release(acme)
    assert len(tree(acme.hq)) == 3


def test_what_does_not_match_is_not_held(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("a.mov")
    engine.hold_at("b.mov")
    assert run(acme, session, acme.task("a.mov")) == "done"
    with pytest.raises(TimeoutError, match=r"b\.mov"):
        engine.wait_held(timeout_s=0.01)


@pytest.mark.parametrize("how", ["pause_job", "abort_job", "delete_job"])
def test_held_task_ends_with_its_job(acme: Any, engine: Any, held: Any, how: str) -> None:
    getattr(acme.service.workspace, how)(held["id"])
    engine.wait_idle()
    assert tree(acme.hq) == {}
    with pytest.raises(TimeoutError):
        engine.wait_held(timeout_s=0.01)


def test_held_task_does_not_keep_the_service_from_stopping(acme: Any, held: Any) -> None:
    acme.service.stop()
    assert (acme.states(), tree(acme.hq)) == (["queued"], {})


def test_file_released_while_the_engine_is_paused_goes_on_with_it(acme: Any, engine: Any, held: Any) -> None:
    engine.paused = True
    engine.release()
    engine.paused = False
    engine.wait_idle()
    assert last(acme).status == "done"
