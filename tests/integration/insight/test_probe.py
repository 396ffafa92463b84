"""What a probe sees of the sandbox's accsyn, as it is and otherwise, and that nothing of it stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.insight.probe import bench, probe, remembered
from ftrack_accsyn_accessor.insight.probe.finding import Finding, Outcome, Report
from ftrack_accsyn_accessor.insight.probe.working import WORKED
from ftrack_accsyn_accessor.model import assumptions as names
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import probed
from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_sandbox import assumptions
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from probing import artist, outcomes, quick, studio, subject, what_is_there

#: What hides others, or is hidden by them.
HIDING = ("mirrored-paths", "finished-job", "awkward-ranges", "ranges-with-holes")
#: Switches that do not hide each other from a probe; together all of them.
GROUPS = (
    sorted(name for name in assumptions.SWITCHES if ":" not in name and name not in HIDING),
    ["mirrored-paths", "finished-job", "ids-in-query:empty", "frame-ranges:literal", "upload-ident:site"],
    ["finished-job:sleeps", "existing-task:ignored", "mirrored-paths:root", "volumes-hidden:empty", *HIDING[2:]],
)


__all__ = ["artist", "quick", "studio"]


def test_sandbox_is_as_assumed_and_nothing_is_left_of_the_probe(studio: Studio) -> None:
    report = probe.probe(subject())

    assert outcomes(report) == {
        each.id: "not seen" if each.id == names.TOO_MANY else "as assumed" for each in names.ASSUMPTIONS
    }
    assert (report.left, what_is_there(studio)) == ((), [])
    assert report.calls <= 90


@pytest.mark.parametrize("group", GROUPS, ids=["most", "hiding", "ways"])
def test_probe_sees_what_is_otherwise(studio: Studio, group: list[str]) -> None:
    assumptions.fail(studio.accsyn, group)

    report = probe.probe(subject())

    seen = outcomes(report)
    failing = {name.partition(":")[0] for name in group}
    assert {name for name in failing if seen[name] != "otherwise"} == set(), report.findings
    assert what_is_there(studio) == []
    assert environment.read_settings().api_key not in str(report)


def test_what_lands_in_the_root_is_seen_and_cleared_away_though_no_task_tells_it(studio: Studio) -> None:
    failing = [names.TASK_PATHS, f"{names.MIRRORED_PATHS}:root"]
    assumptions.fail(studio.accsyn, failing)

    report = probe.probe(subject())

    wrong = {each.id for each in report.findings if each.outcome is Outcome.OTHERWISE}
    assert wrong == {names.TASK_PATHS, names.MIRRORED_PATHS}, report.findings
    assert (report.left, what_is_there(studio)) == ((), [])


def test_what_a_probe_has_seen_is_remembered_and_chosen_by(studio: Studio) -> None:
    assumptions.fail(studio.accsyn, ["frame-ranges", "mirrored-paths"])
    remembered.remember(probe.probe(subject()))
    current = environment.read_settings()

    workspace = endpoint.connect(current)

    assert workspace.assumptions.notation == names.Notation(ranges=False, folders=True, mirrored=False)
    told = remembered.last(current)
    assert told is not None
    assert "otherwise: frame-ranges, mirrored-paths." in told
    remembered.remember(Report("acme", 0.0, (Finding(names.FRAME_RANGES, Outcome.UNSEEN, ""),), (), 0, 0.0))
    assert not workspace.assumptions.holds(names.FRAME_RANGES)


def test_somebodys_word_goes_before_what_was_seen(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report("acme", 1.0, (Finding(names.FRAME_RANGES, Outcome.OTHERWISE, "No."),), (), 0, 0.0)
    remembered.remember(report)
    monkeypatch.setenv("FTRACK_ACCSYN_ASSUME", "frame-ranges=yes")
    current = environment.read_settings()

    assert endpoint.connect(current).assumptions.holds(names.FRAME_RANGES)
    assert "By FTRACK_ACCSYN_ASSUME frame-ranges is assumed to hold." in str(remembered.last(current))


def test_offline_client_leaves_what_takes_a_job_unseen_and_makes_nothing(studio: Studio) -> None:
    client = studio.demo.artist_client.id
    studio.accsyn.engine.client_offline(client)
    try:
        report = probe.probe(subject())
    finally:
        studio.accsyn.engine.client_online(client)

    seen = {each.id: each for each in report.findings}
    assert {seen[name].outcome for name in WORKED} == {Outcome.UNSEEN}
    assert "accsyn client is offline" in seen[names.FRAME_RANGES].seen
    assert seen[names.LONG_QUERIES].outcome is Outcome.HOLDS
    assert what_is_there(studio) == []


@pytest.mark.parametrize("at", [names.LONG_QUERIES, names.PRIORITY_RUNNING, names.FOLDER_SOURCE])
def test_interrupted_probe_clears_away_what_it_has_made(studio: Studio, at: str) -> None:
    def interrupt(finding: Finding) -> None:
        if finding.id == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        probe.probe(subject(), interrupt)

    assert what_is_there(studio) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL there")
def test_what_a_killed_probe_has_left_is_cleared_away_by_the_next_one(studio: Studio) -> None:
    studio.accsyn.engine.paused = True
    command = [sys.executable, "-m", "ftrack_accsyn_accessor.cli", "doctor", "--probe", "--yes"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: any(isinstance(each, probed.Left) for each in what_is_there(studio)), 30, "the note")
        wait_until(lambda: len(what_is_there(studio)) >= 3, 30, "the job")
        os.kill(process.pid, signal.SIGKILL)
    assert what_is_there(studio) != []
    studio.accsyn.engine.paused = False

    report = probe.probe(subject())

    assert (report.left, what_is_there(studio)) == ((), [])


def test_what_cannot_be_cleared_away_is_told_and_kept_for_the_next_one(studio: Studio) -> None:
    studio.accsyn.switches.fail_next("workspace/file", status=400, body={"message": "Not today."}, times=1000)
    try:
        report = probe.probe(subject())
    finally:
        studio.accsyn.switches.clear()

    assert any("Not today." in each for each in report.left)
    (entry,) = probed.left()
    assert (studio.hq / entry.place.partition("/")[2]).is_dir()
    assert probe.probe(subject()).left == ()
    assert what_is_there(studio) == []


def test_second_probe_waits_for_the_first(studio: Studio) -> None:
    def again(finding: Finding) -> None:
        if finding.id == names.LONG_QUERIES:
            with pytest.raises(errors.OutboxUnusable, match="another probe runs"):
                probe.probe(subject())

    probe.probe(subject(), again)


def test_a_look_without_time_says_so() -> None:
    now = [0.0]
    made = bench.Bench(None, None, "projects", "acme", monotonic=lambda: now[0])  # type: ignore[arg-type]
    now[0] = bench.LOOKS_S

    (finding,) = made.look([names.JOB_BY_NAME], list)

    assert finding == Finding(names.JOB_BY_NAME, Outcome.UNSEEN, "Could not be seen: there was no time left.")


def test_what_is_not_carried_in_time_says_nothing_of_what_is_assumed(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "WAIT_S", 0.2)
    studio.accsyn.engine.paused = True

    report = probe.probe(subject())

    seen = outcomes(report)
    assert {seen[name] for name in (names.MIRRORED_PATHS, names.FOLDER_SOURCE, names.FRAME_RANGES)} == {"not seen"}
    assert "otherwise" not in seen.values()
    assert what_is_there(studio) == []


def test_files_that_cannot_be_written_there_say_nothing_of_what_is_assumed(studio: Studio) -> None:
    studio.accsyn.engine.fail_all("E#J057 The disk is full.")
    try:
        report = probe.probe(subject())
    finally:
        studio.accsyn.engine.clear_failures()

    assert "otherwise" not in outcomes(report).values(), report.findings
    assert what_is_there(studio) == []
