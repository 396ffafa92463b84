"""Nothing in the tab is cut off without a sign: situations that have much to say, in sizes and scales of windows."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import legible
from ftrack_accsyn_accessor.connect import colours, labels
from ftrack_accsyn_accessor.connect.labels import Label
from helpers import ROOT
from qt_support import QtWidgets, application


@pytest.mark.parametrize("scale", ["1", "1.5", "2"])
def test_whatever_the_tab_says_is_there_as_a_whole_or_offers_the_rest(scale: str) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}

    ran = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "legible.py")],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(ran.stdout) == {}


@pytest.fixture
def label() -> Label:
    """Give a label on a screen."""
    field = QtWidgets.QLineEdit() if application() else None
    assert field is not None
    made = Label(lambda: colours.of(field))
    made.show()
    yield made
    made.close()


@pytest.fixture
def shown(request: pytest.FixtureRequest) -> tuple[QtWidgets.QMainWindow, legible.Tab]:
    application()
    window, tab = legible.shown(legible.situations()[request.param])
    yield window, tab
    tab.close_down()
    window.close()
    window.deleteLater()


def test_label_that_is_too_small_ends_in_an_ellipsis_and_tells_all_as_a_tooltip(label: Label) -> None:
    words = "Nobody could look for it. " * 9
    label.setWordWrap(True)
    label.resize(200, 40)
    label.setText(words)

    assert label.toolTip() == words
    assert label._as_much_as_fits().endswith("…")
    assert label._wrapped_height(label._as_much_as_fits(), 200) <= 40


def test_label_with_more_to_tell_adds_it_to_what_does_not_fit(label: Label) -> None:
    label.more = "Asked 3 min ago"
    label.setText("ws1 with a name that is long")
    label.resize(40, 20)
    assert label.toolTip() == "ws1 with a name that is long\nAsked 3 min ago"

    label.resize(400, 20)

    assert label.toolTip() == "Asked 3 min ago"


@pytest.mark.parametrize("width", [60, 200])
def test_words_are_broken_only_where_they_are_longer_than_a_line(label: Label, width: int) -> None:
    label.setWordWrap(True)
    label.resize(width, 400)
    label.setText("/a/folder/that/has/no/space/in/its/whole/name is not there at all")
    layout = labels._wrapped(label.text(), label.drawn_font(), width, label.alignment())

    lines = [layout.lineAt(number) for number in range(layout.lineCount())]

    assert all(line.naturalTextWidth() <= width for line in lines)
    starts = [line.textStart() for line in lines if line.textStart() > label.text().index(" ")]
    assert all(label.text()[start - 1] == " " for start in starts)


@pytest.mark.parametrize("shown", ["details of a failure"], indirect=True)
def test_what_is_cut_off_is_noticed(shown) -> None:
    tab = shown[1]
    tab.details.title.setFixedWidth(30)
    tab.details.title.setToolTip("")

    assert any("needs more than" in each for each in legible.cut(tab))


@pytest.mark.parametrize("shown", ["details of a failure", "long names", "unplugged"], indirect=True)
def test_window_can_be_as_narrow_as_before_once_it_has_been_maximised(shown) -> None:
    window, tab = shown
    legible.laid_out()
    before = window.minimumSizeHint().width()

    window.resize(1600, 1000)
    tab.search.setText("nothing")
    legible.until(lambda: tab.pages.currentWidget() is tab.empty)
    legible.laid_out()
    window.resize(450, 700)
    legible.laid_out()

    assert window.minimumSizeHint().width() <= before
    assert (window.width(), window.height()) == (450, 700)


@pytest.mark.parametrize("shown", ["five settings problems and details", "long names"], indirect=True)
def test_no_text_asks_for_a_wider_window_than_the_narrowest(shown) -> None:
    legible.laid_out()

    assert shown[0].minimumSizeHint().width() <= 400
