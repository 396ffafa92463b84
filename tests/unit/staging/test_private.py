"""The folder for the plugin's own files: hidden, and its account's alone, as far as a system can do that."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ftrack_accsyn_accessor.insight.doctor import local
from ftrack_accsyn_accessor.staging import rights
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
from ftrack_accsyn_accessor.staging.area import StagingArea, _prepared

Asked = list[tuple[Any, ...]]


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Pretend to be Windows, whose libraries are nowhere else; return what is asked of them."""
    asked: Asked = []
    kernel = SimpleNamespace(SetFileAttributesW=lambda path, attributes: asked.append((path.value, attributes)))
    monkeypatch.setattr(rights, "_WINDOWS", True)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    return asked


def test_state_folder_is_hidden_from_windows_when_it_is_made(windows: Asked, tmp_path: Path) -> None:
    area = StagingArea(str(tmp_path / "projects"))
    area.prepare()
    assert windows == [(area.state_dir, 0x02)]

    _prepared.clear()
    StagingArea(area.root).prepare()

    assert len(windows) == 1  # who shows it again may keep it so


def test_area_is_made_where_windows_does_not_hide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rights, "_WINDOWS", True)
    monkeypatch.setattr(ctypes, "windll", None, raising=False)
    area = StagingArea(str(tmp_path / "projects"))

    area.prepare()

    assert area.present()


def test_frozen_host_without_ctypes_only_goes_without_what_windows_is_asked_by_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rights, "_WINDOWS", True)
    monkeypatch.setitem(sys.modules, "ctypes", None)

    rights.hide(str(tmp_path))
    rights.inherit(str(tmp_path))


def test_area_is_made_and_written_to_in_a_frozen_host_without_ctypes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rights, "_WINDOWS", True)
    monkeypatch.setitem(sys.modules, "ctypes", None)
    area = StagingArea(str(tmp_path / "projects"))

    area.prepare()
    data = AccsynAccessor(area.root, area.marker_path).open("main.mov", "wb")
    data.write(b"content")
    data.close()

    assert Path(area.root, "main.mov").read_bytes() == b"content"


@pytest.mark.parametrize(
    ("version", "private"),
    [
        ((3, 9, 19), False),
        ((3, 9, 20), True),
        ((3, 10, 14), False),
        ((3, 11, 9), False),
        ((3, 11, 10), True),
        ((3, 12, 3), False),
        ((3, 12, 4), True),
        ((3, 13, 0), True),
    ],
)
def test_doctor_tells_where_windows_cannot_keep_the_state_folder_private(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], private: bool
) -> None:
    assert rights.keeps_private(version)
    monkeypatch.setattr(rights, "_WINDOWS", True)
    assert rights.keeps_private(version) is private

    monkeypatch.setattr(rights, "keeps_private", lambda: private)
    check = local._private("E:/projects/.ftrack-accsyn")

    assert ("no password or key" in check.text) is not private
