"""README and the manual say what is there: tests of the reliability table, variables, archive and wheel."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ftrack_accsyn_accessor._version import __version__
from ftrack_accsyn_accessor.connect import shapes
from ftrack_accsyn_accessor.model import settings
from helpers import ROOT
from manual import MANUAL, README, pages

VARIABLE = re.compile(r"`((?:FTRACK_)?ACCSYN_[A-Z_]+)`")


def test_trials_of_the_reliability_table_are_those_that_run() -> None:
    command = [sys.executable, str(ROOT / "tests" / "trials.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, ""), f"{run.stdout}{run.stderr}\nNow: make trials"


def test_each_variable_of_the_settings_is_explained() -> None:
    told = set(VARIABLE.findall((MANUAL / "settings.md").read_text(encoding="utf-8").split("\n## ")[0]))
    source = Path(settings.__file__).read_text(encoding="utf-8").replace("{PREFIX}", settings.PREFIX)
    read = set(re.findall(r'"((?:FTRACK_)?ACCSYN_[A-Z_]+[A-Z])"', source))
    assert told == {*read, "ACCSYN_PROJECTS_PATH"}


def test_variables_of_readme_are_those_of_the_settings() -> None:
    told = set(VARIABLE.findall((MANUAL / "settings.md").read_text(encoding="utf-8")))
    assert set(VARIABLE.findall(README.read_text(encoding="utf-8"))) <= told


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_archive_and_wheel_are_called_as_they_are_built(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"accessor-(\d[\w.]*?)(?:\.zip|-py3|`)", text)) <= {__version__}


def test_release_notes_begin_with_this_release() -> None:
    notes = (MANUAL / "release-notes.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", notes, re.MULTILINE)[0] == __version__


def test_what_one_sees_is_what_is_said() -> None:
    page = README.read_text(encoding="utf-8").split("\n## Troubleshooting\n")[1]
    seen = [quoted for line in page.splitlines() for quoted in re.findall(r'"([^"]+)"', line.split(" | ")[0])]
    parts = [part.strip() for each in seen for part in each.removeprefix("Could not ").split("..")]
    files = (ROOT / "source/ftrack_accsyn_accessor").rglob("*.py")
    said = re.sub(r"\{[^{}\n]*\}|\s+", " ", " ".join(path.read_text(encoding="utf-8") for path in files))
    assert len(parts) > 12
    assert [part for part in parts if part not in said] == []


def test_states_of_the_tab_are_those_that_it_shows() -> None:
    page = (MANUAL / "tab.md").read_text(encoding="utf-8").split("| state | it |")[1].split("\n\n")[0]
    assert re.findall(r"^\| ([A-Z][\w ]+) \|", page, re.MULTILINE) == [word for word, _ in shapes._WORDS.values()]
