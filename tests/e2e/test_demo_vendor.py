"""The demo of the vendor loop: it says only what is so, and ends accordingly."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.cli.demo_vendor import _Demo
from ftrack_accsyn_sandbox.studio import Studio
from runner import RUNNER


def test_what_is_not_so_is_told_and_counts(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=180)
    with Studio(tmp_path / "studio") as studio:
        demo = _Demo(studio, tmp_path, console)
        assert demo.reaches("", "")
        assert not demo.reaches("r", "rw")
        assert not demo.made(1)
        demo.say("They reach nothing.", demo.reaches("", ""))
        assert demo.well
        demo.say("They reach everything.", demo.reaches("rw", "rw"))
        demo.say("They reach nothing.", demo.reaches("", ""))
    assert not demo.well
    shown = console.file.getvalue().split()
    assert (shown.count("yes"), shown.count("NO")) == (2, 1)


def test_it_goes_with_no_other_demo() -> None:
    assert RUNNER.invoke(application, ["demo", "--vendor", "--send"]).exit_code == exit_codes.USAGE


@pytest.mark.slow
def test_the_demo_goes_through_the_loop(tmp_path: Path) -> None:
    result = RUNNER.invoke(application, ["demo", "--vendor", "--folder", str(tmp_path / "demo")])

    assert result.exit_code == 0, result.output
    assert result.stdout.count("  yes  ") == 11
