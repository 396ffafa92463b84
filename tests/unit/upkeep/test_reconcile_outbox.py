"""The outbox's steps for reconciling: what is known already is never touched."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

from ftrack_accsyn_accessor.model.item import Kind, Publication, StagedFile, State
from ftrack_accsyn_accessor.outbox import Outbox
from making import route

LOCATION = "location"


def publication(component_id: str, location_id: str = LOCATION) -> Publication:
    return Publication(
        component_id=component_id,
        component_name="main",
        kind=Kind.FILE,
        resource_identifier=f"show_a/{component_id}.mov",
        location_id=location_id,
        location_name="artist.desk",
        server_url="https://ftrack.test",
        username="artist",
        project_id="project",
        project_name="show_a",
        version_id="version",
        version_name="plate v001",
        files=(StagedFile(f"show_a/{component_id}.mov", 5, 7),),
    )


def test_enqueued_components_are_pending_and_due_with_their_files(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "a.sqlite3")

    assert outbox.enqueue([publication("one"), publication("two")]) == 2

    assert [item.publication for item in outbox.due(10)] == [publication("one"), publication("two")]
    assert {item.state for item in outbox.items()} == {State.PENDING}


def test_component_with_an_item_in_any_state_keeps_it_as_it_is(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "a.sqlite3")
    outbox.prepare([publication("prepared")], "owner")
    outbox.enqueue([publication("sent")])
    outbox.submitted(list(outbox.items(State.PENDING)), outbox.job(route()))
    before = list(outbox.items())

    again = [dataclasses.replace(publication(name), username="another") for name in ("prepared", "sent")]
    assert outbox.enqueue(again) == 0

    assert list(outbox.items()) == before


def test_known_are_the_components_of_the_location_in_whatever_state(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "a.sqlite3")
    outbox.prepare([publication("prepared")], "owner")
    outbox.enqueue([publication("pending"), publication("elsewhere", "another location")])

    ids = ("prepared", "pending", "elsewhere", "unknown")
    assert outbox.resting.known(LOCATION, ids) == {"prepared", "pending"}
    assert outbox.resting.known("nowhere", ids) == set()


def test_of_many_that_enqueue_at_once_one_writes_each_component(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    Outbox(path).open()
    items = [publication(str(number)) for number in range(50)]
    counts: list[int] = []
    together = threading.Barrier(4)

    def enqueue() -> None:
        outbox = Outbox(path)
        together.wait(10)
        counts.append(outbox.enqueue(items))
        outbox.close()

    threads = [threading.Thread(target=enqueue) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sum(counts) == 50
    assert len(list(Outbox(path).items())) == 50
