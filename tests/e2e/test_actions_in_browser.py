"""accsyn Send, Status and Sync in a real browser, answered by `ftrack-accsyn serve`, down to the files at the site."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from actions_page import ActionsPage
from browser import NARROW, WIDE, Browser
from e2e.test_actions_page import CONTRASTS
from fault.service.test_processes import Process
from ftrack_accsyn_sandbox.ftrack import demo
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until

SHOT, SHOWN = "show_a/sq010/sh010", "show_a / sq010 / sh010"
LOCATIONS = {"locations": {"studio.hq": {"party": "hq"}, "studio.london": {"party": "site=london"}}}


def publish(studio: Studio, name: str, path: str) -> str:
    """Have a component at head quarters, in ftrack and on disk; return its id."""
    version = demo.add_version(studio.ftrack.store, studio.ids, SHOT, asset="comp")
    size = len(write(studio, path))
    component_id = studio.ftrack.store.create("FileComponent", name=name, version_id=version, size=size)["id"]
    place = {"location_id": studio.ids["studio.hq"], "resource_identifier": path}
    studio.ftrack.store.create("ComponentLocation", component_id=component_id, **place)
    return str(component_id)


def write(studio: Studio, path: str) -> bytes:
    content = os.urandom(3_000)
    (studio.hq / path).parent.mkdir(parents=True, exist_ok=True)
    (studio.hq / path).write_bytes(content)
    return content


@pytest.fixture(scope="module")
def studio(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("studio")
    mapping = folder / "locations.json"
    mapping.write_text(json.dumps(LOCATIONS))
    with Studio(folder) as studio, pytest.MonkeyPatch.context() as environ:
        environ.setenv("FTRACK_ACCSYN_LOCATIONS", str(mapping))
        environ.setenv("FTRACK_ACCSYN_SYNC_PATH", "{project}/{sequence}/{shot}/scans")
        service = Process(studio, folder / "state")
        try:
            service.says("Listening to ftrack's event hub")
            yield studio
        finally:
            assert service.end() == 0


@pytest.fixture
def page(browser: Browser, studio: Studio) -> Iterator[ActionsPage]:
    browser.show(WIDE)
    yield ActionsPage(browser, studio.ftrack.url, "producer")
    assert browser.complaints() == []


def test_a_producer_sends_a_shot_and_sees_it_arrive(page: ActionsPage, studio: Studio) -> None:
    component = publish(studio, "main", f"{SHOT}/<b>comp</b> v001.mov")
    page.pick(SHOWN)
    page.launch("send", "accsyn Send")
    page.choose("From", "Head quarters")
    page.choose("To", "London")
    page.fill("Components", "main")
    page.fill("Additional files and folders, one a line", f"{SHOT}/notes.txt\n{SHOT}/missing.txt")
    write(studio, f"{SHOT}/notes.txt")
    page.fill("Priority, from 0 to 1000", "soon")
    told = page.press("Preview", "accsyn Send")
    page.browser.wait_for_text("#items b", "The priority is a whole number from 0 to 1000, not soon.")
    assert "&#" not in told.text
    assert (page.chosen("From"), page.chosen("To"), page.filled("Components")) == ("Head quarters", "London", "main")
    assert page.filled("Additional files and folders, one a line") == f"{SHOT}/notes.txt\n{SHOT}/missing.txt"

    page.fill("Priority, from 0 to 1000", "900")
    preview = page.press("Preview", "Send 2 items (2 files, 6.0 kB)").text
    assert "show_a sq010/sh010 comp v001 main (3.0 kB)" in preview
    assert "cannot go: 1 item" in preview
    assert "missing.txt" in preview
    assert not [word for word in ("&#", "<b>", "* ", "None", component) if word in preview]
    assert "2 items (2 files, 6.0 kB) to studio.london: request 1." in page.finish("Send")

    london = {"component_id": component, "location_id": studio.ids["studio.london"]}
    wait_until(lambda: studio.ftrack.store.find("ComponentLocation", **london), 30.0, "the registration")
    status = page.launch("status", "accsyn Status").text
    while "1 in place" not in status:  # its job has a moment to go when the component is registered
        status = page.press("Ask again", "accsyn Status").text
    assert "studio.hq: 1 of 1\nstudio.london: 1 of 1" in status
    assert not [word for word in ("&#", "<", "* ", "None", component) if word in status]
    page.close()


def test_a_producer_syncs_the_folder_of_a_shot(page: ActionsPage, studio: Studio) -> None:
    content = write(studio, f"{SHOT}/scans/a.dpx")
    page.pick(SHOWN)
    page.launch("sync", "accsyn Sync")
    assert page.filled("Folders, one a line") == f"{SHOT}/scans"
    page.choose("Site", "london")
    preview = page.press("Preview", "Sync 1 item").text
    assert f"\n{SHOT}/scans\n" in preview
    assert "1 item to studio.london: request " in page.finish("Sync")
    target = studio.site("london") / f"{SHOT}/scans/a.dpx"
    wait_until(lambda: target.is_file() and target.read_bytes() == content, 30.0, "the file at the site")


@pytest.mark.parametrize("dark", [False, True])
def test_form_preview_and_status_are_read_on_a_narrow_window_in_both_schemes(
    page: ActionsPage, studio: Studio, dark: bool
) -> None:
    publish(studio, "a_component_with_a_name_that_is_longer_than_such_a_window", f"{SHOT}/{'long_' * 20}{dark}.mov")
    page.browser.show(NARROW, dark=dark)
    page.pick(SHOWN)
    page.launch("send", "accsyn Send")
    look(page)
    page.choose("From", "Head quarters")
    page.choose("To", "London")
    page.press("Preview", "Send 1 item")
    look(page)
    page.close()
    page.launch("status", "accsyn Status")
    look(page)
    page.close()


def look(page: ActionsPage) -> None:
    """See that nothing is cut off, and that all text stands out from its ground."""
    width = "return [document.documentElement.scrollWidth, document.querySelector('dialog').scrollWidth]"
    assert max(page.browser.driver.execute_script(width)) <= NARROW[0]
    assert page.browser.driver.execute_script(CONTRASTS) >= 4.5
