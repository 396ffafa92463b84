"""Which library of file locks is used: a host may have one of its own, of any age."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import filelock
import pytest

from ftrack_accsyn_accessor.outbox.filelocks import fitting

CARRIED = Path(str(filelock.__file__))


def library(version: str, file: str = "/host/filelock.py") -> ModuleType:
    """A host's own, of *version*."""
    module = ModuleType("filelock")
    module.__dict__.update(__version__=version, __file__=file)
    return module


@pytest.mark.parametrize("version", ["3.12.0", "3.19.1", "4.0"])
def test_one_of_the_host_that_can_do_what_is_needed_is_taken(version: str) -> None:
    hosts = library(version)
    assert fitting(hosts, CARRIED) is hosts


@pytest.mark.parametrize("version", ["2.0.8", "3.0.12", "3.11.9", ""])
def test_older_one_is_left_to_the_host_and_the_carried_one_locks(tmp_path: Path, version: str) -> None:
    private = fitting(library(version), CARRIED)

    assert private is not filelock
    assert private is fitting(library(version), CARRIED), "one copy for all"
    assert sys.modules["filelock"] is filelock
    first, second = (private.FileLock(str(tmp_path / "lock"), thread_local=False, mode=0o600) for _ in range(2))
    with first, pytest.raises(private.Timeout):
        second.acquire(blocking=False)


def test_older_one_is_told_where_none_is_carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "ftrack_accsyn_accessor.outbox.filelocks.private_filelock", raising=False)
    with pytest.raises(ImportError, match=r"filelock 3\.0\.12 of this Python is too old, 3\.12 is needed"):
        fitting(library("3.0.12"), tmp_path / "__init__.py")
