"""Photographs what a browser shows of the actions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

import sends
from PySide6 import QtGui

import browser
from actions_page import ActionsPage
from ftrack_accsyn_sandbox.studio import Studio

#: CSS pixels; high enough for the longest form without a scroll bar.
WINDOW = (760, 1400)
#: So much of the first file has to be through for the picture of Status, in percent.
SEEN_PERCENT = 20


def action_pictures(studio: Studio, folder: Path, save: Callable[[QtGui.QImage, str], None]) -> None:
    """Photograph Send, from the form over the preview, and Status while it is carried; for `sends.PROJECT`."""
    studio.accsyn.engine.speed_bytes_per_s = sends.MOVING_BYTES_PER_S

    def photograph(name: str) -> None:
        opened.driver.execute_script("document.activeElement.blur()")
        save(QtGui.QImage.fromData(opened.find("dialog[open]").screenshot_as_png), name)

    with sends.serving(studio, folder), browser.opened(folder / "chromium") as opened:
        opened.show(WINDOW, scale=2)
        page = ActionsPage(opened, studio.ftrack.url, "producer")
        page.pick(sends.SHOT.replace("/", " / "))
        page.launch("send", "accsyn Send")
        page.choose("From", "Head quarters")
        page.choose("To", "London")
        photograph("action_form")
        page.press("Preview", "Send 3 items")
        photograph("action_preview")
        page.finish("Send")
        while percent(page.launch("status", "accsyn Status").text) < SEEN_PERCENT:
            page.close()
        photograph("action_status")


def percent(text: str) -> int:
    """Return how far the first of what is told to be under way is."""
    found = re.search(r"(\d+) %", text)
    return int(found[1]) if found else 0
