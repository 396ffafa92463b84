"""What accsyn's answers say of an item, in states, numbers and words."""

from __future__ import annotations

import dataclasses
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import progress
from ftrack_accsyn_accessor.model.item import Item, Kind, Progress, Publication, StagedFile, State, Trouble
from ftrack_accsyn_accessor.workspace import Job, Task

STATUSES = ["pending", "queued", "booting", "executing", "failed", "onhold", "excluded", "done", "", "new word"]


def task(status: str, size_bytes: Optional[int] = 100, **changes: Any) -> Task:
    row = {"id": "t", "uri": "0", "status": status, "size": size_bytes, "source": {"path": "show_a/a.mov"}}
    return Task.from_answer({**row, "metadata": {"ftrack_component_id": "c1"}, **changes})


def job(status: str = "running", **changes: Any) -> Job:
    return Job.from_answer({"id": "j" * 24, "name": "job", "status": status, "size": 1000, "progress": 0, **changes})


def publication(kind: Kind = Kind.FILE, identifier: str = "show_a/a.mov", *paths: str) -> Publication:
    files = tuple(StagedFile(path, 10, 1) for path in paths or (identifier,))
    return Publication(
        "c1", "a", kind, identifier, "l1", "desk", "url", "artist", "p1", "show_a", "v1", "a v001", files
    )


def item(identifier: str = "show_a/a.mov") -> Item:
    made = publication(identifier=identifier)
    return Item(1, made, State.SUBMITTED, "", "", 0, None, 1.0, 1.0, 1, False)


def test_bytes_are_those_of_done_tasks_and_of_the_running_ones_parts() -> None:
    tasks = [task("done", 100), task("executing", 200, progress=25, speed=2.5), task("queued", 300)]
    assert progress.measure(tasks, 600, job(), share=0.9) == Progress(150, 600, 2_500_000.0, 450 / 2_500_000)


def test_running_task_without_numbers_of_its_own_takes_them_from_the_job() -> None:
    tasks = [task("done", 400), task("executing", 600)]
    running = job(progress=70, size=1000, speed=1.0)
    share = progress.running_share(running, tasks)
    assert share == pytest.approx(0.5)
    assert progress.measure(tasks, 1000, running, share) == Progress(700, 1000, 1_000_000.0, 300 / 1_000_000)


@pytest.mark.parametrize("odd", [job(progress=None), job(size=-1), job(progress="half"), job(progress=100, size=0)])
def test_job_without_numbers_has_moved_nothing_of_its_running_tasks(odd: Job) -> None:
    assert progress.running_share(odd, [task("executing", 600)]) == 0.0


@given(
    tasks=st.lists(
        st.builds(
            task,
            st.sampled_from(STATUSES),
            st.one_of(st.none(), st.integers(-1, 10**13)),
            progress=st.one_of(st.none(), st.integers(-5, 300)),
            speed=st.one_of(st.none(), st.floats(-1, 1e4)),
        ),
        max_size=4,
    ),
    size_bytes=st.integers(0, 10**13),
    share=st.floats(0, 1),
)
def test_progress_stays_within_the_item_and_is_complete_only_when_all_tasks_are(
    tasks: list[Task], size_bytes: int, share: float
) -> None:
    found = progress.measure(tasks, size_bytes, job(), share)
    assert 0 <= found.done_bytes <= size_bytes
    assert 0 <= found.percent <= 100
    assert found.left_s is None or found.left_s >= 0
    if tasks and all(task.status == "done" for task in tasks):
        assert found.done_bytes == size_bytes


def test_job_tells_its_pace_only_while_it_runs() -> None:
    assert progress.job_pace(job(progress=50, speed=2.0)) == Progress(500, 1000, 2_000_000.0, 500 / 2_000_000)
    assert progress.job_pace(job("paused", progress=50, speed=2.0)) == Progress(500, 1000)
    assert progress.job_pace(job(progress=50, speed=-1.0)) == Progress(500, 1000)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_each_trouble_has_a_sentence_and_a_remedy(trouble: Trouble) -> None:
    text = progress.cause(trouble, "show_a upload", "E#J057 disk full.")
    sentence, remedy = text.split(". ", 1)
    assert sentence
    assert remedy.endswith(".")
    assert "{" not in text
    assert ".." not in text


def test_no_trouble_has_no_words() -> None:
    assert progress.cause(None, "job") == ""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("show_a/a.mov", "E#J057 Could not write the file. (show_a/a.mov)"),
        ("show_a/f.%04d.exr[1001-1050]", "E#J001 Source file not found: /staging/show_a/f.1017.exr"),
        ("show_a/pack/", "E#J057 Could not write /hq/show_a/pack/b.txt"),
    ],
)
def test_reason_is_the_line_of_the_log_that_names_the_file(path: str, line: str) -> None:
    failed = task("failed", source={"path": path})
    log = ["E#J057 something about show_a/other/b.mov", line, "E#J001 older, show_a/aa.mov"]
    assert progress.reason_of(item("elsewhere"), [failed], log) == line


def test_name_that_only_begins_alike_is_not_taken_for_the_file() -> None:
    log = ["about show_a/a.mov.bak-1", "about xshow_a/a.mov", "about show_a/a.move"]
    assert progress.reason_of(item(), [task("failed")], log) == ""


def test_log_that_speaks_of_one_thing_only_needs_no_name() -> None:
    assert progress.reason_of(item(), [task("failed")], ["E#J066 reserved space", "E#J066 reserved space"]) == (
        "E#J066 reserved space"
    )
    assert progress.reason_of(item(), [], []) == ""


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (123_456, "123 kB"), (1_200_000_000, "1.2 GB"), (5e15, "5000 TB")],
)
def test_sizes_are_written_for_people(size: float, text: str) -> None:
    assert progress.size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "1 s"), (39.6, "40 s"), (61.0, "1 min"), (3599.0, "1 h 0 min"), (7500.0, "2 h 5 min")]
)
def test_times_are_written_for_people(seconds: float, text: str) -> None:
    assert progress.duration_text(seconds) == text


def test_percents_are_rounded_down_so_that_hundred_means_all() -> None:
    assert Progress(999, 1000).percent == 99
    assert Progress(1000, 1000).percent == 100
    assert Progress().percent == 0
    assert dataclasses.replace(Progress(), size_bytes=3).percent == 0
