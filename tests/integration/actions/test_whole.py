"""From the page to the site, with nothing in between that is not real: Send, Status and Sync."""

from __future__ import annotations

import html
import os
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.actions import assigned
from ftrack_accsyn_accessor.actions.assigned import Wish
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import Publisher
from sending import Sender
from serving import Page, Serving, hidden, text


@pytest.fixture
def sender(studio: Studio, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    found = Sender(studio, monkeypatch, tmp_path)
    yield found
    found.close()


def write(root: Path, path: str, size_bytes: int = 100) -> bytes:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    content = os.urandom(size_bytes)
    (root / path).write_bytes(content)
    return content


def test_a_shot_that_was_sent_is_at_the_site_and_status_says_so(
    studio: Studio, sender: Sender, serving: Serving, page: Page
) -> None:
    shot = sender.shot()
    path = "show_a/sq010/plate.mov"
    component = sender.component(sender.version(sender.asset(shot)), path)
    content = write(studio.hq, path)
    selection = [{"entityId": shot, "entityType": "task"}]
    action = page.action("send", selection)

    preview = page.preview(action, selection)
    assert preview["title"] == "Send 1 item (1 file, 100 B)", text(preview)
    done = page.launch(action, selection, **hidden(preview))
    assert done["success"], done

    london = {"component_id": component, "location_id": studio.ids["studio.london"]}
    wait_until(lambda: studio.ftrack.store.find("ComponentLocation", **london), 30.0, "the registration")
    assert (studio.site("london") / path).read_bytes() == content
    status = page.launch(page.action("status", selection), selection)
    assert status["title"] == "accsyn Status: 1 in place"
    assert "studio.london" in text(status)
    again = page.preview(action, selection)
    assert (again["title"], again["submit_button_label"]) == ("Nothing to send", "Change")
    assert "is there: 1 item" in text(again)
    back = page.launch(action, selection, **hidden(again))
    assert (back["title"], hidden(back)["destination"]) == ("accsyn Send", studio.ids["studio.london"])


def test_the_folder_of_a_shot_is_synced_with_a_site(
    studio: Studio, publisher: Publisher, sender: Sender, page: Page, request: pytest.FixtureRequest
) -> None:
    publisher.environment(FTRACK_ACCSYN_SYNC_PATH="{project}/{sequence}/{shot}/scans")
    serving: Serving = request.getfixturevalue("serving")
    content = write(studio.hq, "show_a/sq010/sh010/scans/a.dpx")
    task = [{"entityId": studio.ids["show_a/sq010/sh010/Animation"], "entityType": "task"}]
    action = page.action("sync", task)

    form = page.launch(action, task)
    sites = next(item["data"] for item in form["items"] if item.get("name") == "site")
    assert [site["value"] for site in sites] == ["site=london"]
    filled = {**hidden(form), "site": "site=london"}
    assert filled["added"] == "show_a/sq010/sh010/scans"
    preview = page.launch(action, task, **filled)
    done = page.launch(action, task, **hidden(preview))

    assert done["success"], done
    target = studio.site("london") / "show_a/sq010/sh010/scans/a.dpx"
    wait_until(lambda: target.is_file() and target.read_bytes() == content, 30.0, "the file at the site")
    assert serving.outbox.requests.latest(1)[0].request.username == "artist"


def test_what_has_no_folder_is_named_in_the_form(
    studio: Studio, publisher: Publisher, sender: Sender, page: Page, request: pytest.FixtureRequest
) -> None:
    publisher.environment(FTRACK_ACCSYN_SYNC_PATH="{project}/{sequence}/{shot}/scans")
    request.getfixturevalue("serving")
    picked = ["show_a/sq010/sh010", "show_a/sq010", "show_a/assets/hero"]
    selection = [{"entityId": studio.ids[name], "entityType": "task"} for name in picked]

    form = page.launch(page.action("sync", selection), selection)

    assert hidden(form)["added"] == "show_a/sq010/sh010/scans"
    assert "show_a/sq010 has no folder: it is in no shot." in html.unescape(text(form))
    assert "show_a/assets/hero has no folder: it is in no sequence and no shot." in html.unescape(text(form))


def test_status_of_a_private_project_is_told_to_nobody_else(
    studio: Studio, sender: Sender, serving: Serving, page: Page, open_page: Any
) -> None:
    shot = sender.shot("show_p/sq010")
    sender.component(sender.version(sender.asset(shot)))
    selection = [{"entityId": shot, "entityType": "task"}]
    action = page.action("status", selection)

    refused = page.launch(action, selection)

    assert (refused["success"], "private project" in refused["message"]) == (False, True)
    assert open_page("admin").launch(action, selection)["type"] == "form"


def test_what_belongs_to_an_assigned_task_is_on_the_disk_of_whom_it_was_assigned_to(
    studio: Studio, sender: Sender, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assigned, "SETTLE_S", 0.01)
    publisher.environment(**studio.environment("admin"))
    store, email = studio.ftrack.store, "remote@acme.test"
    store.create("Location", name=email)
    shot = sender.shot()
    version = sender.version(sender.asset(shot))
    sender.component(version, "show_a/plate.mov")
    sender.component(version, "show_a/plate.txt", name="notes")
    content = write(studio.hq, "show_a/plate.mov")
    task = store.create("Task", name="comp", parent_id=shot, type_id=studio.ids["type:Animation"])["id"]
    service = Serving(Wish(("main",)))
    service.start(studio)
    try:
        wait_until(lambda: service.outbox.fact(assigned.SEEN) is not None)
        (user,) = store.find("User", email=email)
        store.create("Appointment", context_id=task, resource_id=user["id"], type="assignment")
        target = studio.user_folder(email) / "show_a/plate.mov"
        wait_until(lambda: target.is_file() and target.read_bytes() == content, 30.0, "the file on the disk")
    finally:
        service.end()
    (standing,) = service.outbox.requests.latest(5)
    assert (standing.request.username, standing.items) == (user["username"], 1)
