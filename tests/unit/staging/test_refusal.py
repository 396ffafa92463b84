"""Why a folder cannot be used: its disk is not there, the system keeps the application out, it is somebody else's."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import Callable

import pytest
from ftrack_api import exception as ftrack_errors

from ftrack_accsyn_accessor.model import folders
from ftrack_accsyn_accessor.model.errors import OutboxUnusable, StagingError, StagingGone
from ftrack_accsyn_accessor.outbox import memory
from ftrack_accsyn_accessor.staging import refusal
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
from ftrack_accsyn_accessor.staging.area import StagingArea, _prepared
from ftrack_accsyn_accessor.worker import runtime

System = Callable[[str], Path]
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs owners and mount points of POSIX")


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    """Make this the system *platform*, whose disks are mounted in the folder that is returned."""

    def make(platform: str) -> Path:
        mounted = tmp_path / "Volumes"
        mounted.mkdir()
        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.setitem(folders.MOUNTED_IN, platform, ((str(mounted), 1),))
        return mounted

    return make


def gone(root: Path) -> str:
    """Prepare an area at *root* as a session does that may begin one; return why it is waited for."""
    _prepared.clear()
    with pytest.raises(StagingGone) as caught:
        StagingArea(str(root)).prepare()
    return str(caught.value)


@POSIX
@pytest.mark.parametrize("platform", ["darwin", "linux"])
def test_folder_of_a_disk_is_never_made_and_nobody_is_told_to(system: System, platform: str) -> None:
    mounted = system(platform)

    text = gone(mounted / "Disk" / "projects")

    assert "its disk is not there" in text
    assert str(mounted / "Disk") in text
    assert "make the folder" not in text
    assert "writable" not in text
    assert list(mounted.iterdir()) == []


@POSIX
def test_area_that_was_served_on_a_disk_that_is_gone_is_unplugged_and_nothing_is_made(system: System) -> None:
    mounted = system("darwin")
    root = mounted / "Disk" / "projects"
    memory.keep(memory.Served(str(root), "1234", str(root / "outbox.sqlite3")))

    text = gone(root)

    assert "known on this machine, but is not there: its disk is unplugged" in text
    assert "make the folder" not in text
    assert list(mounted.iterdir()) == []


@POSIX
def test_folder_that_was_left_in_the_place_of_a_disk_is_not_taken_for_it_on_macos(system: System) -> None:
    mounted = system("darwin")
    (mounted / "Disk").mkdir()

    text = gone(mounted / "Disk" / "projects")

    assert "is a folder of the system's own disk" in text
    assert list((mounted / "Disk").iterdir()) == []


@POSIX
def test_area_is_begun_on_the_systems_own_disk_by_its_name_and_in_a_folder_that_linux_has_there(
    system: System, tmp_path: Path
) -> None:
    mounted = system("darwin")
    (mounted / "Macintosh HD").symlink_to(tmp_path)
    StagingArea(str(mounted / "Macintosh HD" / "projects")).prepare()
    assert (tmp_path / "projects" / ".ftrack-accsyn").is_dir()


@POSIX
def test_ordinary_folder_beside_the_mounted_disks_of_linux_is_taken(system: System) -> None:
    root = system("linux") / "data" / "projects"
    root.parent.mkdir()
    area = StagingArea(str(root))

    area.prepare()

    assert area.present()


@POSIX
def test_disk_that_comes_later_is_taken_by_the_next_session(system: System) -> None:
    root = system("linux") / "Disk" / "projects"
    gone(root)
    root.parent.mkdir()
    area = StagingArea(str(root))

    area.prepare()

    assert (area.was_new, area.present()) == (True, True)


@POSIX
def test_publish_on_a_disk_that_has_gone_says_so_and_not_to_make_a_folder_in_its_place(system: System) -> None:
    mounted = system("linux")
    accessor = AccsynAccessor(str(mounted / "Disk" / "projects"))

    with pytest.raises(ftrack_errors.AccessorOperationFailedError) as caught:
        accessor.open("a.mov", "wb")

    assert "plug the disk in again" in str(caught.value)
    assert "make .ftrack-accsyn" not in str(caught.value)
    assert list(mounted.iterdir()) == []


@POSIX
def test_outbox_elsewhere_makes_no_folder_of_a_disk_either(system: System) -> None:
    mounted = system("darwin")

    with pytest.raises(OutboxUnusable, match="its disk is not there"):
        runtime._make_folder(mounted / "Disk" / "outbox")

    assert list(mounted.iterdir()) == []


# A drive letter that another disk has taken needs no drive: its root is simply another folder.


def test_another_disk_in_the_place_of_a_known_one_gets_no_area(tmp_path: Path) -> None:
    root = tmp_path / "E" / "projects"
    memory.keep(memory.Served(str(root), "1234", str(root / "outbox.sqlite3")))
    (tmp_path / "E" / "other").mkdir(parents=True)

    assert "is not there: its disk is unplugged" in gone(root)
    assert [path.name for path in root.parent.iterdir()] == ["other"]


# Kept out.


def refusing(monkeypatch: pytest.MonkeyPatch, call: str, code: int, below: Path) -> None:
    """Let the system refuse *call* on everything below a folder; a patch, since root may do anything."""
    real = getattr(os, call)

    def refuse(path: object, *arguments: object, **more: object) -> object:
        if str(path).startswith(str(below)):
            raise PermissionError(code, os.strerror(code), str(path))
        return real(path, *arguments, **more)

    monkeypatch.setattr(os, call, refuse)


@pytest.fixture
def maya(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(sys, "executable", "/Applications/Autodesk/maya2026/Maya.app/Contents/bin/mayapy")


@pytest.mark.parametrize("call", ["open", "stat"])
@pytest.mark.usefixtures("maya")
def test_privacy_protection_of_macos_is_named_with_the_application_when_a_session_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    root = tmp_path / "projects"
    StagingArea(str(root)).prepare()
    _prepared.clear()
    refusing(monkeypatch, call, errno.EPERM, root)

    with pytest.raises(StagingError, match="Privacy & Security > Files and Folders") as caught:
        StagingArea(str(root)).prepare()

    assert "macOS keeps Maya out of it" in str(caught.value)
    assert "writable" not in str(caught.value)
    assert "plug" not in str(caught.value)


@pytest.mark.usefixtures("maya")
def test_privacy_protection_that_begins_while_a_process_lives_is_no_unplugged_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    area = StagingArea(str(tmp_path / "projects"))
    area.prepare()
    refusing(monkeypatch, "stat", errno.EPERM, tmp_path / "projects")

    with pytest.raises(StagingGone, match="Privacy & Security > Files and Folders") as caught:
        area.require()

    assert "plug" not in str(caught.value)


@pytest.mark.usefixtures("maya")
def test_publish_that_macos_refuses_names_the_same_place(tmp_path: Path) -> None:
    error = PermissionError(errno.EPERM, "Operation not permitted")

    text = str(AccsynAccessor(str(tmp_path))._failure("write", "a.mov", str(tmp_path / "a.mov"), error))

    assert "Operation not permitted. macOS keeps Maya out of it" in text


@pytest.mark.parametrize(
    ("executable", "name"),
    [
        ("/Applications/ftrack Connect.app/Contents/MacOS/ftrack_connect", "ftrack Connect"),
        ("/Applications/Houdini/Houdini FX.app/Contents/Frameworks/Python.framework/a/Python.app/b", "Houdini FX"),
        (
            "/Library/Frameworks/Python.framework/Versions/3.11/Resources/Python.app/Contents/MacOS/Python",
            "the terminal or application that runs this",
        ),
        ("/usr/local/bin/python3", "the terminal or application that runs this"),
        ("", "the terminal or application that runs this"),
    ],
)
def test_application_is_called_as_macos_calls_it(monkeypatch: pytest.MonkeyPatch, executable: str, name: str) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(sys, "executable", executable)

    told = refusal.cause(PermissionError(errno.EPERM, "Operation not permitted"), "/Volumes/Disk/projects")

    assert told.startswith(f"macOS keeps {name} out of it")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give a folder away")
def test_folder_of_another_account_is_named_with_it(tmp_path: Path) -> None:
    os.chown(tmp_path, 1, -1)
    path = str(tmp_path / "projects" / "deeper")

    told = refusal.remedy(PermissionError(errno.EACCES, "Permission denied"), path)

    assert told == f"{tmp_path} belongs to {refusal._account(1)}, who has to let this user in. {refusal.MAKE_WRITABLE}"
    os.chown(tmp_path, 54321, -1)
    assert "belongs to user 54321," in refusal.remedy(PermissionError(errno.EACCES, "Permission denied"), path)
    assert refusal.remedy(OSError(errno.ENOSPC, "No space left on device"), path) == refusal.MAKE_WRITABLE


def test_own_folder_has_no_other_owner(tmp_path: Path) -> None:
    os.chmod(tmp_path, stat.S_IRWXU)

    assert refusal.remedy(PermissionError(errno.EACCES, "Permission denied"), str(tmp_path)) == refusal.MAKE_WRITABLE
