"""A delivery becomes a version in ftrack: whole, at once, and only once."""

from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_accsyn_accessor.ftrack import versions as module
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, Written
from ftrack_accsyn_accessor.ftrack.versions import (
    Component,
    Member,
    Named,
    NewVersion,
    NumberTaken,
    Versions,
    component_id,
)
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import RegistrationError, RegistrationRefused
from ftrack_accsyn_accessor.model.submission import Shape
from ftrack_accsyn_sandbox.studio import Studio


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("studio"), engine_paused=True) as studio:
        yield studio


@pytest.fixture
def connections(running: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[FtrackConnection]]:
    environ = running.environment()
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", environ["FTRACK_API_SCHEMA_CACHE_PATH"])
    names = ("SERVER", "API_USER", "API_KEY")
    opened = [FtrackConnection(FtrackCredentials(*(environ[f"FTRACK_{name}"] for name in names))) for _ in "ab"]
    yield opened
    running.ftrack.switches.clear()
    for each in opened:
        each.close()


@pytest.fixture
def versions(connections: list[FtrackConnection]) -> Versions:
    return Versions(connections[0])


def delivery(running: Studio, versions: Versions, asset: str = "", **changes: Any) -> NewVersion:
    """Return a delivery of a movie, ten frames and a folder of two files, of an asset that nobody else has."""
    shot, location = running.ids["show_a/sq010/sh010"], running.ids["studio.hq"]
    frames = tuple(Member(f"{1001 + each}", ".exr", f"a/plate.{1001 + each}.exr", 10) for each in range(10))
    pack = (Member("one", ".txt", "a/pack/one.txt", 1), Member("sub/two", ".txt", "a/pack/sub/two.txt", 2))
    components = (
        Component("main", Shape.FILE, ".mov", "a/main.mov", 5),
        Component("plate", Shape.SEQUENCE, ".exr", "a/plate.%04d.exr", 100, frames, 4),
        Component("pack", Shape.FOLDER, "", "a/pack", 3, pack),
    )
    wanted = NewVersion(
        key=str(uuid.uuid4()),
        task_id=running.ids["show_a/sq010/sh010/Animation"],
        asset=versions.asset(shot, asset or str(uuid.uuid4())),
        number=1,
        location_id=location,
        components=components,
        comment="second pass",
    )
    return dataclasses.replace(wanted, **changes)


def made(running: Studio, wanted: NewVersion) -> dict[str, list[Any]]:
    """Return what ftrack has of a delivery: versions, components, members and paths."""
    store = running.ftrack.store
    found = store.find("AssetVersion", asset_id=wanted.asset.id)
    components = [each for row in found for each in store.find("Component", version_id=row["id"])]
    members = [each for row in components for each in store.find("Component", container_id=row["id"])]
    paths = [
        each["resource_identifier"]
        for row in (*components, *members)
        for each in store.find("ComponentLocation", component_id=row["id"])
    ]
    return {"versions": found, "components": components, "members": members, "paths": sorted(paths)}


def assert_whole(running: Studio, wanted: NewVersion) -> None:
    found = made(running, wanted)
    (version,) = found["versions"]
    assert (version["version"], version["comment"]) == (1, "second pass")
    assert sorted(each["name"] for each in found["components"]) == ["main", "pack", "plate"]
    assert len(found["members"]) == 12
    identifiers = [each.identifier for part in wanted.components for each in (part, *part.members)]
    assert found["paths"] == sorted(identifiers)


def test_a_delivery_is_a_version_with_all_its_components_in_their_place(running: Studio, versions: Versions) -> None:
    wanted = delivery(running, versions)
    assert versions.make(wanted).number == 1
    assert_whole(running, wanted)
    kinds = {row["name"]: row["__entity_type__"] for row in made(running, wanted)["components"]}
    assert kinds == {"main": "FileComponent", "plate": "SequenceComponent", "pack": "ContainerComponent"}


def test_nothing_is_made_twice(running: Studio, versions: Versions) -> None:
    wanted = delivery(running, versions)
    first = versions.make(wanted)
    running.ftrack.log.clear()
    assert versions.make(dataclasses.replace(wanted, number=7)) == first
    assert not [each for each in running.ftrack.log.operations() if "create" in each or "update" in each]
    assert_whole(running, wanted)


@pytest.mark.parametrize("write", range(4))
@pytest.mark.parametrize("carried_out", [False, True])
def test_a_lost_answer_leaves_no_half_and_no_double(
    running: Studio, versions: Versions, write: int, carried_out: bool
) -> None:
    operation = ("create:Asset", "create:FileComponent", "create:ComponentLocation", "create:AssetVersion")[write]
    wanted = delivery(running, versions)
    drop = running.ftrack.switches.drop_after if carried_out else running.ftrack.switches.drop_before
    drop(operation, times=1)
    with pytest.raises(RegistrationError):
        versions.make(wanted)
    assert len(made(running, wanted)["versions"]) == (carried_out and write == 3)
    versions.make(wanted)
    assert_whole(running, wanted)


def test_two_at_once_make_one(running: Studio, connections: list[FtrackConnection]) -> None:
    both = [Versions(each) for each in connections]
    wanted = delivery(running, both[0])
    running.ftrack.switches.gather("create:AssetVersion", 2)
    results: list[Any] = []
    threads = [threading.Thread(target=lambda each=each: results.append(each.make(wanted))) for each in both]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == 2
    assert results[0] == results[1]
    assert_whole(running, wanted)


