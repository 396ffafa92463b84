"""How the worker's thread begins, and how it ends."""

from __future__ import annotations

import threading
from typing import Callable

import pytest

from breaking_off import broken_off
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import leadership
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.worker import worker as module
from helpers import wait_until
from unit.worker.conftest import AWAY, Post, fail

# Its beginning.


def test_process_that_has_just_started_is_there_before_it_has_looked(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "START_S", 60.0)
    post.desk.pending("c1")
    assert post.worker.is_alive is None

    post.worker.start()

    wait_until(lambda: leadership.read(post.desk.path) is not None, 30.0, "the sign of life")
    assert post.worker.is_alive
    assert post.way.told() == []
    assert post.worker.stop(30.0)
    assert leadership.read(post.desk.path) is None
    assert post.worker.is_alive is False


# The end.


def test_nothing_is_begun_after_the_deadline_of_stop(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_S", 0.0)
    post.desk.pending("c1")
    post.pass_by(60.0)
    post.way.on_submit = post.send_when_told
    post.worker.start()
    assert post.entered.wait(30.0)
    post.desk.pending("c2")

    assert post.worker.stop(0.0) is False
    post.go.set()

    wait_until(lambda: post.way.closed, 30.0, "the thread to end")
    assert [asked for asked in post.way.told() if asked.startswith("submit")] == ["submit c1"]
    assert post.desk.item("c2").state is State.PENDING


def test_whoever_stops_it_again_waits_no_longer_than_the_first(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_S", 0.0)
    post.desk.pending("c1")
    post.pass_by(60.0)
    post.way.on_submit = post.send_when_told
    post.worker.start()
    assert post.entered.wait(30.0)

    assert post.worker.stop(0.0) is False
    assert post.worker.stop(600.0) is False

    post.go.set()
    wait_until(lambda: post.way.closed, 30.0, "the thread to end")


def test_thread_that_was_begun_to_steer_sends_nothing_until_somebody_wants_that(post: Post) -> None:
    post.desk.pending("c1")
    post.live()
    post.pass_by(60.0)
    post.way.on_submit = post.send

    post.worker.wake(to_steer=True)
    wait_until(lambda: "track" in post.way.asked, 30.0, "it to follow what runs")
    post.worker.wake(to_steer=True)
    assert post.worker.stop(30.0)
    assert not [asked for asked in post.way.told() if asked.startswith("submit")]

    post.worker.wake(to_steer=True)
    post.worker.wake()
    wait_until(lambda: "submit c1" in post.way.asked, 30.0, "it to be sent")
    post.worker.wake(to_steer=True)
    post.desk.pending("c2")
    assert post.worker.stop(30.0)
    assert "submit c2" in post.way.told()


def test_what_came_last_is_submitted_before_the_thread_ends(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_S", 0.0)
    post.desk.pending("c1")
    post.pass_by(60.0)
    post.way.on_submit = post.send_when_told
    post.worker.start()
    assert post.entered.wait(30.0)
    post.desk.pending("c2")
    post.go.set()

    assert post.worker.stop(30.0)

    assert {item.state for item in post.desk.outbox.items()} == {State.SUBMITTED}


def test_stop_closes_connections_and_gives_the_lock_back(post: Post) -> None:
    post.desk.pending("c1")
    post.way.on_submit = post.send
    post.once()
    assert post.lock.held
    post.worker.start()

    assert post.worker.stop(30.0)

    assert post.way.closed == 1
    assert not post.lock.held
    assert ProcessLock(post.lock.path).acquire()


def test_host_without_daemon_threads_goes_on_and_leaves_what_waits_to_others(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("daemon threads are disabled in this (sub)interpreter")

    monkeypatch.setattr(threading, "Thread", refuse)  # as an isolated interpreter of CPython 3.12 does

    post.worker.wake()

    assert post.worker.is_alive is None
    assert post.worker.stop(30.0)


def test_no_host_waits_for_the_thread_whatever_it_has_made_of_threads(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Own(threading.Thread):
        def __init__(self, target: Callable[[], None], name: str) -> None:
            super().__init__(target=target, name=name, daemon=False)

    def started() -> dict[str, bool]:
        return {each.name: each.daemon for each in threading.enumerate() if isinstance(each, Own)}

    monkeypatch.setattr(threading, "Thread", Own)
    monkeypatch.setattr(module, "START_S", 0.0)
    post.live()
    post.way.on_track = lambda: 5.0

    post.worker.start()

    wait_until(lambda: len(started()) > 1, 30.0, "the thread that gives signs of life")
    assert started() == {"ftrack-accsyn-worker": True, "ftrack-accsyn-sign-of-life": True}
    assert post.worker.stop(30.0)


def test_worker_that_was_never_started_has_ended(post: Post) -> None:
    assert post.worker.stop(30.0)
    assert post.way.closed == 0


def test_drain_stops_where_something_is_in_the_way(post: Post) -> None:
    post.desk.pending("c1")
    post.way.on_submit = lambda items: fail(AWAY)

    post.worker.drain()

    assert post.way.told() == ["submit c1"]


def test_outbox_that_cannot_be_used_at_the_end_is_told_without_a_traceback(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.worker.start()
    post.desk.outbox.close()
    post.desk.path.unlink()
    post.desk.path.mkdir()

    assert post.worker.stop(30.0)

    (told,) = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert told.exc_info is None
    assert str(post.desk.path) in told.getMessage()
    assert post.way.closed == 1


def test_drain_stops_where_nothing_becomes_less(post: Post) -> None:
    post.desk.pending("c1")

    post.worker.drain()

    assert post.way.told() == ["submit c1"]


def test_worker_whose_disk_is_gone_when_its_process_exits_ends_with_words(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.desk.pending("c1")
    post.worker.start()
    root = post.lock.path.parent.parent
    root.rename(root.with_name("unplugged"))

    assert post.worker.stop(30.0)

    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    assert "plug the disk in again" in caplog.text


def test_start_that_is_broken_off_at_any_moment_leads_to_one_thread(post: Post) -> None:
    def threads() -> int:
        named = [thread for thread in threading.enumerate() if thread.name == "ftrack-accsyn-worker"]
        return sum(thread.is_alive() for thread in named)

    for moment in broken_off(post.worker.start, module, threading):
        post.worker.wake()
        wait_until(lambda: threads() == 1, 5.0, f"one thread, after moment {moment}")
        assert post.worker.stop(5.0)
        wait_until(lambda: not threads(), 5.0, f"no thread, after moment {moment}")
