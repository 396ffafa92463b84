"""SIGKILL before the lines of what writes to the volume: nothing is half there or lost, and the next try is done."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Callable

import pytest

from fault.support_kill import Lines
from ftrack_accsyn_accessor.model.tasks import never_sent
from ftrack_accsyn_accessor.vendor import folder
from ftrack_accsyn_accessor.vendor.storage import Storage

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no process is forked here")

DATA = b"frame" * 100
BEFORE = {"from/unit/a.exr": DATA, "from/unit/b.exr": DATA[::-1], "note.txt": b"old"}
#: What is done, and which files there are afterwards besides, or instead.
WORK: Mapping[str, tuple[Callable[[Storage], object], Mapping[str, bytes], str]] = {
    "copy": (lambda storage: storage.copy("from/unit/a.exr", "to/x/a.exr"), {"to/x/a.exr": DATA}, ""),
    "write": (lambda storage: storage.write("to/x/note.txt", b"new"), {"to/x/note.txt": b"new"}, ""),
    "replace": (lambda storage: storage.write("note.txt", b"new", replace=True), {"note.txt": b"new"}, "note.txt"),
    "move a file": (
        lambda storage: storage.move("from/unit/a.exr", "kept/a.exr"),
        {"kept/a.exr": DATA},
        "from/unit/a.exr",
    ),
    "move a folder": (
        lambda storage: storage.move("from/unit", "kept/unit"),
        {"kept/unit/a.exr": DATA, "kept/unit/b.exr": DATA[::-1]},
        "from/unit/",
    ),
}


def files(root: Path) -> dict[str, bytes]:
    """Path -> content of all files but those that nobody takes for any."""
    found = (path for path in root.rglob("*") if path.is_file())
    paths = {path.relative_to(root).as_posix(): path for path in found}
    return {name: path.read_bytes() for name, path in paths.items() if not never_sent(name)}


def killed(work: Callable[[], object], line: int) -> bool:
    """Do *work* in a process that is killed before that line of it; return whether it came so far."""
    child = os.fork()
    if not child:
        try:
            Lines(line).start()
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def one_after_the_other(root: Path, name: str, each: int) -> int:
    """Kill *name* before *each* of its lines, on a volume of its own each time; return how many lines it has."""
    work, more, gone = WORK[name]
    after = {path: data for path, data in BEFORE.items() if not gone or not path.startswith(gone)} | dict(more)
    for line in itertools.count(1, each):
        shutil.rmtree(root, ignore_errors=True)
        storage = Storage(root)
        for path, data in BEFORE.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        if not killed(lambda storage=storage: work(storage), line):  # type: ignore[misc]
            assert files(root) == after
            break
        left = files(root)
        assert left in (BEFORE, after) or left == BEFORE | after, f"after line {line}"
        work(storage)
        assert files(root) == after, f"again after line {line}"
        assert not list(root.rglob(".ACCSYN_TMP.*")), f"left after line {line}"
    return line


EACH = pytest.mark.parametrize("each", [13, pytest.param(1, marks=pytest.mark.slow)])


@EACH
@pytest.mark.parametrize("name", WORK)
def test_whatever_is_killed_at_any_line_is_not_half_done_and_is_done_again(
    tmp_path: Path, name: str, each: int
) -> None:
    assert one_after_the_other(tmp_path / "volume", name, each) > 20


@EACH
@pytest.mark.parametrize("name", ["move a file", "copy"])
def test_on_disks_that_cannot_rename_without_replacing_a_file_is_never_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, each: int
) -> None:
    monkeypatch.setattr(folder, "_renamed_exclusively", lambda *_: False)  # the disks of the tests all can
    assert one_after_the_other(tmp_path / "volume", name, each) > 20
