"""What was asked for goes from where it is to where it is to be, is proven there, and registered."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
from typing import Any

import pytest

from asking import FOLDER, Asking
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Reason, State, Trouble
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_accessor.model.route import REASON, REQUEST
from ftrack_accsyn_accessor.worker import worker


def test_a_component_sent_from_head_quarters_to_a_site_is_proven_and_registered_there(desk: Asking) -> None:
    plate = desk.file_at(desk.hq, "plate")

    request = desk.ask(desk.hq, desk.london, plate, words="plate v001", priority=700)
    desk.finish()

    assert desk.states(request) == [State.SYNCED]
    assert desk.arrived(desk.london, plate, desk.hq)
    assert desk.registered(desk.london) == {plate.publication.component_id: f"{FOLDER}/plate.mov"}
    (job,) = desk.studio.accsyn.workspace.jobs()
    (task,) = job.tasks
    assert job.name.startswith("show_a ftrack send studio.hq > london ")
    assert (task.source, task.destination) == (f"share=projects/{FOLDER}/plate.mov", "site=london")
    token = desk.standing(request).request.token
    assert (job.metadata[REASON], job.metadata[REQUEST], task.metadata[REQUEST]) == ("send", token, token)
    assert task.priority == 700


def test_sequences_and_containers_go_with_their_members_and_keep_their_identifiers(desk: Asking) -> None:
    frames = desk.sequence_at(desk.hq, "frames", [1001, 1002, 1004])
    pack = desk.container_at(desk.hq, "pack", ["a", "b"])
    beside = desk.write_at(desk.hq, f"{FOLDER}/pack/another.txt", 20)

    request = desk.ask(desk.hq, desk.london, frames, pack)
    desk.finish()

    assert desk.states(request) == [State.SYNCED] * 2
    assert desk.arrived(desk.london, frames, desk.hq)
    assert desk.arrived(desk.london, pack, desk.hq)
    assert desk.registered(desk.london) == desk.registered(desk.hq)
    assert len(desk.registered(desk.london)) == 4 + 3
    assert not (desk.root(desk.london) / beside).exists(), "it is no part of what was asked for"


def test_identifiers_of_members_are_moved_as_that_of_their_container(desk: Asking) -> None:
    frames = desk.sequence_at(desk.hq, "frames", [1001, 1002], prefix="/mnt/projects/")

    desk.ask(desk.hq, desk.london, dataclasses.replace(frames, identifier=f"P:\\{FOLDER}\\frames.%04d.exr"))
    desk.finish()

    folder = FOLDER.replace("/", "\\")
    assert set(desk.registered(desk.london).values()) == {
        f"P:\\{FOLDER}\\frames.%04d.exr",
        f"P:\\{folder}\\frames.1001.exr",
        f"P:\\{folder}\\frames.1002.exr",
    }


def test_it_goes_from_a_site_to_head_quarters_as_well(desk: Asking) -> None:
    plate = desk.file_at(desk.london, "plate")

    desk.ask(desk.london, desk.hq, plate)
    desk.finish()

    assert desk.arrived(desk.hq, plate, desk.london)
    assert list(desk.registered(desk.hq)) == [plate.publication.component_id]


def test_folders_and_files_are_synced_by_their_paths_without_a_question_to_ftrack(desk: Asking) -> None:
    desk.write_at(desk.hq, "show_a/scans/a/1.tif", 50)
    desk.write_at(desk.hq, "show_a/notes.txt", 50)
    london = desk.london._replace(location_id="", location_name="")
    office = desk.hq._replace(location_id="", location_name="")
    wanted = [desk.by_path("show_a/scans"), desk.by_path("show_a/notes.txt", Kind.FILE)]

    request = desk.ask(office, london, *wanted, reason=Reason.SYNC)
    desk.finish()

    assert desk.states(request) == [State.SYNCED] * 2
    assert (desk.root(london) / "show_a/scans/a/1.tif").is_file()
    assert (desk.root(london) / "show_a/notes.txt").is_file()
    (job,) = desk.studio.accsyn.workspace.jobs()
    assert job.name.startswith("show_a ftrack sync acme > site=london ")


def test_what_left_its_source_is_withdrawn_and_another_ones_path_is_a_conflict(desk: Asking) -> None:
    gone, taken, good = (desk.file_at(desk.hq, name) for name in ("gone", "taken", "good"))
    store = desk.studio.ftrack.store
    (row,) = store.find("ComponentLocation", component_id=gone.publication.component_id)
    store.delete("ComponentLocation", row["id"])
    desk.component_at(desk.london, "FileComponent", "another", f"{FOLDER}/taken.mov")

    request = desk.ask(desk.hq, desk.london, gone, taken, good)
    desk.drain_all(request)

    assert desk.states(request) == [State.WITHDRAWN, State.NEEDS_ATTENTION, State.SYNCED]
    first, second, _ = desk.of(request)
    assert "source location" in first.cause
    assert second.cause_kind == Trouble.CONFLICT.value


def test_two_components_for_one_path_are_told_apart_before_anything_is_registered(desk: Asking) -> None:
    plate = desk.file_at(desk.hq, "plate")
    other = desk.component_at(desk.hq, "FileComponent", "other", f"{FOLDER}/plate.mov")
    rival = Wanted(dataclasses.replace(plate.publication, component_id=other))

    request = desk.ask(desk.hq, desk.london, plate, rival)
    desk.drain_all(request)

    assert desk.states(request) == [State.SYNCED, State.NEEDS_ATTENTION]
    assert desk.of(request)[1].cause_kind == Trouble.CONFLICT.value


def test_two_requests_for_the_same_have_one_task_that_proves_both(desk: Asking) -> None:
    plate = desk.file_at(desk.hq, "plate")

    requests = [desk.ask(desk.hq, desk.london, plate) for _ in range(2)]
    desk.finish()

    assert [desk.states(each) for each in requests] == [[State.SYNCED]] * 2
    (job,) = desk.studio.accsyn.workspace.jobs()
    assert len(job.tasks) == 1


def test_an_end_that_refuses_everything_keeps_only_its_own_waiting(desk: Asking) -> None:
    plate, other = desk.file_at(desk.hq, "plate"), desk.file_at(desk.hq, "other")
    published = desk.publish_file("published")

    vendor = desk.ask(desk.hq, Endpoint("vendor@acme.test", "", ""), plate, other)
    site = desk.ask(desk.hq, desk.london, plate)
    desk.run_for(30, lambda: desk.item(published).state is State.SYNCED and desk.states(site) == [State.SYNCED])

    assert desk.states(site) == [State.SYNCED]
    assert desk.item(published).state is State.SYNCED
    assert desk.states(vendor) == [State.PENDING] * 2
    assert {item.cause_kind for item in desk.of(vendor)} == {errors.Unserved.kind}
    assert "not mapped" in desk.of(vendor)[0].cause


@pytest.mark.parametrize("grown", [0, 7])
def test_what_ftrack_knows_another_size_of_is_not_green(desk: Asking, grown: int) -> None:
    plate = desk.file_at(desk.hq, "plate")
    (file,) = plate.publication.files
    known = dataclasses.replace(file, size_bytes=file.size_bytes - grown)
    publication = dataclasses.replace(plate.publication, files=(known,))

    request = desk.ask(desk.hq, desk.london, Wanted(publication))
    desk.drain_all(request)

    assert desk.states(request) == [State.NEEDS_ATTENTION if grown else State.SYNCED]
    assert desk.of(request)[0].cause_kind == (Trouble.SIZE_DIFFERS.value if grown else "")
    assert bool(desk.registered(desk.london)) is (not grown)


def test_what_is_published_from_here_to_there_is_not_carried_a_second_time(desk: Asking) -> None:
    published = desk.publish_file("plate")
    path = f"{FOLDER}/plate.mov"
    plate = Wanted(desk.described(desk.here, published, "plate", Kind.FILE, path, [path]))
    desk.studio.accsyn.engine.paused = True

    first = desk.ask(desk.here, desk.hq, plate)
    desk.run_for(30)
    assert desk.states(first) == [State.PENDING]
    desk.studio.accsyn.engine.paused = False
    desk.drain_all(first)

    assert desk.states(first) == [State.SYNCED]
    (job,) = desk.studio.accsyn.workspace.jobs()
    assert len(job.tasks) == 1
    assert desk.registered(desk.hq) == {published: path}


def test_what_was_published_to_there_and_taken_away_since_is_carried_again(desk: Asking) -> None:
    published = desk.publish_file("plate")
    desk.finish()
    path = f"{FOLDER}/plate.mov"
    plate = Wanted(desk.described(desk.here, published, "plate", Kind.FILE, path, [path]))
    (desk.studio.hq / path).unlink()
    for row in desk.studio.ftrack.store.find("ComponentLocation", location_id=desk.hq.location_id):
        desk.studio.ftrack.store.delete("ComponentLocation", row["id"])

    request = desk.ask(desk.here, desk.hq, plate)
    desk.drain_all(request)

    assert desk.states(request) == [State.SYNCED]
    assert desk.arrived(desk.hq, plate, desk.here)
    assert desk.registered(desk.hq) == {published: path}


def test_a_folder_of_unknown_size_shows_how_far_it_is(desk: Asking) -> None:
    desk.write_at(desk.hq, "show_a/scans/1.tif", 50)
    desk.write_at(desk.hq, "show_a/scans/2.tif", 70)

    request = desk.ask(desk.hq, desk.london, desk.by_path("show_a/scans"), reason=Reason.SYNC)
    desk.finish()

    standing = desk.standing(request)
    assert (standing.size_bytes, standing.done_bytes) == (120, 120)


def test_what_is_taken_away_from_its_source_while_it_is_carried_is_said(desk: Asking) -> None:
    frames, plate = desk.sequence_at(desk.hq, "frames", [1, 2]), desk.file_at(desk.hq, "plate")
    request = desk.ask(desk.hq, desk.london, frames, plate)
    desk.drain()
    store = desk.studio.ftrack.store
    for row in store.find("ComponentLocation", location_id=desk.hq.location_id):
        store.delete("ComponentLocation", row["id"])

    desk.drain_all(request)

    assert desk.states(request) == [State.WITHDRAWN, State.SYNCED]
    assert "not registered there" in desk.of(request)[0].cause
    assert list(desk.registered(desk.london)) == [plate.publication.component_id], "what it is, is known of a file"


def test_thousands_go_in_parts_whose_job_is_read_once(desk: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "ITEMS_PER_PASS", 5)
    plates = [desk.file_at(desk.hq, f"plate{number:02d}", 10) for number in range(20)]

    request = desk.ask(desk.hq, desk.london, *plates)
    desk.drain()

    log = desk.studio.accsyn.log
    assert (log.count("transfer/create"), log.count("task/create")) == (1, 4)
    assert log.count("task/find") <= 2
    desk.finish()
    assert desk.states(request) == [State.SYNCED] * 20


def test_names_that_only_differ_in_case_are_one_path_where_no_location_tells_what_is_there(desk: Asking) -> None:
    upper, lower = desk.file_at(desk.hq, "Plate"), desk.file_at(desk.hq, "plate")
    there = desk.london._replace(location_id="", location_name="")
    first = desk.ask(desk.hq, there, upper)
    desk.drain_all(first)

    second = desk.ask(desk.hq, there, lower)
    desk.drain_all(second)

    assert desk.states(first) == [State.SYNCED]
    assert desk.states(second) == [State.NEEDS_ATTENTION]
    assert desk.of(second)[0].cause_kind == Trouble.CONFLICT.value


@pytest.mark.parametrize("put", [Asking.file_at, Asking.sequence_at])
def test_what_the_outbox_has_lost_the_files_of_is_not_taken_for_empty(desk: Asking, put: Any) -> None:
    wanted = put(desk, desk.hq, "plate", *([[1, 2]] if put is Asking.sequence_at else []))
    request = desk.ask(desk.hq, desk.london, wanted)
    with contextlib.closing(sqlite3.connect(desk.outbox.path)) as connection, connection:
        connection.execute("UPDATE files SET packed = x'00'")

    desk.drain_all(request)

    assert desk.states(request) == [State.NEEDS_ATTENTION]
    assert "lost the list" in desk.of(request)[0].cause
    assert not desk.registered(desk.london)
