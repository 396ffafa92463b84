"""A file system without locks is found out at once, and named: a lock that is never free would be waited for."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, Callable

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import Outbox, locations, lockable
from ftrack_accsyn_accessor.outbox.locks import OwnerLock, ProcessLock, owner_is_alive
from ftrack_accsyn_accessor.outbox.takeover import Takeover
from ftrack_accsyn_accessor.staging import area
from ftrack_accsyn_accessor.staging.area import StagingArea
from holding import ALWAYS, Holder

NONE = [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP]
WORDS = r"the file system at .* has no locks"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="every file system has locks there")


@pytest.fixture(params=NONE, ids=[errno.errorcode[code] for code in NONE])
def lockless(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system refuse every lock, as it does on a disk without them; here there is no such disk."""

    def refuse(*ignored: Any) -> None:
        raise OSError(request.param, os.strerror(request.param))

    import fcntl

    monkeypatch.setattr(lockable, "_lockable", set())
    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(fcntl, "lockf", refuse)
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("it is waited for"))


@pytest.mark.usefixtures("lockless")
@pytest.mark.parametrize(
    "use",
    [
        lambda folder: Outbox(folder / "a.sqlite3").open(),
        lambda folder: Outbox(folder / "a.sqlite3").keep_fact("a", "1"),
        lambda folder: ProcessLock(folder / "a.lock").acquire(),
        lambda folder: OwnerLock(folder).hold(),
        lambda folder: Takeover(Outbox(folder / "a.sqlite3"), str(folder), "").step(),
    ],
    ids=["opened", "written", "worker", "owner", "takeover"],
)
def test_missing_locks_are_said_at_once_with_what_to_do(tmp_path: Path, use: Callable[[Path], object]) -> None:
    with pytest.raises(errors.OutboxUnusable, match=WORDS) as caught:
        use(tmp_path)
    assert "FTRACK_ACCSYN_OUTBOX" in caught.value.remedy
    assert "local disk" in caught.value.remedy
    assert "free space" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("lockless")
def test_owner_on_a_disk_without_locks_does_not_pass_for_dead(tmp_path: Path) -> None:
    (tmp_path / "token.lock").touch()
    with pytest.raises(errors.OutboxUnusable, match=WORDS):
        owner_is_alive(tmp_path, "token")
    assert (tmp_path / "token.lock").exists()


@pytest.mark.usefixtures("lockless")
def test_staging_area_on_a_disk_without_locks_is_made_and_known_again(tmp_path: Path) -> None:
    made = StagingArea(str(tmp_path / "root"))
    made.prepare()
    assert made.present()
    again = StagingArea(made.root)
    again.prepare()
    assert again.uuid == made.uuid


@pytest.mark.usefixtures("lockless")
def test_name_of_a_location_on_a_disk_without_locks_is_remembered_all_the_same(tmp_path: Path) -> None:
    (tmp_path / ".ftrack-accsyn").mkdir()
    named = locations.Located("https://acme.test", "artist", "artist.ws1")

    locations.keep(str(tmp_path), [named])

    assert locations.located(str(tmp_path)) == (named,)


def test_disk_that_has_locks_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Path] = []
    monkeypatch.setattr(lockable, "_lockable", set())
    monkeypatch.setattr(lockable, "_try", tried.append)
    for _ in range(3):
        lockable.require(tmp_path)
    assert tried == [tmp_path]


def test_trying_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockable, "_lockable", set())
    lockable.require(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_another_program_kept_from_being_removed_goes_at_a_later_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        Holder(patch, tries=ALWAYS)
        lockable._try(tmp_path)
    (left,) = tmp_path.iterdir()
    os.utime(left, (0, 0))

    lockable._try(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_missing_is_for_others_to_complain_of(tmp_path: Path) -> None:
    lockable.require(tmp_path / "unplugged")
    assert list(tmp_path.iterdir()) == []


def test_marker_that_another_process_makes_meanwhile_is_taken_though_its_lock_is_not_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = StagingArea(str(tmp_path / "root"))
    first.prepare()
    looks: list[str] = []
    read = area.read_marker

    def late(root: str) -> str:
        looks.append(root)
        return read(root) if len(looks) > 1 else ""  # as it was when this process looked first

    monkeypatch.setattr(area, "read_marker", late)
    monkeypatch.setattr(area, "_LOCK_TIMEOUT_S", 0.0)
    monkeypatch.setattr(area, "_prepared", {})
    with lockable.alone(Path(first.state_dir, "staging.lock"), 5.0):
        second = StagingArea(first.root)
        second.prepare()
    assert second.uuid == first.uuid


def test_file_that_was_tried_on_and_that_a_scanner_holds_goes_with_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging = StagingArea(str(tmp_path / "projects"))
    staging.prepare()
    state = Path(staging.state_dir)
    before = set(state.iterdir())
    monkeypatch.setattr(lockable, "_lockable", set())
    with monkeypatch.context() as patch:
        Holder(patch, tries=ALWAYS)
        lockable.require(state)
    (left,) = set(state.iterdir()) - before
    os.utime(left, (0, 0))
    lockable._lockable.clear()

    lockable.require(state)

    assert set(state.iterdir()) == before
