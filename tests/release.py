"""Release 1.0.0 as it lies in the repository's history, and what it left behind, for tests of the upgrade."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from helpers import ROOT

COMMIT = "0c88965"
#: Made by `make.py` beside them.
OUTBOXES = ROOT / "tests" / "data" / "outboxes"

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the release, unpacked from the history; skip where a copy of the repository has none."""
    packed = subprocess.run(["git", "archive", COMMIT, "source", "hook"], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip(f"The history has no commit {COMMIT}: {packed.stderr.decode().strip()}")
    folder = tmp_path_factory.mktemp("earlier-release")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def run_release(release: Path) -> Iterator[Start]:
    """Return a function that runs code, with arguments, in a process that has the release instead of the plugin."""
    running: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: object) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(release / "source")}
        if "FTRACK_EVENT_PLUGIN_PATH" in environment:
            environment["FTRACK_EVENT_PLUGIN_PATH"] = str(release / "hook")
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def leave_outboxes(root: Path, *names: str) -> list[Path]:
    """Put outboxes of the release, all of them by default, into a staging area, as it had left them there."""
    folder = root / ".ftrack-accsyn"
    folder.mkdir(parents=True, exist_ok=True)
    kept = [OUTBOXES / f"{name}.sqlite3" for name in names] or sorted(OUTBOXES.glob("*.sqlite3"))
    return [Path(shutil.copy(path, folder)) for path in kept]
