"""Whose an item is that was queued again from ftrack and the disk alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Optional

import pytest

from ftrack_accsyn_accessor.model.item import Kind, State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.upkeep.reconcile import Outcome, Reconciliation
from unit.ftrack.conftest import Ftrack, ftrack, service

__all__ = ["ftrack", "service"]  # fixtures of the room below


@pytest.fixture
def area(tmp_path: Path) -> StagingArea:
    (tmp_path / "staging").mkdir()
    made = StagingArea(str(tmp_path / "staging"))
    made.prepare()
    return made


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "outbox.sqlite3")
    yield made
    made.close()


def stage(ftrack: Ftrack, area: StagingArea, version: Optional[str], name: str = "main") -> str:
    component = ftrack.component(name, version=version)
    path = Path(area.root) / f"{name}.mov"
    path.write_bytes(b"published")
    ftrack.register(component, ftrack.staging, path.name)
    return component


def reconcile(ftrack: Ftrack, area: StagingArea, outbox: Outbox, destination: str = "") -> Outcome:
    reconciliation = Reconciliation(outbox, area, ftrack.connection, "acme", "shows")
    return reconciliation.run(ftrack.staging, "artist.desk", destination)


def test_item_keeps_the_publisher_of_its_version(ftrack: Ftrack, area: StagingArea, outbox: Outbox) -> None:
    component = stage(ftrack, area, ftrack.version("admin"))

    reconcile(ftrack, area, outbox)

    (item,) = outbox.items()
    publication = item.publication
    assert (item.state, publication.component_id, publication.username) == (State.PENDING, component, "admin")
    assert (publication.project_name, publication.project_id) == ("show_a", ftrack.ids["show_a"])
    assert publication.version_name.endswith(" v001")
    assert (publication.workspace, publication.volume) == ("acme", "shows")


def test_item_of_a_version_without_a_user_is_that_of_whom_reconciles(
    ftrack: Ftrack, area: StagingArea, outbox: Outbox
) -> None:
    stage(ftrack, area, ftrack.version(None))

    reconcile(ftrack, area, outbox)

    (item,) = outbox.items()
    assert item.publication.username == "artist"


def test_component_without_a_version_belongs_to_whom_reconciles_and_to_no_project(
    ftrack: Ftrack, area: StagingArea, outbox: Outbox
) -> None:
    stage(ftrack, area, None)

    reconcile(ftrack, area, outbox)

    (item,) = outbox.items()
    assert (item.publication.username, item.publication.project_id, item.publication.version_name) == ("artist", "", "")


def test_what_is_at_the_destination_in_the_outbox_or_gone_from_the_disk_is_not_queued(
    ftrack: Ftrack, area: StagingArea, outbox: Outbox
) -> None:
    version = ftrack.version()
    known = stage(ftrack, area, version, "known")
    reconcile(ftrack, area, outbox)
    arrived = stage(ftrack, area, version, "arrived")
    ftrack.register(arrived, ftrack.hq, "arrived.mov")
    gone = stage(ftrack, area, version, "gone")
    (Path(area.root) / "gone.mov").unlink()
    lost = stage(ftrack, area, version, "lost")

    outcome = reconcile(ftrack, area, outbox, ftrack.hq)

    assert (outcome.registered, outcome.available, outcome.known) == (4, 1, 1)
    assert [each.component_id for each in outcome.queued] == [lost]
    assert [(each.component_id, each.missing) for each in outcome.vanished] == [(gone, ("gone.mov",))]
    assert {item.publication.component_id for item in outbox.items()} == {known, lost}


def test_dry_run_tells_the_same_and_queues_nothing(ftrack: Ftrack, area: StagingArea) -> None:
    component = stage(ftrack, area, ftrack.version())

    outcome = Reconciliation(None, area, ftrack.connection).run(ftrack.staging, "artist.desk", "", dry_run=True)

    (queued,) = outcome.queued
    assert (queued.component_id, queued.component, queued.project) == (component, "main", "show_a")
    assert (queued.path, queued.file_count, queued.size_bytes) == ("main.mov", 1, 9)


@pytest.mark.parametrize("kind", [Kind.SEQUENCE, Kind.CONTAINER])
def test_sequence_or_container_without_its_members_is_left_alone(
    ftrack: Ftrack, area: StagingArea, outbox: Outbox, kind: Kind
) -> None:
    component = ftrack.component("wide", kind)
    ftrack.component("1001", container=component)
    ftrack.register(component, ftrack.staging, "wide")

    outcome = reconcile(ftrack, area, outbox)

    assert (outcome.registered, outcome.queued, outcome.vanished) == (1, (), ())


def test_container_that_never_had_members_is_queued_as_an_empty_one(
    ftrack: Ftrack, area: StagingArea, outbox: Outbox
) -> None:
    component = ftrack.component("empty", Kind.CONTAINER)
    ftrack.register(component, ftrack.staging, "empty")

    reconcile(ftrack, area, outbox)

    (item,) = outbox.items()
    assert (item.publication.component_id, item.publication.kind, item.file_count) == (component, Kind.CONTAINER, 0)
