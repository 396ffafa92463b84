"""The studio's page about vendors, walked through as it is written by a newcomer, in the sandbox that it starts."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import ROOT
from manual import BARE, MANUAL, chapter, lines, typed

COMMAND = (sys.executable, "-m", "ftrack_accsyn_accessor.cli")


@contextlib.contextmanager
def sandbox(folder: Path) -> Iterator[dict[str, dict[str, str]]]:
    """Run the sandbox as the page has it started; give the variables of everybody."""
    words = [*COMMAND, "sandbox", "--folder", "studio", "--vendors", "vendors.json", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, env=BARE, cwd=folder, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            ours = json.loads(process.stdout.readline())
            yield {"admin": ours, "vendor": json.loads(process.stderr.readline().partition(": ")[2])}
        finally:
            process.kill()


@pytest.mark.skipif(os.name == "nt", reason="it is written for sh")
def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    page = (MANUAL / "vendors.md").read_text(encoding="utf-8")
    (rules,) = re.findall(r'^{"root": .*}$', page, re.MULTILINE)
    (tmp_path / "vendors.json").write_text(rules.replace("FOLDER", str(tmp_path)), encoding="utf-8")
    said = []
    with sandbox(tmp_path) as people:
        for user, line in lines("vendors"):
            package = next((tmp_path / "studio" / "vendor-desk").rglob("manifest.json"), tmp_path / "none").parent
            said.append(typed(line, people[user], tmp_path if user == "admin" else package))
    reports = [text for text, (_, line) in zip(said, lines("vendors")) if line.startswith("ftrack-accsyn vendors")]
    assert ["read and write" in report for report in reports] == [False, True, False]
    assert "came back" in reports[1]
    assert "is Completed" in reports[2]


def test_what_one_sees_is_what_is_said() -> None:
    page = chapter("vendors", "When something goes wrong")
    seen = [quoted for line in page.splitlines() for quoted in re.findall(r'"([^"]+)"', line.split(" | ")[0])]
    parts = [part.strip() for each in seen for part in each.split("..")]
    files = (ROOT / "source/ftrack_accsyn_accessor").rglob("*.py")
    said = re.sub(r"\{[^{}]*\}|\s+", " ", " ".join(path.read_text(encoding="utf-8") for path in files))
    assert len(parts) > 8
    assert [part for part in parts if part not in said] == []
