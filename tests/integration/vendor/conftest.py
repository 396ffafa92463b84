"""A vendor at a studio of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.vendor import uploading
from ftrack_accsyn_sandbox.studio import Studio
from vendoring import Vendor


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    monkeypatch.setattr(uploading, "FIRST_LOOK_S", 0.02)
    with Studio(tmp_path / "studio") as studio:
        yield Vendor(studio, monkeypatch)
