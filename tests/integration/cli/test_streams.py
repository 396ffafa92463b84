"""What becomes of a command whose streams lead nowhere, to a reader that goes, or to a full disk."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.cli import exit_codes, terminal
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox.file import outbox_path
from helpers import ROOT
from publishing import Publisher
from unit.outbox.conftest import Desk

pytestmark = pytest.mark.skipif(os.name == "nt" or not shutil.which("bash"), reason="there is no shell for it")

COMMAND = shlex.join([sys.executable, "-m", "ftrack_accsyn_accessor.cli"])
UNSENT = exit_codes.UNSENT


def shell(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run *script*, in which `cli` is `ftrack-accsyn`, under pipefail."""
    text = f'set -o pipefail; cli() {{ {COMMAND} "$@"; }}; {script}'
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "source"), **variables}
    return subprocess.run(
        ["bash", "-c", text], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a staging machine on which one component waits, and no server is."""
    path = Path(outbox_path(None, str(tmp_path / "staging")))
    path.parent.mkdir(parents=True)
    monkeypatch.setenv("ACCSYN_PROJECTS_PATH", str(tmp_path / "staging"))
    made = Desk(path)
    made.pending("a")
    yield made
    made.outbox.close()


@pytest.mark.parametrize(
    "script",
    [
        "cli status >&-",
        "cli status <&-",
        "cli status 2>&-",
        "cli status <&- >&- 2>&-",
        "cli status | head -1",
        "cli status --json | true",
        "cli status --watch | head -1",
    ],
)
def test_whatever_the_streams_lead_to_the_exit_code_tells_what_is(desk: Desk, script: str) -> None:
    ended = shell(script)
    assert (ended.returncode, ended.stderr) == (UNSENT, "")
    assert desk.item("a").state is State.PENDING


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no disk is full here")
@pytest.mark.parametrize(("verb", "code"), [("pause", exit_codes.FAILED), ("status --json", UNSENT)])
def test_a_full_disk_is_told_and_what_was_asked_for_is_done(desk: Desk, verb: str, code: int) -> None:
    ended = shell(f"cli {verb} >/dev/full")
    assert ended.returncode == code
    assert ended.stderr == (
        "What this command says could not be written: No space left on device. What it does is done.\n"
    )
    assert (desk.outbox.control.paused() is not None) == (verb == "pause")


def test_a_file_that_is_opened_later_does_not_get_the_number_of_what_was_closed(desk: Desk) -> None:
    """The outbox would get what is printed."""
    script = (
        "import os, sys; from ftrack_accsyn_accessor.cli import main; from ftrack_accsyn_accessor.cli import streams"
    )
    script += "; streams.prepare(); sys.exit(open(os.devnull).fileno() < 3)"
    ended = shell(f"{sys.executable} -c {shlex.quote(script)} <&- >&- 2>&-")
    assert ended.returncode == 0


@pytest.mark.parametrize("end", [">&- 2>&-", "| true"])
def test_drain_sends_whoever_reads_what_it_says(publisher: Publisher, end: str) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    component = publisher.publish_file(publisher.version(publisher.session()))
    publisher.close()
    publisher.studio.accsyn.switches.refuse(False)
    assert shell(f"cli drain --timeout 60 {end}").returncode == exit_codes.OK
    assert publisher.item(component).state is State.SYNCED


def test_every_look_of_a_watched_outbox_reaches_a_pipe(desk: Desk) -> None:
    command = f"{COMMAND} status --watch"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "source")}
    with subprocess.Popen(shlex.split(command), env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        counts = (line for line in process.stdout if line.startswith("components"))
        assert "1 pending" in next(counts)
        desk.pending("b")
        assert "2 pending" in next(counts)
        process.stdout.close()
        assert process.wait(timeout=30) == UNSENT


def test_a_dumb_terminal_gets_every_look_as_a_pipe_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert terminal.redraws()
    monkeypatch.setenv("TERM", "dumb")
    assert not terminal.redraws()
