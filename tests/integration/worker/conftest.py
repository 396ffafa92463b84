"""A studio whose engine waits to be started, and an artist's desk in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_sandbox.studio import Studio
from publishing import at_work
from tracking import Desk


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with Studio(tmp_path / "studio", engine_paused=True) as running:
        yield running


@pytest.fixture
def desk(studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Desk]:
    with at_work(studio, monkeypatch, tmp_path / "sources") as publisher:
        desk = Desk(studio, publisher)
        try:
            yield desk
        finally:
            desk.stop()
            desk.owner.release()
            desk.outbox.close()
