"""The fixture for disks; a machine that can have none skips what needs them, and says so."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from disks.disk import CannotMount, Disk
from disks.manners import PLAIN, Manners

#: Mounts a disk with the manners (and the name) given.
NewDisk = Callable[..., Disk]


@pytest.fixture
def new_disk(tmp_path: Path) -> Iterator[NewDisk]:
    """Mount disks below the test's own folder; they are gone at its end, whatever becomes of it."""
    with contextlib.ExitStack() as mounted:

        def mount(manners: Manners = PLAIN, name: str = "disk") -> Disk:
            try:
                return mounted.enter_context(Disk(tmp_path / f"{name}.backing", tmp_path / name, manners))
            except CannotMount as reason:
                pytest.skip(str(reason))

        yield mount
