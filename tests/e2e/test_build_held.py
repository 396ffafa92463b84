"""A build while a virus scanner looks into what it writes: it waits, and fails only for what is held for good."""

from __future__ import annotations

import errno
import os
import runpy
import time
from pathlib import Path
from typing import Any

import pytest

from helpers import ROOT


@pytest.fixture
def setup() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "setup.py"))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    made: list[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    return made


def hold(monkeypatch: pytest.MonkeyPatch, tries: int) -> None:
    """Refuse the first *tries* renames; a patch, since no file system of Linux minds who has a file open."""
    replace = os.replace
    refusals = iter(range(tries))

    def refusing(source: object, target: object) -> None:
        if next(refusals, None) is not None:
            raise PermissionError(errno.EACCES, "The process cannot access the file", str(source))
        replace(source, target)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "replace", refusing)


def folder(path: Path, content: str) -> Path:
    path.mkdir()
    (path / "file").write_text(content)
    return path


@pytest.mark.parametrize("tries", [0, 1, 30])
def test_what_was_built_takes_the_place_of_an_earlier_build_as_soon_as_it_is_let_go(
    setup: dict[str, Any], monkeypatch: pytest.MonkeyPatch, pauses: list[float], tmp_path: Path, tries: int
) -> None:
    hold(monkeypatch, tries)
    built, earlier = folder(tmp_path / "built", "new"), folder(tmp_path / "plugin", "old")
    archive = tmp_path / "plugin.zip"
    archive.write_text("old")

    assert setup["move"](built, earlier) == earlier
    assert setup["move"](earlier / "file", archive) == archive

    assert archive.read_text() == "new"
    assert not built.exists()
    assert len(pauses) == tries


def test_what_is_held_for_good_fails_after_ten_seconds(
    setup: dict[str, Any], monkeypatch: pytest.MonkeyPatch, pauses: list[float], tmp_path: Path
) -> None:
    hold(monkeypatch, 10**6)

    with pytest.raises(PermissionError):
        setup["move"](folder(tmp_path / "built", "new"), tmp_path / "plugin")

    assert sum(pauses) == pytest.approx(10.0)
    assert (tmp_path / "built" / "file").read_text() == "new"
