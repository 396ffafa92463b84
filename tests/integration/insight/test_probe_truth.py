"""What a probe says where accsyn is away, slow, or changed by others: that it was not seen, never that it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_accsyn_accessor.insight.probe import bench, probe
from ftrack_accsyn_accessor.insight.probe.finding import Finding
from ftrack_accsyn_accessor.model import assumptions as names
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import probed
from ftrack_accsyn_sandbox import assumptions
from ftrack_accsyn_sandbox.studio import Studio
from probing import artist, at_once, next_one, outcomes, quick, studio, subject, what_is_there

__all__ = ["artist", "at_once", "quick", "studio"]


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


@pytest.mark.usefixtures("at_once")
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
    with pytest.raises(errors.OutboxUnusable) as met:
        probe.probe(subject())
    assert "another probe" not in str(met.value)
    file = path.parent / "file"
    file.write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(file))
    with pytest.raises(errors.OutboxUnusable):
        probe.probe(subject())


@pytest.mark.parametrize("at", [names.CLOCK_TOLD, names.MIRRORED_PATHS])
def test_accsyn_that_refuses_everything_for_a_while_says_nothing_of_what_is_assumed(studio: Studio, at: str) -> None:
    def close(finding: Finding) -> None:
        if finding.id == at:
            studio.accsyn.switches.fail_next("", status=400, body={"message": "Maintenance."}, times=1000)

    assert "otherwise" not in outcomes(probe.probe(subject(), close)).values()
    studio.accsyn.switches.clear()
    assert next_one(studio).left == ()


def test_outage_is_no_refusal(studio: Studio) -> None:
    studio.accsyn.switches.fail_next("ftrack_accsyn_probe/find", status=503)

    assert outcomes(next_one(studio))[names.REFUSAL_WORDED] == "not seen"


def test_key_that_is_withdrawn_meanwhile_says_nothing_of_refusals(studio: Studio) -> None:
    body = {"message": "Authentication failed! Please check your user name and API key."}
    studio.accsyn.switches.fail_next("ftrack_accsyn_probe/find", status=401, body=body, times=2)

    assert outcomes(next_one(studio))[names.REFUSAL_WORDED] == "not seen"


@pytest.mark.usefixtures("at_once")
def test_refused_look_at_the_tasks_says_nothing_of_what_is_added_after_it(studio: Studio) -> None:
    def refuse(finding: Finding) -> None:
        if finding.id == names.SIZES_TOLD:
            studio.accsyn.switches.fail_next("task/find", status=400, body={"message": "Not today."})

    seen = outcomes(probe.probe(subject(), refuse))

    assert (seen[names.FOLDER_SOURCE], seen[names.FRAME_RANGES]) == ("not seen", "not seen")


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("failing", "hidden"),
    [
        ((names.SIZES_TOLD, names.TASK_TIMES), names.EXISTING_TASK),
        ((names.FINISHED_JOB, f"{names.MIRRORED_PATHS}:root"), names.SIZES_TOLD),
    ],
)
def test_what_is_otherwise_says_nothing_of_what_it_hides(studio: Studio, failing: tuple[str, ...], hidden: str) -> None:
    assumptions.fail(studio.accsyn, failing)

    seen = outcomes(probe.probe(subject()))

    assert seen[hidden] != "otherwise"
    assert {seen[each.partition(":")[0]] for each in failing} == {"otherwise"}


@pytest.mark.usefixtures("at_once")
def test_creation_whose_answer_was_lost_says_nothing_of_answers(studio: Studio) -> None:
    studio.accsyn.switches.drop_after("transfer/create")

    report = probe.probe(subject())

    assert outcomes(report)[names.CREATED_JOB] == "not seen"
    assert outcomes(report)[names.FRAME_RANGES] == "as assumed"
    assert (report.left, what_is_there(studio)) == ((), [])


@pytest.mark.usefixtures("at_once")
def test_job_that_somebody_removes_meanwhile_says_nothing_of_how_jobs_are_found(studio: Studio) -> None:
    def remove(finding: Finding) -> None:
        if finding.id == names.MIRRORED_PATHS:
            for job in studio.accsyn.workspace.jobs():
                studio.accsyn.workspace.archive_job(job.id)

    assert "otherwise" not in outcomes(probe.probe(subject(), remove)).values()


@pytest.mark.parametrize("at", [names.TASK_PATHS, names.SIZES_TOLD, names.FRAME_RANGES])
def test_disk_that_fills_up_at_the_main_site_says_nothing_of_what_is_assumed(studio: Studio, at: str) -> None:
    def fail(finding: Finding) -> None:
        if finding.id == at:
            studio.accsyn.engine.fail_all("E#J057 The disk is full.")

    report = probe.probe(subject(), fail)

    assert "otherwise" not in outcomes(report).values(), report.findings
    finished = next(each for each in report.findings if each.id == names.FINISHED_JOB)
    assert ("was carried" in finished.seen) == (at != names.TASK_PATHS)


def test_integration_that_the_plugin_does_not_ask_gets_to_know_nothing_of_this_machine(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTRACK_ACCSYN_DESTINATION", "site=london")
    studio.accsyn.log.clear()

    report = next_one(studio)

    assert studio.accsyn.log.count("workspace/integration") == 0
    seen = {each.id: each.seen for each in report.findings}
    assert "FTRACK_ACCSYN_DESTINATION is set" in seen[names.UPLOAD_IDENT]
