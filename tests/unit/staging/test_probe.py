"""Whether one can write is found out by writing; the file that was written for it never stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model.errors import StagingError
from ftrack_accsyn_accessor.outbox.file import HELD_PAUSES_S
from ftrack_accsyn_accessor.staging import probe, temporaries
from ftrack_accsyn_accessor.staging.area import StagingArea
from holding import ALWAYS, Holder


def test_probe_leaves_nothing(tmp_path: Path) -> None:
    probe.probe(str(tmp_path))

    assert os.listdir(tmp_path) == []


def test_folder_that_is_not_there_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        probe.probe(str(tmp_path / "missing"))


def test_probe_that_another_program_looks_into_proves_that_one_can_write_and_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder(monkeypatch, tries=6)

    probe.probe(str(tmp_path))

    assert os.listdir(tmp_path) == []
    assert holder.paused_s < 0.1


def test_probe_that_is_held_for_longer_proves_it_too_and_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder(monkeypatch, tries=ALWAYS)

    probe.probe(str(tmp_path))

    (left,) = os.listdir(tmp_path)
    assert temporaries.is_temporary_name(left)
    assert holder.paused_s == pytest.approx(sum(HELD_PAUSES_S))


@pytest.mark.parametrize("later", [lambda folder: temporaries.remove_held(), probe.probe], ids=["worker", "probe"])
def test_probe_that_was_held_is_removed_by_a_later_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: object
) -> None:
    with monkeypatch.context() as patch:
        Holder(patch, tries=ALWAYS)
        probe.probe(str(tmp_path))
        temporaries.remove_held()
    assert len(os.listdir(tmp_path)) == 1

    later(str(tmp_path))  # type: ignore[operator]

    assert os.listdir(tmp_path) == []
    assert temporaries._held == set()


def test_probe_that_a_killed_process_left_is_removed_when_it_is_old_and_other_files_are_not(tmp_path: Path) -> None:
    old, young = tmp_path / temporaries.temporary_name(), tmp_path / temporaries.temporary_name()
    kept = {young, tmp_path / "plate.exr", tmp_path / ".~", tmp_path / ".~01234567.exr"}
    for path in (*kept, old):
        path.touch()
    for path in (*kept - {young}, old):
        os.utime(path, (0, 0))

    probe.probe(str(tmp_path))

    assert set(tmp_path.iterdir()) == kept


def test_area_is_made_while_another_program_looks_into_each_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Holder(monkeypatch, tries=6)
    made = StagingArea(str(tmp_path / "projects"))

    made.prepare()

    assert (made.was_new, made.present()) == (True, True)
    assert set(os.listdir(made.root)) == {".ftrack-accsyn"}
    assert set(os.listdir(made.state_dir)) <= {"staging.json", "staging.lock"}


def test_marker_that_another_program_never_lets_go_of_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    area = StagingArea(str(tmp_path / "projects"))
    with monkeypatch.context() as patch:
        Holder(patch, tries=ALWAYS, holds=lambda name: name.startswith(".staging.json."))
        with pytest.raises(StagingError, match=r"Another program has .*staging.json.* open, a virus scanner") as caught:
            area.prepare()
    assert "writable" not in str(caught.value)

    area.prepare()

    assert area.present()
