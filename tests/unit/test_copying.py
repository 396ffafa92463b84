"""That a copy has all of the source and nothing else, whatever the system says of the faster ways."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor import cloning, copying

CONTENT = bytes(range(256)) * 3000
#: Aligned blocks of so much, and multiples of it, are slow where a disk cannot clone.
ROUND = 256 * 1024
#: How os.copy_file_range is called; tests put what kernels and disks have been seen to do in its place, as no kernel
#: can be told to.
Range = Callable[[int, int, int, int, int], int]

linux = pytest.mark.skipif(not hasattr(os, "copy_file_range"), reason="the system does not move bytes by itself here")


@pytest.fixture(autouse=True)
def nothing_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_failed", {})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.exr"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def moving(monkeypatch: pytest.MonkeyPatch) -> Callable[[Range], list[int]]:
    """Put a function in the place of os.copy_file_range; return the list of what it moved. There are no clones."""
    moved: list[int] = []

    monkeypatch.setattr(cloning, "clone", refuse(errno.ENOTSUP))

    def put(move: Range) -> list[int]:
        def counted(source: int, target: int, count: int, offset_src: int, offset_dst: int) -> int:
            try:
                moved.append(move(source, target, count, offset_src, offset_dst))
            except OSError as error:
                moved.append(-(error.errno or 0))
                raise
            return moved[-1]

        monkeypatch.setattr(os, "copy_file_range", counted, raising=False)
        return moved

    return put


def copied(source: Path, name: str = "copy.exr") -> Path:
    path = source.with_name(name)
    with source.open("rb") as reading, path.open("xb") as writing:
        copying.copy(reading, writing, str(path), lambda: str(path) + ".spare")
    return path


def refuse(number: int) -> Range:
    def move(*_: int) -> int:
        raise OSError(number, os.strerror(number))

    return move


def by_hand(source: int, target: int, count: int, from_: int, to: int) -> int:
    return os.pwrite(target, os.pread(source, count, from_), to)


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 256 * 1024 + 1, 3_000_000])
def test_copy_has_the_content_and_nothing_else_of_the_source(tmp_path: Path, size: int) -> None:
    source = tmp_path / "source.exr"
    source.write_bytes(os.urandom(size))
    source.chmod(0o444)
    os.utime(source, (1_000_000_000, 1_000_000_000))
    plain = tmp_path / "plain"
    plain.touch()

    copy = copied(source)

    assert copy.read_bytes() == source.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    assert copy.stat().st_mtime >= plain.stat().st_mtime - 2
    assert sorted(os.listdir(tmp_path)) == ["copy.exr", "plain", "source.exr"]


@pytest.mark.parametrize(
    "number", [errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EIO, errno.EPERM, errno.ETXTBSY]
)
def test_way_that_is_refused_is_given_up_after_a_few_files(
    source: Path, moving: Callable[[Range], list[int]], number: int
) -> None:
    tries = moving(refuse(number))

    copies = [copied(source, f"{each}.exr") for each in range(10)]

    assert [copy.read_bytes() == CONTENT for copy in copies] == [True] * 10
    assert len(tries) == copying.TRIES


def test_disks_are_told_apart_when_a_way_is_given_up(source: Path, moving: Callable[[Range], list[int]]) -> None:
    tries = moving(refuse(errno.EXDEV))
    for number in range(5):
        copied(source, f"{number}.exr")
    (key,) = [key for key in copying._failed if key[0] == "range"]
    copying._failed["range", key[1], key[2] + 1] = copying._failed.pop(key)

    copied(source)

    assert len(tries) == copying.TRIES + 1


def test_way_that_has_worked_is_tried_however_often_it_fails_later(
    source: Path, moving: Callable[[Range], list[int]]
) -> None:
    moving(by_hand)
    copied(source)
    tries = moving(refuse(errno.EIO))

    for number in range(5):
        assert copied(source, f"{number}.exr").read_bytes() == CONTENT
    assert len(tries) == 5 + 2  # those that moved all, and found the end


def test_rest_is_read_where_the_system_breaks_off(source: Path, moving: Callable[[Range], list[int]]) -> None:
    def move(source: int, target: int, count: int, from_: int, to: int) -> int:
        if from_ >= 300_000:
            raise OSError(errno.EIO, "broken off")
        return by_hand(source, target, 100_000, from_, to)

    moved = moving(move)

    assert copied(source).read_bytes() == CONTENT
    assert moved == [100_000] * 3 + [-errno.EIO]


def test_all_is_read_where_the_system_finds_nothing(source: Path, moving: Callable[[Range], list[int]]) -> None:
    moving(lambda *_: 0)

    assert copied(source).read_bytes() == CONTENT


def test_all_is_read_where_the_system_counts_what_it_has_not_moved(
    source: Path, moving: Callable[[Range], list[int]]
) -> None:
    moving(lambda source, target, count, from_, to: 50_000)

    assert copied(source).read_bytes() == CONTENT


@linux
@pytest.mark.skipif(not os.path.exists("/proc/self/cmdline"), reason="no such file")
def test_file_whose_size_the_system_does_not_know_is_copied_whole(tmp_path: Path) -> None:
    target = tmp_path / "copy"
    with open("/proc/self/cmdline", "rb") as reading, target.open("xb") as writing:
        copying.copy(reading, writing, str(target), lambda: str(tmp_path / "spare"))

    assert target.read_bytes() == Path("/proc/self/cmdline").read_bytes() != b""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    pipe, target = tmp_path / "pipe", tmp_path / "copy"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(CONTENT,))
    writer.start()
    with pipe.open("rb") as reading, target.open("xb") as writing:
        copying.copy(reading, writing, str(target), lambda: str(tmp_path / "spare"))
    writer.join()

    assert target.read_bytes() == CONTENT


def test_no_block_is_round_as_those_take_linux_twice_the_time(
    source: Path, moving: Callable[[Range], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = []

    def move(source: int, target: int, count: int, from_: int, to: int) -> int:
        blocks.append(count)
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    def write(file: int, content: memoryview) -> int:
        blocks.append(len(content))
        return real(file, content)

    real = os.write
    moving(move)
    monkeypatch.setattr(os, "write", write)

    assert copied(source).read_bytes() == CONTENT
    assert len(blocks) > 2
    assert [count for count in blocks if count % ROUND == 0] == []


def test_holes_are_read_as_zeros(tmp_path: Path) -> None:
    source = tmp_path / "source.exr"
    with source.open("wb") as file:
        file.seek(5_000_000)
        file.write(b"data")
        file.truncate(9_000_000)

    assert copied(source).read_bytes() == source.read_bytes()


def test_source_that_grows_is_copied_with_what_was_added(source: Path, moving: Callable[[Range], list[int]]) -> None:
    def move(reading: int, target: int, count: int, from_: int, to: int) -> int:
        if not from_:
            with source.open("ab") as file:
                file.write(b"more")
        return by_hand(reading, target, len(CONTENT), from_, to)

    moving(move)

    assert copied(source).read_bytes() == CONTENT + b"more"


def test_source_that_shrinks_is_copied_to_its_new_end(source: Path, moving: Callable[[Range], list[int]]) -> None:
    def move(reading: int, target: int, count: int, from_: int, to: int) -> int:
        if from_:
            os.truncate(source, 1000)
        return by_hand(reading, target, 500, from_, to)

    moving(move)

    assert copied(source).read_bytes() == CONTENT[:1000]


def test_target_that_cannot_be_written_is_no_fault_of_the_source(
    source: Path, moving: Callable[[Range], list[int]]
) -> None:
    moving(refuse(errno.ENOSPC))
    path = source.with_name("copy.exr")
    path.touch()

    failure = pytest.raises(OSError, match=os.strerror(errno.EBADF))
    with source.open("rb") as reading, path.open("rb") as writing, failure:
        copying.copy(reading, writing, str(path), lambda: str(path) + ".spare")


def test_source_that_cannot_be_read_is_told_apart(source: Path) -> None:
    path = source.with_name("copy.exr")
    with source.open("ab") as reading, path.open("xb") as writing, pytest.raises(copying.SourceUnreadable) as raised:
        copying.copy(reading, writing, str(path), lambda: str(path) + ".spare")

    assert raised.value.error.errno == errno.EBADF


@pytest.mark.parametrize("nth", [1, 2])
def test_source_that_cannot_be_looked_at_any_more_is_told_apart(
    source: Path, moving: Callable[[Range], list[int]], monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    real, looks = os.fstat, []

    def look(file: int) -> os.stat_result:
        found = real(file)
        if os.path.samestat(found, source.stat()):
            looks.append(file)
            if len(looks) >= nth:
                raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return found

    moving(refuse(errno.EXDEV))
    monkeypatch.setattr(os, "fstat", look)
    path = source.with_name("copy.exr")
    with source.open("rb") as reading, path.open("xb") as writing, pytest.raises(copying.SourceUnreadable) as raised:
        copying.copy(reading, writing, str(path), lambda: str(path) + ".spare")

    assert raised.value.error.errno == errno.ESTALE


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_says_nothing_of_a_way(
    source: Path, moving: Callable[[Range], list[int]], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    tries = moving(refuse(number))
    clones: list[int] = []

    def clone(*_: object) -> None:
        clones.append(number)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(cloning, "clone", clone)

    copies = [copied(source, f"{each}.exr") for each in range(2 * copying.TRIES)]

    assert [copy.read_bytes() == CONTENT for copy in copies] == [True] * len(copies)
    assert len(tries) == len(clones) == len(copies)


@pytest.mark.parametrize("way", ["clone", "range"])
def test_timer_of_the_host_ends_a_copy_and_counts_for_no_refusal(
    source: Path, monkeypatch: pytest.MonkeyPatch, moving: Callable[[Range], list[int]], way: str
) -> None:
    def interrupted(*_: object) -> int:
        raise TimeoutError("the host has waited long enough")

    if way == "clone":
        monkeypatch.setattr(cloning, "clone", interrupted)
    else:
        moving(interrupted)

    with pytest.raises(TimeoutError, match="long enough"):
        copied(source)
    assert (way, *[os.stat(source).st_dev] * 2) not in copying._failed


@given(answers=st.lists(st.one_of(st.integers(0, 5000), st.sampled_from([errno.EIO, errno.EINVAL]).map(lambda n: -n))))
@settings(max_examples=40, deadline=None)
def test_copy_is_whole_whatever_the_system_answers(
    tmp_path_factory: pytest.TempPathFactory, answers: list[int]
) -> None:
    source = tmp_path_factory.mktemp("copy") / "source.exr"
    source.write_bytes(CONTENT[:20_000])
    left = list(answers)

    def move(reading: int, target: int, count: int, offset_src: int, offset_dst: int) -> int:
        answer = left.pop(0) if left else 0
        if answer < 0:
            raise OSError(-answer, "as told")
        return by_hand(reading, target, answer, offset_src, offset_dst)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "copy_file_range", move, raising=False)
        patch.setattr(cloning, "clone", refuse(errno.ENOTSUP))
        patch.setattr(copying, "_failed", {})
        assert copied(source).read_bytes() == CONTENT[:20_000]
