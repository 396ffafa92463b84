"""A staging area that is full or unplugged: an error where the host sees it, nothing half-written, nothing "gone"."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ftrack_api.exception
import pytest

from fault.faults.desk import Desk
from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.worker import runtime
from helpers import wait_until
from publishing import Publisher

BASE = "show_a/sq010/sh010/plate/v001"


def staged(root: Path) -> set[str]:
    """Names of all files below *root* but the plugin's own, unfinished ones included."""
    return {path.name for path in root.rglob("*") if path.is_file() and ".ftrack-accsyn" not in path.parts}


def assert_whole(path: Path) -> None:
    """SQLite finds nothing wrong with the outbox."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# Full.


def test_disk_that_is_full_while_staging_fails_the_publish_and_leaves_nothing_half_written(
    publisher: Publisher, small_disk: Path
) -> None:
    publisher.environment(ACCSYN_PROJECTS_PATH=str(small_disk))
    publisher.studio.demo.artist_client.folders[publisher.studio.demo.volume.id] = small_disk
    version = publisher.version(publisher.session())
    publisher.publish_file(version, "small")
    source = publisher.file("large.mov", 5_000_000)

    with pytest.raises(ftrack_api.exception.LocationError, match="No space left on device"):
        version.create_component(str(source), {"name": "large"}, location="auto")

    assert staged(small_disk) == {"small.mov"}
    (path,) = (small_disk / ".ftrack-accsyn").glob("*.sqlite3")
    assert [item.publication.component_name for item in Outbox(path).items()] == ["small"]
    assert_whole(path)
    later = publisher.session()
    component = publisher.publish_file(later.get("AssetVersion", version["id"]), "later")
    wait_until(
        lambda: {item.state for item in Outbox(path).items()} <= {State.SUBMITTED, State.TRANSFERRING, State.SYNCED},
        20.0,
    )
    publisher.studio.accsyn.engine.wait_idle(20)
    assert {Path(name).name for name in publisher.hq()} == {"small.mov", "later.mov"}
    assert component


def test_disk_that_is_full_in_the_middle_of_a_sequence_leaves_whole_frames_only(
    publisher: Publisher, small_disk: Path
) -> None:
    publisher.environment(ACCSYN_PROJECTS_PATH=str(small_disk))
    version = publisher.version(publisher.session())
    for frame in range(1, 6):
        publisher.file(f"frames.{frame:04d}.exr", 700_000)

    with pytest.raises(ftrack_api.exception.LocationError, match="No space left on device"):
        version.create_component(f"{publisher.folder}/frames.%04d.exr [1-5]", {"name": "frames"}, location="auto")

    sizes = {path.stat().st_size for path in small_disk.rglob("*") if path.name in staged(small_disk)}
    assert sizes <= {700_000}
    (path,) = (small_disk / ".ftrack-accsyn").glob("*.sqlite3")
    assert list(Outbox(path).items()) == []
    assert_whole(path)


@pytest.fixture
def short_files() -> Iterator[Any]:
    """A limit to the size of files, which fails a write as a full disk does, without the right to mount one."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size_bytes: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_write_that_fails_half_way_fails_the_publish_and_leaves_nothing_half_written(
    publisher: Publisher, short_files: Any
) -> None:
    version = publisher.version(publisher.session())
    source = publisher.file("large.mov", 3_000_000)

    short_files(1_000_000)
    with pytest.raises(ftrack_api.exception.LocationError, match="File too large"):
        version.create_component(str(source), {"name": "large"}, location="auto")
    short_files(-1)

    assert staged(publisher.studio.staging) == set()
    assert list(publisher.outbox.items()) == []
    assert_whole(publisher.outbox.path)


# Unplugged.


def unplug(staging: Path, left_behind: str) -> Path:
    """Take the staging folder away as an unplugged disk does; return where it is now."""
    away = staging.rename(staging.with_name("unplugged"))
    if left_behind == "an empty mount point":
        staging.mkdir()
    return away


