"""`first` and FTRACK_ACCSYN_PRIORITY, from the command line to the tasks in accsyn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cleaning import Told
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.model.item import State
from helpers import wait_until
from integration.cli.conftest import Run
from publishing import Publisher


def priorities(publisher: Publisher) -> dict[str, int]:
    """Return the priority of each task in accsyn, by the name of its file."""
    jobs = publisher.studio.accsyn.workspace.jobs()
    return {task.source.rpartition("/")[2]: task.priority for job in jobs for task in job.tasks}


@pytest.fixture
def held(publisher: Publisher) -> Iterator[Publisher]:
    """Let accsyn transfer nothing."""
    publisher.studio.accsyn.engine.paused = True
    yield publisher
    publisher.studio.accsyn.engine.paused = False


def test_what_waits_in_accsyn_gets_its_priority_from_the_worker_of_a_running_application(
    held: Publisher, run: Run, told: Told
) -> None:
    version = held.version(held.session())
    components = {name: held.publish_file(version, name) for name in ("plate", "note")}
    held.submitted(*components.values())

    result = run("first", "plate v001 note")

    assert result.exit_code == exit_codes.OK
    assert "show_a sq010/sh010 plate v001 note goes first in its sync job" in result.stdout
    wait_until(lambda: priorities(held) == {"plate.mov": 500, "note.mov": 1000}, 20, "accsyn to be told")
    assert {row["component"]: row["priority"] for row in told("status")["items"]} == {"plate": None, "note": 1000}


def test_what_was_published_under_a_priority_keeps_it_until_it_is_sent(held: Publisher) -> None:
    version = held.version(held.session())
    held.environment(FTRACK_ACCSYN_PRIORITY="700")
    urgent = held.publish_file(version, "urgent")
    held.environment(FTRACK_ACCSYN_PRIORITY=None)
    usual = held.publish_file(version, "usual")

    held.submitted(urgent, usual)

    assert priorities(held) == {"urgent.mov": 700, "usual.mov": 500}


def test_what_cannot_go_first_is_told_in_words(publisher: Publisher, run: Run, told: Told) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    version = publisher.version(publisher.session())
    states = ("moving", "there", "withdrawn", "pending", "stuck")
    components = {name: publisher.publish_file(version, name) for name in states}
    publisher.close()
    outbox = publisher.outbox
    move(publisher, components)

    items = told("first", *(component["id"] for component in components.values()))["items"]

    found = {each["title"].rpartition(" ")[2]: each for each in items}
    assert [name for name, each in found.items() if each["first"]] == ["pending", "stuck"]
    assert found["moving"]["said"] == "is under way already"
    assert found["there"]["said"] == "has arrived already"
    assert run("first", components["withdrawn"]["id"]).exit_code == exit_codes.FAILED
    assert run("first", components["there"]["id"]).exit_code == exit_codes.OK
    assert run("first", "nobody knows this").exit_code == exit_codes.FAILED
    outbox.close()


def move(publisher: Publisher, components: dict[str, Any]) -> None:
    """Bring items to the states that they are called by."""
    states = {"moving": State.TRANSFERRING, "there": State.SYNCED, "withdrawn": State.WITHDRAWN}
    states["stuck"] = State.NEEDS_ATTENTION
    with publisher.outbox._connections.writing() as connection:
        for name, state in states.items():
            values = (state.value, components[name]["id"])
            connection.execute("UPDATE item SET state = ? WHERE component_id = ?", values)
