"""How room is shared out: between what scrolls, between the parts of a row, and between buttons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.connect.fitting import Flow, Wish, fair, shares
from qt_support import QtCore, QtWidgets, application

SIZES = st.integers(0, 2000)
WISHES = st.tuples(SIZES, st.integers(0, 120)).map(lambda both: Wish(both[0], min(both)))


@given(SIZES, WISHES, WISHES)
def test_panels_get_no_more_than_they_want_and_never_less_than_is_of_use(
    spare: int, banner: Wish, details: Wish
) -> None:
    heights = shares(spare, banner, details)

    for height, wish in zip(heights, (banner, details)):
        assert wish.least <= height <= wish.wanted
    assert sum(heights) <= max(spare, banner.least + details.least, max(spare, 0) // 3 + details.least)
    if banner.wanted + details.wanted <= spare:
        assert heights == (banner.wanted, details.wanted)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=6), st.integers(0, 900), st.integers(0, 20))
def test_parts_share_a_row_so_that_the_short_ones_stay_whole(wanted: list[int], room: int, between: int) -> None:
    widths = fair(wanted, room, between)
    left = max(0, room - between * (len(wanted) - 1))

    assert all(0 <= width <= want for width, want in zip(widths, wanted))
    assert sum(widths) == min(left, sum(wanted))
    assert all(width == want for width, want in zip(widths, wanted) if want <= left // len(wanted))


@pytest.mark.parametrize(("width", "lines"), [(340, 1), (230, 2), (110, 3), (40, 3)])
def test_buttons_that_are_too_many_for_a_line_stand_on_the_next_one(width: int, lines: int) -> None:
    application()
    window = QtWidgets.QWidget()
    flow = Flow(spacing=8)
    window.setLayout(flow)
    flow.setContentsMargins(0, 4, 0, 0)
    buttons = [QtWidgets.QPushButton(name) for name in ("one", "two", "three", "hidden")]
    for button in buttons:
        button.setFixedSize(100, 20)
        flow.addWidget(button)
    buttons[3].hide()

    flow.setGeometry(QtCore.QRect(0, 0, width, 400))

    assert len({button.y() for button in buttons[:3]}) == lines
    assert flow.heightForWidth(width) == 4 + lines * 20 + (lines - 1) * 8
    assert flow.minimumSize() == QtCore.QSize(100, 24)
    assert (flow.count(), flow.itemAt(4), flow.takeAt(4)) == (4, None, None)
    assert flow.takeAt(0).widget() is buttons[0]
    window.deleteLater()
