"""Files that another program has open get their names when it lets go of them, all in one wait, or are told of."""

from __future__ import annotations

import errno
import os
from collections import Counter
from pathlib import Path
from typing import Callable

import pytest
from ftrack_api import exception as ftrack_errors

from ftrack_accsyn_accessor.staging import held, temporaries
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.held import HELD_AT_MOST_S, HeldPatience


class Clock:
    """Passes only while somebody pauses."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.pauses_s: list[float] = []

    def pause(self, pause_s: float) -> None:
        self.pauses_s.append(pause_s)
        self.now_s += pause_s

    def patience(self) -> HeldPatience:
        return HeldPatience(clock=lambda: self.now_s, pause=self.pause)


class Holder:
    """Stands in for Windows, and for disks that are like it: other systems rename what somebody has open.

    Whatever *holds* names is refused for *held_s* after the first try to rename it.
    """

    def __init__(
        self, patch: pytest.MonkeyPatch, clock: Clock, held_s: float, number: int, holds: Callable[[str], bool]
    ) -> None:
        self.tries: Counter[str] = Counter()
        first: dict[str, float] = {}
        replace = os.replace

        def refusing(source: str, target: str) -> None:
            self.tries[target] += 1
            began_s = first.setdefault(target, clock.now_s)
            if holds(os.path.basename(target)) and clock.now_s < began_s + held_s:
                raise PermissionError(number, "The process cannot access the file")
            replace(source, target)

        patch.setattr(os, "replace", refusing)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Callable[..., Holder]:
    def begin(held_s: float, number: int = errno.EACCES, holds: Callable[[str], bool] = lambda name: True) -> Holder:
        return Holder(monkeypatch, clock, held_s, number, holds)

    return begin


@pytest.fixture
def root(tmp_path: Path) -> Path:
    area = StagingArea(str(tmp_path / "projects"))
    area.prepare()
    return Path(area.root)


@pytest.fixture
def accessor(root: Path, clock: Clock) -> AccsynAccessor:
    made = AccsynAccessor(str(root))
    made.patience = clock.patience  # type: ignore[method-assign, assignment]
    return made


def write(accessor: AccsynAccessor, name: str, content: bytes = b"new") -> None:
    data = accessor.open(name, "wb")
    data.write(content)
    data.close()


def files(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()}


def unfinished(root: Path) -> list[str]:
    return [name for name in os.listdir(root / ".ftrack-accsyn") if name.startswith(".~")]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EBUSY, errno.ETXTBSY])
@pytest.mark.parametrize("held_s", [0.015, 0.05, 0.15, 2.0, 29.0])
def test_file_that_another_program_holds_is_waited_for(
    accessor: AccsynAccessor, root: Path, clock: Clock, hold: Callable[..., Holder], held_s: float, number: int
) -> None:
    hold(held_s, number)
    write(accessor, "a.mov")
    assert files(root) == {"a.mov": b"new"}
    assert held_s <= clock.now_s <= held_s + 0.05
    assert unfinished(root) == []


def test_one_that_is_never_let_go_of_is_told_of_after_half_a_minute_and_leaves_nothing(
    accessor: AccsynAccessor, root: Path, clock: Clock, hold: Callable[..., Holder]
) -> None:
    (root / "a.mov").write_bytes(b"old")
    hold(3600.0)
    with pytest.raises(ftrack_errors.AccessorPermissionDeniedError, match="another program has it open") as caught:
        write(accessor, "a.mov")
    assert str(root / "a.mov") in str(caught.value)
    assert "accsyn" in str(caught.value)
    assert HELD_AT_MOST_S <= clock.now_s <= HELD_AT_MOST_S + 0.05
    assert files(root) == {"a.mov": b"old"}
    assert unfinished(root) == []


def test_two_hundred_held_frames_cost_one_wait(
    accessor: AccsynAccessor, root: Path, clock: Clock, hold: Callable[..., Holder]
) -> None:
    holder = hold(0.05)
    with accessor.one_publish():
        for frame in range(200):
            write(accessor, f"a.{frame}.exr", b"%d" % frame)
        assert clock.pauses_s == []
        accessor.finish()
    assert files(root) == {f"a.{frame}.exr": b"%d" % frame for frame in range(200)}
    assert clock.now_s <= 0.1
    assert max(holder.tries.values()) < 10
    assert unfinished(root) == []


def test_a_publish_waits_half_a_minute_for_all_of_its_files_together(
    accessor: AccsynAccessor, root: Path, clock: Clock, hold: Callable[..., Holder]
) -> None:
    hold(3600.0, holds=lambda name: name.startswith("held"))

    def publish() -> None:
        with accessor.one_publish():
            for name in ("a.exr", "held.1.exr", "b.exr", "held.2.exr"):
                write(accessor, name)
            accessor.finish()

    with pytest.raises(ftrack_errors.AccessorPermissionDeniedError, match=r"held\.1\.exr.*another program has it open"):
        publish()
    assert clock.now_s <= HELD_AT_MOST_S + 0.05
    assert files(root) == {}
    assert unfinished(root) == []


def publish_fifty(accessor: AccsynAccessor) -> None:
    with accessor.one_publish():
        for frame in range(50):
            write(accessor, f"a.{frame}.exr")


def test_what_the_tries_themselves_take_counts_as_waiting(
    accessor: AccsynAccessor, clock: Clock, hold: Callable[..., Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(3600.0)
    replace = os.replace

    def slow(source: str, target: str) -> None:
        clock.now_s += 0.01  # on a share
        replace(source, target)

    monkeypatch.setattr(os, "replace", slow)
    with pytest.raises(ftrack_errors.AccessorPermissionDeniedError):
        publish_fifty(accessor)
    assert clock.now_s <= HELD_AT_MOST_S + 3 * 50 * 0.01


def test_unfinished_files_that_cannot_be_removed_either_are_tried_once_each(
    accessor: AccsynAccessor, root: Path, hold: Callable[..., Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(3600.0)
    with monkeypatch.context() as patch:
        tried = []

        def refused(path: str) -> None:
            tried.append(path)
            raise PermissionError(errno.EACCES, "The process cannot access the file", path)

        patch.setattr(os, "remove", refused)
        with pytest.raises(ftrack_errors.AccessorPermissionDeniedError):
            publish_fifty(accessor)
        assert len(tried) == 50
        temporaries.remove_held()
        assert len(tried) == 100
    assert len(unfinished(root)) == 50

    temporaries.remove_held()

    assert unfinished(root) == []


def test_a_publish_that_fails_meanwhile_leaves_nothing_of_what_still_waits(
    accessor: AccsynAccessor, root: Path, clock: Clock, hold: Callable[..., Holder]
) -> None:
    hold(1.0)

    def publish() -> None:
        with accessor.one_publish():
            write(accessor, "a.exr")
            raise RuntimeError("the next frame cannot be read")

    with pytest.raises(RuntimeError):
        publish()
    assert clock.pauses_s == []
    assert (files(root), unfinished(root)) == ({}, [])


@pytest.mark.parametrize(
    "ask",
    [
        lambda accessor: accessor.exists("a.exr"),
        lambda accessor: accessor.is_file("a.exr"),
        lambda accessor: accessor.list("") == [".ftrack-accsyn", "a.exr"],
        lambda accessor: accessor.open("a.exr", "rb").close() is None,
        lambda accessor: Path(accessor.get_filesystem_path("a.exr")).read_bytes() == b"new",
        lambda accessor: write(accessor, "a.exr") is None,
        lambda accessor: accessor.remove("a.exr") is None,
    ],
)
def test_who_asks_for_a_closed_file_within_the_publish_finds_it(
    accessor: AccsynAccessor, hold: Callable[..., Holder], ask: Callable[[AccsynAccessor], bool]
) -> None:
    hold(0.05)
    with accessor.one_publish():
        write(accessor, "a.exr")
        assert ask(accessor)


def test_what_is_refused_for_another_reason_is_not_waited_for(
    accessor: AccsynAccessor, root: Path, clock: Clock, hold: Callable[..., Holder]
) -> None:
    hold(1.0, errno.EPERM)
    with pytest.raises(ftrack_errors.AccessorPermissionDeniedError) as caught:
        write(accessor, "a.mov")
    assert "another program" not in str(caught.value)
    assert clock.pauses_s == []
    assert (files(root), unfinished(root)) == ({}, [])


@pytest.mark.parametrize("is_refused", [True, False])
def test_on_windows_making_a_file_tells_whether_a_folder_lets_files_be_made(
    root: Path, monkeypatch: pytest.MonkeyPatch, is_refused: bool
) -> None:
    made = []

    def opened(path: str, flags: int, mode: int = 0o777) -> int:
        made.append((os.path.dirname(path), bool(flags & windows_flag)))
        if is_refused:
            raise PermissionError(errno.EACCES, "Access is denied", path)
        return real(path, flags & ~windows_flag, mode)

    real, windows_flag = os.open, 1 << 30
    monkeypatch.setattr(held, "_REMOVED_ON_CLOSE", windows_flag)
    monkeypatch.setattr(os, "open", opened)
    error = PermissionError(errno.EACCES, "Access is denied")
    assert held.is_held(error, str(root / "a.mov")) is not is_refused
    assert made == [(str(root), True)]


def test_interrupted_wait_leaves_nothing(
    accessor: AccsynAccessor, root: Path, clock: Clock, hold: Callable[..., Holder]
) -> None:
    def interrupt(pause_s: float) -> None:
        raise KeyboardInterrupt

    hold(1.0)
    clock.pause = interrupt  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        write(accessor, "a.mov")
    assert (files(root), unfinished(root)) == ({}, [])


def test_refused_removal_says_who_may_be_reading(
    accessor: AccsynAccessor, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: str) -> None:
        raise PermissionError(errno.EACCES, "The process cannot access the file", path)

    write(accessor, "a.mov")
    monkeypatch.setattr(os, "remove", refused)
    with pytest.raises(
        ftrack_errors.AccessorPermissionDeniedError, match=r"another program has it open.*accsyn"
    ) as caught:
        accessor.remove("a.mov")
    assert str(root / "a.mov") in str(caught.value)
