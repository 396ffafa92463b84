"""What a probe clears away, however it ends: all that it has made, and nothing else."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.insight.probe import probe, trial
from ftrack_accsyn_accessor.insight.probe.finding import Finding, Outcome
from ftrack_accsyn_accessor.insight.probe.working import WORKED
from ftrack_accsyn_accessor.model import assumptions as names
from ftrack_accsyn_accessor.outbox import probed
from ftrack_accsyn_accessor.outbox.probed import Left
from ftrack_accsyn_sandbox.studio import Studio
from probing import artist, at_once, next_one, outcomes, quick, studio, subject, what_is_there

__all__ = ["artist", "at_once", "quick", "studio"]

pytestmark = pytest.mark.usefixtures("at_once")

NAME = f"{trial.PREFIX}0badc0de"


def left(folder: Path, workspace: str = "acme", machine: str = "") -> Left:
    """Return the note of a probe that was killed, with its folder there."""
    folder.mkdir(parents=True)
    (folder / f"{folder.name}-plain.txt").write_text("x")
    entry = Left(workspace, str(folder), f"share=projects/{folder.name}", f"ftrack-accsyn probe {folder.name}", machine)
    probed.note_left(entry)
    return entry


def files(*roots: Path) -> list[Path]:
    return [path for root in roots for path in root.rglob("*") if path.is_file() and trial.PREFIX in str(path)]


def test_files_of_others_in_the_probes_folders_stay_and_are_told(studio: Studio, tmp_path: Path) -> None:
    strangers: list[Path] = []

    def put(finding: Finding) -> None:
        for root in (studio.staging, studio.hq) if finding.id == names.FOLDER_SOURCE else ():
            (folder,) = root.glob(f"{trial.PREFIX}*")
            strangers.append(folder / f"{folder.name}-folder" / "notes.txt")
            strangers[-1].write_text("Mine.")

    report = probe.probe(subject(), put)

    assert files(studio.staging, studio.hq) == strangers
    assert [each.partition(": ")[2] for each in report.left] == [
        f"it holds what the probe has not made, such as {strangers[0].parent.name}/notes.txt"
    ] * 2
    for each in strangers:
        each.unlink()
    assert (next_one(studio).left, what_is_there(studio)) == ((), [])


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_link_in_the_folders_place_is_not_followed(studio: Studio, tmp_path: Path) -> None:
    kept = tmp_path / f"{NAME}-plain.txt"
    kept.write_text("Mine.")
    link = studio.staging / NAME
    entry = left(tmp_path / NAME)
    probed.note_left(Left(entry.workspace, str(link), entry.place, entry.job))
    link.symlink_to(tmp_path)
    try:
        assert "link" in " ".join(next_one(studio).left)
        assert kept.read_text() == "Mine."
    finally:
        link.unlink()
    assert next_one(studio).left == ()


def test_note_that_no_probe_can_have_written_removes_nothing(studio: Studio) -> None:
    mine = [studio.hq / "dailies" / "a.mov", studio.staging / f"{trial.PREFIX}notes" / "a.mov"]
    for each in mine:
        each.parent.mkdir()
        each.write_text("Mine.")
    probed.note_left(Left("acme", str(mine[1].parent), "share=projects/dailies", "somebody's job"))

    next_one(studio)

    assert [each.read_text() for each in mine] == ["Mine."] * 2
    for each in mine:
        each.unlink()
        each.parent.rmdir()


def test_what_was_left_on_a_disk_that_is_not_there_is_cleared_away_when_it_is_back(
    studio: Studio, tmp_path: Path
) -> None:
    left(tmp_path / "disk" / NAME)
    (tmp_path / "disk").rename(tmp_path / "unplugged")

    report = next_one(studio)

    assert len(report.left) == 1
    assert "its disk is not there" in report.left[0]
    (tmp_path / "unplugged").rename(tmp_path / "disk")
    assert next_one(studio).left == ()
    assert list((tmp_path / "disk").iterdir()) == []


def test_what_another_machine_has_left_is_its_own(studio: Studio, tmp_path: Path) -> None:
    """Home folders may be on a server: the machines of an account share what is remembered."""
    entry = left(tmp_path / NAME, machine="another")

    report = next_one(studio)

    assert report.left == ()
    assert probed.left() == [entry]
    assert (tmp_path / NAME).is_dir()


def test_workspace_is_the_same_however_it_is_written(studio: Studio, tmp_path: Path) -> None:
    left(tmp_path / NAME, workspace="Acme")

    next_one(studio)

    assert (probed.left(), (tmp_path / NAME).exists()) == ([], False)


def test_job_whose_creation_was_not_answered_is_cleared_away_when_it_comes_late(studio: Studio) -> None:
    studio.accsyn.switches.drop_before("transfer/create", carry_out_late=True)
    report = probe.probe(subject())
    assert any("accsyn has not said whether it has made it" in each for each in report.left)

    studio.accsyn.switches.release()
    assert any(trial.PREFIX in job.name for job in studio.accsyn.workspace.jobs())

    assert next_one(studio).left == ()
    assert what_is_there(studio) == []


@pytest.mark.parametrize("where", ["staging", "hq"])
def test_folder_that_was_there_before_stays_with_what_is_in_it(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda count: "0badc0de")
    mine = getattr(studio, where) / NAME / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("Mine.")
    try:
        report = probe.probe(subject())

        assert files(studio.staging, studio.hq) == [mine]
        assert (report.left == ()) == (where == "staging"), "it was not this probe's, or it had to share it"
    finally:
        mine.unlink()
        mine.parent.rmdir()


def test_disk_that_is_full_leaves_what_takes_a_job_unseen(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    real = trial.Trial.write

    def write(self: trial.Trial, name: str, size_bytes: int) -> None:  # no disk of the tests may be filled
        if name.startswith("k[k"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, name, size_bytes)

    monkeypatch.setattr(trial.Trial, "write", write)

    report = probe.probe(subject())

    seen = {each.id: each for each in report.findings}
    assert {seen[name].outcome for name in WORKED} == {Outcome.UNSEEN}
    assert "No space left on device" in seen[names.FRAME_RANGES].seen
    assert outcomes(report)[names.LONG_QUERIES] == "as assumed"
    assert (report.left, what_is_there(studio)) == ((), [])


def test_interrupted_probe_tells_what_it_cannot_clear_away(studio: Studio) -> None:
    told: list[str] = []

    def interrupt(finding: Finding) -> None:
        if finding.id == names.JOB_BY_NAME:
            studio.accsyn.switches.fail_next("", status=400, body={"message": "Not today."}, times=1000)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        probe.probe(subject(), interrupt, abandoned=told.extend)

    assert "Not today." in " ".join(told)
    studio.accsyn.switches.clear()
    assert next_one(studio).left == ()
    assert what_is_there(studio) == []


def test_clearing_away_that_is_interrupted_as_well_tells_what_is_left(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def again(finding: Finding) -> None:
        if finding.id == names.JOB_BY_NAME:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(trial, "_remove_folder", interrupt)
        with pytest.raises(KeyboardInterrupt):
            probe.probe(subject(), again, abandoned=told.extend)

    (entry,) = probed.left()
    assert all(each in " ".join(told) for each in (entry.folder, entry.place, entry.job))
    assert next_one(studio).left == ()
    assert what_is_there(studio) == []


def test_folder_whose_content_is_not_told_is_not_removed(studio: Studio, tmp_path: Path) -> None:
    left(tmp_path / NAME)
    mine = studio.hq / NAME / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("Mine.")
    studio.accsyn.switches.fail_next("workspace/file", status=200, body={"result": None})

    report = next_one(studio)

    assert mine.read_text() == "Mine."
    assert "the answer is no list" in " ".join(report.left)
    mine.unlink()
    assert next_one(studio).left == ()


def test_volume_that_accsyn_does_not_know_leaves_nothing_to_clear_away(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FTRACK_ACCSYN_VOLUME", "archive")
    monkeypatch.setenv("ACCSYN_ARCHIVE_PATH", str(tmp_path))

    report = probe.probe(subject())

    seen = {each.id: each.seen for each in report.findings}
    assert "could not be created: Unknown share: archive" in seen[names.FRAME_RANGES]
    assert (report.left, list(tmp_path.iterdir()), what_is_there(studio)) == ((), [], [])
