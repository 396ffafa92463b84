"""One path, one component: ftrack is asked before anything is sent, and again when it is registered."""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.model.claims import STAGING_DESCRIPTION
from ftrack_accsyn_accessor.model.item import Endpoint, State
from ftrack_accsyn_accessor.upkeep import Cleaner, Policy
from ftrack_accsyn_sandbox.studio import Studio
from publishing import Publisher
from tracking import Desk

ASSET = "compositing"
FIRST, SECOND = "2026-11-20T10:00:00", "2026-11-21T10:00:00"


@pytest.fixture
def laptop(studio: Studio, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Desk]:
    """Give a second machine of the artist, with a staging area and an accsyn client of its own."""
    elsewhere = copy.copy(studio)
    elsewhere.staging = tmp_path / "laptop"
    elsewhere.staging.mkdir()
    client = studio.demo.add_machine("laptop", elsewhere.staging)
    elsewhere.demo = dataclasses.replace(studio.demo, artist_client=client)
    publisher = Publisher(elsewhere, monkeypatch, tmp_path / "laptop-sources")
    made = Desk(elsewhere, publisher, "artist.laptop")
    yield made
    made.stop()
    made.owner.release()
    made.outbox.close()


def publish(desk: Desk, dated: str, content: bytes) -> Any:
    """Publish "compositing v001 main.mov" on an asset of its own: always another component, always the same path."""
    task = desk.session.get("Task", desk.studio.ids["show_a/sq010/sh010/Animation"])
    types = desk.session.query("AssetType").all()
    taken = desk.session.query(f'Asset where name is "{ASSET}"').all()
    asset = desk.session.create("Asset", {"name": ASSET, "type": types[len(taken)], "parent": task["parent"]})
    version = desk.session.create("AssetVersion", {"asset": asset, "task": task})
    desk.session.commit()
    desk.studio.ftrack.store.update("AssetVersion", version["id"], date=dated)
    source = desk.publisher.file("main.mov")
    source.write_bytes(content)
    return version.create_component(str(source), {"name": "main"}, location="auto")


def arrive(*desks: Desk) -> None:
    for desk in desks:
        desk.submit()
    desks[0].studio.accsyn.engine.paused = False
    for desk in desks:
        desk.settle()


def at_hq(desk: Desk) -> bytes:
    (path,) = desk.studio.hq.rglob("main.mov")
    return path.read_bytes()


# Two components, one path.


def test_path_of_a_component_that_has_arrived_is_not_overwritten_from_another_machine(desk: Desk, laptop: Desk) -> None:
    first = publish(desk, SECOND, b"first")
    arrive(desk)
    second = publish(laptop, FIRST, b"second")
    laptop.accsyn_calls()

    arrive(laptop)

    assert laptop.states() == {"main": "needs-attention: conflict"}
    item = laptop.item(second)
    assert f"{ASSET} v001 main ({first['id']}) is there, registered in studio.hq" in item.cause
    assert item.next_try_at is not None
    assert at_hq(desk) == b"first"
    assert desk.at() == {first["id"]: desk.staged()[first["id"]]}
    assert "task/create" not in laptop.accsyn_calls()


@pytest.mark.parametrize("earlier", ["desk", "laptop"])
@pytest.mark.parametrize("order", [("desk", "laptop"), ("laptop", "desk")])
def test_of_two_under_way_the_version_that_ftrack_dates_first_goes_whoever_looks_first(
    desk: Desk, laptop: Desk, earlier: str, order: tuple[str, str]
) -> None:
    machines = {"desk": desk, "laptop": laptop}
    components = {
        name: publish(machine, FIRST if name == earlier else SECOND, name.encode())
        for name, machine in machines.items()
    }

    arrive(*(machines[name] for name in order))

    later = "laptop" if earlier == "desk" else "desk"
    assert machines[earlier].states() == {"main": "synced"}
    assert machines[later].states() == {"main": "needs-attention: conflict"}
    assert components[earlier]["id"] in machines[later].item(components[later]).cause
    assert at_hq(desk) == earlier.encode()
    assert desk.at().keys() == {components[earlier]["id"]}


def test_path_that_was_freed_on_the_same_machine_still_belongs_to_the_first_component(desk: Desk) -> None:
    first = publish(desk, FIRST, b"first")
    arrive(desk)
    cleaner = Cleaner(desk.outbox, desk.area, desk.registrations.connection, desk.workspace, desk.item(first).studio)
    assert [cleaner.free(each).size_bytes for each in cleaner.plan(Policy(older_than_s=0.0), time.time() + 60)] == [5]

    publish(desk, SECOND, b"second")
    arrive(desk)

    assert desk.states() == {"main": "needs-attention: conflict"}
    assert at_hq(desk) == b"first"


