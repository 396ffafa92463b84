"""Where a path that somebody names lies in a staging area; what is known of a disk that cannot be asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model.naming import EXACT
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.naming import below, naming_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "disk" / "staging"
    (folder / "show_a").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("path", "relative"),
    [
        ("{root}", "."),
        ("{root}/", "."),
        ("{root}/show_a/gone/file.mov", "show_a/gone/file.mov"),
        ("{root}/show_a/../show_b//file.mov", "show_b/file.mov"),
        ("{root}/../staging/show_a", "show_a"),
        ("{root}2/show_a", ""),
        ("{root}/..", ""),
        ("/", ""),
    ],
)
def test_path_below_the_root_is_relative_to_it(root: Path, path: str, relative: str) -> None:
    assert below(path.format(root=root), str(root)) == relative


def test_links_to_the_root_and_into_it_lead_there_and_those_in_it_are_kept(root: Path, tmp_path: Path) -> None:
    (tmp_path / "to").symlink_to(root)
    (tmp_path / "above").symlink_to(root.parent)
    (tmp_path / "into").symlink_to(root / "show_a")
    (root / "within").symlink_to(root / "show_a")

    assert below(f"{tmp_path}/to/show_a/f", str(root)) == "show_a/f"
    assert below(f"{tmp_path}/above/staging/f", str(root)) == "f"
    assert below(f"{tmp_path}/into/f", str(root)) == "show_a/f"
    assert below(f"{root}/within/f", str(root)) == "within/f"
    assert below(f"{root}/show_a/f", f"{tmp_path}/to") == "show_a/f"


def test_root_that_is_not_there_is_known_by_its_text(tmp_path: Path) -> None:
    assert below(f"{tmp_path}/gone/show_a/f", f"{tmp_path}/gone") == "show_a/f"
    assert below(f"{tmp_path}/gone2/f", f"{tmp_path}/gone") == ""


def test_disk_that_cannot_be_asked_has_the_rule_of_the_system(tmp_path: Path) -> None:
    usual = naming_of(str(tmp_path / "unplugged"))
    area = StagingArea(str(tmp_path / "staging"))
    area.prepare()
    (Path(area.state_dir) / "staging.json").unlink()

    assert naming_of(area.root) == usual
    assert usual == EXACT or os.name == "nt" or os.uname().sysname == "Darwin"
