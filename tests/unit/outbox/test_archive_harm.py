"""Whatever becomes of the archive, or of who moves something into it: nothing is lost, and the outbox goes on."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
from pathlib import Path
from typing import Any, Callable

import pytest

from ftrack_accsyn_accessor.insight import status
from ftrack_accsyn_accessor.insight.doctor import local
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox, damage
from ftrack_accsyn_accessor.outbox.past import Ended
from unit.outbox.archiving import NAMES, archive, archived, arrive, left, old
from unit.outbox.conftest import Desk

__all__ = ["old"]

OUTBOX = "ftrack_accsyn_accessor.outbox"
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")


def killed_at(step: str, nth: int, when: str, action: Callable[[], Any]) -> None:
    """Do *action* in a process that is killed before or after the *nth* call of *step*."""
    child = os.fork()
    if not child:
        try:
            _kill_at(step, nth, when)
            action()
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def _kill_at(step: str, nth: int, when: str) -> None:
    module, *names = step.split(":")
    owner: Any = importlib.import_module(f"{OUTBOX}.{module}")
    for name in names[:-1]:
        owner = getattr(owner, name)
    original, calls = getattr(owner, names[-1]), []

    def counted(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if when == "before" and len(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return original(*arguments, **named)
        finally:
            if len(calls) == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, names[-1], counted)


# Killed.


@needs_fork
@pytest.mark.parametrize(
    ("step", "nth", "when"),
    [
        ("moving:_begun", 1, "after"),
        ("archive:Archive:keep", 1, "before"),
        ("archive:_values", 4, "before"),
        ("archive:Archive:keep", 1, "after"),
        ("moving:_take_out", 1, "before"),
        ("moving:drop_requests", 2, "before"),
        ("moving:_take_out", 2, "after"),
        ("moving:Moving:step", 1, "after"),
    ],
)
def test_who_moves_something_is_killed_and_each_item_is_in_one_of_the_two(
    old: Desk, step: str, nth: int, when: str
) -> None:
    killed_at(step, nth, when, lambda: archive(old))

    assert set(left(old.outbox)) | set(archived(old.outbox)) == set(NAMES)
    assert sorted(found.values["component_id"] for found in old.outbox.survey.page((), "", 100, 0)) == NAMES
    archive(old)
    assert (left(old.outbox), archived(old.outbox)) == ([], NAMES)
    assert old.outbox.survey.totals()[State.SYNCED].count == len(NAMES)


@needs_fork
@pytest.mark.parametrize(
    ("step", "when"),
    [("recalling:recall", "after"), ("archive:Archive:drop", "before"), ("archive:Archive:drop", "after")],
)
def test_who_publishes_anew_is_killed_and_the_item_is_there_once(old: Desk, step: str, when: str) -> None:
    archive(old)
    killed_at(step, 1, when, lambda: old.prepare("c1"))

    (found,) = old.outbox.survey.of_component("c1")
    assert found.item.state is (State.SYNCED if step == "recalling:recall" else State.PREPARED)
    assert old.outbox.survey.count((), "") == len(NAMES) + (step == "archive:Archive:drop" and when == "before")
    assert len(list(old.outbox.survey.page((), "", 100, 0))) == len(NAMES)
    old.prepare("c1")
    assert old.outbox.survey.of_component("c1")[0].values["contents"] > 1


@pytest.mark.parametrize("let_go", [True, False])
def test_what_has_left_the_archive_is_in_the_outbox_after_a_power_cut(old: Desk, tmp_path: Path, let_go: bool) -> None:
    archive(old)
    item = next(old.outbox.resting.synced(old.clock.now))
    old.outbox.past.freed(item) if let_go else old.outbox.earlier_files(item.publication)

    after = tmp_path / "after"
    after.mkdir()
    for path in tmp_path.glob("outbox*"):
        if path.name != "outbox.sqlite3-wal":  # what nobody has waited for the disk to have
            shutil.copy(path, after)
    left_by_it = Outbox(after / "outbox.sqlite3")
    assert left_by_it.past.of_item(item.id) or left_by_it.survey.with_ids([item.id])
    left_by_it.close()


def test_what_is_not_in_the_archive_is_freed_without_waiting_for_its_disk(old: Desk) -> None:
    archive(old)
    arrive(old, "young", days_ago=1.0)
    path = old.outbox.archive.path()
    assert path is not None
    with old.outbox.archive._connections(path).reading() as connection:
        before = connection.total_changes, connection.execute("PRAGMA data_version").fetchone()[0]

    statements: list[str] = []
    with old.outbox._connections.reading() as own:
        own.set_trace_callback(statements.append)
    assert old.outbox.past.freed(old.item("young"))

    assert not [each for each in statements if "checkpoint" in each]
    with old.outbox.archive._connections(path).reading() as connection:
        assert (connection.total_changes, connection.execute("PRAGMA data_version").fetchone()[0]) == before


@needs_fork
@pytest.mark.parametrize(("step", "when"), [("past:_keep", "after"), ("archive:Archive:drop", "before")])
def test_who_frees_is_killed_and_the_item_is_freed_or_there(old: Desk, step: str, when: str) -> None:
    archive(old)
    item = next(old.outbox.resting.synced(old.clock.now))
    killed_at(step, 1, when, lambda: old.outbox.past.freed(item))

    assert old.outbox.past.freed(item)  # the next run finishes it
    assert [gone.ended for gone in old.outbox.past.of_item(item.id)] == [Ended.FREED]
    assert item.publication.component_id not in archived(old.outbox)
    assert len(archived(old.outbox)) == len(NAMES) - 1


@needs_fork
def test_what_is_forgotten_is_not_told_by_what_a_killed_process_left_in_the_archive(old: Desk) -> None:
    archive(old)
    killed_at("archive:Archive:drop", 1, "before", lambda: old.prepare("c1"))
    old.outbox.activate(["c1"], "l1")
    item = old.item("c1")
    refused = errors.Refused("add files", "show_a", "the path is not allowed", "Rename the file.")
    old.outbox.needs_attention([item], refused, old.clock.now + 600)
    old.outbox.taken_back([item])

    old.outbox.past.forget([item.id], "artist@ws1")

    assert old.outbox.survey.of_component("c1") == []
    assert old.outbox.survey.count((), "") == len(NAMES) - 1


@needs_fork
def test_killed_upgrade_is_begun_anew(desk: Desk) -> None:
    desk.outbox.close()
    downgrade(desk)
    killed_at("schema:require_known", 3, "after", lambda: desk.outbox.open())
    assert desk.outbox.counts()[State.SYNCED] == 3
    assert desk.outbox.resting.here() == ["l1"]


def downgrade(desk: Desk) -> None:
    """Leave an outbox with three items as release 1.5.0 wrote it."""
    arrive(desk, "a", "b", "c")
    with desk.outbox._connections.writing() as connection:
        for trigger in ("total_grows", "total_shrinks", "total_moves", "here_grows"):
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("DROP TABLE total")
        connection.execute("DROP TABLE here")
        connection.execute("PRAGMA user_version = 4")
    desk.outbox.close()


# Damaged, gone, full.


def harmed(path: Path) -> None:
    path.write_bytes(b"?" * 8192)
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def missing(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def folder(path: Path) -> None:
    missing(path)
    path.mkdir()


def newer(path: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


@pytest.mark.parametrize("harm", [harmed, missing, folder, newer])
def test_archive_that_cannot_be_read_stops_nothing_and_doctor_says_so(old: Desk, harm: Callable[[Path], None]) -> None:
    arrive(old, "young", days_ago=1.0)
    archive(old)
    path = old.outbox.archive.path()
    assert path is not None
    old.outbox.close()
    harm(path)

    (told,) = local._archive(old.outbox)
    assert told.name == "archive"
    assert path.name in told.text
    summary = status.summary(old.outbox)
    assert (summary.synced, summary.all_arrived) == (1, True)
    old.pending("c1", "new")
    assert left(old.outbox) == ["c1", "new", "young"]
    assert old.outbox.survey.of_component("c2") == []
    assert old.outbox.enqueue([old.publication("c3")]) == 1


def test_damaged_archive_is_kept_aside_and_a_new_one_begun(old: Desk) -> None:
    archive(old)
    path = old.outbox.archive.path()
    assert path is not None
    old.outbox.close()
    harmed(path)
    assert old.outbox.survey.of_component("c1") == []
    arrive(old, "later")

    assert archive(old) == 1

    (kept,) = damage.kept_aside(path)
    assert kept.read_bytes()[:4] == b"????"
    assert damage.kept_aside(old.path) == []
    assert archived(old.outbox) == ["later"]


@pytest.mark.parametrize("harm", [folder, newer])
def test_nothing_leaves_the_outbox_for_an_archive_that_cannot_be_written(
    old: Desk, harm: Callable[[Path], None]
) -> None:
    arrive(old, "older", days_ago=60.0)
    archive(old, days=50.0)
    path = old.outbox.archive.path()
    assert path is not None
    old.outbox.close()
    harm(path)
    with pytest.raises(errors.OutboxError):
        archive(old)
    assert left(old.outbox) == NAMES


def test_nothing_leaves_the_outbox_when_the_archive_s_disk_is_full(old: Desk) -> None:
    arrive(old, "older", days_ago=60.0)
    archive(old, days=50.0)
    path = old.outbox.archive.path()
    assert path is not None
    with old.outbox.archive._connections(path).reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite answers as for a full disk
    arrive(old, *(f"more{number}" for number in range(40)))
    with pytest.raises(errors.OutboxError, match="full"):
        archive(old)
    assert len(left(old.outbox)) == len(NAMES) + 40
    assert archived(old.outbox) == ["older"]


def test_a_row_that_cannot_be_read_keeps_no_other_from_being_so(old: Desk) -> None:
    archive(old)
    path = old.outbox.archive.path()
    assert path is not None
    with old.outbox.archive._connections(path).writing() as connection:
        connection.execute("UPDATE archived SET known = x'00' WHERE component_id = 'c1'")
    assert archived(old.outbox) == [name for name in NAMES if name != "c1"]


def test_new_outbox_takes_no_archive_for_its_own(old: Desk) -> None:
    archive(old)
    old.outbox.close()
    missing(old.path)
    arrive(old, "c1", "x")
    assert [len(old.outbox.survey.of_component(name)) for name in ("c1", "c2")] == [1, 0]
    assert archive(old) == 2
    assert len(list(old.path.parent.glob("*.archive"))) == 2
