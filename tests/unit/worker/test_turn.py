"""What was left behind has its turn after a while that depends on how long nobody has asked accsyn."""

from __future__ import annotations

import dataclasses
import os
import random

import pytest

from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.pacing import LONGEST_SPREAD_S
from ftrack_accsyn_accessor.outbox import attention
from ftrack_accsyn_accessor.outbox.facts import Contact, keep
from ftrack_accsyn_accessor.worker.turn import Turn
from unit.worker.conftest import Post


@pytest.fixture(autouse=True)
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chance gives the longest waits."""
    monkeypatch.setattr(random, "random", lambda: 0.999)


def asked(post: Post, ago_s: float) -> None:
    keep(post.desk.outbox, Contact(at=post.desk.clock() - ago_s))


def begin(post: Post) -> None:
    post.worker._turn = Turn(post.desk.outbox, post.desk.clock, post.monotonic)


def test_what_was_left_overnight_waits_for_its_turn_and_goes_then(post: Post) -> None:
    asked(post, 12 * 3600.0)
    begin(post)
    post.desk.pending("c1")
    post.way.on_submit = post.send

    assert post.worker.run_once() > 0
    assert post.way.told() == []
    post.pass_by(LONGEST_SPREAD_S)
    post.once()

    assert [item.state for item in post.desk.outbox.items()] == [State.SUBMITTED]


def test_what_was_left_a_moment_ago_goes_at_once(post: Post) -> None:
    asked(post, 10.0)
    begin(post)

    assert post.worker._turn.left_s() < 1.0


def test_machine_that_never_asked_begins_at_once(post: Post) -> None:
    begin(post)

    assert post.worker._turn.left_s() == 0.0


def test_publish_of_this_morning_takes_along_what_was_left(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post.worker, "start", lambda: None)
    asked(post, 12 * 3600.0)
    begin(post)
    assert post.worker._turn.left_s() > 60.0

    post.worker.wake()

    assert post.worker._turn.left_s() == 0.0


def test_somebody_who_looks_does_not_have_to_wait(post: Post) -> None:
    asked(post, 12 * 3600.0)
    begin(post)
    assert post.worker._turn.left_s() > 60.0

    attention.give(post.desk.outbox.path)
    os.utime(attention.path_of(post.desk.outbox.path), (post.desk.clock(), post.desk.clock()))

    assert post.worker._turn.left_s() == 0.0


def test_exit_sends_what_is_left_without_its_turn(post: Post) -> None:
    asked(post, 12 * 3600.0)
    begin(post)
    post.desk.pending("c1")
    post.way.on_submit = post.send

    post.worker.drain()

    assert [item.state for item in post.desk.outbox.items()] == [State.SUBMITTED]


def test_what_another_process_leaves_later_in_the_day_has_no_turn(post: Post) -> None:
    asked(post, 12 * 3600.0)
    begin(post)

    post.pass_by(LONGEST_SPREAD_S)

    assert post.worker._turn.left_s() == 0.0


def test_waiting_for_its_turn_a_process_is_no_dead_one(post: Post) -> None:
    asked(post, 12 * 3600.0)
    begin(post)
    post.desk.pending("c1")

    post.worker.run_once()

    assert post.worker._sign._leader is not None
    assert dataclasses.asdict(post.worker._sign._leader)["what"] == ""
