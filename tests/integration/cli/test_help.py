"""What the command line promises: verbs, help, exit codes."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.application import application
from helpers import ROOT
from runner import RUNNER

VERBS = sorted(application.commands)
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_every_option_of_it_too(verb: str) -> None:
    command = application.commands[verb]

    assert command.help
    shown = RUNNER.invoke(application, [verb, "--help"])
    assert shown.exit_code == 0
    for option in command.params:
        assert option.param_type_name == "argument" or getattr(option, "help", None), option.name


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ("demo", "hook", "serve")])
def test_every_verb_can_answer_in_json(verb: str) -> None:
    command = application.commands[verb]
    for each in getattr(command, "commands", {verb: command}).values():
        assert any("--json" in option.opts for option in each.params)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_stands_in_the_readme(verb: str) -> None:
    assert f"ftrack-accsyn {verb}" in README


@pytest.mark.parametrize("code", sorted(exit_codes.MEANINGS))
def test_every_exit_code_stands_in_help_and_readme(code: int) -> None:
    meaning = exit_codes.MEANINGS[code]

    assert f"{code}  {meaning}" in RUNNER.invoke(application, ["--help"], terminal_width=200).stdout
    assert f"| {code} | {meaning}" in README


def test_codes_are_told_apart_and_named() -> None:
    names = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}

    assert names == set(exit_codes.MEANINGS) == set(range(8))
