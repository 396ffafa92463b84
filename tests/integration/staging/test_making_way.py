"""What a publish that was rolled back has left makes way for the next one under its path, and nothing else does."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import ftrack_api.exception
import pytest

from ftrack_accsyn_accessor.model.item import Item, State
from ftrack_accsyn_accessor.staging import location
from tracking import Desk

BASE = "show_a/sq010/sh010/plate/v001"
MOVIE = f"{BASE}/movie.mov"
IN_THE_WAY = "data already exists"


def publish(desk: Desk) -> Any:
    """Publish a movie on the next version, which is the first one."""
    version = desk.version()
    assert version["version"] == 1
    return desk.publisher.publish_file(version, "movie")


def roll_back(desk: Desk, component: Any) -> None:
    """Do what a publisher does when a later component has failed: it knows nothing of the location."""
    desk.session.reset()
    desk.location = location.configure(desk.session, "artist.desk", desk)  # as the plugin does
    desk.session.delete(desk.session.get("AssetVersion", component["version_id"]))
    desk.session.commit()


def staged(desk: Desk) -> bytes:
    return (desk.studio.staging / MOVIE).read_bytes()


def waiting(desk: Desk, component: Any) -> None:
    """It waits: accsyn could not be reached yet, say."""


def withdrawn(desk: Desk, component: Any) -> None:
    assert desk.outbox.withdraw([desk.item(component)], "ftrack does not have it") == 1


def given_up(desk: Desk, component: Any) -> None:
    """It was never registered, as far as its process knows."""
    with desk.outbox._connections.writing() as connection:
        connection.execute("UPDATE item SET state = 'prepared', owner = ''")


def sent(desk: Desk, component: Any) -> None:
    desk.studio.accsyn.engine.paused = True
    desk.submit()
    desk.step()


def under_way(desk: Desk, component: Any) -> None:
    """accsyn reads it at this moment."""
    engine = desk.studio.accsyn.engine
    engine.speed_bytes_per_s = 1.0
    desk.submit()
    assert engine.wait_until(lambda: desk.task(component).status == "executing")
    desk.step()
    assert desk.item(component).state is State.TRANSFERRING


def arrived(desk: Desk, component: Any) -> None:
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.settle()
    assert desk.item(component).state is State.SYNCED


@pytest.mark.parametrize("come_to", [waiting, given_up, withdrawn, arrived])
def test_version_that_was_rolled_back_is_published_again_under_its_number(
    desk: Desk, come_to: Callable[[Desk, Any], None]
) -> None:
    older = publish(desk)
    come_to(desk, older)
    roll_back(desk, older)

    newer = publish(desk)

    assert staged(desk) == (desk.publisher.folder / "movie.mov").read_bytes()
    assert [item.publication.component_id for item in desk.outbox.items()] == [newer["id"]]
    assert desk.item(newer).state is State.PENDING
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.settle()
    assert desk.item(newer).state is State.SYNCED
    assert (desk.studio.hq / MOVIE).read_bytes() == staged(desk)


READ = pytest.mark.skipif(os.name == "nt", reason="there a file stays as long as somebody reads it")


@pytest.mark.parametrize("come_to", [sent, pytest.param(under_way, marks=READ)])
def test_what_accsyn_was_at_proves_nothing_of_what_took_its_place(
    desk: Desk, come_to: Callable[[Desk, Any], None]
) -> None:
    older = publish(desk)
    come_to(desk, older)
    roll_back(desk, older)
    newer = publish(desk)
    desk.submit()

    desk.studio.accsyn.engine.speed_bytes_per_s = None
    desk.studio.accsyn.engine.paused = False
    desk.settle()

    assert [(item.publication.component_id, item.state) for item in desk.outbox.items()] == [
        (newer["id"], State.SYNCED)
    ]
    assert (desk.studio.hq / MOVIE).read_bytes() == staged(desk) == (desk.publisher.folder / "movie.mov").read_bytes()
    assert desk.at() == {newer["id"]: MOVIE}


def test_file_that_another_program_keeps_stays_until_that_has_closed_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    roll_back(desk, publish(desk))
    # What Windows does with a file that somebody reads.
    with monkeypatch.context() as windows:
        refusal = PermissionError(13, "it is being used by another process")
        windows.setattr(os, "rename", lambda source, target: raise_(refusal))
        with pytest.raises(ftrack_api.exception.LocationError, match=IN_THE_WAY):
            publish(desk)
    desk.session.rollback()
    assert f"What lies at {MOVIE} could not make way" in caplog.text
    assert "being used by another process" in caplog.text
    roll_back(desk, {"version_id": desk.studio.ftrack.store.find("AssetVersion")[0]["id"]})

    newer = publish(desk)

    assert desk.item(newer).state is State.PENDING


def raise_(error: Exception) -> None:
    raise error


def test_frames_that_were_rolled_back_make_way_and_ftrack_is_asked_once(desk: Desk) -> None:
    older = desk.publisher.publish_sequence(desk.version(), range(1001, 1011))
    roll_back(desk, older)
    version = desk.version()
    desk.studio.ftrack.log.clear()

    newer = desk.publisher.publish_sequence(version, range(1001, 1011))

    assert [item.publication.component_id for item in desk.outbox.items()] == [newer["id"]]
    for frame in range(1001, 1011):
        name = f"frames.{frame}.exr"
        assert (desk.studio.staging / BASE / name).read_bytes() == (desk.publisher.folder / name).read_bytes()
    assert desk.studio.ftrack.log.operations().count("query:Component,query:ComponentLocation") == 1


def test_publish_that_breaks_off_on_the_way_can_be_tried_again(desk: Desk) -> None:
    frames = range(1001, 1005)
    roll_back(desk, desk.publisher.publish_sequence(desk.version(), frames))
    version = desk.version()
    (desk.publisher.folder / "frames.1003.exr").unlink()
    expression = f"{desk.publisher.folder}/frames.%04d.exr [1001-1004]"
    with pytest.raises(ftrack_api.exception.LocationError, match=r"frames\.1003"):
        version.create_component(expression, {"name": "frames"}, location="auto")
    desk.session.rollback()

    newer = desk.publisher.publish_sequence(version, frames)

    assert desk.item(newer).state is State.PENDING


def test_frames_beyond_the_new_ones_stay_with_their_item(desk: Desk) -> None:
    older = desk.publisher.publish_sequence(desk.version(), range(1001, 1005))
    roll_back(desk, older)

    newer = desk.publisher.publish_sequence(desk.version(), range(1001, 1003))

    assert {item.publication.component_id for item in desk.outbox.items()} == {older["id"], newer["id"]}
    assert (desk.studio.staging / BASE / "frames.1004.exr").is_file()


# What stays.


def known(desk: Desk, item: Item) -> None:
    desk.studio.ftrack.store.create("FileComponent", id=item.publication.component_id, name="movie")


def registered(desk: Desk, item: Item) -> None:
    withdrawn(desk, {"id": item.publication.component_id})
    other = desk.studio.ftrack.store.create("FileComponent", name="other")
    where = {"location_id": item.publication.location_id, "resource_identifier": MOVIE}
    desk.studio.ftrack.store.create("ComponentLocation", component_id=other["id"], **where)


def written_to(desk: Desk, item: Item) -> None:
    os.utime(desk.studio.staging / MOVIE, ns=(1, 1))


def unheard_of(desk: Desk, item: Item) -> None:
    assert desk.outbox.past.freed(item)


def another_project(desk: Desk, item: Item) -> None:
    change(desk, "project_id = 'other'")


def another_ftrack(desk: Desk, item: Item) -> None:
    change(desk, "server_url = 'https://other.test'")


def another_location(desk: Desk, item: Item) -> None:
    change(desk, "location_id = 'other'")


def another_user(desk: Desk, item: Item) -> None:
    change(desk, "username = 'somebody'")


def asked_for(desk: Desk, item: Item) -> None:
    change(desk, "reason = 'send'")


def being_registered(desk: Desk, item: Item) -> None:
    change(desk, "state = 'prepared', owner = 'a process'")


def about_to_be_registered(desk: Desk, item: Item) -> None:
    desk.location._accsyn_doubtful |= {item.publication.component_id}


def pinned(desk: Desk, item: Item) -> None:
    desk.outbox.control.keep_pins([BASE])


def change(desk: Desk, assignment: str) -> None:
    with desk.outbox._connections.writing() as connection:
        connection.execute(f"UPDATE item SET {assignment}")


@pytest.mark.parametrize(
    "somebody",
    [
        known,
        registered,
        written_to,
        unheard_of,
        another_project,
        another_ftrack,
        another_location,
        another_user,
        asked_for,
        being_registered,
        about_to_be_registered,
        pinned,
    ],
)
def test_file_that_somebody_may_need_stays_and_ftrack_refuses(
    desk: Desk, somebody: Callable[[Desk, Item], None]
) -> None:
    older = publish(desk)
    roll_back(desk, older)
    before = staged(desk)
    somebody(desk, desk.item(older))

    with pytest.raises(ftrack_api.exception.LocationError, match=IN_THE_WAY):
        publish(desk)

    assert staged(desk) == before


def test_ftrack_that_does_not_answer_leaves_the_refusal_as_it_is(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    roll_back(desk, publish(desk))
    version = desk.version()
    desk.studio.ftrack.switches.fail_next("query:ComponentLocation", status=503)

    with pytest.raises(ftrack_api.exception.LocationError, match=IN_THE_WAY):
        desk.publisher.publish_file(version, "movie")

    assert f"What lies at {MOVIE} could not make way" in caplog.text
