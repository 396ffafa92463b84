"""Faults on what the background thread asks of ftrack: files travel meanwhile, each is registered once in the end."""

from __future__ import annotations

import pytest

from fault.faults.desk import Desk
from fault.faults.faults import FAULTS, LASTING
from ftrack_accsyn_accessor.ftrack import connection as ftrack_connection
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.worker import settling as confirmation

#: What is asked once a component has arrived: whether it is registered at the destination, and that it be.
ARRIVAL = (
    pytest.param("query_server_information", marks=pytest.mark.slow),
    *("query:ComponentLocation", "create:ComponentLocation"),
)
AGAIN_S = 700.0


@pytest.fixture(autouse=True)
def _impatient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers, the connection waits less long than it does for a real ftrack."""
    if FAULTS[request.node.callspec.params["name"]].is_silence:
        monkeypatch.setattr(ftrack_connection, "_TIMEOUT_S", 1.5)


def registered(desk: Desk, component: str) -> int:
    """How often a component is registered at head quarters."""
    hq = desk.studio.ids["studio.hq"]
    return len(desk.studio.ftrack.store.find("ComponentLocation", component_id=component, location_id=hq))


@pytest.mark.parametrize("operation", ARRIVAL)
@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_of_ftrack_delays_the_registration_and_doubles_nothing(desk: Desk, operation: str, name: str) -> None:
    component = desk.publish_file("main")
    FAULTS[name].inject(desk.studio.ftrack.switches, operation)

    desk.finish(AGAIN_S)

    assert registered(desk, component) == 1
    desk.assert_each_task_once()


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_of_ftrack_while_a_killed_publish_is_looked_up_loses_nothing(desk: Desk, name: str) -> None:
    published = desk.publish_file("published")
    desk.outbox.cancel([published], desk.location["id"])
    desk.outbox.prepare([desk.published[published]], "token of a process that was killed")
    FAULTS[name].inject(desk.studio.ftrack.switches, "query:ComponentLocation")

    desk.finish(4 * confirmation.LONGEST_CONFIRM_S)

    assert registered(desk, published) == 1
    desk.assert_each_task_once()


@pytest.mark.parametrize("name", ["429 without Retry-After", "500", "page, not processed"])
def test_ftrack_that_fails_for_long_is_asked_rarely_and_holds_up_no_transfer(
    desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    component = desk.publish_file("main")
    desk.drain()
    FAULTS[name].inject(desk.studio.ftrack.switches, "", times=LASTING)
    desk.studio.accsyn.engine.wait_idle(20.0)

    desk.run_for(900.0)

    item = desk.item(component)
    assert item.state is State.TRANSFERRING
    assert item.arrived_at is not None
    assert item.cause_kind == errors.RegistrationError.kind
    assert desk.studio.ftrack.log.count() <= 900.0
    desk.studio.ftrack.switches.clear()
    desk.finish(AGAIN_S)
    assert registered(desk, component) == 1


@pytest.mark.parametrize("name", ["429 without Retry-After", "500", "page, not processed"])
def test_nothing_is_sent_while_ftrack_cannot_tell_whose_the_paths_are_and_it_is_asked_rarely(
    desk: Desk, name: str
) -> None:
    FAULTS[name].inject(desk.studio.ftrack.switches, "", times=LASTING)
    component = desk.publish_file("main")

    desk.run_for(900.0)

    assert (desk.item(component).state, desk.cause(component)) == (State.PENDING, errors.RegistrationError.kind)
    assert desk.studio.accsyn.workspace.jobs() == []
    assert desk.studio.ftrack.log.count() <= 120
    desk.studio.ftrack.switches.clear()
    desk.finish(AGAIN_S)
    assert registered(desk, component) == 1
