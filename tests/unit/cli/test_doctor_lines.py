"""How `doctor` draws its checks: in columns where there is room, and no word broken that a line has room for."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from ftrack_accsyn_accessor.cli.doctor import Line
from ftrack_accsyn_accessor.insight.doctor import Check, Level

CHECKS = [
    Check("plugin", Level.OK, "ftrack-accsyn-accessor 1.5.0."),
    Check(
        "staging area",
        Level.FAIL,
        "It is not there: its disk is unplugged, and nothing can be published.",
        "Plug it in.",
    ),
    Check("accsyn's staging folder", Level.SKIPPED, "It is known after the first transfer."),
]


def drawn(check: Check, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), highlight=False)
    with console.capture() as captured:
        console.print(Line(check))
    return [each.rstrip() for each in captured.get().splitlines()]


def test_texts_line_up_and_go_on_below_themselves() -> None:
    lines = [each for check in CHECKS for each in drawn(check, 80)]

    assert lines[1:3] == [
        "fail    staging area             It is not there: its disk is unplugged, and",
        "                                 nothing can be published. Plug it in.",
    ]
    assert {each[31:33] for each in lines} == {"  "}


def test_where_there_is_no_room_beside_the_name_the_text_stands_below_it() -> None:
    assert drawn(CHECKS[1], 36)[:2] == ["fail    staging area", "  It is not there: its disk is"]


WORDS = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=60), min_size=1, max_size=12)


@settings(max_examples=50, deadline=None)
@given(words=WORDS, remedy=WORDS, width=st.sampled_from([20, 40, 80, 200]))
def test_no_word_is_broken_that_a_line_has_room_for(words: list[str], remedy: list[str], width: int) -> None:
    lines = drawn(Check("disk", Level.WARN, " ".join(words), " ".join(remedy)), width)

    told = {word for each in lines for word in each.split()}
    assert told >= {word for word in (*words, *remedy) if cell_len(word) <= width}
    assert all(cell_len(each) <= width for each in lines[1:])


@pytest.mark.parametrize("width", [20, 80])
def test_a_path_that_is_longer_than_the_line_is_told_from_the_margin(width: int) -> None:
    path = "/a" * width
    assert "".join(drawn(Check("disk", Level.OK, path), width)[1:]) == path
