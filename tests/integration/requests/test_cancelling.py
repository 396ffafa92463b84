"""Cancelling takes back what has not begun, here and in accsyn; what had begun goes on, and is said."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from asking import Asking
from ftrack_accsyn_accessor.model import route as routes
from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.model.item import Studio as Owner
from ftrack_accsyn_accessor.model.request import Request, RequestState
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.workspace import Workspace
from making import route


def statuses(desk: Asking) -> list[str]:
    return [task.status for job in desk.studio.accsyn.workspace.jobs() for task in job.tasks]


def test_what_accsyn_has_nothing_of_is_withdrawn_at_once(desk: Asking) -> None:
    request = desk.ask(desk.hq, desk.london, desk.file_at(desk.hq, "a"), desk.file_at(desk.hq, "b"))

    assert desk.outbox.requests.cancel(request) == 2

    assert desk.standing(request).state is RequestState.CANCELLED
    desk.run_for(30)
    assert desk.studio.accsyn.workspace.jobs() == []
    assert desk.standing(request).ended_at is not None


def test_what_waits_in_accsyn_is_excluded_there_and_what_had_begun_goes_on(desk: Asking) -> None:
    engine = desk.studio.accsyn.engine
    plates = [desk.file_at(desk.hq, name, 5000) for name in ("a", "b", "c")]
    engine.hold_at("*/a.mov")
    request = desk.ask(desk.hq, desk.london, *plates)
    desk.drain()
    engine.wait_held()

    assert desk.outbox.requests.cancel(request) == 0
    desk.run_for(20)

    assert desk.states(request)[1:] == [State.WITHDRAWN] * 2
    assert statuses(desk)[1:] == ["excluded"] * 2
    engine.release()
    desk.drain_all(request)
    desk.run_for(10)
    assert desk.states(request) == [State.SYNCED, State.WITHDRAWN, State.WITHDRAWN]
    assert desk.arrived(desk.london, plates[0], desk.hq)
    assert "cancelled" in desk.standing(request).noted


def test_a_cancellation_survives_the_end_of_the_process(desk: Asking) -> None:
    desk.studio.accsyn.engine.paused = True
    request = desk.ask(desk.hq, desk.london, desk.file_at(desk.hq, "a"))
    desk.drain()
    desk.outbox.requests.cancel(request)

    desk.restart()
    desk.run_for(20)

    assert desk.states(request) == [State.WITHDRAWN]
    assert statuses(desk) == ["excluded"]


def test_what_another_request_wants_as_well_goes_on_for_that(desk: Asking) -> None:
    desk.studio.accsyn.engine.paused = True
    plate = desk.file_at(desk.hq, "a")
    first, second = (desk.ask(desk.hq, desk.london, plate) for _ in range(2))
    desk.drain()

    desk.outbox.requests.cancel(first)
    desk.run_for(20)
    desk.studio.accsyn.engine.paused = False
    desk.drain_all(second)

    assert desk.states(first) == [State.WITHDRAWN]
    assert desk.states(second) == [State.SYNCED]


def test_what_was_cancelled_is_sent_after_all_when_it_is_asked_for_again(desk: Asking) -> None:
    desk.studio.accsyn.engine.paused = True
    plate = desk.file_at(desk.hq, "a")
    desk.outbox.requests.cancel(desk.ask(desk.hq, desk.london, plate))
    first = desk.ask(desk.hq, desk.london, plate)
    desk.drain()
    desk.outbox.requests.cancel(first)
    desk.run_for(20)
    assert statuses(desk) == ["excluded"]

    again = desk.ask(desk.hq, desk.london, plate)
    desk.studio.accsyn.engine.paused = False
    desk.drain_all(again)

    assert desk.states(again) == [State.SYNCED]
    assert statuses(desk) == ["done"]


def test_what_may_have_reached_accsyn_is_looked_up_before_it_is_withdrawn(desk: Asking) -> None:
    plate = desk.file_at(desk.hq, "a")
    request = desk.ask(desk.hq, desk.london, plate)
    desk.studio.accsyn.switches.drop_after("transfer/create")
    desk.studio.accsyn.engine.paused = True
    desk.step()
    assert desk.of(request)[0].attempted

    assert desk.outbox.requests.cancel(request) == 0
    desk.run_for(60)

    assert desk.states(request) == [State.WITHDRAWN]
    assert statuses(desk) == ["excluded"]


def test_what_has_stopped_is_not_tried_again_once_it_was_cancelled(desk: Asking) -> None:
    desk.studio.accsyn.engine.fail_path("*/a.mov")
    request = desk.ask(desk.hq, desk.london, desk.file_at(desk.hq, "a"))
    desk.drain()
    desk.studio.accsyn.engine.wait_idle(20.0)
    desk.run_for(60, lambda: desk.states(request) == [State.NEEDS_ATTENTION])

    desk.outbox.requests.cancel(request)
    desk.run_for(30)

    assert desk.states(request) == [State.WITHDRAWN]


@pytest.mark.parametrize("fate", ["delete_job", "archive_job"])
def test_a_cancelled_request_whose_job_is_gone_is_withdrawn_and_holds_nothing_up(desk: Asking, fate: str) -> None:
    workspace, engine = desk.studio.accsyn.workspace, desk.studio.accsyn.engine
    engine.paused = True
    request = desk.ask(desk.hq, desk.london, desk.file_at(desk.hq, "a"))
    desk.drain()
    (job,) = workspace.jobs()
    getattr(workspace, fate)(job.id)
    engine.paused = False

    desk.outbox.requests.cancel(request)
    published = desk.publish_file("published")
    desk.run_for(60, lambda: desk.item(published).state is State.SYNCED)

    assert desk.item(published).state is State.SYNCED
    assert desk.states(request) == [State.WITHDRAWN]


def test_what_was_cancelled_of_another_workspace_is_left_to_who_can_reach_it(desk: Asking) -> None:
    owner = Owner(desk.studio.ftrack.url, "elsewhere")
    asked = Request(Reason.SEND, owner, "artist", desk.hq, desk.london)
    request = desk.outbox.requests.write(asked, [desk.file_at(desk.hq, "a")])
    job = desk.outbox.job(route(studio=owner, destination=desk.london))
    desk.outbox.submitted(desk.of(request), desk.outbox.job_found(job, "f" * 24))

    desk.outbox.requests.cancel(request)
    published = desk.publish_file("published")
    desk.run_for(60, lambda: desk.item(published).state is State.SYNCED)

    assert desk.item(published).state is State.SYNCED
    assert desk.states(request) == [State.SUBMITTED]


@pytest.mark.parametrize("moment", ["just before it is written down", "after the first part"])
def test_what_is_cancelled_while_it_is_handed_over_leaves_no_task_to_run(
    desk: Asking, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    desk.studio.accsyn.engine.paused = True
    request = desk.ask(desk.hq, desk.london, *(desk.file_at(desk.hq, name) for name in ("a", "b", "c")))
    monkeypatch.setattr(routes, "chunks", functools.partial(routes.chunks, limit=1))
    owner: Any = Workspace if moment == "after the first part" else Outbox
    name = "add_tasks" if owner is Workspace else "attempt"
    called = getattr(owner, name)

    def cancelled(self: Any, *arguments: Any) -> Any:
        """Cancel at this very moment, which no person could meet."""
        if owner is Workspace:
            called(self, *arguments)
        desk.outbox.requests.cancel(request)
        return None if owner is Workspace else called(self, *arguments)

    monkeypatch.setattr(owner, name, cancelled)
    desk.run_for(30)

    assert desk.states(request) == [State.WITHDRAWN] * 3
    assert set(statuses(desk)) <= {"excluded"}
    assert len(statuses(desk)) <= 1
    assert desk.standing(request).state is RequestState.CANCELLED