def plug_in(away: Path, staging: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        staging.rmdir()  # fails when anything was made in it
    away.rename(staging)


left_behinds = pytest.mark.parametrize("left_behind", ["nothing", "an empty mount point"])


@left_behinds
def test_unplugged_staging_area_is_waited_for_by_a_live_session_and_then_goes_on_by_itself(
    publisher: Publisher, left_behind: str, caplog: pytest.LogCaptureFixture
) -> None:
    accsyn, staging = publisher.studio.accsyn, publisher.studio.staging
    accsyn.switches.refuse(True)
    session = publisher.session()
    version = publisher.version(session)
    component = publisher.publish_file(version)
    publisher.waiting(component, "unreachable")
    away = unplug(staging, left_behind)
    accsyn.switches.refuse(False)

    wait_until(lambda: [text for text in caplog.messages if "plug the disk in again" in text], 20.0)
    with pytest.raises(ftrack_api.exception.LocationError, match=r"the staging root .* has vanished"):
        publisher.publish_file(version, "meanwhile")
    assert not staging.exists() or list(staging.iterdir()) == []
    assert accsyn.log.count("transfer/create") == 0
    plug_in(away, staging)

    (item,) = publisher.submitted(component)
    accsyn.engine.wait_idle(20)
    assert item.cause == ""
    assert len(publisher.hq()) == 1
    assert publisher.publish_file(publisher.session().get("AssetVersion", version["id"]), "afterwards")


@left_behinds
def test_hours_without_the_staging_area_neither_fail_items_nor_ask_accsyn(desk: Desk, left_behind: str) -> None:
    components = [desk.publish_file("main"), desk.publish_sequence("frames", [1, 2, 3])]
    staging = desk.studio.staging
    away = unplug(staging, left_behind)

    desk.run_for(7200.0)

    assert not staging.exists() or list(staging.iterdir()) == []
    assert desk.studio.accsyn.log.count() == 0
    plug_in(away, staging)
    assert {desk.item(component).state for component in components} == {State.PENDING}
    assert desk.finish() <= 30.0
    desk.assert_each_task_once()


@left_behinds
def test_staging_area_unplugged_between_two_sessions_is_known_again_and_goes_on(
    publisher: Publisher, left_behind: str
) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    component = publisher.publish_file(publisher.version(publisher.session()))
    runtime.stop_all(0.0)
    staging = publisher.studio.staging
    plug_in(unplug(staging, left_behind), staging)
    publisher.studio.accsyn.switches.refuse(False)

    publisher.session()

    publisher.submitted(component)


@left_behinds
def test_session_started_without_the_staging_area_makes_no_other_one_for_an_outbox_elsewhere(
    publisher: Publisher, tmp_path: Path, left_behind: str, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.environment(FTRACK_ACCSYN_OUTBOX=str(tmp_path / "outboxes"))
    publisher.studio.accsyn.switches.refuse(True)
    publisher.publish_file(publisher.version(publisher.session()))
    runtime.stop_all(0.0)
    announce._said.clear()
    staging = publisher.studio.staging
    away = unplug(staging, left_behind)

    session = publisher.session()

    assert not staging.exists() or list(staging.iterdir()) == []
    version = session.query("AssetVersion").first()
    with pytest.raises(ftrack_api.exception.LocationError, match=r"the staging root .* has vanished"):
        publisher.publish_file(version, "meanwhile")
    assert [
        record
        for record in caplog.records
        if record.levelno >= logging.ERROR and "plug the disk in" in record.getMessage()
    ]
    (path,) = (tmp_path / "outboxes").glob("*.sqlite3")
    outbox = Outbox(path)
    assert [item.state for item in outbox.items()] == [State.PENDING]
    plug_in(away, staging)
    publisher.studio.accsyn.switches.refuse(False)
    publisher.session()
    wait_until(lambda: [item.state for item in outbox.items()] != [State.PENDING], 20.0)
    publisher.studio.accsyn.engine.wait_idle(20)
    assert len(publisher.hq()) == 1
