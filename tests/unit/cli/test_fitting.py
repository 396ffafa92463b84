"""Where texts are broken."""

from __future__ import annotations

import pytest
from rich.text import Text

from ftrack_accsyn_accessor.cli import fitting


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("the quick brown fox", 10, ["the quick", "brown fox"]),
        ("the quick brown fox", 19, ["the quick brown fox"]),
        ("", 10, [""]),
        ("one\n\ntwo", 10, ["one", "", "two"]),
        ("in /mnt/show/shot now", 14, ["in", "/mnt/show/shot", "now"]),  # a path is moved before it is folded
        ("in /mnt/show/sh010 now", 12, ["in", "/mnt/show/", "sh010 now"]),
        (r"Z:\show_a\sh010\comp", 12, ["Z:\\show_a\\", "sh010\\comp"]),
        ("abcdefghijkl mn", 5, ["abcde", "fghij", "kl mn"]),
        (r"main\u0007\xff\xff", 12, [r"main\u0007", r"\xff\xff"]),  # what stands for one letter is one
        (r"\ud83dsh010comp\xff", 18, [r"\ud83dsh010comp", r"\xff"]),
        ("プレート プレート", 9, ["プレート", "プレート"]),
        ("プレート", 5, ["プレ", "ート"]),
        ("e\u0301" * 6, 4, ["e\u0301" * 4, "e\u0301" * 2]),
        ("a\xa0b c", 3, ["a\xa0b", "c"]),  # no break in what is one name
        ("  moved in by two", 9, ["  moved", "in by two"]),
    ],
)
def test_a_text_is_broken_at_blanks_and_within_a_word_only_where_it_is_longer_than_the_line(
    text: str, width: int, lines: list[str]
) -> None:
    assert [line.plain for line in fitting.wrapped(Text(text), width)] == lines


def test_a_style_stays_with_its_letters() -> None:
    first, second = fitting.wrapped(Text.assemble(("bold words", "bold"), " and others"), 11)
    assert (first.plain, second.plain) == ("bold words", "and others")
    assert [(span.start, span.end) for span in first.spans] == [(0, 10)]
    assert second.spans == []
