"""The demo that sends: what it says of itself, and that it ends as it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.cli.demo_send import Step
from runner import RUNNER


def files(folder: Path, first: bytes, second: bytes) -> tuple[Path, Path]:
    pair = folder / "first", folder / "second"
    for path, content in zip(pair, (first, second)):
        path.write_bytes(content)
    return pair


def test_a_step_is_well_only_where_every_file_has_the_same_bytes(tmp_path: Path) -> None:
    same, other = tmp_path / "same", tmp_path / "other"
    for folder in (same, other):
        folder.mkdir()
    equal, different = files(same, b"a", b"a"), files(other, b"a", b"b")

    assert Step("sent", 0, [equal]).well
    assert not Step("sent", 0, [equal, different]).well
    assert not Step("sent", 0, [(equal[0], tmp_path / "missing")]).well
    assert not Step("sent", 6, [equal]).well
    assert not Step("sent", 0, []).well


@pytest.mark.slow
def test_the_demo_sends_a_shot_to_a_site_and_back_and_a_folder_both_ways(tmp_path: Path) -> None:
    result = RUNNER.invoke(application, ["demo", "--send", "--folder", str(tmp_path / "demo")])

    assert result.exit_code == 0, result.output
    assert result.stdout.count("equal (49 of 49)") == 3
    assert "NOT equal" not in result.stdout
