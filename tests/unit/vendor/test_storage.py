"""What vendors may have had their hands on is looked at, read, copied and moved without a link being followed."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable

import pytest

from ftrack_accsyn_accessor.model.errors import StorageError
from ftrack_accsyn_accessor.model.submission import FoundKind
from ftrack_accsyn_accessor.vendor import folder
from ftrack_accsyn_accessor.vendor.storage import Copied, Storage

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")

#: Every call that takes a path, or two.
CALLS: dict[str, Callable[[Storage, str], object]] = {
    "find": lambda storage, path: storage.find(path),
    "walk": lambda storage, path: storage.walk(path, 10, 10),
    "digest": lambda storage, path: storage.digest(path),
    "read": lambda storage, path: storage.read(path, 100),
    "write": lambda storage, path: storage.write(path, b"x"),
    "replace": lambda storage, path: storage.write(path, b"x", replace=True),
    "make_folder": lambda storage, path: storage.make_folder(path),
    "copy from": lambda storage, path: storage.copy(path, "new"),
    "copy to": lambda storage, path: storage.copy("plain.txt", path),
    "move from": lambda storage, path: storage.move(path, "new"),
    "move to": lambda storage, path: storage.move("box", path),
    "flush": lambda storage, path: storage.flush([path]),
}


@pytest.fixture(params=["by handle", "by handle, renaming may replace", "by name"])
def storage(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """A volume with a file, reached as POSIX has it, and as a system does that has no handles of folders."""
    if request.param == "by name":
        monkeypatch.setattr(folder, "opened", lambda path: folder.ByName(os.path.realpath(path), None))
    if request.param == "by handle, renaming may replace":
        monkeypatch.setattr(folder, "_renamed_exclusively", lambda *_: False)
    (tmp_path / "volume").mkdir()
    (tmp_path / "volume" / "box").mkdir()
    (tmp_path / "volume" / "plain.txt").write_bytes(b"plain")
    return Storage(tmp_path / "volume")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the volume, with a file that nobody may reach through it."""
    made = tmp_path / "outside"
    (made / "deep").mkdir(parents=True)
    (made / "secret.txt").write_bytes(b"secret")
    (made / "deep" / "secret.txt").write_bytes(b"secret")
    return made


def content(root: Path) -> dict[str, bytes]:
    """Path -> content of all files below *root*; links are none."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@pytest.mark.parametrize("path", ["/etc/passwd", "..", "../outside", "a/../../outside", "a//b", "a/", "./a", "a\0b"])
@pytest.mark.parametrize("call", CALLS)
def test_a_path_that_is_none_below_the_volume_is_refused(storage: Storage, call: str, path: str) -> None:
    with pytest.raises(StorageError):
        CALLS[call](storage, path)
    assert content(storage.root) == {"plain.txt": b"plain"}


@pytest.mark.parametrize("path", ["x" * 256, "\ud800"])
def test_a_name_that_no_system_takes_is_told_as_an_error_of_the_volume(storage: Storage, path: str) -> None:
    with pytest.raises(StorageError) as caught:
        storage.write(path, b"x")
    str(caught.value).encode()  # it can be printed


@posix
@pytest.mark.parametrize("path", ["link/secret.txt", "link/deep/secret.txt", "link/deep", "link/new/file"])
@pytest.mark.parametrize("call", CALLS)
def test_a_link_to_a_folder_leads_nowhere(storage: Storage, outside: Path, call: str, path: str) -> None:
    (storage.root / "link").symlink_to(outside)
    before = content(outside)
    with pytest.raises(StorageError):
        CALLS[call](storage, path)
    assert content(outside) == before


@posix
@pytest.mark.parametrize("call", sorted(CALLS.keys() - {"find"}))
def test_a_link_in_the_place_of_a_file_or_folder_is_neither(storage: Storage, outside: Path, call: str) -> None:
    (storage.root / "file").symlink_to(outside / "secret.txt")
    (storage.root / "folder").symlink_to(outside)
    before = content(outside)
    for path in ("file", "folder"):
        with pytest.raises(StorageError):
            CALLS[call](storage, path)
    assert content(outside) == before
    assert (storage.root / "file").is_symlink()
    assert not (storage.root / "new").exists()


@pytest.fixture
def odd(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A pipe nobody writes to, a socket, and a link to a device."""
    os.mkfifo(storage.root / "pipe")
    monkeypatch.chdir(storage.root)  # the whole path may be longer than that of a socket
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        (storage.root / "zero").symlink_to("/dev/zero")
        yield


