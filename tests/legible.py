"""Situations of the tab that have much to say, and what of it is cut off without a sign.

`python tests/legible.py` looks at all of them, in the sizes below and the scale of QT_SCALE_FACTOR, which Qt reads only
when a process begins; it prints what is cut as JSON.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "source"), str(Path(__file__).resolve().parent)]

from ftrack_accsyn_accessor.connect import heading, shapes
from ftrack_accsyn_accessor.connect.errands import Actions
from ftrack_accsyn_accessor.connect.fitting import Scrolling
from ftrack_accsyn_accessor.connect.heading import Empty, Head
from ftrack_accsyn_accessor.connect.labels import Label
from ftrack_accsyn_accessor.connect.reader import PAGE, NotHere, View
from ftrack_accsyn_accessor.connect.shapes import Line
from ftrack_accsyn_accessor.connect.tab import Tab
from ftrack_accsyn_accessor.insight.remarks import Remark, Topic
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.settings import Problem
from ftrack_accsyn_accessor.outbox.control import Pause
from ftrack_accsyn_accessor.outbox.facts import Contact
from qt_support import QtCore, QtGui, QtWidgets
from shown import NOW, SETTINGS, row, summary

SIZES = ((450, 700), (450, 577), (400, 577), (400, 700), (940, 640))
#: As wide as the buttons of Connect's themes.
STYLE = "QPushButton { border: 1px solid gray; padding: 4px; min-width: 80px; } * { font-size: 12px; }"
LONG = "a_very_long_name_that_a_pipeline_has_made_up_for_everybody_" * 5
PROBLEMS = tuple(
    Problem(name, "'nowhere at all' cannot be used: it is no absolute path on this machine.", "Correct or unset it.")
    for name in (
        "ACCSYN_API_KEY",
        "FTRACK_ACCSYN_DESTINATION",
        "FTRACK_ACCSYN_VERIFY",
        "FTRACK_ACCSYN_LOCATIONS",
        "FTRACK_ACCSYN_OUTBOX",
    )
)
FAILED: dict[str, Any] = {
    "state": State.NEEDS_ATTENTION,
    "cause": "accsyn could not transfer it: E#J057 Could not write the file: permission denied (show_a/a.mov).",
    "remedy": "Have accsyn's rights on that folder mended there, then retry it; it is also tried again by itself.",
    "destination": "studio.hq",
}
GONE = "The staging area /Volumes/projects is known on this machine, but is not there: its disk is unplugged. " * 8


@dataclasses.dataclass(frozen=True)
class Situation:
    """What the tab reads, which of its rows is selected, and what an action has just told."""

    head: Optional[Head]
    lines: tuple[Line, ...] = ()
    selected: Optional[int] = None
    told: str = ""
    empty: Optional[Empty] = None


def _lines(**changes: Any) -> tuple[Line, ...]:
    return tuple(shapes.line(row(item_id=number, **changes), paused=False) for number in range(1, 9))


def _busy(settings: Any = SETTINGS, **changes: Any) -> Head:
    counts = {State.PENDING: 1200, State.TRANSFERRING: 300, State.NEEDS_ATTENTION: 12345, State.SYNCED: 9}
    return heading.head(summary(counts=counts, **changes), settings, NOW)


def situations() -> dict[str, Situation]:
    """Return them, by what they are."""
    wrong = dataclasses.replace(SETTINGS, problems=PROBLEMS)
    refused = Contact(kind="unreachable", what="Could not look for it: connection refused.", remedy="Check it. " * 20)
    elsewhere = Remark(Topic.OTHER_AREA, "/x", 3, "3 components in another staging area are not sent.", "Plug it.")
    paused = Pause("somebody.with.a.long.address@acme.test", NOW)
    long_names = {"component": LONG, "version": LONG, "context": f"{LONG}/{LONG}", "project": LONG}
    return {
        "nothing published": Situation(heading.head(summary(), SETTINGS, NOW)),
        "five settings problems": Situation(heading.head(summary(), wrong, NOW)),
        "five settings problems and details": Situation(_busy(wrong), _lines(**FAILED), 0),
        "details of a failure": Situation(_busy(), _lines(**FAILED), 0),
        "details of what waits": Situation(_busy(), _lines(state=State.PENDING), 1),
        "long names": Situation(_busy(staging_path=f"/data/{LONG}"), _lines(**{**FAILED, **long_names}), 0),
        "long cause": Situation(_busy(), _lines(**{**FAILED, "cause": f"It failed. {LONG} {GONE}"}), 0),
        "no connection": Situation(_busy(contact=refused, remarks=(elsewhere,) * 3), _lines(**FAILED), 0),
        "paused": Situation(_busy(paused=paused, pausing=True, contact=refused), _lines()),
        "an action that failed": Situation(_busy(), _lines(**FAILED), 0, told=f"Could not do it. {GONE}"),
        "unplugged": Situation(None, empty=Empty("The staging disk is unplugged", GONE * 3)),
        "other scripts": Situation(_busy(), _lines(component="背景合成" * 40, project="مشروع" * 30), 0),
    }


class Still:
    """A source that has always the same to tell."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation

    def changes(self) -> object:
        return 1

    def attend(self) -> None:
        """Nobody asks."""

    def head(self) -> Head:
        if self.situation.head is None:
            raise NotHere(self.situation.empty or Empty("", ""))
        return self.situation.head

    def count(self, view: View) -> int:
        return 0 if view.search == "nothing" else len(self.situation.lines)

    def page(self, view: View, number: int) -> tuple[Line, ...]:
        return self.situation.lines[number * PAGE : (number + 1) * PAGE]

    def close(self) -> None:
        pass


