"""The built archive, once for all tests that look at it or run from it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Callable

import pytest
from filelock import FileLock

from browser import browser
from helpers import ROOT

__all__ = ["archive", "browser", "build_plugin", "plugin"]


@pytest.fixture(scope="session")
def build_plugin() -> Callable[[Path], Path]:
    """A function that runs `setup.py build_plugin` into a folder and returns the archive."""

    def build(output: Path) -> Path:
        command = [sys.executable, "setup.py", "--quiet", "build_plugin", "--output", str(output)]
        built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert built.returncode == 0, built.stdout + built.stderr
        (archive,) = output.glob("*.zip")
        return archive

    return build


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory, build_plugin: Callable[[Path], Path]) -> Path:
    """The archive, built once for all workers."""
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):
        shared = shared.parent
    output = shared / "archive"
    with FileLock(str(shared / "archive.lock")):
        built = list(output.glob("*.zip"))
        return built[0] if built else build_plugin(output)


@pytest.fixture
def plugin(archive: Path, tmp_path: Path) -> Path:
    """The archive, unpacked as Connect does: into a folder named after it."""
    folder = tmp_path / "plugins" / archive.stem
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    return folder
