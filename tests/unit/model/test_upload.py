"""A vendor's upload: its name, its tasks known again, and how it stands, decided from what accsyn tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import upload
from ftrack_accsyn_accessor.model.accsyn import Job, Task
from ftrack_accsyn_accessor.model.upload import Stage

PATHS = ("/work/sh010_v003", "/state/accsyn_delivery.json")


def job(status: str = "running", **more: Any) -> Job:
    return Job.from_answer({"id": "6b08be932bafbd9e6c000169", "status": status, "size": 2_000_000, **more})


def tasks(*statuses: str, paths: Sequence[Optional[str]] = PATHS) -> list[Task]:
    rows = zip(statuses, paths)
    return [Task.from_answer({"id": str(n), "status": s, "source": {"path": p}}) for n, (s, p) in enumerate(rows)]


@pytest.mark.parametrize(
    ("status", "of_tasks", "stage"),
    [
        ("waiting", ("queued", "queued"), Stage.WAITING),
        ("waiting", ("executing", "queued"), Stage.SENDING),
        ("waiting", ("done", "queued"), Stage.WAITING),
        ("done", ("done", "done"), Stage.DELIVERED),
        ("waiting", ("done", "done"), Stage.SENDING),  # the studio's hooks are still to run
        ("running", ("done", "done"), Stage.SENDING),
        ("done", ("done",), Stage.STOPPED),
        ("done", ("done", "queued"), Stage.STOPPED),
        ("done", ("done", "excluded"), Stage.STOPPED),
        ("failed", ("done", "failed"), Stage.STOPPED),
        ("waiting", ("done", "onhold"), Stage.STOPPED),
        ("aborted", ("queued", "queued"), Stage.STOPPED),
        ("paused", ("queued", "queued"), Stage.WAITING),
        ("waiting", (), Stage.STOPPED),
    ],
)
def test_how_it_stands_is_what_its_tasks_say(status: str, of_tasks: tuple[str, ...], stage: Stage) -> None:
    found = upload.standing(job(status), tasks(*of_tasks), 2)
    assert found.stage is stage
    assert bool(found.cause) is (stage is Stage.STOPPED or status == "paused")


def test_all_of_it_is_there_where_only_what_the_studio_does_with_it_failed_and_that_is_said() -> None:
    found = upload.standing(job("failed"), tasks("done", "done"), 2, "The hook publish-server ended \x1b[2J (E#J006)")
    assert found.stage is Stage.DELIVERED
    assert "The hook publish-server ended \\u001b[2J (E#J006). Tell the studio" in found.cause
    assert "could not take it in. Tell" in upload.standing(job("failed"), tasks("done", "done"), 2).cause


def test_what_accsyn_does_not_know_any_more_has_stopped() -> None:
    found = upload.standing(None, [], 2)
    assert found.stage is Stage.STOPPED
    assert "archived or deleted" in found.cause


def test_the_reason_of_a_failure_is_told_and_does_nothing_to_the_terminal() -> None:
    found = upload.standing(job("failed"), tasks("done", "failed"), 2, "E#J057 disk \x1b[2J full.")
    assert "E#J057 disk \\u001b[2J full. Deliver it again" in found.cause


def test_a_running_one_tells_its_pace() -> None:
    found = upload.running(job(progress=50, speed=0.5))
    assert (found.stage, found.progress.done_bytes, found.progress.left_s) == (Stage.SENDING, 1_000_000, 2.0)


@pytest.mark.parametrize(
    ("paths", "same"),
    [
        (PATHS, True),
        (PATHS[::-1], True),
        (("/elsewhere/sh010_v003", PATHS[1]), False),
        (PATHS[:1], False),
        (("C:\\work\\a", PATHS[1]), False),
        ((None, None), True),  # obscured: their number has to do
        (("sh010_v003", "accsyn_delivery.json"), True),
    ],
)
def test_a_job_is_known_again_by_the_paths_of_its_tasks(paths: Sequence[Optional[str]], same: bool) -> None:
    assert upload.is_of(tasks("done", "done", paths=paths), PATHS) is same


def test_on_windows_slashes_do_not_matter() -> None:
    found = tasks("done", paths=("C:/work/sh010_v003",))
    assert upload.is_of(found, ("C:\\work\\sh010_v003",))


@given(st.text(), st.text())
def test_another_content_has_another_job(first: str, second: str) -> None:
    names = {upload.job_name("unit", "share", upload.digest(text)) for text in (first, second)}
    assert len(names) == len({first, second})


def test_all_goes_in_one_job_to_the_share() -> None:
    made = upload.payload("name", "", "share", [("/a/unit", "unit"), ("/b/note", "unit/note")])
    assert made["tasks"] == [
        {"source": "/a/unit", "destination": "folder=share/unit"},
        {"source": "/b/note", "destination": "folder=share/unit/note"},
    ]