class Nothing(Actions):
    """Actions that nobody asks for."""


def shown(situation: Situation) -> tuple[QtWidgets.QMainWindow, Tab]:
    """Return a window like Connect's with the tab in it, once that has read *situation*."""
    window = QtWidgets.QMainWindow()
    window.setStyleSheet(STYLE)
    tabs = QtWidgets.QTabWidget()
    frame = QtWidgets.QWidget()  # Connect's own widget stands around it
    layout = QtWidgets.QVBoxLayout(frame)
    layout.setContentsMargins(0, 0, 0, 0)
    tab = Tab(Still(situation), Nothing(), frame)
    layout.addWidget(tab)
    tabs.addTab(frame, "accsyn")
    window.setCentralWidget(tabs)
    window.resize(*SIZES[0])
    window.show()
    until(lambda: tab.empty.title.text() != "Reading the outbox" or tab.model.rowCount() > 0)
    if situation.selected is not None:
        tab.table.selectRow(situation.selected)
    if situation.told:
        tab._say(situation.told)
    return window, tab


def until(condition: Any, timeout_s: float = 15.0) -> None:
    """Keep Qt going until *condition*."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the tab did not come to where it should"
        QtWidgets.QApplication.processEvents()
        time.sleep(0.001)


def laid_out() -> None:
    """Let Qt lay everything out; what asks for another layout in that gets it as well."""
    for _ in range(4):
        QtWidgets.QApplication.sendPostedEvents()
        QtWidgets.QApplication.processEvents()


def cut(tab: Tab) -> Iterator[str]:
    """Yield what is cut off without a sign."""
    for label in tab.findChildren(Label):
        if label.isVisible() and label.text():
            yield from _cut_label(label)
    for widget in (tab.head, tab.banner, tab.pages, tab.details, tab.notice, *tab.findChildren(QtWidgets.QPushButton)):
        if widget.isVisible() and not _inside(widget):
            yield f"{type(widget).__name__} {widget.objectName()} is partly out of its place"
    buttons = [button for button in tab.findChildren(QtWidgets.QPushButton) if button.isVisible()]
    for button in buttons:
        if button.width() < button.sizeHint().width() or button.height() < button.sizeHint().height():
            yield f"the button {button.text()} is too small"
    for line in filter(None, (tab.model.line(number) for number in range(tab.model.rowCount()))):
        if line.names not in line.tip(shapes.Column.COMPONENT) or line.cause not in line.tip(shapes.Column.STATE):
            yield f"the tooltip of {line.component[:20]} lacks something"
    if tab.filter.width() < tab.filter.sizeHint().width() and tab.filter.currentText() not in tab.filter.toolTip():
        yield "the filter"


def _cut_label(label: Label) -> Iterator[str]:
    metrics, text = QtGui.QFontMetrics(label.drawn_font()), label.text()
    if label.wordWrap():
        box = QtCore.QRect(0, 0, label.width(), 100_000)
        needed = metrics.boundingRect(box, int(QtCore.Qt.TextFlag.TextWordWrap), text)
        whole = needed.height() <= label.height() and not label.is_shortened()
    else:
        whole = metrics.horizontalAdvance(text) <= label.width()
    if label.height() < metrics.height():
        yield f"{text[:40]!r} is not high enough for a line"
    scrolling = _scrolling(label)
    if not whole and (scrolling is not None or text not in label.toolTip()):
        yield f"{text[:40]!r} needs more than {label.width()} x {label.height()}"
    if scrolling is None and not _inside(label):
        yield f"{text[:40]!r} is partly out of its place"
    if scrolling is not None:
        more = scrolling.widget().height() - scrolling.viewport().height()
        if more > 0 and scrolling.verticalScrollBar().maximum() < more:
            yield f"{text[:40]!r} cannot be scrolled to"
        if scrolling.viewport().height() < metrics.height():
            yield f"{text[:40]!r} has no line in sight"


def _scrolling(widget: QtWidgets.QWidget) -> Optional[Scrolling]:
    found: Optional[QtCore.QObject] = widget
    while found is not None and not isinstance(found, Scrolling):
        found = found.parent()
    return found


def _inside(widget: QtWidgets.QWidget) -> bool:
    """Whether all of *widget* is inside the one that it is in, and of no other there."""
    parent = widget.parentWidget()
    others = [each for each in parent.children() if isinstance(each, QtWidgets.QWidget) and each.isVisible()]
    same = widget.geometry()
    apart = not any(each is not widget and each.geometry().intersects(same) for each in others if not each.isWindow())
    return parent.rect().contains(same) and apart


def main() -> None:
    """Look at everything, and print what is cut."""
    application = QtWidgets.QApplication([])
    application.setStyle("Fusion")
    found: dict[str, list[str]] = {}
    for name, situation in situations().items():
        window, tab = shown(situation)
        for size in SIZES:
            window.resize(*size)
            laid_out()
            wrong = [*cut(tab)]
            if (window.width(), window.height()) != size:
                wrong.append(f"the window is {window.width()} x {window.height()}")
            if wrong:
                found[f"{name} at {size[0]} x {size[1]}"] = wrong
        tab.close_down()
        window.close()
    sys.stdout.write(json.dumps(found, indent=1))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
