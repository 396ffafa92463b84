"""What is fetched lies in this machine's staging area, is registered there, and may be freed again."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from types import SimpleNamespace

import ftrack_api
import pytest

from asking import FOLDER, Asking
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model import item as model
from ftrack_accsyn_accessor.model.item import Kind, Reason, State, Trouble
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_accessor.staging import location
from ftrack_accsyn_accessor.upkeep.cleaner import Cleaner
from ftrack_accsyn_accessor.upkeep.policy import Policy
from ftrack_accsyn_accessor.worker import endpoint


def fetch(desk: Asking, *wanted: Wanted) -> int:
    request = desk.ask(desk.hq, desk.here, *wanted, reason=Reason.GET)
    desk.drain_all(request)
    return request


def staged(desk: Asking, name: str) -> Path:
    return desk.studio.staging / FOLDER / name


def test_a_component_that_is_fetched_lies_in_the_staging_area_and_is_registered_there(desk: Asking) -> None:
    plate, frames = desk.file_at(desk.hq, "plate"), desk.sequence_at(desk.hq, "frames", [1, 2])

    request = fetch(desk, plate, frames)

    assert desk.states(request) == [State.SYNCED] * 2
    assert desk.arrived(desk.here, plate, desk.hq)
    assert desk.arrived(desk.here, frames, desk.hq)
    assert desk.registered(desk.here) == desk.registered(desk.hq)
    (job,) = desk.studio.accsyn.workspace.jobs()
    assert job.tasks[0].destination == desk.here.party
    assert " ftrack get studio.hq > artist.desk " in job.name


def test_a_fresh_session_finds_what_was_fetched_by_its_path(desk: Asking) -> None:
    plate, frames = desk.file_at(desk.hq, "plate"), desk.sequence_at(desk.hq, "frames", [1, 2])
    fetch(desk, plate, frames)
    person = desk.studio.artist

    session = ftrack_api.Session(desk.studio.ftrack.url, person.ftrack_key, person.ftrack_user, plugin_paths=[])
    place = location.configure(session, str(desk.location["name"]), SimpleNamespace(area=desk.area))
    paths = [
        place.get_filesystem_path(session.get("Component", each.publication.component_id)) for each in (plate, frames)
    ]
    session.close()

    assert paths == [str(staged(desk, "plate.mov")), str(staged(desk, "frames.%04d.exr"))]


def test_what_is_not_on_the_disk_with_its_size_is_not_fetched(desk: Asking) -> None:
    plate = desk.file_at(desk.hq, "plate")
    request = desk.ask(desk.hq, desk.here, plate, reason=Reason.GET)
    desk.run_for(30, lambda: desk.states(request) == [State.SUBMITTED])
    desk.studio.accsyn.engine.wait_idle(20.0)
    staged(desk, "plate.mov").write_bytes(b"cut")

    desk.drain_all(request)

    assert desk.states(request) == [State.NEEDS_ATTENTION]
    assert desk.of(request)[0].cause_kind == Trouble.SIZE_DIFFERS.value
    assert not desk.registered(desk.here)


def test_nothing_that_was_published_here_is_written_over(desk: Asking) -> None:
    desk.publish_file("plate")
    content = staged(desk, "plate.mov").read_bytes()
    plate = desk.file_at(desk.hq, "plate")

    request = fetch(desk, plate)

    assert desk.states(request) == [State.NEEDS_ATTENTION]
    assert desk.of(request)[0].cause_kind == Trouble.CONFLICT.value
    assert staged(desk, "plate.mov").read_bytes() == content


def test_what_was_published_here_and_is_not_known_there_stops_a_fetch_by_the_outbox_alone(desk: Asking) -> None:
    plate = desk.file_at(desk.hq, "plate", identifier=f"/mnt/{FOLDER}/plate.mov")
    desk.publish_file("plate")

    request = fetch(desk, dataclasses.replace(plate, identifier=f"{FOLDER}/fetched.mov"))

    assert desk.of(request)[0].cause_kind == Trouble.CONFLICT.value
    assert "was published there on this machine" in desk.of(request)[0].cause


def test_a_file_that_nobody_knows_is_not_written_over(desk: Asking) -> None:
    plate = desk.file_at(desk.hq, "plate")
    desk.write_at(desk.here, f"{FOLDER}/plate.mov", 300)

    request = fetch(desk, plate)

    assert desk.of(request)[0].cause_kind == Trouble.CONFLICT.value
    assert not desk.arrived(desk.here, plate, desk.hq)


def cleaner(desk: Asking) -> Cleaner:
    current = desk.read_settings()
    owner = model.Studio(desk.studio.ftrack.url, current.workspace or "")
    connection: FtrackConnection = desk.registrations().connection
    return Cleaner(desk.outbox, desk.area, connection, endpoint.connect(current), owner)


def test_what_was_fetched_is_freed_while_it_is_still_where_it_came_from(desk: Asking) -> None:
    fetch(desk, desk.file_at(desk.hq, "plate"))
    cleaning = cleaner(desk)

    (candidate,) = cleaning.plan(Policy(older_than_s=0.0), desk.clock() + 10)

    assert cleaning.free(candidate).objection == ""
    assert not staged(desk, "plate.mov").exists()
    assert not desk.registered(desk.here)
    assert len(desk.registered(desk.hq)) == 1, "only what is here goes"


@pytest.mark.parametrize("missing", ["registration", "file"])
def test_what_is_not_where_it_came_from_any_more_stays(desk: Asking, missing: str) -> None:
    plate = desk.file_at(desk.hq, "plate")
    fetch(desk, plate)
    store = desk.studio.ftrack.store
    if missing == "registration":
        (row,) = store.find(
            "ComponentLocation", component_id=plate.publication.component_id, location_id=desk.hq.location_id
        )
        store.delete("ComponentLocation", row["id"])
    else:
        (desk.studio.hq / FOLDER / "plate.mov").write_bytes(b"")
    cleaning = cleaner(desk)

    (candidate,) = cleaning.plan(Policy(older_than_s=0.0), desk.clock() + 10)

    assert cleaning.free(candidate).objection
    assert staged(desk, "plate.mov").is_file()


def test_what_was_sent_elsewhere_is_nothing_to_be_freed_here(desk: Asking) -> None:
    desk.ask(desk.hq, desk.london, desk.file_at(desk.hq, "plate"))
    desk.finish()

    assert list(cleaner(desk).plan(Policy(older_than_s=0.0), desk.clock() + 10)) == []


def test_what_is_here_is_sent_from_here_once_it_is_what_ftrack_has(desk: Asking) -> None:
    published = desk.publish_file("plate")
    desk.finish()
    here = desk.described(
        desk.here, published, "plate", model.Kind.FILE, f"{FOLDER}/plate.mov", [f"{FOLDER}/plate.mov"]
    )
    other = dataclasses.replace(here, files=(dataclasses.replace(here.files[0], size_bytes=1),))

    requests = [desk.ask(desk.here, desk.london, Wanted(each)) for each in (here, other)]
    for each in requests:
        desk.drain_all(each)

    assert [desk.states(each) for each in requests] == [[State.SYNCED], [State.NEEDS_ATTENTION]]
    assert "by ftrack 1" in desk.of(requests[1])[0].cause


@pytest.mark.parametrize("reason", [Reason.GET, Reason.SEND])
def test_what_is_published_while_a_fetch_waits_in_accsyn_is_not_written_over(desk: Asking, reason: Reason) -> None:
    plate = desk.file_at(desk.hq, "plate", identifier=f"/mnt/{FOLDER}/plate.mov")
    desk.studio.accsyn.engine.paused = True
    request = desk.ask(
        desk.hq, desk.here, dataclasses.replace(plate, identifier=f"{FOLDER}/fetched.mov"), reason=reason
    )
    desk.drain()
    desk.publish_file("plate")

    assert_kept(desk, request)


@pytest.mark.parametrize("published", ["before", "since"])
def test_a_folder_is_not_brought_here_over_what_is_not_sent_yet(desk: Asking, published: str) -> None:
    desk.write_at(desk.hq, f"{FOLDER}/plate.mov", 300)
    desk.studio.accsyn.engine.paused = True
    if published == "before":
        desk.publish_file("plate")
    request = desk.ask(desk.hq, desk.here._replace(location_id=""), desk.by_path(FOLDER))
    desk.run_for(20)
    if published == "since":
        desk.publish_file("plate")

    assert_kept(desk, request)


def assert_kept(desk: Asking, request: int) -> None:
    """Let everything run; what was published lies in the staging area still, and the request is told why."""
    content = staged(desk, "plate.mov").read_bytes()
    desk.run_for(20)
    assert desk.states(request) == [State.NEEDS_ATTENTION]
    assert desk.of(request)[0].cause_kind == Trouble.CONFLICT.value

    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle(20.0)
    desk.run_for(20)

    assert staged(desk, "plate.mov").read_bytes() == content


def test_what_is_sent_to_this_very_machine_is_looked_at_as_what_is_fetched(desk: Asking) -> None:
    plate, other = desk.file_at(desk.hq, "plate"), desk.file_at(desk.hq, "other")
    desk.write_at(desk.here, f"{FOLDER}/other.mov", 10)

    request = desk.ask(desk.hq, desk.here, plate, other)
    desk.drain_all(request)

    assert desk.states(request) == [State.SYNCED, State.NEEDS_ATTENTION]
    assert list(desk.registered(desk.here)) == [plate.publication.component_id]


@pytest.mark.parametrize("written", [False, True])
def test_what_was_fetched_and_written_to_since_is_not_written_over(desk: Asking, written: bool) -> None:
    plate = desk.file_at(desk.hq, "plate")
    fetch(desk, plate)
    if written:
        staged(desk, "plate.mov").write_bytes(b"retouched")
    for row in desk.studio.ftrack.store.find("ComponentLocation", location_id=desk.here.location_id):
        desk.studio.ftrack.store.delete("ComponentLocation", row["id"])

    request = fetch(desk, plate)

    assert desk.states(request) == [State.NEEDS_ATTENTION if written else State.SYNCED]
    assert desk.arrived(desk.here, plate, desk.hq) is not written
    assert bool(desk.registered(desk.here)) is not written


@pytest.mark.parametrize("origin", ["published", "fetched"])
def test_what_was_written_to_here_is_not_sent_for_what_ftrack_has(desk: Asking, origin: str) -> None:
    if origin == "published":
        component = desk.publish_file("plate")
        desk.finish()
    else:
        fetched = desk.file_at(desk.hq, "plate")
        fetch(desk, fetched)
        component = fetched.publication.component_id
    path = f"{FOLDER}/plate.mov"
    plate = Wanted(desk.described(desk.here, component, "plate", Kind.FILE, path, [path]))
    staged(desk, "plate.mov").write_bytes(os.urandom(plate.publication.size_bytes))

    request = desk.ask(desk.here, desk.london, plate)
    desk.drain_all(request)

    assert desk.states(request) == [State.NEEDS_ATTENTION]
    assert "was written to since" in desk.of(request)[0].cause
    assert not desk.registered(desk.london)


def test_a_file_that_came_after_a_fetch_had_failed_is_not_written_over_by_the_next_try(desk: Asking) -> None:
    plate, frames = desk.file_at(desk.hq, "plate"), desk.sequence_at(desk.hq, "frames", [1, 2])
    engine = desk.studio.accsyn.engine
    for pattern in ("*/plate.mov", "*/frames.0002.exr"):
        engine.fail_path(pattern)
    request = fetch(desk, plate, frames)
    assert desk.states(request) == [State.NEEDS_ATTENTION] * 2
    assert staged(desk, "frames.0001.exr").is_file(), "what has come of it is its own"
    staged(desk, "plate.mov").write_bytes(b"painted")

    engine.clear_failures()
    desk.outbox.control.retry()
    desk.run_for(60, lambda: desk.states(request)[1] is State.SYNCED)
    desk.studio.accsyn.engine.wait_idle(20.0)

    assert desk.states(request) == [State.NEEDS_ATTENTION, State.SYNCED]
    assert desk.of(request)[0].cause_kind == Trouble.CONFLICT.value
    assert staged(desk, "plate.mov").read_bytes() == b"painted"


@pytest.mark.parametrize("by", ["component", "folder"])
def test_a_publish_that_a_running_fetch_writes_over_is_not_sent_with_those_bytes(desk: Asking, by: str) -> None:
    engine = desk.studio.accsyn.engine
    plate = desk.file_at(desk.hq, "plate", 5000, identifier=f"/mnt/{FOLDER}/plate.mov")
    wanted = dataclasses.replace(plate, identifier=f"{FOLDER}/fetched.mov")
    engine.hold_at("*/plate.mov")
    end = desk.here if by == "component" else desk.here._replace(location_id="")
    request = desk.ask(desk.hq, end, wanted if by == "component" else desk.by_path(FOLDER), reason=Reason.GET)
    desk.run_for(20)
    engine.wait_held()

    published = desk.publish_file("plate")
    desk.run_for(30)

    assert desk.item(published).state is State.PENDING, "it waits until the fetch has ended"
    assert "is being brought to its place" in desk.item(published).cause
    engine.release()
    engine.wait_idle(20.0)
    desk.run_for(60, lambda: desk.item(published).state is State.NEEDS_ATTENTION)
    assert desk.states(request) == [State.SYNCED]
    assert desk.cause(published) == "file-changed"
    assert "wrote over it" in desk.item(published).cause
    assert "Publish it again" in desk.item(published).cause
    tasks = [task for job in desk.studio.accsyn.workspace.jobs() for task in job.tasks]
    assert all(task.metadata.get("ftrack_component_id") != published for task in tasks)
