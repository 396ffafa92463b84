"""The name of the ftrack location that a staging area is: set, remembered by the area, or made of user and host."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_accsyn_accessor import machine
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import locations, lockable
from ftrack_accsyn_accessor.outbox.locations import Located, keep, located, location_name
from ftrack_accsyn_accessor.outbox.patience import Patience

SERVER = "https://acme.test"


@pytest.fixture
def root(tmp_path: Path) -> str:
    (tmp_path / ".ftrack-accsyn").mkdir()
    return str(tmp_path)


def test_name_is_made_of_user_and_host_where_nothing_is_known(root: str) -> None:
    assert location_name(Settings(staging_path=root), SERVER, "artist") == f"artist.{machine.hostname()}"


def test_remembered_name_survives_a_renamed_host_for_its_user_only(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(root, [Located(SERVER, "artist", "artist.ws1")])
    monkeypatch.setattr(machine, "hostname", lambda: "renamed")
    current = Settings(staging_path=root)

    assert location_name(current, SERVER, "artist") == "artist.ws1"
    assert location_name(current, f"{SERVER.upper()}/", "artist") == "artist.ws1"
    assert location_name(current, "", "artist") == "artist.ws1"
    assert location_name(current, SERVER, "admin") == "admin.renamed"
    assert location_name(current, "https://other.test", "artist") == "artist.renamed"


def test_name_that_is_set_wins(root: str) -> None:
    keep(root, [Located(SERVER, "artist", "artist.ws1")])

    assert location_name(Settings(staging_path=root, location="studio.staging"), SERVER, "artist") == "studio.staging"


def test_later_name_of_a_user_takes_the_place_of_the_earlier_one_unless_what_is_known_wins(root: str) -> None:
    keep(root, [Located(SERVER, "artist", "one"), Located(SERVER, "vendor", "two")])
    keep(root, [Located(SERVER, "artist", "three")])
    keep(root, [Located(SERVER, "vendor", "four"), Located(SERVER, "admin", "five")], known_win=True)

    assert {(each.username, each.name) for each in located(root)} == {
        ("artist", "three"),
        ("vendor", "two"),
        ("admin", "five"),
    }


def test_nothing_is_written_when_it_is_known(root: str) -> None:
    keep(root, [Located(SERVER, "artist", "one")])
    path = Path(root) / ".ftrack-accsyn" / locations.NAME
    before = path.stat()

    keep(root, [Located(SERVER, "artist", "one")])

    now = path.stat()
    assert (now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)  # reading it changes another time


def test_unplugged_area_is_not_made(tmp_path: Path) -> None:
    keep(str(tmp_path / "unplugged"), [Located(SERVER, "artist", "one")])

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "[]", '{"locations": [{"user": 1}]}'])
def test_damaged_file_is_as_good_as_none_and_mended_by_the_next_session(root: str, content: str) -> None:
    path = Path(root) / ".ftrack-accsyn" / locations.NAME
    path.write_text(content)
    assert located(root) == ()

    keep(root, [Located(SERVER, "artist", "one")])

    assert located(root) == (Located(SERVER, "artist", "one"),)


def test_process_that_is_stuck_while_it_remembers_a_name_is_waited_for_no_longer_than_the_thread_may(root: str) -> None:
    mine = Patience(0.05)
    with lockable.alone(locations._path(root).with_suffix(".lock"), 5.0), mine:
        keep(root, [Located(SERVER, "artist", "artist.ws1")])

    assert located(root) == ()
    assert mine.left_s == 0.0
