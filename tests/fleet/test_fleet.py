"""A small fleet: what is promised for 500 machines, in proportion. `make fleet` shows it for all of them."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet import scenarios
from fleet.accsyn import CONNECTIONS, windows
from fleet.scenarios import CALLS_PER_S, Result
from fleet.simulation import fleet
from ftrack_accsyn_accessor.model.pacing import ALLOWANCE, LONGEST_PAUSE_S

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="hundreds of open outboxes are more than Windows lets a test have"
)

MACHINES = 12


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Hundreds of machines say what is in their way; nobody reads it here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    "scenario",
    [
        functools.partial(scenarios.steady, warm_up_s=500.0, measured_s=500.0),
        functools.partial(scenarios.outage, minutes=5.0),
    ],
    ids=["steady", "outage"],
)
def test_small_fleet_keeps_what_is_promised(scenario: Callable[[Path, int], Result], tmp_path: Path) -> None:
    result = scenario(tmp_path, MACHINES)

    assert result.missed == ()
    assert result.lost == 0
    assert result.mean_per_s <= 2.5 * CALLS_PER_S * MACHINES / 500  # so few are not alike
    assert result.connections <= 5


@settings(derandomize=True, deadline=None, database=None, max_examples=2, suppress_health_check=list(HealthCheck))
@given(
    troubles=st.lists(
        st.tuples(
            st.sampled_from(["refused", "503", "used up", "ftrack"]), st.floats(1.0, 400.0), st.floats(10.0, 200.0)
        ),
        min_size=1,
        max_size=4,
    ),
    wish_s=st.sampled_from([None, 1.0, 30.0]),
    strict=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_whatever_the_history_nothing_is_lost_or_starved_and_the_rate_stays_bounded(
    troubles: list[tuple[str, float, float]], wish_s: float | None, strict: bool, seed: int, tmp_path_factory
) -> None:
    machines = 6
    with fleet(tmp_path_factory.mktemp("fleet"), machines, scenarios._at(11), lambda: wish_s, strict, seed) as studio:
        for machine in studio.machines:
            studio.begin(machine)
            studio.at(
                studio.time.now + studio.chance.uniform(10, 300),
                functools.partial(studio.publish, machine, "take", studio.chance.uniform(10, 300)),
            )
        begun = studio.time.now
        for kind, lasts_s, pause_s in troubles:
            studio.accsyn.away = kind if kind in ("refused", "503") else ""
            studio.ftrack.away = kind == "ftrack"
            studio.accsyn.used_up_until = studio.time.now + (lasts_s if kind == "used up" else 0.0)
            studio.run(studio.time.now + lasts_s)
            studio.accsyn.away, studio.ftrack.away = "", False
            studio.run(studio.time.now + pause_s)
        studio.run(max(studio.time.now, begun + 310.0))
        over = studio.time.now
        # A wait that an outage of minutes has left, one for having been refused, the transfer, and the look at it.
        studio.run(over + 60.0 + 90.0 + 310.0 + LONGEST_PAUSE_S + 10.0)

        assert studio.lost() == []
        assert studio.doubled() == []
        within = max(windows(studio.accsyn.asked, 300.0), default=0)
        assert within <= machines * (ALLOWANCE + 12 + 300.0 / 20.0)
        assert studio.accsyn.most_connections <= CONNECTIONS
