"""Disks of other machines and folders of syncing services are known for what they are, on each system."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ftrack_accsyn_accessor.outbox import disk

MOUNTS = """\
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 0:30 / /mnt/nas rw,relatime - nfs4 server:/export rw,vers=4.2
23 21 0:31 / /mnt/nas/scratch rw,relatime master:1 propagate_from:2 - xfs /dev/sdb1 rw
24 21 0:32 / /mnt/with\\040space rw - cifs //server/share rw
25 21 0:33 / /home/a/cloud rw - fuse.rclone remote: rw
26 21 0:34 / /mnt/stick rw - exfat /dev/sdc1 rw
27 21 0:35 / /twice rw - nfs server:/a rw
28 21 0:36 / /twice rw - ext4 /dev/sdd1 rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", ""),
        ("/home/a", ""),
        ("/mnt/nas", "nfs4"),
        ("/mnt/nas/projects/.ftrack-accsyn", "nfs4"),
        ("/mnt/nasty", ""),
        ("/mnt/nas/scratch/projects", ""),
        ("/mnt/with space/projects", "cifs"),
        ("/home/a/cloud/x", "fuse.rclone"),
        ("/mnt/stick/x", ""),
        ("/twice/x", ""),
    ],
)
def test_linux_tells_by_the_innermost_and_latest_mount(path: str, kind: str) -> None:
    assert disk._on_linux(path, MOUNTS) == kind


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other ways")
def test_disk_of_a_test_is_local(tmp_path: Path) -> None:
    assert disk.network(str(tmp_path)) == ""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("C:\\projects", ""),
        ("P:\\projects", "a mapped drive"),
        ("P:/projects", "a mapped drive"),
        ("\\\\server\\share\\projects", "a share"),
        ("//server/share/projects", "a share"),
        ("\\\\?\\UNC\\server\\share\\projects", "a share"),
        ("\\\\?\\C:\\projects", ""),
        ("\\\\?\\P:\\projects", "a mapped drive"),
    ],
)
def test_windows_tells_by_the_drive(path: str, kind: str) -> None:
    assert disk._on_windows(path, lambda root: {"P:\\": 4}.get(root, 3)) == kind


def statfs(flags: int, kind: bytes) -> bytes:
    return bytes(64) + struct.pack("=II", flags, 0) + kind.ljust(16, b"\0") + bytes(2048)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (statfs(0x1000 | 0x8, b"apfs"), ""),
        (statfs(0x8, b"smbfs"), "smbfs"),
        (statfs(0, b"nfs"), "nfs"),
        (b"", ""),
    ],
)
def test_macos_tells_by_the_flag_of_local_disks(answer: bytes, kind: str) -> None:
    assert disk._on_macos("/Volumes/x", lambda path: answer) == kind


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("C:\\Users\\a\\OneDrive\\projects", "OneDrive"),
        ("C:\\Users\\a\\OneDrive - Studio GmbH\\projects", "OneDrive"),
        ("/Users/a/Library/CloudStorage/OneDrive-Personal/x", "OneDrive"),
        ("/Users/a/Library/Mobile Documents/com~apple~CloudDocs/x", "iCloud Drive"),
        ("/home/a/Dropbox/projects", "Dropbox"),
        ("/home/a/Dropbox (Studio)/projects", "Dropbox"),
        ("D:\\Google Drive\\projects", "Google Drive"),
        ("/data/projects", ""),
        ("/data/dropbox_footage", ""),
        ("/data/mydropbox", ""),
    ],
)
def test_service_that_syncs_a_folder_is_known_by_names(path: str, service: str) -> None:
    assert disk.cloud(path, {}) == service


@pytest.mark.parametrize("folder", ["D:\\Wolke", "d:/wolke/"])
def test_folder_that_onedrive_has_elsewhere_is_known_by_its_variable(folder: str) -> None:
    assert disk.cloud("D:\\Wolke\\projects", {"OneDriveCommercial": folder}) == "OneDrive"
    assert disk.cloud("D:\\Wolken\\projects", {"OneDriveCommercial": folder}) == ""


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"st_file_attributes": 0x20}, False),
        ({"st_file_attributes": 0x20 | 0x00400000}, True),
        ({"st_file_attributes": 0x00040000}, True),
        ({"st_file_attributes": 0x1000}, True),
        ({"st_flags": 0}, False),
        ({"st_flags": 0x40000000}, True),
        ({}, False),
    ],
)
def test_file_whose_content_is_elsewhere_is_known_by_its_attributes(found: dict[str, int], expected: bool) -> None:
    result: Any = SimpleNamespace(**found)
    assert disk.is_placeholder(result) is expected


def test_file_that_is_here_is_no_placeholder(tmp_path: Path) -> None:
    assert not disk.is_placeholder(os.stat(tmp_path))


def test_sound_places_give_no_concern(tmp_path: Path) -> None:
    assert list(disk.concerns(str(tmp_path / "a.sqlite3"), str(tmp_path), "ACCSYN_PROJECTS_PATH")) == []


def test_each_concern_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "network", lambda folder: "nfs4")
    found = list(disk.concerns("/home/a/Dropbox/.x/a.sqlite3", "/home/a/Dropbox", "ACCSYN_PROJECTS_PATH"))
    assert [("FTRACK_ACCSYN_OUTBOX" in each.remedy, "ACCSYN_PROJECTS_PATH" in each.remedy) for each in found] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    assert "nfs4" in found[0].what
    assert all("Dropbox" in each.what for each in found[1:])


def test_outbox_elsewhere_settles_what_concerns_the_outbox(tmp_path: Path) -> None:
    (found,) = disk.concerns(str(tmp_path / "a.sqlite3"), "/home/a/Dropbox/projects", "ACCSYN_PROJECTS_PATH")
    assert "placeholders" in found.what
