"""A studio of its own for each test, and a machine in it from which things are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from asking import Asking
from ftrack_accsyn_sandbox.studio import Studio


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    with Studio(tmp_path / "studio") as running:
        for name in ("FTRACK_API_SCHEMA_CACHE_PATH", "NO_PROXY", "NETRC"):
            monkeypatch.setenv(name, running.environment()[name])
        yield running


@pytest.fixture
def desk(studio: Studio) -> Iterator[Asking]:
    working = Asking(studio)
    yield working
    working.close()
