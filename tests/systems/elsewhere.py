"""`pytest --disk NAME`: tests run with their folders on a disk with the manners of another system.

With `--coarse-clock` they run by the clock of Windows, as do the processes that they start with the path they have.
Tests that cannot hold there are skipped with their reason; `exceptions` lists them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from disks import FILE_SYSTEMS, PRESETS, CannotMount, Disk, mounted
from helpers import ROOT
from systems import exceptions

#: What Python imports at its start from a folder on its path.
COARSE = ROOT / "tests" / "systems" / "coarse"


def add_option(parser: pytest.Parser) -> None:
    names = [*PRESETS, *FILE_SYSTEMS]
    parser.addoption("--disk", choices=names, help="run with the tests' folders on a disk with these manners")
    parser.addoption(
        "--coarse-clock", action="store_true", help="run with Windows' clock, which goes in steps of 16 ms"
    )


def move(config: pytest.Config) -> None:
    """Let the folders of all tests lie on the disk, and the clock be the one, that the options name.

    Ends the run, with a word and without an error, where the machine can have no such disk.
    """
    if config.getoption("--coarse-clock"):
        importlib.import_module("systems.coarse.sitecustomize")
        os.environ["PYTHONPATH"] = os.pathsep.join([str(COARSE), os.environ.get("PYTHONPATH", "")])
    name = config.getoption("--disk")
    if name is None or hasattr(config, "workerinput"):  # a worker gets its part of the folder from the first process
        return
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            if name in PRESETS:
                # A virus scanner would hold what the tests themselves move about, an outbox needs locks, and a source
                # on this disk whose time is written down late counts as written to: tests of our own have all three.
                manners = dataclasses.replace(PRESETS[name], holder_ms=0, lock_errno=0, lazy_times_ms=0)
                mount_point = stack.enter_context(Disk(folder / "backing", folder / name, manners)).mount_point
            else:
                mount_point = stack.enter_context(mounted(name, folder))
        except CannotMount as reason:
            pytest.exit(f"Skipped: {reason}", returncode=0)
        config.option.basetemp = os.path.join(mount_point, "t")
        config.add_cleanup(stack.pop_all().close)


def skip(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what cannot hold on the disk that the options name."""
    name = config.getoption("--disk")
    for item in items if name is not None else ():
        reason = exceptions.reason(name, getattr(item, "originalname", item.name))
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
