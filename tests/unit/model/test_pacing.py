"""Pacing: a lone publish leaves at once, a long burst becomes few batches, and no clock can stop either."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import pacing

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=200)
TIMES = st.floats(0, 4e9)


@pytest.mark.parametrize(
    ("now", "oldest_at", "newest_at", "batches_sent", "wait_s"),
    [
        (100.0, 100.0, 100.0, 0, 1.0),  # just published
        (100.4, 100.0, 100.0, 0, 0.6),
        (101.0, 100.0, 100.0, 0, 0.0),  # quiet for long enough
        (103.5, 100.0, 103.4, 0, 0.5),  # the burst goes on, patience is about to end
        (104.0, 100.0, 103.9, 0, 0.0),  # patience has ended
        (104.0, 100.0, 103.9, 1, 0.9),  # a later batch of the same burst has more of it
        (119.9, 100.0, 119.8, 1, 0.1),
        (199.5, 100.0, 199.4, 2, 0.5),
        (219.5, 100.0, 219.4, 9, 0.5),  # but never more than two minutes
    ],
)
def test_wait_follows_the_burst(
    now: float, oldest_at: float, newest_at: float, batches_sent: int, wait_s: float
) -> None:
    assert pacing.settle_delay(now, oldest_at, newest_at, batches_sent) == pytest.approx(wait_s)


@seeded
@given(TIMES, TIMES, TIMES, st.integers(0, 10**6))
def test_wait_is_never_longer_than_quiet_takes(now: float, oldest_at: float, newest_at: float, sent: int) -> None:
    assert 0.0 <= pacing.settle_delay(now, oldest_at, newest_at, sent) <= pacing.QUIET_S


def test_clock_set_back_makes_nothing_wait() -> None:
    # With the clock an hour behind, "not quiet yet" would stay true for an hour.
    assert pacing.settle_delay(now=1000.0, oldest_at=4600.0, newest_at=4600.0, batches_sent=0) == 0.0
    assert pacing.is_quiet(now=1000.0, newest_at=4600.0)


def test_burst_of_a_whole_night_does_not_overflow() -> None:
    assert pacing.settle_delay(now=10.0, oldest_at=9.5, newest_at=9.9, batches_sent=100_000) == pytest.approx(0.9)


@seeded
@given(st.floats(0.01, 0.9), st.integers(1, 2000))
def test_unbroken_burst_becomes_few_batches_and_none_waits_over_a_minute(gap_s: float, count: int) -> None:
    sent, waiting, longest_s, now = 0, [], 0.0, 0.0
    for _ in range(count):
        now += gap_s
        waiting.append(now)
        if pacing.settle_delay(now, waiting[0], now, sent) == 0.0:
            longest_s = max(longest_s, now - waiting[0])
            sent, waiting = sent + 1, []
    assert longest_s <= pacing.LONGEST_PATIENCE_S + gap_s
    assert sent <= 2 + now / pacing.LONGEST_PATIENCE_S + 1


def test_pause_of_a_second_is_quiet() -> None:
    assert not pacing.is_quiet(now=10.99, newest_at=10.0)
    assert pacing.is_quiet(now=11.0, newest_at=10.0)
