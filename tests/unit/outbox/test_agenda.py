"""What there is to do in an outbox that serves several studios, and what ftrack still has with older content."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.model.item import Kind, StagedFile, State, Studio
from ftrack_accsyn_accessor.outbox import agenda
from ftrack_accsyn_accessor.outbox.tracking import Change
from making import HQ, route

ACME, OTHER = Studio("https://acme.test", "acme"), Studio("https://other.test", "other")


def enqueue(desk: Any, *component_ids: str, studio: Studio = ACME, at: float = 0.0) -> None:
    places = {"server_url": studio.server_url, "workspace": studio.workspace}
    for component_id in component_ids:
        desk.clock.now += at
        desk.outbox.enqueue([desk.publication(component_id, **places)])


def synced(desk: Any, *component_ids: str) -> None:
    """Bring components to head quarters."""
    items = [desk.item(component_id) for component_id in component_ids]
    desk.outbox.submitted(items, desk.outbox.job_found(desk.job(), "in accsyn"))
    items = [desk.item(component_id) for component_id in component_ids]
    desk.outbox.tracking.record([Change(item, State.TRANSFERRING, item.progress, arrived=True) for item in items])
    assert desk.outbox.tracking.synced(items) == len(items)


# Several studios.


def test_each_studio_has_its_own_work_and_knows_that_others_have_some(desk: Any) -> None:
    enqueue(desk, "a1", "a2")
    enqueue(desk, "b1", studio=OTHER)

    ours, theirs = desk.outbox.work(ACME), desk.outbox.work(OTHER)

    assert (ours.due, ours.others) == (2, 1)
    assert (theirs.due, theirs.others) == (1, 2)
    assert (desk.outbox.work().due, desk.outbox.work().others) == (3, 0)


def test_items_of_no_workspace_yet_are_the_work_of_every_workspace_of_their_ftrack(desk: Any) -> None:
    enqueue(desk, "a1", studio=Studio(ACME.server_url, ""))
    enqueue(desk, "a2")

    assert (desk.outbox.work(ACME).due, desk.outbox.work(ACME).others) == (2, 0)
    assert desk.outbox.work(Studio(ACME.server_url, "beta")).due == 1
    assert desk.outbox.work(OTHER).due == 0


@pytest.mark.parametrize("state", list(State))
def test_others_are_those_that_are_not_through(desk: Any, state: State) -> None:
    enqueue(desk, "b1", studio=OTHER)
    with desk.outbox._connections.writing() as connection:
        connection.execute("UPDATE item SET state = ?", (state.value,))

    under_way = state in (State.PREPARED, State.PENDING, State.SUBMITTED, State.TRANSFERRING)
    assert desk.outbox.work(ACME).others == under_way


def test_times_of_what_is_due_are_those_of_the_oldest_and_the_newest(desk: Any) -> None:
    first = desk.clock.now + 10
    enqueue(desk, "c1", "c2", "c3", at=10.0)
    enqueue(desk, "b1", studio=OTHER, at=10.0)

    work = desk.outbox.work(ACME)

    assert (work.due, work.oldest_due_at, work.newest_due_at) == (3, first, first + 20)


def test_due_items_are_those_of_the_studio_only(desk: Any) -> None:
    enqueue(desk, "a1")
    enqueue(desk, "b1", studio=OTHER)

    assert [item.publication.component_id for item in desk.outbox.due(10, OTHER)] == ["b1"]
    assert len(desk.outbox.due(10)) == 2


def test_few_items_with_very_many_files_are_handed_out_at_once_and_one_always(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agenda, "FILES_AT_ONCE", 5)
    for name, count in (("c1", 9), ("c2", 1), ("c3", 4), ("c4", 1)):
        files = tuple(StagedFile(f"{name}.{number}.exr", 1, 1) for number in range(count))
        desk.outbox.enqueue([desk.publication(name, kind=Kind.SEQUENCE, files=files)])

    def handed_out() -> list[str]:
        return [item.publication.component_id for item in desk.outbox.due(10)]

    assert handed_out() == ["c1"]
    desk.outbox.submitted([desk.item("c1")], desk.job())
    assert handed_out() == ["c2", "c3"]


# Older content.


def test_what_was_at_its_destination_is_stale_there_once_it_is_published_anew(desk: Any) -> None:
    desk.pending("c1", "c2")
    synced(desk, "c1")
    assert desk.outbox.stale() == []

    desk.prepare("c1")
    assert desk.outbox.stale() == []  # as long as the newer one is not registered, the older one is right

    desk.outbox.activate(["c1"], "l1")
    (stale,) = desk.outbox.stale()
    assert (stale.publication.component_id, stale.stale_at) == ("c1", HQ.location_id)
    assert desk.outbox.work().stale == 1


def test_what_was_taken_back_is_not_stale_any_more_and_another_one_is(desk: Any) -> None:
    desk.pending("c1", "c2")
    synced(desk, "c1", "c2")
    desk.pending("c1", "c2")
    first, second = desk.outbox.stale()

    desk.outbox.taken_back([first])

    assert [item.id for item in desk.outbox.stale()] == [second.id]
    assert desk.item("c1").stale_at == ""


def test_taking_back_what_was_published_anew_meanwhile_changes_nothing(desk: Any) -> None:
    desk.pending("c1")
    synced(desk, "c1")
    desk.pending("c1")
    (before,) = desk.outbox.stale()
    desk.clock.now += 1
    desk.pending("c1")

    desk.outbox.taken_back([before])

    assert len(desk.outbox.stale()) == 1


# Rounds.


def sequence(desk: Any, last: int) -> Any:
    files = tuple(StagedFile(f"show_a/c1.{number}.exr", 10, 1) for number in range(1, last + 1))
    return desk.publication("c1", kind=Kind.SEQUENCE, resource_identifier="show_a/c1.%d.exr", files=files)


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (4, ""),
        (3, "1 file of its earlier content (c1.4.exr)"),
        (1, "3 files of its earlier content (c1.2.exr .. c1.4.exr)"),
    ],
)
def test_frames_that_the_new_content_does_not_replace_are_told_of_in_the_round(
    desk: Any, last: int, words: str
) -> None:
    desk.outbox.enqueue([sequence(desk, 4)])
    synced(desk, "c1")
    desk.outbox.prepare([sequence(desk, last)], "owner")
    desk.outbox.activate(["c1"], "l1")
    job = desk.job()
    assert desk.outbox.tracking.left_over(job.id, 0.0) == []

    synced(desk, "c1")

    assert [item.left_over for item in desk.outbox.tracking.left_over(job.id, 0.0)] == ([words] if words else [])


@pytest.mark.parametrize(
    ("statuses", "held"),
    [((), False), (("running",), False), (("paused",), True), (("paused", "running"), False), (("paused",) * 2, True)],
)
def test_all_is_held_where_every_open_round_is_paused(desk: Any, statuses: tuple[str, ...], held: bool) -> None:
    for number, status in enumerate(statuses):
        row = desk.outbox.job(route(project_id=str(number), project_name=str(number)))
        desk.outbox.tracking.round_begun(row.id, f"job {number}")
        desk.outbox.tracking.saw_job(row.id, status)
    closed = desk.outbox.job(route(project_id="closed", project_name="closed"))
    desk.outbox.tracking.saw_job(closed.id, "running")

    assert desk.outbox.survey.all_held() is held


def test_speed_of_the_open_rounds_is_that_of_the_jobs_that_run(desk: Any) -> None:
    assert desk.outbox.survey.round() == (0, None)
    for number, (status, speed) in enumerate([("running", 5.0), ("running", 7.0), ("paused", 100.0)]):
        row = desk.outbox.job(route(project_id=str(number), project_name=str(number)))
        desk.outbox.tracking.round_begun(row.id, f"job {number}")
        desk.outbox.tracking.saw_job(row.id, status, speed)
    desk.clock.now += 1
    desk.pending("c1")
    synced(desk, "c1")

    assert desk.outbox.survey.round() == (10, 12.0)
