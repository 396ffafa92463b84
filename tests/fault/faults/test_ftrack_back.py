"""An outage of ftrack ends like one of accsyn: it is asked again soon, and at once when something says it is back."""

from __future__ import annotations

import pytest

from fault.faults.desk import Desk
from fault.faults.faults import LASTING
from ftrack_accsyn_accessor.model.errors import RegistrationError
from ftrack_accsyn_accessor.model.item import State

BUSY = {"exception": "ServerError", "content": "Server is busy", "error_code": None}
MOMENTARY = {
    "503 of a proxy": {"status": 503, "body": "<html>503</html>"},
    "503 of ftrack": {"status": 503, "body": BUSY},
}


def arrived(desk: Desk, *names: str) -> list[str]:
    """Publish files, and let accsyn carry them; return their ids."""
    components = [desk.publish_file(name) for name in names]
    desk.drain()
    desk.studio.accsyn.engine.wait_idle(20.0)
    return components


def waits(desk: Desk, component: str) -> bool:
    return desk.item(component).cause_kind == RegistrationError.kind


def there(desk: Desk, *components: str) -> bool:
    return all(desk.item(component).state is State.SYNCED for component in components)


@pytest.mark.parametrize("operation", ["query:ComponentLocation", "create:ComponentLocation"])
@pytest.mark.parametrize("fault", MOMENTARY)
def test_ftrack_that_fails_for_a_moment_is_asked_again_within_seconds(desk: Desk, fault: str, operation: str) -> None:
    (component,) = arrived(desk, "main")
    desk.studio.ftrack.switches.fail_next(operation, **MOMENTARY[fault])
    desk.run_for(30.0, lambda: waits(desk, component))
    assert waits(desk, component)

    assert desk.run_for(60.0, lambda: there(desk, component)) <= 5.0


@pytest.mark.parametrize("fault", MOMENTARY)
def test_killed_publish_is_looked_up_again_within_seconds(desk: Desk, fault: str) -> None:
    published = desk.publish_file("published")
    desk.outbox.cancel([published], desk.location["id"])
    desk.outbox.prepare([desk.published[published]], "token of a process that was killed")
    desk.studio.ftrack.switches.fail_next("query:ComponentLocation", **MOMENTARY[fault])

    assert desk.drain() <= 10.0


def test_publish_whose_destination_location_cannot_be_asked_for_is_sent_within_seconds(desk: Desk) -> None:
    desk.environment["FTRACK_ACCSYN_DESTINATION_LOCATION"] = "studio.hq"
    desk.studio.ftrack.switches.fail_next("query:Location", status=503)
    component = desk.publish_file("main")
    desk.step()
    assert waits(desk, component)

    assert desk.drain() <= 5.0


def test_pauses_grow_to_a_quarter_of_a_minute(desk: Desk) -> None:
    (component,) = arrived(desk, "main")
    desk.studio.ftrack.switches.fail_next("", status=503, times=LASTING)
    desk.run_for(30.0, lambda: waits(desk, component))
    desk.run_for(180.0)
    before = desk.studio.ftrack.log.count()
    desk.run_for(60.0)
    assert desk.studio.ftrack.log.count() - before <= 4 * 60.0 / (0.75 * 15.0)

    desk.studio.ftrack.switches.clear()

    assert desk.run_for(60.0, lambda: there(desk, component)) <= 17.0


def test_retry_asks_ftrack_at_once(desk: Desk) -> None:
    (component,) = arrived(desk, "main")
    desk.studio.ftrack.switches.fail_next("", status=503, times=LASTING)
    desk.run_for(30.0, lambda: waits(desk, component))
    desk.run_for(200.0)
    desk.studio.ftrack.switches.clear()

    assert desk.outbox.control.retry() == 1

    assert desk.run_for(60.0, lambda: there(desk, component)) <= 4.0


def test_first_answer_of_ftrack_brings_everything_that_waited_for_one(desk: Desk) -> None:
    (component,) = arrived(desk, "main")
    desk.studio.ftrack.switches.fail_next("", status=503, times=LASTING)
    waiting = desk.publish_file("waiting")
    desk.run_for(200.0)
    assert waits(desk, component)
    assert waits(desk, waiting)
    desk.studio.ftrack.switches.clear()

    desk.publish_file("fresh")

    assert desk.run_for(60.0, lambda: there(desk, component) and not desk.waiting()) <= 10.0
