"""When the background frees what has been at its destination for long enough, and what it leaves alone."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.item import Item, State
from ftrack_accsyn_accessor.outbox.tracking import Change
from ftrack_accsyn_accessor.upkeep.policy import DAY_S
from ftrack_accsyn_accessor.worker import retention as module
from ftrack_accsyn_accessor.worker.retention import AGAIN_S, FIRST_S, SOON_S, Retention
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn import AccsynService
from unit.worker.bench import Bench


@dataclasses.dataclass
class Keeping:
    bench: Bench
    retention: Retention
    workspace: Workspace
    variables: dict[str, str]
    hq: Path

    def step(self) -> None:
        self.retention.step(self.bench.registrations, self.workspace)

    def there(self, item: Item) -> bool:
        return os.path.lexists(Path(self.bench.area.root, *item.publication.path.split("/")))


@pytest.fixture
def keeping(bench: Bench, workspace: Workspace, tmp_path: Path) -> Keeping:
    variables = {"ACCSYN_WORKSPACE": "acme", "FTRACK_ACCSYN_RETENTION_DAYS": "3"}
    retention = Retention(bench.outbox, bench.area, lambda: settings.read(variables), bench.clock, bench.monotonic)
    return Keeping(bench, retention, workspace, variables, tmp_path / "hq")


def synced(keeping: Keeping, *names: str) -> list[Item]:
    """Bring items to head quarters, with their files."""
    bench = keeping.bench
    bench.pending(*names)
    items = bench.sent(*names)
    bench.outbox.tracking.record([Change(item, State.TRANSFERRING, item.progress, arrived=True) for item in items])
    bench.outbox.tracking.synced(items)
    for item in items:
        publication = item.publication
        bench.ftrack.register(publication.component_id, bench.ftrack.hq, publication.resource_identifier)
        path = keeping.hq / publication.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * publication.size_bytes)
    return [bench.item(name) for name in names]


def test_process_that_starts_has_better_to_do(keeping: Keeping) -> None:
    synced(keeping, "a")
    keeping.bench.clock.now += 4 * DAY_S
    assert not keeping.retention.due()

    keeping.bench.monotonic.now += FIRST_S
    assert keeping.retention.due()


def test_it_is_looked_once_in_an_hour(keeping: Keeping) -> None:
    synced(keeping, "a")
    keeping.bench.clock.now += 4 * DAY_S
    keeping.bench.monotonic.now += FIRST_S
    assert [keeping.retention.due(), keeping.retention.due()] == [True, False]

    keeping.bench.monotonic.now += AGAIN_S - 1.0
    assert not keeping.retention.due()
    keeping.bench.monotonic.now += 1.0
    assert keeping.retention.due()


@pytest.mark.parametrize(("days", "passed", "due"), [("3", 2.9, False), ("3", 3.1, True), ("", 1000.0, False)])
def test_only_what_is_old_enough_for_the_setting_makes_it_due(
    keeping: Keeping, days: str, passed: float, due: bool
) -> None:
    keeping.variables["FTRACK_ACCSYN_RETENTION_DAYS"] = days
    synced(keeping, "a")
    keeping.bench.clock.now += passed * DAY_S
    keeping.bench.monotonic.now += FIRST_S

    assert keeping.retention.due() is due


def test_old_items_are_freed_and_young_ones_stay(keeping: Keeping) -> None:
    (old,) = synced(keeping, "old")
    keeping.bench.clock.now += 4 * DAY_S
    (young,) = synced(keeping, "young")

    keeping.step()

    assert (keeping.there(old), keeping.there(young)) == (False, True)
    assert keeping.bench.ftrack.registered(keeping.bench.ftrack.staging).keys() == {young.publication.component_id}


def test_without_the_setting_nothing_is_freed(keeping: Keeping) -> None:
    (old,) = synced(keeping, "old")
    keeping.bench.clock.now += 1000 * DAY_S
    del keeping.variables["FTRACK_ACCSYN_RETENTION_DAYS"]

    keeping.step()

    assert keeping.there(old)


def test_what_is_not_as_published_at_its_destination_stays_and_is_looked_at_once(
    keeping: Keeping, accsyn: AccsynService
) -> None:
    wrong, right = synced(keeping, "wrong", "right")
    (keeping.hq / wrong.publication.path).write_bytes(b"y")
    keeping.bench.clock.now += 4 * DAY_S

    keeping.step()
    assert (keeping.there(wrong), keeping.there(right)) == (True, False)

    accsyn.log.clear()
    keeping.step()
    assert keeping.there(wrong)
    assert accsyn.log.operations() == []


def test_accsyn_that_is_away_frees_nothing_and_is_asked_again_in_an_hour(
    keeping: Keeping, accsyn: AccsynService
) -> None:
    first, second = synced(keeping, "first", "second")
    keeping.bench.clock.now += 4 * DAY_S
    keeping.bench.monotonic.now += FIRST_S
    assert keeping.retention.due()
    accsyn.switches.refuse(True)

    keeping.step()

    assert keeping.there(first)
    assert keeping.there(second)
    keeping.bench.monotonic.now += AGAIN_S - 1.0
    assert not keeping.retention.due()
    accsyn.switches.refuse(False)
    keeping.bench.monotonic.now += 1.0
    assert keeping.retention.due()
    keeping.step()  # an outage says nothing of the items
    assert not keeping.there(first)


def test_many_items_are_freed_a_part_at_a_time_with_others_having_their_turn(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    items = synced(keeping, "a", "b", "c")
    keeping.bench.clock.now += 4 * DAY_S
    keeping.bench.monotonic.now += FIRST_S
    assert keeping.retention.due()

    keeping.step()
    assert [keeping.there(item) for item in items].count(False) == 2
    assert not keeping.retention.due()
    keeping.bench.monotonic.now += SOON_S
    assert keeping.retention.due()
    keeping.step()
    assert not any(keeping.there(item) for item in items)


def test_ftrack_that_is_away_is_said_and_nothing_is_freed(keeping: Keeping, caplog: pytest.LogCaptureFixture) -> None:
    (old,) = synced(keeping, "old")
    keeping.bench.clock.now += 4 * DAY_S
    keeping.bench.ftrack.service.switches.fail_next("query", status=503)

    keeping.step()

    assert keeping.there(old)
    assert "Staged files were not freed." in caplog.text