@posix
@pytest.mark.usefixtures("odd")
@pytest.mark.parametrize("call", ["digest", "read", "copy from", "move from", "flush", "replace", "walk"])
def test_what_is_no_file_is_never_opened(storage: Storage, call: str) -> None:
    for path in ("pipe", "socket", "zero"):
        with pytest.raises(StorageError):
            CALLS[call](storage, path)


@posix
@pytest.mark.usefixtures("odd")
def test_each_kind_is_told_as_what_it_is(storage: Storage) -> None:
    kinds = {each.path: each.kind for each in storage.walk("", 10, 3)}
    assert kinds == {
        "box": FoundKind.FOLDER,
        "pipe": FoundKind.OTHER,
        "plain.txt": FoundKind.FILE,
        "socket": FoundKind.OTHER,
        "zero": FoundKind.LINK,
    }
    for path, kind in kinds.items():
        found = storage.find(path)
        assert found is not None
        assert found.kind is kind


@posix
@pytest.mark.usefixtures("odd")
def test_what_is_no_file_is_moved_as_it_is_only_where_that_is_asked_for(storage: Storage) -> None:
    for path in ("pipe", "zero"):
        storage.move(path, f"kept/{path}", anything=True)
    assert os.readlink(storage.root / "kept" / "zero") == "/dev/zero"
    assert [each.path for each in storage.walk("kept", 10, 1)] == ["pipe", "zero"]


def test_nothing_is_found_where_nothing_lies_and_an_error_where_the_volume_is_not(storage: Storage) -> None:
    assert storage.find("a/b/c") is None
    assert storage.find("") is not None
    gone = Storage(storage.root / "unmounted")
    for call in CALLS.values():
        with pytest.raises(StorageError, match="not there"):
            call(gone, "plain.txt")
    assert not gone.root.exists()


def test_a_walk_lists_all_below_in_order_and_no_more_than_it_may(storage: Storage) -> None:
    storage.write("a/b/c.exr", b"1")
    storage.write("a/a.exr", b"22")
    assert [each.path for each in storage.walk("a", 3, 2)] == ["a.exr", "b", "b/c.exr"]
    with pytest.raises(StorageError, match="more than 2"):
        storage.walk("a", 2, 2)
    with pytest.raises(StorageError, match="too deep"):
        storage.walk("a", 3, 1)


@posix
@pytest.mark.parametrize("levels", [200, pytest.param(10_000, marks=pytest.mark.slow)])
def test_any_number_of_levels_ends_a_walk_early(storage: Storage, levels: int) -> None:
    handle = os.open(storage.root, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=handle)
        inner = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)
    with pytest.raises(StorageError, match="too deep"):
        storage.walk("d", 100_000, 32)
    subprocess.run(["rm", "-rf", str(storage.root / "d")], check=True)  # their paths are longer than calls take


@posix
def test_holes_second_names_and_names_that_are_no_utf8_are_told(storage: Storage) -> None:
    with open(storage.root / "holes.exr", "wb") as file:
        file.truncate(1 << 40)
    os.link(storage.root / "plain.txt", storage.root / "again.txt")
    Path(os.fsdecode(os.fsencode(storage.root) + b"/b\xe4.exr")).write_bytes(b"1")
    found = {each.path: each for each in storage.walk("", 10, 1)}
    assert found["holes.exr"].size_bytes == 1 << 40
    assert found["holes.exr"].used_bytes == 0
    assert found["again.txt"].links == 2
    assert found["b\udce4.exr"].size_bytes == 1
    assert storage.read("b\udce4.exr", 10) == b"1"


def test_a_mark_changes_with_the_content_even_where_size_and_time_do_not(storage: Storage) -> None:
    path = storage.root / "plain.txt"
    before, times = storage.find("plain.txt"), path.stat()
    path.write_bytes(b"PLAIN")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = storage.find("plain.txt")
    assert before is not None
    assert after is not None
    assert before.mark != after.mark


def test_what_is_written_is_read_again_and_replaced_only_where_that_is_meant(storage: Storage) -> None:
    storage.write("a/b/note.txt", b"one")
    storage.write("a/b/note.txt", b"one")
    with pytest.raises(StorageError, match="other content"):
        storage.write("a/b/note.txt", b"two")
    assert storage.read("a/b/note.txt", 3) == b"one"
    storage.write("a/b/note.txt", b"three", replace=True)
    with pytest.raises(StorageError, match="more than 3 bytes"):
        storage.read("a/b/note.txt", 3)
    assert content(storage.root) == {"a/b/note.txt": b"three", "plain.txt": b"plain"}


