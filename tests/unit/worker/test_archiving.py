"""When the background moves what arrived long ago to the archive, and how much of it in one go."""

from __future__ import annotations

import logging

import pytest

from ftrack_accsyn_accessor.model.errors import OutboxUnusable
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import moving
from ftrack_accsyn_accessor.upkeep.policy import DAY_S
from ftrack_accsyn_accessor.worker import archiving as module
from ftrack_accsyn_accessor.worker.archiving import AGAIN_S, AGE_S, FIRST_S, SOON_S, Archiving
from unit.worker.bench import Bench

NAMES = tuple(f"c{number}" for number in range(6))


@pytest.fixture
def archiving(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Archiving:
    monkeypatch.setattr(moving, "PAUSE_S", 0.0)
    monkeypatch.setattr(moving, "COPIED_AT_ONCE", 2)
    monkeypatch.setattr(module, "AT_ONCE", 4)
    bench.pending(*NAMES)
    bench.outbox.tracking.synced(bench.sent(*NAMES))
    return Archiving(bench.outbox, bench.clock, bench.monotonic)


def left(bench: Bench) -> int:
    return bench.outbox.counts()[State.SYNCED]


def test_process_that_starts_has_better_to_do(archiving: Archiving, bench: Bench) -> None:
    bench.clock.now += AGE_S + DAY_S
    archiving.step()
    assert (archiving.due(), left(bench)) == (False, 6)


def test_what_is_young_stays_and_is_looked_at_again_in_an_hour(archiving: Archiving, bench: Bench) -> None:
    bench.monotonic.now += FIRST_S
    archiving.step()
    assert left(bench) == 6
    bench.clock.now += AGE_S + 1
    bench.monotonic.now += AGAIN_S - 1
    assert not archiving.due()
    bench.monotonic.now += 1
    archiving.step()
    assert left(bench) == 2


def test_much_moves_a_part_at_a_time(archiving: Archiving, bench: Bench) -> None:
    bench.clock.now += AGE_S + 1
    bench.monotonic.now += FIRST_S
    archiving.step()
    assert left(bench) == 2
    bench.monotonic.now += SOON_S
    archiving.step()
    assert left(bench) == 0
    assert bench.outbox.survey.totals()[State.SYNCED].count == 6
    bench.monotonic.now += SOON_S
    assert not archiving.due()


def test_archive_that_cannot_be_written_is_said_and_stops_nothing(
    archiving: Archiving, bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OutboxUnusable("write to the archive of the outbox", "archive", "database or disk is full", "Free some.")

    monkeypatch.setattr(bench.outbox.archive, "keep", full)
    bench.clock.now += AGE_S + 1
    bench.monotonic.now += FIRST_S
    with caplog.at_level(logging.WARNING):
        archiving.step()
    assert left(bench) == 6
    assert "What arrived long ago stays in the outbox. Could not write to the archive" in caplog.text
    bench.monotonic.now += SOON_S
    assert not archiving.due()
