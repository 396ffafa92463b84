"""A terminal of so many columns and such letters, and what is drawn on it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from unittest import mock

import pytest
from rich.cells import cell_len

WIDTHS = (20, 80, 200)
CODE_PAGES = ("utf-8", "cp1252", "cp437")
#: Wide enough for nothing to be wrapped.
ENDLESS = 1_000_000
SECRET = "s3cr3t-K3y/of+the\u00e9-studio"


class Screen(io.TextIOWrapper):
    """Takes no letter that its code page does not have."""

    def __init__(self, code_page: str) -> None:
        super().__init__(io.BytesIO(), encoding=code_page, errors="strict", newline="\n")

    def isatty(self) -> bool:
        return True


def drawn(draw: Callable[[], object], width: int, code_page: str) -> str:
    """Return what *draw* draws on a terminal, of both streams, without colours."""
    screen = Screen(code_page)
    variables = {"COLUMNS": str(width), "TERM": "dumb", "ACCSYN_API_KEY": SECRET, "FTRACK_API_KEY": SECRET}
    with mock.patch.dict(os.environ, variables), _streams(screen):
        draw()
        screen.flush()
    written = screen.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode(code_page)


@contextlib.contextmanager
def _streams(screen: Screen) -> Iterator[None]:
    with mock.patch.object(sys, "stdout", screen), mock.patch.object(sys, "stderr", screen):
        yield


def require_readable(
    draw: Callable[[], object], width: int, code_page: str, headings: str = "", whole: bool = True
) -> None:
    """Fail unless *draw* fits a terminal: no line is too long, no word is split that a line has room for.

    Without *whole*, columns may be left out. The *headings* of columns have a colon where rows are told line by line,
    and are not told where nothing is in them.
    """
    for _ in range(2):  # the time, and the room on a disk, may go on between two drawings
        shown = drawn(draw, width, code_page)
        wrong = _wrong(shown, drawn(draw, ENDLESS, code_page), width, headings, whole)
        if not any(wrong.values()):
            return
    pytest.fail(f"{wrong}\non {width} columns of {code_page}:\n{shown!r}")


def _wrong(shown: str, in_full: str, width: int, headings: str, whole: bool) -> dict[str, object]:
    """Return what is wrong with what was *shown* where there are *width* columns, by what it is *in_full*."""
    wanted, there = _words(in_full), _words(shown)
    short = {word for word in wanted if cell_len(word) <= width}
    long = " ".join(wanted - short)
    above = {*headings.split(), *(f"{word}:" for word in headings.split())}
    return {
        "too long": [line for line in shown.split("\n") if cell_len(line) > width],
        "missing": short - there - above if whole else (),
        "torn": {word for word in there - short - above if word not in long},
        "secret": SECRET in "".join(shown.split()),
    }


def _words(shown: str) -> set[str]:
    return {word for line in shown.split("\n") for word in line.split(" ")} - {""}
