"""The table of commands says what is there, and what does not need a command does not import it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.cli import application as group
from ftrack_accsyn_accessor.cli.verbs import VERBS
from helpers import ROOT

resource = pytest.importorskip("resource", reason="the CPU of children is not told here")

APPLICATION = group.application
#: None of them is needed to list commands.
HEAVY = ("accsyn_api", "ftrack_api", "requests", "rich", "sqlite3", "ftrack_accsyn_accessor.insight")
MAIN = "from ftrack_accsyn_accessor.cli import main; main()"
#: Shells find a program's completion by what it is called.
CALLED = "import sys; sys.argv[0] = 'ftrack-accsyn'; "
TRIALS = 5


def run(*arguments: str, code: str = MAIN, **variables: str) -> subprocess.CompletedProcess[str]:
    # What measures the coverage of child processes imports more than they do.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environment = {**plain, "PYTHONPATH": str(ROOT / "source"), **variables}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def cpu_s(*arguments: str, code: str = MAIN) -> float:
    """Return the least CPU (seconds) of several runs: what else the machine does makes it only more."""
    found = []
    for _ in range(TRIALS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(*arguments, code=code).check_returncode()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


@pytest.mark.parametrize("name", sorted(VERBS))
def test_what_a_command_does_is_the_first_sentence_of_its_help(name: str) -> None:
    command = APPLICATION.commands[name]
    assert command.name == name
    first = " ".join((command.help or "").split("\n\n")[0].split())
    assert first.startswith(VERBS[name].does)
    assert command.get_short_help_str(10_000) == VERBS[name].does


def test_help_lists_every_command_in_the_order_of_the_alphabet() -> None:
    lines = run("--help").stdout.split("Commands:\n")[1].split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines if line[2] != " "] == sorted(VERBS)


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_what_needs_no_command_imports_none(arguments: tuple[str, ...]) -> None:
    assert loaded_by(*arguments) == set()


def test_names_of_commands_are_completed_without_importing_one() -> None:
    asked = {"_FTRACK_ACCSYN_COMPLETE": "bash_complete", "COMP_WORDS": "ftrack-accsyn re", "COMP_CWORD": "1"}
    assert loaded_by(**asked) == set()


def loaded_by(*arguments: str, **variables: str) -> set[str]:
    """Return which of `HEAVY` a run has imported."""
    listed = Path(os.environ["XDG_STATE_HOME"]) / "modules"
    watched = "import atexit; atexit.register(lambda: open(where, 'w').write(' '.join(sys.modules))); "
    run(*arguments, str(listed), code=f"{CALLED}where = sys.argv.pop(); {watched}{MAIN}", **variables)
    loaded = listed.read_text().split()
    return {heavy for heavy in HEAVY if any(name == heavy or name.startswith(f"{heavy}.") for name in loaded)}


def test_help_costs_at_most_twice_what_its_libraries_cost() -> None:
    assert cpu_s("--help") <= 2 * cpu_s(code="import click, rich")


# Completion.


@pytest.mark.parametrize(
    ("shell", "words", "wanted"),
    [
        ("bash", "re", {"reconcile", "requests", "resume", "retry"}),
        ("zsh", "wh", {"where", "why"}),
        ("fish", "dr", {"drain"}),
    ],
)
def test_names_of_commands_are_completed(shell: str, words: str, wanted: set[str]) -> None:
    told = completed(shell, "ftrack-accsyn", words)
    assert all(any(name in line for line in told.splitlines()) for name in wanted)
    if shell != "bash":
        assert all(VERBS[name].does in told for name in wanted)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_options_of_a_command_are_completed(shell: str) -> None:
    assert "--watch" in completed(shell, "ftrack-accsyn status", "--w")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(shell: str) -> None:
    if shell == "bash" and not shutil.which("bash"):
        pytest.skip("bash is asked for its version")
    script = completing(_FTRACK_ACCSYN_COMPLETE=f"{shell}_source")
    assert "ftrack-accsyn" in script
    assert f"_FTRACK_ACCSYN_COMPLETE={shell}_complete" in script


def completed(shell: str, before: str, words: str) -> str:
    """Return what *shell* is told of how *words* could go on."""
    asked = {"COMP_WORDS": f"{before} {words}", "COMP_CWORD": words if shell == "fish" else str(len(before.split()))}
    return completing(_FTRACK_ACCSYN_COMPLETE=f"{shell}_complete", **asked)


def completing(**variables: str) -> str:
    return run(code=CALLED + MAIN, **variables).stdout


def test_without_a_command_the_help_is_shown() -> None:
    shown = run()
    assert (shown.returncode, "Error" in shown.stdout + shown.stderr) in ((2, False), (0, False))
    assert "Commands:" in shown.stdout + shown.stderr
