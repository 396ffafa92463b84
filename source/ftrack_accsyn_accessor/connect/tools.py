"""The row between the head and the table: what is shown there, and what can be done besides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional

from ftrack_accsyn_accessor.connect import colours as theme
from ftrack_accsyn_accessor.connect.buttons import Button, edge
from ftrack_accsyn_accessor.connect.colours import Colours
from ftrack_accsyn_accessor.connect.qt import QAction, QtWidgets
from ftrack_accsyn_accessor.connect.shapes import Filter

_DOCTOR = "Check settings and connections"


class Tools(QtWidgets.QWidget):
    """Search, filter, "Retry all", and a menu. `colours` are those of the host's theme, as its text fields have them.

    Its least width does not depend on what it shows: the host's window could not become narrower again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.search = QtWidgets.QLineEdit()
        self.colours: Colours = theme.of(self.search)
        self.filter = QtWidgets.QComboBox()
        self.retry_all = Button("Retry all", lambda: self.colours)
        self.more = Button("More", lambda: self.colours)
        self.menu = QtWidgets.QMenu(self.more)
        self.open_staging = QAction("Open staging folder", self)
        self.doctor = QAction(_DOCTOR, self)
        self._set_up()
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.search, 1)
        for widget in (self.filter, self.retry_all, self.more):
            layout.addWidget(widget)

    def _set_up(self) -> None:
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(80)  # else it would grow with the button that clears it
        self.search.setAccessibleName("Search component, version, project, path, user or cause")
        self.search.setToolTip("Component, version, project, path, user or cause")
        self.filter.setAccessibleName("Show")
        self.filter.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.filter.setMinimumContentsLength(8)
        self.filter.currentTextChanged.connect(self.filter.setToolTip)
        for choice in Filter:
            self.filter.addItem(choice.title, choice)
        for button in (self.retry_all, self.more):  # themes make them as wide as those of dialogs
            button.setStyleSheet("QPushButton { min-width: 48px; }")
        self.retry_all.setToolTip("Try everything that waits or needs attention again, now")
        for action in (self.open_staging, self.doctor):
            self.menu.addAction(action)
        self.more.setMenu(self.menu)

    def take_colours(self) -> bool:
        """Follow the host's theme; return whether it has changed."""
        colours = theme.of(self.search)
        changed = colours != self.colours
        self.colours = colours
        edge(self.menu, colours)
        return changed

    def count(self, counts: Optional[Mapping[Filter, int]]) -> None:
        """Show how many rows each choice has, None where that is not known."""
        known = counts or {}
        for position, choice in enumerate(Filter):
            count = known.get(choice, 0)
            self.filter.setItemText(position, f"{choice.title} ({count:,})" if count else choice.title)
        self.retry_all.setEnabled(bool(known.get(Filter.ATTENTION) or known.get(Filter.PENDING)))

    def examining(self, under_way: bool) -> None:
        """Say that the check is *under_way*: the host's theme paints an entry alike whether it can be chosen or not."""
        self.doctor.setEnabled(not under_way)
        self.doctor.setText(f"{_DOCTOR} …" if under_way else _DOCTOR)
