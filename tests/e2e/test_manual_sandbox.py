"""The page about the sandbox, walked through in its two terminals."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from helpers import ROOT
from manual import BARE, MANUAL, blocks, lines, to_run, typed


@pytest.mark.skipif(os.name == "nt", reason="it is written for sh")
def test_what_is_broken_is_seen_and_mended(tmp_path: Path) -> None:
    (first,) = [block for block in to_run("README") if block.file]
    (tmp_path / first.file).write_text(first.text, encoding="utf-8")
    (start,) = [block for block in blocks(MANUAL / "sandbox.md") if block.reason == "stays"]
    said = []
    command = ["sh", "-c", f"exec {start.lines[0]} --json"]
    with subprocess.Popen(
        command,
        env={**BARE, "HOME": str(tmp_path)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            variables = {**json.loads(process.stdout.readline()), "FTRACK_EVENT_PLUGIN_PATH": str(ROOT / "hook")}
            for line in ("python first.py", "ftrack-accsyn drain", *(line for _, line in lines("sandbox"))):
                broken = line.endswith((" why", " drain"))
                said.append(typed(line, variables, tmp_path, exit_codes.MEANINGS if broken else (exit_codes.OK,)))
        finally:
            process.kill()
    assert "Check ACCSYN_API_USER and ACCSYN_API_KEY" in "".join(said)
    drained = [text for text in said if "safe to quit" in text]
    assert ["Everything that was published has arrived" in text for text in drained] == [True, True, True, False, True]
    assert ["that somebody has forgotten" in text for text in drained] == [False, False, False, False, True]
    arrived = {path.parts[-2] for path in (tmp_path / "studio" / "hq").rglob("movie.mov")}
    assert arrived == {"v001", "v002", "v003"}, "the forgotten one is never sent"
