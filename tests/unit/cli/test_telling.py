"""What is drawn in place while a verb waits, on terminals of several widths."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from ftrack_accsyn_accessor.cli import telling, terminal
from ftrack_accsyn_accessor.cli.telling import Pace

PACE = Pace("0 pending, 3 moving", 87_000_000, 12_000_000)


def drawn(width: int, pace: Pace, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what is drawn of *pace*, with one blank between words."""
    output = io.StringIO()
    monkeypatch.setenv("TERM", "xterm")
    console = Console(file=output, force_terminal=True, width=width, color_system=None)
    monkeypatch.setattr(terminal, "redraws", lambda err=False: True)
    monkeypatch.setattr(terminal, "console", lambda err=False: console)

    with telling.bar() as show:
        show(pace)

    return " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", output.getvalue()).split())


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_how_far_it_is_is_said_in_whole_words_at_any_width(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn(width, PACE, monkeypatch)

    assert "0 pending, 3 moving" in text
    assert "12.0 MB of 87.0 MB" in text


def test_long_problem_takes_no_room_from_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn(80, Pace("0 pending, 3 moving - accsyn does not answer " + "and so on " * 20, *PACE[1:]), monkeypatch)

    assert "0 pending, 3 moving" in text
    assert "12.0 MB of 87.0 MB" in text
