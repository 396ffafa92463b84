"""A studio of its own for each test, and a desk in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fault.faults.desk import Desk
from ftrack_accsyn_sandbox.studio import Studio


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    with Studio(tmp_path / "studio") as running:
        for name in ("FTRACK_API_SCHEMA_CACHE_PATH", "NO_PROXY", "NETRC"):
            monkeypatch.setenv(name, running.environment()[name])
        yield running


@pytest.fixture
def desk(studio: Studio) -> Iterator[Desk]:
    working = Desk(studio)
    yield working
    working.close()
