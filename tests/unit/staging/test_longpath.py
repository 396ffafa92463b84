"""Long paths are spelt so that Windows finds them, and told as such where they are too long."""

from __future__ import annotations

import errno
import ntpath
import posixpath
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.staging.longpath import is_too_long, reachable

LONG = "n" * 240


@pytest.mark.parametrize(
    ("path", "spelt"),
    [
        ("D:\\projects\\main.mov", "D:\\projects\\main.mov"),
        (f"D:\\projects\\{LONG}", f"\\\\?\\D:\\projects\\{LONG}"),
        (f"D:\\projects/shot/../{LONG}", f"\\\\?\\D:\\projects\\{LONG}"),
        (f"\\\\storage\\projects\\{LONG}", f"\\\\?\\UNC\\storage\\projects\\{LONG}"),
        (f"\\\\?\\D:\\projects\\{LONG}", f"\\\\?\\D:\\projects\\{LONG}"),
    ],
)
def test_long_path_is_spelt_in_full_on_windows(path: str, spelt: str) -> None:
    assert reachable(path, ntpath) == spelt


@pytest.mark.parametrize("length", [247, 248, 259, 4000])
def test_path_of_another_length_is_spelt_in_full_from_where_a_folder_may_be_too_long(length: int) -> None:
    path = "D:\\" + "n" * (length - 3)
    assert reachable(path, ntpath).startswith("\\\\?\\") is (length > 247)


def test_other_systems_know_one_spelling() -> None:
    assert reachable(f"/projects/{LONG}", posixpath) == f"/projects/{LONG}"


@pytest.mark.parametrize(
    ("name", "number", "is_made", "too_long"),
    [
        ("new.mov", errno.ENAMETOOLONG, False, True),
        ("new.mov", errno.ENOENT, True, True),
        ("new.mov", errno.ENOENT, False, False),
        ("new.mov", errno.EACCES, True, False),
        ("there.mov", errno.ENOENT, True, False),
        ("missing/new.mov", errno.ENOENT, True, False),
    ],
)
def test_what_could_not_be_made_in_a_folder_that_is_there_had_too_long_a_path(
    tmp_path: Path, name: str, number: int, is_made: bool, too_long: bool
) -> None:
    (tmp_path / "there.mov").touch()
    assert is_too_long(OSError(number, "refused"), str(tmp_path / name), is_made) is too_long
