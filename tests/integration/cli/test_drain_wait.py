"""`drain` sends from its own process, `wait` returns when ftrack has everything at a location."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.model.item import Endpoint, Reason, State
from ftrack_accsyn_accessor.model.item import Studio as Owner
from ftrack_accsyn_accessor.model.request import Request, Wanted
from helpers import wait_until
from integration.cli.conftest import Run
from integration.cli.test_status import start
from making import publication
from publishing import Publisher

Told = Callable[..., Any]


@pytest.fixture
def left_behind(publisher: Publisher) -> list[Any]:
    """Return components that a script published and left unsent."""
    publisher.studio.accsyn.switches.refuse(True)
    session = publisher.session()
    version = publisher.version(session)
    components = [publisher.publish_file(version, "movie"), publisher.publish_sequence(version, range(1001, 1011))]
    publisher.close()
    publisher.studio.accsyn.switches.refuse(False)
    return components


# drain


def test_drain_of_a_process_of_its_own_ends_when_everything_has_arrived(
    publisher: Publisher, left_behind: list[Any]
) -> None:
    process = start("drain", "--json", "--timeout", "60")
    out, err = process.communicate(timeout=90)

    assert process.returncode == exit_codes.OK, err
    assert json.loads(out)["left"] == 0
    assert {publisher.item(component).state for component in left_behind} == {State.SYNCED}
    assert len(publisher.hq()) == 11


def test_drain_shows_what_is_left_when_the_time_is_up(publisher: Publisher, left_behind: list[Any], run: Run) -> None:
    publisher.studio.accsyn.engine.paused = True

    result = run("drain", "--timeout", "4")

    assert result.exit_code == exit_codes.TIMEOUT
    assert "2 moving" in result.stdout


def test_drain_does_not_wait_for_somebody_to_fetch_a_delivery(
    publisher: Publisher, left_behind: list[Any], told: Told
) -> None:
    studio = publisher.studio
    (studio.hq / "show_a").mkdir(parents=True, exist_ok=True)
    (studio.hq / "show_a" / "notes.txt").write_bytes(b"12345")
    request = Request(
        Reason.SEND,
        Owner(studio.ftrack.url, studio.accsyn.workspace.code),
        "artist",
        Endpoint(studio.accsyn.workspace.code, "", ""),
        Endpoint("delivery=vendor@acme.test", "", ""),
    )
    notes = publication("show_a/notes.txt", component_id="", server_url=studio.ftrack.url, volume="projects", files=())
    publisher.outbox.requests.write(request, [Wanted(notes)])

    found = told("drain", "--timeout", "60")

    assert (found["exit_code"], found["left"]) == (exit_codes.MOVING, 1)
    assert {publisher.item(component).state for component in left_behind} == {State.SYNCED}


def test_drain_does_not_wait_for_what_needs_attention(publisher: Publisher, left_behind: list[Any], told: Told) -> None:
    publisher.studio.accsyn.engine.fail_path("movie.mov")

    found = told("drain", "--timeout", "60")

    assert found["exit_code"] == exit_codes.ATTENTION
    assert (found["summary"]["stuck"], found["summary"]["synced"]) == (1, 1)


def test_drain_with_a_missing_setting_says_which(publisher: Publisher, left_behind: list[Any], run: Run) -> None:
    publisher.environment(ACCSYN_API_KEY=None)
    assert "ACCSYN_API_KEY: is not set." in run("drain").stderr
    publisher.environment(ACCSYN_API_KEY="x", FTRACK_API_KEY=None)

    result = run("drain")

    assert "FTRACK_API_KEY not set" in result.stderr
    assert result.exit_code == exit_codes.NOT_SET_UP


def test_drain_with_nothing_to_do_ends_at_once(publisher: Publisher, run: Run) -> None:
    publisher.session()

    assert run("drain").exit_code == exit_codes.OK


# wait


def test_wait_returns_when_all_components_of_a_version_are_there(publisher: Publisher, told: Told) -> None:
    publisher.studio.accsyn.engine.paused = True
    version = publisher.version(publisher.session())
    components = [publisher.publish_file(version, "movie"), publisher.publish_sequence(version, [1, 2, 3])]
    publisher.submitted(*components)
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(told("wait", "--version", version["id"], "--timeout", "60")))
    publisher.studio.ftrack.log.clear()
    waiting.start()
    publisher.studio.ftrack.log.wait_for("query:ComponentLocation")
    publisher.studio.accsyn.engine.paused = False
    waiting.join(60)

    assert found[0]["exit_code"] == exit_codes.OK
    assert found[0]["location"] == "studio.hq"
    assert set(found[0]["arrived"]) == {component["id"] for component in components}


def test_wait_asks_ftrack_and_not_accsyn(publisher: Publisher, run: Run) -> None:
    component = publisher.publish_file(publisher.version(publisher.session()))
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")
    publisher.close()
    publisher.studio.accsyn.log.clear()

    result = run("wait", "--component", component["id"])

    assert result.exit_code == exit_codes.OK
    assert "All there: 1 of 1 component(s) at studio.hq." in result.stdout
    assert publisher.studio.accsyn.log.operations() == []


def test_component_whose_data_was_replaced_while_accsyn_is_away_is_not_there_before_the_new_data_is(
    publisher: Publisher, run: Run
) -> None:
    session = publisher.session()
    component = publisher.publish_file(publisher.version(session), "movie")
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")
    anywhere = ("wait", "--component", component["id"], "--at", "studio.hq", "--timeout")
    publisher.studio.accsyn.switches.refuse(True)

    location = session.pick_location()
    location.remove_component(component)
    content = publisher.file("movie.mov").read_bytes()
    publisher.studio.ftrack.switches.fail_next("delete", status=500, times=1000)
    location.add_component(component, session.get("Location", ORIGIN_LOCATION_ID))

    assert run(*anywhere, "0").exit_code == exit_codes.TIMEOUT  # on this machine at once, whatever ftrack shows
    publisher.studio.ftrack.switches.clear()
    publisher.environment(ACCSYN_PROJECTS_PATH=None)
    wait_until(lambda: run(*anywhere, "0").exit_code == exit_codes.TIMEOUT, 20, "ftrack to tell it everywhere")
    publisher.environment(ACCSYN_PROJECTS_PATH=str(publisher.studio.staging))
    publisher.studio.accsyn.switches.refuse(False)
    assert run(*anywhere, "60").exit_code == exit_codes.OK
    assert list(publisher.hq().values()) == [content]


def test_wait_for_a_version_with_a_sequence_without_members_ends(publisher: Publisher, told: Told) -> None:
    session = publisher.session()
    version = publisher.version(session)
    movie = publisher.publish_file(version, "movie")
    empty = session.create("SequenceComponent", {"name": "empty", "padding": 4, "version": version})
    session.commit()
    session.pick_location().add_component(empty, session.get("Location", ORIGIN_LOCATION_ID))

    found = told("wait", "--version", version["id"], "--at", "studio.hq", "--timeout", "60")

    assert found["exit_code"] == exit_codes.OK
    assert set(found["arrived"]) == {movie["id"], empty["id"]}
    assert publisher.item(empty).state is State.SYNCED


def test_wait_on_a_farm_machine_needs_the_location_named(publisher: Publisher, run: Run) -> None:
    component = publisher.publish_file(publisher.version(publisher.session()))
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")
    publisher.environment(ACCSYN_PROJECTS_PATH=None)

    assert run("wait", "--component", component["id"]).exit_code == exit_codes.USAGE
    assert run("wait", "--component", component["id"], "--at", "studio.hq").exit_code == exit_codes.OK
    publisher.environment(FTRACK_ACCSYN_DESTINATION_LOCATION="studio.hq")
    assert run("wait", "--component", component["id"]).exit_code == exit_codes.OK


def test_wait_gives_up_when_the_time_is_up(publisher: Publisher, run: Run) -> None:
    publisher.studio.accsyn.engine.paused = True
    component = publisher.publish_file(publisher.version(publisher.session()))

    result = run("wait", "--component", component["id"], "--at", "studio.hq", "--timeout", "0.2")

    assert result.exit_code == exit_codes.TIMEOUT
    assert "The time is up: 0 of 1 component(s) at studio.hq." in result.stdout


def test_wait_says_what_needs_attention_here(publisher: Publisher, run: Run) -> None:
    publisher.studio.accsyn.engine.fail_path("*.mov", "E#J057 Disk full.")
    component = publisher.publish_file(publisher.version(publisher.session()))
    wait_until(lambda: publisher.item(component).state is State.NEEDS_ATTENTION, 20, "the failure")

    result = run("wait", "--component", component["id"], "--timeout", "0")

    assert result.exit_code == exit_codes.ATTENTION
    assert "E#J057 Disk full" in result.stderr


def test_components_of_ftracks_own_server_are_not_waited_for(publisher: Publisher, told: Told) -> None:
    session = publisher.session()
    version = publisher.version(session)
    component = publisher.publish_file(version)
    store = publisher.studio.ftrack.store
    review = store.create("FileComponent", name="ftrackreview-mp4", version_id=version["id"])
    server = "3a372bde-05bc-11e4-8908-20c9d081909b"
    store.create("ComponentLocation", component_id=review["id"], location_id=server, resource_identifier="x")
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")

    found = told("wait", "--version", version["id"], "--timeout", "5")

    assert found["exit_code"] == exit_codes.OK
    assert found["wanted"] == [component["id"]]


def test_version_without_components_is_waited_for(publisher: Publisher, run: Run) -> None:
    version = publisher.version(publisher.session())

    result = run("wait", "--version", version["id"], "--at", "studio.hq", "--timeout", "0")

    assert result.exit_code == exit_codes.TIMEOUT
    assert "The version has no components yet." in result.stderr


def test_wait_says_that_the_staging_disk_is_unplugged(publisher: Publisher, run: Run) -> None:
    component = publisher.publish_file(publisher.version(publisher.session()))
    publisher.close()
    publisher.studio.staging.rename(publisher.studio.root / "unplugged")

    result = run("wait", "--component", component["id"], "--at", "studio.london", "--timeout", "0")

    assert result.exit_code == exit_codes.TIMEOUT
    assert "its disk is unplugged" in result.stderr
    assert "Nothing on this machine" not in result.stderr


@pytest.mark.parametrize("what", ["component", "version"])
def test_wait_for_what_ftrack_does_not_know_fails_at_once(publisher: Publisher, run: Run, what: str) -> None:
    result = run("wait", f"--{what}", uuid.uuid4(), "--at", "studio.hq")

    assert result.exit_code == exit_codes.FAILED
    assert "there is none" in result.stderr


def test_wait_at_an_unknown_location_fails_at_once(publisher: Publisher, run: Run) -> None:
    result = run("wait", "--component", uuid.uuid4(), "--at", "studio.mars")

    assert result.exit_code == exit_codes.FAILED
    assert "studio.mars" in result.stderr


@pytest.mark.parametrize("arguments", [[], ["--component", "a", "--version", "b"]])
def test_wait_wants_exactly_one_thing(publisher: Publisher, run: Run, arguments: list[str]) -> None:
    assert run("wait", *arguments).exit_code == exit_codes.USAGE


def test_wait_survives_an_outage_of_ftrack(publisher: Publisher, told: Told) -> None:
    publisher.studio.accsyn.engine.paused = True
    component = publisher.publish_file(publisher.version(publisher.session()))
    publisher.submitted(component)
    found: list[Any] = []
    publisher.studio.ftrack.log.clear()
    waiting = threading.Thread(target=lambda: found.append(told("wait", "--component", component["id"])))
    waiting.start()
    publisher.studio.ftrack.log.wait_for("query:ComponentLocation")
    publisher.studio.ftrack.switches.refuse(True)
    publisher.studio.accsyn.engine.paused = False
    publisher.studio.accsyn.engine.wait_idle(20)
    publisher.studio.ftrack.switches.refuse(False)
    waiting.join(60)

    assert found[0]["exit_code"] == exit_codes.OK


def test_wait_without_an_ftrack_server_says_which_variable_is_missing(publisher: Publisher, run: Run) -> None:
    publisher.environment(FTRACK_SERVER=None)

    result = run("wait", "--component", "x", "--at", "studio.hq")

    assert result.exit_code == exit_codes.NOT_SET_UP
    assert "FTRACK_SERVER not set" in result.stderr
