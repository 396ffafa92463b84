"""A studio, and an artist's desk in it for each CPython that the framework runs on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.framework.applications import PYTHONS, Desk, framework
from environments import interpreters
from ftrack_accsyn_sandbox.studio import Studio


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with Studio(tmp_path / "studio") as running:
        yield running


@pytest.fixture(params=PYTHONS)
def python(request: pytest.FixtureRequest) -> str:
    if request.param not in interpreters():
        pytest.skip(f"this machine has no CPython {request.param}")
    return str(request.param)


@pytest.fixture
def desk(python: str, studio: Studio, plugin: Path, tmp_path: Path) -> Desk:
    return Desk(framework(python), studio, plugin, tmp_path)
