"""What has arrived is registered at the destination location in ftrack, by whoever comes first."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Publication, StagedFile, State
from tracking import Desk


def test_file_sequence_and_container_are_registered_with_members_and_the_same_identifiers(desk: Desk) -> None:
    version = desk.version()
    desk.publisher.publish_file(version)
    desk.publisher.publish_sequence(version, [*range(1001, 1006), 1009])
    desk.publisher.publish_container(desk.session, version)

    arrive(desk)

    assert desk.all_in(State.SYNCED)
    assert desk.at() == desk.staged()
    assert len(desk.at()) == 1 + 7 + 3


def test_container_of_a_sequence_is_registered_down_to_its_frames(desk: Desk) -> None:
    version = desk.version()
    container = desk.session.create("ContainerComponent", {"name": "pack", "version": version})
    sequence = desk.session.create("SequenceComponent", {"name": "deep", "padding": 4, "container": container})
    frames = [desk.session.create("FileComponent", {"name": name, "container": sequence}) for name in ("1", "2")]
    desk.session.commit()
    stage_by_hand(desk, container, sequence, *frames)

    arrive(desk)

    assert desk.states() == {"pack": "synced"}
    assert len(desk.at()) == 4
    assert desk.at() == desk.staged()


def test_component_that_accsyns_integration_has_registered_is_left_as_it_is(desk: Desk) -> None:
    first, second = desk.publish_files("first", "second")
    desk.submit()
    register(desk, first, "where/accsyn/put/it.mov")

    arrive(desk, submit=False)

    assert desk.states() == {"first": "synced", "second": "synced"}
    assert desk.at() == {first["id"]: "where/accsyn/put/it.mov", second["id"]: desk.staged()[second["id"]]}


def test_half_registered_sequence_is_completed(desk: Desk) -> None:
    sequence = desk.publisher.publish_sequence(desk.version(), [1001, 1002, 1003])
    register(desk, sequence["members"][1], "elsewhere")

    arrive(desk)

    assert desk.states() == {"frames": "synced"}
    assert desk.at().keys() == desk.staged().keys()
    assert desk.at()[sequence["members"][1]["id"]] == "elsewhere"


def test_both_registering_at_the_same_moment_ends_with_one_registration_each(desk: Desk) -> None:
    components = desk.publish_files("a", "b", "c")
    ftrack = desk.studio.ftrack
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle()
    ftrack.log.clear()
    ftrack.switches.latency_s = 0.5  # between our look and our registration there is time for accsyn's

    def accsyns_integration() -> None:
        ftrack.log.wait_for("query:ComponentLocation")
        register(desk, components[1], "by/accsyn.mov")

    other = threading.Thread(target=accsyns_integration)
    other.start()
    desk.follow(lambda: desk.all_in(State.SYNCED))
    other.join()

    assert ftrack.log.count("create:ComponentLocation") == 2  # refused, then what was left
    assert desk.at().keys() == {component["id"] for component in components}
    assert desk.at()[components[1]["id"]] == "by/accsyn.mov"


def test_lost_answer_to_the_registration_is_found_done(desk: Desk) -> None:
    components = desk.publish_files("a", "b")
    desk.studio.ftrack.switches.drop_after("create:ComponentLocation")
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle()

    desk.follow(lambda: desk.all_in(State.SYNCED))

    assert desk.at().keys() == {component["id"] for component in components}


def test_many_components_are_registered_with_few_requests(desk: Desk) -> None:
    desk.publish_files(*(f"shot{number:02d}" for number in range(30)))
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle()
    desk.studio.ftrack.log.clear()

    desk.settle()

    assert desk.all_in(State.SYNCED)
    assert desk.studio.ftrack.log.count("query:ComponentLocation") <= 2
    assert desk.studio.ftrack.log.count("create:ComponentLocation") == 1


def test_ftrack_away_keeps_arrived_items_from_being_green_until_it_is_back(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    desk.submit()
    desk.studio.ftrack.switches.refuse(True)
    desk.studio.accsyn.engine.paused = False
    desk.settle()

    assert desk.states() == {"movie": "transferring: ftrack"}
    assert desk.item(movie).arrived_at
    assert desk.item(movie).progress.percent == 100

    # accsyn forgets the job; that the item has arrived is known all the same.
    desk.studio.accsyn.workspace.delete_job(desk.job().id)
    desk.new_tracker()
    desk.studio.ftrack.switches.refuse(False)
    desk.follow(lambda: desk.all_in(State.SYNCED))
    assert desk.item(movie).cause == ""
    assert desk.at().keys() == {movie["id"]}


def test_component_that_ftrack_refuses_to_register_stops_no_other(desk: Desk) -> None:
    desk.publish_files("bad", "good")
    desk.submit()
    refusal = {"exception": "PermissionError", "content": "You may not.", "error_code": None}
    desk.studio.ftrack.switches.fail_next("create:ComponentLocation", status=200, body=refusal, times=2)

    arrive(desk, submit=False)

    assert desk.states() == {"bad": "transferring: ftrack", "good": "synced"}


def test_twenty_five_refused_registrations_are_twenty_five_that_wait_and_none_that_is_synced(desk: Desk) -> None:
    names = [f"shot{number:02d}" for number in range(25)]
    desk.publish_files(*names)
    desk.submit()
    refusal = {"exception": "PermissionError", "content": "You may not.", "error_code": None}
    desk.studio.ftrack.switches.fail_next("create:ComponentLocation", status=200, body=refusal, times=1000)

    arrive(desk, submit=False)

    assert desk.states() == dict.fromkeys(names, "transferring: ftrack")
    assert desk.at() == {}
    desk.studio.ftrack.switches.clear()
    desk.follow(lambda: desk.all_in(State.SYNCED))
    assert len(desk.at()) == 25


def test_unknown_destination_location_leaves_items_waiting_with_ftracks_words(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.submit(Endpoint("acme", "no-such-location", "lost"))
    arrive(desk, submit=False)

    assert desk.states() == {"movie": "transferring: ftrack"}
    (item,) = desk.outbox.items()
    assert "foreign key" in item.cause


def test_without_a_destination_location_items_are_synced_and_nothing_is_registered(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.submit(Endpoint("acme", "", ""))
    desk.studio.ftrack.log.clear()
    arrive(desk, submit=False)

    assert desk.states() == {"movie": "synced"}
    assert desk.studio.ftrack.log.count("create:ComponentLocation") == 0


def test_component_taken_out_of_the_staging_location_meanwhile_is_registered_all_the_same(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    identifier = desk.staged()[movie["id"]]
    desk.submit()
    (row,) = desk.studio.ftrack.store.find("ComponentLocation", location_id=desk.location["id"])
    desk.studio.ftrack.store.delete("ComponentLocation", row["id"])

    arrive(desk, submit=False)

    assert desk.states() == {"movie": "synced"}
    assert desk.at() == {movie["id"]: identifier}


@pytest.mark.parametrize("kind", ["sequence", "container"])
@pytest.mark.parametrize("left", ["a member and the whole", "the whole", "nothing"])
def test_what_is_taken_out_while_it_arrives_is_not_registered_without_its_members(
    desk: Desk, kind: str, left: str
) -> None:
    """The host takes the members out one by one, the whole last; the worker may look at any moment."""
    whole = publish(desk, kind)
    first, *others = [member["id"] for member in whole["members"]]
    files = [desk.studio.staging / file.path for file in desk.item(whole).publication.files]
    desk.submit()
    kept = {"a member and the whole": {first, whole["id"]}, "the whole": {whole["id"]}, "nothing": set()}[left]
    take_out(desk, {whole["id"], first, *others} - kept)

    arrive(desk, submit=False)

    assert desk.at() == {}
    assert desk.all_in(State.WITHDRAWN)
    assert "not registered there. Publish it again." in desk.item(whole).cause

    take_out(desk, kept)
    for file in files:
        file.unlink()
    desk.location.add_component(whole, desk.session.query("Location where name is ftrack.origin").one())
    arrive(desk)
    assert desk.all_in(State.SYNCED)
    assert desk.at() == desk.staged()
    assert len(desk.at()) == 1 + len(whole["members"])


def test_members_that_were_registered_there_before_are_not_missed(desk: Desk) -> None:
    whole = publish(desk, "container")
    desk.submit()
    for member in whole["members"]:
        register(desk, member, f"there/{member['name']}")
    take_out(desk, {whole["id"], *(member["id"] for member in whole["members"])})

    arrive(desk, submit=False)

    assert desk.all_in(State.SYNCED)
    assert len(desk.at()) == 3


def test_a_member_that_was_deleted_in_ftrack_is_not_missed(desk: Desk) -> None:
    whole = publish(desk, "container")
    desk.submit()
    gone = whole["members"][0]["id"]
    desk.studio.ftrack.store.delete("Component", gone)

    arrive(desk, submit=False)

    assert desk.all_in(State.SYNCED)
    assert desk.at().keys() == {whole["id"], whole["members"][1]["id"]}


def test_a_whole_of_which_ftrack_refuses_a_member_waits_for_it(desk: Desk) -> None:
    whole = publish(desk, "container")
    first = whole["members"][0]["id"]
    refusing = {"exception": "ServerError", "content": "Members are refused", "error_code": None}
    desk.submit()
    # The request for all, then the one for the first member.
    desk.studio.ftrack.switches.fail_next("create:ComponentLocation", status=200, body=refusing, times=2)

    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle(20)
    desk.follow(lambda: desk.item(whole).cause)

    assert whole["id"] not in desk.at()
    assert desk.item(whole).state is State.TRANSFERRING
    desk.follow(lambda: desk.all_in(State.SYNCED))
    assert {whole["id"], first} < set(desk.at())


def publish(desk: Desk, kind: str) -> Any:
    version = desk.version()
    if kind == "sequence":
        return desk.publisher.publish_sequence(version, [1001, 1002, 1003])
    return desk.publisher.publish_container(desk.session, version)


def take_out(desk: Desk, component_ids: set[str]) -> None:
    """Remove registrations in the staging location."""
    store = desk.studio.ftrack.store
    for row in store.find("ComponentLocation", location_id=desk.location["id"]):
        if row["component_id"] in component_ids:
            store.delete("ComponentLocation", row["id"])


def arrive(desk: Desk, submit: bool = True) -> None:
    if submit:
        desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.settle()


def register(desk: Desk, component: Any, identifier: str) -> None:
    """Do what accsyn's ftrack integration does."""
    desk.studio.ftrack.store.create(
        "ComponentLocation",
        component_id=component["id"],
        location_id=desk.studio.ids["studio.hq"],
        resource_identifier=identifier,
    )


def stage_by_hand(desk: Desk, container: Any, *members: Any) -> None:
    """Register a nested container in the staging location, as a structure that knows such ones would."""
    folder = desk.studio.staging / "pack"
    folder.mkdir()
    for component in (container, *members):
        path = "pack" if component is container else f"pack/{component['name']}"
        row = {"component_id": component["id"], "location_id": desk.location["id"], "resource_identifier": path}
        desk.studio.ftrack.store.create("ComponentLocation", **row)
    (folder / "1").write_bytes(b"1")
    stamp = desk.area.stat_file("pack/1")
    publication = Publication(
        container["id"],
        "pack",
        Kind.CONTAINER,
        "pack",
        desk.location["id"],
        desk.location["name"],
        desk.session.server_url,
        "artist",
        desk.studio.ids["show_a"],
        "show_a",
        container["version"]["id"],
        "plate v001",
        (StagedFile("pack/1", stamp.size_bytes, stamp.mtime_ns),),
    )
    desk.outbox.prepare([publication], desk.owner.hold())
    desk.outbox.activate([container["id"]], desk.location["id"])
