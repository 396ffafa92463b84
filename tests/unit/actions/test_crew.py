"""Threads that work on actions: a few, each with connections of its own, and none left behind."""

from __future__ import annotations

import threading

import pytest

from ftrack_accsyn_accessor.actions import crew
from ftrack_accsyn_accessor.actions.crew import Crew
from helpers import wait_until


class Desk:
    """An office that knows whose it is."""

    made: list[Desk]

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.closed = False

    def close(self) -> None:
        assert threading.get_ident() == self.thread
        self.closed = True


@pytest.fixture
def offices() -> list[Desk]:
    return []


@pytest.fixture
def hands(offices: list[Desk]) -> Crew[Desk]:
    def opened() -> Desk:
        offices.append(Desk())
        return offices[-1]

    return Crew(opened, hands=2)


def test_no_more_work_at_a_time_than_there_are_hands_and_all_is_done(hands: Crew[Desk], offices: list[Desk]) -> None:
    gate = threading.Semaphore(0)
    done: list[int] = []

    def errand(office: Desk) -> None:
        assert threading.get_ident() == office.thread
        gate.acquire()
        done.append(1)

    for _ in range(5):
        hands.do(errand)
    wait_until(lambda: len(offices) == 2)
    for _ in range(5):
        gate.release()
    wait_until(lambda: len(done) == 5)

    assert len(offices) == 2
    assert hands.close()
    assert [office.closed for office in offices] == [True, True]


def test_an_errand_that_raises_costs_nothing_but_itself(hands: Crew[Desk], caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Event()
    hands.do(lambda office: 1 / 0)  # type: ignore[arg-type,return-value]
    hands.do(lambda office: done.set())

    assert done.wait(5.0)
    wait_until(lambda: "could not be worked on" in caplog.text)
    assert hands.close()


def test_hands_without_work_go_and_come_back(
    hands: Crew[Desk], offices: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "IDLE_S", 0.01)
    for number in range(1, 4):
        done = threading.Event()
        hands.do(lambda office, done=done: done.set())  # type: ignore[misc]
        assert done.wait(5.0)
        wait_until(lambda number=number: len(offices) == number and offices[-1].closed)  # type: ignore[misc]


def test_what_was_not_begun_is_dropped_at_the_end(hands: Crew[Desk]) -> None:
    begun, gate = threading.Semaphore(0), threading.Event()
    done: list[int] = []

    def errand(office: Desk) -> None:
        begun.release()
        gate.wait(10.0)
        done.append(1)

    for _ in range(4):
        hands.do(errand)
    assert begun.acquire(timeout=5.0)
    assert begun.acquire(timeout=5.0)
    threading.Timer(0.05, gate.set).start()

    assert hands.close(5.0)
    hands.do(errand)
    assert len(done) == 2
