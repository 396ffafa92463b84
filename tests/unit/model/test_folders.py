"""Walks up a path end, on every system; what is a full path is the same on every CPython."""

from __future__ import annotations

import itertools
import ntpath
import posixpath
from types import ModuleType
from typing import Optional

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.folders import above, disk_folders, full, missing

SYSTEMS = st.sampled_from([posixpath, ntpath])
PARTS = st.sampled_from(["/", "\\", "a", "B", ".", "..", ":", "C:", "?", " ", "é", "\udcff"])
PATHS = st.lists(PARTS, max_size=20).map("".join)


@given(SYSTEMS, PATHS)
@example(ntpath, "\\\\server\\share\\a\\b")
@example(posixpath, "//a")
def test_walk_up_from_anywhere_gets_shorter_at_each_step_and_ends_at_the_top(flavour: ModuleType, path: str) -> None:
    walked = [path, *itertools.islice(above(path, flavour), len(path) + 1)]

    assert all(len(one) > len(other) for one, other in zip(walked, walked[1:]))
    assert [flavour.dirname(each) for each in walked[:-1]] == walked[1:]
    assert flavour.dirname(walked[-1]) in ("", walked[-1])


@given(SYSTEMS, PATHS, PATHS)
@example(ntpath, "\\\\server\\share", "a\\b")
@example(ntpath, "C:\\", "a\\b")
@example(posixpath, "/", "a/b")
def test_no_folder_is_made_but_those_in_a_root_that_has_vanished(flavour: ModuleType, root: str, below: str) -> None:
    folder = flavour.join(root, below)

    found = missing(folder, root, lambda path: False, flavour)

    assert len(found) <= len(folder)
    assert all(len(each.rstrip("\\/")) > len(root.rstrip("\\/")) for each in found)
    assert found == sorted(found, key=len)


def test_folders_are_made_from_the_first_that_is_there_on() -> None:
    there = {"/data/projects", "/data/projects/a"}

    assert missing("/data/projects/a/b/c", "/data/projects", there.__contains__, posixpath) == [
        "/data/projects/a/b",
        "/data/projects/a/b/c",
    ]
    assert missing("/data/projects", "/data/projects", there.__contains__, posixpath) == []


@pytest.mark.parametrize(
    ("flavour", "path", "expected"),
    [
        (ntpath, r"\\server\share", r"\\server\share"),
        (ntpath, "\\\\server\\share\\", r"\\server\share"),
        (ntpath, "//server/share/", r"\\server\share"),
        (ntpath, r"\\server\share\projects", r"\\server\share\projects"),
        (ntpath, r"\\server", ""),
        (ntpath, "\\\\server\\", ""),
        (ntpath, r"\projects", ""),
        (ntpath, "E:", ""),
        (ntpath, "E:projects", ""),
        (ntpath, "E:\\", "E:\\"),
        (ntpath, "e:/projects/./a/..", "e:\\projects"),
        (posixpath, "/data//projects/", "/data/projects"),
        (posixpath, "data", ""),
    ],
)
def test_full_path_is_told_from_others_in_the_same_way_on_every_cpython(
    flavour: ModuleType, path: str, expected: str
) -> None:
    assert full(path, flavour) == expected


@pytest.mark.parametrize(("path", "found"), [(r"\\server\share", r"\\server\share"), (r"\\server", None)])
def test_share_without_a_folder_is_a_staging_path_and_a_server_is_none(path: str, found: Optional[str]) -> None:
    assert settings.read({"ACCSYN_PROJECTS_PATH": path}, flavour=ntpath).staging_path == found


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("D:\\projects", "D:\\"),
        ("\\\\?\\D:\\projects", "\\\\?\\D:\\"),
        ("\\\\server\\share\\projects", "\\\\server\\share"),
        ("\\\\?\\UNC\\server\\share\\projects", "\\\\?\\UNC\\server\\share"),
        ("projects", None),
    ],
)
def test_folder_of_a_disk_of_windows_is_its_root_and_not_its_device(path: str, folder: Optional[str]) -> None:
    assert disk_folders(path, ntpath) == ([folder] if folder else [])
