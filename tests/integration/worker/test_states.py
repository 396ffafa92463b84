"""What becomes of items when tasks and jobs fare well or badly in accsyn: each item by its own tasks."""

from __future__ import annotations

from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, State
from tracking import Desk


def test_items_are_submitted_until_accsyn_starts_then_transferring_then_synced(desk: Desk) -> None:
    engine = desk.studio.accsyn.engine
    (movie,) = desk.publish_files("movie", size_bytes=400_000)
    desk.submit()
    desk.step()
    assert desk.item(movie).state is State.SUBMITTED

    engine.speed_bytes_per_s = 100_000.0
    engine.paused = False
    assert engine.wait_until(lambda: desk.task(movie).done_bytes >= 20_000)
    engine.paused = True
    desk.follow(lambda: desk.item(movie).state is State.TRANSFERRING)
    moving = desk.item(movie).progress
    assert 20_000 <= moving.done_bytes < 400_000
    assert moving.size_bytes == 400_000
    assert moving.speed_bytes_per_s
    assert moving.left_s

    engine.speed_bytes_per_s = None
    engine.paused = False
    desk.settle()
    item = desk.item(movie)
    assert item.state is State.SYNCED
    assert item.synced_at
    assert (item.progress.percent, item.progress.speed_bytes_per_s, item.progress.left_s) == (100, None, None)
    assert desk.at() == desk.staged()


def test_one_of_three_failing_leaves_two_synced_and_one_with_accsyns_reason(desk: Desk) -> None:
    first, bad, last = desk.publish_files("first", "bad", "last")
    desk.studio.accsyn.engine.fail_path("bad.mov", "E#J057 Could not write the file.")
    desk.submit()

    run(desk)

    assert desk.states() == {"first": "synced", "bad": "needs-attention: transfer-failed", "last": "synced"}
    assert "E#J057 Could not write the file. (show_a/sq010/sh010/plate/v001/bad.mov)" in desk.item(bad).cause
    assert "retry" in desk.item(bad).cause
    assert desk.at().keys() == {first["id"], last["id"]}


def test_failed_file_repaired_and_retried_in_accsyn_is_noticed_within_15_s_and_synced(desk: Desk) -> None:
    (bad,) = desk.publish_files("bad")
    engine = desk.studio.accsyn.engine
    engine.fail_path("bad.mov")
    desk.submit()
    run(desk)
    for _ in range(20):  # Nothing has moved for long: looks are as rare as they get.
        desk.step()

    engine.clear_failures()
    repaired_at = desk.monotonic.now
    desk.studio.accsyn.workspace.resume_job(desk.job().id)
    engine.wait_idle(10)
    desk.follow(lambda: desk.item(bad).state is State.SYNCED)

    assert desk.monotonic.now - repaired_at <= 15.0 + 2.0  # the last step has let its own pause pass already
    assert (desk.item(bad).cause_kind, desk.item(bad).cause) == ("", "")
    assert desk.at().keys() == {bad["id"]}


def test_failed_item_is_tried_again_by_itself_after_a_while(desk: Desk) -> None:
    (bad,) = desk.publish_files("bad")
    engine = desk.studio.accsyn.engine
    engine.fail_path("bad.mov", times=1)
    desk.submit()
    run(desk)
    item = desk.item(bad)
    assert item.state is State.NEEDS_ATTENTION
    assert item.next_try_at is not None
    assert 500 < item.next_try_at - item.updated_at < 700
    assert desk.outbox.due(10) == []

    desk.outbox.wake("transfer-failed")
    desk.submit()
    desk.settle()

    assert desk.states() == {"bad": "synced"}
    assert len(desk.job().tasks) == 1


def test_job_aborted_in_the_middle_leaves_done_items_synced_and_the_others_waiting_for_a_person(desk: Desk) -> None:
    first, second = desk.publish_files("first", "second")
    desk.submit()
    desk.set_task(second, "onhold")  # so that the engine leaves it alone
    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle()
    desk.set_task(second, "queued")
    desk.studio.accsyn.engine.paused = True
    desk.studio.accsyn.workspace.abort_job(desk.job().id)
    assert desk.task(first).status == "done"

    run(desk)

    assert desk.states() == {"first": "synced", "second": "needs-attention: aborted"}
    assert desk.item(second).next_try_at == NOT_BY_ITSELF
    assert desk.outbox.due(10) == []
    assert "aborted in accsyn" in desk.item(second).cause
    assert desk.at().keys() == {first["id"]}

    desk.studio.accsyn.workspace.resume_job(desk.job().id)
    run(desk)
    assert desk.states() == {"first": "synced", "second": "synced"}


def test_failed_item_of_an_aborted_job_is_not_tried_again_by_itself(desk: Desk) -> None:
    (bad,) = desk.publish_files("bad")
    desk.studio.accsyn.engine.fail_path("bad.mov")
    desk.submit()
    run(desk)
    desk.studio.accsyn.workspace.abort_job(desk.job().id)

    desk.settle()

    assert desk.states() == {"bad": "needs-attention: aborted"}
    assert desk.item(bad).next_try_at == NOT_BY_ITSELF


