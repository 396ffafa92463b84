"""The sandbox's page of actions, as somebody uses it: what to click, and what is there then."""

from __future__ import annotations

from typing import Any

from browser import Browser


class ActionsPage:
    """The page at *url*, opened by *user*. `browser` is the tab that it is in."""

    def __init__(self, browser: Browser, url: str, user: str) -> None:
        self.browser = browser
        # Longer than any wait here: a busy machine is no action that does not answer.
        browser.open(f"{url}/actions?discover_s=60&launch_s=60")
        browser.wait_for_text("#connection", "Connected as")
        self.choose("User", user)
        browser.wait_for_text("#connection", f"Connected as {user}.")

    def choose(self, field: str, words: str) -> None:
        """Choose in a list what has these words, or the value of these."""
        next(each for each in self._list(field).options if words in (each.text, each.get_attribute("value"))).click()

    def chosen(self, field: str) -> str:
        """Return the words of what is chosen in a list."""
        text: str = self._list(field).first_selected_option.text
        return text

    def _list(self, field: str) -> Any:
        from selenium.webdriver.support.ui import Select  # without it tests are skipped, not broken

        return Select(self.browser.labelled(field))

    def fill(self, field: str, text: str) -> None:
        """Type into a field, in place of what stands there."""
        self.browser.labelled(field).clear()
        self.browser.labelled(field).send_keys(text)

    def filled(self, field: str) -> str:
        """Return what stands in a field."""
        text: str = self.browser.labelled(field).get_property("value")
        return text

    def pick(self, shot: str) -> None:
        """Select a shot, and ask for the actions."""
        self.browser.labelled(shot).click()
        self.browser.button("Find actions").click()

    def launch(self, action: str, title: str) -> Any:
        """Launch an action; return its form."""
        self.browser.find(f'[data-action="accsyn.{action}"]').click()
        return self.form(title)

    def press(self, button: str, title: str) -> Any:
        """Submit the form that is shown; return the one that comes."""
        self.browser.button(button).click()
        return self.form(title)

    def form(self, title: str) -> Any:
        """Return the form whose title has these words in it, once it is shown."""
        self.browser.wait_for_text("dialog[open] h2", title)
        return self.browser.find("dialog[open]")

    def close(self) -> None:
        """Close the form that is shown."""
        self.browser.button("Close").click()

    def finish(self, button: str) -> str:
        """Submit the form that is shown; return the message that comes."""
        before = len(self.browser.all("#messages li"))
        self.browser.button(button).click()
        self.browser.wait(lambda: len(self.browser.all("#messages li")) > before or None, "a message")
        text: str = self.browser.find("#messages li").text
        return text
