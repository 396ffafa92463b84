"""The demo workspace without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_accsyn_sandbox.accsyn import demo


@pytest.fixture
def acme(tmp_path: Path) -> demo.Demo:
    folders = [tmp_path / name for name in ("staging", "hq", "london")]
    for folder in folders:
        folder.mkdir()
    return demo.build(*folders)
