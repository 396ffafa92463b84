"""A studio of its own for each test, an artist who publishes in it, and a disk that is easily full."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from disks.fixtures import new_disk
from fault.data.queueing import Closed, new_intake
from fault.faults.desk import Desk
from ftrack_accsyn_accessor.worker.intake import Intake
from ftrack_accsyn_sandbox.studio import Studio
from publishing import Publisher, publisher, studio
from tracking import Desk as Machine

__all__ = ["new_disk", "publisher", "studio"]

SMALL_DISK = "size=2m"


@pytest.fixture
def desk(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", studio.environment()["FTRACK_API_SCHEMA_CACHE_PATH"])
    working = Desk(studio)
    yield working
    working.close()


@pytest.fixture
def machine(studio: Studio, publisher: Publisher) -> Iterator[Machine]:
    """An artist's machine on which publishing goes through the real ftrack_api, and nothing happens by itself."""
    working = Machine(studio, publisher)
    yield working
    working.stop()
    working.owner.release()
    working.outbox.close()


@pytest.fixture
def closed(machine: Machine) -> Callable[[], Closed]:
    return lambda: Closed(machine.outbox)


@pytest.fixture
def intake(machine: Machine) -> Intake:
    return new_intake(machine)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes; only an administrator of the machine can have one."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.name == "nt" or os.geteuid() or not mounted("-t", "tmpfs", "-o", SMALL_DISK, "tmpfs", str(folder)):
        pytest.skip("a small disk needs the right to mount one")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def mounted(*arguments: str) -> bool:
    """Mount as told; return whether that worked."""
    return subprocess.run(["mount", *arguments], stderr=subprocess.DEVNULL, check=False).returncode == 0
