"""`ftrack-accsyn reconcile`: what ftrack has registered and nobody knows of is queued again, and nothing else."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import ftrack_api.accessor.disk
import ftrack_api.structure.standard
import pytest
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from ftrack_accsyn_accessor import machine
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.staging import location
from helpers import wait_until
from publishing import Publisher
from runner import RUNNER

Reconcile = Callable[..., dict[str, Any]]
BASE = "show_a/sq010/sh010/plate/v001"
NONE: dict[str, Any] = {"vanished": [], "forgotten": 0}


def names(items: list[dict[str, Any]]) -> set[str]:
    return {item["component"] for item in items}


def files(root: Path) -> dict[str, tuple[int, int]]:
    """Everything below *root* with size and time, but for SQLite's journals, which come and go with a reader."""
    return {
        path.relative_to(root).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm", ".lock"))
    }


def publish_all(publisher: Publisher, session: Optional[Any] = None) -> list[Any]:
    session = session or publisher.session()
    version = publisher.version(session)
    return [
        publisher.publish_file(version),
        publisher.publish_sequence(version, [1001, 1002, 1004]),
        publisher.publish_container(session, version),
    ]


def synced(publisher: Publisher, components: list[Any]) -> None:
    """Wait until *components* are available at head quarters."""
    publisher.submitted(*components)
    publisher.studio.accsyn.engine.wait_idle(20)
    wait_until(
        lambda: {publisher.item(component).state for component in components} == {State.SYNCED},
        30.0,
        "all to be synced",
    )


def test_lost_outbox_is_made_again_exactly_as_it_was(
    publisher: Publisher, reconcile: Reconcile, away: Callable[[], None]
) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    components = publish_all(publisher)
    before = {component["id"]: publisher.item(component).publication for component in components}
    away()
    publisher.studio.accsyn.switches.refuse(False)

    told = reconcile()

    assert names(told["outcome"]["queued"]) == {"main", "frames", "pack"}
    assert {item["file_count"] for item in told["outcome"]["queued"]} == {1, 3, 2}
    for component in components:
        item = publisher.item(component)
        assert item.state is State.PENDING
        assert sorted(item.publication.files, key=lambda file: file.path) == sorted(
            before[component["id"]].files, key=lambda file: file.path
        )
        assert dataclasses.replace(item.publication, files=()) == dataclasses.replace(before[component["id"]], files=())
    publisher.studio.accsyn.switches.refuse(False)


def test_what_was_queued_again_arrives_with_the_next_session_once_each(
    publisher: Publisher, reconcile: Reconcile, away: Callable[[], None]
) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    components = publish_all(publisher)
    away()
    publisher.studio.accsyn.switches.refuse(False)
    reconcile()

    publisher.session()
    synced(publisher, components)

    (job,) = publisher.studio.accsyn.workspace.jobs()
    assert len(job.tasks) == 4  # two ranges of the sequence, the file and the folder
    assert len(publisher.hq()) == 6


def test_what_is_at_the_destination_is_not_queued_again(
    publisher: Publisher, reconcile: Reconcile, away: Callable[[], None]
) -> None:
    synced(publisher, publish_all(publisher))
    away()

    told = reconcile()

    assert told["outcome"] == {"registered": 3, "available": 3, "known": 0, "queued": [], **NONE}


def test_what_was_submitted_before_the_outbox_was_lost_is_not_doubled(
    publisher: Publisher, reconcile: Reconcile, away: Callable[[], None]
) -> None:
    publisher.studio.accsyn.engine.paused = True
    components = publish_all(publisher)
    publisher.submitted(*components)
    away()

    assert len(reconcile()["outcome"]["queued"]) == 3
    publisher.session()
    publisher.submitted(*components)
    publisher.studio.accsyn.engine.paused = False
    synced(publisher, components)

    (job,) = publisher.studio.accsyn.workspace.jobs()
    assert max(Counter(task.source for task in job.tasks).values()) == 1
    assert len(job.tasks) == 4


def test_second_run_finds_everything_in_the_outbox(
    publisher: Publisher, reconcile: Reconcile, away: Callable[[], None]
) -> None:
    publisher.studio.accsyn.engine.paused = True
    publish_all(publisher)
    away()
    reconcile()

    told = reconcile()

    assert told["outcome"] == {"registered": 3, "available": 0, "known": 3, "queued": [], **NONE}


