"""Small files that are written whole or not at all, also while another program looks into each new one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.outbox import file
from ftrack_accsyn_accessor.outbox.file import HELD_PAUSES_S, write
from ftrack_accsyn_accessor.outbox.patience import HOST_S, Patience
from holding import ALWAYS, Holder


def test_file_that_another_program_looks_into_is_written_nevertheless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder(monkeypatch, tries=6)

    write(tmp_path / "staging.json", "new")

    assert (tmp_path / "staging.json").read_text() == "new"
    assert os.listdir(tmp_path) == ["staging.json"]
    assert 0.06 <= holder.paused_s < 0.1


def test_file_that_is_held_for_good_fails_after_half_a_second_and_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "staging.json", "old")
    holder = Holder(monkeypatch, tries=ALWAYS)

    with pytest.raises(PermissionError):
        write(tmp_path / "staging.json", "new")

    assert (tmp_path / "staging.json").read_text() == "old"
    assert holder.paused_s == pytest.approx(sum(HELD_PAUSES_S))
    assert sum(HELD_PAUSES_S) < 0.5


def test_thread_waits_for_held_files_no_longer_than_it_may_wait_for_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder(monkeypatch, tries=ALWAYS)
    mine = Patience(0.5)

    for name in ("one", "another"):
        with mine, pytest.raises(PermissionError):
            write(tmp_path / name, "new")

    assert sum(HELD_PAUSES_S) < holder.paused_s <= 0.5
    assert mine.left_s == pytest.approx(0.5 - holder.paused_s)


def test_what_could_not_be_removed_then_is_removed_by_a_later_write_of_that_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "staging.json"
    with monkeypatch.context() as patch:
        Holder(patch, tries=ALWAYS)
        with pytest.raises(PermissionError):
            write(path, "held")
    (left,) = tmp_path.iterdir()
    other = tmp_path / f"{left.name}~"
    young = tmp_path / f".{path.name}.01234567"
    for each in (other, young):
        each.touch()
    for each in (left, other):
        os.utime(each, (0, 0))

    write(path, "new")

    assert {each.name for each in tmp_path.iterdir()} == {path.name, other.name, young.name}


@pytest.mark.parametrize("refusal", [FileNotFoundError, NotADirectoryError, IsADirectoryError])
def test_what_no_patience_helps_against_is_raised_at_once(
    refusal: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def step() -> None:
        tried.append(1)
        raise refusal(2, "no")

    monkeypatch.setattr(file, "pause", lambda pause_s: pytest.fail("waited"))
    with pytest.raises(refusal):
        file.patiently(step)
    assert tried == [1]


def test_files_that_are_held_take_no_more_than_the_patience_of_a_thread_all_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder(monkeypatch, tries=ALWAYS)

    with Patience():
        for number in range(12):
            with pytest.raises(PermissionError):
                write(tmp_path / f"{number}.json", "new")

    assert holder.paused_s <= HOST_S


def test_all_pauses_for_one_file_are_less_than_half_a_second_in_steps_that_are_fine() -> None:
    assert 0.1 < sum(HELD_PAUSES_S) < 0.5
    assert max(HELD_PAUSES_S) < 0.05
