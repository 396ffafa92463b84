"""What the requester sees of a request: one ftrack Job with live progress, and one message at its end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asking import Asking
from ftrack_accsyn_accessor.ftrack import request_job
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.model.item import Endpoint, State
from ftrack_accsyn_accessor.model.request import RequestState


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, bool]]:
    """What was told to people; how it gets to their pages is the business of `Notices`."""
    found: list[tuple[str, str, bool]] = []
    monkeypatch.setattr(Notices, "message", lambda notices, *message: found.append(message))
    return found


def jobs(desk: Asking) -> list[dict[str, Any]]:
    """The ftrack Jobs that show requests."""
    rows = desk.studio.ftrack.store.find("Job")
    return [row for row in rows if "request" in json.loads(row["data"] or "{}")]


def words(job: dict[str, Any]) -> str:
    return str(json.loads(job["data"])["description"])


def test_a_request_has_one_job_that_is_done_and_one_message(desk: Asking, told: list[Any]) -> None:
    plates = [desk.file_at(desk.hq, name) for name in ("a", "b")]
    desk.studio.accsyn.engine.paused = True

    request = desk.ask(desk.hq, desk.london, *plates, words="plate v001 and 1 more")
    desk.run_for(30)
    (job,) = jobs(desk)
    assert (job["status"], job["user_id"]) == (
        "running",
        desk.studio.ftrack.store.find("User", username="artist")[0]["id"],
    )
    assert words(job) == "send plate v001 and 1 more, studio.hq > london: 0 of 2 there, 0 %"
    desk.studio.accsyn.engine.paused = False
    desk.finish()
    desk.run_for(30)

    (job,) = jobs(desk)
    assert job["status"] == "done"
    assert words(job) == "send plate v001 and 1 more, studio.hq > london: 2 of 2 there (600 B)."
    assert [(text, success) for _, text, success in told] == [(f"accsyn, {words(job)}", True)]
    standing = desk.standing(request)
    assert standing.ended_at is not None
    assert desk.outbox.requests.open() == []
    assert len(desk.studio.ftrack.store.find("Job")) == 1, "publishes have Jobs of their own, requests none of those"


def test_an_aborted_request_is_not_done_and_goes_on_with_the_same_job_when_it_is_retried(
    desk: Asking, told: list[Any]
) -> None:
    desk.studio.accsyn.engine.paused = True
    request = desk.ask(desk.hq, desk.london, desk.file_at(desk.hq, "plate"))
    desk.run_for(10)
    (sync_job,) = desk.studio.accsyn.workspace.jobs()
    desk.studio.accsyn.workspace.set_job_status(sync_job.id, "aborted")
    desk.run_for(60)

    (job,) = jobs(desk)
    assert job["status"] == "failed"
    assert "1 needs attention" in words(job)
    assert "was aborted in accsyn" in words(job)
    assert desk.standing(request).state is RequestState.STUCK
    assert len(told) == 1

    desk.outbox.control.retry([desk.of(request)[0].id])
    desk.studio.accsyn.engine.paused = False
    desk.step()
    desk.drain_all(request)
    desk.run_for(30)

    assert [job["status"] for job in jobs(desk)] == ["done"]
    assert desk.states(request) == [State.SYNCED]
    assert [success for _, _, success in told] == [False, True]


def test_a_service_that_is_started_again_goes_on_with_the_same_job(desk: Asking, told: list[Any]) -> None:
    desk.studio.accsyn.engine.paused = True
    desk.ask(desk.hq, desk.london, desk.file_at(desk.hq, "plate"))
    desk.run_for(10)
    desk.restart()
    desk.run_for(30)
    assert [job["status"] for job in jobs(desk)] == ["running"]
    desk.studio.accsyn.engine.paused = False
    desk.finish()
    desk.run_for(10)

    assert [job["status"] for job in jobs(desk)] == ["done"]
    assert len(told) == 1


def test_a_job_that_stands_still_is_written_again_before_others_take_it_for_dead(desk: Asking) -> None:
    desk.ask(desk.hq, Endpoint("vendor@acme.test", "", ""), desk.file_at(desk.hq, "plate"))
    desk.run_for(20)
    (job,) = jobs(desk)
    desk.studio.ftrack.store.update("Job", job["id"], status="failed")

    desk.run_for(2 * request_job.ALIVE_S)

    (job,) = jobs(desk)
    assert job["status"] == "running"
    assert "not mapped" in words(job)
