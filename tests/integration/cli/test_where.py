"""Where components are, asked from another machine than the one that published them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.route import KEY
from ftrack_accsyn_accessor.model.whereabouts import Presence, Whereabouts
from ftrack_accsyn_accessor.send import where as module
from ftrack_accsyn_accessor.send.order import Picked
from ftrack_accsyn_accessor.send.where import MOST_CALLS, Answer, where
from ftrack_accsyn_accessor.worker import endpoint
from helpers import wait_until
from integration.cli.conftest import Run
from publishing import Publisher

Ask = Callable[..., Answer]


@pytest.fixture
def ask(publisher: Publisher) -> Iterator[Ask]:
    """Return a function that asks for components, on a machine that has published nothing."""
    connection = FtrackConnection(environment.ftrack_credentials())

    def asked(*entities: Any, **options: Any) -> Answer:
        workspace = endpoint.connect(environment.read_settings())
        picked = [Picked(entity.entity_type, entity["id"]) for entity in entities]
        log = publisher.studio.ftrack.log
        connection.query("select id from Project")  # the session is there
        before = log.count("query")
        try:
            return where(connection, workspace, picked, **options)
        finally:
            assert workspace.calls <= MOST_CALLS
            assert log.count("query") - before <= 12
            workspace.close()

    yield asked
    connection.close()


def only(answer: Answer) -> Whereabouts:
    (found,) = answer.components
    assert answer.fault == ""
    return found


def staging_name(publisher: Publisher, component: Any) -> str:
    return publisher.item(component).publication.location_name


def test_what_has_arrived_is_in_both_locations_and_on_no_way(publisher: Publisher, ask: Ask) -> None:
    version = publisher.version(publisher.session())
    component = publisher.publish_file(version)
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")

    found = only(ask(version))

    assert (found.presence, found.places, found.moves) == (Presence.THERE, ("studio.hq",), ())
    assert found.staged == (staging_name(publisher, component),)
    assert (found.version, found.component, found.project) == ("sh010 plate v001", "main", "show_a")


def test_what_is_in_accsyn_is_on_its_way_and_not_there(publisher: Publisher, ask: Ask) -> None:
    publisher.studio.accsyn.engine.paused = True
    version = publisher.version(publisher.session())
    component = publisher.publish_file(version)
    publisher.submitted(component)

    found = only(ask(version["asset"]["parent"]))

    (move,) = found.moves
    assert (found.presence, found.places) == (Presence.MOVING, ())
    assert (move.source, move.destination) == (staging_name(publisher, component), "studio.hq")
    assert (move.state, move.cause) == (State.SUBMITTED, "It waits in accsyn for its turn.")
    assert move.since.startswith(f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}")


def test_the_offline_client_of_another_machine_is_named(publisher: Publisher, ask: Ask) -> None:
    publisher.studio.accsyn.engine.paused = True
    version = publisher.version(publisher.session())
    publisher.submitted(publisher.publish_file(version))
    client = publisher.studio.demo.artist_client
    client.status = "offline"

    (move,) = only(ask(version)).moves

    assert move.cause == f"accsyn's client {client.code} is offline."


def test_what_accsyn_does_not_have_yet_waits_on_the_machine_that_published_it(publisher: Publisher, ask: Ask) -> None:
    publisher.studio.accsyn.engine.paused = True
    publisher.environment(ACCSYN_API_KEY="wrong")
    version = publisher.version(publisher.session())
    component = publisher.publish_file(version)
    publisher.waiting(component, "unauthorised")
    publisher.environment(ACCSYN_API_KEY=publisher.studio.artist.accsyn_key)

    found = only(ask(version))

    (move,) = found.moves
    assert (found.presence, move.state) == (Presence.WAITING, State.PENDING)
    assert staging_name(publisher, component) in move.cause
    assert move.since
    own = only(ask(version, outboxes=[publisher.outbox]))
    assert any("Authentication failed" in each.cause for each in own.moves)


def test_an_aborted_job_is_not_done(publisher: Publisher, ask: Ask) -> None:
    publisher.studio.accsyn.engine.paused = True
    version = publisher.version(publisher.session())
    component = publisher.publish_file(version)
    publisher.submitted(component)
    publisher.rest()
    (job,) = publisher.studio.accsyn.workspace.jobs()
    publisher.studio.accsyn.workspace.set_job_status(job.id, "aborted")

    found = only(ask(version))

    (move,) = found.moves
    assert (found.presence, found.places) == (Presence.STUCK, ())
    assert "was aborted in accsyn" in move.cause


def test_accsyn_that_cannot_be_asked_is_said_beside_what_ftrack_knows(publisher: Publisher, ask: Ask) -> None:
    version = publisher.version(publisher.session())
    component = publisher.publish_file(version)
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")
    publisher.environment(ACCSYN_API_KEY="wrong")

    answer = ask(version)

    assert [each.places for each in answer.components] == [("studio.hq",)]
    assert "Authentication failed" in answer.fault


def test_what_may_move_unseen_is_not_told_to_stand_still(
    publisher: Publisher, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    component = publisher.publish_file(publisher.version(publisher.session()))
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")
    assert run("where", component["id"]).exit_code == exit_codes.OK
    monkeypatch.setenv("ACCSYN_API_KEY", "wrong")

    result = run("where", component["id"])

    assert "Authentication failed" in result.stdout
    assert result.exit_code == exit_codes.FAILED


def test_a_selection_of_many_components_costs_a_bounded_number_of_calls(publisher: Publisher, ask: Ask) -> None:
    publisher.studio.accsyn.engine.paused = True
    session = publisher.session()
    components = []
    for asset in ("plate", "comp", "roto"):
        version = publisher.version(session, asset=asset)
        components += [publisher.publish_file(version, f"{asset}{number}") for number in range(3)]
    publisher.submitted(*components)

    answer = ask(session.get("Project", publisher.studio.ids["show_a"]))

    assert len(answer.components) == 9
    assert {each.presence for each in answer.components} == {Presence.MOVING}


def test_jobs_that_could_not_be_looked_into_are_named(publisher: Publisher, ask: Ask) -> None:
    publisher.studio.accsyn.engine.paused = True
    version = publisher.version(publisher.session())
    component = publisher.publish_file(version)
    (item,) = publisher.submitted(component)
    workspace = endpoint.connect(environment.read_settings())
    for number in range(5):
        metadata = {KEY: str(number), "ftrack_project_id": item.publication.project_id}
        source = f"client={publisher.studio.demo.artist_client.id}:share=projects/{number}.mov"
        payload = {"code": f"show_a ftrack send {number}", "mirror_paths": True, "metadata": metadata}
        workspace.create_job({**payload, "tasks": [{"source": source, "destination": "acme"}]})
    workspace.close()

    answer = ask(version)

    assert len(answer.unseen) == 4
    assert all(name.startswith("show_a ftrack ") for name in answer.unseen)


def test_a_job_with_more_tasks_than_are_read_is_named(
    publisher: Publisher, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.studio.accsyn.engine.paused = True
    version = publisher.version(publisher.session())
    components = [publisher.publish_file(version, name) for name in ("beauty", "depth")]
    publisher.submitted(*components)
    monkeypatch.setattr(module, "MOST_TASKS", 1)

    answer = ask(version)

    (job,) = publisher.studio.accsyn.workspace.jobs()
    assert answer.unseen == (job.name,)
    assert len([each for each in answer.components if each.presence is Presence.MOVING]) == 1


def test_latest_version_without_components_leads_to_the_older_ones(publisher: Publisher, run: Run) -> None:
    session = publisher.session()
    publisher.publish_file(publisher.version(session))
    publisher.version(session)

    told = run("where", "show_a/sq010/sh010")
    assert told.exit_code == exit_codes.FAILED
    assert "in its latest versions; --all looks into the older ones, too." in told.stderr
    assert run("where", "show_a/sq010/sh010", "--all").exit_code != exit_codes.FAILED
