"""Photographs what a browser shows of the actions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable

import browser
import sends
from PySide6 import QtGui

from ftrack_accsyn_sandbox.studio import Studio

#: CSS pixels; high enough for the longest form without a scroll bar.
WINDOW = (760, 1400)
Save = Callable[[QtGui.QImage, str], None]


class Page:
    """The page of actions, as somebody has it open."""

    def __init__(self, page: browser.Browser, studio: Studio, user: str, save: Save) -> None:
        self.page = page
        self._save = save
        page.show(WINDOW, scale=2)
        page.open(f"{studio.ftrack.url}/actions?discover_s=60&launch_s=60")
        page.wait_for_text("#connection", "Connected as")
        self.choose("User", user)
        page.wait_for_text("#connection", f"Connected as {user}.")

    def choose(self, field: str, words: str) -> None:
        """Choose in a list what has these words, or the value of these."""
        from selenium.webdriver.support.ui import Select

        options = Select(self.page.labelled(field)).options
        next(each for each in options if words in (each.text, each.get_attribute("value"))).click()

    def pick(self, name: str) -> None:
        """Select a shot, and ask for the actions."""
        self.page.labelled(name).click()
        self.page.button("Find actions").click()

    def launch(self, action: str, title: str) -> Any:
        """Launch an action; return its form."""
        self.page.find(f'[data-action="accsyn.{action}"]').click()
        return self.form(title)

    def form(self, title: str) -> Any:
        """Return the form whose title begins like this, once it is shown."""
        self.page.wait_for_text("dialog[open] h2", title)
        return self.page.find("dialog[open]")

    def fill(self, field: str, text: str) -> None:
        """Type into a field."""
        self.page.labelled(field).clear()
        self.page.labelled(field).send_keys(text)

    def photograph(self, name: str) -> None:
        """Write a picture of the form that is shown."""
        self.page.driver.execute_script("document.activeElement.blur()")
        self._save(QtGui.QImage.fromData(self.page.find("dialog[open]").screenshot_as_png), name)


def percent(text: str) -> int:
    """Return how far the first of what is told to be under way is, in percent."""
    found = re.search(r"(\d+) %", text)
    return int(found[1]) if found else 0


def action_pictures(studio: Studio, folder: Path, save: Save) -> None:
    """Photograph Send from the form over the preview to the message, and Status while it is carried."""
    engine = studio.accsyn.engine
    engine.speed_bytes_per_s = sends.MOVING_BYTES_PER_S
    with sends.serving(studio, folder), browser.opened(folder / "chromium") as opened:
        page = Page(opened, studio, "producer", save)
        page.pick("aurora / sq120 / sh0040")
        page.launch("send", "accsyn Send")
        page.choose("From", "Head quarters")
        page.choose("To", "London")
        page.photograph("action_form")
        opened.button("Preview").click()
        page.form("Send")
        opened.button("Send")
        page.photograph("action_preview")
        opened.button("Send").click()
        opened.find("#messages .good")
        while not 20 <= percent(page.launch("status", "accsyn Status").text):
            opened.button("Close").click()
        page.photograph("action_status")
        opened.button("Close").click()
        page.launch("sync", "accsyn Sync")
        page.choose("Site", "london")
        page.photograph("sync_form")
        opened.button("Preview").click()
        opened.button("Sync")
        page.photograph("sync_preview")
        opened.button("Sync").click()
        opened.wait_for_text("#messages .good", "Sync")
        opened.picture(folder / "page.png")
