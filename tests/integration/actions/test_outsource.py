"""accsyn Outsource as ftrack's web page asks for it, and by assignment: from a selection to the package and its end."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.actions import assigned, handing, kept, listening, tending
from ftrack_accsyn_accessor.insight import requests
from ftrack_accsyn_accessor.vendor.spool import HAND_OUT
from ftrack_accsyn_accessor.worker import runtime, tracker, worker
from ftrack_accsyn_sandbox.ftrack import demo
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import workers
from serving import Page, Serving, hidden, text

VENDOR = "vendor@acme.test"
SHOT, TASK = "show_a/sq010/sh010", "show_a/sq010/sh010/Animation"
PLATE = "show_a/refs/plate.mov"
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("studio")) as studio:
        for path in (PLATE, "show_p/secret.mov", "elsewhere/secret.mov"):
            (studio.hq / path).parent.mkdir(parents=True, exist_ok=True)
            (studio.hq / path).write_bytes(b"content")
        yield studio


@pytest.fixture
def studio(running: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Studio]:
    """Give the module's studio, as a machine that sees the volume has it; what was handed out goes with each test."""
    rules = {"root": str(running.hq), "spool": str(tmp_path / "spool"), "group": "Vendors"}
    (tmp_path / "vendors.json").write_text(json.dumps(rules))
    for name, value in running.environment("admin").items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ACCSYN_PROJECTS_PATH")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("FTRACK_ACCSYN_VENDORS", str(tmp_path / "vendors.json"))
    monkeypatch.setenv("FTRACK_ACCSYN_SEND_TO", "site=*, *@acme.test")
    steps = ((tracker, "SOON_S"), (tracker, "QUIET_S"), (worker, "IDLE_S"), (tending, "FIRST_S"), (tending, "BURST_S"))
    for module, name in (*steps, (listening, "LOOK_S"), (assigned, "SETTLE_S"), (handing, "LOOK_S")):
        monkeypatch.setattr(module, name, 0.05)
    yield running
    runtime.stop_all(timeout_s=0.0)
    wait_until(lambda: not workers(), 40.0, "the background thread to end")
    store = running.ftrack.store
    for kind in ("Metadata", "Note"):
        for row in store.find(kind):
            store.delete(kind, *([row["parent_id"], row["key"]] if kind == "Metadata" else [row["id"]]))


@pytest.fixture
def serving(studio: Studio) -> Iterator[Serving]:
    service = Serving()
    service.start(studio)
    yield service
    service.end()


def pick(studio: Studio, *names: str) -> Rows:
    return [{"entityId": studio.ids[name], "entityType": "task"} for name in names]


@pytest.fixture
def action(serving: Serving, page: Page, studio: Studio) -> dict[str, Any]:
    return page.action("outsource", pick(studio, TASK))


def preview(page: Page, action: Any, selection: Rows, **values: Any) -> dict[str, Any]:
    filled = {**hidden(page.launch(action, selection)), "vendor": VENDOR, "added": PLATE, **values}
    return page.launch(action, selection, **filled)


def read(reply: dict[str, Any]) -> str:
    return html.unescape(text(reply))


def handed_out(studio: Studio) -> list[str]:
    """Return the tasks that a record in ftrack tells of."""
    rows = studio.ftrack.store.find("Metadata")
    return sorted(row["parent_id"] for row in rows if row["key"].startswith("ftrack_accsyn_outsourced"))


def use_secret(studio: Studio, shot: str) -> None:
    """Let a version of a shot use one of a private project."""
    store, ids = studio.ftrack.store, studio.ids
    own, secret = (demo.add_version(store, ids, each, asset=shot) for each in (shot, "show_p/sq010/sh010"))
    component = store.create("FileComponent", name="secret", version_id=secret, size=7)["id"]
    place = {"location_id": ids["studio.hq"], "resource_identifier": "show_p/secret.mov"}
    store.create("ComponentLocation", component_id=component, **place)
    store.create("AssetVersionLink", from_id=secret, to_id=own)


def waiting(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "spool").glob(f"{HAND_OUT}-*"))


def test_a_task_is_handed_out_from_the_menu_over_form_and_preview_to_the_vendor(
    serving: Serving, page: Page, action: Any, studio: Studio
) -> None:
    form = page.launch(action, pick(studio, TASK))
    assert TASK in read(form)
    (vendors,) = [each["data"] for each in form["items"] if each.get("name") == "vendor"]
    assert [each["value"] for each in vendors] == ["", VENDOR]

    shown = preview(page, action, pick(studio, TASK), message="Mind the gap.")
    assert shown["title"] == f"Outsource 1 task (1 file, 7 B) to {VENDOR}"
    for words in (
        "refs/plate.mov (7 B)",
        f"{TASK}: no due date",
        "They are a user of accsyn.",
        "desktop app",
        "share it",
    ):
        assert words in read(shown)
    assert handed_out(studio) == []

    done = page.launch(action, pick(studio, TASK), **hidden(shown))
    assert done["success"], done
    wait_until(lambda: handed_out(studio) == [studio.ids[TASK]], what="the record")
    (note,) = wait_until(lambda: studio.ftrack.store.find("Note", parent_id=studio.ids[TASK]), what="the note")
    assert note["content"].endswith("Mind the gap.")
    wait_until(lambda: serving.outbox.requests.latest(1), what="the request")
    (row,) = requests.requests(serving.outbox)
    assert f"work of show_a outsourced to {VENDOR}: " in row.title
    assert row.user == "artist"

    again = page.launch(action, pick(studio, TASK), **hidden(shown))
    assert (again["success"], "confirmed already" in again["message"]) == (False, True)


