"""What a machine remembers of probes, whatever has become of the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.insight.probe import remembered
from ftrack_accsyn_accessor.insight.probe.finding import Finding, Outcome, Report
from ftrack_accsyn_accessor.model import assumptions as names
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.outbox import probed
from ftrack_accsyn_accessor.outbox.probed import Sight

CURRENT = settings.read({"ACCSYN_WORKSPACE": "acme"})


@pytest.mark.parametrize("at", ["NaN", "Infinity", "-1", "1e300", f"1{'0' * 400}", '"today"', "null"])
def test_memory_with_an_impossible_date_was_never_there(at: str) -> None:
    probed.keep("acme", {"job-by-name": Sight(True, "Yes.", 2.0)})
    memory = _memory()
    memory.write_text(f'{{"content": {{"acme": {{"frame-ranges": {{"holds": false, "text": "", "at": {at}}}}}}}}}')

    assert probed.assumptions("acme").holds("frame-ranges")
    assert remembered.last(CURRENT) is None


def test_memory_that_is_nested_too_deeply_was_never_there() -> None:
    probed.keep("acme", {"frame-ranges": Sight(False, "No.", 2.0)})
    _memory().write_text("[" * 200_000)

    assert probed.assumptions("acme").holds("frame-ranges")


def test_what_a_newer_release_remembers_outlives_a_probe_of_this_one() -> None:
    probed.keep("acme", {"frame-ranges": Sight(False, "No.", 2.0)})
    content = json.loads(_memory().read_text())
    content["content"]["acme"]["gravity"] = {"holds": True, "text": "It pulls.", "at": 3.0, "more": [1]}
    _memory().write_text(json.dumps(content))

    probed.keep("acme", {"job-by-name": Sight(True, "Yes.", 4.0)})

    kept = json.loads(_memory().read_text())["content"]["acme"]
    assert kept["gravity"] == content["content"]["acme"]["gravity"]
    assert set(kept) == {"frame-ranges", "gravity", "job-by-name"}


def _memory() -> Path:
    path = probed.lock_path()
    assert path is not None
    return path.with_name(probed.NAME)


def test_what_an_earlier_probe_has_seen_is_told_as_that() -> None:
    remembered.remember(_report(1e9, names.FRAME_RANGES, Outcome.OTHERWISE))
    remembered.remember(_report(1.1e9, names.JOB_BY_NAME, Outcome.HOLDS))

    told = str(remembered.last(CURRENT))

    assert "saw 1 of 26 assumptions hold, and none that does not." in told
    assert "Earlier ones saw otherwise: frame-ranges." in told


def _report(at: float, name: str, outcome: Outcome) -> Report:
    return Report("acme", at, (Finding(name, outcome, "So."),), (), 0, 0.0)
