"""accsyn Outsource as ftrack's web page asks for it, and by assignment: from a selection to the package and its end."""

from __future__ import annotations

import html
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.actions import assigned, handing, kept, listening, tending
from ftrack_accsyn_accessor.actions.assigned import Assigned
from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.actions.outsourced import Outsource
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.insight import requests
from ftrack_accsyn_accessor.vendor.spool import HAND_OUT
from ftrack_accsyn_accessor.worker import runtime, tracker, worker
from ftrack_accsyn_accessor.worker.runtime import open_outside
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
        for path in (PLATE, "show_p/secret.mov"):
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
    (note,) = studio.ftrack.store.find("Note", parent_id=studio.ids[TASK])
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


@pytest.mark.parametrize("added", ["show_p/secret.mov", "show_p/*", "show_p/nothing.mov"])
def test_of_a_private_project_nothing_is_handed_out_or_even_named(
    page: Page, action: Any, studio: Studio, added: str
) -> None:
    reply = page.launch(action, pick(studio, TASK), vendor=VENDOR, added=added)
    assert (reply["type"], reply.get("success")) == ("message", False), reply
    closed = page.launch(action, pick(studio, "show_p/sq010/sh010"))
    assert "private project" in closed["message"]


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


# By assignment.


class Watch:
    """Looks at what is assigned to vendors when a test says so."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        credentials = environment.ftrack_credentials()
        outside = open_outside(environment.read_settings(), credentials, environment.read_settings)
        self.outbox = outside.outbox
        self.office = Office(lambda: outside, credentials, environment.read_settings, everybody=True)
        self.keys: list[str] = []
        self.watch = self.new()
        self._made: list[str] = []

    def new(self) -> Assigned:
        """Return one as a service that was just started has it."""
        errand = Outsource("Vendors", "admin", lambda keys, _: self.keys.extend(keys))
        return Assigned(self.outbox, lambda: self.office, errand, "admin")

    def look(self) -> bool:
        return self.watch.look(self.office)

    def assign(self, task: str = TASK, resource: str = "vendor") -> str:
        store, ids = self.studio.ftrack.store, self.studio.ids
        data = {"context_id": ids[task], "resource_id": ids[resource], "type": "assignment"}
        self._made.append(str(store.create("Appointment", **data)["id"]))
        return self._made[-1]

    @property
    def tasks(self) -> list[str]:
        """The tasks that are being handed out."""
        entries = self.office.means().spool.waiting(HAND_OUT)
        return sorted(task for each in entries for task in each.data["tasks"])

    def close(self) -> None:
        for each in self._made:
            if self.studio.ftrack.store.find("Appointment", id=each):
                self.studio.ftrack.store.delete("Appointment", each)
        self.office.close()


@pytest.fixture
def watch(studio: Studio) -> Iterator[Watch]:
    found = Watch(studio)
    found.look()
    yield found
    found.close()


def test_what_is_assigned_to_a_member_is_handed_out_once_also_after_a_kill(watch: Watch) -> None:
    seen = watch.outbox.fact("outsourced to Vendors")
    assert seen is not None
    watch.assign()
    assert watch.look()
    assert watch.look()
    assert watch.tasks == [watch.studio.ids[TASK]]

    watch.outbox.keep_fact("outsourced to Vendors", seen)  # it was killed before it had noted that
    other = "show_a/sq010/sh020/Animation"
    watch.assign(other)
    watch.watch = watch.new()
    assert watch.look()
    assert watch.tasks == sorted([watch.studio.ids[TASK], watch.studio.ids[other]])
    assert len(watch.keys) == 2


def test_what_is_assigned_to_others_or_the_group_itself_is_not_handed_out(watch: Watch) -> None:
    watch.assign(resource="Vendors")
    watch.assign(resource="admin")
    assert watch.look()
    assert watch.tasks == []


def test_what_is_over_or_with_the_vendor_already_is_not_handed_out(watch: Watch) -> None:
    store, ids = watch.studio.ftrack.store, watch.studio.ids
    before = store.find("Task", id=ids[TASK])[0]["status_id"]
    store.update("Task", ids[TASK], status_id=ids["status:Approved"])
    watch.assign()
    assert watch.look()
    assert watch.tasks == []
    store.update("Task", ids[TASK], status_id=before)


def test_one_vendor_who_cannot_get_work_keeps_it_from_nobody(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store, ids = watch.studio.ftrack.store, watch.studio.ids
    other = store.create("User", username="other", email="other@elsewhere.test", is_active=True)
    ids["other"] = other["id"]
    store.create("Membership", group_id=ids["Vendors"], user_id=other["id"])
    monkeypatch.setattr(watch.studio.demo.vendor, "status", "disabled")
    watch.assign(resource="other")
    watch.assign("show_a/sq010/sh020/Animation")
    watch.look()
    watch.look()
    assert watch.tasks == []
    assert caplog.text.count("no pattern with an @") == 1
    assert caplog.text.count("disabled in accsyn") == 1

    monkeypatch.setattr(watch.studio.demo.vendor, "status", "enabled")
    watch.look()
    assert watch.tasks == [ids["show_a/sq010/sh020/Animation"]]
    store.update("User", other["id"], is_active=False)


def test_what_is_wrong_is_said_once_and_ends_nothing(
    watch: Watch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rules = (tmp_path / "vendors.json").read_text()
    tended = tending.Tending(lambda: watch.office, Notices(environment.ftrack_credentials()), lambda: True)
    (tmp_path / "vendors.json").write_text("{")
    for _ in range(3):
        tended.wake()
        assert tended.look(watch.office) >= 0
    assert caplog.text.count("What vendors have waits") == 2  # of access, and of what is not finished

    (tmp_path / "vendors.json").write_text(rules)
    watch.assign()
    watch.look()
    tended.wake()
    tended.look(watch.office)
    assert handed_out(watch.studio) == [watch.studio.ids[TASK]]
    assert caplog.text.count("What vendors have waits") == 2


def test_a_service_hears_of_assignment_and_end_and_access_follows(
    studio: Studio, page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    service = Serving(outsource_to="Vendors")
    service.start(studio)
    store, ids = studio.ftrack.store, studio.ids
    task = ids["show_b/sq010/sh010/Animation"]
    try:
        wait_until(lambda: service.outbox.fact("outsourced to Vendors") is not None)
        with store.transaction(ids["producer"]):
            made = store.create("Appointment", context_id=task, resource_id=ids["vendor"], type="assignment")
        wait_until(lambda: task in handed_out(studio), 20.0, "the record")
        wait_until(lambda: service.outbox.requests.latest(1), 20.0, "the request")
        (standing,) = service.outbox.requests.latest(1)
        assert standing.request.username == "admin"

        with store.transaction(ids["producer"]):
            store.delete("Appointment", made["id"])
        wait_until(lambda: "is not assigned to them any more" in caplog.text, 20.0, "the end")
    finally:
        service.end()
