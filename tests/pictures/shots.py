"""The scenes, and who photographs them; started by `make.py`."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Optional

import icons
import sends
import studio as scenes
import terminal
import themes
import web
from PySide6 import QtGui, QtWidgets

from ftrack_accsyn_accessor.connect.actions import OutboxActions
from ftrack_accsyn_accessor.connect.shapes import Line
from ftrack_accsyn_accessor.connect.source import OutboxSource
from ftrack_accsyn_accessor.connect.tab import Tab
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.send import functions
from ftrack_accsyn_accessor.worker import runtime
from ftrack_accsyn_sandbox.studio import Studio

RESOURCE = Path(__file__).resolve().parents[2] / "resource"
SIZE = (940, 640)
COLUMNS = {"status": 112, "why": 112, "send": 112, "demo": 124}
SEND = [sends.SHOT, "--from", "studio.hq", "--to", "studio.london", "--dry-run"]
SLOW_BYTES_PER_S = 9e6


class Screen:
    """A window with the tab, to be photographed."""

    def __init__(self, session: Any) -> None:
        self._application = QtWidgets.QApplication.instance()
        credentials = FtrackCredentials(session.server_url, session.api_user, session.api_key)
        source = OutboxSource(credentials)
        self.tab = Tab(source, OutboxActions(source, credentials))
        self.window = QtWidgets.QMainWindow()
        self.window.setCentralWidget(self.tab)
        self.window.resize(*SIZE)
        self.window.show()

    def until(self, condition: Callable[[], object], timeout_s: float = 60.0) -> None:
        """Keep going until *condition*."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit("The scene did not come to where it should: nothing was photographed.")
            self._application.processEvents()
            time.sleep(0.01)

    def line(self, component: str, request: Optional[int] = None) -> Optional[Line]:
        """Return a row, of what was published or of what a request asked for."""
        known = (line for _, line in self.tab.model.known() if line.request == request)
        return next((line for line in known if line.component == component), None)

    def select(self, component: str) -> None:
        """Select a row."""
        self.tab.table.selectRow(next(row for row, line in self.tab.model.known() if line.component == component))

    def photograph(self, name: str, style: str, height: int = SIZE[1]) -> None:
        """Write a picture of the tab in a theme."""
        self._application.setPalette(themes.palette(style == themes.DARK))
        self.window.setStyleSheet(style)
        self.window.resize(SIZE[0], height)
        began = time.monotonic()
        self.until(lambda: time.monotonic() - began > 0.3)
        save(self.window.grab().toImage(), name)

    def close(self) -> None:
        """End the tab's thread."""
        self.tab.close_down()
        self.window.close()


def tab_pictures(studio: Studio, artist: scenes.Artist, screen: Screen) -> None:
    """Photograph the tab: empty, on its way, failed."""
    engine = studio.accsyn.engine
    screen.until(lambda: screen.tab.empty.title.text().startswith("Nothing"))
    screen.photograph("tab_empty", themes.DARK, height=480)
    engine.fail_path("*cache.abc", "E#J057 Could not write the file: permission denied")
    scenes.morning(artist)
    screen.until(lambda: all(line.state in ("Synced", "Needs attention") for _, line in screen.tab.model.known()))
    screen.until(lambda: len(list(screen.tab.model.known())) == 4)
    engine.speed_bytes_per_s = SLOW_BYTES_PER_S
    scenes.noon(artist)
    screen.until(lambda: screen.line("beauty") and (screen.line("beauty").percent or 0) >= 35)
    screen.photograph("tab_dark", themes.DARK)
    screen.photograph("tab_light", themes.LIGHT)
    screen.select("cache")
    screen.photograph("tab_failed", themes.DARK)


def request_picture(studio: Studio, screen: Screen) -> None:
    """Photograph the tab with something that was asked for, unfolded."""
    engine = studio.accsyn.engine
    screen.window.resize(*SIZE)
    engine.speed_bytes_per_s = None
    (request,) = functions.send(sends.NEXT_SHOT, "studio.hq", "studio.london").requests
    engine.speed_bytes_per_s = sends.MOVING_BYTES_PER_S / 3
    screen.until(lambda: any(line.request == request for _, line in screen.tab.model.known()))
    screen.tab.table.delegate.fold_clicked.emit(request)
    screen.until(lambda: (line := screen.line("curves", request)) and line.state == "Synced")
    screen.until(lambda: (line := screen.line("beauty", request)) and (line.percent or 0) >= 35)
    screen.select(next(line.component for _, line in screen.tab.model.known() if line.unfolded))
    screen.photograph("tab_requests", themes.LIGHT)
    engine.speed_bytes_per_s = None


def terminal_pictures(folder: Path) -> None:
    """Photograph the command line: the state of things, why something does not move, a plan, and the demo."""
    for name, columns in COLUMNS.items():
        # The demo would write into a folder with a name that says nothing.
        more = {"demo": ["--folder", str(folder / "demo")], "send": SEND}.get(name, [])
        command = " ".join([name, *(more if name == "send" else [])])
        written = terminal.run([name, *more], columns)
        save(terminal.paint(f"ftrack-accsyn {command}", written, columns), f"terminal_{name}")


def save(image: QtGui.QImage, name: str) -> None:
    """Write a picture, packed as tightly as PNG allows."""
    opaque = image.convertToFormat(QtGui.QImage.Format.Format_RGB32)
    if not opaque.save(str(RESOURCE / f"{name}.png"), "PNG", 0):
        raise SystemExit(f"Could not write {name}.png.")


def main() -> None:
    """Make all pictures."""
    application = QtWidgets.QApplication([])
    application.setStyle("Fusion")
    for size in icons.SIZES:
        icons.draw(size)
    folder = Path(tempfile.gettempdir()) / "acme"
    folder.mkdir()  # of this name, for the paths in the pictures; whoever has such a folder keeps it
    try:
        with Studio(folder) as studio:
            scenes.log_in(studio, folder)
            os.environ.update(sends.settings(folder))
            sends.Production(studio).fill()
            artist = scenes.Artist(studio, folder / "work")
            screen = Screen(artist.session)
            try:
                tab_pictures(studio, artist, screen)
                terminal_pictures(folder)
                request_picture(studio, screen)
                studio.accsyn.engine.wait_idle(60.0)
                web.action_pictures(studio, folder, save)
            finally:
                screen.close()
                artist.session.close()
                runtime.stop_all(timeout_s=0.0)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
