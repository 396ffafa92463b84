"""One machine of a fleet: how its pace changes with time, with what it has asked, and with somebody who looks."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet import scenarios
from fleet.machines import Machine
from fleet.simulation import Fleet, fleet
from ftrack_accsyn_accessor.model.item import State

pytestmark = pytest.mark.skipif(os.name == "nt", reason="see test_fleet")


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Fleet]:
    logging.disable(logging.CRITICAL)
    with fleet(tmp_path, 1, scenarios._at(11)) as made:
        made.begin(made.machines[0])
        made.run(made.time.now + 10.0)
        yield made
    logging.disable(logging.NOTSET)


@pytest.fixture
def machine(studio: Fleet) -> Machine:
    return studio.machines[0]


def looks(studio: Fleet, since: float) -> list[float]:
    """Return when accsyn was asked for jobs or tasks, each run of calls once."""
    found: list[float] = []
    for each in studio.accsyn.asked:
        if each.at >= since and each.uri in ("transfer/find", "task/find") and (not found or each.at > found[-1] + 1.0):
            found.append(each.at)
    return found


def pauses(studio: Fleet, since: float) -> list[float]:
    found = looks(studio, since)
    return [later - at for at, later in zip(found, found[1:])]


def asked(studio: Fleet, uri: str, since: float) -> int:
    return sum(each.uri == uri and each.at >= since for each in studio.accsyn.asked)


def test_short_transfer_is_noticed_within_seconds(studio: Fleet, machine: Machine) -> None:
    studio.publish(machine, "take", 10.0)
    studio.run(studio.time.now + 60.0)

    assert studio.noticed()[0] <= 6.0


def test_long_transfer_is_looked_at_more_and_more_seldom_and_noticed_within_a_minute(
    studio: Fleet, machine: Machine
) -> None:
    studio.publish(machine, "take", 1800.0)
    studio.run(studio.time.now + 1795.0)

    assert pauses(studio, 0.0)[1] <= 8.0
    assert min(pauses(studio, studio.time.now - 600.0)) >= 30.0
    assert max(pauses(studio, 0.0)) <= 55.0
    studio.run(studio.time.now + 120.0)
    assert studio.noticed()[0] <= 60.0


def test_job_whose_tasks_move_is_asked_for_at_every_sixth_look(studio: Fleet, machine: Machine) -> None:
    studio.publish(machine, "take", 2400.0)
    studio.run(studio.time.now + 300.0)
    since = studio.time.now

    studio.run(since + 1800.0)

    assert abs(asked(studio, "task/find", since) - 6 * asked(studio, "transfer/find", since)) <= 6


def test_job_whose_tasks_do_not_move_is_asked_for_at_the_next_look(studio: Fleet, machine: Machine) -> None:
    studio.publish(machine, "take", 1e7)  # less than a hundredth in a day
    studio.run(studio.time.now + 300.0)
    since = studio.time.now

    studio.run(since + 900.0)

    assert asked(studio, "transfer/find", since) >= len(looks(studio, since)) / 2 - 1


def test_somebody_who_looks_sees_it_as_soon_as_ever(studio: Fleet, machine: Machine) -> None:
    studio.publish(machine, "take", 1500.0)
    studio.run(studio.time.now + 1200.0)
    since = studio.time.now
    for second in range(0, 400, 5):
        studio.at(since + second, lambda: studio.look(machine))

    studio.run(since + 400.0)

    assert looks(studio, since)[0] - since <= 5.0
    assert max(pauses(studio, since)) <= 7.5
    assert studio.noticed()[0] <= 7.5


def test_machine_holds_no_connection_while_it_asks_nothing(studio: Fleet, machine: Machine) -> None:
    studio.publish(machine, "take", 900.0)
    for _ in range(40):
        studio.run(studio.time.now + 7.0)
        assert not studio.accsyn._connections


def test_second_publish_is_in_accsyn_as_fast_as_the_first_whatever_was_asked_before(
    studio: Fleet, machine: Machine
) -> None:
    studio.publish(machine, "first", 3000.0)
    studio.run(studio.time.now + 1500.0)

    studio.publish(machine, "second", 3000.0)
    studio.run(studio.time.now + 5.0)

    assert all(item.state in (State.SUBMITTED, State.TRANSFERRING) for item in machine.items())


def test_what_was_left_in_the_evening_goes_within_five_minutes_of_the_morning(studio: Fleet, machine: Machine) -> None:
    studio.publish(machine, "day", 10.0)
    studio.run(studio.time.now + 60.0)
    machine.end()
    machine.publish("evening", 10.0)
    studio.run(studio.time.now + 15 * 3600.0)

    studio.begin(machine)
    studio.run(studio.time.now + 310.0)

    assert all(item.state is not State.PENDING for item in machine.items())
