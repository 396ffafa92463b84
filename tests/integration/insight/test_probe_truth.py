"""What a probe says where accsyn is away, slow, or changed by others: that it was not seen, never that it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_accsyn_accessor.insight.probe import bench, probe
from ftrack_accsyn_accessor.model import assumptions as names
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import probed
from ftrack_accsyn_sandbox.studio import Studio
from probing import artist, outcomes, quick, studio, subject, what_is_there

__all__ = ["artist", "quick", "studio"]


def test_accsyn_that_takes_nine_seconds_for_each_answer_is_done_with_in_five_minutes(
    studio: Studio, tmp_path: Path
) -> None:
    slept = [0.0]
    began = len(studio.accsyn.log.operations())

    def sleep(seconds: float) -> None:
        slept[0] += seconds

    def monotonic() -> float:
        return 9.0 * (len(studio.accsyn.log.operations()) - began) + slept[0]

    report = probe.probe(subject(), sleep=sleep, monotonic=monotonic)

    assert report.took_s <= bench.IN_ALL_S
    assert outcomes(report)[names.RANGES_WITH_HOLES] == "not seen"
    assert (report.left, what_is_there(studio)) == ((), [])


def test_the_probes_own_job_is_not_looked_for_among_all_that_the_workspace_ever_had(studio: Studio) -> None:
    studio.accsyn.log.clear()

    probe.probe(subject())

    asked = [row.body for row in studio.accsyn.log.all() if row.operation == "transfer/find"]
    assert asked
    assert [body for body in asked if not (body.get("query") or body.get("id"))] == [], asked


def test_state_folder_that_cannot_be_written_is_told_as_it_is(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    path = probed.lock_path()
    assert path is not None
    path.mkdir(parents=True)
    with pytest.raises(errors.OutboxUnusable, match="Is a directory"):
        probe.probe(subject())
    file = path.parent / "file"
    file.write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(file))
    with pytest.raises(errors.OutboxUnusable, match="Not a directory"):
        probe.probe(subject())
