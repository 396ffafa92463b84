"""What is not finished of the vendor loop: put once, worked on by one, known to have ended, whatever the disk does."""

from __future__ import annotations

import json
import logging
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import lockable
from ftrack_accsyn_accessor.vendor import spool as module
from ftrack_accsyn_accessor.vendor.spool import HAND_OUT, INGEST, RELAY, Spool

DATA = {"job": "66cc", "folder": "show/from", "name": "sh010_v001", "files": None, "sent": {"a.exr": 10}}


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "state" / "spool", wait_s=0.0)


def waiting(spool: Spool, kind: str = "") -> list[str]:
    return [entry.key for entry in spool.waiting(kind)]


def finish(spool: Spool, result: dict[str, Any], kind: str = INGEST, key: str = "j/1") -> None:
    (entry,) = [entry for entry in spool.waiting(kind) if entry.key == key]
    with spool.claim(entry) as claimed:
        assert claimed is not None
        claimed.finish(result)


def only_file(folder: Path) -> Path:
    (found,) = folder.glob("*.json")
    return found


def test_what_was_put_waits_with_its_data_until_it_is_finished(spool: Spool) -> None:
    assert spool.waiting() == []
    spool.put(INGEST, "j/1", DATA)

    (entry,) = spool.waiting()
    assert (entry.kind, entry.key, entry.data) == (INGEST, "j/1", DATA)
    assert spool.result(INGEST, "j/1") is None

    finish(spool, {"version_id": "v"})
    assert spool.waiting() == []
    assert spool.result(INGEST, "j/1") == {"version_id": "v"}


def test_the_same_key_again_changes_nothing_whether_it_waits_or_has_ended(spool: Spool) -> None:
    spool.put(INGEST, "j/1", DATA)
    spool.put(INGEST, "j/1", {"job": "another"})
    assert [entry.data for entry in spool.waiting()] == [DATA]

    finish(spool, {"version_id": "v"})
    spool.put(INGEST, "j/1", DATA)

    assert spool.waiting() == []
    assert spool.result(INGEST, "j/1") == {"version_id": "v"}


def test_the_same_key_of_another_kind_is_another_entry(spool: Spool) -> None:
    for kind in (RELAY, INGEST, HAND_OUT):
        spool.put(kind, "j/1", {"kind": kind})
    finish(spool, {}, RELAY)

    assert sorted(entry.kind for entry in spool.waiting()) == [HAND_OUT, INGEST]
    assert waiting(spool, HAND_OUT) == ["j/1"]
    assert spool.result(INGEST, "j/1") is None


def test_entries_come_in_the_order_in_which_they_were_put(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        monkeypatch.setattr(module.time, "time", lambda number=number: 1_790_000_000.0 + number)
        spool.put(INGEST, f"j/{number}", {})

    assert waiting(spool) == [f"j/{number}" for number in range(12)]


def test_what_was_saved_is_what_the_next_one_finds(spool: Spool) -> None:
    spool.put(INGEST, "j/1", DATA)
    with spool.claim(spool.waiting()[0]) as claimed:
        assert claimed is not None
        claimed.save({**claimed.data, "progress": {"version": 3}})

    assert [entry.data for entry in Spool(spool.folder).waiting()] == [{**DATA, "progress": {"version": 3}}]


def test_what_has_ended_is_not_brought_back_by_saving_it(spool: Spool) -> None:
    spool.put(INGEST, "j/1", DATA)
    with spool.claim(spool.waiting()[0]) as claimed:
        assert claimed is not None
        claimed.finish({"ok": True})
        claimed.save({"more": 1})
        claimed.finish({"ok": False})

    assert spool.waiting() == []
    assert spool.result(INGEST, "j/1") == {"ok": True}


def test_one_at_a_time_works_on_an_entry_and_sees_it_as_it_is_now(spool: Spool) -> None:
    spool.put(INGEST, "j/1", {"n": 1})
    stale, other = spool.waiting()[0], Spool(spool.folder)
    with other.claim(other.waiting()[0]) as claimed:
        assert claimed is not None
        with spool.claim(stale) as second:
            assert second is None
        claimed.save({"n": 2})

    with spool.claim(stale) as later:
        assert later is not None
        assert later.data == {"n": 2}
        later.finish({})
    with spool.claim(stale) as ended:
        assert ended is None


def test_a_claim_is_given_back_when_the_work_raises(spool: Spool) -> None:
    spool.put(INGEST, "j/1", {})
    with pytest.raises(RuntimeError), spool.claim(spool.waiting()[0]):
        raise RuntimeError

    with spool.claim(spool.waiting()[0]) as claimed:
        assert claimed is not None


def test_a_claim_that_the_disk_refuses_leaves_the_entry_to_others(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.put(INGEST, "j/1", DATA)
    (entry,) = spool.waiting()

    def refuse(path: Path, **_: Any) -> str:
        raise ValueError(path)

    with monkeypatch.context() as patch:  # a disk that lets nothing be read, nor moved
        patch.setattr(module, "read_text", refuse)
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "no")))
        with pytest.raises(errors.SpoolError) as refused, spool.claim(entry):
            pass
    with spool.claim(entry) as claimed:
        assert claimed is not None, refused.value


