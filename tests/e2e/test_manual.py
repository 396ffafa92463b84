"""The commands of the manual, run as they are written, in a studio as its pages describe it."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from manual import IN_ONE_STUDIO, lines, to_run, typed
from publishing import Publisher, at_work
from runner import RUNNER
from vendoring import Vendor

#: The hook of a studio that takes all that it is offered by accsyn Publish.
WILLING = """
import json, sys
payload = json.load(open(sys.argv[1]))
for entry in payload["files"]:
    entry.update(ident=entry["filename"], can_publish=True, path=f"volume=projects/published/{entry['filename']}")
json.dump({"comment": True, "time_report": True, "files": payload["files"]}, open(sys.argv[2], "w"))
"""


@pytest.fixture
def artist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """An artist at the studio's machine, who has made the first publish of README, in the folder that it is in."""
    (first,) = [block for block in to_run("README") if block.file]
    monkeypatch.chdir(tmp_path)
    with Studio(tmp_path / "studio") as studio, at_work(studio, monkeypatch, tmp_path / "sources") as publisher:
        names: dict[str, object] = {}
        exec(first.text, names)
        monkeypatch.setenv("VERSION", names["version"]["id"])  # type: ignore[index]
        with contextlib.closing(publisher.outbox) as outbox:
            wait_until(lambda: {item.state for item in outbox.items()} == {State.SYNCED}, 30, "arrival")
        yield publisher


def run(line: str) -> None:
    """Run a command as it is written; what only the command line has a part in is run in this process."""
    if line.startswith("ftrack-accsyn ") and not re.search(r"[$|&;<>]", line):
        words = shlex.split(line.removeprefix("ftrack-accsyn "))
        result = RUNNER.invoke(application, words, prog_name="ftrack-accsyn")
        assert result.exit_code == exit_codes.OK, f"{line}\n{result.output}\n{result.stderr}\n{result.exception!r}"
    else:
        typed(line, dict(os.environ), Path.cwd())


@pytest.mark.skipif(os.name == "nt", reason="it is written for sh")
def test_the_pages_do_what_they_say(artist: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    for page in IN_ONE_STUDIO:
        for block in to_run(page):
            for name, value in artist.studio.environment(block.user).items():
                monkeypatch.setenv(name, value)
            if block.language == "python":
                exec(block.text, {})
                continue
            for line in block.lines:
                run(line)
    here, london = artist.studio.hq, artist.studio.site("london")
    at_hq = {path.relative_to(here) for path in here.rglob("*") if path.is_file()}
    assert len(at_hq) == 6
    assert {path: (london / path).read_bytes() for path in at_hq} == {
        path: (here / path).read_bytes() for path in at_hq
    }
    staged = {path for path in artist.studio.staging.rglob("*.*") if ".ftrack-accsyn" not in path.parts}
    assert staged == set(), "the last page has all freed"


def test_the_commands_of_the_vendors_page_do_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(user, line) for user, line in lines("deliver") if not line.startswith("pip ")]
    assert found
    with Studio(tmp_path / "studio") as studio:
        vendor = Vendor(studio, monkeypatch)
        vendor.frames().parent.rename(vendor.desk / "package")
        vendor.package().rename(vendor.desk / "package" / "manifest.json")
        hook = [sys.executable, "-S", "-c", WILLING, "${PATH_JSON_INPUT}", "${PATH_JSON_OUTPUT}"]
        vendor.workspace.hooks.set("pre-publish-server", hook)
        monkeypatch.chdir(vendor.desk)
        for user, line in found:
            assert user == "vendor"
            run(line)
        assert len(vendor.arrived()) == 4
        assert len(list((studio.hq / "published").rglob("*.exr"))) == 3
