"""What nobody wants any more is withdrawn, shown as that, and never counted as arrived; older content is taken back."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import ftrack_api
import pytest

from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Publication, State
from ftrack_accsyn_accessor.upkeep import Cleaner, Policy
from ftrack_accsyn_accessor.worker.settling import AGAIN_FOR_S, AGAIN_S, CONFIRM_S, Settling
from tracking import Clock, Desk

EVERYTHING = Policy(older_than_s=0.0)


class Settler:
    """The settling of a desk, on clocks that are told the time."""

    def __init__(self, desk: Desk, ahead_s: float = 1.0) -> None:
        self.desk = desk
        self.ahead_s = ahead_s
        self.monotonic = Clock()
        self.settling = Settling(
            desk.outbox,
            Path(desk.area.state_dir) / "owners",
            lambda: desk.studio.ftrack.url,
            lambda: desk.registrations,
            lambda: time.time() + self.ahead_s,
            self.monotonic,
        )

    def pass_time(self, seconds: float) -> None:
        self.ahead_s += seconds
        self.monotonic.now += seconds

    def questions(self) -> int:
        """Let it work once; return how often ftrack was asked after registrations."""
        self.desk.studio.ftrack.log.clear()
        self.settling.step()
        return self.desk.studio.ftrack.log.count("query:ComponentLocation")


@pytest.fixture
def settler(desk: Desk) -> Settler:
    return Settler(desk)


def refused_publish(desk: Desk, name: str = "plate") -> None:
    """Publish while ftrack refuses to register; the session keeps the operation, and the process gives the item up."""
    body = {"exception": "ServerError", "content": "Server is busy", "error_code": None}
    desk.studio.ftrack.switches.fail_next("create:ComponentLocation", status=200, body=body)
    with pytest.raises(ftrack_api.exception.LocationError):
        desk.publish_files(name)
    (item,) = desk.outbox.prepared()
    desk.outbox.disown([item.publication.component_id], item.publication.location_id)


# Publishes that ended before ftrack had registered them.


def test_publish_that_raised_is_withdrawn_at_once_while_its_process_lives(desk: Desk, settler: Settler) -> None:
    refused_publish(desk)

    settler.settling.step()

    (item,) = desk.outbox.items()
    assert item.state is State.WITHDRAWN
    assert "ended before ftrack had registered it" in item.cause
    desk.outbox.prepare([dataclasses.replace(item.publication, component_id="the next")], "")
    settler.settling.step()
    assert {each.state for each in desk.outbox.items()} == {State.WITHDRAWN}
    desk.submit()
    assert desk.studio.accsyn.workspace.jobs() == []


def test_publish_whose_registration_was_not_answered_goes_on_when_ftrack_has_it(desk: Desk, settler: Settler) -> None:
    desk.studio.ftrack.switches.drop_after("create:ComponentLocation")
    with pytest.raises(ftrack_api.exception.LocationError):
        desk.publish_files("plate")
    for item in desk.outbox.prepared():
        desk.outbox.disown([item.publication.component_id], item.publication.location_id)

    settler.settling.step()

    assert desk.states() == {"plate": "pending"}


def test_prepared_item_that_its_living_process_has_not_given_up_is_not_withdrawn(desk: Desk, settler: Settler) -> None:
    (movie,) = desk.publish_files("movie")
    publication = desk.item(movie).publication
    desk.outbox.prepare([dataclasses.replace(publication, component_id="not there")], desk.owner.hold())

    for _ in range(20):
        settler.pass_time(CONFIRM_S + 1)
        settler.settling.step()

    assert [item.publication.component_id for item in desk.outbox.prepared()] == ["not there"]


def test_what_the_host_commits_later_is_sent_after_all(desk: Desk, settler: Settler) -> None:
    refused_publish(desk)
    settler.settling.step()
    assert desk.states() == {"plate": "withdrawn"}

    desk.session.commit()
    settler.pass_time(AGAIN_S + 1)
    assert settler.settling.due()
    settler.settling.step()

    assert desk.states() == {"plate": "pending"}


def test_withdrawn_is_looked_at_again_rarely_and_for_an_hour_only(desk: Desk, settler: Settler) -> None:
    refused_publish(desk)
    settler.settling.step()
    asked = 0
    for _ in range(int(2 * AGAIN_FOR_S / 10.0)):
        settler.pass_time(10.0)
        asked += bool(settler.settling.due() and settler.questions())

    assert AGAIN_FOR_S / AGAIN_S - 2 <= asked <= AGAIN_FOR_S / AGAIN_S


def test_ftrack_away_keeps_what_was_given_up_until_it_can_tell(desk: Desk, settler: Settler) -> None:
    refused_publish(desk)
    desk.studio.ftrack.switches.refuse(True)
    settler.settling.step()
    assert desk.states() == {"plate": "prepared"}

    desk.studio.ftrack.switches.refuse(False)
    settler.pass_time(2 * CONFIRM_S)
    settler.settling.step()

    assert desk.states() == {"plate": "withdrawn"}


def test_publish_into_a_project_that_ftrack_does_not_show_is_left_as_it_is(desk: Desk, settler: Settler) -> None:
    (movie,) = desk.publish_files("movie")
    desk.outbox.prepare([desk.item(movie).publication], "gone")
    desk.studio.ftrack.store.delete("Project", desk.studio.ids["show_a"])

    settler.settling.step()

    assert desk.states() == {"movie": "prepared"}


def test_items_of_another_ftrack_server_are_not_asked_after(desk: Desk, settler: Settler) -> None:
    (movie,) = desk.publish_files("movie")
    elsewhere = dataclasses.replace(desk.item(movie).publication, server_url="https://other.test")
    desk.outbox.prepare([elsewhere], "gone")

    assert settler.questions() == 0
    assert desk.states() == {"movie": "prepared"}


# Deleted after they were sent.


def test_component_deleted_while_it_was_carried_is_withdrawn_and_not_counted_as_synced(desk: Desk) -> None:
    good, gone = desk.publish_files("good", "gone")
    desk.submit()
    desk.studio.ftrack.store.delete("Component", gone["id"])

    desk.studio.accsyn.engine.paused = False
    desk.settle()

    assert desk.states() == {"good": "synced", "gone": "withdrawn"}
    assert "deleted in ftrack after it was sent; its files are at the destination" in desk.item(gone).cause
    assert desk.at().keys() == {good["id"]}
    ((status, text),) = desk.ftrack_jobs()
    assert status == "done"
    assert "1 of 1 file (2.0 kB) synced; 1 of 2 components withdrawn" in text


def test_arrival_in_a_project_that_ftrack_does_not_show_waits_and_is_not_taken_for_deleted(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.submit()
    desk.studio.ftrack.store.delete("Project", desk.studio.ids["show_a"])

    desk.studio.accsyn.engine.paused = False
    desk.settle()

    assert desk.states() == {"movie": "transferring: ftrack"}
    assert "is not shown to artist" in next(desk.outbox.items()).cause


# Replaced content.


def test_registration_of_replaced_content_is_taken_back_with_its_members_while_accsyn_is_away(
    desk: Desk, settler: Settler
) -> None:
    version = desk.version()
    movie = desk.publisher.publish_file(version, "movie")
    sequence = desk.publisher.publish_sequence(version, [1, 2, 3])
    arrive(desk)
    assert len(desk.at()) == 5
    desk.studio.accsyn.switches.refuse(True)
    replace(desk, sequence)

    settler.settling.step()

    assert desk.at().keys() == {movie["id"]}
    assert desk.outbox.stale() == []
    desk.studio.accsyn.switches.refuse(False)
    arrive(desk)
    assert desk.at() == desk.staged()


def test_registration_that_could_not_be_taken_back_is_taken_back_when_ftrack_is_there_again(
    desk: Desk, settler: Settler
) -> None:
    (movie,) = desk.publish_files("movie")
    arrive(desk)
    replace(desk, movie)
    desk.studio.ftrack.switches.refuse(True)
    settler.settling.step()
    desk.studio.ftrack.switches.refuse(False)
    assert settler.questions() == 0  # not at once

    settler.pass_time(60.0)
    settler.settling.step()

    assert desk.at() == {}


def test_registration_of_the_new_content_is_not_taken_back(desk: Desk, settler: Settler) -> None:
    (movie,) = desk.publish_files("movie")
    arrive(desk)
    replace(desk, movie)
    settled = Settler(desk)
    desk.studio.ftrack.switches.fail_next("delete", status=500, times=10)
    settled.settling.step()
    desk.studio.ftrack.switches.clear()
    (stale,) = desk.outbox.stale()
    arrive(desk)
    with desk.outbox._connections.writing() as connection:  # as a kill between the two writes leaves it
        connection.execute("UPDATE item SET stale_at = ?", (stale.stale_at,))

    settler.settling.step()

    assert desk.states() == {"movie": "synced"}
    assert desk.at().keys() == {movie["id"]}
    assert desk.outbox.stale() == []


@pytest.mark.parametrize("arrived_again", [False, True])
def test_new_bytes_of_what_was_planned_to_be_freed_stay(desk: Desk, arrived_again: bool) -> None:
    (movie,) = desk.publish_files("movie")
    arrive(desk)
    path = desk.studio.staging / desk.item(movie).publication.path
    old = path.read_bytes()
    studio = desk.item(movie).studio
    cleaner = Cleaner(desk.outbox, desk.area, desk.registrations.connection, desk.workspace, studio)
    (candidate,) = cleaner.plan(EVERYTHING, time.time() + 60)
    replace(desk, movie)
    new = path.read_bytes()
    if arrived_again:
        arrive(desk)

    freed = cleaner.free(candidate)

    assert freed == (0, "it was published anew meanwhile")
    assert path.read_bytes() == new != old
    assert movie["id"] in desk.staged()
    if not arrived_again:
        assert list(cleaner.plan(EVERYTHING, time.time() + 60)) == []
        arrive(desk)
    (there,) = desk.studio.hq.rglob("movie.mov")
    assert there.read_bytes() == new
    assert [cleaner.free(each).size_bytes for each in cleaner.plan(EVERYTHING, time.time() + 60)] == [len(new)]


# Without files.


def test_sequence_without_members_is_registered_with_the_rest_and_nothing_is_sent(desk: Desk) -> None:
    version = desk.version()
    empty = desk.session.create("SequenceComponent", {"name": "empty", "padding": 4, "version": version})
    desk.session.commit()
    path = "show_a/sq010/sh010/plate/v001/empty.%04d.exr"
    desk.studio.ftrack.store.create(
        "ComponentLocation", component_id=empty["id"], location_id=desk.location["id"], resource_identifier=path
    )
    publication = Publication(
        component_id=empty["id"],
        component_name="empty",
        kind=Kind.SEQUENCE,
        resource_identifier=path,
        location_id=desk.location["id"],
        location_name=desk.location["name"],
        server_url=desk.session.server_url,
        username="artist",
        project_id=desk.studio.ids["show_a"],
        project_name="show_a",
        version_id=version["id"],
        version_name="plate v001",
        files=(),
    )
    desk.outbox.prepare([publication], desk.owner.hold())
    desk.outbox.activate([empty["id"]], desk.location["id"])

    arrive(desk)

    assert desk.states() == {"empty": "synced"}
    assert desk.at() == {empty["id"]: path}
    assert desk.studio.accsyn.workspace.jobs() == []
    there = desk.registrations.of_version(version["id"], desk.studio.ids["studio.hq"])
    assert there.complete


def arrive(desk: Desk) -> None:
    desk.submit(Endpoint("acme", desk.studio.ids["studio.hq"], "studio.hq"))
    desk.studio.accsyn.engine.paused = False
    desk.settle()


def replace(desk: Desk, component: Any) -> Item:
    """Take a component out of the staging location and publish it there anew, with other bytes of the same size."""
    item = desk.item(component)
    desk.location.remove_component(component)
    names = [Path(file.path).name for file in item.publication.files]
    for name, file in zip(names, item.publication.files):
        desk.publisher.file(name, file.size_bytes)
    origin = desk.session.get("Location", ftrack_api.symbol.ORIGIN_LOCATION_ID)
    desk.location.add_component(component, origin)
    return desk.item(component)
