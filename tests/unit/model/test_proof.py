"""What the tasks of an item say of it, and which of their runs prove something."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import proof
from ftrack_accsyn_accessor.model.accsyn import Task
from ftrack_accsyn_accessor.model.item import RUNNING, Sent, State, Trouble

STATUSES = ["pending", "queued", "booting", "executing", "failed", "onhold", "excluded", "done", "", "new word"]
JOB_STATUSES = [
    "init",
    "waiting",
    "running",
    "paused",
    "failed",
    "aborted",
    "done",
    proof.ARCHIVED,
    proof.DELETED,
]


def task(status: str, path: str = "show_a/a.mov", **changes: Any) -> Task:
    row = {
        "id": "t",
        "uri": "0",
        "status": status,
        "size": 100,
        "source": {"path": path},
        "destination": {"path": path},
    }
    return Task.from_answer({**row, "metadata": {"ftrack_component_id": "c1"}, **changes})


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
        (["queued"], proof.ARCHIVED, State.NEEDS_ATTENTION, Trouble.JOB_GONE),
        ([], proof.DELETED, State.NEEDS_ATTENTION, Trouble.JOB_GONE),
        ([], "waiting", State.NEEDS_ATTENTION, Trouble.TASK_MISSING),
        (["new word"], "running", None, None),
        (["executing", ""], "running", None, None),
    ],
)
def test_tasks_tell_the_state_and_the_job_only_whether_they_go_on(
    statuses: list[str], job_status: str, state: Optional[State], trouble: Optional[Trouble]
) -> None:
    tasks = [task(status) for status in statuses]
    assert proof.judge(tasks, False, job_status, certain=True) == (state, trouble, False)


@pytest.mark.parametrize("job_status", JOB_STATUSES)
@pytest.mark.parametrize("certain", [True, False])
def test_all_tasks_done_is_arrived_whatever_the_job_says(job_status: str, certain: bool) -> None:
    verdict = proof.judge([task("done"), task("done")], True, job_status, certain)
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
    verdict = proof.judge([task(status) for status in statuses], whole, job_status, certain)
    assert verdict.arrived == (whole and bool(statuses) and set(statuses) == {"done"})
    assert (verdict.state is State.NEEDS_ATTENTION) == (verdict.trouble not in (None, Trouble.PAUSED))
    assert verdict.state is not State.SYNCED


@pytest.mark.parametrize(
    ("statuses", "job_status"), [(["queued"], "done"), ([], "running"), (["done"], "running"), ([], proof.DELETED)]
)
def test_what_the_next_answer_may_take_back_is_not_said_at_first_sight(statuses: list[str], job_status: str) -> None:
    assert proof.judge([task(status) for status in statuses], False, job_status, certain=False).state is None


# Which runs prove something.

THEN, LATER = "2026-11-26T10:00:00", "2026-11-26T10:00:07"
A = "show_a/a.mov"


@pytest.mark.parametrize(
    ("status", "finished", "mark"),
    [
        ("executing", "", {A: RUNNING}),
        ("booting", THEN, {A: RUNNING}),
        ("done", THEN, {A: THEN}),
        ("done", "", {A: ""}),
        ("done", "1970-01-01T00:00:00", {A: ""}),
        ("queued", THEN, {}),
        ("failed", THEN, {}),
        ("excluded", "", {}),
    ],
)
def test_what_ran_before_is_remembered_and_what_waits_is_not(status: str, finished: str, mark: dict[str, str]) -> None:
    assert proof.before_queueing([task(status, finished=finished)], {}) == mark


def test_what_was_remembered_at_the_first_attempt_stands() -> None:
    assert proof.before_queueing([task("done", finished=LATER)], {A: RUNNING}) == {A: RUNNING}


@pytest.mark.parametrize(
    ("finished", "stale", "proven"),
    [
        (LATER, {}, True),
        ("", {}, True),
        (LATER, {A: THEN}, True),
        (THEN, {A: THEN}, False),
        (LATER, {A: RUNNING}, False),
        ("", {A: ""}, False),
        (LATER, {A: ""}, True),
        (LATER, {"show_a/b.mov": RUNNING}, True),
    ],
)
def test_only_a_run_that_began_with_the_present_content_proves_it(
    finished: str, stale: dict[str, str], proven: bool
) -> None:
    done = task("done", finished=finished)
    assert proof.proves(done, stale) is proven
    assert (proof.to_be_queued([done], stale) == []) is proven


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "done"])
def test_what_is_not_done_is_not_queued_by_us(status: str) -> None:
    assert proof.to_be_queued([task(status)], {A: RUNNING}) == []


@pytest.mark.parametrize(
    ("status", "mark", "left"),
    [
        ("queued", RUNNING, {}),
        ("pending", RUNNING, {}),
        ("failed", RUNNING, {}),
        ("executing", RUNNING, {A: RUNNING}),
        ("executing", THEN, {}),
        ("done", RUNNING, {A: RUNNING}),
        ("done", THEN, {A: THEN}),
    ],
)
def test_mark_is_gone_once_the_next_run_is_sure_to_read_the_new_content(
    status: str, mark: str, left: dict[str, str]
) -> None:
    assert proof.still_stale([task(status, finished=THEN)], {A: mark}) == left


def test_confirmed_queueing_takes_the_mark_of_those_tasks_only() -> None:
    sent = Sent((A, "show_a/b.mov"), {A: RUNNING, "show_a/b.mov": RUNNING})
    assert proof.queued_again(sent, [task("done")]) == Sent(sent.paths, {"show_a/b.mov": RUNNING})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(STATUSES), st.sampled_from(["", THEN, LATER]), st.sampled_from([None, "", THEN, RUNNING])
        ),
        min_size=1,
        max_size=4,
    )
)
def test_an_arrival_needs_a_proof_of_every_task(seen: list[tuple[str, str, Optional[str]]]) -> None:
    tasks = [task(status, f"p{number}", finished=at) for number, (status, at, _) in enumerate(seen)]
    stale = {f"p{number}": mark for number, (_, _, mark) in enumerate(seen) if mark is not None}
    proven = not proof.to_be_queued(tasks, stale)
    verdict = proof.judge(tasks, True, "running", certain=True, proven=proven)
    assert verdict.arrived == all(each.status == "done" and proof.proves(each, stale) for each in tasks)
    assert not (verdict.arrived and RUNNING in stale.values())


# The ends of a task.

CLIENT = "client=5d91a5f1b5f0c8a7e2d4c3b1"


@pytest.mark.parametrize(
    ("source", "destination", "trouble"),
    [
        ({"path": A}, {"path": A}, None),
        ({"path": A, "client": CLIENT[7:]}, {"path": A}, None),
        ({"path": A, "client": "another"}, {"path": A}, Trouble.WRONG_CLIENT),
        ({"path": A}, {"path": "london"}, Trouble.WRONG_DESTINATION),
        ({"path": "a/pack"}, {"path": "a/pack/pack"}, Trouble.WRONG_DESTINATION),
        ({"path": "a/pack/"}, {"path": "a/pack"}, None),
        ({"path": A}, {}, None),
        ({}, {"path": A}, None),
        ({"path": "a/f.%04d.exr[0001-0003]"}, {"path": "a/f.%04d.exr[0001-0003]"}, None),
        ({"path": "a/f.%04d.exr[0001-0003]"}, {"path": "a/f.%04d.exr"}, None),
        ({"path": "a/f.%04d.exr[0001-0003]"}, {"path": "a"}, None),
        ({"path": "a/f.%04d.exr[0001-0003]"}, {"path": "b"}, Trouble.WRONG_DESTINATION),
    ],
)
def test_ends_that_were_not_meant_are_seen_and_what_is_not_told_is_believed(
    source: dict[str, str], destination: dict[str, str], trouble: Optional[Trouble]
) -> None:
    assert proof.misread(task("queued", source=source, destination=destination), CLIENT) is trouble
    assert proof.misread(task("queued", source={**source, "client": "x"}), "") is not Trouble.WRONG_CLIENT


SITE = "5d91a5f1b5f0c8a7e2d4c3b2"


@pytest.mark.parametrize(
    ("source", "destination", "parties", "trouble"),
    [
        ({"site": SITE}, {}, ("site=london", ""), None),
        ({"site": "london"}, {}, ("site=london", ""), None),
        ({"site": "berlin"}, {}, ("site=london", ""), Trouble.WRONG_CLIENT),
        ({"site": SITE}, {}, (f"site={SITE[:-1]}9", ""), Trouble.WRONG_CLIENT),
        ({"client": "x"}, {"client": "y"}, ("acme", "pat@acme.test"), None),
        ({}, {"client": "y"}, ("acme", "client=x"), Trouble.WRONG_DESTINATION),
        ({}, {"client": "x"}, ("acme", "client=x"), None),
        ({}, {"site": "berlin"}, ("acme", "site=london"), Trouble.WRONG_DESTINATION),
    ],
)
def test_another_party_than_was_asked_for_is_seen_as_far_as_accsyn_tells(
    source: dict[str, str], destination: dict[str, str], parties: tuple[str, str], trouble: Optional[Trouble]
) -> None:
    each = task("queued", source={"path": A, **source}, destination={"path": A, **destination})
    assert proof.misread(each, *parties) is trouble
