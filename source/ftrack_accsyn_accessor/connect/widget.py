"""The tab as Connect wants it: a subclass of its ConnectWidget, made where that class exists."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from ftrack_accsyn_accessor import __version__, environment
from ftrack_accsyn_accessor.connect.about import settings_lines
from ftrack_accsyn_accessor.connect.actions import OutboxActions
from ftrack_accsyn_accessor.connect.qt import QtWidgets
from ftrack_accsyn_accessor.connect.quitting import QuitGuard, ask_user
from ftrack_accsyn_accessor.connect.source import OutboxSource
from ftrack_accsyn_accessor.connect.tab import Tab
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials

NAME = "accsyn"


def icon_path() -> str:
    """Return the tab's icon: beside the package in the archive, as in a checkout."""
    # A bitmap, because the plugin of Qt that draws SVG is not in every build of Connect.
    path = Path(__file__).resolve().parents[3] / "resource" / "icon_64.png"
    return str(path) if path.is_file() else ""


def tab_class(base: Any) -> Any:
    """Return the widget class to register; *base* is Connect's ConnectWidget."""

    class AccsynWidget(base):  # type: ignore[misc]
        """Connect's frame around the tab; Connect makes it with its session."""

        icon = icon_path()
        name = NAME

        def __init__(self, session: Any, parent: Optional[QtWidgets.QWidget] = None) -> None:
            super().__init__(session, parent=parent)
            credentials = FtrackCredentials(session.server_url, session.api_user, session.api_key)
            source = OutboxSource(credentials)
            self.tab = Tab(source, OutboxActions(source, credentials), self)
            self._guard: Optional[QuitGuard] = None
            layout = QtWidgets.QVBoxLayout(self)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.addWidget(self.tab)

        def refresh(self) -> None:
            """Look after the window that the widget has been put into."""
            if self._guard is None:
                self._guard = QuitGuard(self.window(), ask_user, self)
                self.tab.leaving_changed.connect(self._guard.set_leaving)
            self.tab.refresh()

        def get_debug_information(self) -> dict[str, Any]:
            """Return what "About" lists: version, and settings without secrets."""
            settings = settings_lines(environment.read_settings())
            return {**super().get_debug_information(), "version": __version__, "settings": settings}

    return AccsynWidget
