"""No command stands in README or the manual that no test runs, unless it says why; and none that there is not."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from ftrack_accsyn_accessor.cli.application import application
from manual import IN_ONE_STUDIO, ON_THEIR_OWN, READ, README, REASONS, TYPED, blocks, lines, pages

PAGES = pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)


@PAGES
def test_each_block_says_what_it_is_and_what_is_typed_is_run_or_says_why_not(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"^ *```", text, re.MULTILINE)) == 2 * len(blocks(page))
    for block in blocks(page):
        assert block.language in TYPED | READ, block
        if block.language in READ:
            assert not block.mark, block
        else:
            assert block.runs or block.reason in REASONS, block


def test_each_page_with_something_to_run_is_run() -> None:
    with_something = {page.stem for page in pages() if any(block.runs for block in blocks(page))}
    assert with_something == {*IN_ONE_STUDIO, *ON_THEIR_OWN}


def test_what_is_run_elsewhere_is() -> None:
    run = {line for page in pages() for _, line in lines(page.stem)}
    apart = {line for page in pages() for block in blocks(page) if block.reason == "elsewhere" for line in block.lines}
    assert apart
    assert apart <= run


def test_each_reason_is_that_of_some_block() -> None:
    assert {block.reason for page in pages() for block in blocks(page)} - {""} == set(REASONS)


@PAGES
def test_commands_that_nothing_runs_exist_with_their_options(page: Path) -> None:
    text = re.sub(r"^ *```(?:console|sh) run.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for typed in re.findall(r"(?:`|\$ |/)ftrack-accsyn ([^`\n;&|>$]+)", text.replace("\\|", "/")):
        words, options = typed.split(), set(re.findall(r"--[a-z][a-z-]*", typed))
        command = application.commands.get(words[0])
        assert command is not None, typed
        if isinstance(command, click.Group) and words[1:] and not words[1].startswith("-"):
            command = command.commands[words[1].partition("/")[0]]
        known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        assert options <= known | {"--help"}, typed


@PAGES
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(((?!https?:)[^)]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.is_file(), target
        if anchor:
            assert anchor in anchors(path), target


def anchors(page: Path) -> set[str]:
    """Return what links may name in a page: its headings, as they are made into anchors."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_readme_is_a_door_and_names_every_page() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 220
    assert {page.name for page in pages()} - {README.name} == set(
        re.findall(r"\(resource/manual/([\w-]+\.md)\)", "".join(re.findall(r"^\| \[.*\) \| ", text, re.MULTILINE)))
    )
