"""Outboxes of release 1.0.0, made by it: taken over whole and once, whatever gets in the way."""

from __future__ import annotations

import dataclasses
import logging
import sqlite3
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox, locations, takeover
from ftrack_accsyn_accessor.outbox.facts import COMPLETE, Earlier, kept
from ftrack_accsyn_accessor.outbox.file import outbox_path
from ftrack_accsyn_accessor.outbox.takeover import DAMAGED, FOREIGN, IN_USE, TAKEN, Takeover
from release import OUTBOXES, Start, leave_outboxes, release, run_release
from unit.outbox.taking_over import UUID, content, rows, take_over

__all__ = ["release", "run_release"]

WORKSPACES = {"artist": "acme", "vendor": ""}
#: Columns of 1.0.0 that do not come over as they are: ids, and what it took for arrived without proof.
CHANGED = {"id", "job", "arrived_at"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    announce._said.clear()
    return tmp_path / "projects"


@pytest.mark.parametrize("user", ["artist", "vendor"])
def test_every_entry_of_each_location_becomes_an_item_column_by_column(root: Path, user: str) -> None:
    leave_outboxes(root)
    before = rows(OUTBOXES / f"{user}.ws1.sqlite3", "SELECT * FROM entry ORDER BY id")
    routes = {row["id"]: row["route"] for row in rows(OUTBOXES / f"{user}.ws1.sqlite3", "SELECT * FROM job")}

    path = take_over(root).path

    after = rows(path, f"SELECT * FROM item WHERE username = '{user}' ORDER BY id")
    assert len(after) == len(before)
    new_routes = {row["id"]: row["route"] for row in rows(path, "SELECT * FROM job")}
    for old, new in zip(before, after):
        assert {name: new[name] for name in old if name not in CHANGED} == {
            name: value for name, value in old.items() if name not in CHANGED
        }
        assert new["workspace"] == WORKSPACES[user]
        expected = None if old["job"] is None else f"{WORKSPACES[user]}/{routes[old['job']]}"
        assert new_routes.get(new["job"]) == expected
        assert new["arrived_at"] == (None if old["state"] == State.TRANSFERRING else old["arrived_at"])


def test_every_state_of_the_release_is_among_what_it_left_behind() -> None:
    found = {row["state"] for row in rows(OUTBOXES / "artist.ws1.sqlite3", "SELECT state FROM entry")}

    assert found == {state.value for state in State} - {State.WITHDRAWN.value}


@pytest.mark.parametrize("user", ["artist", "vendor"])
def test_files_of_every_entry_and_all_jobs_come_over(root: Path, user: str) -> None:
    leave_outboxes(root)
    source = OUTBOXES / f"{user}.ws1.sqlite3"
    packed = rows(source, "SELECT component_id, hex(packed) FROM entry JOIN files ON entry = id ORDER BY component_id")
    jobs = rows(source, "SELECT * FROM job ORDER BY route")

    path = take_over(root).path

    mine = f"username = '{user}'"
    statement = f"SELECT component_id, hex(packed) FROM item JOIN files ON item = id WHERE {mine} ORDER BY component_id"
    assert rows(path, statement) == packed
    found = rows(path, f"SELECT * FROM job WHERE id IN (SELECT job FROM item WHERE {mine}) ORDER BY route")
    assert len(found) == len(jobs)
    for old, new in zip(jobs, found):
        assert new["route"] == f"{WORKSPACES[user]}/{old['route']}"
        assert {**old, "id": 0, "route": ""} == {name: new[name] for name in old} | {"id": 0, "route": ""}
        assert new["server_url"] == "https://acme.ftrackapp.test"
        assert new["workspace"] == WORKSPACES[user]


def test_pause_pins_and_the_names_of_the_locations_come_over(root: Path) -> None:
    leave_outboxes(root)

    outbox = take_over(root)

    paused = outbox.control.paused()
    assert paused is not None
    assert paused.by == "artist"
    names = {job.id: job.name for job in outbox.jobs()}
    assert sorted(names[job] for job in outbox.control.paused_jobs()) == [
        "show_a ftrack upload artist.ws1 > studio.hq 2026-11-20",
        "show_a ftrack upload vendor.ws1 > studio.hq 2026-11-20",
    ]
    assert outbox.control.pins() == {"artist-synced", "show_a/sq010/keep", "vendor-submitted"}
    assert {(each.username, each.name) for each in locations.located(str(root))} == {
        ("artist", "artist.ws1"),
        ("vendor", "vendor.ws1"),
    }


@pytest.mark.parametrize(
    ("names", "complete"), [(("artist.ws1",), "1"), (("vendor.ws1",), "0"), (("artist.ws1", "vendor.ws1"), "0")]
)
def test_history_is_complete_only_if_all_say_so(root: Path, names: tuple[str, ...], complete: str) -> None:
    leave_outboxes(root, *names)

    assert take_over(root).fact(COMPLETE) == complete


def test_what_was_taken_over_is_never_read_again(root: Path) -> None:
    leave_outboxes(root)
    outbox = take_over(root)
    outbox.cancel(["artist-pending"], "artist-location")
    before = content(root)

    Takeover(outbox, str(root), UUID).step()

    assert content(root) == before
    assert set(kept(outbox, Earlier).files.values()) == {TAKEN}


def test_what_was_taken_over_is_not_read_again_after_the_present_outbox_was_lost(root: Path) -> None:
    leave_outboxes(root)
    outbox = take_over(root)
    outbox.close()
    for path in outbox.path.parent.glob("outbox.sqlite3*"):
        path.unlink()

    again = take_over(root)

    assert list(again.items()) == []
    assert set(kept(again, Earlier).files.values()) == {FOREIGN}


@pytest.mark.parametrize(("seconds", "name"), [(10, "newer"), (-10, "pending")])
def test_component_that_was_published_in_both_keeps_its_newer_content(root: Path, seconds: float, name: str) -> None:
    leave_outboxes(root, "artist.ws1")
    (old,) = rows(OUTBOXES / "artist.ws1.sqlite3", "SELECT * FROM entry WHERE component_id = 'artist-pending'")
    other = root.parent / "other"
    leave_outboxes(other, "artist.ws1")
    (item,) = [each for each in take_over(other).items() if each.publication.component_id == "artist-pending"]
    outbox = Outbox(outbox_path(None, str(root)), lambda: old["created_at"] + seconds)
    outbox.enqueue([dataclasses.replace(item.publication, component_name="newer")])

    Takeover(outbox, str(root), UUID).step()

    (found,) = [each for each in outbox.items() if each.publication.component_id == "artist-pending"]
    assert found.publication.component_name == name
    assert len(found.publication.files) == 1


# What is in the way.

HOLD_LOCK = """
import sys
from pathlib import Path
from ftrack_accsyn_accessor.locks import ProcessLock
lock = ProcessLock(Path(sys.argv[1]).with_suffix(".lock"))
assert lock.acquire()
print("held", flush=True)
sys.stdin.readline()
"""
KEEP_OPEN = """
import sys
from pathlib import Path
from ftrack_accsyn_accessor.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
outbox.open()
print("held", flush=True)
sys.stdin.readline()
outbox.activate(["artist-prepared"], "artist-location")
outbox.close()
"""
OPEN = """
import sys
from pathlib import Path
from ftrack_accsyn_accessor.errors import OutboxError
from ftrack_accsyn_accessor.outbox import Outbox
try:
    Outbox(Path(sys.argv[1])).open()
except OutboxError as error:
    print(error)
"""


@pytest.mark.parametrize("code", [HOLD_LOCK, KEEP_OPEN])
def test_file_that_a_process_of_the_release_works_with_is_left_to_it_and_taken_over_afterwards(
    root: Path, run_release: Start, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    (path,) = leave_outboxes(root, "artist.ws1")
    holder = run_release(code, path)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"

    outbox = take_over(root)

    assert kept(outbox, Earlier).files == {str(path): IN_USE}
    assert list(outbox.items()) == []
    assert caplog.text == ""  # it may just be taken over
    assert not Takeover(outbox, str(root), UUID).step()  # it is to be looked at again
    assert "in use by an application with release 1.0.0" in caplog.text
    _, complaint = holder.communicate("end\n", timeout=60)
    assert (holder.returncode, complaint) == (0, "")
    assert Takeover(outbox, str(root), UUID).step()
    assert kept(outbox, Earlier).files == {str(path): TAKEN}
    states = {item.publication.component_id: item.state for item in outbox.items()}
    assert states["artist-prepared"] is (State.PENDING if code == KEEP_OPEN else State.PREPARED)


def test_release_refuses_what_was_taken_over_in_words_and_leaves_it_untouched(root: Path, run_release: Start) -> None:
    paths = leave_outboxes(root)
    take_over(root)
    before = [path.read_bytes() for path in paths]

    told = [run_release(OPEN, path).communicate(timeout=60)[0] for path in [*paths, outbox_path(None, str(root))]]

    for text in told:
        assert "it has version 5, this release knows up to 1." in text
        assert "Update the plugin; the file was left untouched." in text
    assert [path.read_bytes() for path in paths] == before


@pytest.mark.parametrize("start", [0, 4096])
def test_damaged_file_is_said_and_left_and_stops_no_other(
    root: Path, caplog: pytest.LogCaptureFixture, start: int
) -> None:
    damaged, sound = leave_outboxes(root)
    broken = damaged.read_bytes()[:start] + b"nonsense" * 4096
    damaged.write_bytes(broken)

    outbox = take_over(root)

    assert kept(outbox, Earlier).files == {str(damaged): DAMAGED, str(sound): TAKEN}
    assert {item.publication.username for item in outbox.items()} == {"vendor"}
    assert damaged.read_bytes() == broken
    assert [record for record in caplog.records if record.levelno == logging.ERROR and str(damaged) in record.message]
    assert outbox.fact(COMPLETE) == "0"


def test_file_in_a_folder_for_several_areas_is_taken_over_by_the_area_that_it_names_only(tmp_path: Path) -> None:
    folder = tmp_path / "outboxes"
    folder.mkdir()
    (path,) = leave_outboxes(tmp_path, "artist.ws1")
    path = path.rename(folder / path.name)
    mine, other = (Outbox(outbox_path(str(folder), root)) for root in ("/data/projects", "/data/other"))
    mine.open()
    other.open()

    Takeover(other, "/data/other", "another").step()
    Takeover(mine, "/data/projects", "unknown").step()

    assert list(other.items()) == []
    assert len(list(mine.items())) == 21
    assert kept(other, Earlier).files[str(path)] == FOREIGN
    assert kept(mine, Earlier).files[str(path)] == TAKEN


def test_outbox_of_another_area_in_the_same_folder_is_not_touched(tmp_path: Path) -> None:
    mine, other = (Outbox(outbox_path(str(tmp_path), root)) for root in ("/data/projects", "/data/other"))
    other.open()
    mine.open()

    Takeover(mine, "/data/projects", "unknown").step()

    assert other.fact(takeover._MARK) is None
    assert kept(mine, Earlier).files == {str(other.path): FOREIGN}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PurePosixPath("/data/50% é?/a.sqlite3"), "file:///data/50%25%20%C3%A9%3F/a.sqlite3?mode=rw"),
        (PureWindowsPath(r"D:\projects\a.sqlite3"), "file:///D%3A/projects/a.sqlite3?mode=rw"),
        (PureWindowsPath(r"\\server\share\a.sqlite3"), "file:////server/share/a.sqlite3?mode=rw"),
    ],
)
def test_file_on_a_share_is_found_by_sqlite_as_any_other_is(path: PurePath, uri: str) -> None:
    assert takeover._uri(path) == uri
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):  # and not "invalid uri authority"
        sqlite3.connect(uri, uri=True)
