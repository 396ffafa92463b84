"""The outbox on disks without locks, and on one that renames no file which anybody has open."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from disks import Manners
from disks.fixtures import NewDisk
from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import Outbox, damage, lockable
from ftrack_accsyn_accessor.outbox.locks import OwnerLock, ProcessLock
from ftrack_accsyn_accessor.outbox.patience import Patience
from ftrack_accsyn_accessor.staging.area import StagingArea
from helpers import ROOT

NO_LOCKS = [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP]
SHARES_NOTHING = Manners(shares_nothing=True)
GARBAGE = b"no database at all " * 4000


@pytest.fixture(params=NO_LOCKS, ids=[errno.errorcode[code] for code in NO_LOCKS])
def lockless(request: pytest.FixtureRequest, new_disk: NewDisk, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(lockable, "_lockable", set())
    return new_disk(Manners(lock_errno=request.param)).mount_point


@pytest.mark.parametrize(
    "use",
    [
        lambda folder: Outbox(folder / "a.sqlite3").keep_fact("a", "1"),
        lambda folder: ProcessLock(folder / "a.lock").acquire(),
        lambda folder: OwnerLock(folder).hold(),
    ],
    ids=["outbox", "worker", "owner"],
)
def test_disk_without_locks_is_named_instead_of_waited_for(
    lockless: Path, use: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = r"the file system at .* has no locks"
    with monkeypatch.context() as patched:
        patched.setattr("time.sleep", lambda _: pytest.fail("it is waited for"))
        with pytest.raises(errors.OutboxUnusable, match=words) as caught:
            use(lockless)
    assert caught.value.remedy == "Let FTRACK_ACCSYN_OUTBOX name a folder on a local disk."
    assert list(lockless.iterdir()) == []


def test_staging_area_on_a_disk_without_locks_is_made_and_its_outbox_may_lie_elsewhere(
    lockless: Path, tmp_path: Path
) -> None:
    area = StagingArea(str(lockless / "root"))
    area.prepare()
    assert area.present()
    elsewhere = Outbox(tmp_path / "a.sqlite3")
    elsewhere.keep_fact("a", "1")
    elsewhere.close()


# A damaged outbox that is open.

KEEP_OPEN = """
    import sys
    from pathlib import Path
    from ftrack_accsyn_accessor.outbox import Outbox

    outbox = Outbox(Path(sys.argv[1]))
    outbox.open()
    print("open", flush=True)
    for _ in sys.stdin:  # as its worker looks now and then
        outbox.changes()
        print("looked", flush=True)
"""


@contextlib.contextmanager
def open_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process have the outbox open."""
    command = [sys.executable, "-c", textwrap.dedent(KEEP_OPEN), str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "source")}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


def spoil(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(GARBAGE[: path.stat().st_size])


@pytest.fixture
def damaged(new_disk: NewDisk) -> Callable[[], Path]:
    announce._said.clear()
    path = new_disk(SHARES_NOTHING).mount_point / "a.sqlite3"
    made = Outbox(path)
    made.keep_fact("old", "1")
    made.close()
    return path


def look_when_told(process: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the other process look each time that it is asked for the file."""
    stdin, rename = process.stdin, damage._rename
    assert stdin is not None

    def telling(*arguments: Path) -> None:
        try:
            rename(*arguments)
        finally:
            stdin.write("look\n")
            stdin.flush()

    monkeypatch.setattr(damage, "_rename", telling)


def test_damaged_outbox_that_this_process_has_open_is_let_go_and_a_new_one_begun(damaged: Path) -> None:
    other = Outbox(damaged)
    other.open()
    spoil(damaged)
    outbox = Outbox(damaged)

    outbox.keep_fact("new", "2")

    assert (outbox.fact("old"), other.fact("new")) == (None, "2")
    assert len(damage.kept_aside(damaged)) == 1
    outbox.close()
    other.close()


def test_damaged_outbox_that_another_process_has_open_is_let_go_at_a_sign(
    damaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_elsewhere(damaged) as process:
        spoil(damaged)
        look_when_told(process, monkeypatch)
        outbox = Outbox(damaged)

        outbox.keep_fact("new", "2")

        assert outbox.fact("old") is None
        assert len(damage.kept_aside(damaged)) == 1
        assert not damage.is_being_kept_aside(damaged)
        outbox.close()
    assert Outbox(damaged).fact("new") == "2"


def test_process_that_does_not_let_go_of_a_damaged_outbox_costs_one_patience_and_is_told(damaged: Path) -> None:
    with open_elsewhere(damaged):
        spoil(damaged)
        short = Patience(0.3)
        with short, pytest.raises(errors.OutboxUnusable, match=r"cannot be renamed.*tried again by itself"):
            Outbox(damaged).keep_fact("new", "2")
        assert short.left_s == 0.0
        assert damage.kept_aside(damaged) == []
        assert not damage.is_being_kept_aside(damaged)
    outbox = Outbox(damaged)
    outbox.keep_fact("new", "2")
    assert len(damage.kept_aside(damaged)) == 1
    outbox.close()


def test_sign_of_a_killed_process_stops_nobody(damaged: Path) -> None:
    damage._sign(damaged).touch()
    outbox = Outbox(damaged)
    assert outbox.fact("old") == "1"
    assert not damage.is_being_kept_aside(damaged)
    outbox.close()


def test_many_processes_that_meet_the_damage_begin_one_new_outbox(damaged: Path) -> None:
    spoil(damaged)
    code = """
        import sys
        from pathlib import Path
        from ftrack_accsyn_accessor.outbox import Outbox
        outbox = Outbox(Path(sys.argv[1]))
        outbox.keep_fact(sys.argv[2], "1")
        outbox.close()
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(damaged)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "source")}
    processes = [subprocess.Popen([*command, str(number)], env=environment) for number in range(4)]
    assert [process.wait(60) for process in processes] == [0, 0, 0, 0]
    assert len(damage.kept_aside(damaged)) == 1
    outbox = Outbox(damaged)
    assert [outbox.fact(str(number)) for number in range(4)] == ["1"] * 4
    outbox.close()
