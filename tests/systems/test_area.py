"""A staging area on disks with the manners of other systems: begun, known again, and missed in the right words."""

from __future__ import annotations

import dataclasses
import errno
import logging
import os
from pathlib import Path

import pytest

from disks.fixtures import NewDisk
from disks.manners import MACOS, PLAIN, WINDOWS
from fault.data.test_remembered import end
from fault.host.test_opening import is_staged, said
from ftrack_accsyn_accessor.model.errors import StagingError, StagingGone
from ftrack_accsyn_accessor.outbox import locations
from ftrack_accsyn_accessor.staging import temporaries
from ftrack_accsyn_accessor.staging.area import StagingArea, _prepared
from publishing import Publisher, publisher, studio

__all__ = ["publisher", "studio"]

SCANNED = dataclasses.replace(PLAIN, shares_nothing=True, holder_ms=60)


def left(root: Path) -> list[str]:
    """Unfinished files in the root, and in its state folder."""
    names = [*os.listdir(root), *os.listdir(root / ".ftrack-accsyn")]
    return [name for name in names if name.startswith(".") and name != ".ftrack-accsyn"]


@pytest.mark.parametrize("manners", [SCANNED, WINDOWS, MACOS], ids=["scanned", "windows", "macos"])
def test_area_is_begun_and_known_again_and_leaves_nothing(new_disk: NewDisk, manners: object) -> None:
    disk = new_disk(manners)
    root = disk.mount_point / "projects"

    area = StagingArea(str(root))
    area.prepare()
    locations.keep(str(root), [locations.Located("https://acme.test", "artist", "artist.ws1")])
    _prepared.clear()
    again = StagingArea(str(root))
    again.prepare()

    assert (area.was_new, again.was_new) == (True, False)
    assert again.uuid == area.uuid
    assert [each.name for each in locations.located(str(root))] == ["artist.ws1"]
    disk.change(holder_ms=0)
    temporaries.remove_held()
    assert left(root) == []


def test_session_that_opens_under_a_virus_scanner_is_staged(
    publisher: Publisher, new_disk: NewDisk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "ftrack_accsyn_accessor")
    root = new_disk(SCANNED).mount_point / "projects"
    publisher.environment(ACCSYN_PROJECTS_PATH=str(root))

    session = publisher.session()

    assert is_staged(session)
    assert said(caplog) == []
    assert left(root) == []
    publisher.close()
    end()


def test_folder_that_macos_protects_is_told_so_and_not_taken_for_unplugged(
    new_disk: NewDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = new_disk(MACOS)
    area = StagingArea(str(disk.mount_point / "projects"))
    area.prepare()
    monkeypatch.setattr("sys.platform", "darwin")
    disk.fail(errno.EPERM, disk.mount_point / "projects")

    with pytest.raises(StagingGone, match="Privacy & Security > Files and Folders"):
        area.require()
    _prepared.clear()
    with pytest.raises(StagingError, match="Privacy & Security > Files and Folders"):
        StagingArea(str(disk.mount_point / "projects")).prepare()
    disk.fail(0, disk.mount_point / "projects")