def test_locks_of_what_has_ended_do_not_pile_up(spool: Spool) -> None:
    for number in range(3):
        spool.put(INGEST, f"j/{number}", {})
        finish(spool, {}, key=f"j/{number}")

    assert [path.name for path in (spool.folder / "locks").iterdir() if path.name.startswith(INGEST)] == []


def test_one_at_a_time_is_alone_by_a_name_and_others_are_told(spool: Spool) -> None:
    with spool.alone("asset/1") as first:
        assert first is True
        with Spool(spool.folder, wait_s=0.0).alone("asset/1") as second:
            assert second is False
        with spool.alone("asset/2") as another:
            assert another is True
    with spool.alone("asset/1") as later:
        assert later is True


def test_who_waits_to_be_alone_goes_on_when_the_other_is_through(spool: Spool) -> None:
    entered = threading.Event()
    taken: list[bool] = []

    def wait() -> None:
        entered.set()
        with Spool(spool.folder, wait_s=60.0).alone("asset") as alone:
            taken.append(alone)

    with spool.alone("asset"):
        thread = threading.Thread(target=wait)
        thread.start()
        entered.wait(30)
    thread.join(30)
    assert taken == [True]


@pytest.mark.skipif(os.name == "nt", reason="no modes there")
def test_folders_and_files_are_private_whatever_the_mask_is(spool: Spool) -> None:
    before = os.umask(0)
    try:
        spool.put(INGEST, "j/1", DATA)
        with spool.claim(spool.waiting()[0]), spool.alone("asset"):
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in spool.folder.rglob("*")}
    finally:
        os.umask(before)
    assert stat.S_IMODE(spool.folder.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o700, 0o600}


@pytest.mark.skipif(os.name == "nt", reason="no modes there")
def test_a_folder_that_others_may_write_is_refused(spool: Spool) -> None:
    spool.put(INGEST, "j/1", DATA)
    spool.folder.chmod(0o777)

    for look in (lambda: spool.put(INGEST, "j/2", DATA), spool.waiting):
        with pytest.raises(errors.SpoolError, match="other accounts may write there"):
            look()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_folder_of_another_account_is_refused(spool: Spool) -> None:
    spool.folder.mkdir(parents=True, mode=0o700)
    os.chown(spool.folder, 12345, -1)

    with pytest.raises(errors.SpoolError, match="other accounts"):
        spool.put(INGEST, "j/1", DATA)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"kind": "ingest", "ke',
        b"[]",
        b"null",
        b'{"kind": "ingest"}',
        b'{"kind": 7, "key": "j/1", "put_at": 1, "data": {}}',
        b'{"kind": "ingest", "key": "another", "put_at": 1, "data": {}}',
        b'{"kind": "ingest", "key": "j/1", "put_at": 1, "data": []}',
        b'{"kind": "ingest", "key": "j/1", "put_at": "x", "data": {}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_entry_is_set_aside_told_once_and_keeps_nothing_else(
    spool: Spool, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    spool.put(INGEST, "j/1", DATA)
    only_file(spool.folder).write_bytes(content)
    spool.put(INGEST, "j/2", DATA)

    with caplog.at_level(logging.WARNING):
        assert waiting(spool) == ["j/2"]
        assert waiting(spool) == ["j/2"]

    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert only_file(spool.folder / "unreadable").read_bytes() == content
    spool.put(INGEST, "j/1", DATA)
    assert waiting(spool) == ["j/2", "j/1"]


def test_foreign_files_in_the_folder_are_passed_over(spool: Spool) -> None:
    spool.put(INGEST, "j/1", DATA)
    (spool.folder / "notes.json").write_text("x", encoding="utf-8")
    (spool.folder / ".ingest-0.json.tmp").write_text("x", encoding="utf-8")

    assert waiting(spool) == ["j/1"]
    assert (spool.folder / "notes.json").exists()


