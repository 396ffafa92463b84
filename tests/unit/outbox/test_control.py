"""Pause, resume, retry and pins: for all processes, and across restarts."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import retry
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, NotReady, Refused
from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, State, Studio
from ftrack_accsyn_accessor.outbox import Outbox, attention
from ftrack_accsyn_accessor.outbox.tracking import Change
from unit.outbox.conftest import Desk

PAUSE = """
import sys
from pathlib import Path
from ftrack_accsyn_accessor.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
print(outbox.control.pause("somebody else"))
outbox.close()
"""


def kinds(root: type[AccsynAccessorError]) -> set[type[AccsynAccessorError]]:
    return {root}.union(*(kinds(each) for each in root.__subclasses__()))


@pytest.mark.parametrize(
    "ask",
    [
        lambda control: control.retry(),
        lambda control: control.first([1], 1000),
        lambda control: control.pause("somebody"),
        lambda control: control.resume(),
    ],
    ids=["retry", "first", "pause", "resume"],
)
def test_who_asks_for_something_waits_for_it_whatever_the_process_that_sends_puts_off(
    desk: Desk, ask: Callable[[Any], Any]
) -> None:
    desk.pending("c1")
    assert not attention.is_given(desk.path, time.time())

    ask(desk.outbox.control)

    assert attention.is_given(desk.path, time.time())


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Desk]:
    """Return a function that gives an outbox without items: hypothesis wants one for each example."""
    desk = Desk(tmp_path_factory.mktemp("many") / "outbox.sqlite3")

    def emptied() -> Desk:
        for item in list(desk.outbox.items()):
            assert desk.outbox.past.freed(item)
        return desk

    return emptied


NOT_READY = NotReady("find the client", "ws1", "there is none", "Start it.")


def test_pause_lasts_until_resume_and_tells_who_and_when(desk: Desk) -> None:
    assert desk.outbox.control.paused() is None

    assert desk.outbox.control.pause("artist@ws1")

    paused = Outbox(desk.path).control.paused()
    assert paused is not None
    assert (paused.by, paused.at) == ("artist@ws1", desk.clock.now)
    assert desk.outbox.control.resume()
    assert desk.outbox.control.paused() is None


def test_retry_takes_away_the_cause_of_what_has_arrived_and_waits_for_ftrack(desk: Desk) -> None:
    desk.outbox.submitted(desk.pending("c1", "c2", "c3"), desk.outbox.job_found(desk.job(), "j" * 24))
    for component_id, arrived in (("c1", True), ("c2", True), ("c3", False)):
        item = desk.item(component_id)
        change = Change(item, State.TRANSFERRING, item.progress, "ftrack", "It was away.", arrived=arrived)
        desk.outbox.tracking.record([change])

    assert desk.outbox.control.retry([desk.item("c2").id, desk.item("c3").id]) == 1
    assert [desk.item(each).cause_kind for each in ("c1", "c2", "c3")] == ["ftrack", "", "ftrack"]
    assert desk.outbox.control.retry() == 1
    assert [desk.item(each).cause_kind for each in ("c1", "c2", "c3")] == ["", "", "ftrack"]


def test_only_items_of_the_studio_that_wait_for_the_cause_count_as_waiting_for_it(desk: Desk) -> None:
    mine = Studio("https://acme.test", "acme")
    assert not desk.outbox.survey.waits_for(mine, NOT_READY.kind)
    desk.outbox.delay(desk.pending("c1"), NOT_READY, desk.clock.now + 60)

    assert desk.outbox.survey.waits_for(mine, "settings", NOT_READY.kind)
    assert not desk.outbox.survey.waits_for(mine, "settings", "unauthorised")
    assert not desk.outbox.survey.waits_for(Studio("https://b.test", "b"), NOT_READY.kind)
    desk.outbox.wake(NOT_READY.kind)
    assert not desk.outbox.survey.waits_for(mine, NOT_READY.kind)


def test_pause_by_another_process_is_seen_and_not_taken_over(
    desk: Desk, start: Callable[..., Any], finish: Callable[..., str]
) -> None:
    desk.outbox.open()
    changes = desk.outbox.changes()

    assert finish(start(PAUSE, desk.path)) == "True"

    assert desk.outbox.changes() != changes
    assert not desk.outbox.control.pause("artist")
    paused = desk.outbox.control.paused()
    assert paused is not None
    assert paused.by == "somebody else"


def test_resume_without_a_pause_changes_nothing(desk: Desk) -> None:
    assert not desk.outbox.control.resume()


def test_paused_jobs_are_kept_until_they_are_resumed(desk: Desk) -> None:
    desk.outbox.control.keep_paused_jobs({3, 1})
    assert Outbox(desk.path).control.paused_jobs() == {1, 3}

    desk.outbox.control.keep_paused_jobs(())

    assert desk.outbox.control.paused_jobs() == frozenset()


def test_retry_makes_everything_due_that_waits_for_a_time_or_for_help(desk: Desk) -> None:
    delayed, stuck, _ = desk.pending("delayed", "stuck", "due")
    desk.outbox.delay([delayed], NOT_READY, desk.clock.now + 60)
    desk.outbox.needs_attention([stuck], Refused("submit"), NOT_BY_ITSELF)
    assert desk.outbox.work().due == 1

    assert desk.outbox.control.retry() == 2

    assert desk.outbox.work().due == 3
    assert desk.item("stuck").state is State.NEEDS_ATTENTION
    assert desk.outbox.control.retry() == 0


@given(
    kind=st.sampled_from(sorted(kinds(AccsynAccessorError), key=lambda each: each.__name__)),
    again_s=st.sampled_from([None, 0.0, 1.0, retry.SOON_S, retry.SOON_S + 1, retry.ITEM_DELAY_S, NOT_BY_ITSELF]),
    retried=st.booleans(),
    mine=st.booleans(),
)
def test_what_is_tried_again_is_counted_as_it_is_told_of_one_item(
    many: Callable[[], Desk], kind: type[AccsynAccessorError], again_s: Optional[float], retried: bool, mine: bool
) -> None:
    desk = many()
    (item,) = desk.pending("a")
    desk.outbox.needs_attention([item], kind("try"), None if again_s is None else desk.clock.now + again_s)
    if retried:
        desk.outbox.control.retry()
    item = desk.item("a")

    found = desk.outbox.survey.retried(item.studio if mine else Studio("https://other.test", "other"))

    assert found == (1 if mine and retry.goes_on(item) else 0)
    assert retry.goes_on(item) or not (retried or again_s is None)


def test_retry_of_one_item_leaves_the_others_waiting(desk: Desk) -> None:
    first, second = desk.pending("a", "b")
    desk.outbox.needs_attention([first, second], Refused("submit"), NOT_BY_ITSELF)

    assert desk.outbox.control.retry([first.id]) == 1

    assert [item.publication.component_id for item in desk.outbox.due(10)] == ["a"]


def test_retry_does_not_touch_what_is_on_its_way(desk: Desk) -> None:
    (item,) = desk.pending("a")
    desk.outbox.submitted([item], desk.job())

    assert desk.outbox.control.retry([item.id]) == 0
    assert desk.item("a").state is State.SUBMITTED


def test_pins_are_kept(desk: Desk) -> None:
    assert desk.outbox.control.pins() == frozenset()

    desk.outbox.control.keep_pins({"show_a/sq010", "c1"})

    assert Outbox(desk.path).control.pins() == {"show_a/sq010", "c1"}


def test_what_is_to_go_first_is_due_before_what_is_older(desk: Desk) -> None:
    desk.pending("a", "b", "c", "d")
    assert desk.outbox.control.first([desk.item("c").id], 1000)
    assert desk.outbox.control.first([desk.item("a").id], 100)

    due = [item.publication.component_id for item in desk.outbox.due(10)]

    assert due == ["c", "b", "d", "a"]
    assert [item.publication.component_id for item in desk.outbox.due(1)] == ["c"]
    assert desk.item("c").publication.priority == 1000


def test_what_has_begun_or_arrived_is_not_made_to_go_first(desk: Desk) -> None:
    desk.outbox.submitted(desk.pending("moving", "there", "queued"), desk.job())
    moving = desk.item("moving")
    desk.outbox.tracking.record([Change(moving, State.TRANSFERRING, moving.progress)])
    desk.outbox.tracking.synced([desk.item("there")])
    ids = {name: desk.item(name).id for name in ("moving", "there", "queued")}

    assert desk.outbox.control.first(list(ids.values()), 1000) == [ids["queued"]]
    assert [desk.item(name).publication.priority for name in ids] == [None, None, 1000]


def test_what_is_published_anew_has_the_priority_that_its_publish_gives_it(desk: Desk) -> None:
    (item,) = desk.pending("a")
    desk.outbox.control.first([item.id], 1000)

    desk.outbox.prepare([desk.publication("a", priority=700)], "owner")

    assert desk.item("a").publication.priority == 700


def test_what_was_to_go_first_still_is_when_it_is_published_anew_before_it_has_arrived(desk: Desk) -> None:
    (item,) = desk.pending("c1")
    desk.outbox.control.first([item.id], 1000)

    desk.pending("c1")

    assert desk.item().publication.priority == 1000


def test_what_has_arrived_and_is_published_anew_goes_in_its_turn(desk: Desk) -> None:
    (item,) = desk.pending("c1")
    desk.outbox.control.first([item.id], 1000)
    desk.outbox.submitted([desk.item()], desk.outbox.job_found(desk.job(), "j" * 24))
    desk.outbox.tracking.synced([desk.item()])

    desk.pending("c1")

    assert desk.item().publication.priority is None
