"""A studio of its own for each test, and an artist who publishes in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_sandbox.studio import Studio
from publishing import Publisher, at_work


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with Studio(tmp_path / "studio") as running:
        yield running


@pytest.fixture
def publisher(studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Publisher]:
    with at_work(studio, monkeypatch, tmp_path / "sources") as working:
        yield working