def test_an_entry_that_the_system_does_not_let_be_read_waits(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    spool.put(INGEST, "j/1", DATA)
    path = only_file(spool.folder)
    content = path.read_bytes()
    path.unlink()
    path.mkdir()  # reads like a file on a disk that fails, for root as well

    assert waiting(spool) == []
    assert "cannot be read" in caplog.text
    path.rmdir()
    path.write_bytes(content)
    assert waiting(spool) == ["j/1"]


def test_what_was_killed_between_ending_and_going_is_known_to_have_ended(spool: Spool) -> None:
    spool.put(INGEST, "j/1", DATA)
    path = only_file(spool.folder)
    content = path.read_bytes()
    stale = spool.waiting()[0]
    finish(spool, {"ok": True})
    path.write_bytes(content)

    with spool.claim(stale) as claimed:
        assert claimed is None
    assert spool.waiting() == []
    assert not path.exists()
    assert spool.result(INGEST, "j/1") == {"ok": True}


def test_what_ended_long_ago_is_forgotten_and_what_ended_lately_is_not(spool: Spool) -> None:
    for key in ("old", "new", "newest"):
        spool.put(INGEST, key, {})
    finish(spool, {}, key="old")
    then = only_file(spool.folder / "done").stat().st_mtime - module.KEPT_DAYS * 86_400 - 1
    os.utime(only_file(spool.folder / "done"), (then, then))
    finish(spool, {"n": 1}, key="new")

    assert spool.result(INGEST, "old") is None
    assert spool.result(INGEST, "new") == {"n": 1}
    assert waiting(spool) == ["newest"]


def test_a_result_that_was_damaged_is_told_and_not_taken_for_none(spool: Spool) -> None:
    spool.put(INGEST, "j/1", DATA)
    finish(spool, {})
    only_file(spool.folder / "done").write_text("{", encoding="utf-8")

    with pytest.raises(errors.SpoolError, match="no whole entry"):
        spool.result(INGEST, "j/1")
    spool.put(INGEST, "j/1", DATA)
    assert spool.waiting() == []


def test_a_disk_that_refuses_says_so_and_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    spool = Spool(tmp_path / "file" / "spool")

    with pytest.raises(errors.SpoolError, match="permissions and the free space"):
        spool.put(INGEST, "j/1", DATA)


def test_a_disk_without_locks_says_so(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(folder: Path) -> None:
        raise lockable.NoLocksError(37, "the file system has no locks")

    monkeypatch.setattr(lockable, "require", none)  # a file system without locks cannot be mounted everywhere
    with pytest.raises(errors.SpoolError, match=r"no locks.*local disk"):
        spool.put(INGEST, "j/1", DATA)


def test_a_writer_that_never_ends_keeps_nobody_for_ever(spool: Spool) -> None:
    spool.put(INGEST, "j/1", DATA)
    with spool._writing(), pytest.raises(errors.SpoolError, match="could not be locked for 0 s"):
        spool.put(INGEST, "j/2", DATA)


@pytest.mark.parametrize("kind", ["", "../x", "Ingest", "a" * 40, "a\n"])
def test_a_kind_that_would_be_no_file_name_is_refused(spool: Spool, kind: str) -> None:
    with pytest.raises(ValueError, match="no kind"):
        spool.put(kind, "j/1", {})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None)
@given(keys=st.lists(st.text(max_size=12), unique=True, max_size=4), data=st.dictionaries(st.text(max_size=5), _JSON))
def test_whatever_text_a_key_is_it_comes_back_and_stays_inside_the_folder(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str], data: dict[str, Any]
) -> None:
    spool = Spool(tmp_path_factory.mktemp("any") / "spool")
    for key in [*keys, *keys]:
        spool.put(INGEST, key, data)

    assert sorted(entry.key for entry in spool.waiting()) == sorted(keys)
    assert all(entry.data == data for entry in spool.waiting())
    assert [path.name for path in spool.folder.parent.iterdir()] == (["spool"] if keys else [])
    assert all(json.loads(path.read_bytes())["key"] in keys for path in spool.folder.glob("*.json"))


def test_what_was_kept_is_read_again_however_much_it_is(spool: Spool) -> None:
    spool.put(INGEST, "key", {"names": "x" * (65 << 20)})
    (entry,) = spool.waiting(INGEST)
    entry.finish({"words": "done"})
    assert spool.result(INGEST, "key") == {"words": "done"}