def test_dry_run_tells_the_same_and_changes_nothing(
    publisher: Publisher, reconcile: Reconcile, away: Callable[[], None]
) -> None:
    publisher.studio.accsyn.engine.paused = True
    publish_all(publisher)
    away()
    before, writes = files(publisher.studio.staging), publisher.studio.ftrack.log.count("create")

    dry = reconcile("--dry-run")

    assert dry["dry_run"]
    assert files(publisher.studio.staging) == before
    assert publisher.studio.ftrack.log.count("create") == writes
    assert publisher.studio.accsyn.log.count("transfer/create") <= 1
    wet = reconcile()
    assert dry["outcome"] == wet["outcome"]


def test_vanished_files_are_told_and_queued_once_they_are_back(
    publisher: Publisher, reconcile: Reconcile, away: Callable[[], None]
) -> None:
    publisher.studio.accsyn.engine.paused = True
    components = publish_all(publisher)
    away()
    frame = publisher.studio.staging / BASE / "frames.1002.exr"
    kept = frame.rename(publisher.folder / "kept.exr")

    told = reconcile()

    assert told["exit_code"] == exit_codes.ATTENTION
    assert names(told["outcome"]["queued"]) == {"main", "pack"}
    (vanished,) = told["outcome"]["vanished"]
    assert (vanished["component"], vanished["missing"]) == ("frames", [f"{BASE}/frames.1002.exr"])
    staging = components[1].session.pick_location()
    assert publisher.studio.ftrack.store.find(
        "ComponentLocation", component_id=components[1]["id"], location_id=staging["id"]
    )
    kept.rename(frame)
    assert names(reconcile()["outcome"]["queued"]) == {"frames"}


def test_components_of_an_earlier_release_are_found(publisher: Publisher, reconcile: Reconcile) -> None:
    """An earlier release registers in a location of the same name, with ftrack's own structure, and knows no outbox."""
    publisher.environment(FTRACK_EVENT_PLUGIN_PATH=None)
    session = publisher.session()
    old = session.create("Location", {"name": f"artist.{machine.hostname()}"})
    session.commit()
    old.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(publisher.studio.staging))
    old.structure = ftrack_api.structure.standard.StandardStructure()
    old.priority = location.PRIORITY
    publish_all(publisher, session)

    told = reconcile()

    assert names(told["outcome"]["queued"]) == {"main", "frames", "pack"}
    assert {publication.publication.project_name for publication in publisher.outbox.items()} == {"show_a"}


def test_container_in_a_container_is_one_item_with_all_its_files(
    publisher: Publisher, reconcile: Reconcile, away: Callable[[], None]
) -> None:
    publisher.studio.accsyn.engine.paused = True
    session = publisher.session()
    version = publisher.version(session)
    outer = session.create("ContainerComponent", {"name": "outer", "version": version})
    for frame in (1, 2):
        publisher.file(f"inner.{frame:04d}.exr", 20)
    inner = session.create_component(
        f"{publisher.folder}/inner.%04d.exr [1-2]",
        {"name": "inner", "container": outer, "version": version},
        location=None,
    )
    outer["members"].append(inner)
    session.commit()
    session.pick_location().add_component(outer, session.get("Location", ORIGIN_LOCATION_ID))
    away()

    told = reconcile()

    assert [(item["component"], item["file_count"]) for item in told["outcome"]["queued"]] == [("outer", 2)]


def test_sequence_without_members_is_queued_and_one_whose_members_are_elsewhere_is_not(
    publisher: Publisher, reconcile: Reconcile, away: Callable[[], None]
) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    session = publisher.session()
    version = publisher.version(session)
    frames = publisher.publish_sequence(version, [1, 2])
    empty = session.create("SequenceComponent", {"name": "empty", "padding": 4, "version": version})
    session.commit()
    session.pick_location().add_component(empty, session.get("Location", ORIGIN_LOCATION_ID))
    store = publisher.studio.ftrack.store
    for member in frames["members"]:
        for row in store.find("ComponentLocation", component_id=member["id"]):
            store.delete("ComponentLocation", row["id"])
    away()
    publisher.studio.accsyn.switches.refuse(False)

    told = reconcile()

    assert names(told["outcome"]["queued"]) == {"empty"}
    assert publisher.item(empty).file_count == 0


def test_hundreds_of_components_cost_a_few_queries(
    publisher: Publisher, reconcile: Reconcile, away: Callable[[], None]
) -> None:
    publisher.studio.accsyn.engine.paused = True
    session = publisher.session()
    publish_all(publisher)
    away()
    make_registered(publisher, session.pick_location(), 1200)
    publisher.studio.ftrack.log.clear()

    told = reconcile()

    assert len(told["outcome"]["queued"]) == 1203
    # Pages of 500 for what is registered and what has arrived; two for each 50, and what logging in takes.
    assert publisher.studio.ftrack.log.count() <= 75


