"""`why` in a studio in which several things are wrong at once: each is told, of everything and of one component."""

from __future__ import annotations

import itertools

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.insight.inquiry import gather
from ftrack_accsyn_accessor.insight.situation import Cause
from ftrack_accsyn_accessor.insight.why import explain
from ftrack_accsyn_accessor.outbox.file import lock_path
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from situations import HIDDEN, WRONG, dead_moving_and_waiting
from tracking import Desk


def told(asked: str = "") -> tuple[Cause, ...]:
    return explain(gather(environment.read_settings(), environment.ftrack_user(), asked))


@pytest.fixture
def leader(desk: Desk) -> ProcessLock:
    """Return the lock of the process that sends: the desk does its work."""
    lock = ProcessLock(lock_path(desk.outbox.path))
    assert lock.acquire()
    return lock


def test_each_of_several_things_that_are_wrong_is_told_and_to_each_component_what_is_in_its_way(
    desk: Desk, leader: ProcessLock
) -> None:
    components = dead_moving_and_waiting(desk)
    holds = {"client": 3, "job-paused": 2, "unauthorised": 3, "paused": 3}
    for count in range(len(WRONG) + 1):
        for names in itertools.combinations(WRONG, count):
            for name in names:
                WRONG[name](desk, True)
            shown = [name for name in names if not any(name in HIDDEN.get(other, ()) for other in names)]

            everything = {each.kind: each.items for each in told()}
            rest = {"moving": 3} if not shown else {"next": 1} if shown == ["job-paused"] else {}
            assert everything == {"transfer-failed": 1, **{name: holds[name] for name in shown}, **rest}, names

            moves = [each.kind for each in told(components["moves"]["id"])]
            assert set(moves) == set(shown or ["queued"]), names
            dead = [each.kind for each in told(components["dead"]["id"])]
            assert dead[0] == "transfer-failed", names
            assert set(dead[1:]) == set(shown) - {"job-paused"}, names
            waits = [each.kind for each in told(components["waits"]["id"])]
            assert set(waits) == (set(shown) - {"job-paused"} or {"next"}), names

            for name in names:
                WRONG[name](desk, False)


def test_item_hears_of_nobody_else(desk: Desk, leader: ProcessLock) -> None:
    components = dead_moving_and_waiting(desk)

    for name in ("moves", "waits"):
        texts = " ".join(f"{each.sentence} {each.remedy}" for each in told(components[name]["id"]))
        assert name in texts
        assert "dead" not in texts
        assert "Disk full" not in texts


def test_nobody_who_is_there_is_told_beside_all_else(desk: Desk, leader: ProcessLock) -> None:
    dead_moving_and_waiting(desk)
    with desk.outbox._connections.writing() as connection:
        connection.execute("UPDATE item SET updated_at = updated_at - 60")
    WRONG["client"](desk, True)
    leader.release()

    assert [(each.kind, each.items) for each in told()] == [("nobody", 3), ("client", 3), ("transfer-failed", 1)]
