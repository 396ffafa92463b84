"""What could not be queued is kept in files that are whole, private and readable whatever else lies there."""

from __future__ import annotations

import dataclasses
import os
import stat
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model.item import Kind, StagedFile
from ftrack_accsyn_accessor.outbox import memory, unqueued
from ftrack_accsyn_accessor.outbox.unqueued import Unqueued
from holding import ALWAYS, Holder
from making import publication

ODD = publication(
    component_name="plåt \udcff",
    kind=Kind.SEQUENCE,
    resource_identifier="a/b.%04d.exr",
    files=tuple(StagedFile(f"a/b.{frame:04d}.exr", 2**40, 2**62) for frame in range(3)),
    workspace="acme",
    volume="renders",
    path="c/b.%04d.exr",
    doubt="source-changed It was. Do this.",
)


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder / "outbox.sqlite3"


def lost(at: float = 1.0, **values: object) -> Unqueued:
    known = {"server_url": "https://a.test", "location_id": "location", "location_name": "artist.desk"}
    return Unqueued(unqueued.new_id(), at, "The disk is full.", **{**known, "publications": (ODD,), **values})  # type: ignore[arg-type]


def files(outbox: Path) -> list[Path]:
    return sorted((outbox.parent / unqueued.FOLDER_NAME).iterdir())


def test_what_is_kept_comes_back_as_it_was_the_oldest_first(outbox: Path) -> None:
    later = lost(2.0, publications=(), component_ids=("one", "two"), registered=True, workspace="acme", volume="v")
    first = lost(1.0)
    assert unqueued.keep(outbox, later)
    assert unqueued.keep(outbox, first)
    assert unqueued.kept(outbox) == [first, later]
    assert unqueued.ids(outbox) == {first.id, later.id}
    assert [each.count for each in unqueued.kept(outbox)] == [1, 2]


def test_nothing_is_kept_where_no_folder_is(outbox: Path) -> None:
    assert unqueued.kept(outbox) == []
    assert unqueued.ids(outbox.parent / "gone" / "outbox.sqlite3") == frozenset()


@pytest.mark.skipif(os.name == "nt", reason="no modes")
def test_files_are_private_to_their_owner(outbox: Path) -> None:
    unqueued.keep(outbox, lost())
    (file,) = files(outbox)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_later_knowledge_takes_the_place_of_earlier_one(outbox: Path) -> None:
    before = lost()
    after = dataclasses.replace(before, registered=True, words="Something else.")
    unqueued.keep(outbox, before)
    unqueued.keep(outbox, after)
    assert unqueued.kept(outbox) == [after]


def test_what_is_forgotten_is_gone_with_its_folder(outbox: Path) -> None:
    one, other = lost(1.0), lost(2.0)
    for each in (one, other):
        unqueued.keep(outbox, each)
    unqueued.forget(outbox, one)
    assert unqueued.kept(outbox) == [other]
    unqueued.forget(outbox, other)
    unqueued.forget(outbox, other)
    assert not (outbox.parent / unqueued.FOLDER_NAME).exists()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"at": "now"}', b"\xff\xfe", b'{"at":1,"publications":[{}]}']
)
def test_file_that_cannot_be_read_is_told_of_and_hides_no_other(outbox: Path, content: bytes) -> None:
    broken, whole = lost(1.0), lost(2.0)
    for each in (broken, whole):
        unqueued.keep(outbox, each)
    (path,) = [file for file in files(outbox) if broken.id in file.name]
    path.write_bytes(content)
    os.utime(path, (1.0, 1.0))

    found = unqueued.kept(outbox)

    assert [each.readable for each in found] == [False, True]
    assert found[1] == whole
    assert found[0].id == broken.id
    assert (found[0].at, found[0].count) == (1.0, 1)
    assert str(path) in found[0].words
    assert "ftrack-accsyn reconcile" in found[0].words


def test_files_of_a_later_release_are_read_as_far_as_they_are_understood(outbox: Path) -> None:
    kept = lost()
    unqueued.keep(outbox, kept)
    (path,) = files(outbox)
    text = path.read_text().replace('{"id"', '{"new": 1, "id"').replace('"component_id"', '"later": [], "component_id"')
    path.write_text(text)
    assert unqueued.kept(outbox) == [kept]


def test_outboxes_in_one_folder_keep_theirs_apart(outbox: Path) -> None:
    other = outbox.with_name("outbox-2.sqlite3")
    mine, theirs = lost(), lost()
    unqueued.keep(outbox, mine)
    unqueued.keep(other, theirs)
    assert (unqueued.kept(outbox), unqueued.kept(other)) == ([mine], [theirs])


def test_folder_that_was_moved_is_read_where_it_is(outbox: Path, tmp_path: Path) -> None:
    kept = lost()
    unqueued.keep(outbox, kept)
    outbox.parent.rename(tmp_path / "elsewhere")
    assert unqueued.kept(tmp_path / "elsewhere" / outbox.name) == [kept]


def test_state_folder_of_the_user_keeps_what_the_area_cannot(outbox: Path) -> None:
    outbox.parent.rmdir()  # as where a disk was unplugged
    kept = lost()

    assert unqueued.keep(outbox, kept)

    assert not outbox.parent.exists()
    state = memory.state_folder()
    assert state is not None
    assert len(list((state / unqueued.FOLDER_NAME).iterdir())) == 1
    assert unqueued.kept(outbox) == [kept]
    assert unqueued.kept(outbox.with_name("other.sqlite3")) == []
    outbox.parent.mkdir()
    assert unqueued.keep(outbox, dataclasses.replace(kept, registered=True))
    assert [each.registered for each in unqueued.kept(outbox)] == [True]
    assert not (state / unqueued.FOLDER_NAME).exists()


def test_file_that_another_program_looks_into_is_kept_nevertheless(
    outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Holder(monkeypatch, tries=6)
    kept = lost()

    assert unqueued.keep(outbox, kept)

    assert unqueued.kept(outbox) == [kept]
    assert len(files(outbox)) == 1


def test_nowhere_to_keep_it_is_no_error(outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_way = outbox.parent / "file"
    in_the_way.write_text("")
    (outbox.parent / unqueued.FOLDER_NAME).write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(in_the_way))
    monkeypatch.setenv("LOCALAPPDATA", str(in_the_way))
    monkeypatch.setenv("HOME", str(in_the_way))
    assert not unqueued.keep(outbox, lost())
    assert unqueued.kept(outbox) == []


def test_it_is_kept_while_another_program_looks_into_each_new_file(
    outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder(monkeypatch, tries=6)
    kept = lost()

    assert unqueued.keep(outbox, kept)

    assert unqueued.kept(outbox) == [kept]
    assert len(list((outbox.parent / unqueued.FOLDER_NAME).iterdir())) == 1
    assert holder.paused_s < 0.1
    unqueued.forget(outbox, kept)
    assert not (outbox.parent / unqueued.FOLDER_NAME).exists()


def test_what_was_held_for_longer_is_left_for_an_hour_and_then_removed_with_the_folder(
    outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        Holder(patch, tries=ALWAYS)
        assert not unqueued.keep(outbox, lost())
    (left,) = files(outbox)

    keep_and_forget(outbox)
    assert files(outbox) == [left]

    os.utime(left, (0, 0))
    keep_and_forget(outbox)
    assert not left.parent.exists()


def keep_and_forget(outbox: Path) -> None:
    kept = lost()
    assert unqueued.keep(outbox, kept)
    unqueued.forget(outbox, kept)
