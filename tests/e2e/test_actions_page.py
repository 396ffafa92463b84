"""The page of actions, in a real browser, with a real action on the other side of the event hub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

import pytest
import requests

import browser as browser_module
from acting import Action, acting
from browser import NARROW, WIDE, Browser
from ftrack_accsyn_sandbox.ftrack import FtrackService, demo
from helpers import wait_until

CHOICES = [{"label": "Head quarters", "value": "hq"}, {"label": "London", "value": 2}, {"label": "None", "value": None}]
FORM = {
    "title": "Send where?",
    "submit_button_label": "Preview",
    "items": [
        {"type": "label", "value": "## Files ##\nall <b>bold</b> and **strong**\n---\n<img src=x onerror=alert(1)>"},
        {"type": "text", "name": "filter", "label": "Filter", "empty_text": "main, beauty"},
        {"type": "textarea", "name": "files", "label": "More files", "value": "a\nb"},
        {"type": "number", "name": "priority", "label": "Priority", "value": 500},
        {"type": "date", "name": "day", "label": "Day", "value": "2026-11-27"},
        {"type": "boolean", "name": "latest", "label": "Latest only", "value": True},
        {"type": "enumerator", "name": "to", "label": "To", "data": CHOICES, "value": 2},
        {"type": "enumerator", "name": "via", "label": "Via", "data": CHOICES},
        {
            "type": "enumerator",
            "name": "sites",
            "label": "Sites",
            "data": CHOICES,
            "multi_select": True,
            "value": ["hq"],
        },
        {"type": "text", "name": "row", "label": "Row one", "value": "1"},
        {"type": "text", "name": "row", "label": "Row two", "value": "2"},
        {"type": "hidden", "name": "state", "value": {"step": 1}},
    ],
}
OFFERED = {
    "filter": "",
    "files": "a\nb",
    "priority": 500,
    "day": "2026-11-27",
    "latest": True,
    "to": 2,
    "via": None,
    "sites": ["hq"],
    "row": ["1", "2"],
    "state": {"step": 1},
}
PREVIEW = {
    "title": "Send 2 files",
    "submit_button_label": "Send",
    "items": [{"type": "label", "value": "### goes: 2"}, {"type": "hidden", "name": "plan", "value": "p-1"}],
}
DONE = {"success": True, "message": "2 files are on their way."}
Play = Callable[..., Action]


@pytest.fixture(scope="module")
def ids(service: FtrackService) -> dict[str, str]:
    store, ids = service.store, demo.build(service.store)
    ids["version"] = demo.add_version(store, ids, "show_a/sq010/sh010", asset="plate")
    ids["component"] = store.create("FileComponent", name="main", version_id=ids["version"])["id"]
    category_id = store.create("ListCategory", name="Work")["id"]
    ids["list"] = store.create("AssetVersionList", name="mine", project_id=ids["show_a"], category_id=category_id)["id"]
    ids["review"] = store.create("ReviewSession", name="Dailies", project_id=ids["show_a"])["id"]
    return ids


@pytest.fixture(scope="module")
def service() -> Iterator[FtrackService]:
    with FtrackService() as service:
        for name in ("admin", "artist", "producer"):
            service.add_user(name, f"{name}-key")
        yield service


@pytest.fixture
def play(service: FtrackService, ids: dict[str, str], request: pytest.FixtureRequest) -> Play:
    """Start an action that gives these answers."""

    def start(*answers: Any, **options: Any) -> Action:
        running = acting(service, ("admin", "admin-key"), *answers, **options)
        action = running.__enter__()
        request.addfinalizer(lambda: running.__exit__(None, None, None))
        return action

    return start


@pytest.fixture
def page(browser: Browser, service: FtrackService, ids: dict[str, str]) -> Iterator[Browser]:
    browser.show(WIDE)
    # Longer than any wait here: a busy machine is no action that does not answer.
    browser.open(f"{service.url}/actions?discover_s=60&launch_s=60")
    become(browser, "artist")
    yield browser
    assert browser.complaints() == []


def become(page: Browser, user: str) -> None:
    page.wait_for_text("#connection", "Connected as")
    choose(page.labelled("User"), user)
    page.wait_for_text("#connection", f"Connected as {user}.")


def choose(select: Any, value: str) -> None:
    from selenium.webdriver.support.ui import Select

    Select(select).select_by_value(value)


def pick(page: Browser, kind: str, name: str) -> None:
    choose(page.labelled("Entities"), kind)
    page.labelled(name).click()


def start(page: Browser) -> None:
    """Select a shot, and launch the action for it."""
    pick(page, "Shots", "show_a / sq010 / sh010")
    page.button("Find actions").click()
    page.button("Try me").click()


def form(page: Browser, title: str) -> Any:
    return page.wait_for_text("dialog[open] h2", title)


def test_the_page_asks_as_ftracks_does_and_shows_what_comes_back(
    page: Browser, ids: dict[str, str], play: Play
) -> None:
    action = play(DONE)
    start(page)
    (asked,) = action.discovered
    assert asked["data"]["selection"] == [{"entityId": ids["show_a/sq010/sh010"], "entityType": "task"}]
    assert set(asked["data"]) == {"selection", "groupers", "filters", "sorters"}
    assert asked["source"]["user"] == {"id": ids["artist"], "username": "artist"}
    assert set(asked["source"]) == {"id", "user"}
    message = page.find("#messages .good")
    assert "Done" in message.text
    assert DONE["message"] in message.text
    (launched,) = action.launched
    assert launched["data"] == {**action.item, "selection": asked["data"]["selection"]}


def test_each_field_gives_what_it_shows_and_stages_follow_each_other(page: Browser, play: Play) -> None:
    action = play(FORM, PREVIEW, DONE)
    start(page)
    form(page, "Send where?")
    assert page.labelled("Filter").get_attribute("placeholder") == "main, beauty"
    assert page.find("#items h3").text == "Files"
    assert [each.text for each in page.all("#items b")] == ["bold", "strong"]
    assert page.all("#items hr") != []
    assert page.all("#items img") == [], "what is not of the subset is not shown"
    page.button("Preview").click()
    form(page, "Send 2 files")
    assert page.find("#items h4").text == "goes: 2"
    page.button("Send").click()
    page.wait_for_text("#messages .good", DONE["message"])
    assert [event["data"].get("values") for event in action.launched] == [None, OFFERED, {"plan": "p-1"}]


def test_what_a_person_fills_in_is_what_the_action_gets(page: Browser, play: Play) -> None:
    action = play(FORM, DONE)
    start(page)
    form(page, "Send where?")
    page.labelled("Filter").send_keys("beauty")
    page.labelled("More files").clear()
    page.labelled("More files").send_keys("P:\\x\n/y")
    page.labelled("Priority").clear()
    page.labelled("Latest only").click()
    choose(page.labelled("To"), "0")
    choose(page.labelled("Via"), "1")
    choose(page.labelled("Sites"), "1")
    page.labelled("Row two").send_keys("0")
    page.button("Preview").click()
    page.find("#messages .good")
    assert action.launched[1]["data"]["values"] == {
        **OFFERED,
        "filter": "beauty",
        "files": "P:\\x\n/y",
        "priority": None,
        "latest": False,
        "to": "hq",
        "via": 2,
        "sites": ["hq", 2],
        "row": ["1", "20"],
    }


def test_a_closed_form_sends_nothing(page: Browser, play: Play) -> None:
    action = play(PREVIEW, DONE)
    start(page)
    form(page, "Send 2 files")
    page.button("Close").click()
    page.button("Try me").click()
    page.find("#messages .good")
    assert [event["data"].get("values") for event in action.launched] == [None, None]


def test_a_refusal_looks_and_reads_otherwise(page: Browser, play: Play) -> None:
    play({"success": False, "message": "London is offline."})
    start(page)
    assert "Failed" in page.wait_for_text("#messages .bad", "London is offline.").text


def test_an_action_that_does_not_reply_is_shown_as_such(browser: Browser, service: FtrackService, play: Play) -> None:
    play(None)
    browser.open(f"{service.url}/actions?discover_s=60&launch_s=0.2")
    become(browser, "artist")
    start(browser)
    browser.wait_for_text("#messages .bad", "Try me did not reply within 0.2 s.")
    assert browser.button("Try me").is_enabled()


def test_a_selection_that_nobody_answers_is_shown_as_such(browser: Browser, service: FtrackService, ids: Any) -> None:
    browser.open(f"{service.url}/actions?discover_s=0.2")
    become(browser, "artist")
    browser.button("Find actions").click()
    browser.wait_for_text("#asked", "No action answered within 0.2 s.")


def test_later_messages_and_forms_come_up_for_their_user(page: Browser, ids: dict[str, str], play: Play) -> None:
    action = play(DONE)
    action.show(ids["producer"], type="message", success=True, message="not for you")
    action.show(ids["artist"], type="message", success=False, message="One file was lost.")
    page.wait_for_text("#messages .bad", "One file was lost.")
    assert "not for you" not in page.find("#messages").text
    selection = [{"entityId": ids["show_a"], "entityType": "show"}]
    action.show(ids["artist"], type="form", selection=selection, actionIdentifier="test.action", **PREVIEW)
    form(page, "Send 2 files")
    page.button("Send").click()
    page.wait_for_text("#messages .good", DONE["message"])
    assert action.launched[0]["data"] == {
        "actionIdentifier": "test.action",
        "selection": selection,
        "values": {"plan": "p-1"},
    }


def test_every_kind_can_be_selected_and_is_called_as_ftrack_calls_it(
    page: Browser, ids: dict[str, str], play: Play
) -> None:
    action = play(DONE)
    names = {
        "Projects": ("show_a", "show_a", "show"),
        "Episodes": ("show_a / ep01", "show_a/ep01", "task"),
        "Tasks": ("show_a / sq010 / sh010 / Lighting", "show_a/sq010/sh010/Lighting", "task"),
        "Versions": ("show_a / sq010 / sh010 / plate v1", "version", "assetversion"),
        "Lists": ("show_a / mine", "list", "list"),
        "Review sessions": ("show_a / Dailies", "review", "reviewsession"),
        "Components": ("show_a / sq010 / sh010 / plate v1 / main", "component", "Component"),
    }
    for kind, (name, _, _) in names.items():
        pick(page, kind, name)
    page.button("Find actions").click()
    page.button("Try me")
    assert action.discovered[0]["data"]["selection"] == [
        {"entityId": ids[key], "entityType": entity_type} for _, key, entity_type in names.values()
    ]
    page.find('[aria-label="Remove show_a"]').click()
    wait_until(lambda: len(page.all("#selected li")) == len(names) - 1)


def test_entities_are_searched_by_name_and_seen_as_their_user_sees_them(page: Browser) -> None:
    choose(page.labelled("Entities"), "Projects")
    page.wait_for_text("#found", "Found: 2")
    become(page, "producer")
    page.wait_for_text("#found", "Found: 3")
    page.labelled("Search").send_keys("P")
    page.wait_for_text("#found", "Found: 1")
    assert [each.text for each in page.all("#entities label")] == ["show_p"]
    page.labelled("Search").clear()


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut_off_on_a_narrow_window_and_all_is_read_in_both_schemes(
    page: Browser, play: Play, dark: bool
) -> None:
    play(FORM)
    page.show(NARROW, dark=dark)
    start(page)
    form(page, "Send where?")
    width = "return [document.documentElement.scrollWidth, document.querySelector('dialog').scrollWidth]"
    assert max(page.driver.execute_script(width)) <= NARROW[0]
    assert page.driver.execute_script(CONTRASTS) >= 4.5, "text against its ground"


@pytest.mark.parametrize("name", ["nothing.css", "..%2Fdemo.py"])
def test_only_files_of_the_page_are_given(service: FtrackService, name: str) -> None:
    assert requests.get(f"{service.url}/actions/{name}", timeout=5).status_code == 404


def test_keys_are_given_to_this_machine_alone(service: FtrackService, ids: dict[str, str]) -> None:
    people = f"{service.url}/actions/people"
    assert {person["username"] for person in requests.get(people, timeout=5).json()} == {"admin", "artist", "producer"}
    assert requests.get(people, headers={"Host": "evil.test"}, timeout=5).status_code == 403


def test_a_machine_without_browser_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_module.shutil, "which", lambda name: None)
    assert browser_module.available() == "no chromium and no chromedriver on this machine"


# The least contrast of any text that is shown, as WCAG reckons it.
CONTRASTS = """
const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
const parts = (text) => text.match(/[\\d.]+/g).map(Number);
const ground = (node) => {
  for (; node; node = node.parentElement) {
    const colour = parts(getComputedStyle(node).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
let least = 21;
for (const node of document.querySelectorAll("h1, h2, h3, h4, b, p, label, button, input, select, li, legend")) {
  if (!node.checkVisibility()) continue;
  const [one, other] = [light(parts(getComputedStyle(node).color)), light(ground(node))];
  least = Math.min(least, (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05));
}
return least;
"""
