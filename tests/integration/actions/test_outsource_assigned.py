"""What is assigned to vendors is handed out once, by whichever service hears of it, and access follows."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.actions import tending
from ftrack_accsyn_accessor.actions.assigned import Assigned
from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.actions.outsourced import Outsource
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.vendor.spool import HAND_OUT
from ftrack_accsyn_accessor.worker.runtime import open_outside
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from integration.actions.test_outsource import TASK, handed_out, running, studio, use_secret
from serving import Page, Serving

__all__ = ["running", "studio"]


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


def test_what_uses_something_of_a_private_project_is_handed_out_by_people_alone(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    shot = "show_a/sq020/sh020"
    use_secret(watch.studio, shot)
    watch.assign(f"{shot}/Animation")
    watch.assign("show_a/sq010/sh020/Animation")
    assert watch.look()
    assert watch.tasks == [watch.studio.ids["show_a/sq010/sh020/Animation"]]
    assert "uses something of a private project" in caplog.text


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
