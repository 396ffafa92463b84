"""Processes that cannot send by their own fault: they stand aside for one that can, and never go at it in turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Callable

import pytest

from fault.faults.desk import Desk
from fault.faults.processes import Process, run
from ftrack_accsyn_accessor.insight.leading import obstacle
from ftrack_accsyn_accessor.model import retry
from ftrack_accsyn_accessor.model.item import State, Studio
from ftrack_accsyn_accessor.outbox import leadership

#: What keeps a process from sending.
FAULTS = {
    "no key": {"ACCSYN_API_KEY": ""},
    "a wrong key": {"ACCSYN_API_KEY": "rotated"},
    "a client that accsyn does not know": {"FTRACK_ACCSYN_CLIENT": "0" * 24},
    "a queue that accsyn does not know": {"FTRACK_ACCSYN_QUEUE": "gone"},
    "a destination that accsyn does not know": {"FTRACK_ACCSYN_DESTINATION": "site=nowhere"},
    "a proxy that is not there": {"ACCSYN_PROXY": "127.0.0.1:9"},
}
#: Anybody's publish has left the machine after this long.
SENT_WITHIN_S = 60.0

Start = Callable[..., Process]


@pytest.fixture
def start(desk: Desk) -> Iterator[Start]:
    started: list[Process] = []

    def make(**environment: str) -> Process:
        started.append(Process(desk, **environment))
        return started[-1]

    yield make
    for process in started:
        process.close()


def all_sent(desk: Desk) -> Callable[[], bool]:
    return lambda: not desk.waiting()


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_process_cannot_send_is_sent_within_a_minute_by_one_that_can(
    desk: Desk, start: Start, fault: str
) -> None:
    unable, able = start(**FAULTS[fault]), start()
    desk.publish_file("first")

    assert run(desk, unable, able, seconds=SENT_WITHIN_S, until=all_sent(desk)) < SENT_WITHIN_S

    for name in ("second", "third"):
        desk.publish_file(name)
        assert run(desk, unable, able, seconds=SENT_WITHIN_S, until=all_sent(desk)) < SENT_WITHIN_S
    desk.assert_each_task_once()


@pytest.mark.parametrize("fault", FAULTS)
def test_process_that_can_send_and_comes_later_sends_what_another_one_could_not(
    desk: Desk, start: Start, fault: str
) -> None:
    unable = start(**FAULTS[fault])
    desk.publish_file("first")
    run(desk, unable, seconds=300.0)
    assert len(desk.waiting()) == 1
    able = start()
    desk.publish_file("second")

    assert run(desk, unable, able, seconds=SENT_WITHIN_S, until=all_sent(desk)) < SENT_WITHIN_S


@pytest.mark.parametrize("fault", ["no key", "a wrong key", "a client that accsyn does not know"])
def test_process_that_cannot_send_holds_the_lock_no_longer_than_it_tries(desk: Desk, start: Start, fault: str) -> None:
    unable = start(**FAULTS[fault])
    for number in range(5):
        desk.publish_file(f"file{number}")
        unable.step()
        assert not unable.leads
        desk.clock.advance(20.0)


@pytest.mark.parametrize("fault", FAULTS)
def test_processes_that_all_cannot_send_try_no_more_often_than_one(desk: Desk, start: Start, fault: str) -> None:
    processes = [start(**FAULTS[fault]) for _ in range(3)]
    desk.publish_file("main")
    run(desk, *processes, seconds=60.0)
    before = desk.item_of("main").attempts

    run(desk, *processes, seconds=600.0)

    tries = desk.item_of("main").attempts - before
    pause_s = retry.OUTAGE_CAP_S if "proxy" in fault else retry.HELP_DELAY_S
    assert 1 <= tries <= 600.0 / (0.75 * pause_s)


def test_what_a_process_with_an_old_ftrack_key_cannot_do_is_done_by_one_with_the_new_key(
    desk: Desk, start: Start
) -> None:
    unable, able = start(), start()
    unable.ftrack_key = "old"
    engine = desk.studio.accsyn.engine
    engine.paused = True
    component = desk.publish_file("first")
    run(desk, unable, seconds=5.0)
    assert desk.item(component).cause_kind == "ftrack-login"

    assert run(desk, unable, able, seconds=SENT_WITHIN_S, until=all_sent(desk)) < SENT_WITHIN_S
    able.close()
    engine.paused = False
    engine.wait_idle(20.0)
    run(desk, unable, seconds=30.0)
    assert desk.item(component).cause_kind == "ftrack-login"
    another = start()

    arrived = run(desk, unable, another, seconds=60.0, until=lambda: desk.item(component).state is State.SYNCED)
    assert arrived < 60.0


def test_process_that_stood_aside_takes_part_again_once_its_settings_are_right(desk: Desk, start: Start) -> None:
    unable, able = start(ACCSYN_API_KEY="rotated"), start()
    desk.publish_file("first")
    run(desk, unable, able, seconds=SENT_WITHIN_S, until=all_sent(desk))
    able.close()
    desk.publish_file("second")
    run(desk, unable, seconds=20.0)
    assert len(desk.waiting()) == 1

    unable.environment["ACCSYN_API_KEY"] = desk.environment["ACCSYN_API_KEY"]

    assert run(desk, unable, seconds=SENT_WITHIN_S, until=all_sent(desk)) < 5.0


def test_process_alone_goes_on_trying_until_its_key_is_right_in_accsyn(desk: Desk, start: Start) -> None:
    unable = start(ACCSYN_API_KEY="new-key")
    desk.publish_file("main")
    run(desk, unable, seconds=200.0)
    assert desk.waiting()

    desk.studio.accsyn.workspace.change_key("artist@acme.test", "new-key")

    assert run(desk, unable, seconds=SENT_WITHIN_S + 2.0, until=all_sent(desk)) <= SENT_WITHIN_S


def test_process_that_cannot_send_is_in_nobodys_way_but_its_own_studios(desk: Desk, start: Start) -> None:
    desk.publish_file("main")
    run(desk, start(ACCSYN_API_KEY="rotated"), seconds=30.0)
    path, server, clocks = desk.outbox.path, desk.studio.ftrack.url, (desk.clock, desk.clock)

    for ours in (Studio(server, "acme"), Studio(f"{server}/", ""), Studio("", "")):
        assert obstacle(path, ours, *clocks) is not None
    for other in (Studio(server, "another"), Studio("https://another.test", "acme")):
        assert obstacle(path, other, *clocks) is None


def test_process_that_cannot_send_says_so_and_takes_it_back_when_it_can(desk: Desk, start: Start) -> None:
    unable = start(ACCSYN_API_KEY="")
    component = desk.publish_file("main")
    run(desk, unable, seconds=5.0)

    leader = leadership.unable(desk.outbox.path, desk.clock, desk.clock)

    assert leader is not None
    assert (leader.kind, "ACCSYN_API_KEY" in leader.what) == ("settings", True)
    assert desk.environment["ACCSYN_API_USER"] not in leader.what
    unable.environment["ACCSYN_API_KEY"] = desk.environment["ACCSYN_API_KEY"]
    run(desk, unable, seconds=SENT_WITHIN_S, until=lambda: desk.item(component).state is State.SYNCED)
    assert leadership.unable(desk.outbox.path, desk.clock, desk.clock) is None
    run(desk, unable, seconds=600.0, until=lambda: leadership.read(desk.outbox.path) is None)
    assert leadership.read(desk.outbox.path) is None
