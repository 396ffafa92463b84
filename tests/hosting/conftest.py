"""An artist's machine for each host, with the built archive unpacked once."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.conftest import archive, build_plugin
from ftrack_accsyn_sandbox.studio import Studio
from hosting.running import Desk

__all__ = ["archive", "build_plugin"]


@pytest.fixture(scope="session")
def installed(archive: Path) -> Iterator[Path]:
    """The archive, unpacked where every account may read it; pytest's own folders are closed."""
    folder = Path(tempfile.mkdtemp(prefix="plugins-"))
    os.chmod(folder, 0o755)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder / archive.stem)
    yield folder / archive.stem
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def desk(installed: Path) -> Iterator[Desk]:
    root = Path(tempfile.mkdtemp(prefix="desk-"))
    os.chmod(root, 0o777)
    with Studio(root / "studio") as studio:
        os.chmod(studio.staging, 0o777)
        yield Desk(root, studio, installed)
    shutil.rmtree(root, ignore_errors=True)
