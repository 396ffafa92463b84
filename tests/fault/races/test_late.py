"""A call whose answer was lost comes true in accsyn some seconds later: nothing is doubled by it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fault.support_machinery import Clock, Machinery
from fault.support_studio import assert_nothing_lost_or_doubled
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.worker.lookup import CREATION_GRACE_S
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until


@pytest.fixture
def machinery(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machinery]:
    made = Machinery(studio, Clock(time.time()), tmp_path / "sources", monkeypatch)
    yield made
    made.close()


def is_submitted(machinery: Machinery) -> bool:
    return {item.state for item in machinery.outbox.items()} == {State.SUBMITTED}


@pytest.mark.parametrize("late_s", [1.0, CREATION_GRACE_S / 2, CREATION_GRACE_S - 1.0])
def test_a_job_that_is_created_some_seconds_after_its_answer_was_lost_is_the_only_one(
    studio: Studio, machinery: Machinery, late_s: float
) -> None:
    accsyn = studio.accsyn
    accsyn.switches.drop_before("transfer/create", carry_out_late=True)
    machinery.publish("file", "plate")
    machinery.step_until(lambda: accsyn.log.count("transfer/create") == 1, 10.0)
    lost_at = machinery.clock.now
    machinery.step_until(lambda: machinery.clock.now >= lost_at + late_s, 20.0)
    assert accsyn.workspace.jobs() == []
    assert accsyn.log.count("transfer/find") >= 1  # it was looked for, in vain
    (item,) = machinery.outbox.items()
    assert "may still be under way" in item.cause

    accsyn.switches.release()
    wait_until(lambda: accsyn.workspace.jobs(), 10, "the late creation")

    machinery.step_until(lambda: is_submitted(machinery), 60.0)
    assert len(accsyn.workspace.jobs()) == 1
    assert accsyn.log.count("transfer/create") == 1
    assert_nothing_lost_or_doubled(studio)


def test_a_job_whose_creation_never_comes_true_is_created_anew_when_the_grace_is_over(
    studio: Studio, machinery: Machinery
) -> None:
    studio.accsyn.switches.drop_before("transfer/create")
    machinery.publish("file", "plate")
    machinery.step_until(lambda: studio.accsyn.log.count("transfer/create") == 1, 10.0)

    passed_s = machinery.step_until(lambda: studio.accsyn.log.count("transfer/create") == 2, 60.0)

    assert passed_s >= CREATION_GRACE_S
    machinery.step_until(lambda: is_submitted(machinery), 10.0)
    assert_nothing_lost_or_doubled(studio)
