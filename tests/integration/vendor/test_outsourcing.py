"""Handing out, from the preview to what the vendor has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.ftrack import outsourced
from ftrack_accsyn_accessor.model import errors, manifest
from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.model.outsourcing import Way
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.vendor import access, package
from ftrack_accsyn_accessor.vendor.carrying import Carrying, Leg
from ftrack_accsyn_accessor.vendor.report import report
from ftrack_accsyn_sandbox.studio import Studio
from handing import PLATE, VENDOR, Handing


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    with Studio(tmp_path / "studio") as running:
        for name in ("FTRACK_API_SCHEMA_CACHE_PATH", "NO_PROXY", "NETRC"):
            monkeypatch.setenv(name, running.environment()[name])
        yield running


@pytest.fixture
def desk(studio: Studio, tmp_path: Path) -> Iterator[Handing]:
    working = Handing(studio, tmp_path)
    yield working
    working.close()


def notes_of(desk: Handing, task_id: str) -> list[str]:
    return [str(row["content"]) for row in desk.studio.ftrack.store.find("Note", parent_id=task_id)]


def test_a_task_is_handed_out_as_a_package_that_is_pushed_to_the_vendor(desk: Handing) -> None:
    mapped = desk.map_volume()
    preview = desk.outsourcing.preview(desk.work())
    (part,) = preview.parts
    assert (part.project, part.way, preview.obstacle) == ("show_a", Way.PUSH, "")
    assert [task.name for task in part.tasks] == ["show_a/sq010/sh010/Animation"]
    assert notes_of(desk, desk.task()) == []

    (handed_out,) = desk.hand_out(desk.work(message="Mind the gap."))
    assert handed_out.request is not None
    assert desk.carry(handed_out.request) == [State.SYNCED]

    assert (mapped / handed_out.folder / "manifest.json").is_file()
    (record,) = outsourced.read(desk.means.connection)
    assert (record.task_id, record.vendor, record.package) == (desk.task(), VENDOR, handed_out.package)
    (note,) = notes_of(desk, desk.task())
    assert note.startswith(f"Handed out to {VENDOR}: ")
    assert handed_out.package in note
    assert note.endswith("\n\nMind the gap.")
    (over,) = desk.outsourcing.handed_out([handed_out.key])
    assert (over.over, over.failed, over.way) == (True, "", "push")
    assert desk.standing(handed_out.request).ended_at is not None, "the requester's Job is as for any request"
    assert desk.studio.ftrack.store.find("Job")


def test_without_a_mapped_volume_it_goes_as_a_delivery_of_the_one_folder(desk: Handing) -> None:
    (handed_out,) = desk.hand_out(desk.work())
    assert handed_out.request is not None
    desk.run_for(30)
    desk.outsourcing.advance()
    (over,) = desk.outsourcing.handed_out([handed_out.key])
    assert (over.over, over.way, over.request) == (True, "delivery", handed_out.request)
    desk.run_for(30)
    assert [len(each.tasks) for each in desk.deliveries()] == [1]
    fetched = desk.fetch()
    assert desk.carry(handed_out.request, 3000) == [State.SYNCED]
    (plate,) = (fetched / handed_out.package).rglob(Path(PLATE).name)
    assert plate.stat().st_size == 300


@pytest.mark.parametrize("case", ["outdated", "never logged in"])
def test_where_no_push_can_be_taken_it_is_a_delivery_from_the_beginning(desk: Handing, case: str) -> None:
    demo = desk.studio.demo
    if case == "outdated":
        demo.vendor_client.version = "3.6-4"
    else:
        del demo.workspace.entities[demo.vendor_client.id]
        demo.vendor.signed_up = False
    (part,) = desk.outsourcing.preview(desk.work()).parts
    assert part.way is Way.DELIVERY
    assert part.way_text.startswith("As a delivery that they fetch: ")
    (handed_out,) = desk.hand_out(desk.work())
    assert (handed_out.over, handed_out.way) == (True, "delivery")
    desk.run_for(30)
    assert len(desk.deliveries()) == 1


def test_the_same_confirmation_again_changes_nothing(desk: Handing) -> None:
    work = desk.work()
    preview = desk.outsourcing.preview(work)
    first = desk.hand_out(work)
    desk.run_for(30)
    desk.again()
    again = desk.hand_out(work)
    desk.outsourcing.advance()
    assert [each.key for each in again] == [each.key for each in first]
    assert len(notes_of(desk, desk.task())) == 1
    assert len(desk.outbox.requests.latest(10)) == 1
    assert preview.obstacle == ""


def test_work_that_is_handed_out_again_is_another_package(desk: Handing) -> None:
    (first,), (second,) = (desk.hand_out(desk.work(), token) for token in ("one", "two"))
    assert first.folder != second.folder
    assert first.request != second.request
    assert len(notes_of(desk, desk.task())) == 2
    (record,) = outsourced.read(desk.means.connection)
    assert record.package == second.package


def test_a_package_that_is_on_its_way_does_not_go_twice_and_goes_anew_once_that_was_cancelled(desk: Handing) -> None:
    desk.map_volume()
    desk.studio.accsyn.engine.paused = True
    work = desk.work()
    (first,) = desk.hand_out(work, "one")
    (second,) = desk.hand_out(work, "two")
    assert first.folder == second.folder or not second.folder
    assert "on its way there already" in second.failed
    assert first.request is not None
    desk.outbox.requests.cancel(first.request)
    (third,) = desk.hand_out(work, "three")
    assert (third.failed, third.request != first.request) == ("", True)


def test_the_preview_tells_who_has_a_task_already_and_that_it_is_over(desk: Handing) -> None:
    assert desk.outsourcing.preview(desk.work()).parts[0].remarks == ()
    (first,) = desk.hand_out(desk.work())
    store = desk.studio.ftrack.store
    store.update("Task", desk.task(), status_id=store.find("Status", name="Omitted")[0]["id"])
    (part,) = desk.outsourcing.preview(desk.work()._replace(vendor="other@acme.test")).parts
    has, over = part.remarks
    assert has.startswith(f"show_a/sq010/sh010/Animation is out with {VENDOR} since ")
    assert has.endswith(f", as the package {first.package}.")
    assert over.startswith("show_a/sq010/sh010/Animation is Omitted: ")


def test_tasks_of_several_projects_are_a_package_for_each(desk: Handing) -> None:
    tasks = (desk.task(), desk.task("show_b/sq010/sh010/Animation"), desk.task("show_a/sq010/sh020/Animation"))
    handed_out = desk.hand_out(desk.work(*tasks, added=()))
    assert [each.project for each in handed_out] == ["show_a", "show_b"]
    assert len({each.folder for each in handed_out}) == 2
    assert {record.task_id: record.project for record in outsourced.read(desk.means.connection)} == {
        tasks[0]: "show_a",
        tasks[1]: "show_b",
        tasks[2]: "show_a",
    }
    with pytest.raises(errors.Unresolved, match="several projects"):
        desk.outsourcing.preview(desk.work(*tasks))


def test_a_disabled_user_gets_nothing_and_is_not_enabled(desk: Handing) -> None:
    user = desk.studio.demo.vendor
    user.status = "disabled"
    with pytest.raises(errors.NotAllowed, match="disabled"):
        desk.hand_out(desk.work())
    assert desk.means.spool.waiting() == []
    assert (user.status, desk.outbox.requests.latest(10), notes_of(desk, desk.task())) == ("disabled", [], [])


def test_a_user_who_is_disabled_between_confirmation_and_access_gets_nothing(desk: Handing) -> None:
    preview = desk.outsourcing.preview(desk.work())
    desk.studio.demo.vendor.status = "disabled"
    (handed_out,) = desk.outsourcing.confirm(preview, Requester("artist"), "late")
    assert handed_out.over
    assert "disabled" in handed_out.failed
    desk.studio.demo.vendor.status = "enabled"
    desk.outsourcing.advance()
    assert (desk.outbox.requests.latest(10), outsourced.read(desk.means.connection)) == ([], [])


def test_what_is_no_task_or_no_address_is_told_before_anything_is_done(desk: Handing) -> None:
    with pytest.raises(errors.Unresolved, match="no task"):
        desk.outsourcing.preview(desk.work(desk.studio.ids["show_a/sq010/sh010"]))
    with pytest.raises(errors.Unresolved, match="no e-mail address"):
        desk.outsourcing.preview(desk.work()._replace(vendor="site=london"))


def test_where_nothing_of_what_was_chosen_can_go_nothing_is_handed_out(desk: Handing) -> None:
    preview = desk.outsourcing.preview(desk.work(added=("show_a/refs/none.mov",)))
    assert "nothing of what was chosen for show_a can go: show_a/refs/none.mov" in preview.obstacle
    with pytest.raises(errors.NotAllowed, match=r"none\.mov.*Choose something else"):
        desk.outsourcing.confirm(preview, Requester("artist"), "nothing")
    assert desk.means.spool.waiting() == []
    assert desk.outsourcing.preview(desk.work(added=())).obstacle == "", "what was never there is no obstacle"


def test_the_status_is_set_once_where_the_schema_has_it(desk: Handing) -> None:
    store = desk.studio.ftrack.store
    (task,) = store.find("Task", id=desk.task())
    schema = store.find("ProjectSchema")[0]
    rows = store.find("WorkflowSchemaStatus", workflow_schema_id=schema["task_workflow_schema_id"])
    wanted = next(row["status_id"] for row in rows if row["status_id"] != task["status_id"])
    (status,) = store.find("Status", id=wanted)
    desk.again(status_out=status["name"])
    desk.hand_out(desk.work())
    assert store.find("Task", id=desk.task())[0]["status_id"] == wanted
    store.update("Task", desk.task(), status_id=task["status_id"])
    desk.outsourcing.advance()
    assert store.find("Task", id=desk.task())[0]["status_id"] == task["status_id"]


def test_an_unavailable_service_only_delays_what_was_confirmed(desk: Handing) -> None:
    tasks = (desk.task(), desk.task("show_a/sq010/sh020/Animation"))
    works = list(map(desk.outsourcing.preview, [desk.work(each) for each in tasks]))
    desk.studio.ftrack.switches.fail_next(status=503, times=2)
    for number, preview in enumerate(works):
        (handed_out,) = desk.outsourcing.confirm(preview, Requester("artist", desk.studio.ids["artist"]), f"{number}")
        assert (handed_out.over, "Could not ask ftrack" in handed_out.waits) == (False, True)
    desk.studio.ftrack.log.clear()
    desk.studio.ftrack.switches.fail_next(status=503, times=1)
    desk.outsourcing.advance()
    assert desk.studio.ftrack.log.count() <= 2, "an outage is met once"

    desk.outsourcing.advance()
    states = desk.outsourcing.handed_out([f"{number} {desk.studio.ids['show_a']}" for number in range(2)])
    assert [each.waits for each in states] == ["", ""]
    assert all(each.request for each in states)


def test_an_entry_that_cannot_be_worked_on_stops_no_other(desk: Handing, caplog: pytest.LogCaptureFixture) -> None:
    desk.means.spool.put("hand-out", "broken", {"project": "show_a"})
    (handed_out,) = desk.hand_out(desk.work())
    desk.outsourcing.advance()
    assert desk.outsourcing.handed_out([handed_out.key])[0].request is not None
    (broken,) = desk.outsourcing.handed_out(["broken"])
    assert (broken.over, "wrong with the plugin" in broken.waits) == (False, True)
    assert "Please report this" in caplog.text


# By a relay


def test_behind_a_relay_the_second_leg_follows_the_proof_of_the_first(desk: Handing) -> None:
    london = desk.studio.site("london")
    desk.again(root=str(london), production="site=london")
    desk.map_volume()
    desk.write_at(desk.london, PLATE, 300)
    (part,) = desk.outsourcing.preview(desk.work()).parts
    assert "main site first, from site=london" in " ".join(part.remarks)
    (handed_out,) = desk.hand_out(desk.work())
    (relay,) = desk.outbox.requests.latest(10)
    assert (handed_out.over, handed_out.leg, handed_out.request) == (False, "relay", relay.id)
    assert (relay.request.source.party, relay.request.destination.party) == ("site=london", desk.hq.party)

    desk.studio.accsyn.engine.paused = True
    desk.run_for(60)
    desk.outsourcing.advance()
    assert len(desk.outbox.requests.latest(10)) == 1, "nothing is proven yet"
    desk.studio.accsyn.engine.paused = False
    assert desk.carry(relay.id) == [State.SYNCED]

    (second, _) = desk.outbox.requests.latest(10)
    assert desk.carry(second.id) == [State.SYNCED]
    assert (desk.studio.hq / handed_out.folder / "manifest.json").is_file()
    assert (desk.folder / "at vendor" / handed_out.folder / "manifest.json").is_file()


def test_a_relay_that_is_cancelled_gives_the_package_up(desk: Handing) -> None:
    desk.again(root=str(desk.studio.site("london")), production="site=london")
    desk.write_at(desk.london, PLATE, 300)
    (handed_out,) = desk.hand_out(desk.work())
    (relay,) = desk.outbox.requests.latest(10)
    desk.outbox.requests.cancel(relay.id)
    desk.outsourcing.advance()
    (over,) = desk.outsourcing.handed_out([handed_out.key])
    assert "cancelled" in over.failed
    assert len(desk.outbox.requests.latest(10)) == 1


@pytest.mark.parametrize("name", ["odd [1]", "odd *", "odd ?"])
def test_a_folder_whose_name_looks_like_a_pattern_goes_alone(desk: Handing, name: str) -> None:
    for each in (name, "odd 1", "odd x"):
        desk.write_at(desk.hq, f"show_a/{each}/a.txt", 10)
    ends = {"source": "hq", "destination": "site=london"}
    order = Order(Reason.SEND, added=(f"show_a/{name}",), project="show_a", **ends)
    standing = Carrying(desk.means, desk.runtime).ask(Leg(order, Requester("artist"), "odd"))
    assert [item.publication.path for item in desk.of(standing.id)] == [f"show_a/{name}"]


def test_what_was_confirmed_is_what_goes_whatever_comes_after_it(desk: Handing) -> None:
    preview = desk.outsourcing.preview(desk.work(added=("show_a/sq010/sh010/plate",)))
    desk.write_at(desk.hq, "show_a/sq010/sh010/plate/v002/plate.mov", 500)
    note = {"parent_id": desk.task(), "parent_type": "task", "user_id": desk.studio.ids["artist"]}
    desk.studio.ftrack.store.create("Note", content="They are too expensive.", **note)
    desk.studio.ftrack.switches.fail_next(status=503, times=1)
    (handed_out,) = desk.outsourcing.confirm(preview, Requester("artist", desk.studio.ids["artist"]), "kept")
    desk.outsourcing.advance()
    (handed_out,) = desk.outsourcing.handed_out([handed_out.key])
    found = manifest.read((desk.studio.hq / handed_out.folder / manifest.NAME).read_bytes())
    assert [each.path for each in found.files] == [each.path for each in preview.parts[0].contents.files]
    assert (len(found.files), found.notes) == (1, ())


@pytest.mark.parametrize("change", ["has changed", "is gone"])
def test_what_changes_before_it_is_packed_gives_the_hand_out_up_and_is_told(desk: Handing, change: str) -> None:
    preview = desk.outsourcing.preview(desk.work())
    plate = desk.studio.hq / PLATE
    plate.unlink()
    if change == "has changed":
        plate.write_bytes(b"another")
    (handed_out,) = desk.outsourcing.confirm(preview, Requester("artist"), "changed")
    assert handed_out.over
    assert all(words in handed_out.failed for words in (PLATE, change, "Hand the work out again"))
    assert (desk.outbox.requests.latest(10), notes_of(desk, desk.task())) == ([], [])


def test_access_that_another_machine_takes_back_before_ftrack_knows_is_given_again(
    desk: Handing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.hand_out(desk.work(), "long over")
    store, first = desk.studio.ftrack.store, desk.outsourcing
    (omitted,) = store.find("Status", name="Omitted")
    store.update("Task", desk.task(), status_id=omitted["id"])
    desk.again(spool=str(tmp_path / "of another machine"))
    assemble, taken = package.assemble, []

    def fixed_meanwhile(*arguments: Any) -> package.Package:
        taken.extend(report(desk.means, time.time(), fix=True).steps)
        taken.extend(report(desk.means, time.time() + 30 * 86_400, fix=True).steps)
        return assemble(*arguments)

    monkeypatch.setattr(package, "assemble", fixed_meanwhile)
    task = desk.task("show_a/sq010/sh020/Animation")
    first.confirm(first.preview(desk.work(task)), Requester("artist"), "one")
    assert taken
    assert access.look(desk.means, "show_a", VENDOR).ready


def test_a_package_that_waits_to_be_fetched_is_not_delivered_twice_and_no_note_says_so(desk: Handing) -> None:
    work = desk.work()
    desk.hand_out(work, "one")
    desk.run_for(30)
    desk.outsourcing.advance()
    desk.run_for(30)
    assert len(desk.deliveries()) == 1
    (again,) = desk.hand_out(work, "two")
    desk.run_for(30)
    assert len(desk.deliveries()) == 1
    assert (again.over, "by request 1" in again.failed) == (True, True)
    assert len(notes_of(desk, desk.task())) == 1
