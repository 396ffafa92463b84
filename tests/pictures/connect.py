"""Photographs the tab in ftrack Connect itself, run from its sources: `python tests/pictures/connect.py CHECKOUT`.

CHECKOUT is one of github.com/ftrackhq/integrations. The interpreter is one that has what Connect needs, and the sandbox
(see the manual's page on the tab); the plugin is the built archive, found as Connect finds it. Each theme, and each set
of settings, has a Connect of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
#: What Connect opens with.
SIZE = (450, 700)
PARTS = ("problems", "work")
THEMES = ("dark", "light")
#: Five at once.
PROBLEMS = {
    "FTRACK_ACCSYN_VERIFY": "never",
    "FTRACK_ACCSYN_DESTINATION": "nowhere at all",
    "FTRACK_ACCSYN_PRIORITY": "urgent",
    "FTRACK_ACCSYN_OUTBOX": "beside/it",
    "ACCSYN_API_KEY": "",
}
SLOW_BYTES_PER_S = 9e6


class Photographer:
    """Connect with the tab in front, and a camera."""

    def __init__(self, theme: str) -> None:
        from PySide6 import QtWidgets

        # Nobody is there to answer: that there is no tray, and what the start-up check found.
        for name in ("warning", "critical"):
            setattr(QtWidgets.QMessageBox, name, staticmethod(lambda *_, **__: None))
        for name in ("exec", "exec_"):
            setattr(QtWidgets.QMessageBox, name, lambda *_: 0)
        self._application = QtWidgets.QApplication([])
        import ftrack_connect.ui.application

        self._theme = theme
        self.window: Any = ftrack_connect.ui.application.Application(theme=theme)
        self.window.show()
        who = (os.environ[name] for name in ("FTRACK_SERVER", "FTRACK_API_USER", "FTRACK_API_KEY"))
        self.window.loginWithCredentials(*who)
        self.until(lambda: self._place() >= 0)
        self.window.tabPanel.setCurrentIndex(self._place())
        self.tab: Any = self.window.tabPanel.currentWidget().tab
        self.until(lambda: self.tab.empty.title.text() != "Reading the outbox")

    def _place(self) -> int:
        panel = getattr(self.window, "tabPanel", None)
        names = [panel.tabText(index) for index in range(panel.count())] if panel is not None else []
        return names.index("accsyn") if "accsyn" in names else -1

    def until(self, condition: Callable[[], object], timeout_s: float = 60.0) -> None:
        """Keep Connect going until *condition*."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit("Connect did not come to where it should: nothing was photographed.")
            self._application.processEvents()
            time.sleep(0.01)

    def lines(self) -> list[Any]:
        """Return the rows in sight."""
        return [line for _, line in self.tab.model.known()]

    def line(self, component: str) -> Any:
        """Return the row of *component*, None while there is none."""
        return next((line for line in self.lines() if line.component == component), None)

    def select(self, component: str) -> None:
        """Select a row."""
        self.tab.table.selectRow(next(row for row, line in self.tab.model.known() if line.component == component))

    def take(self, name: str) -> None:
        """Write a picture of all of Connect's window."""
        self.window.resize(*SIZE)
        began = time.monotonic()
        self.until(lambda: time.monotonic() - began > 0.5)
        if (self.window.width(), self.window.height()) != SIZE:
            raise SystemExit(f"The tab has made Connect's window larger: {self.window.size()}.")
        from PySide6 import QtGui

        image = self.window.grab().toImage().convertToFormat(QtGui.QImage.Format.Format_RGB32)
        image.save(str(ROOT / "resource" / f"tab_connect_{name}_{self._theme}.png"), "PNG", 0)


