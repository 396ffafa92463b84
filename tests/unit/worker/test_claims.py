"""Which items may go: those that ftrack still wants, on paths that are their own; the others wait with a cause."""

from __future__ import annotations

import dataclasses

import pytest

from ftrack_accsyn_accessor.model import errors, retry
from ftrack_accsyn_accessor.model.item import Endpoint, State
from ftrack_accsyn_accessor.worker import claims as module
from ftrack_accsyn_accessor.worker.claims import Claims
from unit.ftrack.conftest import REFUSAL
from unit.worker.bench import Bench


@pytest.fixture
def claims(bench: Bench) -> Claims:
    return Claims(bench.outbox, lambda: bench.registrations, bench.clock)


def admitted(claims: Claims, bench: Bench, *names: str) -> list[str]:
    items = [bench.item(name) for name in names] or list(bench.outbox.items())
    return [item.publication.component_name for item in claims.admit(items, bench.hq)]


def rival(bench: Bench, name: str, location: str) -> str:
    """Register another component on the path of an item."""
    component = bench.ftrack.component(f"rival of {name}", version=bench.ftrack.version())
    bench.ftrack.register(component, location, bench.item(name).publication.resource_identifier)
    return component


def test_items_that_are_staged_and_nowhere_else_go_for_one_request(bench: Bench, claims: Claims) -> None:
    bench.pending("a", "b", "c")
    bench.asked()

    assert admitted(claims, bench) == ["a", "b", "c"]
    assert len(bench.asked()) == 1


def test_item_that_ftrack_does_not_have_any_more_is_withdrawn_and_stops_no_other(bench: Bench, claims: Claims) -> None:
    bench.pending("kept")
    bench.pending("gone", registered=False)

    assert admitted(claims, bench) == ["kept"]

    assert bench.states() == {"kept": "pending", "gone": "withdrawn"}
    assert "does not have it in the staging location any more" in bench.item("gone").cause


def test_sequence_of_which_only_a_frame_is_registered_is_wanted(bench: Bench, claims: Claims) -> None:
    (item,) = bench.pending("main", registered=False)
    frame = bench.ftrack.component("1001", container=item.publication.component_id)
    bench.ftrack.register(frame, bench.ftrack.staging, "frame")

    assert admitted(claims, bench) == ["main"]


def test_item_of_a_project_that_is_not_shown_needs_attention_instead(bench: Bench, claims: Claims) -> None:
    bench.pending("secret", registered=False, project_id="not-shown")

    assert admitted(claims, bench) == []

    item = bench.item("secret")
    assert item.state is State.NEEDS_ATTENTION
    assert "not shown to artist" in item.cause
    assert item.next_try_at == bench.clock.now + retry.ITEM_DELAY_S


def test_path_that_another_component_has_at_the_destination_is_not_sent_to(bench: Bench, claims: Claims) -> None:
    bench.pending("mine", "other")
    component = rival(bench, "mine", bench.ftrack.hq)

    assert admitted(claims, bench) == ["other"]

    assert bench.states() == {"mine": "needs-attention: conflict", "other": "pending"}
    assert component in bench.item("mine").cause


def test_path_that_another_component_has_in_a_location_that_does_not_matter_is_free(
    bench: Bench, claims: Claims
) -> None:
    bench.pending("mine")
    rival(bench, "mine", bench.ftrack.location(f"a NAS of {bench.ftrack.hq}"))

    assert admitted(claims, bench) == ["mine"]


def test_registration_of_the_item_itself_at_the_destination_is_taken_back_before_it_goes(
    bench: Bench, claims: Claims
) -> None:
    items = bench.pending("again", "first")
    component = items[0].publication.component_id
    bench.ftrack.register(component, bench.ftrack.hq, items[0].publication.resource_identifier)

    assert admitted(claims, bench) == ["again", "first"]

    assert bench.ftrack.registered(bench.ftrack.hq) == {}
    assert len(bench.ftrack.registered(bench.ftrack.staging)) == 2


