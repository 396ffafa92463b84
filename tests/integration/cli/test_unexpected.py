"""An error that nobody has thought of is told in words, and its trail only to whoever wants it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from drawing import SECRET
from ftrack_accsyn_accessor.cli import exit_codes
from helpers import ROOT

CODE = """
import os
from ftrack_accsyn_accessor.cli import here, main
def find():
    raise ValueError("no such thing as \\x1b[31m " + os.environ["ACCSYN_API_KEY"])
here.find = find
main()
"""


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "source"), "ACCSYN_API_KEY": SECRET, **variables}
    command = [sys.executable, "-c", CODE, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.mark.parametrize("level", ["", "DEBUG"])
def test_an_unexpected_error_is_told_in_words(level: str) -> None:
    ended = run("status", FTRACK_ACCSYN_LOG_LEVEL=level, PYTHONUTF8="1")
    assert (ended.returncode, ended.stdout) == (exit_codes.FAILED, "")
    first, *trail = ended.stderr.splitlines()
    assert first.startswith(
        "Something is wrong in ftrack-accsyn (ValueError: no such thing as \\u001b[31m ***). Please report this"
    )
    assert bool(trail) == (level == "DEBUG")
    assert SECRET not in ended.stderr


def test_an_unexpected_error_is_told_to_scripts() -> None:
    ended = run("status", "--json")
    assert (ended.returncode, ended.stderr) == (exit_codes.FAILED, "")
    error = json.loads(ended.stdout)["error"]
    assert (error["kind"], error["exit_code"]) == ("unexpected", exit_codes.FAILED)
    assert "ValueError" in error["message"]


def test_what_is_not_installed_is_told_to_scripts() -> None:
    code = "import sys; sys.modules['click'] = None; from ftrack_accsyn_accessor.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "source")}
    command = [sys.executable, "-c", code, "status", "--json"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == exit_codes.FAILED
    assert json.loads(ended.stdout)["error"]["kind"] == "not-installed"


@pytest.mark.parametrize("columns", [20, 80])
@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_a_terminal_has_the_columns_that_it_has(columns: int, term: str) -> None:
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns)) if hasattr(termios, "tcsetwinsize") else pytest.skip(
        "CPython before 3.11"
    )
    code = "from ftrack_accsyn_accessor.cli import terminal; from rich.table import Table; "
    code += "terminal.say('word ' * 40); table = Table(box=None); [table.add_column('heading') for _ in range(9)]; "
    code += "table.add_row(*['whatever'] * 9); terminal.console().print(table)"
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    environment.update(PYTHONPATH=str(ROOT / "source"), TERM=term, NO_COLOR="1")
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=theirs) as process:
        assert process.wait(timeout=60) == 0
    os.close(theirs)
    shown = re.sub(r"\x1b\[\d+m", "", os.read(ours, 100_000).decode())
    os.close(ours)
    assert max(map(len, shown.splitlines())) in range(columns - 8, columns + 1)
    assert set(shown.split()) <= {"word", "heading", "heading:", "whatever"}
