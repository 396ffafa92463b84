"""An outbox that takes nothing while something is published: that is kept beside it, and queued by itself later."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ftrack_api
import ftrack_api.exception
import ftrack_api.structure.id
import pytest

from fault.data.queueing import Closed, add, kept, publish_three
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import unqueued
from ftrack_accsyn_accessor.staging import location
from ftrack_accsyn_accessor.staging.publish import KEEP_S
from ftrack_accsyn_accessor.worker.intake import Intake
from helpers import wait_until
from holding import ALWAYS, Holder
from publishing import Publisher
from tracking import Desk as Machine


def test_what_an_outbox_could_not_take_is_kept_and_told(
    machine: Machine, closed: Callable[[], Closed], caplog: pytest.LogCaptureFixture
) -> None:
    with closed():
        published = publish_three(machine)

    found = kept(machine)
    assert [each.publications[0].component_id for each in found] == [component["id"] for component in published]
    assert [len(each.publications[0].files) for each in found] == [1, 3, 2]
    assert {each.registered for each in found} == {True}
    assert all("Update the plugin" in each.words for each in found)
    told = [text for text in caplog.messages if "Could not queue the published components" in text]
    assert len(told) == 3
    assert all("are queued by themselves" in text for text in told)
    assert machine.states() == {}


@pytest.mark.parametrize(("tries", "files"), [(6, 1), (ALWAYS, 0)], ids=["for a moment", "for good"])
def test_file_that_another_program_holds_is_waited_for_no_longer_than_a_publish_may_take(
    machine: Machine, closed: Callable[[], Closed], monkeypatch: pytest.MonkeyPatch, tries: int, files: int
) -> None:
    version = machine.version()
    with closed(), monkeypatch.context() as patch:
        holder = Holder(patch, tries, lambda name: re.fullmatch(r"\..+\.json\.[0-9a-f]{8}", name) is not None)
        machine.publisher.publish_file(version)

    assert len(kept(machine)) == files
    assert 0 < holder.paused_s <= KEEP_S


def test_it_is_queued_and_arrives_when_the_outbox_can_be_written_again(
    machine: Machine, closed: Callable[[], Closed], intake: Intake
) -> None:
    with closed():
        published = publish_three(machine)
    wanted = {each.publications[0].component_id: each.publications[0] for each in kept(machine)}
    assert intake.waiting()
    machine.studio.ftrack.log.clear()

    intake.step()

    assert machine.studio.ftrack.log.count() == 0
    assert machine.states() == dict.fromkeys(("main", "frames", "pack"), "pending")
    assert {component["id"]: machine.item(component).publication for component in published} == wanted
    assert kept(machine) == []
    assert not intake.waiting()
    machine.submit()
    machine.settle()
    assert machine.all_in(State.SYNCED)
    assert len(machine.publisher.hq()) == 6


def test_outbox_that_still_takes_nothing_leaves_it_kept(
    machine: Machine, closed: Callable[[], Closed], intake: Intake
) -> None:
    with closed():
        machine.publisher.publish_file(machine.version())
        with pytest.raises(Exception, match="Update the plugin"):
            intake.step()
    assert len(kept(machine)) == 1
    assert intake.waiting()


def test_locks_that_are_lost_keep_it_as_well(machine: Machine, intake: Intake) -> None:
    owners = Path(machine.area.state_dir) / "owners"
    owners.write_text("no folder")

    machine.publisher.publish_file(machine.version())

    assert machine.states() == {}
    assert "the file cannot be locked" in kept(machine)[0].words
    intake.step()
    assert machine.states() == {"main": "pending"}


class ClosedByRegistering:
    """Closes the outbox, or ends the process, between ftrack's answer and the outbox's next step."""

    after_registering: Callable[[], None]

    def _register_components_in_location(self, components: Any, resource_identifiers: Any) -> None:
        super()._register_components_in_location(components, resource_identifiers)  # type: ignore[misc]
        self.after_registering()


@pytest.mark.parametrize(("settled", "state"), [(False, State.PREPARED), (True, State.PENDING)])
def test_item_that_was_prepared_before_the_outbox_was_lost_stays_as_it_is(
    machine: Machine, closed: Callable[[], Closed], intake: Intake, settled: bool, state: State
) -> None:
    other = location.find_or_create(machine.session, "artist.other")
    ftrack_api.mixin(other, ClosedByRegistering, name="Closing")
    machine.location = location.configure(machine.session, "artist.other", machine)
    gate = closed()
    machine.location.after_registering = gate.__enter__
    component = machine.version().create_component(
        str(machine.publisher.file()), {"name": "main"}, location=machine.location
    )
    gate.__exit__()
    assert machine.states() == {"main": "prepared"}
    assert kept(machine)[0].registered

    if settled:  # as the worker does by itself, as soon as ftrack says that it is registered
        machine.outbox.activate([component["id"]], machine.location["id"])
    (file,) = machine.item(component).publication.files

    intake.step()

    assert machine.item(component).state is state
    assert machine.area.stat_file(file.path).mtime_ns == file.mtime_ns
    assert kept(machine) == []


def test_doubt_is_not_lost_on_the_way(machine: Machine, closed: Callable[[], Closed], intake: Intake) -> None:
    with closed():
        machine.version().create_component(
            str(machine.publisher.file("Thumbs.db")), {"name": "Thumbs"}, location="auto"
        )

    intake.step()

    assert machine.states() == {"Thumbs": "needs-attention: never-sent"}
    assert machine.outbox.due(10) == []


def test_newer_publication_is_not_disturbed(machine: Machine, closed: Callable[[], Closed], intake: Intake) -> None:
    with closed():
        component = machine.publisher.publish_file(machine.version())
    machine.location.remove_component(component)
    machine.publisher.file("main.mov", 3000)
    add(machine, component)
    before = machine.item(component)

    intake.step()

    assert machine.item(component) == before
    assert kept(machine) == []


def test_older_publication_is_replaced(machine: Machine, closed: Callable[[], Closed], intake: Intake) -> None:
    component = machine.publisher.publish_file(machine.version())
    machine.submit()
    machine.settle()
    machine.location.remove_component(component)
    content = machine.publisher.file("main.mov").read_bytes()
    with closed():
        add(machine, component)

    intake.step()
    assert machine.states() == {"main": "pending"}
    machine.submit()
    machine.settle()

    assert machine.states() == {"main": "synced"}
    assert list(machine.publisher.hq().values()) == [content]
    assert kept(machine) == []


def test_running_application_queues_and_sends_it_by_itself(publisher: Publisher) -> None:
    session = publisher.session()
    version = publisher.version(session)
    publisher.submitted(publisher.publish_file(version, "before"))
    with Closed(session.pick_location().accsyn_staging.outbox):
        publisher.publish_file(version, "during")

    wait_until(lambda: len(publisher.hq()) == 2, 20.0, "both files to arrive")

    assert {path.rpartition("/")[2] for path in publisher.hq()} == {"before.mov", "during.mov"}
    assert unqueued.kept(publisher.outbox.path) == []


def test_newer_publication_of_the_same_tick_of_the_clock_is_queued(
    machine: Machine, closed: Callable[[], Closed], intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick_s = time.time()
    monkeypatch.setattr(time, "time", lambda: tick_s)
    component = machine.publisher.publish_file(machine.version())
    first = machine.item(component)
    machine.submit()
    machine.settle()
    machine.location.remove_component(component)
    with closed():
        add(machine, component)

    intake.step()

    assert machine.item(component).created_at > first.created_at
    assert machine.states() == {"main": "pending"}
    assert kept(machine) == []
