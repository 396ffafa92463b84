"""Midnight, a clock that is set back, another time zone: none of them loses, doubles or parks anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from fault.support_fixtures import Run
from fault.support_machinery import Clock, Machinery
from fault.support_studio import assert_nothing_lost_or_doubled, registered, submitted
from ftrack_accsyn_accessor.model.item import Kind, Publication, StagedFile, State
from ftrack_accsyn_sandbox.studio import Studio

EVENING, MIDNIGHT_GONE = "2031-03-07 23:59:50", "2031-03-08 00:00:20"
DAY_S = 86400.0


@pytest.fixture
def machinery(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machinery]:
    clock = Clock(datetime.fromisoformat(EVENING).timestamp())
    made = Machinery(studio, clock, tmp_path / "sources", monkeypatch)
    yield made
    made.close()


def days(studio: Studio) -> list[str]:
    return sorted(job.name.rpartition(" ")[2] for job in studio.accsyn.workspace.jobs())


def is_submitted(machinery: Machinery) -> bool:
    counts = machinery.outbox.counts()
    return sum(counts.values()) > 0 and not any(
        counts[state] for state in (State.PREPARED, State.PENDING, State.NEEDS_ATTENTION)
    )


def test_publish_before_midnight_that_is_submitted_after_it_is_in_the_job_of_the_new_day(
    studio: Studio, machinery: Machinery
) -> None:
    machinery.publish("file", "plate")
    machinery.clock.set(MIDNIGHT_GONE)

    machinery.step_until(lambda: is_submitted(machinery), 10.0)

    assert days(studio) == ["2031-03-08"]
    assert_nothing_lost_or_doubled(studio)


def test_job_created_before_midnight_without_an_answer_is_found_again_after_it(
    studio: Studio, machinery: Machinery
) -> None:
    studio.accsyn.switches.drop_after("transfer/create")
    machinery.publish("file", "plate")
    machinery.step()
    machinery.clock.set(MIDNIGHT_GONE)
    machinery.publish("file", "later")

    machinery.step_until(lambda: is_submitted(machinery), 60.0)

    assert days(studio) == ["2031-03-07", "2031-03-08"]
    assert sorted(len(job.tasks) for job in studio.accsyn.workspace.jobs()) == [1, 1]
    assert_nothing_lost_or_doubled(studio)


def test_job_whose_creation_was_lost_before_midnight_is_created_for_the_new_day_only(
    studio: Studio, machinery: Machinery
) -> None:
    studio.accsyn.switches.drop_before("transfer/create")
    machinery.publish("sequence", "plate")
    machinery.step()
    machinery.clock.set(MIDNIGHT_GONE)

    machinery.step_until(lambda: is_submitted(machinery), 60.0)

    assert days(studio) == ["2031-03-08"]
    assert_nothing_lost_or_doubled(studio)


def test_tasks_added_before_midnight_without_an_answer_are_not_added_to_the_new_days_job(
    studio: Studio, machinery: Machinery
) -> None:
    machinery.publish("file", "first")
    machinery.step()
    studio.accsyn.switches.drop_after("task/create")
    machinery.publish("container", "plate")
    machinery.step()
    assert studio.accsyn.log.count("task/create") == 1
    machinery.clock.set(MIDNIGHT_GONE)

    machinery.step_until(lambda: is_submitted(machinery), 60.0)

    assert days(studio) == ["2031-03-07"]
    assert_nothing_lost_or_doubled(studio)


@pytest.mark.parametrize("back_s", [60.0, 3600.0, DAY_S, 400 * DAY_S])
def test_clock_set_back_during_an_outage_does_not_park_what_waits(
    studio: Studio, machinery: Machinery, back_s: float
) -> None:
    machinery.publish("file", "plate")
    studio.accsyn.switches.fail_next("", status=503, times=5)
    for _ in range(20):
        machinery.step()
        machinery.clock.advance(1.0)
    studio.accsyn.switches.clear()

    machinery.clock.now -= back_s

    machinery.step_until(lambda: is_submitted(machinery), 30.0)
    assert_nothing_lost_or_doubled(studio)


@pytest.mark.parametrize("back_s", [3600.0, DAY_S])
def test_clock_set_back_while_an_idle_worker_knows_when_the_next_try_is_does_not_park_what_waits(
    studio: Studio, machinery: Machinery, back_s: float
) -> None:
    machinery.publish("file", "plate")
    studio.accsyn.workspace.change_role("artist@acme.test", "standard")
    machinery.step()
    machinery.clock.monotonic += 70.0
    machinery.step()  # the outage is over, but by the wall clock it is early: nothing is due
    studio.accsyn.workspace.change_role("artist@acme.test", "employee")
    studio.demo.workspace.grant(studio.demo.artist, studio.demo.volume)

    machinery.clock.now -= back_s

    machinery.step_until(lambda: is_submitted(machinery), 30.0)


def test_wall_clock_that_lags_behind_the_monotonic_one_submits_nothing_early_and_fails_nothing(
    studio: Studio, machinery: Machinery, caplog: pytest.LogCaptureFixture
) -> None:
    machinery.publish("file", "plate")
    studio.accsyn.switches.drop_before("api/login")
    machinery.step()
    (waiting,) = machinery.outbox.items()
    caplog.clear()

    machinery.clock.monotonic += 2.0
    machinery.step()

    assert list(machinery.outbox.items()) == [waiting]
    assert caplog.records == []
    machinery.step_until(lambda: is_submitted(machinery), 10.0)


@pytest.mark.parametrize("back_s", [60.0, DAY_S])
def test_clock_set_back_while_the_creation_of_a_job_is_uncertain_makes_no_second_job(
    studio: Studio, machinery: Machinery, back_s: float
) -> None:
    studio.accsyn.switches.drop_after("transfer/create")
    machinery.publish("file", "plate")
    machinery.step()

    machinery.clock.now -= back_s

    machinery.step_until(lambda: is_submitted(machinery), 60.0)
    assert studio.accsyn.log.count("transfer/create") == 1
    assert_nothing_lost_or_doubled(studio)


def test_clock_set_back_does_not_keep_orphans_of_a_killed_process_waiting(studio: Studio, machinery: Machinery) -> None:
    leave_orphan(machinery)
    machinery.step()
    machinery.clock.advance(20.0)
    leave_orphan(machinery)

    machinery.clock.now -= DAY_S

    assert machinery.step_until(lambda: not machinery.outbox.counts()[State.PREPARED], 60.0) <= 40.0


def leave_orphan(machinery: Machinery) -> None:
    """Leave what a process leaves that dies between preparing an item and telling ftrack."""
    publication = Publication(
        component_id=f"component-{machinery.clock.now}",
        component_name="plate",
        kind=Kind.FILE,
        resource_identifier="show_a/plate.mov",
        location_id=machinery.location["id"],
        location_name=machinery.location["name"],
        server_url=machinery.session.server_url,
        username="artist",
        project_id="",
        project_name="show_a",
        version_id="",
        version_name="",
        files=(StagedFile("show_a/plate.mov", 1, 1),),
    )
    machinery.outbox.prepare([publication], machinery.owner.hold())
    machinery.owner.release()


def test_time_zone_changed_between_publish_and_submission_makes_no_second_task(studio: Studio, run: Run) -> None:
    studio.accsyn.switches.drop_after("transfer/create")
    # 26 hours apart: never the same day.
    child = run(
        "publish_across_time_zones", items=[["file", "plate"]], zones=["UTC+12", "UTC-14"], CREATION_GRACE_S=0.1
    )

    assert child.wait() == 0, child.output

    assert len(registered(studio)) == 2
    assert len(submitted(studio)) == 2
    assert len(set(days(studio))) == 2
    assert_nothing_lost_or_doubled(studio)
