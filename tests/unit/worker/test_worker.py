"""What the worker does next, and what it leaves alone: outages, locks and pauses."""

from __future__ import annotations

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import leadership
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.worker import worker as module
from unit.worker.conftest import AWAY, Post, fail

# One pass.


def test_due_items_are_submitted_and_with_nothing_left_nobody_is_asked(post: Post) -> None:
    post.desk.pending("c1", "c2")
    post.way.on_submit = post.send
    post.way.on_track = lambda: 5.0

    post.once()
    assert "submit c1 c2" in post.way.told()

    post.desk.outbox.tracking.synced(list(post.desk.outbox.items()))
    post.once()
    assert post.way.told() == []


def test_worker_without_anything_to_do_gives_the_lock_back(post: Post) -> None:
    post.desk.pending("c1")
    post.way.on_submit = post.send
    post.once()
    assert post.lock.held

    post.desk.outbox.tracking.synced(list(post.desk.outbox.items()))
    post.once()

    assert not post.lock.held


def test_outbox_that_a_newer_release_has_taken_over_is_left_to_it(post: Post) -> None:
    post.live()
    post.once()
    assert post.lock.held
    with post.desk.outbox._connections.writing() as connection:
        connection.execute("PRAGMA user_version = 99")
    post.worker._outbox.rest(0.0)  # as after a moment in which nothing could be done

    post.once()
    assert not post.lock.held
    post.once()
    assert not post.lock.held
    assert not leadership.sign_path(post.desk.outbox.path).exists()


def test_lock_on_a_disk_that_has_vanished_is_let_go_and_taken_anew_when_it_is_back(post: Post) -> None:
    post.live()
    post.once()
    assert post.lock.held
    root = post.lock.path.parent.parent
    unplugged = root.rename(root.with_name("unplugged"))

    assert post.once() == module.IDLE_S
    assert not post.lock.held

    unplugged.rename(root)
    post.way.told()
    post.once()
    assert (post.lock.held, post.way.told()) == (True, ["track"])


def test_disk_that_vanishes_while_items_are_submitted_keeps_them_waiting_no_longer_than_it_is_gone(post: Post) -> None:
    post.desk.pending("c1")
    post.way.on_submit = lambda items: fail(errors.StagingGone("use the staging area"))
    assert post.once() == module.IDLE_S
    assert not post.lock.held

    post.way.on_submit = post.send
    post.once()

    assert [item.state for item in post.desk.outbox.items()] == [State.SUBMITTED]


def test_items_of_whom_another_process_is_at_work_are_left_to_it(post: Post) -> None:
    post.desk.pending("c1")
    another = ProcessLock(post.lock.path)
    assert another.acquire()

    assert post.once() == module.FOLLOW_S
    assert post.way.told() == []

    another.release()
    post.once()
    assert post.way.told() == ["submit c1"]


def test_paused_sync_submits_nothing_and_follows_what_runs(post: Post) -> None:
    post.live()
    post.desk.pending("c1")
    post.way.paused = True

    assert post.once() > 0.0  # what waits for a person is no reason to look again at once

    assert post.way.told() == ["track"]


def test_more_than_a_pass_takes_is_gone_on_with_at_once(post: Post) -> None:
    post.desk.pending("c1", "c2")
    post.way.on_submit = lambda items: post.send(items[:1])

    assert post.once() == 0.0


def test_staged_files_are_tidied_only_where_there_is_nothing_else_to_do(post: Post) -> None:
    post.way.tidies = True
    post.live()
    post.once()
    assert "tidy" not in post.way.told()

    post.desk.outbox.tracking.synced(list(post.desk.outbox.items()))
    post.once()
    assert post.way.told() == ["tidy"]
    assert not post.lock.held


def test_withdrawn_items_are_looked_at_again_when_it_is_time(post: Post) -> None:
    post.way.settles = True

    post.once()

    assert post.way.told() == ["settle"]


def test_burst_of_publishes_is_waited_for_and_then_submitted_whole(post: Post) -> None:
    post.desk.pending("c1")

    delay_s = post.worker.run_once()
    assert 0.0 < delay_s <= module.IDLE_S
    assert post.way.told() == []

    post.pass_by(60.0)
    post.worker.run_once()
    assert post.way.told() == ["submit c1"]


# Outages.


def test_outage_is_the_cause_of_the_items_that_wait_for_its_end(post: Post) -> None:
    post.desk.pending("c1")
    post.way.on_submit = lambda items: fail(AWAY)

    post.once()

    item = post.desk.item()
    assert (item.state, item.cause_kind, item.attempts) == (State.PENDING, "unreachable", 1)
    assert item.next_try_at is not None
    assert item.next_try_at > post.desk.clock.now


def test_pause_of_an_outage_bounds_what_is_asked_after_running_jobs(post: Post) -> None:
    post.live()
    post.way.on_track = lambda: fail(AWAY)
    for _ in range(8):  # the pauses are as long as they get
        post.once()
        post.pass_by(120.0)
    post.once()
    post.way.told()

    for _ in range(5):
        assert post.once() <= module.IDLE_S
        post.pass_by(1.0)
    assert post.way.told() == []

    post.pass_by(120.0)
    post.once()
    assert post.way.told() == ["track"]


def test_answer_to_what_is_asked_after_running_jobs_ends_the_outage_of_what_waits(post: Post) -> None:
    post.desk.pending("c1")
    post.way.on_submit = lambda items: fail(AWAY)
    post.once()
    post.live()
    post.pass_by(60.0)
    post.desk.outbox.delay([post.desk.item()], AWAY, post.desk.clock.now + 500.0)

    def answered() -> float:
        post.way.calls += 1
        return 5.0

    post.way.on_track = answered
    post.once()

    assert [item.publication.component_id for item in post.desk.outbox.due(10)] == ["c1"]


def test_changed_settings_end_the_waiting(post: Post) -> None:
    post.desk.pending("c1")
    post.way.on_submit = lambda items: fail(errors.NotReady("find the client", "ws1", "there is none", "Start it."))
    post.once()
    post.way.told()
    post.once()
    assert post.way.told() == []

    post.way.settings_changed = True
    post.once()

    assert post.way.told() == ["submit c1"]


def test_fault_of_ours_is_a_cause_and_never_leaves_the_thread(post: Post) -> None:
    post.desk.pending("c1")
    post.way.on_submit = lambda items: fail(ZeroDivisionError("a bug"))

    assert post.once() > 0.0
    post.once()

    assert post.way.told() == ["submit c1"]  # and not again at once
