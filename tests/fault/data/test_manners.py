"""An outbox on a disk with manners: damaged where no open file can be renamed, or without locks."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from disks import Manners
from disks.fixtures import NewDisk
from fault.data.test_outbox_damage import change, kept_aside, overwrite, said
from ftrack_accsyn_accessor.outbox import lockable, unqueued
from ftrack_accsyn_accessor.outbox.file import outbox_path as path_of
from ftrack_accsyn_accessor.outbox.patience import HOST_S, Patience
from helpers import ROOT, wait_until
from publishing import Publisher

KEEP_OPEN = """
    import sys
    from pathlib import Path
    from ftrack_accsyn_accessor.outbox import Outbox

    outbox = Outbox(Path(sys.argv[1]))
    outbox.open()
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def outbox_path(publisher: Publisher, new_disk: NewDisk) -> Iterator[Path]:
    """The outbox of an artist who has published something that has arrived."""
    folder = new_disk(Manners(shares_nothing=True)).mount_point
    publisher.environment(FTRACK_ACCSYN_OUTBOX=str(folder))
    publisher.publish_file(publisher.version(publisher.session()), "before")
    wait_until(lambda: len(publisher.hq()) == 1, 30.0, "the first file to arrive")
    (path,) = folder.glob("*.sqlite3")
    yield path
    publisher.close()  # before the disk goes


def test_publish_beside_a_damaged_outbox_that_another_process_has_open_is_sent_when_that_lets_go(
    publisher: Publisher, outbox_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    session = publisher.session()
    version = publisher.version(session)
    command = [sys.executable, "-c", textwrap.dedent(KEEP_OPEN), str(outbox_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "source")}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        publisher.rest()
        change(outbox_path, "PRAGMA wal_checkpoint(TRUNCATE)")
        overwrite(outbox_path)
        session.pick_location().accsyn_staging.outbox.rest(0.0)

        publisher.publish_file(version, "after")

        assert said(caplog, "Could not queue the published components", "cannot be renamed", "tried again by itself")
        assert len(unqueued.kept(outbox_path)) == 1
        assert kept_aside(outbox_path) == []
        other.kill()

    wait_until(lambda: len(publisher.hq()) == 2, 60.0, "the second file to arrive")
    assert len(kept_aside(outbox_path)) == 1
    assert unqueued.kept(outbox_path) == []


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP], ids=errno.errorcode.get)
def test_outbox_on_a_disk_without_locks_stops_neither_session_nor_publish_and_is_named(
    publisher: Publisher,
    new_disk: NewDisk,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    number: int,
) -> None:
    monkeypatch.setattr(lockable, "_lockable", set())
    folder = new_disk(Manners(lock_errno=number)).mount_point
    publisher.environment(FTRACK_ACCSYN_OUTBOX=str(folder))
    mine = Patience()

    with mine:
        component = publisher.publish_file(publisher.version(publisher.session()))

    assert mine.left_s > HOST_S / 2  # nobody was waited for
    staging = component.session.pick_location()
    assert Path(staging.get_filesystem_path(component)).is_file()
    assert said(caplog, "has no locks", "staged, but not queued", lockable.REMEDY)
    assert said(caplog, "Could not queue the published components", "has no locks", lockable.REMEDY)
    assert not said(caplog, "free space")
    publisher.close()
    (kept,) = unqueued.kept(path_of(str(folder), str(publisher.studio.staging)))
    assert kept.publications[0].component_id == component["id"]
