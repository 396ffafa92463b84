"""Retry decisions: soon at first, never faster than accsyn wants, never out of reach."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import errors, retry
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=150)

ATTEMPTS = st.integers(1, 10_000)
OUTAGES_S = st.floats(0, 1e7)
JITTERS = st.floats(0, 1, exclude_max=True)
OUTAGES = (errors.Unreachable, errors.Busy, errors.Uncertain, errors.RegistrationError)


@pytest.mark.parametrize(
    ("attempts", "outage_s", "longest_s"),
    [
        *((1, 0, 1), (2, 1, 2), (3, 3, 4), (4, 7, 8), (5, 15, 15), (50, 299.9, 15), (50, 300, 60), (99, 720, 60)),
        *((200, 1440, 120), (9999, 3600, 300), (9999, 1e6, 300)),
    ],
)
def test_delay_doubles_up_to_the_cap_of_the_moment(attempts: int, outage_s: float, longest_s: float) -> None:
    assert retry.outage_delay(attempts, outage_s, 0.0) == pytest.approx(0.75 * longest_s)
    assert retry.outage_delay(attempts, outage_s, 0.999_999) == pytest.approx(longest_s, rel=1e-5)


@seeded
@given(ATTEMPTS, OUTAGES_S, JITTERS)
def test_delay_stays_between_a_first_short_wait_and_the_caps(attempts: int, outage_s: float, jitter: float) -> None:
    delay_s = retry.outage_delay(attempts, outage_s, jitter)
    assert 0.75 * retry.FIRST_DELAY_S <= delay_s <= retry.LONGEST_CAP_S
    assert delay_s <= max(retry.LATE_CAP_S, outage_s / 12)
    if outage_s < retry.OUTAGE_EARLY_S:
        assert delay_s <= retry.OUTAGE_CAP_S


@seeded
@given(ATTEMPTS, OUTAGES_S, JITTERS, st.integers(0, 50), st.floats(0, 1e6))
def test_delay_never_shrinks_while_the_outage_goes_on(
    attempts: int, outage_s: float, jitter: float, more: int, later_s: float
) -> None:
    now = retry.outage_delay(attempts, outage_s, jitter)
    assert retry.outage_delay(attempts + more, outage_s + later_s, jitter) >= now


@seeded
@given(ATTEMPTS, OUTAGES_S, JITTERS, st.none() | st.floats(0, 1e6))
def test_delay_is_never_below_the_wish_of_accsyn(
    attempts: int, outage_s: float, jitter: float, wish_s: float | None
) -> None:
    delay_s = retry.outage_delay(attempts, outage_s, jitter, wish_s)
    assert delay_s >= max(retry.outage_delay(attempts, outage_s, jitter), wish_s or 0.0)
    assert delay_s <= max(retry.outage_delay(attempts, outage_s, jitter), (wish_s or 0.0) + retry.OUTAGE_CAP_S)
    error = errors.Busy("ask", retry_after_s=wish_s)
    assert retry.delay(error, attempts, outage_s, jitter) == delay_s


def test_machines_that_lost_accsyn_together_do_not_come_back_together() -> None:
    assert len({retry.outage_delay(5, 60, jitter / 100) for jitter in range(100)}) == 100


def test_machines_that_were_told_the_same_do_not_come_back_together() -> None:
    assert len({retry.outage_delay(1, 0, jitter / 100, 30.0) for jitter in range(100)}) == 100


@seeded
@given(ATTEMPTS, OUTAGES_S, JITTERS, st.none() | st.floats(0, 3600))
def test_whoever_was_one_too_many_comes_back_within_a_minute_of_what_accsyn_wished(
    attempts: int, outage_s: float, jitter: float, wish_s: float | None
) -> None:
    error = errors.Busy("ask", status=errors.TOO_MANY, retry_after_s=wish_s)

    delay_s = retry.delay(error, attempts, outage_s, jitter)

    assert 0 <= delay_s - max(retry.SOONEST_S, wish_s or 0.0) <= retry.CROWDED_LONGEST_S
    assert delay_s <= retry.delay(error, attempts + 1, outage_s, jitter)


def test_refusals_spread_a_fleet_over_the_time_that_it_takes() -> None:
    """500 machines at 30 calls a second, each with some calls to make, need most of a minute at best."""
    error = errors.Busy("ask", status=errors.TOO_MANY)
    moments = sorted(retry.delay(error, 4, 10.0, number / 500) for number in range(500))

    for start in range(60):
        assert sum(start <= moment < start + 1 for moment in moments) <= 10


def test_no_change_here_ends_the_wait_of_whoever_was_one_too_many() -> None:
    outage = retry.Outage()
    delay_s = outage.failed(errors.Busy("ask", status=errors.TOO_MANY), 100.0, 0.9)

    outage.end_early()

    assert outage.remaining_s(100.0) == delay_s
    assert outage.remaining_s(100.0 + delay_s) == 0.0


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (errors.Refused("x"), retry.ITEM_DELAY_S),
        (errors.FileChanged("x"), retry.ITEM_DELAY_S),
        (errors.FileUnreadable("x"), retry.UNREADABLE_DELAY_S),
        (errors.Unauthorised("x"), retry.HELP_DELAY_S),
        (errors.NotReady("x"), retry.HELP_DELAY_S),
        (errors.RegistrationRefused("x"), retry.HELP_DELAY_S),
        (errors.SettingsError("x"), retry.HELP_DELAY_S),
        (errors.StagingGone("x"), retry.HELP_DELAY_S),
        (AccsynAccessorError("x"), retry.HELP_DELAY_S),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_outage_waits_as_long_as_help_usually_takes(error: AccsynAccessorError, seconds: float) -> None:
    assert not retry.is_outage(error)
    assert retry.delay(error, 1, 0, 0) == retry.delay(error, 99, 1e6, 0.9) == seconds


@pytest.mark.parametrize("kind", OUTAGES)
def test_errors_of_the_line_are_outages(kind: type[AccsynAccessorError]) -> None:
    assert retry.is_outage(kind("ask"))
    assert retry.delay(kind("ask"), 1, 0.0, 0.0) == 0.75


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        (errors.SettingsError, True),
        (errors.NotReady, True),
        (errors.Unauthorised, True),
        (errors.Unreachable, True),
        (errors.Busy, False),
        (errors.Uncertain, False),
        (errors.Refused, False),
        (errors.StagingGone, False),
    ],
)
def test_what_may_be_due_to_a_process_itself(kind: type[AccsynAccessorError], own: bool) -> None:
    assert retry.is_own(kind("ask")) is own


@seeded
@given(st.lists(st.floats(0, 100), min_size=1, max_size=20), JITTERS)
def test_outage_is_waited_for_between_all_failures(pauses_s: list[float], jitter: float) -> None:
    outage, now = retry.Outage(), 1000.0
    for pause_s in pauses_s:
        delay_s = outage.failed(errors.Unreachable("ask"), now, jitter)
        assert outage.remaining_s(now) == pytest.approx(delay_s)
        assert outage.remaining_s(now + delay_s) == pytest.approx(0.0, abs=1e-6)
        now += pause_s
    assert outage.attempts == len(pauses_s)
    assert outage.over()
    assert (outage.attempts, outage.remaining_s(now), outage.over()) == (0, 0.0, False)


def test_change_ends_an_outage_early_but_not_before_the_shortest_pause_or_the_wish_of_accsyn() -> None:
    plain, wished = retry.Outage(), retry.Outage()
    for _ in range(9):
        plain.failed(errors.Unreachable("ask"), 1000.0, 0.0)
    wished.failed(errors.Busy("ask", retry_after_s=40.0), 1000.0, 0.0)

    for outage in (plain, wished):
        outage.end_early()

    assert (plain.remaining_s(1000.0), wished.remaining_s(1000.0)) == (retry.SOONEST_S, 40.0)


def test_change_during_no_outage_is_none() -> None:
    outage = retry.Outage()
    outage.end_early()
    assert outage.remaining_s(0.0) == 0.0
