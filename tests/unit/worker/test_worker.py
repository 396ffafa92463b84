"""What the worker does next, and what it leaves alone: outages, locks, pauses, and its end."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.worker import worker as module
from helpers import wait_until
from unit.worker.conftest import Office

AWAY = errors.Unreachable("reach accsyn", "acme", "connection refused", "Wait.")


def fail(error: Exception) -> None:
    raise error


# One pass.


def test_due_items_are_submitted_and_with_nothing_left_nobody_is_asked(office: Office) -> None:
    office.desk.pending("c1", "c2")
    office.way.on_submit = office.send
    office.way.on_track = lambda: 5.0

    office.once()
    assert "submit c1 c2" in office.way.told()

    office.desk.outbox.tracking.synced(list(office.desk.outbox.items()))
    office.once()
    assert office.way.told() == []


def test_worker_without_anything_to_do_gives_the_lock_back(office: Office) -> None:
    office.desk.pending("c1")
    office.way.on_submit = office.send
    office.once()
    assert office.lock.held

    office.desk.outbox.tracking.synced(list(office.desk.outbox.items()))
    office.once()

    assert not office.lock.held


def test_items_of_whom_another_process_is_at_work_are_left_to_it(office: Office) -> None:
    office.desk.pending("c1")
    another = ProcessLock(office.lock.path)
    assert another.acquire()

    assert office.once() == module.FOLLOW_S
    assert office.way.told() == []

    another.release()
    office.once()
    assert office.way.told() == ["submit c1"]


def test_paused_sync_submits_nothing_and_follows_what_runs(office: Office) -> None:
    office.live()
    office.desk.pending("c1")
    office.way.paused = True

    office.once()

    assert office.way.told() == ["track"]


def test_staged_files_are_tidied_only_where_there_is_nothing_else_to_do(office: Office) -> None:
    office.way.tidies = True
    office.live()
    office.once()
    assert "tidy" not in office.way.told()

    office.desk.outbox.tracking.synced(list(office.desk.outbox.items()))
    office.once()
    assert office.way.told() == ["tidy"]
    assert not office.lock.held


def test_withdrawn_items_are_looked_at_again_when_it_is_time(office: Office) -> None:
    office.way.settles = True

    office.once()

    assert office.way.told() == ["settle"]


def test_burst_of_publishes_is_waited_for_and_then_submitted_whole(office: Office) -> None:
    office.desk.pending("c1")

    delay_s = office.worker.run_once()
    assert 0.0 < delay_s <= module.IDLE_S
    assert office.way.told() == []

    office.pass_by(60.0)
    office.worker.run_once()
    assert office.way.told() == ["submit c1"]


# Outages.


def test_outage_is_the_cause_of_the_items_that_wait_for_its_end(office: Office) -> None:
    office.desk.pending("c1")
    office.way.on_submit = lambda items: fail(AWAY)

    office.once()

    item = office.desk.item()
    assert (item.state, item.cause_kind, item.attempts) == (State.PENDING, "unreachable", 1)
    assert item.next_try_at is not None
    assert item.next_try_at > office.desk.clock.now


def test_pause_of_an_outage_bounds_what_is_asked_after_running_jobs(office: Office) -> None:
    office.live()
    office.way.on_track = lambda: fail(AWAY)
    for _ in range(8):  # the pauses are as long as they get
        office.once()
        office.pass_by(120.0)
    office.once()
    office.way.told()

    for _ in range(5):
        assert office.once() <= module.IDLE_S
        office.pass_by(1.0)
    assert office.way.told() == []

    office.pass_by(120.0)
    office.once()
    assert office.way.told() == ["track"]


def test_answer_to_what_is_asked_after_running_jobs_ends_the_outage_of_what_waits(office: Office) -> None:
    office.desk.pending("c1")
    office.way.on_submit = lambda items: fail(AWAY)
    office.once()
    office.live()
    office.pass_by(60.0)
    office.desk.outbox.delay([office.desk.item()], AWAY, office.desk.clock.now + 500.0)

    def answered() -> float:
        office.way.calls += 1
        return 5.0

    office.way.on_track = answered
    office.once()

    assert [item.publication.component_id for item in office.desk.outbox.due(10)] == ["c1"]


def test_changed_settings_end_the_waiting(office: Office) -> None:
    office.desk.pending("c1")
    office.way.on_submit = lambda items: fail(errors.NotReady("find the client", "ws1", "there is none", "Start it."))
    office.once()
    office.way.told()
    office.once()
    assert office.way.told() == []

    office.way.settings_changed = True
    office.once()

    assert office.way.told() == ["submit c1"]


def test_fault_of_ours_is_a_cause_and_never_leaves_the_thread(office: Office) -> None:
    office.desk.pending("c1")
    office.way.on_submit = lambda items: fail(ZeroDivisionError("a bug"))

    assert office.once() > 0.0
    office.once()

    assert office.way.told() == ["submit c1"]  # and not again at once


# The end.


def test_nothing_is_begun_after_the_deadline_of_stop(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_S", 0.0)
    office.desk.pending("c1")
    office.pass_by(60.0)
    office.way.on_submit = office.send_when_told
    office.worker.start()
    assert office.entered.wait(30.0)
    office.desk.pending("c2")

    assert office.worker.stop(0.0) is False
    office.go.set()

    wait_until(lambda: office.way.closed, 30.0, "the thread to end")
    assert [asked for asked in office.way.told() if asked.startswith("submit")] == ["submit c1"]
    assert office.desk.item("c2").state is State.PENDING


def test_what_came_last_is_submitted_before_the_thread_ends(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_S", 0.0)
    office.desk.pending("c1")
    office.pass_by(60.0)
    office.way.on_submit = office.send_when_told
    office.worker.start()
    assert office.entered.wait(30.0)
    office.desk.pending("c2")
    office.go.set()

    assert office.worker.stop(30.0)

    assert {item.state for item in office.desk.outbox.items()} == {State.SUBMITTED}


def test_stop_closes_connections_and_gives_the_lock_back(office: Office) -> None:
    office.desk.pending("c1")
    office.way.on_submit = office.send
    office.once()
    assert office.lock.held
    office.worker.start()

    assert office.worker.stop(30.0)

    assert office.way.closed == 1
    assert not office.lock.held
    assert ProcessLock(office.lock.path).acquire()


def test_worker_that_was_never_started_has_ended(office: Office) -> None:
    assert office.worker.stop(30.0)
    assert office.way.closed == 0


def test_drain_stops_where_something_is_in_the_way(office: Office) -> None:
    office.desk.pending("c1")
    office.way.on_submit = lambda items: fail(AWAY)

    office.worker.drain()

    assert office.way.told() == ["submit c1"]


def test_drain_stops_where_nothing_becomes_less(office: Office) -> None:
    office.desk.pending("c1")

    office.worker.drain()

    assert office.way.told() == ["submit c1"]