def test_conflict_ends_when_the_other_component_is_taken_out_of_the_destination(desk: Desk, laptop: Desk) -> None:
    first = publish(desk, FIRST, b"first")
    arrive(desk)
    publish(laptop, SECOND, b"second")
    arrive(laptop)
    for row in desk.studio.ftrack.store.find("ComponentLocation", component_id=first["id"]):
        desk.studio.ftrack.store.delete("ComponentLocation", row["id"])

    laptop.outbox.wake("conflict")
    arrive(laptop)

    assert laptop.states() == {"main": "synced"}


def test_path_that_another_component_got_meanwhile_is_not_registered_a_second_time(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    desk.submit()
    other = desk.studio.ftrack.store.create("FileComponent", name="other", version_id=movie["version"]["id"])
    register(desk, other["id"], "studio.hq", desk.staged()[movie["id"]])

    arrive(desk)

    assert desk.states() == {"movie": "needs-attention: conflict"}
    assert f"other ({other['id']})" in desk.item(movie).cause
    assert desk.at().keys() == {other["id"]}


def test_locations_are_known_as_staging_locations_by_their_description(desk: Desk) -> None:
    (location,) = desk.studio.ftrack.store.find("Location", name="artist.desk")

    assert location["description"] == STAGING_DESCRIPTION


def test_component_in_a_location_that_is_no_staging_location_is_no_rival(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    other = desk.studio.ftrack.store.create("FileComponent", name="other", version_id=movie["version"]["id"])
    register(desk, other["id"], "studio.london", desk.staged()[movie["id"]])

    arrive(desk)

    assert desk.states() == {"movie": "synced"}


def test_without_a_destination_location_only_what_is_under_way_is_a_rival(desk: Desk, laptop: Desk) -> None:
    publish(desk, FIRST, b"first")
    publish(laptop, SECOND, b"second")
    nowhere = Endpoint("acme", "", "")

    laptop.submit(nowhere)
    desk.submit(nowhere)

    assert laptop.states() == {"main": "needs-attention: conflict"}
    assert desk.states() == {"main": "submitted"}


# Who still wants it.


def test_component_that_ftrack_does_not_have_any_more_is_withdrawn_and_not_sent(desk: Desk) -> None:
    good, gone = desk.publish_files("good", "gone")
    desk.studio.ftrack.store.delete("Component", gone["id"])
    desk.accsyn_calls()

    arrive(desk)

    assert desk.states() == {"good": "synced", "gone": "withdrawn"}
    assert "ftrack does not have it in the staging location any more" in desk.item(gone).cause
    assert not list(desk.studio.hq.rglob("gone.mov"))
    assert desk.at().keys() == {good["id"]}


def test_sequence_of_which_ftrack_has_only_the_frames_is_sent(desk: Desk) -> None:
    sequence = desk.publisher.publish_sequence(desk.version(), [1, 2, 3])
    (row,) = desk.studio.ftrack.store.find("ComponentLocation", component_id=sequence["id"])
    desk.studio.ftrack.store.delete("ComponentLocation", row["id"])

    arrive(desk)

    assert desk.states() == {"frames": "synced"}


def test_component_of_a_project_that_ftrack_does_not_show_needs_attention_and_is_not_withdrawn(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    desk.studio.ftrack.store.delete("Project", desk.studio.ids["show_a"])

    desk.submit()

    assert desk.states() == {"movie": "needs-attention: ftrack"}
    assert "this project is not shown to" in desk.item(movie).cause


def test_while_ftrack_is_away_items_wait_with_that_cause_and_go_when_it_is_back(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    desk.studio.ftrack.switches.refuse(True)
    desk.accsyn_calls()

    desk.submit()

    assert desk.states() == {"movie": "pending: ftrack"}
    assert desk.item(movie).next_try_at is not None
    assert desk.accsyn_calls() == []

    desk.studio.ftrack.switches.refuse(False)
    desk.outbox.wake("ftrack")
    arrive(desk)
    assert desk.states() == {"movie": "synced"}


def test_registration_of_content_that_is_not_proven_is_taken_back_before_it_is_sent(desk: Desk) -> None:
    version = desk.version()
    movie = desk.publisher.publish_file(version, "movie")
    sequence = desk.publisher.publish_sequence(version, [1, 2])
    for component in (movie, sequence, *sequence["members"]):
        register(desk, component["id"], "studio.hq", f"older/{component['name']}")

    desk.submit()

    assert desk.at() == {}
    assert desk.all_in(State.SUBMITTED)
    arrive(desk)
    assert desk.at() == desk.staged()


# What it costs.


def test_plain_submission_asks_ftrack_one_question_about_all_items(desk: Desk) -> None:
    desk.publish_files(*(f"shot{number:02d}" for number in range(40)), size_bytes=10)
    desk.studio.ftrack.log.clear()

    desk.submit()

    assert desk.all_in(State.SUBMITTED)
    assert [name for name in desk.studio.ftrack.log.operations() if name.startswith("query:")] == [
        "query:ComponentLocation"
    ]


def test_items_beyond_one_request_are_asked_after_with_the_next(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftrack_accsyn_accessor.worker.claims.BATCH", 2)
    desk.publish_files(*"abcde", size_bytes=10)
    refuse_query(desk, times=1)

    desk.submit()

    states = desk.states()
    assert sorted(states.values()) == ["pending: ftrack", "pending: ftrack", *["submitted"] * 3]


def refuse_query(desk: Desk, times: int) -> None:
    """Let ftrack say no to the next questions after registrations."""
    body = {"exception": "ServerError", "content": "Too complicated.", "error_code": None}
    desk.studio.ftrack.switches.fail_next("query:ComponentLocation", status=200, body=body, times=times)


def register(desk: Desk, component_id: str, location_name: str, identifier: str) -> None:
    desk.studio.ftrack.store.create(
        "ComponentLocation",
        component_id=component_id,
        location_id=desk.studio.ids[location_name],
        resource_identifier=identifier,
    )


# Files of sequences and containers.


def publish_frame(desk: Desk, version: Any) -> Any:
    """Publish one file that lies where the third frame of `publish_frames` lies."""
    source = desk.publisher.file("single.exr")
    source.write_bytes(b"single")
    return version.create_component(str(source), {"name": "main.0003"}, location="auto")


def publish_frames(desk: Desk, version: Any) -> Any:
    return desk.publisher.publish_sequence(version, [1, 2, 3, 4], "main")


def frame_at_hq(desk: Desk) -> bytes:
    (path,) = desk.studio.hq.rglob("main.0003.exr")
    return path.read_bytes()


def test_sequence_does_not_overwrite_a_file_that_lies_where_one_of_its_frames_goes(desk: Desk, laptop: Desk) -> None:
    version = desk.version()
    single = publish_frame(desk, version)
    arrive(desk)
    frames = publish_frames(laptop, laptop.session.get("AssetVersion", version["id"]))

    arrive(laptop)

    assert laptop.states() == {"main": "needs-attention: conflict"}
    assert single["id"] in laptop.item(frames).cause
    assert frame_at_hq(desk) == b"single"
    assert desk.at().keys() == {single["id"]}


@pytest.mark.parametrize("order", [("desk", "laptop"), ("laptop", "desk")])
def test_sequence_and_file_under_way_to_one_path_do_not_both_go(
    desk: Desk, laptop: Desk, order: tuple[str, str]
) -> None:
    machines = {"desk": desk, "laptop": laptop}
    version = desk.version()
    publish_frame(desk, version)
    publish_frames(laptop, laptop.session.get("AssetVersion", version["id"]))

    arrive(*(machines[name] for name in order))

    states = sorted([*desk.states().values(), *laptop.states().values()])
    assert states == ["needs-attention: conflict", "synced"]
    assert (frame_at_hq(desk) == b"single") == (desk.states() == {"main.0003": "synced"})


def test_frame_whose_path_another_component_got_meanwhile_is_not_registered_a_second_time(desk: Desk) -> None:
    version = desk.version()
    publish_frames(desk, version)
    desk.submit()
    other = desk.studio.ftrack.store.create("FileComponent", name="other", version_id=version["id"])
    frame = next(path for path in desk.staged().values() if path.endswith("main.0003.exr"))
    register(desk, other["id"], "studio.hq", frame)

    arrive(desk)

    assert desk.states() == {"main": "needs-attention: conflict"}
    assert desk.at().keys() == {other["id"]}


def test_frames_beside_those_of_another_component_are_no_conflict(desk: Desk, laptop: Desk) -> None:
    version = desk.version()
    publish_frame(desk, version)
    arrive(desk)
    laptop.publisher.publish_sequence(laptop.session.get("AssetVersion", version["id"]), [1, 2, 4], "main")

    arrive(laptop)

    assert laptop.states() == {"main": "synced"}