def test_a_number_that_exists_is_not_taken_and_the_next_one_is_free(running: Studio, versions: Versions) -> None:
    first = delivery(running, versions, number=3)
    versions.make(first)
    second = delivery(running, versions, asset=first.asset.name, number=3)
    assert second.asset.exists
    with pytest.raises(NumberTaken):
        versions.make(second)
    assert versions.free_number(second.key, second.asset.id, 3) == 4
    assert versions.free_number(second.key, second.asset.id, 2) == 2
    assert versions.free_number(second.key, second.asset.id, None) == 4
    assert versions.free_number(first.key, first.asset.id, None) == 3


def test_what_did_not_become_a_version_claims_no_path(running: Studio, versions: Versions) -> None:
    first = delivery(running, versions)
    versions.make(first)
    wanted = delivery(running, versions, asset=first.asset.name)
    with pytest.raises(NumberTaken):
        versions.make(wanted)
    store, ids = running.ftrack.store, [component_id(wanted.key, each.name) for each in wanted.components]
    assert all(store.find("ComponentLocation", component_id=each) for each in ids)
    versions.take_back(wanted)
    assert not any(store.find("Component", id=each) or store.find("Component", container_id=each) for each in ids)
    assert not any(store.find("ComponentLocation", component_id=each) for each in ids)
    assert_whole(running, first)
    assert versions.make(dataclasses.replace(wanted, number=2)).number == 2


def test_a_version_that_came_to_be_is_not_taken_back(running: Studio, versions: Versions) -> None:
    wanted = delivery(running, versions)
    versions.make(wanted)
    versions.take_back(wanted)
    assert_whole(running, wanted)


def test_a_number_that_was_taken_at_the_same_moment_is_given_up(
    running: Studio, versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = delivery(running, versions)
    versions.make(wanted)
    rival = delivery(running, versions, asset=wanted.asset.name, number=2)
    before = FtrackConnection.write

    def write(self: FtrackConnection, entities: list[Written]) -> None:  # an artist publishes between look and commit
        if entities[0].entity_type == "AssetVersion":
            running.ftrack.store.create("AssetVersion", asset_id=rival.asset.id, version=2)
        before(self, entities)

    monkeypatch.setattr(FtrackConnection, "write", write)
    assert versions.make(rival).number == 3
    monkeypatch.undo()
    assert sorted(row["version"] for row in made(running, wanted)["versions"]) == [1, 2, 3]


def test_what_was_handed_out_is_linked_where_it_still_exists(running: Studio, versions: Versions) -> None:
    plate = delivery(running, versions)
    used = versions.make(plate)
    wanted = delivery(running, versions, uses=(used.id, str(uuid.uuid4())))
    result = versions.make(wanted)
    (link,) = running.ftrack.store.find("AssetVersionLink", to_id=result.id)
    assert link["from_id"] == used.id
    (told,) = running.ftrack.store.find("Metadata", parent_id=result.id)
    assert (told["key"], told["value"]) == (module.KEY, wanted.key)


def test_a_refusal_is_told_and_shows_no_half_version(running: Studio, versions: Versions) -> None:
    wanted = delivery(running, versions, status_id=str(uuid.uuid4()))
    with pytest.raises(RegistrationRefused):
        versions.make(wanted)
    assert made(running, wanted)["versions"] == []


def test_two_deliveries_of_a_new_asset_have_one(running: Studio, versions: Versions) -> None:
    one, two = delivery(running, versions, asset="both"), delivery(running, versions, asset="both", number=2)
    assert not two.asset.exists
    versions.make(one)
    versions.make(two)
    assert len(running.ftrack.store.find("Asset", name="both")) == 1


def test_a_long_sequence_takes_a_few_requests(running: Studio, versions: Versions) -> None:
    frames = tuple(Member(f"{each:05d}", ".exr", f"long/a.{each:05d}.exr", 1) for each in range(1200))
    plate = Component("plate", Shape.SEQUENCE, ".exr", "long/a.%05d.exr", 1200, frames, 5)
    wanted = delivery(running, versions, components=(plate,))
    running.ftrack.log.clear()
    versions.make(wanted)
    assert len(running.ftrack.log.operations()) <= 25
    assert len(made(running, wanted)["members"]) == 1200


def test_assets_are_found_by_id_or_name_below_their_context_in_one_query(running: Studio, versions: Versions) -> None:
    store, name = running.ftrack.store, str(uuid.uuid4())
    shots = [running.ids[f"show_a/sq010/{shot}"] for shot in ("sh010", "sh020")]
    called, renamed = store.create("Asset", name=name, context_id=shots[0]), str(uuid.uuid4())
    known = store.create("Asset", name=renamed, context_id=shots[1])
    by_name, by_id = Named(shots[0], name), Named(shots[1], name, known["id"])
    elsewhere, missing = Named(shots[0], renamed, known["id"]), Named(shots[1], str(uuid.uuid4()))
    running.ftrack.log.clear()
    found = versions.assets([by_name, by_id, elsewhere, missing, by_name])
    assert [(each.id, each.exists) for each in (found[by_name], found[by_id])] == [
        (called["id"], True),
        (known["id"], True),
    ]
    assert [found[each].exists for each in (elsewhere, missing)] == [False, False]
    assert running.ftrack.log.operations().count("query:Asset") == 1
