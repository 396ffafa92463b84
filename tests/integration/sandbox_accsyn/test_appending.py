"""`append`: a transfer becomes a task of a recent job between the same two parties."""

from __future__ import annotations

from typing import Any

import pytest

from integration.sandbox_accsyn.running import last


@pytest.fixture(autouse=True)
def staged(acme: Any) -> None:
    for name in ("a.mov", "b.mov"):
        acme.stage(name)


def append(acme: Any, session: Any, name: str = "b.mov", **data: Any) -> Any:
    return session.create("Transfer", {**acme.task(name), "append": True, **data})


def test_done_job_is_revived(acme: Any, session: Any, engine: Any) -> None:
    job = session.create("Transfer", acme.task("a.mov"))["id"]
    engine.wait_idle()
    engine.paused = True
    answer = append(acme, session)
    assert (answer["id"], answer["name"], answer["status"]) == (job, "a.mov", "waiting")
    assert [(task.uri, task.status) for task in last(acme).tasks] == [("0", "done"), ("1", "queued")]
    engine.paused = False
    engine.wait_idle()
    assert acme.states() == ["done", "done"]


def test_same_file_again_is_retried_in_it(acme: Any, session: Any, engine: Any) -> None:
    job = session.create("Transfer", acme.task("a.mov"))["id"]
    engine.wait_idle()
    engine.paused = True
    assert append(acme, session, "a.mov")["id"] == job
    assert acme.states() == ["queued"]


def test_of_several_the_one_that_changed_last_is_taken(acme: Any, session: Any) -> None:
    first, second = (session.create("Transfer", acme.task("a.mov"))["id"] for _ in range(2))
    assert append(acme, session)["id"] == second  # of two that changed within a second, the later one
    acme.service.workspace.job(first).modified = acme.service.workspace.job(second).modified.replace(year=2999)
    assert append(acme, session)["id"] == first


NOT_TAKEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "paused": ({"status": "paused"}, {}),
    "another queue": ({"queue": "High"}, {"queue": "Low"}),
    "another destination": ({"destination": "site=london"}, {}),
}


@pytest.mark.parametrize("case", NOT_TAKEN)
def test_job_that_does_not_fit_is_left_alone(acme: Any, session: Any, case: str) -> None:
    created, appended = NOT_TAKEN[case]
    session.create("Transfer", {**acme.task("a.mov"), **created})
    append(acme, session, **appended)
    assert [len(job.tasks) for job in acme.service.workspace.jobs()] == [1, 1]


def test_archived_job_and_that_of_another_user_are_left_alone(acme: Any, session: Any, admin: Any) -> None:
    task = {"source": "volume=projects/a.mov", "destination": "site=london"}
    job = session.create("Transfer", task)["id"]
    assert admin.create("Transfer", {**task, "append": True})["id"] != job
    acme.service.workspace.archive_job(job)
    assert session.create("Transfer", {**task, "append": True})["id"] != job


def test_without_any_such_job_a_new_one_is_made(acme: Any, session: Any) -> None:
    assert append(acme, session)["name"] == "b.mov"