def make_registered(publisher: Publisher, staging: Any, count: int) -> None:
    """Register *count* more files of the same version, as so many publishes would have."""
    store = publisher.studio.ftrack.store
    version = store.find("AssetVersion")[0]
    with store.transaction():
        for number in range(count):
            path = f"{BASE}/many/{number:04d}.txt"
            (publisher.studio.staging / path).parent.mkdir(exist_ok=True)
            (publisher.studio.staging / path).write_text("x")
            component = store.create("FileComponent", name=f"{number:04d}", version_id=version["id"])
            store.create(
                "ComponentLocation",
                component_id=component["id"],
                location_id=staging["id"],
                resource_identifier=path,
            )


def test_reconciling_beside_a_publishing_and_uploading_session_doubles_and_loses_nothing(
    publisher: Publisher, reconcile: Reconcile
) -> None:
    session = publisher.session()
    version = publisher.version(session)
    publisher.publish_file(version, "first")
    done = threading.Event()
    told: list[dict[str, Any]] = []

    def again_and_again() -> None:
        while not done.is_set():
            told.append(reconcile())

    beside = threading.Thread(target=again_and_again)
    beside.start()
    try:
        components = [publisher.publish_file(version, f"shot{number}") for number in range(15)]
    finally:
        wait_until(lambda: len(told) > 1 or not beside.is_alive(), 30.0, "a second run")
        done.set()
        beside.join(30.0)
    publisher.submitted(*components)

    (job,) = publisher.studio.accsyn.workspace.jobs()
    assert max(Counter(task.source for task in job.tasks).values()) == 1
    assert len(job.tasks) == 16
    assert [found["outcome"]["queued"] for found in told] == [[]] * len(told)
    assert len(list(publisher.outbox.items())) == 16


def test_destination_that_is_not_known_is_said_and_nothing_is_queued(
    publisher: Publisher, away: Callable[[], None]
) -> None:
    publisher.studio.accsyn.engine.paused = True
    publish_all(publisher)
    away()
    publisher.studio.accsyn.switches.refuse(True)

    result = RUNNER.invoke(application, ["reconcile", "--timeout", "0.2"])

    assert result.exit_code == exit_codes.TIMEOUT
    assert "the connection was refused" in result.stderr
    assert not list(publisher.outbox.items())


def test_destination_of_the_environment_needs_no_accsyn(
    publisher: Publisher, reconcile: Reconcile, away: Callable[[], None]
) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    publish_all(publisher)
    away()
    publisher.environment(FTRACK_ACCSYN_DESTINATION="acme", FTRACK_ACCSYN_DESTINATION_LOCATION="studio.hq")

    assert len(reconcile()["outcome"]["queued"]) == 3


@pytest.mark.parametrize("left_behind", ["nothing", "an empty mount point"])
@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_unplugged_staging_area_is_said_and_not_made_anew(
    publisher: Publisher, away: Callable[[], None], left_behind: str, arguments: list[str]
) -> None:
    publisher.studio.accsyn.engine.paused = True
    publish_all(publisher)
    away()
    staging = publisher.studio.staging
    staging.rename(staging.with_name("unplugged"))
    if left_behind != "nothing":
        staging.mkdir()

    result = RUNNER.invoke(application, ["reconcile", *arguments])

    assert result.exit_code == exit_codes.NOT_SET_UP
    assert "Is its disk plugged in?" in result.stderr
    assert not staging.exists() or not any(staging.iterdir())


def test_text_for_people_names_what_was_queued_and_what_vanished(
    publisher: Publisher, away: Callable[[], None]
) -> None:
    publisher.studio.accsyn.engine.paused = True
    publish_all(publisher)
    away()
    (publisher.studio.staging / BASE / "main.mov").unlink()

    result = RUNNER.invoke(application, ["reconcile"])

    assert result.exit_code == exit_codes.ATTENTION
    assert "3 component(s) are registered in the staging location" in result.stdout
    assert "2 queued, 1 vanished" in result.stdout
    assert f"{BASE}/main.mov" in result.stdout
    assert f"{BASE}/frames.%04d.exr" in result.stdout


def test_machine_without_settings_is_told_what_is_missing(publisher: Publisher) -> None:
    publisher.environment(ACCSYN_API_KEY=None)

    result = RUNNER.invoke(application, ["reconcile"])

    assert result.exit_code == exit_codes.NOT_SET_UP
    assert "ACCSYN_API_KEY" in result.stderr
