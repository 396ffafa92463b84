"""How a job's status follows from its tasks, and the rules for adding tasks."""

from __future__ import annotations

import pytest

from ftrack_accsyn_sandbox.accsyn import jobs
from ftrack_accsyn_sandbox.accsyn.entities import Endpoint, Job, Party, Task
from ftrack_accsyn_sandbox.accsyn.errors import Refusal

HERE, THERE = Endpoint(Party("client", "c")), Endpoint(Party("workspace", "w"))


def task(name: str, status: str = "queued", uri: str = "") -> Task:
    return Task(uri or name, name, "acme", HERE, THERE, status=status)


def job(*statuses: str) -> Job:
    made = Job("job", tasks=[task(f"t{number}", status) for number, status in enumerate(statuses)])
    jobs.settle(made)
    return made


def add(to: Job, *tasks: Task, allow: bool = True, replace: bool = False) -> list[Task]:
    return jobs.add_tasks(to, list(tasks), allow_duplicates=allow, replace_duplicates=replace)


@pytest.mark.parametrize(
    ("tasks", "status"),
    [
        (("queued",), "waiting"),
        (("done", "queued", "failed"), "waiting"),
        (("booting", "queued"), "running"),
        (("executing", "failed"), "running"),
        (("done", "failed"), "failed"),
        (("failed", "onhold"), "failed"),
        (("done", "onhold"), "paused"),
        (("done", "done"), "done"),
        (("done", "excluded"), "done"),
        (("excluded",), "done"),
    ],
)
def test_status_follows_from_the_tasks(tasks: tuple[str, ...], status: str) -> None:
    assert job(*tasks).status == status


def test_finished_is_set_for_done_and_aborted_only() -> None:
    done = job("done")
    assert done.finished is not None
    jobs.set_status(done, "waiting")
    add(done, task("new"))
    assert done.finished is None
    jobs.set_status(done, "aborted")
    assert done.finished is not None


@pytest.mark.parametrize("status", ["running", "failed", "init", "nonsense"])
def test_status_that_is_not_writable_is_refused(status: str) -> None:
    with pytest.raises(Refusal, match=status):
        jobs.set_status(job("queued"), status)


@pytest.mark.parametrize("status", ["executing", "booting", "pending", "nonsense"])
def test_task_status_that_is_not_writable_is_refused(status: str) -> None:
    with pytest.raises(Refusal, match=status):
        jobs.set_task_status(task("t"), status)


def test_archived_job_takes_neither_status_nor_tasks() -> None:
    archived = job("done")
    archived.archived = True
    with pytest.raises(Refusal, match="archived"):
        jobs.set_status(archived, "waiting")
    with pytest.raises(Refusal, match="archived"):
        add(archived, task("new"))


def test_retrying_a_failed_job_queues_its_failed_tasks_only() -> None:
    failed = job("done", "failed", "onhold")
    failed.tasks[1].reason = "E#J001"
    jobs.set_status(failed, "waiting")
    assert [t.status for t in failed.tasks] == ["done", "queued", "onhold"]
    assert failed.tasks[1].reason == ""


@pytest.mark.parametrize("before", [("done",), ("done", "failed")])
def test_adding_revives_a_job_and_leaves_failed_tasks_failed(before: tuple[str, ...]) -> None:
    finished = job(*before)
    add(finished, task("new"))
    assert finished.status == "waiting"
    assert [t.status for t in finished.tasks] == [*before, "queued"]


def test_adding_to_an_aborted_job_puts_its_unfinished_tasks_on_hold() -> None:
    aborted = job("done", "queued", "executing")
    jobs.set_status(aborted, "aborted")
    add(aborted, task("new"))
    assert [t.status for t in aborted.tasks] == ["done", "onhold", "onhold", "queued"]
    assert aborted.status == "waiting"


def test_retrying_an_aborted_job_that_was_revived_before_queues_nothing_on_hold() -> None:
    aborted = job("queued")
    jobs.set_status(aborted, "aborted")
    jobs.set_status(aborted, "waiting")
    assert [t.status for t in aborted.tasks] == ["queued"]


@pytest.mark.parametrize("tasks", [("queued",), ("done", "onhold")])
def test_adding_to_a_paused_job_leaves_it_paused(tasks: tuple[str, ...]) -> None:
    paused = job(*tasks)
    if paused.status != "paused":
        jobs.set_status(paused, "paused")
    add(paused, task("new"))
    assert paused.status == "paused"


@pytest.mark.parametrize("status", ["done", "failed", "onhold", "excluded", "queued"])
def test_duplicate_is_retried_instead_of_added(status: str) -> None:
    existing = job(status)
    old = existing.tasks[0]
    again = task("t0", uri="9")
    again.metadata = {"new": 1}
    assert add(existing, again) == [old]
    assert existing.tasks == [old]
    assert (old.status, old.metadata) == ("queued", {})


def test_executing_duplicate_is_not_interrupted() -> None:
    running = job("executing")
    add(running, task("t0"))
    add(running, task("t0"), replace=True)
    assert [t.status for t in running.tasks] == ["executing"]


def test_same_uri_counts_as_duplicate() -> None:
    existing = job("done")
    assert add(existing, task("other file", uri="t0")) == existing.tasks
    assert existing.tasks[0].source_text == "t0"


def test_duplicate_within_one_call_is_added_once() -> None:
    empty = job("done")
    rows = add(empty, task("a", uri="1"), task("a", uri="2"))
    assert len(rows) == 1
    assert len(empty.tasks) == 2


def test_forbidden_duplicates_fail_the_whole_call() -> None:
    existing = job("done")
    with pytest.raises(Refusal, match="t0"):
        add(existing, task("new"), task("t0"), allow=False)
    assert len(existing.tasks) == 1
    assert existing.status == "done"


def test_forbidden_duplicates_within_one_call_fail_it() -> None:
    existing = job("done")
    with pytest.raises(Refusal, match="Duplicate"):
        add(existing, task("a", uri="1"), task("a", uri="2"), allow=False)


def test_replacing_duplicate_takes_the_place_of_the_old_one() -> None:
    existing = job("done", "failed")
    old = existing.tasks[1]
    new = task("t1", uri="7")
    assert add(existing, new, replace=True) == [new]
    assert [t.uri for t in existing.tasks] == ["t0", "t1"]
    assert existing.tasks[1] is new
    assert new.id != old.id


def test_next_uri_follows_the_highest_number() -> None:
    assert jobs.next_uri(Job("job")) == 0
    assert jobs.next_uri(Job("job", tasks=[task("a", uri="4"), task("b", uri="own text")])) == 5