def test_a_copy_is_hashed_dated_and_made_once(storage: Storage) -> None:
    data = os.urandom((1 << 20) + 17)
    storage.write("in/plate.exr", data)
    os.utime(storage.root / "in/plate.exr", ns=(10**18, 1_500_000_000_123_456_700))
    expected = Copied(len(data), hashlib.sha256(data).hexdigest())
    assert storage.copy("in/plate.exr", "to/deep/plate.exr") == expected
    assert storage.copy("in/plate.exr", "to/deep/plate.exr") == expected
    assert storage.digest("to/deep/plate.exr") == expected.sha256
    assert (storage.root / "to/deep/plate.exr").stat().st_mtime_ns == 1_500_000_000_123_456_700
    with pytest.raises(StorageError, match="other content"):
        storage.copy("plain.txt", "to/deep/plate.exr")
    storage.flush(["to/deep/plate.exr"])
    assert set(content(storage.root)) == {"in/plate.exr", "plain.txt", "to/deep/plate.exr"}


def test_of_many_who_write_one_file_at_once_one_does_and_nothing_is_mixed(
    storage: Storage, request: pytest.FixtureRequest
) -> None:
    if os.name != "nt" and "by name" in request.node.name:
        pytest.skip("there, renaming by name never replaces; here it does")
    contents = [bytes([number]) * 100_000 for number in range(8)]

    def write(data: bytes) -> bool:
        try:
            storage.write("to/one", data)
        except StorageError:
            return False
        return True

    for _ in range(10):
        with ThreadPoolExecutor(len(contents)) as pool:
            done = [data for data, is_done in zip(contents, pool.map(write, contents)) if is_done]
        assert [storage.read("to/one", 1_000_000)] == done
        assert [each.name for each in (storage.root / "to").iterdir()] == ["one"]
        (storage.root / "to" / "one").unlink()


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_move_is_done_once_and_replaces_nothing(storage: Storage, what: str) -> None:
    name = "plain.txt" if what == "file" else "box"
    if what == "folder":
        storage.write("box/in.txt", b"in")
    before = content(storage.root)
    storage.move(name, f"aside/{name}")
    storage.move(name, f"aside/{name}")
    moved = content(storage.root)
    assert sorted(moved.values()) == sorted(before.values())
    assert all(path.startswith(f"aside/{name}") or not path.startswith(name) for path in moved)
    storage.write(f"{name}/other.txt" if what == "folder" else name, b"newer")
    with pytest.raises(StorageError, match="already"):
        storage.move(name, f"aside/{name}")
    assert set(moved.values()) < set(content(storage.root).values())


def test_a_move_of_nothing_and_one_into_itself_are_refused(storage: Storage) -> None:
    for source, target in (("nothing", "new"), ("box", "box/in"), ("box", "box"), ("plain.txt", "plain.txt")):
        with pytest.raises(StorageError):
            storage.move(source, target)
    assert (storage.root / "box").is_dir()
    assert content(storage.root) == {"plain.txt": b"plain"}


def test_an_empty_folder_at_the_target_is_something_too(storage: Storage) -> None:
    storage.make_folder("new")
    with pytest.raises(StorageError, match="already"):
        storage.move("box", "new")
    assert (storage.root / "box").is_dir()


@posix
def test_a_move_that_was_killed_between_both_names_is_finished(storage: Storage) -> None:
    (storage.root / "kept").mkdir()
    os.link(storage.root / "plain.txt", storage.root / "kept" / "plain.txt")
    storage.move("plain.txt", "kept/plain.txt")
    assert content(storage.root) == {"kept/plain.txt": b"plain"}


@posix
@pytest.mark.skipif(not os.path.exists("/proc"), reason="a disk that tells cases apart")
def test_two_spellings_that_may_be_one_name_are_never_taken_for_a_move_in_between(storage: Storage) -> None:
    os.link(storage.root / "plain.txt", storage.root / "PLAIN.txt")
    with pytest.raises(StorageError, match="already"):
        storage.move("plain.txt", "PLAIN.txt")
    assert content(storage.root) == {"plain.txt": b"plain", "PLAIN.txt": b"plain"}


@posix
@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="no second disk")
def test_a_move_to_another_disk_is_refused_in_words(tmp_path: Path) -> None:
    storage = Storage(Path("/"))
    there = Path("/dev/shm") / f"accsyn-{os.getpid()}"
    (tmp_path / "file").write_bytes(b"1")
    there.mkdir()
    try:
        if there.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("no second disk")
        with pytest.raises(StorageError, match="another disk"):
            storage.move(str(tmp_path / "file").lstrip("/"), f"{str(there).lstrip('/')}/file")
    finally:
        there.rmdir()
    assert (tmp_path / "file").read_bytes() == b"1"
