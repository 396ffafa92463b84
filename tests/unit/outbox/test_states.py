"""Steps of the outbox: each starts from the states it names, and a stale or illegal one changes nothing."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, Item, Kind, StagedFile, State, Studio
from ftrack_accsyn_accessor.outbox import JobRow
from ftrack_accsyn_accessor.outbox.records import printable
from making import route

REFUSED = errors.Refused("add tasks", "job", "no", "Mend it.")
LINE_DOWN = errors.Unreachable("ask", "acme", "down", "Wait.")


def row(desk: Any, component_id: str = "c1") -> dict[str, Any]:
    """Return all that is kept of a component."""
    with desk.outbox._connections.reading() as connection:
        found = connection.execute("SELECT * FROM item WHERE component_id = ?", (component_id,)).fetchone()
    return dict(found)


def put(desk: Any, state: State, component_id: str = "c1") -> Item:
    """Bring a component into *state* and return its item."""
    desk.prepare(component_id)
    if state is not State.PREPARED:
        desk.outbox.activate([component_id], "l1")
    with desk.outbox._connections.writing() as connection:
        connection.execute("UPDATE item SET state = ? WHERE component_id = ?", (state.value, component_id))
    return desk.item(component_id)


STEPS: dict[str, tuple[Callable[[Any, Item, JobRow], object], set[State]]] = {
    "activate": (lambda desk, item, job: desk.outbox.activate(["c1"], "l1"), {State.PREPARED, State.WITHDRAWN}),
    "attempt": (
        lambda desk, item, job: desk.attempt([item], job),
        {State.PENDING, State.NEEDS_ATTENTION},
    ),
    "submitted": (
        lambda desk, item, job: desk.outbox.submitted([item], job),
        {State.PENDING, State.SUBMITTED, State.TRANSFERRING, State.NEEDS_ATTENTION},
    ),
    "not_attempted": (
        lambda desk, item, job: desk.outbox.not_attempted([item]),
        {State.PENDING, State.NEEDS_ATTENTION},
    ),
    "delay": (
        lambda desk, item, job: desk.outbox.delay([item], LINE_DOWN, desk.clock.now + 5),
        {State.PENDING, State.NEEDS_ATTENTION},
    ),
    "needs_attention": (
        lambda desk, item, job: desk.outbox.needs_attention([item], REFUSED, None),
        set(State) - {State.WITHDRAWN},
    ),
    "cancel": (
        lambda desk, item, job: desk.outbox.cancel(["c1"], "l1"),
        {State.PREPARED, State.PENDING, State.NEEDS_ATTENTION},
    ),
    "withdraw": (lambda desk, item, job: desk.outbox.withdraw(desk.outbox.prepared(), "why"), {State.PREPARED}),
    "disown": (lambda desk, item, job: desk.outbox.disown(["c1"], "l1"), {State.PREPARED}),
    "wake": (lambda desk, item, job: desk.outbox.wake(""), set()),
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", STEPS)
def test_step_changes_an_item_in_its_states_only(desk: Any, step: str, state: State) -> None:
    job = desk.job()
    item = put(desk, state)
    before = row(desk)
    desk.clock.now += 1  # so that a change cannot hide in equal times
    act, allowed = STEPS[step]
    act(desk, item, job)
    after = [dict(item) for item in _all(desk)]
    assert (after == [before]) == (state not in allowed)


def _all(desk: Any) -> list[Any]:
    with desk.outbox._connections.reading() as connection:
        return connection.execute("SELECT * FROM item").fetchall()


# An item published anew meanwhile.


@pytest.mark.parametrize("step", ["attempt", "submitted", "not_attempted", "delay", "needs_attention"])
@pytest.mark.parametrize("passed_s", [0.0, 0.01, -3600.0])
def test_stale_step_leaves_what_was_published_anew(desk: Any, step: str, passed_s: float) -> None:
    # 0 s: Windows' clock moves in steps of 15 ms; -3600 s: the clock was set back.
    (stale,) = desk.pending("c1")
    job = desk.job()
    desk.clock.now += passed_s
    desk.pending("c1")
    before = row(desk)
    STEPS[step][0](desk, stale, job)
    assert row(desk) == before


@pytest.mark.parametrize("step", ["attempt", "submitted", "not_attempted", "delay", "needs_attention"])
def test_late_step_of_the_first_of_many_publications_within_a_tick_fits_none_of_the_others(
    desk: Any, step: str
) -> None:
    (stale,) = desk.pending("c1")
    job = desk.job()
    moments = [stale.created_at]
    for _ in range(5):
        desk.pending("c1")
        before = row(desk)
        moments.append(before["created_at"])
        STEPS[step][0](desk, stale, job)
        assert row(desk) == before
    assert moments == sorted(set(moments))


def test_publishing_anew_starts_over_from_any_state(desk: Any) -> None:
    for state in State:
        item = put(desk, state, f"c-{state.value}")
        desk.outbox.needs_attention([item], REFUSED, desk.clock.now + 600)
        desk.clock.now += 1
        files = (StagedFile("show_a/new.mov", 99, 7),)
        desk.outbox.prepare([desk.publication(f"c-{state.value}", files=files)], "another")
        found = desk.item(f"c-{state.value}")
        assert found.state is State.PREPARED
        assert (found.cause_kind, found.cause, found.attempts, found.next_try_at) == ("", "", 0, None)
        assert (found.job, found.attempted, found.publication.files) == (None, False, files)
        assert found.created_at == desk.clock.now
    assert {item.owner for item in desk.outbox.prepared()} == {"another"}


def test_stale_outage_does_not_touch_what_was_submitted_or_refused_in_the_same_pass(desk: Any) -> None:
    # A pass submits the first, finds the second refused, and then loses the line: only the third waits for the line.
    first, second, third = items = desk.pending("c1", "c2", "c3")
    job = desk.job()
    desk.outbox.submitted([first], job)
    desk.outbox.needs_attention([second], REFUSED, desk.clock.now + 600)
    desk.attempt([third], job)
    desk.outbox.delay(items, LINE_DOWN, desk.clock.now + 5)
    assert [desk.item(name).cause_kind for name in ("c1", "c2", "c3")] == ["", "refused", "unreachable"]
    assert desk.item("c1").next_try_at is None
    assert desk.item("c3").attempted


def test_id_of_a_removed_item_is_never_given_again(desk: Any) -> None:
    (stale,) = desk.pending("c1")
    desk.outbox.cancel(["c1"], "l1")
    (other,) = desk.pending("c2")
    assert other.id != stale.id
    assert desk.outbox.submitted([stale], desk.job()) == 0


def test_withdrawing_leaves_what_another_process_publishes_meanwhile(desk: Any) -> None:
    desk.prepare("c1", "c2", "c3")
    doubtful = desk.outbox.prepared()
    desk.outbox.prepare([desk.publication("c1")], "another")
    desk.outbox.activate(["c2"], "l1")
    assert desk.outbox.withdraw(doubtful, "why") == 1
    assert [desk.item(name).state.value for name in ("c1", "c2", "c3")] == ["prepared", "pending", "withdrawn"]


# Results of steps.


def test_steps_say_how_many_items_they_moved(desk: Any) -> None:
    items = desk.pending("c1", "c2", "c3")
    job = desk.job()
    desk.outbox.cancel(["c3"], "l1")
    assert desk.outbox.activate(["c1"], "l1") == 0
    assert desk.outbox.submitted(items, job) == 2
    assert desk.outbox.needs_attention(items[:1], REFUSED, None) == 1
    assert desk.outbox.cancel(["c1", "c2", "c3", "unknown"], "l1") == 1


@pytest.mark.parametrize("step", ["activate", "cancel"])
def test_step_for_nothing_does_nothing_and_says_so(desk: Any, step: str) -> None:
    assert getattr(desk.outbox, step)([], "l1") == 0
    assert desk.outbox.submitted([], desk.job()) == 0
    assert desk.outbox.withdraw([], "why") == 0


def test_same_component_in_another_location_is_another_item(desk: Any) -> None:
    desk.outbox.prepare([desk.publication("c1"), desk.publication("c1", location_id="l2")], "owner")
    assert desk.outbox.activate(["c1"], "l2") == 1
    assert sorted((item.publication.location_id, item.state.value) for item in desk.outbox.items()) == [
        ("l1", "prepared"),
        ("l2", "pending"),
    ]


def test_submission_forgets_the_cause_of_the_wait(desk: Any) -> None:
    (item,) = desk.pending("c1")
    desk.outbox.delay([item], LINE_DOWN, desk.clock.now)
    job = desk.job()
    desk.attempt([item], job)
    assert (desk.item().attempted, desk.item().job) == (True, job.id)
    desk.outbox.submitted([item], job)
    found = desk.item()
    assert (found.state, found.job, found.attempted) == (State.SUBMITTED, job.id, False)
    assert (found.cause_kind, found.cause, found.attempts, found.next_try_at) == ("", "", 0, None)


def test_wait_keeps_cause_count_and_next_try(desk: Any) -> None:
    for attempts in (1, 2, 3):
        desk.outbox.delay(desk.pending("c1")[:1] if attempts == 1 else [desk.item()], LINE_DOWN, desk.clock.now)
        found = desk.item()
        assert (found.state, found.attempts) == (State.PENDING, attempts)
        assert (found.cause_kind, found.cause) == ("unreachable", str(LINE_DOWN))
        assert found.next_try_at == desk.clock.now


# When things are due.


def test_work_counts_what_is_due_prepared_and_later(desk: Any) -> None:
    start = desk.clock.now
    assert desk.outbox.work() == type(desk.outbox.work())(0, None, None, 0, None, live=False)
    items = desk.pending("c1", "c2", "c3")
    desk.clock.now += 2
    desk.pending("c4")
    desk.prepare("c5")
    desk.outbox.submitted(items[:1], desk.job())
    desk.outbox.delay(items[1:2], LINE_DOWN, start + 60)
    desk.outbox.needs_attention(items[2:3], REFUSED, start + 30)
    work = desk.outbox.work()
    assert (work.due, work.prepared, work.next_try_at) == (1, 1, start + 30)
    assert (work.oldest_due_at, work.newest_due_at) == (start + 2, start + 2)
    desk.clock.now = start + 30
    assert (desk.outbox.work().due, desk.outbox.work().next_try_at) == (2, start + 60)
    assert desk.outbox.work().oldest_due_at == start
    assert [item.publication.component_id for item in desk.outbox.due(10)] == ["c3", "c4"]


def test_due_items_come_in_the_order_of_publishing_up_to_the_limit(desk: Any) -> None:
    names = [f"c{number:03}" for number in range(20)]
    desk.pending(*reversed(names))
    assert [item.publication.component_id for item in desk.outbox.due(5)] == list(reversed(names))[:5]
    assert desk.outbox.due(0) == []


def test_waking_makes_due_what_waits_for_that_cause_only(desk: Any) -> None:
    first, second, third = desk.pending("c1", "c2", "c3")
    desk.outbox.delay([first], errors.Unauthorised("ask"), desk.clock.now + 60)
    desk.outbox.needs_attention([second], errors.NotReady("ask"), desk.clock.now + 60)
    desk.outbox.delay([third], LINE_DOWN, desk.clock.now + 60)
    assert desk.outbox.due(10) == []
    assert desk.outbox.wake("unauthorised", "not-ready") == 2
    assert [item.publication.component_id for item in desk.outbox.due(10)] == ["c1", "c2"]
    assert desk.outbox.wake() == 0
    assert desk.outbox.wake("unauthorised") == 0


def test_clock_set_back_makes_nothing_wait_longer(desk: Any) -> None:
    (item,) = desk.pending("c1")
    desk.outbox.delay([item], LINE_DOWN, desk.clock.now + 60)
    desk.clock.now -= 3600
    assert desk.outbox.work().due == 1
    assert len(desk.outbox.due(10)) == 1


def test_clock_set_back_does_not_retry_what_waits_for_a_person(desk: Any) -> None:
    (item,) = desk.pending("c1")
    desk.outbox.needs_attention([item], REFUSED, NOT_BY_ITSELF)
    desk.clock.now -= 3600
    assert desk.outbox.work().due == 0
    assert desk.outbox.due(10) == []


# What is kept.


def test_publication_comes_back_as_it_was(desk: Any) -> None:
    odd = desk.publication(
        "c1",
        kind=Kind.SEQUENCE,
        component_name="plåt 'a' \"b\" ; DROP TABLE item",
        resource_identifier="show_ä/b.%04d.exr",
        project_name="",
        files=tuple(StagedFile(f"show_ä/b.{number:04}.exr", 2**40 + number, 2**62) for number in range(1000)),
    )
    desk.outbox.prepare([odd], "owner")
    assert desk.item().publication == odd
    assert desk.outbox.prepared()[0].publication.files == ()  # not read where they are not needed


def test_name_that_is_no_utf8_is_kept_and_stops_no_other(desk: Any) -> None:
    odd = desk.publication("c1", resource_identifier="a\udcff.mov", files=(StagedFile("a\udcff.mov", 1, 2),))
    desk.outbox.prepare([desk.publication("c0"), odd, desk.publication("c2")], "owner")
    desk.outbox.activate(["c0", "c1", "c2"], "l1")
    assert [item.publication for item in desk.outbox.due(10)][1] == odd
    cause = errors.FileChanged("send", "", "a\udcff.mov is missing")
    assert desk.outbox.needs_attention([desk.item()], cause, None) == 1
    assert desk.item().cause == "Could not send: a\\udcff.mov is missing."


def test_printable_text_is_left_as_it_is() -> None:
    assert printable("plåt 'a' 日本") == "plåt 'a' 日本"


def test_items_are_found_by_state_oldest_first(desk: Any) -> None:
    for state in State:
        put(desk, state, f"c-{state.value}")
    everything = [item.state for item in desk.outbox.items()]
    assert everything == list(State)
    assert [item.state for item in desk.outbox.items(State.SYNCED, State.PENDING)] == [State.PENDING, State.SYNCED]
    assert desk.outbox.counts() == dict.fromkeys(State, 1)


def test_walking_through_items_may_change_them_on_the_way(desk: Any) -> None:
    desk.pending(*(f"c{number}" for number in range(450)))
    job, seen = desk.job(), 0
    for item in desk.outbox.items(State.PENDING):
        desk.outbox.submitted([item], job)
        seen += 1
    assert seen == 450
    assert desk.outbox.counts()[State.SUBMITTED] == 450


def test_counts_of_an_empty_outbox_are_zeros(desk: Any) -> None:
    assert desk.outbox.counts() == dict.fromkeys(State, 0)


# Jobs and facts.


def test_route_has_one_job_row_whoever_asks_first(desk: Any) -> None:
    first = desk.outbox.job(route())
    assert desk.outbox.job(route(project_name="renamed")) == first
    assert desk.outbox.job(route(project_id="another")).id != first.id
    assert desk.outbox.job(route(studio=Studio("https://acme.test", "other workspace"))).id not in (1, 2)
    assert len(desk.outbox.jobs()) == 3


def test_job_row_goes_from_attempted_to_found_to_renewed(desk: Any) -> None:
    job = desk.job()
    assert (job.accsyn_id, job.attempted_at, job.generation) == ("", None, 0)
    desk.outbox.job_attempted(job)
    assert desk.outbox.job_by_id(job.id).attempted_at == desk.clock.now
    found = desk.outbox.job_found(job, "5d91a5f1b5f0c8a7e2d4c3b1")
    assert (found.accsyn_id, found.attempted_at) == ("5d91a5f1b5f0c8a7e2d4c3b1", None)
    renewed = desk.outbox.job_renewed(found, "key-1", 1)
    assert (renewed.id, renewed.route, renewed.name) == (job.id, job.route, job.name)
    assert (renewed.accsyn_id, renewed.key, renewed.generation) == ("", "key-1", 1)
    assert desk.outbox.job_by_id(job.id) == desk.job() == renewed


def test_unknown_job_is_none(desk: Any) -> None:
    assert desk.outbox.job_by_id(1) is None


def test_facts_are_kept_and_replaced(desk: Any) -> None:
    assert desk.outbox.fact("complete") is None
    desk.outbox.keep_fact("complete", "0")
    desk.outbox.keep_fact("complete", "1")
    assert desk.outbox.fact("complete") == "1"


def test_items_of_a_version_are_told_the_newest_first(desk: Any) -> None:
    for name in ("first", "second", "third"):
        desk.outbox.prepare([desk.publication(name)], "owner")
        desk.clock.now += 1.0

    found = desk.outbox.survey.of_version(desk.publication("first").version_id)

    assert [each.item.publication.component_id for each in found] == ["third", "second", "first"]
