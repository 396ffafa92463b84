"""What becomes of items that were never confirmed, and of what ftrack shows of older content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model.item import Item, State
from ftrack_accsyn_accessor.outbox.locks import OwnerLock
from ftrack_accsyn_accessor.outbox.tracking import Change
from ftrack_accsyn_accessor.worker.settling import (
    AGAIN_FOR_S,
    AGAIN_S,
    CONFIRM_S,
    LONGEST_CONFIRM_S,
    Settling,
)
from unit.worker.bench import Bench

DEAD = "token-of-a-process-that-is-gone"


@pytest.fixture
def owners(tmp_path: Path) -> Path:
    return tmp_path / "owners"


@pytest.fixture
def alive(owners: Path) -> Iterator[str]:
    """Return the token of a process that lives: this one."""
    lock = OwnerLock(owners)
    yield lock.hold()
    lock.release()


@pytest.fixture
def settling(bench: Bench, owners: Path) -> Settling:
    return Settling(
        bench.outbox, owners, lambda: bench.studio.server_url, lambda: bench.registrations, bench.clock, bench.monotonic
    )


def prepare(bench: Bench, name: str, owner: str = DEAD, registered: bool = True) -> Item:
    bench.outbox.prepare([bench.publication(name, registered=registered)], owner)
    return bench.item(name)


def synced(bench: Bench, *names: str) -> None:
    """Bring items to head quarters, registered there."""
    for item in bench.sent(*names):
        bench.outbox.tracking.record([Change(item, State.TRANSFERRING, item.progress, arrived=True)])
        bench.outbox.tracking.synced([item])
        publication = item.publication
        bench.ftrack.register(publication.component_id, bench.ftrack.hq, publication.resource_identifier)


# Registrations that were not confirmed.


@pytest.mark.parametrize(("registered", "state"), [(True, "pending"), (False, "withdrawn")])
def test_item_of_a_dead_process_is_settled_by_what_ftrack_has(
    bench: Bench, settling: Settling, registered: bool, state: str
) -> None:
    prepare(bench, "main", registered=registered)

    settling.step()

    assert bench.states() == {"main": state}


def test_item_that_a_living_process_is_at_is_left_to_it_for_a_while(
    bench: Bench, settling: Settling, alive: str
) -> None:
    prepare(bench, "main", alive)
    bench.pass_by(CONFIRM_S)
    settling.step()
    assert (bench.states(), bench.asked()) == ({"main": "prepared"}, [])

    bench.pass_by(0.1)
    settling.step()
    assert bench.states() == {"main": "pending"}


def test_item_that_a_living_process_is_at_is_never_withdrawn(bench: Bench, settling: Settling, alive: str) -> None:
    prepare(bench, "main", alive, registered=False)
    bench.pass_by(10 * CONFIRM_S)

    settling.step()

    assert bench.states() == {"main": "prepared"}


def test_clock_set_back_makes_an_unconfirmed_item_old(bench: Bench, settling: Settling, alive: str) -> None:
    prepare(bench, "main", alive)
    bench.clock.now -= 1.0

    settling.step()

    assert bench.states() == {"main": "pending"}


def test_what_ftrack_does_not_know_yet_is_asked_after_more_and_more_rarely(
    bench: Bench, settling: Settling, alive: str
) -> None:
    prepare(bench, "main", alive, registered=False)
    bench.pass_by(CONFIRM_S + 1.0)
    at: list[float] = []
    while len(at) < 7:
        settling.step()
        if bench.asked():
            at.append(bench.monotonic.now)
        bench.pass_by(1.0)

    pauses = [after - before for before, after in zip(at, at[1:])]
    assert pauses == [min(CONFIRM_S * 2.0**number, LONGEST_CONFIRM_S) for number in range(6)]


def test_new_doubt_is_asked_after_sooner_than_what_was_asked_after_often(
    bench: Bench, settling: Settling, alive: str
) -> None:
    prepare(bench, "main", alive, registered=False)
    for _ in range(6):
        bench.pass_by(LONGEST_CONFIRM_S)
        settling.step()
    prepare(bench, "other", alive)
    bench.asked()

    bench.pass_by(CONFIRM_S + 0.1)
    settling.step()

    assert bench.states()["other"] == "pending"


def test_item_that_its_process_gave_up_is_asked_after_at_once(bench: Bench, settling: Settling, alive: str) -> None:
    prepare(bench, "first", alive, registered=False)
    bench.pass_by(CONFIRM_S + 1.0)
    settling.step()

    prepare(bench, "second", "")
    settling.step()

    assert bench.states() == {"first": "prepared", "second": "pending"}


def test_item_of_another_ftrack_is_left_to_those_who_can_ask_there(bench: Bench, settling: Settling) -> None:
    bench.outbox.prepare([bench.publication("main", server_url="https://another.test")], DEAD)

    settling.step()

    assert (bench.states(), bench.asked()) == ({"main": "prepared"}, [])


def test_item_of_a_project_that_is_not_shown_is_left_as_it_is(bench: Bench, settling: Settling) -> None:
    bench.outbox.prepare([bench.publication("main", registered=False, project_id="not-shown")], DEAD)

    settling.step()

    assert bench.states() == {"main": "prepared"}


def test_ftrack_that_is_away_stops_nothing_and_is_asked_again_later(bench: Bench, settling: Settling) -> None:
    prepare(bench, "main")
    bench.ftrack.service.switches.fail_next("query", status=503)
    settling.step()
    assert bench.states() == {"main": "prepared"}

    bench.pass_by(CONFIRM_S)
    settling.step()
    assert bench.states() == {"main": "pending"}


# What was withdrawn, and is registered after all.


def test_withdrawn_item_that_its_host_commits_later_is_sent_after_all(bench: Bench, settling: Settling) -> None:
    item = prepare(bench, "main", registered=False)
    settling.step()
    assert bench.states() == {"main": "withdrawn"}
    publication = item.publication
    bench.ftrack.register(publication.component_id, bench.ftrack.staging, publication.resource_identifier)
    assert not settling.due()

    bench.pass_by(AGAIN_S)
    assert settling.due()
    settling.step()

    assert bench.states() == {"main": "pending"}


def test_withdrawn_items_are_looked_at_for_an_hour_every_five_minutes(bench: Bench, settling: Settling) -> None:
    prepare(bench, "main", registered=False)
    settling.step()
    looked = 0
    for _ in range(int(2 * AGAIN_FOR_S)):
        bench.pass_by(1.0)
        if settling.due():
            settling.step()
            looked += 1

    assert looked == AGAIN_FOR_S / AGAIN_S


def test_nothing_withdrawn_is_not_looked_for_more_often_than_every_five_minutes(
    bench: Bench, settling: Settling
) -> None:
    assert not settling.due()
    prepare(bench, "main", registered=False)
    bench.outbox.withdraw(list(bench.outbox.items()), "why")
    assert not settling.due()

    bench.pass_by(AGAIN_S)

    assert settling.due()


# Replaced content.


def test_registration_of_replaced_content_is_taken_back(bench: Bench, settling: Settling) -> None:
    first, second = bench.pending("first", "second")
    synced(bench, "first", "second")
    bench.outbox.prepare([first.publication], DEAD)
    bench.outbox.activate([first.publication.component_id], bench.ftrack.staging)

    settling.step()

    assert bench.ftrack.registered(bench.ftrack.hq).keys() == {second.publication.component_id}
    assert bench.outbox.stale() == []
    assert len(bench.ftrack.registered(bench.ftrack.staging)) == 2


def test_taking_back_is_tried_again_with_pauses_that_grow_while_ftrack_is_away(
    bench: Bench, settling: Settling
) -> None:
    (first,) = bench.pending("first")
    synced(bench, "first")
    bench.outbox.prepare([first.publication], DEAD)
    bench.outbox.activate([first.publication.component_id], bench.ftrack.staging)
    bench.ftrack.service.switches.fail_next("", status=503, times=1000)
    bench.asked()
    at: list[float] = []
    while len(at) < 8:
        settling.step()
        if bench.asked():
            at.append(bench.monotonic.now)
        bench.pass_by(1.0)

    pauses = [after - before for before, after in zip(at, at[1:])]
    assert pauses[0] <= 2.0
    assert pauses[2] > pauses[0]
    assert max(pauses) <= 60.0

    bench.ftrack.service.switches.clear()
    bench.pass_by(60.0)
    settling.step()
    assert bench.ftrack.registered(bench.ftrack.hq) == {}


def test_older_content_of_another_ftrack_is_left_there(bench: Bench, settling: Settling) -> None:
    (first,) = bench.pending("first", server_url="https://another.test")
    synced(bench, "first")
    bench.outbox.prepare([first.publication], DEAD)
    bench.outbox.activate([first.publication.component_id], bench.ftrack.staging)

    settling.step()

    assert len(bench.outbox.stale()) == 1
    assert bench.ftrack.registered(bench.ftrack.hq)
