"""SIGKILL at random moments, by seed: before any line of the plugin, or right after any request to a service."""

from __future__ import annotations

import random
import signal
from typing import Any

import pytest

from fault.support_fixtures import Run
from fault.support_studio import assert_nothing_lost_or_doubled, registered, unfinished
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until

DEFAULT_TRIALS = 12
SLOW_TRIALS = 208
KINDS = ("file", "sequence", "container", "nested")
#: About how many lines of the plugin run, and requests arrive: in any session that publishes, and more for each item.
LINES = (5200, 1300)
REQUESTS = (18, 14)

trials = [
    *(pytest.param(seed) for seed in range(DEFAULT_TRIALS)),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(DEFAULT_TRIALS, DEFAULT_TRIALS + SLOW_TRIALS)),
]


def requests(studio: Studio) -> int:
    return studio.ftrack.log.count() + studio.accsyn.log.count()


@pytest.mark.parametrize("seed", trials)
def test_session_killed_at_a_random_moment_loses_and_doubles_nothing(studio: Studio, run: Run, seed: int) -> None:
    chance = random.Random(seed)
    items = [[chance.choice(KINDS), f"item{number}"] for number in range(chance.randint(1, 3))]
    if chance.random() < 0.5:
        assert run("publish", items=[["file", "earlier"]]).wait() == 0

    published = kill_at_random(studio, run, chance, items)
    if chance.random() < 0.3:
        kill_at_random(studio, run, chance, [["file", "later"]])
    assert run("recover").wait() == 0

    assert_nothing_lost_or_doubled(studio)
    assert unfinished(studio) == []
    assert published <= set(registered(studio))


def kill_at_random(studio: Studio, run: Run, chance: random.Random, items: list[Any]) -> set[str]:
    """Publish *items* in a session that is killed at some moment; return the components whose publish had returned."""
    if chance.random() < 0.5:
        first, more = LINES
        killed = run("publish", kill={"line": chance.randrange(first + more * len(items))}, items=items)
    else:
        first, more = REQUESTS
        after = requests(studio) + chance.randrange(first + more * len(items))
        killed = run("publish", items=items)
        wait_until(lambda: requests(studio) >= after or not killed.alive, 30.0)
        killed.kill()
    assert killed.wait() in (0, -signal.SIGKILL), killed.output
    return set(killed.reported("id"))