def test_of_a_shot_its_tasks_go_and_each_is_named(page: Page, action: Any, studio: Studio) -> None:
    shown = preview(page, action, pick(studio, SHOT))
    assert shown["title"].startswith("Outsource 3 tasks (")
    assert all(f"{SHOT}/{name}:" in read(shown) for name in ("Animation", "Lighting", "Compositing"))


def test_a_list_stands_for_the_tasks_in_it(page: Page, action: Any, studio: Studio) -> None:
    store = studio.ftrack.store
    category = store.create("ListCategory", name="vendors")["id"]
    own = {"project_id": studio.ids["show_a"], "category_id": category, "system_type": "task"}
    listed = store.create("TypedContextList", name="vendor", **own)
    store.create("ListObject", list_id=listed["id"], entity_id=studio.ids["show_a/sq010/sh020/Lighting"])
    shown = preview(page, action, [{"entityId": listed["id"], "entityType": "list"}])
    assert shown["title"].startswith("Outsource 1 task (")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"vendor": ""}, "Choose whom it goes to."),
        ({"address": "other@acme.test"}, "Choose one vendor, or write one address."),
        ({"vendor": "", "address": "<b>nobody</b>"}, "it is no e-mail address"),
    ],
)
def test_what_is_wrong_is_told_in_the_form_with_what_was_filled_in(
    page: Page, action: Any, studio: Studio, values: dict[str, str], words: str
) -> None:
    again = preview(page, action, pick(studio, TASK), message="Kept.", **values)
    assert words in read(again)
    assert "<b>" not in text(again)
    assert hidden(again)["message"] == "Kept."


def test_nobody_but_vendors_that_a_pattern_with_an_at_names_gets_work(
    page: Page, action: Any, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patterns in ("", "*", "*@elsewhere.test"):
        monkeypatch.setenv("FTRACK_ACCSYN_SEND_TO", patterns)
        reply = page.launch(action, pick(studio, TASK), vendor=VENDOR)
        assert (reply["type"], "FTRACK_ACCSYN_SEND_TO" in reply["message"]) == ("message", True)
        assert not [each for each in page.launch(action, pick(studio, TASK))["items"] if each.get("name") == "vendor"]


@pytest.mark.parametrize(("added", "words"), [("show_p/*", "show_p"), ("elsewhere/secret.mov", "no project that")])
def test_files_that_are_of_no_project_that_they_see_are_not_handed_out_or_even_named(
    page: Page, action: Any, studio: Studio, added: str, words: str
) -> None:
    reply = page.launch(action, pick(studio, TASK), vendor=VENDOR, added=added)
    assert (reply["type"], words in reply["message"], "secret" in reply["message"]) == ("message", True, False), reply


def test_what_is_used_of_a_private_project_is_not_handed_out_or_even_named(
    page: Page, action: Any, studio: Studio
) -> None:
    shot = "show_a/sq020/sh010"
    use_secret(studio, shot)

    reply = page.launch(action, pick(studio, f"{shot}/Animation"), vendor=VENDOR)
    assert (reply["type"], "private project" in reply.get("message", "")) == ("message", True), reply
    assert "private project" in page.launch(action, pick(studio, "show_p/sq010/sh010"))["message"]
    alone = page.launch(action, pick(studio, f"{shot}/Animation"), vendor=VENDOR, with_used=False)
    assert alone["title"].startswith("Outsource 1 task ("), alone


def test_a_preview_is_confirmed_by_whom_it_was_made_for_and_in_time(
    page: Page, open_page: Any, action: Any, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = preview(page, action, pick(studio, TASK))
    forged = open_page("admin").launch(action, pick(studio, TASK), **hidden(shown))
    assert (forged["success"], "No preview of yours" in forged["message"]) == (False, True)

    monkeypatch.setattr(kept, "VALID_S", 0.0)
    again = page.launch(action, pick(studio, TASK), **hidden(shown))
    assert "had expired" in text(again)
    assert waiting(tmp_path) == handed_out(studio) == []


def test_rights_that_were_taken_after_the_preview_confirm_nothing(
    page: Page, action: Any, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = preview(page, action, pick(studio, TASK))
    monkeypatch.setenv("FTRACK_ACCSYN_SEND_TO", "site=*")
    assert not page.launch(action, pick(studio, TASK), **hidden(shown))["success"]
    assert waiting(tmp_path) == handed_out(studio) == []


def test_a_disabled_vendor_leads_back_to_the_form(
    page: Page, action: Any, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio.demo.vendor, "status", "disabled")
    shown = preview(page, action, pick(studio, TASK))
    assert (shown["title"], shown["submit_button_label"]) == ("Nothing to outsource", "Change")
    assert "is disabled in accsyn" in read(shown)
    assert hidden(page.launch(action, pick(studio, TASK), **hidden(shown)))["added"] == PLATE


def test_where_the_volume_is_not_seen_the_message_says_so(
    page: Page, action: Any, studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "vendors.json").write_text(json.dumps({"root": str(tmp_path / "gone"), "spool": str(tmp_path / "s")}))
    reply = page.launch(action, pick(studio, TASK), vendor=VENDOR)
    assert "there is no folder" in reply["message"]


def test_who_has_confirmed_is_told_where_it_is_given_up_later(
    page: Page, action: Any, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing, "SOON_S", 0.0)
    shown = preview(page, action, pick(studio, TASK))
    monkeypatch.setattr(studio.demo.vendor, "status", "disabled")
    assert "made ready" in page.launch(action, pick(studio, TASK), **hidden(shown))["message"]
    wait_until(lambda: page.shown, what="the message")
    assert "is not handed out" in page.shown[0]["message"]
