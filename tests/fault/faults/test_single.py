"""Every fault on every call of the worker, one at a time: each task once in the end, the right cause until then."""

from __future__ import annotations

from typing import Any

import pytest

from fault.faults.desk import Desk
from fault.faults.faults import FAULTS, RETRY_AFTER_S
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.workspace import transport

#: The calls of a first submission, in their order, and what they are tried for in the words of the cause.
CREATION = {
    "master": "log in to accsyn",
    "api/login": "log in to accsyn",
    "client/find": "find this machine's accsyn client",
    "workspace/integration/ftrack/utility": "ask accsyn's ftrack integration for the destination",
    "setting": "ask accsyn's ftrack integration for the destination",
    "transfer/find": "find the sync job",
    "queue/find": "find the queue",
    "transfer/create": "create the sync job",
}
ADDITION = {"task/create": "add tasks to the sync job"}
#: What is asked, of the job and of its tasks, until they are done; a job in the same call as in the first submission.
FOLLOWING = {"transfer/find", "task/find"}
#: What an item waits for when accsyn refuses the call, where that is not the refusal itself.
REFUSED = {
    "master": errors.NotReady.kind,
    "api/login": errors.Unauthorised.kind,
    "client/find": errors.NotReady.kind,
    "workspace/integration/ftrack/utility": errors.NotReady.kind,
    "setting": errors.NotReady.kind,
}
#: What is refused is tried one by one, and in other words: a refusal has to meet each of these tries.
IN_ALL_WAYS = 1000


@pytest.fixture(autouse=True)
def _impatient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers, the door waits less long than it does for a real accsyn."""
    name = getattr(request.node, "callspec", None) and request.node.callspec.params.get("name")
    if name and FAULTS[name].is_silence:
        monkeypatch.setattr(transport, "READ_TIMEOUT_S", 1.5)


def cases(operations: dict[str, str]) -> list[Any]:
    return [
        pytest.param(operation, name, id=f"{operation}-{name.replace(' ', '_')}")
        for operation in operations
        for name in FAULTS
    ]


def assert_cause(desk: Desk, component: str, operation: str, name: str, tried: str) -> None:
    """The item waits for what went wrong, in words: what was tried, and what happens next."""
    kind = REFUSED.get(operation, FAULTS[name].kind) if name == "refusal" else FAULTS[name].kind
    if (FAULTS[name].is_silence or name.startswith("page, ")) and operation in ("master", "api/login"):
        kind = errors.Unreachable.kind  # who is not logged in has asked for nothing yet
    item = desk.item(component)
    assert item.state is (State.NEEDS_ATTENTION if kind == errors.Refused.kind else State.PENDING)
    assert item.cause_kind == kind
    assert item.cause.startswith("Could not ")
    assert tried in item.cause
    assert item.next_try_at is not None
    assert item.next_try_at > desk.clock()
    if name == "429 with Retry-After":
        assert item.next_try_at >= desk.clock() + RETRY_AFTER_S


@pytest.mark.parametrize(("operation", "name"), cases(CREATION))
def test_one_fault_in_the_first_submission_delays_it_and_doubles_nothing(desk: Desk, operation: str, name: str) -> None:
    single, sequence = desk.publish_file("main"), desk.publish_sequence("frames", [1001, 1002, 1004])
    each = operation in ("queue/find", "transfer/create") and name == "refusal"
    FAULTS[name].inject(desk.studio.accsyn.switches, operation, times=IN_ALL_WAYS if each else 1)

    desk.worker.run_once(settled=True)
    for component in (single, sequence):
        assert_cause(desk, component, operation, name, CREATION[operation])
    desk.studio.accsyn.switches.clear()
    passed_s = desk.finish()

    desk.assert_each_task_once()
    assert desk.cause(single) is None
    if name == "429 with Retry-After":
        assert passed_s >= RETRY_AFTER_S


@pytest.mark.parametrize(("operation", "name"), cases(ADDITION))
def test_one_fault_in_a_later_submission_delays_it_and_doubles_nothing(desk: Desk, operation: str, name: str) -> None:
    desk.studio.accsyn.engine.paused = name == "refusal"  # a job that is done would have another one made
    desk.publish_file("first")
    desk.drain()
    single, sequence = desk.publish_file("main"), desk.publish_sequence("frames", [1001, 1002, 1004])
    FAULTS[name].inject(desk.studio.accsyn.switches, operation, times=IN_ALL_WAYS if name == "refusal" else 1)

    desk.worker.run_once(settled=True)
    for component in (single, sequence):
        assert_cause(desk, component, operation, name, ADDITION[operation])
    desk.studio.accsyn.switches.clear()
    desk.drain()

    desk.assert_each_task_once()


@pytest.mark.parametrize("operation", ["task/find", "transfer/find", "task/create"])
@pytest.mark.parametrize("name", FAULTS)
def test_second_fault_while_a_lost_answer_is_looked_for_doubles_nothing(desk: Desk, operation: str, name: str) -> None:
    desk.publish_file("first")
    desk.drain()
    desk.publish_file("main")
    desk.studio.accsyn.switches.drop_after("task/create")
    FAULTS[name].inject(desk.studio.accsyn.switches, operation)

    desk.drain()

    desk.assert_each_task_once()


@pytest.mark.parametrize("operation", ["transfer/find", "queue/find", "transfer/create"])
@pytest.mark.parametrize("name", FAULTS)
def test_second_fault_while_a_lost_creation_is_looked_for_doubles_nothing(
    desk: Desk, operation: str, name: str
) -> None:
    desk.publish_file("main")
    desk.studio.accsyn.switches.drop_after("transfer/create")
    desk.worker.run_once(settled=True)
    FAULTS[name].inject(desk.studio.accsyn.switches, operation)

    desk.drain()

    desk.assert_each_task_once()


@pytest.mark.parametrize("operation", sorted(FOLLOWING))
@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_while_a_job_is_followed_delays_the_news_only(desk: Desk, operation: str, name: str) -> None:
    desk.studio.accsyn.engine.paused = True
    component = desk.publish_file("main")
    desk.drain()
    FAULTS[name].inject(desk.studio.accsyn.switches, operation)

    desk.run_for(10.0)
    desk.studio.accsyn.engine.paused = False
    passed_s = desk.finish(120.0)

    assert desk.item(component).state is State.SYNCED
    assert passed_s <= (60.0 if name != "429 with Retry-After" else RETRY_AFTER_S + 20.0)
    desk.assert_each_task_once()


def test_the_calls_that_faults_are_tried_on_are_all_that_the_worker_makes(desk: Desk) -> None:
    desk.publish_file("first")
    desk.finish()
    desk.publish_file("second")
    desk.finish()

    asked = set(desk.studio.accsyn.log.operations())

    assert asked == {*CREATION, *ADDITION, *FOLLOWING}
