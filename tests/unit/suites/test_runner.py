"""The runner of suites that were not written here: what it counts, prints and ends with. It installs nothing here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import ROOT
from suites import run
from suites.suite import Outcome, Place, Suite, read, run_pytest

FOREIGN = """
import os, sys, unittest
import pytest

def test_good(): assert os.path.exists("conftest.py")
def test_bad(): assert False
def test_asks(): assert (sys.stdin.isatty(), input()) == (True, "")
@pytest.mark.skip
def test_skipped(): pass
@pytest.fixture
def unclean():
    yield
    raise OSError
def test_unclean(unclean): pass
def test_finds_no_other_server(): assert "ACCSYN_API_KEY" not in os.environ and os.environ["NAMED"] == "yes"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The checkout of somebody else's suite."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "test_theirs.py").write_text(FOREIGN, encoding="utf-8")
    (folder / "conftest.py").write_text("", encoding="utf-8")
    return folder


@pytest.fixture
def suites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Suite]:
    """What the runner knows: one suite, run by this interpreter in an environment that is there already."""
    monkeypatch.setenv("ACCSYN_API_KEY", "another-server")
    monkeypatch.setattr(run, "build", lambda *_, **__: Path(sys.executable))
    monkeypatch.setattr(run, "ENVIRONMENTS", tmp_path)
    known = [Suite("theirs", 0.6, "3.11", ("{checkout}",), ran)]
    monkeypatch.setattr(run, "SUITES", {suite.name: suite for suite in known})
    return known


def ran(place: Place) -> Outcome:
    (place.checkout / "seeded").touch()
    return run_pytest(place, "-s", environment={"NAMED": "yes"}, typed="\n")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals to be had there")
def test_suite_is_run_in_a_copy_and_what_passed_is_counted(
    checkout: Path, suites: list[Suite], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(["--theirs", str(checkout)]) == 0
    said = capsys.readouterr().out
    assert [line.split() for line in said.splitlines() if "not passed" in line] == [
        ["not", "passed:", "test_theirs::test_bad"],
        ["not", "passed:", "test_theirs::test_unclean"],
    ]
    (row,) = (line.split() for line in said.splitlines() if "│ theirs" in line)
    assert [cell for cell in row if cell != "│"] == ["theirs", "unknown", "3", "5", "60.0", "60.0", "met"]
    assert sorted(each.name for each in checkout.iterdir()) == ["conftest.py", "test_theirs.py"]


def test_figure_that_is_missed_ends_with_1_and_so_does_a_suite_that_cannot_be_run(
    checkout: Path, suites: list[Suite], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    low = Suite("theirs", 0.6, "3.11", (), lambda place: Outcome(1, 2, ("one",)))
    broken = Suite("broken", 0.6, "3.11", (), lambda place: (_ for _ in ()).throw(RuntimeError("no report")))
    monkeypatch.setattr(run, "SUITES", {"theirs": low, "broken": broken})
    assert run.main(["--broken", str(checkout), "--theirs", str(checkout)]) == 1
    said = capsys.readouterr().out
    assert "not passed: all of it: no report" in said
    assert said.count("MISSED") == 2


def test_without_a_checkout_it_says_what_it_needs(suites: list[Suite], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run.main([])
    assert ended.value.code == 2
    assert "name at least one checkout, like --theirs FOLDER" in capsys.readouterr().err


def test_checkout_that_is_not_there_is_told_before_anything_is_run(
    checkout: Path, suites: list[Suite], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run.main(["--theirs", str(checkout), "--theirs", str(checkout / "nowhere")])
    said = capsys.readouterr()
    assert (f"There is no folder {checkout / 'nowhere'}" in said.err, said.out) == (True, "")


def test_nothing_that_was_run_is_no_pass(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text("<testsuites><testsuite/></testsuites>", encoding="utf-8")
    assert read(report) == Outcome(0, 0)
    assert read(report).share == 0.0


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
def test_make_names_every_known_suite_and_each_of_its_checkouts() -> None:
    names = [f"{name.upper().replace('-', '_')}=/1 /2" for name in run.SUITES]
    command = ["make", "-n", "-C", str(ROOT), "suites", *names]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name in run.SUITES:
        assert f"--{name} /1 --{name} /2" in said
