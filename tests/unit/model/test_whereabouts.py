"""Where a component is, judged from registrations and tasks."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ftrack_accsyn_accessor.model.accsyn import Client, Job, Task
from ftrack_accsyn_accessor.model.claims import STAGING_DESCRIPTION
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.whereabouts import Move, Place, Presence, Sought, candidates, judge, move

PLACES = {
    "l1": Place.of("l1", "artist.ws1", STAGING_DESCRIPTION),
    "hq": Place.of("hq", "studio.hq", "Head quarters"),
    "london": Place.of("london", "studio.london", None),
}


def sought(*registered: str, **changes: Any) -> Sought:
    return Sought("c1", "main", "plate v003", "p1", "show_a", 1000, "2026-11-20T10:00:00", registered)._replace(
        **changes
    )


def job(**changes: Any) -> Job:
    metadata = {
        "ftrack_project_id": "p1",
        "ftrack_source_location_id": "l1",
        "ftrack_source_location_name": "artist.ws1",
        "ftrack_destination_location_id": "hq",
        "ftrack_destination_location_name": "studio.hq",
    }
    made = Job("j1", "show_a ftrack upload", "running", 50, 1000, 1.0, "", metadata, "", "2026-11-21T08:00:00")
    return dataclasses.replace(made, modified="2026-11-21T09:00:00", **changes)


def task(status: str = "executing", **changes: Any) -> Task:
    source, metadata = {"client": "ws1", "path": "a.mov"}, {"ftrack_component_id": "c1"}
    made = Task("t1", "0", status, 1000, source, {}, metadata, created="2026-11-21T08:30:00")
    return dataclasses.replace(made, **changes)


def client(status: str) -> dict[str, Client]:
    return {"ws1": Client("ws1", "WS1", 0, status, frozenset())}


def test_what_is_registered_in_a_studio_location_is_there() -> None:
    found = judge(sought("hq", "l1"), PLACES, [])

    assert (found.places, found.staged, found.moves) == (("studio.hq",), ("artist.ws1",), ())
    assert found.presence is Presence.THERE


def test_what_is_in_a_staging_location_alone_waits_on_that_machine_since_it_was_published() -> None:
    found = judge(sought("l1"), PLACES, [])

    (waits,) = found.moves
    assert found.presence is Presence.WAITING
    assert (waits.source, waits.since) == ("artist.ws1", "2026-11-20T10:00:00")
    assert "artist.ws1" in waits.cause


def test_what_ftrack_has_in_no_location_is_nowhere() -> None:
    assert judge(sought(), PLACES, []).presence is Presence.NOWHERE


def test_a_running_task_tells_where_it_goes_how_far_and_how_fast() -> None:
    found = move(sought("l1"), job(), [task(progress=25, speed_mb_per_s=0.001)], {})

    assert found is not None
    assert (found.source, found.destination, found.state) == ("artist.ws1", "studio.hq", State.TRANSFERRING)
    assert (found.progress.percent, found.progress.speed_bytes_per_s, found.progress.left_s) == (25, 1000.0, 0.75)
    assert (found.cause, found.since) == ("", "2026-11-21T08:30:00")
    assert judge(sought("l1"), PLACES, [found]).presence is Presence.MOVING


def test_a_task_that_is_done_does_not_make_its_component_be_there() -> None:
    found = move(sought("l1"), job(status="done"), [task("done", finished="2026-11-21T08:40:00")], {})

    assert found is not None
    assert "not registered there yet" in found.cause
    assert found.since == "2026-11-21T08:40:00"
    there = judge(sought("l1"), PLACES, [found])
    assert (there.places, there.presence) == ((), Presence.MOVING)


def test_what_is_registered_at_the_destination_is_not_on_its_way_there() -> None:
    assert move(sought("l1", "hq"), job(), [task()], {}) is None
    stale = Move("artist.ws1", "studio.hq", "hq", State.TRANSFERRING, progress=None)  # type: ignore[arg-type]
    assert judge(sought("l1", "hq"), PLACES, [stale]).moves == ()


@pytest.mark.parametrize(
    ("job_status", "task_status", "cause", "since"),
    [
        ("aborted", "queued", "was aborted in accsyn", "2026-11-21T09:00:00"),
        ("failed", "failed", "accsyn could not transfer it", "2026-11-21T09:00:00"),
        ("running", "excluded", "was excluded in accsyn", "2026-11-21T09:00:00"),
        ("waiting", "onhold", "put on hold", "2026-11-21T09:00:00"),
    ],
)
def test_what_stopped_it_is_told_with_its_time(job_status: str, task_status: str, cause: str, since: str) -> None:
    found = move(sought("l1"), job(status=job_status), [task(task_status)], {})

    assert found is not None
    assert (found.state, found.since) == (State.NEEDS_ATTENTION, since)
    assert cause in found.cause
    assert found.remedy
    assert found.remedy not in found.cause
    assert judge(sought("l1"), PLACES, [found]).presence is Presence.STUCK


def test_a_paused_job_keeps_it_without_being_a_failure() -> None:
    found = move(sought("l1"), job(status="paused"), [task("queued")], {})

    assert found is not None
    assert (found.state, "is paused in accsyn" in found.cause) == (State.SUBMITTED, True)


def test_an_offline_client_is_what_keeps_a_task_that_waits() -> None:
    waiting = move(sought("l1"), job(status="waiting"), [task("queued")], client("online"))
    offline = move(sought("l1"), job(status="waiting"), [task("queued")], client("offline"))

    assert waiting is not None
    assert offline is not None
    assert waiting.cause == "It waits in accsyn for its turn."
    assert offline.cause == "accsyn's client WS1 is offline."


def test_only_jobs_that_may_carry_it_are_looked_into_those_that_may_carry_most_first() -> None:
    def with_metadata(name: str, **changes: str) -> Job:
        made = job(name=name)
        return dataclasses.replace(made, metadata={**made.metadata, **changes})

    jobs = [
        with_metadata("other project", ftrack_project_id="p2"),
        with_metadata("other machine", ftrack_source_location_id="l2"),
        with_metadata("already there", ftrack_source_location_id="hq", ftrack_destination_location_id="l1"),
        with_metadata("one", ftrack_source_location_id="hq", ftrack_destination_location_id="london"),
        with_metadata("both"),
    ]

    found = candidates(jobs, [sought("l1"), sought("l1", "hq", id="c2"), sought("l1", id="c3")])

    assert [each.name for each in found] == ["both", "one"]