def test_what_is_taken_back_is_not_stale_there_any_more_and_stays_so_elsewhere(bench: Bench, claims: Claims) -> None:
    for name, location in (("here", bench.ftrack.hq), ("there", "elsewhere")):
        (item,) = bench.pending(name)
        bench.ftrack.register(item.publication.component_id, bench.ftrack.hq, item.publication.resource_identifier)
        with bench.outbox._connections.writing() as connection:
            connection.execute("UPDATE item SET stale_at = ? WHERE id = ?", (location, item.id))

    admitted(claims, bench)

    assert [item.stale_at for item in bench.outbox.items()] == ["", "elsewhere"]


def test_destination_without_a_location_in_ftrack_takes_nothing_back(bench: Bench, claims: Claims) -> None:
    items = bench.pending("main")

    assert claims.admit(items, Endpoint("acme", "", "")) == items


# Ftrack cannot be asked.


def test_all_items_wait_while_ftrack_is_away_and_it_is_asked_once(
    bench: Bench, claims: Claims, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    items = bench.pending("a", "b", "c", "d", "e")
    bench.ftrack.service.switches.fail_next("query:ComponentLocation", status=503, times=100)
    bench.asked()

    assert claims.admit(items, bench.hq) == []

    assert set(bench.states().values()) == {"pending: ftrack"}
    assert bench.asked().count("query:ComponentLocation") == 1
    assert caplog.text.count("Published files are staged and wait.") == 1
    for item in bench.outbox.items():
        assert item.attempts == 1
        assert item.next_try_at is not None
        assert 0.75 * retry.FIRST_DELAY_S <= item.next_try_at - bench.clock.now <= retry.FIRST_DELAY_S


def test_wait_grows_with_the_attempts_and_is_bounded(bench: Bench, claims: Claims) -> None:
    bench.pending("a")
    bench.ftrack.service.switches.fail_next("query:ComponentLocation", status=503, times=100)
    waits = []
    for _ in range(9):
        claims.admit(list(bench.outbox.items()), bench.hq)
        item = bench.item("a")
        assert item.next_try_at is not None
        waits.append(item.next_try_at - bench.clock.now)

    assert all(after > 1.4 * before for before, after in zip(waits[:4], waits[1:5]))
    assert max(waits) <= retry.OUTAGE_CAP_S


def test_batch_that_ftrack_refuses_keeps_no_other_from_going(
    bench: Bench, claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    items = bench.pending("a", "b", "c", "d", "e")
    bench.ftrack.service.switches.fail_next("query:ComponentLocation", status=200, body=REFUSAL)

    going = claims.admit(items, bench.hq)

    assert [item.publication.component_name for item in going] == ["c", "d", "e"]
    assert bench.states() == {
        "a": "pending: ftrack",
        "b": "pending: ftrack",
        "c": "pending",
        "d": "pending",
        "e": "pending",
    }


def test_item_withdrawn_by_mistake_of_time_is_one_that_was_published_anew(bench: Bench, claims: Claims) -> None:
    (item,) = bench.pending("main", registered=False)
    bench.clock.now += 1.0
    bench.outbox.prepare([dataclasses.replace(item.publication)], "owner")  # meanwhile, by its host

    assert claims.admit([item], bench.hq) == []

    assert bench.states() == {"main": "prepared"}


def test_path_of_a_component_that_was_forgotten_here_is_free_unless_that_is_at_the_destination(
    bench: Bench, claims: Claims
) -> None:
    twin = bench.publication("twin")
    bench.queued(twin)
    other = rival(bench, "twin", bench.ftrack.staging)
    first = bench.queued(dataclasses.replace(twin, component_id=other, component_name="first"))
    assert admitted(claims, bench, "twin") == []
    bench.outbox.needs_attention([first], refusal(), None)

    bench.outbox.past.forget([first.id], "artist")

    bench.outbox.control.retry()
    assert admitted(claims, bench, "twin") == ["twin"]
    bench.ftrack.register(other, bench.ftrack.hq, twin.resource_identifier)
    assert admitted(claims, bench, "twin") == []


def refusal() -> errors.Refused:
    return errors.Refused("add tasks", "the job", "the path is not allowed")
