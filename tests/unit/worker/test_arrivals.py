"""From "done" in accsyn to synced: sizes where they are asked for, ftrack's registration, and what is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable, Optional

import pytest

from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.model import retry, settings
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, State, Trouble
from ftrack_accsyn_accessor.outbox.tracking import Change
from ftrack_accsyn_accessor.worker import arrivals as module
from ftrack_accsyn_accessor.worker.arrivals import AGAIN_S, BUSY_S, Arrivals
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn import AccsynService
from unit.ftrack.conftest import REFUSAL
from unit.worker.bench import Bench

Opener = Callable[..., Arrivals]


@pytest.fixture
def arrivals(bench: Bench, workspace: Workspace) -> Iterator[Opener]:
    notices = Notices(bench.ftrack.connection.credentials)

    def make(verify: str = "none") -> Arrivals:
        current = settings.read({"FTRACK_ACCSYN_VERIFY": verify})
        tracking, connection = bench.outbox.tracking_of(bench.studio), bench.ftrack.connection
        return Arrivals(tracking, workspace, connection, notices, current, bench.clock, bench.monotonic)

    yield make
    notices.close()


def arrive(bench: Bench, *names: str, destination: Optional[Endpoint] = None, **changes: Any) -> list[Item]:
    """Bring items to where all their tasks are done."""
    bench.pending(*names, **changes)
    return done(bench, *names, destination=destination)


def done(bench: Bench, *names: str, destination: Optional[Endpoint] = None) -> list[Item]:
    items = bench.sent(*names, destination=destination)
    changes = [Change(item, State.TRANSFERRING, item.progress, arrived=True) for item in items]
    assert bench.outbox.tracking.record(changes) == len(items)
    return [bench.item(name) for name in names]


def london(bench: Bench) -> Endpoint:
    return Endpoint("site=london", bench.ftrack.location(f"London of {bench.ftrack.hq}"), "London")


def stop(bench: Bench, name: str, kind: str) -> None:
    item = bench.item(name)
    assert bench.outbox.tracking.record([Change(item, State.NEEDS_ATTENTION, item.progress, kind, "why", 1e12)])


def put(tmp_path: Path, item: Item, size_bytes: int) -> None:
    """Write the file of *item* at head quarters."""
    path = tmp_path / "hq" / item.publication.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size_bytes)


def test_nothing_that_has_arrived_is_nothing_to_do(bench: Bench, arrivals: Opener) -> None:
    bench.pending("main")

    assert arrivals().step() is None
    assert bench.states() == {"main": "pending"}


def test_what_has_arrived_is_registered_and_synced(bench: Bench, arrivals: Opener, accsyn: AccsynService) -> None:
    items = arrive(bench, "a", "b")

    assert arrivals().step() is None

    assert bench.states() == {"a": "synced", "b": "synced"}
    assert bench.ftrack.registered(bench.ftrack.hq).keys() == {item.publication.component_id for item in items}
    assert accsyn.log.operations() == []


def test_destination_without_a_location_is_synced_without_ftrack(bench: Bench, arrivals: Opener) -> None:
    arrive(bench, "a", destination=Endpoint("site=london", "", ""))
    bench.asked()

    arrivals().step()

    assert bench.states() == {"a": "synced"}
    assert bench.asked() == []


def test_more_than_a_step_takes_is_soon_taken_on(
    bench: Bench, arrivals: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ITEMS_PER_STEP", 2)
    arrive(bench, "a", "b", "c")
    made = arrivals()

    assert made.step() == BUSY_S
    assert sorted(bench.states().values()) == ["synced", "synced", "transferring"]
    assert made.step() is None
    assert set(bench.states().values()) == {"synced"}


# What is in the way.


def test_component_that_was_deleted_is_withdrawn_and_stops_no_other(bench: Bench, arrivals: Opener) -> None:
    gone, _ = arrive(bench, "gone", "kept")
    bench.ftrack.service.store.delete("Component", gone.publication.component_id)

    arrivals().step()

    assert bench.states() == {"gone": "withdrawn", "kept": "synced"}
    assert "was deleted in ftrack after it was sent" in bench.item("gone").cause


def test_path_of_another_component_is_a_conflict_that_is_looked_at_again_much_later(
    bench: Bench, arrivals: Opener
) -> None:
    (item,) = arrive(bench, "mine")
    bench.ftrack.register(bench.ftrack.component("rival"), bench.ftrack.hq, item.publication.resource_identifier)

    arrivals().step()

    item = bench.item("mine")
    assert bench.states() == {"mine": "needs-attention: conflict"}
    assert item.next_try_at == bench.clock.now + retry.ITEM_DELAY_S


def test_refused_registrations_are_held_all_of_them_and_asked_for_again_after_a_while(
    bench: Bench, arrivals: Opener
) -> None:
    names = [f"c{number:02d}" for number in range(25)]
    arrive(bench, *names)
    bench.ftrack.service.switches.fail_next("create:ComponentLocation", status=200, body=REFUSAL, times=1000)
    made = arrivals()

    assert made.step() == AGAIN_S

    assert set(bench.states().values()) == {"transferring: ftrack"}
    assert all("You may not." in item.cause for item in bench.outbox.items())
    bench.ftrack.service.switches.clear()
    bench.asked()
    bench.pass_by(AGAIN_S - 0.1)
    made.step()
    assert bench.asked() == []

    bench.pass_by(0.1)
    assert made.step() is None
    assert set(bench.states().values()) == {"synced"}
    assert {item.cause for item in bench.outbox.items()} == {""}


def test_ftrack_that_is_away_is_asked_once_for_all_destinations(bench: Bench, arrivals: Opener) -> None:
    arrive(bench, "a")
    arrive(bench, "b", destination=london(bench))
    bench.ftrack.service.switches.fail_next("query", status=503, times=1000)
    bench.asked()

    arrivals().step()

    assert bench.states() == {"a": "transferring: ftrack", "b": "transferring: ftrack"}
    assert len(bench.asked()) == 1


def test_refusal_for_one_destination_says_nothing_of_the_others(bench: Bench, arrivals: Opener) -> None:
    arrive(bench, "a")
    arrive(bench, "b", destination=london(bench))
    bench.ftrack.service.switches.fail_next("query:ComponentLocation", status=200, body=REFUSAL)

    arrivals().step()

    assert sorted(bench.states().values()) == ["synced", "transferring: ftrack"]


def test_container_waits_for_a_member_that_was_published_by_itself_since(bench: Bench, arrivals: Opener) -> None:
    (container,) = arrive(bench, "pack", kind=Kind.CONTAINER)
    bench.clock.now += 1.0
    path = container.publication.files[0].path
    member = bench.publication("member", resource_identifier=path, files=container.publication.files)
    bench.queued(member)
    made = arrivals()

    made.step()
    assert bench.states() == {"pack": "transferring: newer-content", "member": "pending"}
    assert bench.item("pack").cause == "It waits for the newer content of member, which it holds."

    stop(bench, "member", "file-changed")
    bench.pass_by(AGAIN_S)
    made.step()
    assert bench.item("pack").cause.endswith("Put right what member needs attention for.")

    stop(bench, "member", Trouble.CONFLICT.value)  # it gives way, and is not sent at all
    bench.pass_by(AGAIN_S)
    made.step()
    assert bench.states()["pack"] == "synced"


# Sizes.


def test_size_at_the_destination_is_looked_at_where_that_is_asked_for(
    bench: Bench, arrivals: Opener, tmp_path: Path
) -> None:
    right, wrong, _ = arrive(bench, "right", "wrong", "missing")
    put(tmp_path, right, right.publication.size_bytes)
    put(tmp_path, wrong, 3)

    arrivals("size").step()

    assert bench.states() == {
        "right": "synced",
        "wrong": f"needs-attention: {Trouble.SIZE_DIFFERS.value}",
        "missing": f"needs-attention: {Trouble.SIZE_DIFFERS.value}",
    }
    assert "has 3 bytes" in bench.item("wrong").cause
    assert "is missing" in bench.item("missing").cause
    assert bench.item("wrong").next_try_at == bench.clock.now + retry.ITEM_DELAY_S


def test_item_is_looked_at_once_however_long_ftrack_takes(
    bench: Bench, arrivals: Opener, tmp_path: Path, accsyn: AccsynService
) -> None:
    (item,) = arrive(bench, "main")
    put(tmp_path, item, item.publication.size_bytes)
    bench.ftrack.service.switches.fail_next("create:ComponentLocation", status=503)
    made = arrivals("size")
    made.step()
    looked = accsyn.log.count("file/")
    bench.pass_by(AGAIN_S)

    made.step()

    assert bench.states() == {"main": "synced"}
    assert accsyn.log.count("file/") == looked


def test_many_sizes_are_asked_for_a_few_in_each_step(
    bench: Bench, arrivals: Opener, tmp_path: Path, accsyn: AccsynService
) -> None:
    names = [f"c{number}" for number in range(10)]
    for item in arrive(bench, *names):
        put(tmp_path, item, item.publication.size_bytes)
    made = arrivals("size")

    steps = 0
    while made.step() is not None:
        steps += 1
        assert steps < 10

    assert steps >= 1
    assert set(bench.states().values()) == {"synced"}
