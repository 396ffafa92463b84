"""What the tracker keeps in the outbox: only what may still change is followed, and a stale change changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, REPAIRABLE, Endpoint, Item, Progress, State, Trouble
from ftrack_accsyn_accessor.outbox import JobRow
from ftrack_accsyn_accessor.outbox.tracking import Change
from making import HQ


def submit(desk: Any, *component_ids: str, route: str = "show_a", accsyn_id: str = "j1") -> tuple[JobRow, list[Item]]:
    """Bring components to `submitted` in the job of *route*."""
    items = desk.pending(*component_ids)
    row = desk.job(route)
    row = desk.outbox.job_found(row, accsyn_id) if accsyn_id else row
    desk.outbox.submitted(items, row)
    return row, [desk.item(component_id) for component_id in component_ids]


def change(item: Item, state: State, **values: Any) -> Change:
    return Change(item, state, values.pop("progress", item.progress), **values)


def stop(desk: Any, item: Item, kind: str) -> None:
    stopped = change(item, State.NEEDS_ATTENTION, cause_kind=kind, cause="why", next_try_at=NOT_BY_ITSELF)
    assert desk.outbox.tracking.record([stopped]) == 1


def test_jobs_with_submitted_items_are_live_and_know_their_destination(desk: Any) -> None:
    row, _ = submit(desk, "c1", "c2")
    submit(desk, "c3", route="other", accsyn_id="")
    (tracked,) = desk.outbox.tracking.live_jobs()
    assert (tracked.row, tracked.followed, tracked.status) == (row, 2, "")
    assert (row.party, row.destination_id, row.destination_name) == HQ


def test_destination_of_a_job_that_is_there_already_is_brought_up_to_date(desk: Any) -> None:
    submit(desk, "c1")
    name = desk.job().name
    row = desk.job(destination=Endpoint("acme", "d2", "studio.new"))
    assert (row.name, row.destination_id, row.destination_name) == (name, "d2", "studio.new")


@pytest.mark.parametrize("trouble", list(Trouble))
def test_item_in_trouble_is_followed_only_where_accsyn_may_repair_it(desk: Any, trouble: Trouble) -> None:
    _, (item,) = submit(desk, "c1")
    stop(desk, item, trouble.value)
    assert bool(desk.outbox.tracking.live_jobs()) == (trouble in REPAIRABLE)
    assert bool(desk.outbox.tracking.followed(item.job)) == (trouble in REPAIRABLE)


def test_item_stopped_for_a_reason_of_this_machine_is_not_followed(desk: Any) -> None:
    _, (item,) = submit(desk, "c1")
    stop(desk, item, errors.FileChanged.kind)
    assert desk.outbox.tracking.live_jobs() == []


def test_arrived_and_synced_items_are_not_followed_any_more(desk: Any) -> None:
    row, (first, second) = submit(desk, "c1", "c2")
    desk.outbox.tracking.record([change(first, State.TRANSFERRING, arrived=True)])
    assert [item.id for item in desk.outbox.tracking.followed(row.id)] == [second.id]
    assert [item.id for item in desk.outbox.tracking.arrived(10)] == [first.id]
    assert desk.outbox.tracking.synced([desk.item("c1"), second]) == 2
    assert desk.outbox.tracking.followed(row.id) == []
    assert desk.outbox.tracking.arrived(10) == []


def test_change_is_kept_with_bytes_speed_time_left_and_cause(desk: Any) -> None:
    _, (item,) = submit(desk, "c1")
    moving = Progress(4, 10, 2.0, 3.0)
    desk.outbox.tracking.record(
        [change(item, State.TRANSFERRING, progress=moving, cause_kind="paused", cause="bad \udcff name")]
    )
    found = desk.item()
    assert (found.state, found.progress, found.cause_kind) == (State.TRANSFERRING, moving, "paused")
    assert found.cause == "bad \\udcff name"


def test_synced_item_has_all_bytes_its_time_and_no_cause(desk: Any) -> None:
    _, (item,) = submit(desk, "c1")
    desk.outbox.tracking.record([change(item, State.TRANSFERRING, cause_kind="ftrack", cause="down", arrived=True)])
    desk.clock.now += 60
    desk.outbox.tracking.synced([item])
    found = desk.item()
    assert (found.state, found.progress, found.cause) == (State.SYNCED, Progress(10, 10), "")
    assert (found.synced_at, found.synced_at - found.arrived_at) == (desk.clock.now, 60)


def test_time_of_arrival_is_that_of_the_first_report(desk: Any) -> None:
    _, (item,) = submit(desk, "c1")
    desk.outbox.tracking.record([change(item, State.TRANSFERRING, arrived=True)])
    arrived_at = desk.clock.now
    desk.clock.now += 60
    desk.outbox.tracking.record([change(item, State.TRANSFERRING, arrived=True, cause="again")])
    assert desk.item().arrived_at == arrived_at
    desk.outbox.tracking.record([change(item, State.NEEDS_ATTENTION)])
    assert desk.item().arrived_at is None


def test_time_of_change_is_that_of_the_last_change_of_state(desk: Any) -> None:
    _, (item,) = submit(desk, "c1")
    desk.clock.now += 10
    stop(desk, item, "aborted")
    stopped_at = desk.clock.now
    desk.clock.now += 10
    stop(desk, item, "on-hold")
    assert (desk.item().cause_kind, desk.item().updated_at) == ("on-hold", stopped_at)


def test_change_of_an_item_that_was_published_anew_changes_nothing(desk: Any) -> None:
    _, (item,) = submit(desk, "c1")
    desk.prepare("c1")
    assert desk.outbox.tracking.record([change(item, State.TRANSFERRING, arrived=True)]) == 0
    assert desk.outbox.tracking.synced([item]) == 0
    assert (desk.item().state, desk.item().arrived_at) == (State.PREPARED, None)


def test_change_of_an_item_that_is_in_another_job_by_now_changes_nothing(desk: Any) -> None:
    _, (item,) = submit(desk, "c1")
    stop(desk, item, "aborted")
    submit_again = desk.job("tomorrow")
    desk.attempt([desk.item()], submit_again)
    assert desk.outbox.tracking.record([change(item, State.TRANSFERRING)]) == 0


def test_synced_item_is_not_taken_back_by_a_late_change(desk: Any) -> None:
    _, (item,) = submit(desk, "c1")
    desk.outbox.tracking.synced([item])
    assert desk.outbox.tracking.record([change(item, State.TRANSFERRING)]) == 0
    assert desk.item().state is State.SYNCED


def test_submitting_and_publishing_anew_take_back_what_was_reported(desk: Any) -> None:
    row, (item,) = submit(desk, "c1")
    desk.outbox.tracking.record([change(item, State.TRANSFERRING, progress=Progress(4, 10, 2.0, 3.0), arrived=True)])
    desk.outbox.tracking.record([change(item, State.NEEDS_ATTENTION, progress=Progress(4, 10, 2.0, 3.0))])
    desk.outbox.submitted([desk.item()], row)
    assert (desk.item().progress, desk.item().arrived_at) == (Progress(0, 10), None)
    desk.outbox.tracking.synced([desk.item()])
    desk.prepare("c1")
    assert (desk.item().progress, desk.item().synced_at) == (Progress(0, 10), None)


def test_item_not_to_be_tried_by_itself_is_due_neither_now_nor_after_the_clock_was_set_back(desk: Any) -> None:
    _, (item,) = submit(desk, "c1")
    stop(desk, item, "aborted")
    assert desk.outbox.due(10) == []
    desk.clock.now -= 3600
    assert desk.outbox.due(10) == []
    desk.outbox.wake("aborted")
    assert [found.id for found in desk.outbox.due(10)] == [item.id]


def test_waiting_for_a_cause_never_keeps_other_arrived_items_waiting(desk: Any) -> None:
    _, items = submit(desk, "c1", "c2", "c3")
    desk.outbox.tracking.record([change(item, State.TRANSFERRING, arrived=True) for item in items])
    held = [change(item, State.TRANSFERRING, cause_kind="ftrack", arrived=True) for item in items[:2]]
    desk.outbox.tracking.record(held)
    assert [item.publication.component_id for item in desk.outbox.tracking.arrived(2)] == ["c3", "c1"]


def test_files_are_read_only_for_items_that_need_them(desk: Any) -> None:
    row, (item,) = submit(desk, "c1")
    (followed,) = desk.outbox.tracking.followed(row.id)
    assert followed.publication.files == ()
    (full,) = desk.outbox.tracking.with_files([followed])
    assert full.publication == item.publication


def test_what_accsyn_says_of_a_job_is_kept(desk: Any) -> None:
    row, _ = submit(desk, "c1")
    desk.outbox.tracking.saw_job(row.id, "running", 5.0, 7.0)
    (tracked,) = desk.outbox.tracking.live_jobs()
    assert (tracked.status, tracked.speed_bytes_per_s, tracked.left_s) == ("running", 5.0, 7.0)
    assert tracked.polled_at == desk.clock.now
    assert desk.outbox.tracking.jobs([row.id, 99]) == {row.id: row}


def test_round_counts_what_is_on_its_way_and_what_was_since_it_began(desk: Any) -> None:
    row, (old,) = submit(desk, "old")
    stop(desk, old, "aborted")
    desk.clock.now += 100
    begun = desk.clock.now
    _, (first, second, third) = submit(desk, "c1", "c2", "c3")
    desk.outbox.tracking.synced([first])
    stop(desk, second, "transfer-failed")
    desk.outbox.tracking.record([change(third, State.TRANSFERRING, progress=Progress(5, 10))])

    tally = desk.outbox.tracking.tally(row.id, begun)

    assert (tally.items, tally.synced, tally.moving, tally.attention) == (3, 1, 1, 1)
    assert (tally.files, tally.done_files, tally.progress) == (3, 1, Progress(15, 30))
    assert desk.outbox.tracking.publishers(row.id, begun) == ["artist"]
    stopped = desk.outbox.tracking.first_stopped(row.id, begun)
    assert stopped is not None
    assert stopped.publication.component_id == "c2"
    assert desk.outbox.tracking.needing_attention(row.id) == 2


def test_round_stays_open_until_it_is_closed_even_when_nothing_is_on_its_way(desk: Any) -> None:
    row, (item,) = submit(desk, "c1")
    (tracked,) = desk.outbox.tracking.rounds()
    assert (tracked.round_status, tracked.ftrack_job) == ("", "")
    desk.outbox.tracking.round_begun(row.id, "job-id")
    desk.outbox.tracking.synced([item])
    (tracked,) = desk.outbox.tracking.rounds()
    assert (tracked.round_status, tracked.ftrack_job, tracked.round_at) == ("running", "job-id", desk.clock.now)
    desk.outbox.tracking.round_closed(row.id, "done", "")
    assert desk.outbox.tracking.rounds() == []


def test_half_transferred_sequence_counts_as_half_of_its_frames(desk: Any) -> None:
    row, (item,) = submit(desk, "c1")
    with desk.outbox._connections.writing() as connection:
        connection.execute("UPDATE item SET file_count = 100, size_bytes = 1000")
    desk.outbox.tracking.record([change(item, State.TRANSFERRING, progress=Progress(515, 1000))])
    assert desk.outbox.tracking.tally(row.id, 0.0).done_files == 51


@pytest.mark.parametrize("trouble", list(Trouble))
def test_tracker_has_something_to_do_while_items_are_followed_or_a_round_is_open(desk: Any, trouble: Trouble) -> None:
    tracking = desk.outbox.tracking
    desk.pending("waiting")
    assert not tracking.is_live()
    row, (item,) = submit(desk, "c1")
    assert tracking.is_live()
    stop(desk, item, trouble.value)
    assert tracking.is_live() == (trouble in REPAIRABLE)
    tracking.round_begun(row.id, "job-id")
    assert tracking.is_live()
    tracking.synced([desk.item("c1")])
    tracking.round_closed(row.id, "done", "")
    assert not tracking.is_live()
