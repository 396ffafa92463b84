"""What a machine remembers of its staging areas: kept outside of them, and told without making anything."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import stat
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.outbox import Outbox, memory
from ftrack_accsyn_accessor.outbox.file import marker_path, outbox_path
from ftrack_accsyn_accessor.outbox.memory import Served
from ftrack_accsyn_accessor.staging.area import StagingArea


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return serve(tmp_path / "projects", "artist.ws1")


def serve(root: Path, *names: str) -> Served:
    """Make an area with an outbox, and remember it."""
    area = StagingArea(str(root))
    area.prepare()
    path = outbox_path(None, area.root)
    Outbox(path).open()
    found = Served(area.root, area.uuid, str(path), names, 1000.0)
    memory.keep(found)
    return found


def publish(root: Path, desk: Any, *component_ids: str) -> None:
    outbox = Outbox(outbox_path(None, str(root)))
    outbox.prepare([desk.publication(component_id) for component_id in component_ids], "owner")
    outbox.close()


def everything(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


def test_area_is_known_by_its_path_with_all_that_was_kept(served: Served) -> None:
    assert memory.known(served.root) == served
    assert memory.known(served.root + os.sep) == served
    assert memory.known(served.root + "2") is None
    assert served.present


@pytest.mark.parametrize("refusal", [RuntimeError("no home"), KeyError("getpwuid(): uid not found: 12003")])
def test_account_without_a_home_remembers_nothing_and_goes_on(
    served: Served, monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    def home() -> Path:
        raise refusal

    # A patch, as pytest's account has a home; the second is what CPython 3.9 raises.
    monkeypatch.setattr(Path, "home", home)
    assert memory.state_folder({"XDG_STATE_HOME": served.root}) == Path(served.root, "ftrack-accsyn")
    monkeypatch.delenv("XDG_STATE_HOME")
    assert memory.state_folder() is None
    assert memory.served() == []
    memory.keep(served)


def test_record_is_private_and_holds_plain_json(served: Served) -> None:
    assert served.record is not None
    content = json.loads(served.record.read_text(encoding="utf-8"))
    assert content == {"schema": 1, **dataclasses.asdict(served), "locations": ["artist.ws1"]}
    assert {path.name for path in served.record.parent.iterdir()} == {served.record.name, "areas.lock"}
    if sys.platform != "win32":
        assert stat.S_IMODE(served.record.stat().st_mode) == 0o600
        assert stat.S_IMODE(served.record.parent.stat().st_mode) == 0o700


def test_names_of_locations_are_added_and_the_count_stays(served: Served) -> None:
    memory.keep_unsent(dataclasses.replace(served, unsent=3))

    memory.keep(dataclasses.replace(served, locations=("vendor.ws1",), served_at=2000.0))

    known = memory.known(served.root)
    assert known is not None
    assert (known.locations, known.unsent) == (("artist.ws1", "vendor.ws1"), 3)


def test_nothing_is_written_for_what_was_served_a_moment_ago(served: Served) -> None:
    assert served.record is not None
    before = served.record.stat()

    memory.keep(dataclasses.replace(served, served_at=served.served_at + 60.0))

    now = served.record.stat()
    assert (now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)  # reading it changes another time


def test_area_begun_anew_takes_the_place_of_what_was_remembered(served: Served) -> None:
    memory.keep(dataclasses.replace(served, uuid="another"), begun=True)

    assert [each.uuid for each in memory.served()] == ["another"]


def test_count_that_is_being_kept_does_not_bring_back_an_area_that_is_begun_anew_meanwhile(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins = threading.Thread(target=memory.keep, args=(dataclasses.replace(served, uuid="another"), True))
    real = memory.write

    def write(path: Path, content: str) -> None:  # a patch: nothing else stops between reading and writing
        if threading.current_thread() is not begins:
            begins.start()
            begins.join(0.3)
        real(path, content)

    monkeypatch.setattr(memory, "write", write)

    memory.keep_unsent(dataclasses.replace(served, unsent=3))

    begins.join(20.0)
    assert [each.uuid for each in memory.served()] == ["another"]


def test_other_disk_at_the_same_path_leaves_what_was_remembered(served: Served) -> None:
    memory.keep(dataclasses.replace(served, uuid="another"))

    assert {each.uuid for each in memory.served()} == {"another", served.uuid}


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"root": 1}', "\udcff"])
def test_damaged_record_is_passed_over(served: Served, content: str) -> None:
    assert served.record is not None
    served.record.write_text(content, encoding="utf-8", errors="surrogateescape")

    assert memory.served() == []


def test_state_folder_that_cannot_be_written_costs_the_memory_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))

    found = serve(tmp_path / "projects")

    assert memory.known(found.root) is None


@pytest.mark.parametrize(
    ("platform", "environ", "folder"),
    [
        ("linux", {}, ".local/state/ftrack-accsyn"),
        ("linux", {"XDG_STATE_HOME": "relative"}, ".local/state/ftrack-accsyn"),
        ("darwin", {"LOCALAPPDATA": "/elsewhere"}, "Library/Application Support/ftrack-accsyn"),
        ("win32", {}, "AppData/Local/ftrack-accsyn"),
    ],
)
def test_state_folder_is_where_the_system_wants_it(platform: str, environ: dict[str, str], folder: str) -> None:
    assert memory.state_folder(environ, platform) == Path.home() / folder


def test_state_folder_of_the_environment_wins(tmp_path: Path) -> None:
    named = [(platform, "XDG_STATE_HOME") for platform in ("linux", "darwin", "win32")]
    for platform, name in (*named, ("win32", "LOCALAPPDATA")):
        assert memory.state_folder({name: str(tmp_path)}, platform) == tmp_path / "ftrack-accsyn"


# Other areas.


def test_other_area_with_unsent_items_is_told_with_the_count_of_this_moment(
    served: Served, tmp_path: Path, desk: Any
) -> None:
    other = serve(tmp_path / "other", "artist.ws1")
    publish(tmp_path / "other", desk, "one", "two")

    (found,) = memory.others(Path(served.outbox))

    assert (found.root, found.present, found.unsent) == (other.root, True, 2)
    assert (found.locations, found.record) == (("artist.ws1",), other.record)


def test_other_area_without_unsent_items_and_the_present_one_are_not_told(
    served: Served, tmp_path: Path, desk: Any
) -> None:
    serve(tmp_path / "other")
    publish(tmp_path / "projects", desk, "one")

    assert memory.others(Path(served.outbox)) == []


def test_unplugged_other_area_is_told_with_the_count_that_was_known_last_and_nothing_is_made(
    served: Served, tmp_path: Path
) -> None:
    other = serve(tmp_path / "disk" / "other")
    memory.keep_unsent(dataclasses.replace(other, unsent=7))
    shutil.rmtree(tmp_path / "disk")
    before = everything(tmp_path)

    (found,) = memory.others(Path(served.outbox))

    assert (found.root, found.present, found.unsent) == (other.root, False, 7)
    assert everything(tmp_path) == before


def test_area_whose_disk_was_exchanged_for_another_one_is_told_as_not_there(served: Served, tmp_path: Path) -> None:
    memory.keep_unsent(dataclasses.replace(served, unsent=2))
    marker = Path(marker_path(served.root))
    marker.write_text(marker.read_text().replace(served.uuid, "another"))
    present = dataclasses.replace(served, uuid="another")
    memory.keep(present)

    (found,) = memory.others(Path(present.outbox))

    assert (found.root, found.present, found.unsent) == (served.root, False, 2)


def test_other_area_whose_outbox_was_lost_is_told_with_the_count_that_was_known_last(
    served: Served, tmp_path: Path
) -> None:
    other = serve(tmp_path / "other")
    memory.keep_unsent(dataclasses.replace(other, unsent=2))
    Path(other.outbox).unlink()

    (found,) = memory.others(Path(served.outbox))

    assert (found.present, found.unsent) == (True, 2)
    assert not Path(other.outbox).exists()
