"""Publishing with the real ftrack_api into a staging area on a disk of another system, virus scanner included."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from disks import FAT, MACOS, NAS, WINDOWS, Disk, Manners
from disks.fixtures import NewDisk
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import Publisher, at_work

#: Every disk has locks here: an outbox on one without them is a matter of its own.
DISKS = {"windows": WINDOWS, "macos": MACOS, "nas": NAS, "fat": FAT}


# Windows' manners are those that forbid most; the others follow with `make systems`.
@pytest.fixture(params=[name if name == "windows" else pytest.param(name, marks=pytest.mark.slow) for name in DISKS])
def disk(request: pytest.FixtureRequest, new_disk: NewDisk) -> Disk:
    """Return the disk on which the staging area of the studio lies, and nothing else."""
    manners: Manners = DISKS[request.param]
    return new_disk(Manners(**{**manners.as_values(), "lock_errno": 0}), "studio/staging")


@pytest.fixture
def publisher(disk: Disk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Publisher]:
    with Studio(tmp_path / "studio") as studio, at_work(studio, monkeypatch, tmp_path / "sources") as working:
        assert studio.staging == disk.mount_point
        yield working


def has_arrived(publisher: Publisher, component: Any) -> bool:
    return publisher.item(component).state is State.SYNCED


def arrived(publisher: Publisher, *components: Any) -> None:
    for component in components:
        wait_until(partial(has_arrived, publisher, component), 60.0, f"{component['name']} to arrive")


def test_what_is_published_arrives_and_nothing_is_left_behind(publisher: Publisher, disk: Disk) -> None:
    session = publisher.session()
    version = publisher.version(session, asset="plåt")
    components = [
        publisher.publish_file(version, "Film é"),
        publisher.publish_sequence(version, range(1001, 1025)),
        publisher.publish_container(session, version, "päck"),
    ]
    arrived(publisher, *components)
    sources = sorted(path.read_bytes() for path in publisher.folder.iterdir())
    assert sorted(publisher.hq().values()) == sources
    staged = [path for path in disk.mount_point.rglob("*") if path.is_file() and ".ftrack-accsyn" not in path.parts]
    assert sorted(path.read_bytes() for path in staged) == sources
    assert [path for path in disk.backing.rglob("*") if "part" in path.suffix or "probe" in path.name] == []


def test_the_next_session_publishes_on(publisher: Publisher, disk: Disk) -> None:
    for name in ("first", "second"):
        session = publisher.session()
        component = publisher.publish_file(publisher.version(session), name)
        assert session.pick_location()["name"] != "ftrack.unmanaged"
        arrived(publisher, component)
        publisher.close()


def test_an_idle_disk_is_ejected_and_the_next_publish_finds_it_again(publisher: Publisher, disk: Disk) -> None:
    session = publisher.session()
    component = publisher.publish_file(publisher.version(session), "first")
    arrived(publisher, component)
    wait_until(lambda: not disk.open_files(), 30.0, "nothing to be open on the disk")
    wait_until(disk.eject, 30.0, "the disk to go: whoever looks at it for a moment is asked again")
    disk.plug()
    again = publisher.publish_file(publisher.version(session), "second")
    arrived(publisher, again)
