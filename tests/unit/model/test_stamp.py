"""What a file system may make of a file's time is told from what a later write makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ftrack_accsyn_accessor.model.stamp import Stamp, is_same, is_same_time

MS, S, QUARTER_HOUR = 1_000_000, 1_000_000_000, 900 * 1_000_000_000
NOW = 1_700_000_000 * S

times = some.integers(0, 4_000_000_000 * S)
steps = some.sampled_from([1, 10 * MS, S, 2 * S])
zones = some.integers(-26 * 4, 26 * 4).map(lambda quarters: quarters * QUARTER_HOUR)
roundings = some.sampled_from(["down", "up", "nearest"])


def kept(time_ns: int, step_ns: int, rounding: str, moved_ns: int) -> int:
    """Return what a disk that keeps whole steps, in another time zone, shows for *time_ns*."""
    more = {"down": 0, "up": step_ns - 1, "nearest": step_ns // 2}[rounding]
    return (time_ns + more) // step_ns * step_ns + moved_ns


@given(times, steps, roundings, zones)
def test_whatever_a_disk_makes_of_a_time_is_the_same(time_ns: int, step_ns: int, rounding: str, moved_ns: int) -> None:
    assert is_same_time(kept(time_ns, step_ns, rounding, moved_ns), time_ns)


@given(times, steps, roundings, zones, some.integers(4 * S, QUARTER_HOUR - 4 * S))
def test_a_later_write_is_another_time_whatever_the_disk_makes_of_both(
    time_ns: int, step_ns: int, rounding: str, moved_ns: int, later_ns: int
) -> None:
    published = kept(time_ns, step_ns, rounding, 0)
    assert not is_same_time(kept(time_ns + later_ns, step_ns, rounding, moved_ns), published)


@given(times.filter(lambda time_ns: time_ns % MS), some.integers(1000, 10 * QUARTER_HOUR))
def test_on_a_disk_with_fine_times_every_later_write_is_another_time(time_ns: int, later_ns: int) -> None:
    found_ns = time_ns + later_ns
    if found_ns % MS and (later_ns + 1000) % QUARTER_HOUR > 2000:
        assert not is_same_time(found_ns, time_ns)


@pytest.mark.parametrize("step_ns", [1, 10 * MS, S, 2 * S])
@pytest.mark.parametrize("zone", [0, 1, -4, 4, 56])
def test_seven_seconds_are_a_change(step_ns: int, zone: int) -> None:
    published = NOW + 123_456_789
    assert not is_same_time(kept(published + 7 * S, step_ns, "down", zone * QUARTER_HOUR), published)


@pytest.mark.parametrize("moved_ns", [27 * 4 * QUARTER_HOUR, -27 * 4 * QUARTER_HOUR])
def test_no_time_zone_is_further_away_than_the_earth_allows(moved_ns: int) -> None:
    assert not is_same_time(NOW + moved_ns, NOW)


def test_another_size_is_a_change_whatever_the_time() -> None:
    assert is_same(Stamp(7, NOW), Stamp(7, NOW + 1))
    assert not is_same(Stamp(8, NOW), Stamp(7, NOW))
