"""A headless Chromium for tests, and pictures of what it shows.

Where there is none, tests that need it are skipped and say so. Use it by importing the fixture into a conftest.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable, Optional, TypeVar

import pytest

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
#: Names under which systems have the browser and its driver.
CHROMIUM, DRIVER = ("chromium", "chromium-browser", "google-chrome"), ("chromedriver", "chromium.chromedriver")
WIDE, NARROW = (1280, 900), (400, 800)
WAIT_S = 10.0

T = TypeVar("T")


class Browser:
    """A tab of Chromium. `driver` is selenium's, for what stands here in no better words."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.show(WIDE)

    def open(self, address: str) -> None:
        self.driver.get(address)

    def find(self, selector: str) -> Any:
        """Return the first element of a CSS selector, waiting for it to be there."""
        return self.wait(lambda: next(iter(self.all(selector)), None), selector)

    def all(self, selector: str) -> list[Any]:
        found: list[Any] = self.driver.find_elements("css selector", selector)
        return found

    def labelled(self, text: str) -> Any:
        """Return the field whose label says *text*: whoever cannot see the page finds it in no other way."""
        script = """
            const labels = [...document.querySelectorAll('label')];
            const label = labels.find((each) => each.textContent.trim() === arguments[0]);
            return label ? label.control : null;
        """
        return self.wait(lambda: self.driver.execute_script(script, text), f"a field labelled {text!r}")

    def button(self, text: str) -> Any:
        """Return the button that says *text* and can be seen."""

        def found() -> Any:
            buttons = (each for each in self.all("button") if each.is_displayed() and each.text == text)
            return next(buttons, None)

        return self.wait(found, f"a button {text!r}")

    def wait(self, condition: Callable[[], Optional[T]], what: str) -> T:
        """Return what *condition* gives as soon as it is something. Raises TimeoutException with the page's text."""
        from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
        from selenium.webdriver.support.ui import WebDriverWait

        gone = (NoSuchElementException, StaleElementReferenceException)  # the page was just drawn anew
        waiting = WebDriverWait(self.driver, WAIT_S, poll_frequency=0.02, ignored_exceptions=gone)
        found: T = waiting.until(lambda _: condition(), f"Waited for {what}.")
        return found

    def wait_for_text(self, selector: str, text: str) -> Any:
        """Return the first element of *selector* that has *text* in it."""

        def found() -> Any:
            return next((each for each in self.all(selector) if text in each.text), None)

        return self.wait(found, f"{text!r} in {selector}")

    def show(self, size: tuple[int, int], *, dark: bool = False, scale: int = 1) -> None:
        """Take another size of window, in CSS pixels of *scale* of the screen's, and colour scheme."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def complaints(self) -> list[str]:
        """Return what the browser has complained of since it was last asked: errors of scripts, things not found."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def picture(self, path: Path) -> Path:
        """Write a PNG of what the window shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.driver.get_screenshot_as_png())
        return path


def available() -> str:
    """Return why there is no browser here, "" where there is one."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed"
    missing = [names[0] for names in (CHROMIUM, DRIVER) if not _program(names)]
    return f"no {' and no '.join(missing)} on this machine" if missing else ""


@contextlib.contextmanager
def opened(profile: Path) -> Iterator[Browser]:
    """Run a Chromium whose profile is the new folder *profile*."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = _program(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(_program(DRIVER)))
    try:
        yield Browser(driver)
    finally:
        driver.quit()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests of a worker; each opens its own page in it."""
    missing = available()
    if missing:
        pytest.skip(f"A browser is needed: {missing}.")
    with opened(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


def _program(names: tuple[str, ...]) -> str:
    return next(filter(None, map(shutil.which, names)), "")
