"""What accsyn's answers say of an entry, in states, numbers and words."""

from __future__ import annotations

import dataclasses
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import progress
from ftrack_accsyn_accessor.model.entry import Entry, Kind, Progress, Publication, StagedFile, State, Trouble
from ftrack_accsyn_accessor.workspace import Job, Task

STATUSES = ["pending", "queued", "booting", "executing", "failed", "onhold", "excluded", "done", "", "new word"]
JOB_STATUSES = [
    "init",
    "waiting",
    "running",
    "paused",
    "failed",
    "aborted",
    "done",
    progress.ARCHIVED,
    progress.DELETED,
]


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


def entry(identifier: str = "show_a/a.mov") -> Entry:
    made = publication(identifier=identifier)
    return Entry(1, made, State.SUBMITTED, "", "", 0, None, 1.0, 1.0, 1, False)


@pytest.mark.parametrize(
    ("statuses", "job_status", "state", "trouble"),
    [
        (["queued"], "waiting", State.SUBMITTED, None),
        (["pending", "queued"], "init", State.SUBMITTED, None),
        (["booting"], "running", State.TRANSFERRING, None),
        (["executing", "queued"], "running", State.TRANSFERRING, None),
        (["done", "queued"], "waiting", State.TRANSFERRING, None),
        (["queued"], "paused", State.SUBMITTED, Trouble.PAUSED),
        (["done", "queued"], "paused", State.TRANSFERRING, Trouble.PAUSED),
        (["queued"], "failed", State.SUBMITTED, None),  # failed by another's task: this one goes on with the retry
        (["failed"], "failed", State.NEEDS_ATTENTION, Trouble.FAILED),
        (["failed", "executing"], "running", State.NEEDS_ATTENTION, Trouble.FAILED),
        (["failed"], "paused", State.NEEDS_ATTENTION, Trouble.FAILED),
        (["onhold"], "paused", State.NEEDS_ATTENTION, Trouble.ON_HOLD),
        (["onhold", "done"], "running", State.NEEDS_ATTENTION, Trouble.ON_HOLD),
        (["excluded"], "done", State.NEEDS_ATTENTION, Trouble.EXCLUDED),
        (["excluded", "done"], "done", State.NEEDS_ATTENTION, Trouble.EXCLUDED),
        (["queued"], "aborted", State.NEEDS_ATTENTION, Trouble.ABORTED),
        (["failed", "done"], "aborted", State.NEEDS_ATTENTION, Trouble.ABORTED),
        (["queued"], "done", State.NEEDS_ATTENTION, Trouble.ENDED),
        (["failed"], "done", State.NEEDS_ATTENTION, Trouble.ENDED),
        (["queued"], progress.ARCHIVED, State.NEEDS_ATTENTION, Trouble.JOB_GONE),
        ([], progress.DELETED, State.NEEDS_ATTENTION, Trouble.JOB_GONE),
        ([], "waiting", State.NEEDS_ATTENTION, Trouble.TASK_MISSING),
        (["new word"], "running", None, None),
        (["executing", ""], "running", None, None),
    ],
)
def test_tasks_tell_the_state_and_the_job_only_whether_they_go_on(
    statuses: list[str], job_status: str, state: Optional[State], trouble: Optional[Trouble]
) -> None:
    tasks = [task(status) for status in statuses]
    assert progress.judge(tasks, False, job_status, certain=True) == (state, trouble, False)


@pytest.mark.parametrize("job_status", JOB_STATUSES)
@pytest.mark.parametrize("certain", [True, False])
def test_all_tasks_done_is_arrived_whatever_the_job_says(job_status: str, certain: bool) -> None:
    verdict = progress.judge([task("done"), task("done")], True, job_status, certain)
    assert verdict == (State.TRANSFERRING, None, True)


@given(
    statuses=st.lists(st.sampled_from(STATUSES), max_size=4),
    whole=st.booleans(),
    job_status=st.sampled_from(JOB_STATUSES),
    certain=st.booleans(),
)
def test_nothing_but_all_tasks_done_is_ever_arrived(
    statuses: list[str], whole: bool, job_status: str, certain: bool
) -> None:
    verdict = progress.judge([task(status) for status in statuses], whole, job_status, certain)
    assert verdict.arrived == (whole and bool(statuses) and set(statuses) == {"done"})
    assert (verdict.state is State.NEEDS_ATTENTION) == (verdict.trouble not in (None, Trouble.PAUSED))
    assert verdict.state is not State.SYNCED


@pytest.mark.parametrize(
    ("statuses", "job_status"), [(["queued"], "done"), ([], "running"), (["done"], "running"), ([], progress.DELETED)]
)
def test_what_the_next_answer_may_take_back_is_not_said_at_first_sight(statuses: list[str], job_status: str) -> None:
    assert progress.judge([task(status) for status in statuses], False, job_status, certain=False).state is None


def test_tasks_are_found_by_the_component_they_were_made_for() -> None:
    mine, other, stray = task("done"), task("done", metadata={"ftrack_component_id": "c2"}), task("done", metadata=None)
    assert progress.by_component([mine, other, stray]) == {"c1": [mine], "c2": [other], "": [stray]}


@pytest.mark.parametrize(
    ("made", "counts"),
    [
        (publication(), {1, 2, 3, 4}),
        (publication(Kind.SEQUENCE, "s/f.%04d.exr", *(f"s/f.{n:04d}.exr" for n in (1, 2, 5))), {2, 3, 4}),
        (publication(Kind.CONTAINER, "s/pack", "s/pack/a", "s/pack/b", "s/pack/c"), {1, 3, 4}),
        (publication(Kind.CONTAINER, "s/pack", "s/a", "s/b", "s/c"), {3, 4}),
    ],
)
def test_entry_is_whole_with_as_many_tasks_as_it_was_sent_as(made: Publication, counts: set[int]) -> None:
    assert {count for count in range(5) if progress.is_whole(made, count)} == counts


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
def test_progress_stays_within_the_entry_and_is_complete_only_when_all_tasks_are(
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
    assert progress.reason_of(entry("elsewhere"), [failed], log) == line


def test_name_that_only_begins_alike_is_not_taken_for_the_file() -> None:
    log = ["about show_a/a.mov.bak-1", "about xshow_a/a.mov", "about show_a/a.move"]
    assert progress.reason_of(entry(), [task("failed")], log) == ""


def test_log_that_speaks_of_one_thing_only_needs_no_name() -> None:
    assert progress.reason_of(entry(), [task("failed")], ["E#J066 reserved space", "E#J066 reserved space"]) == (
        "E#J066 reserved space"
    )
    assert progress.reason_of(entry(), [], []) == ""


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
