"""Faults that last: accsyn is asked rarely, the cause is shown all the time, and everything goes out when they end."""

from __future__ import annotations

import pytest

from fault.faults.desk import Desk
from fault.faults.faults import FAULTS, LASTING, RETRY_AFTER_S
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.workspace import transport

LASTS_S = 600.0
#: Requests a second that a machine may cause, sustained, and what it may cause while nothing works.
SUSTAINED_PER_S = 5.0
FAILING_PER_S = 0.8
WINDOW_S = 10.0


@pytest.fixture(autouse=True)
def _impatient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers, the door waits less long than it does for a real accsyn."""
    name = getattr(request.node, "callspec", None) and request.node.callspec.params.get("name")
    if name and FAULTS[name].is_silence:
        monkeypatch.setattr(transport, "READ_TIMEOUT_S", 0.25)


@pytest.mark.parametrize("operation", ["", pytest.param("client/find", marks=pytest.mark.slow), "transfer/create"])
@pytest.mark.parametrize("name", FAULTS)
def test_lasting_fault_is_waited_for_with_few_requests(desk: Desk, operation: str, name: str) -> None:
    component = desk.publish_file("main")
    FAULTS[name].inject(desk.studio.accsyn.switches, operation, times=LASTING)

    desk.run_for(LASTS_S)
    requests = desk.studio.accsyn.log.count()
    processed = operation == "transfer/create" and "processed" in name and "not" not in name and "before" not in name
    if not processed:  # a creation that was only not answered is found by its key
        assert desk.cause(component)
        assert desk.item(component).attempts >= 1
    assert 0 < requests <= FAILING_PER_S * LASTS_S
    desk.studio.accsyn.switches.clear()
    passed_s = desk.drain()

    assert passed_s <= 610.0
    assert desk.asked(WINDOW_S) <= SUSTAINED_PER_S * WINDOW_S
    desk.assert_each_task_once()


def test_refused_connections_are_waited_for_and_end_soon_after_they_are_taken_again(desk: Desk) -> None:
    component = desk.publish_file("main")
    desk.studio.accsyn.switches.refuse(True)

    desk.run_for(LASTS_S)
    assert desk.cause(component) == errors.Unreachable.kind
    assert "the connection was refused" in desk.item(component).cause
    assert desk.item(component).attempts <= LASTS_S / 15 + 10
    desk.studio.accsyn.switches.refuse(False)

    assert desk.drain() <= 62.0
    desk.assert_each_task_once()


def test_rate_limit_is_kept_though_hundreds_of_publishes_wait(desk: Desk) -> None:
    for number in range(300):
        desk.publish_file(f"shot{number:03d}", 1)
    desk.studio.accsyn.switches.rate_limit(per_second=0.001, burst=5, retry_after_s=RETRY_AFTER_S)

    desk.run_for(LASTS_S)
    assert {item.cause_kind for item in desk.waiting()} == {errors.Busy.kind}
    assert desk.studio.accsyn.log.count() <= 5 + 2 * LASTS_S / RETRY_AFTER_S
    desk.studio.accsyn.switches.clear()
    desk.drain()

    assert desk.asked(WINDOW_S) <= SUSTAINED_PER_S * WINDOW_S
    desk.assert_each_task_once()


def test_publish_during_an_outage_brings_the_next_try_near_but_not_below_the_shortest_pause(desk: Desk) -> None:
    desk.publish_file("first")
    desk.studio.accsyn.switches.fail_next("", status=500, times=LASTING)
    desk.run_for(200.0)
    requests = desk.studio.accsyn.log.count()

    for number in range(50):
        desk.publish_file(f"more{number}", 1)
        desk.worker._outages.end_early()  # what `wake` does, without its thread
        desk.step()
    assert desk.studio.accsyn.log.count() - requests <= 55
    desk.studio.accsyn.switches.clear()
    desk.drain()

    assert desk.asked(WINDOW_S) <= SUSTAINED_PER_S * WINDOW_S
    desk.assert_each_task_once()