def work(studio: Any, folder: Path, camera: Photographer) -> None:
    """Photograph a day: nothing yet, on its way, failed, paused, and what was asked for."""
    import sends
    import studio as scenes

    from ftrack_accsyn_accessor.send import functions

    camera.take("empty")
    engine = studio.accsyn.engine
    engine.fail_path("*cache.abc", "E#J057 Could not write the file: permission denied")
    artist = scenes.Artist(studio, folder / "work")
    scenes.morning(artist)
    camera.until(lambda: len(camera.lines()) == 4)
    camera.until(lambda: all(line.state in ("Synced", "Needs attention") for line in camera.lines()))
    engine.speed_bytes_per_s = SLOW_BYTES_PER_S
    scenes.noon(artist)
    camera.until(lambda: (line := camera.line("beauty")) and (line.percent or 0) >= 35)
    camera.take("busy")
    camera.select("cache")
    camera.take("failed")
    camera.tab.head.pause.click()
    camera.until(lambda: camera.tab.head.pause.text() == "Resume" and camera.tab.head.pause.isEnabled())
    camera.until(lambda: camera.tab.notice.isHidden())
    camera.select("main")
    camera.take("paused")
    camera.tab.head.pause.click()
    engine.speed_bytes_per_s = None
    camera.until(lambda: camera.tab.head.pause.text() == "Pause" and camera.tab.notice.isHidden())
    os.environ.update(sends.settings(folder))
    sends.Production(studio).fill()
    (request,) = functions.send(sends.NEXT_SHOT, "studio.hq", "studio.london").requests
    engine.speed_bytes_per_s = sends.MOVING_BYTES_PER_S / 3
    camera.until(lambda: any(line.request == request for line in camera.lines()))
    camera.tab.table.delegate.fold_clicked.emit(request)
    camera.until(
        lambda: any(line.request == request and line.depth and (line.percent or 0) > 20 for line in camera.lines())
    )
    camera.select(next(line.component for line in camera.lines() if line.unfolded))
    camera.take("requests")


@contextmanager
def machine(folder: Path, part: str) -> Iterator[Any]:
    """Give a studio, with this process as an artist's machine in it."""
    built = (ROOT / "build").glob("ftrack-accsyn-accessor-*[0-9]")
    archive = max(built, key=lambda folder: folder.stat().st_mtime)
    sys.path[:0] = [str(archive / "dependencies"), str(HERE), str(HERE / "machine"), str(ROOT / "source")]
    import sitecustomize  # noqa: F401 - the name of the machine

    from ftrack_accsyn_sandbox.studio import Studio

    with Studio(folder) as studio:
        os.environ.update(studio.environment(), XDG_STATE_HOME=str(folder / "state"), HOME=str(folder))
        os.environ["FTRACK_CONNECT_PLUGIN_PATH"] = str(archive.parent)
        os.environ["FTRACK_EVENT_PLUGIN_PATH"] = str(archive / "hook") if part == "work" else ""
        os.environ.update(PROBLEMS if part == "problems" else {})
        yield studio


def photograph(checkout: str, theme: str, part: str) -> None:
    """Take the pictures of one Connect."""
    sys.path.insert(0, str(Path(checkout).resolve() / "apps" / "connect" / "source"))
    folder = Path(tempfile.gettempdir()) / "acme"
    folder.mkdir()  # of this name, for the paths in the pictures; whoever has such a folder keeps it
    done = False
    try:
        with machine(folder, part) as studio:
            camera = Photographer(theme)
            if part == "problems":
                camera.take("problems")
            else:
                work(studio, folder, camera)
            camera.tab.close_down()
            done = True
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it is told
        sys.stderr.writelines(traceback.format_exception(error))  # Connect would show a box for it
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        sys.stderr.flush()
        os._exit(0 if done else 1)  # Connect's threads would keep the process


def main() -> None:
    """Make all pictures, each Connect in a process of its own."""
    if len(sys.argv) == 4:
        photograph(*sys.argv[1:])
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    own = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    for theme in THEMES:
        for part in PARTS:
            subprocess.run([sys.executable, __file__, sys.argv[1], theme, part], env=own, check=True)


if __name__ == "__main__":
    main()
