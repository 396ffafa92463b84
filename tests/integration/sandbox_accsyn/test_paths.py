"""Where a task's files go: what the API shows before and after the run, and readings that surprise."""

from __future__ import annotations

from typing import Any

import pytest

from integration.sandbox_accsyn.running import last, run, shown_task, tree


def create(acme: Any, session: Any, source: str, destination: str | None) -> str:
    data = {"tasks": [acme.task(source, destination)], "mirror_paths": destination is None}
    return str(session.create("Transfer", data)["id"])


@pytest.mark.parametrize(
    ("source", "destination", "shown"),
    [
        ("show/pack", "acme", "show/pack"),
        ("show/pack", None, "show/pack"),
        ("show/pack", "site=london", "show/pack"),
        ("show/pack/", "acme", "show/pack/pack"),
        ("show/pack/", None, "show/pack/pack"),
        ("show/pack/", "site=london", "show/pack/pack"),
        ("show/pack/", "acme:share=projects/in", "in"),
        ("show/pack/", "acme:share=projects/in/", "in/pack"),
        ("show/a.mov", "acme", "show/a.mov"),
        ("show/a.mov", "acme:share=projects/in/", "in/a.mov"),
        ("seq/f.%04d.exr[1-2]", "acme", "seq/f.%04d.exr[1-2]"),
        ("seq/f.%04d.exr[1-2]", "acme:share=projects/in/", "in/f.%04d.exr[1-2]"),
        ("show/a.mov", "london", "london"),
        ("", "acme", ""),
        ("", "acme:share=projects/in/", "in"),
    ],
)
def test_resolved_paths_are_shown_before_the_task_ran(
    acme: Any, session: Any, source: str, destination: str | None, shown: str
) -> None:
    task = shown_task(session, create(acme, session, source, destination))
    assert (task["source"]["path"], task["destination"]["path"]) == (source.rstrip("/"), shown)
    assert "path_abs_final" not in {**task["source"], **task["destination"]}
    assert task["created"].utcoffset() is not None
    assert task["finished"] is None


def test_local_folder_as_destination_shows_the_file_in_it(acme: Any, session: Any, tmp_path: Any) -> None:
    folder = tmp_path / "downloads"
    destination = f"client={acme.demo.artist_client.id}:{folder.as_posix()}/"
    job = session.create("Transfer", {"source": "share=projects/show/a.mov", "destination": destination})
    assert shown_task(session, job["id"])["destination"]["path"] == str(folder / "a.mov")


@pytest.mark.parametrize(
    ("source", "destination", "read", "written"),
    [
        ("show/pack", "acme", "show/pack", "show/pack"),
        ("show/pack/", "acme", "show/pack", "show/pack/pack"),
        ("show/pack/one.txt", "acme:share=projects/in/", "show/pack/one.txt", "in/one.txt"),
        ("seq/f.%04d.exr[1-2]", "acme", "seq/f.%04d.exr[1-2]", "seq/f.%04d.exr[1-2]"),
    ],
)
def test_absolute_paths_of_both_ends_are_shown_when_the_task_ran(
    acme: Any, session: Any, engine: Any, source: str, destination: str, read: str, written: str
) -> None:
    acme.stage("show/pack/one.txt")
    for number in (1, 2):
        acme.stage(f"seq/f.000{number}.exr")
    assert run(acme, session, acme.task(source, destination)) == "done"
    task = shown_task(session, last(acme).id)
    assert task["source"]["path_abs_final"] == str(acme.staging / read)
    assert task["destination"]["path_abs_final"] == str(acme.hq / written)
    assert task["finished"] >= task["created"]


@pytest.mark.parametrize(("source", "arrived"), [("show/pack", "show/pack"), ("show/pack/", "show/pack/pack")])
def test_slash_after_a_mirrored_folder_puts_it_into_itself(
    acme: Any, session: Any, engine: Any, source: str, arrived: str
) -> None:
    acme.stage("show/pack/one.txt", b"1")
    acme.stage("show/pack/deep/two.txt", b"2")
    assert run(acme, session, acme.task(source)) == "done"
    assert tree(acme.hq) == {f"{arrived}/one.txt": b"1", f"{arrived}/deep/two.txt": b"2"}


@pytest.mark.parametrize("source", ["show/a.mov/", "seq/f.%04d.exr[1-2]/"])
def test_slash_after_a_file_is_not_found(acme: Any, session: Any, engine: Any, source: str) -> None:
    acme.stage("show/a.mov")
    for number in (1, 2):
        acme.stage(f"seq/f.000{number}.exr")
    assert run(acme, session, acme.task(source)) == "failed"
    assert last(acme).tasks[0].reason.startswith("Source file not found")
    assert tree(acme.hq) == {}


def test_bare_word_is_one_file_that_every_task_overwrites(acme: Any, session: Any, engine: Any) -> None:
    names = ("a.mov", "bb.mov", "ccc.mov")
    for name in names:
        acme.stage(name, name.encode())
    assert run(acme, session, *(acme.task(name, "london") for name in names)) == "done"
    assert acme.states() == ["done", "done", "done"]
    assert (tree(acme.hq), tree(acme.london)) == ({"london": b"ccc.mov"}, {})
    assert session.get_entity("Transfer", last(acme).id)["destination_hr"] == "acme"


def test_placeholder_that_is_queued_again_carries_nothing(acme: Any, session: Any, engine: Any) -> None:
    placeholder = {"source": f"client={acme.demo.artist_client.id}:null", "destination": "acme"}
    assert run(acme, session, placeholder) == "done"
    session.create("Task", placeholder, last(acme).id)
    engine.wait_idle()
    assert (last(acme).status, acme.states(), tree(acme.hq)) == ("done", ["done"], {})