def test_paused_job_keeps_the_items_states_and_says_so_until_it_is_resumed(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    desk.submit()
    desk.studio.accsyn.workspace.pause_job(desk.job().id)

    run(desk)

    assert desk.states() == {"movie": "submitted: paused"}
    assert "is paused in accsyn. Resume the job in accsyn." in desk.item(movie).cause

    desk.studio.accsyn.workspace.resume_job(desk.job().id)
    run(desk)
    assert desk.states() == {"movie": "synced"}


def test_deleted_job_leaves_its_items_waiting_and_a_retry_sends_them_with_a_new_job(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    desk.submit()
    old = desk.job().id
    desk.studio.accsyn.workspace.delete_job(old)

    desk.settle()

    assert desk.states() == {"movie": "needs-attention: job-gone"}
    assert "was deleted in accsyn" in desk.item(movie).cause
    assert desk.outbox.due(10) == []
    assert desk.outbox.tracking.live_jobs() == []

    desk.outbox.wake("job-gone")
    desk.submit()
    run(desk)
    assert desk.states() == {"movie": "synced"}
    assert desk.job().id != old
    assert desk.at().keys() == {movie["id"]}


def test_archived_job_leaves_done_items_synced_and_the_others_waiting(desk: Desk) -> None:
    first, second = desk.publish_files("first", "second")
    desk.submit()
    desk.set_task(second, "onhold")
    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle()
    desk.studio.accsyn.workspace.archive_job(desk.job().id)

    desk.settle()

    assert desk.states() == {"first": "synced", "second": "needs-attention: job-gone"}
    assert "was archived in accsyn" in desk.item(second).cause
    assert desk.at().keys() == {first["id"]}


def test_aborted_job_that_others_revive_leaves_each_item_with_its_own_state(desk: Desk) -> None:
    desk.publish_files("first")
    desk.submit()
    desk.studio.accsyn.workspace.abort_job(desk.job().id)
    desk.settle()
    assert desk.states() == {"first": "needs-attention: aborted"}

    desk.publish_files("second")
    desk.submit()
    run(desk)

    assert desk.states() == {"first": "needs-attention: on-hold", "second": "synced"}
    assert len(desk.studio.accsyn.workspace.jobs()) == 1


def test_task_put_on_hold_or_excluded_needs_attention_until_it_is_queued_again(desk: Desk) -> None:
    held, excluded, free = desk.publish_files("held", "excluded", "free")
    desk.submit()
    desk.set_task(held, "onhold")
    desk.set_task(excluded, "excluded")

    run(desk)

    assert desk.states() == {
        "held": "needs-attention: on-hold",
        "excluded": "needs-attention: excluded",
        "free": "synced",
    }
    desk.set_task(held, "queued")
    desk.set_task(excluded, "queued")
    run(desk)
    assert desk.all_in(State.SYNCED)
    assert desk.at().keys() == {held["id"], excluded["id"], free["id"]}


def test_job_set_to_done_by_a_person_does_not_make_its_waiting_items_synced(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    desk.submit()
    desk.studio.accsyn.workspace.set_job_status(desk.job().id, "done")

    run(desk)

    assert desk.states() == {"movie": "needs-attention: ended"}
    assert desk.item(movie).next_try_at == NOT_BY_ITSELF
    assert desk.at() == {}


def test_sequence_is_synced_only_when_all_its_ranges_are_done(desk: Desk) -> None:
    version = desk.version()
    sequence = desk.publisher.publish_sequence(version, [*range(1001, 1004), 1007, *range(1010, 1013)])
    engine = desk.studio.accsyn.engine
    engine.fail_path("frames.1011.exr", "E#J057 Disk full.")
    desk.submit()

    run(desk)

    assert desk.states() == {"frames": "needs-attention: transfer-failed"}
    assert "E#J057 Disk full." in desk.item(sequence).cause
    assert desk.item(sequence).progress.done_bytes >= 4 * 200
    assert desk.at() == {}

    engine.clear_failures()
    desk.studio.accsyn.workspace.resume_job(desk.job().id)
    run(desk)
    assert desk.states() == {"frames": "synced"}
    assert len(desk.at()) == 8
    assert desk.at() == desk.staged()


def test_item_whose_task_accsyn_does_not_have_is_never_taken_for_done(desk: Desk) -> None:
    sequence = desk.publisher.publish_sequence(desk.version(), [1001, 1002, 1005])
    desk.submit()
    job = desk.studio.accsyn.workspace.job(desk.job().id)
    lost = job.tasks.pop()

    run(desk)

    assert desk.states() == {"frames": "needs-attention: task-missing"}
    job.tasks.append(lost)
    desk.outbox.wake("task-missing")
    desk.submit()
    run(desk)
    assert desk.states() == {"frames": "synced"}
    assert len(desk.job().tasks) == 2
    assert desk.item(sequence).progress.percent == 100


def test_component_published_anew_starts_over_and_ends_synced_again(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    desk.submit()
    run(desk)
    assert desk.states() == {"movie": "synced"}
    desk.studio.accsyn.engine.paused = True
    desk.outbox.prepare([desk.item(movie).publication], desk.owner.hold())
    desk.outbox.activate([movie["id"]], desk.location["id"])
    item = desk.item(movie)
    assert (item.state, item.synced_at, item.arrived_at, item.progress.done_bytes) == (State.PENDING, None, None, 0)

    desk.submit()
    desk.step()
    assert desk.states() == {"movie": "submitted"}
    run(desk)
    assert desk.states() == {"movie": "synced"}


def run(desk: Desk) -> None:
    """Let the engine work and the tracker see what has come of it."""
    desk.studio.accsyn.engine.paused = False
    desk.settle()
