"""What README and the manual start in a terminal of its own: it starts as it is written, and Ctrl-C ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_sandbox.studio import Studio
from manual import BARE, blocks, chapter, pages

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="Windows cannot send a process the signals of a terminal"),
]

LINES = sorted({line for page in pages() for block in blocks(page) if block.reason == "stays" for line in block.lines})


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("staying") / "studio") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which there is what the pages speak of: a checkout's commands, and rules for vendors."""
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    rules = chapter("vendors", "Try it").split("```json\n")[1].split("```")[0]
    (tmp_path / "vendors.json").write_text(rules.replace("FOLDER", str(tmp_path)), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("line", LINES)
def test_what_stays_starts_as_it_is_written_and_ends_when_it_is_interrupted(
    line: str, studio: Studio, folder: Path
) -> None:
    variables = {
        **BARE,
        **studio.environment("admin"),
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "FTRACK_ACCSYN_SEND_TO": "*@acme.test",
    }
    command, pipe = ["sh", "-c", f"exec {line}"], subprocess.PIPE
    with subprocess.Popen(
        command, env=variables, cwd=folder, stdout=pipe, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        said += process.communicate(timeout=60)[0]
    assert said.startswith(("The sandbox is running in", "The vendor's variables")) or "Serving" in said
    assert process.returncode == 0, said
