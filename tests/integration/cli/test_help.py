"""What the command line promises: verbs, help, exit codes."""

from __future__ import annotations

import re

import click
import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.application import application
from manual import MANUAL
from runner import RUNNER

VERBS = sorted(application.commands)
PAGE = (MANUAL / "command-line.md").read_text(encoding="utf-8")
#: What nearly every verb has: the page tells it once.
OF_ALL = {"--help", "--json"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_every_option_of_it_too(verb: str) -> None:
    command = application.commands[verb]

    assert command.help
    shown = RUNNER.invoke(application, [verb, "--help"])
    assert shown.exit_code == 0
    for option in command.params:
        assert option.param_type_name == "argument" or getattr(option, "help", None), option.name


def parts(verb: str) -> dict[str, click.Command]:
    """Return a verb, and what it is a group of, by their titles in the manual."""
    command = application.commands[verb]
    if not isinstance(command, click.Group) or verb == "hook":  # accsyn types what that has, nobody else
        return {verb: command}
    below = {f"{verb} {name}": each for name, each in command.commands.items()}
    return {verb: command, **below} if command.invoke_without_command else below


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ("demo", "hook", "serve")])
def test_every_verb_can_answer_in_json(verb: str) -> None:
    for title, command in parts(verb).items():
        if title not in ("sandbox break", "sandbox mend"):  # they say a sentence, to people
            assert any("--json" in option.opts for option in command.params)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_section_in_the_manual_with_each_of_its_options_and_no_other(verb: str) -> None:
    for title, command in parts(verb).items():
        section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
        assert section, title
        options = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        there = {name for name in options if name.startswith("--")} - OF_ALL
        assert set(re.findall(r"--[a-z][a-z-]*", section)) - OF_ALL == there


def test_no_section_of_the_manual_is_of_a_verb_that_is_not_there() -> None:
    titles = {title for verb in VERBS for title in parts(verb)}
    assert set(re.findall(r"^## ([a-z ]+)$", PAGE, re.MULTILINE)) == titles


@pytest.mark.parametrize("code", sorted(exit_codes.MEANINGS))
def test_every_exit_code_stands_in_help_and_manual(code: int) -> None:
    meaning = exit_codes.MEANINGS[code]

    assert f"{code}  {meaning}" in RUNNER.invoke(application, ["--help"], terminal_width=200).stdout
    assert f"| {code} | {meaning}" in PAGE


def test_codes_are_told_apart_and_named() -> None:
    names = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}

    assert names == set(exit_codes.MEANINGS) == set(range(8))
