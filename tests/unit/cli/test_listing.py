"""Tables of items on terminals of any width: what tells rows apart is whole, and thousands cost little."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, RenderableType

from ftrack_accsyn_accessor.cli import answer, shown
from ftrack_accsyn_accessor.cli.listing import Column, Line, Listing
from ftrack_accsyn_accessor.insight import rows
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.printable import visible
from shown import row
from unit.insight.test_status_scale import filled

STATES = (State.TRANSFERRING, State.NEEDS_ATTENTION, State.SYNCED)
SHOTS = [row(context=f"sq010/sh0{number}0", version="comp v001", state=each) for number, each in enumerate(STATES, 1)]


def drawn(view: RenderableType, width: int) -> list[str]:
    """Return the lines of *view* on a terminal of *width* columns."""
    written = io.StringIO()
    Console(file=written, width=width, highlight=False, legacy_windows=False).print(view, crop=False)
    return written.getvalue().splitlines()


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (80, ["Component", "Files", "Size", "State", "Done", "Left"]),
        (78, ["Component", "Files", "Size", "State", "Done"]),
        (72, ["Component", "Size", "State", "Done"]),
        (58, ["Component", "State", "Done"]),
    ],
)
def test_columns_that_tell_least_are_left_out_first_and_titles_stay_whole(width: int, columns: list[str]) -> None:
    head, *lines = drawn(shown.rows_view(SHOTS), width)

    assert head.split() == columns
    for line, each in zip(lines, SHOTS):
        assert line.startswith(f"{each.title}  ")
        assert each.state.value in line


def test_title_that_does_not_fit_is_folded_between_words_and_its_row_goes_on_beside_it() -> None:
    assert drawn(shown.rows_view(SHOTS), 40)[:3] == [
        "Component                State",
        "show_a sq010/sh010 comp  transferring",
        "v001 main",
    ]


def test_word_that_is_too_long_for_its_column_has_a_line_of_its_own() -> None:
    assert drawn(shown.rows_view(SHOTS), 20)[2:5] == ["show_a sq010/sh010", "comp v001 main", "     transferring"]


def test_wide_letters_take_two_cells() -> None:
    lines = drawn(shown.rows_view([SHOTS[0], row(project="大阪", context="カット", version="ベール v001")]), 80)

    assert len({cell_len(line[: line.index("transferring")]) for line in lines[1:]}) == 1


def test_what_is_said_of_several_items_is_said_once() -> None:
    stuck = [row(context=f"sh0{number}", state=State.NEEDS_ATTENTION, cause="Disk full.") for number in "123"]
    other = row(context="sh04", state=State.NEEDS_ATTENTION, cause="No access.", remedy="Ask.")

    lines = drawn(shown.rows_view([*stuck, other], 9), 180)

    assert lines[-3:] == [
        "... and 5 more",
        "show_a sh01 plate v003 main and 2 more: Disk full.",
        "show_a sh04 plate v003 main: No access. Ask.",
    ]


def test_what_is_said_of_a_file_of_each_is_said_of_the_first() -> None:
    parts = {"movie": ("comp/main.mov", "comp/main.mov"), "beauty": ("comp/b.%04d.exr", "comp/b.1001.exr")}
    parts["textures"] = ("comp/tex", "comp/tex/wood.tx")
    found = [
        row(component=name, path=path, state=State.NEEDS_ATTENTION, cause=f"Disk full ({named}).", context="sh01")
        for name, (path, named) in parts.items()
    ]

    assert drawn(shown.rows_view(found), 180)[-1] == (
        "show_a sh01 plate v003 movie and 2 more: Disk full (comp/main.mov)."
    )


NAMES = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=300)


@settings(max_examples=60, deadline=None)
@given(names=st.lists(st.tuples(NAMES, NAMES, NAMES), max_size=4), width=st.sampled_from([20, 80, 200]))
def test_no_word_is_broken_that_a_line_has_room_for(names: list[tuple[str, str, str]], width: int) -> None:
    found = [row(context=context, version=version, component=name, cause=name) for context, version, name in names]

    lines = drawn(shown.rows_view(found), width)

    assert all(cell_len(line) <= width for line in lines)
    words = [word for line in lines for word in line.split()]
    for each in found:
        assert all(word in words for word in visible(each.title).split() if cell_len(word) <= width)


def test_listing_without_a_row_has_its_head() -> None:
    assert drawn(shown.rows_view([]), 80) == ["Component  Files  Size  State  Done  Left"]


def test_text_below_a_row_is_moved_in() -> None:
    listing = Listing((Column("What"), Column("State", styled=True)), [Line(("a", "done"), "green", "because it is")])

    assert drawn(listing, 12) == ["What  State", "a     done", "  because it", "  is"]


# What many cost.


def calls(read: Callable[[], Any]) -> int:
    """Return how many functions *read* calls."""
    counted = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        read()
    finally:
        sys.setprofile(None)
    return counted


def test_a_row_costs_a_few_calls_to_read_and_to_draw_however_many_there_are(tmp_path: Path) -> None:
    taken = []
    for items in (500, 5000):
        desk = filled(tmp_path / f"{items}.sqlite3", items)
        taken.append(calls(lambda: drawn(shown.rows_view(rows.each(desk.outbox, limit=items)), 180)))  # noqa: B023
        desk.outbox.close()

    few, many = taken
    assert many <= few * 10.5
    assert many <= 5000 * 200


def test_a_row_costs_a_few_calls_to_tell_as_json() -> None:
    found: Sequence[Row] = SHOTS * 300
    shown_once = calls(lambda: answer.print_json({"items": found[:3]}))

    assert calls(lambda: answer.print_json({"items": found})) <= shown_once * 300
