"""How often a machine asks: quickly after a rest, seldom after a while, never too seldom, less where it is crowded."""

from __future__ import annotations

import bisect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import pacing
from ftrack_accsyn_accessor.model.pacing import ALLOWANCE, LONGEST_PAUSE_S, SECONDS_PER_CALL, Pace

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=100)

CHANCES = st.floats(0, 1, exclude_max=True)
#: The quietest that the tracker wants by itself.
QUIET_S = 5.0


class Machine:
    """Looks as the pace says."""

    def __init__(self) -> None:
        self.pace = Pace()
        self.now = 1000.0
        self.moments: list[float] = []

    def look(
        self, calls: int = 1, wanted_s: float = QUIET_S, chance: float = 0.0, attended: bool = False, took_s: float = 0
    ) -> float:
        """Make a look, let the pause pass, and return it."""
        self.moments += [self.now] * calls
        pause_s = self.pace.looked(wanted_s, calls, self.now, chance, attended, took_s)
        self.now += pause_s
        return pause_s

    def most_within(self, seconds: float) -> int:
        return max(bisect.bisect_left(self.moments, at + seconds) - number for number, at in enumerate(self.moments))


@pytest.mark.parametrize(("took_s", "within_s"), [(10.0, 7.0), (60.0, 16.0), (120.0, 30.0), (3600.0, LONGEST_PAUSE_S)])
def test_what_a_rested_machine_sends_is_noticed_late_by_a_part_of_what_it_took(took_s: float, within_s: float) -> None:
    machine = Machine()
    begun = machine.now

    while machine.now < begun + took_s:
        pause_s = machine.look(2 if machine.now < begun + 8.0 else 1, wanted_s=2.0, chance=0.5)

    assert pause_s <= within_s


def test_pauses_grow_gently_and_end_where_an_arrival_is_still_noticed_within_a_minute() -> None:
    machine = Machine()
    pauses = [machine.look() for _ in range(200)]

    assert pauses == sorted(pauses)
    assert all(later <= 1.3 * sooner for sooner, later in zip(pauses, pauses[1:]))
    assert pauses[30] > 0.8 * LONGEST_PAUSE_S
    assert pauses[-1] <= LONGEST_PAUSE_S


def test_machine_that_has_rested_is_quick_again() -> None:
    machine = Machine()
    for _ in range(200):
        machine.look()

    machine.now += ALLOWANCE * SECONDS_PER_CALL

    assert machine.look() == QUIET_S


@pytest.mark.parametrize("calls", [1, 2])
def test_with_somebody_waiting_a_look_comes_every_five_seconds_for_as_long_as_they_like(calls: int) -> None:
    machine = Machine()

    assert max(machine.look(calls, attended=True) for _ in range(500)) <= 5.0


def test_refusal_makes_it_ask_seldom_for_some_minutes_whoever_waits() -> None:
    machine = Machine()
    machine.look(attended=True)
    machine.pace.refused(machine.now)
    begun = machine.now

    while machine.now < begun + pacing.CROWDED_S - LONGEST_PAUSE_S:
        assert machine.look(attended=True, chance=0.999) > LONGEST_PAUSE_S - 1
    while machine.now < begun + pacing.CROWDED_S + 2 * LONGEST_PAUSE_S:
        machine.look(attended=True)
    assert machine.look(attended=True) <= 5.0


def test_accsyn_that_answers_slowly_is_asked_seldom() -> None:
    machine = Machine()

    assert machine.look(took_s=0.5) == QUIET_S
    assert machine.look(took_s=1.5) == 20.0
    assert machine.look(took_s=10.0, chance=0.999) > LONGEST_PAUSE_S - 1


@seeded
@given(
    st.lists(
        st.tuples(
            st.integers(0, 12),  # calls of a look
            st.sampled_from([0.0, 2.0, 5.0, 14.0]),  # the pause that is wanted
            CHANCES,
            st.integers(0, 1),  # refusals
            st.floats(0, 5),  # how long it took
            st.booleans(),  # somebody looks
        ),
        min_size=1,
        max_size=80,
    )
)
def test_whatever_has_happened_the_next_look_comes_within_a_minute(history: list[tuple]) -> None:
    machine = Machine()
    for calls, wanted_s, chance, refusals, took_s, attended in history:
        if refusals:
            machine.pace.refused(machine.now)
        pause_s = machine.look(calls, wanted_s, chance, took_s=took_s, attended=attended)

        assert wanted_s <= pause_s <= LONGEST_PAUSE_S


@seeded
@given(st.integers(1, 2), st.lists(CHANCES, min_size=300, max_size=300), st.integers(0, 3))
def test_in_any_quarter_of_an_hour_a_machine_asks_no_more_than_its_allowance_and_a_call_now_and_then(
    calls: int, chances: list[float], refused_now_and_then: int
) -> None:
    machine = Machine()
    for number, chance in enumerate(chances):
        if refused_now_and_then and number % (50 * refused_now_and_then) == 0:
            machine.pace.refused(machine.now)
        machine.look(calls, 2.0, chance)

    shortest_s = 0.85 * min(LONGEST_PAUSE_S, calls * SECONDS_PER_CALL)
    assert machine.most_within(900.0) <= ALLOWANCE + calls * (900.0 / shortest_s + 1)


@seeded
@given(st.floats(-1e6, 1e7), CHANCES)
def test_what_was_left_behind_waits_no_more_than_a_twentieth_longer(waited_s: float, chance: float) -> None:
    assert 0.0 <= pacing.spread_s(waited_s, chance) <= min(pacing.LONGEST_SPREAD_S, max(0.0, waited_s) / 20)


def test_machines_that_were_left_on_the_evening_before_begin_one_after_the_other() -> None:
    moments = [pacing.spread_s(15 * 3600.0, number / 500) for number in range(500)]

    assert all(sum(start <= moment < start + 1 for moment in moments) <= 5 for start in range(240))


def test_what_has_waited_for_long_is_not_looked_after_by_the_second() -> None:
    machine = Machine()
    machine.pace.calm(machine.now)

    assert machine.look(2, 2.0) > 20.0
