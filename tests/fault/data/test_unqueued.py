"""An outbox that takes nothing while something is published: that is kept beside it, and queued by itself later."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ftrack_api
import ftrack_api.exception
import ftrack_api.structure.id
import pytest
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox, unqueued
from ftrack_accsyn_accessor.outbox.unqueued import Unqueued
from ftrack_accsyn_accessor.staging import location
from ftrack_accsyn_accessor.worker.intake import AGAIN_S, CONFIRMED_WITHIN_S, Intake
from helpers import ROOT, wait_until
from publishing import Publisher
from tracking import Desk as Machine

REFUSAL = {"exception": "ValidationError", "content": "Not this one", "error_code": None}


class Closed:
    """Lets nobody use an outbox: it passes for one of a later release."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        with contextlib.closing(sqlite3.connect(outbox.path)) as connection:
            self.version = connection.execute("PRAGMA user_version").fetchone()[0]

    def _set(self, version: int) -> None:
        self.outbox.close()
        with contextlib.closing(sqlite3.connect(self.outbox.path, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA user_version = {version}")

    def __enter__(self) -> None:
        self._set(99)

    def __exit__(self, *ignored: object) -> None:
        self._set(self.version)


@pytest.fixture
def closed(machine: Machine) -> Callable[[], Closed]:
    return lambda: Closed(machine.outbox)


@pytest.fixture
def intake(machine: Machine) -> Intake:
    return new_intake(machine)


def new_intake(machine: Machine, server_url: str = "", now: float = 0.0) -> Intake:
    url = server_url or machine.studio.ftrack.url
    clock = {"clock": lambda: now} if now else {}
    return Intake(
        machine.outbox, machine.area, lambda: machine.registrations, lambda: url, monotonic=machine.monotonic, **clock
    )


def kept(machine: Machine) -> list[Unqueued]:
    return unqueued.kept(machine.outbox.path)


def add(machine: Machine, component: Any) -> None:
    machine.location.add_component(component, machine.session.get("Location", ORIGIN_LOCATION_ID))


def publish_three(machine: Machine) -> list[Any]:
    version = machine.version()
    return [
        machine.publisher.publish_file(version),
        machine.publisher.publish_sequence(version, [1001, 1002, 1004]),
        machine.publisher.publish_container(machine.session, version),
    ]


# Taken up whole.


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


# ftrack is asked.


def test_refused_publish_is_not_queued_and_forgotten_after_a_while(
    machine: Machine, closed: Callable[[], Closed], intake: Intake
) -> None:
    version = machine.version()
    machine.studio.ftrack.switches.fail_next("create:FileComponent", status=200, body=REFUSAL)
    with closed(), pytest.raises(ftrack_api.exception.LocationError):
        machine.publisher.publish_file(version)
    (found,) = kept(machine)
    assert not found.registered

    intake.step()
    assert kept(machine) == [found]
    new_intake(machine, now=found.at + CONFIRMED_WITHIN_S + 1).step()

    assert kept(machine) == []
    assert machine.states() == {}


def test_publish_whose_answer_was_lost_is_queued_when_ftrack_has_it(
    machine: Machine, closed: Callable[[], Closed], intake: Intake
) -> None:
    version = machine.version()
    machine.studio.ftrack.switches.drop_after("create:FileComponent")
    with closed(), pytest.raises(ftrack_api.exception.LocationError):
        machine.publisher.publish_file(version)

    intake.step()

    assert machine.states() == {"main": "pending"}
    assert kept(machine) == []


def test_component_that_could_not_be_looked_at_is_queued_as_ftrack_and_the_disk_have_it(
    machine: Machine, intake: Intake
) -> None:
    version_id = machine.version()["id"]
    machine.session.reset()
    machine.location = location.configure(machine.session, "artist.desk", machine)
    machine.location.structure = ftrack_api.structure.id.IdStructure()
    machine.studio.ftrack.switches.fail_next("query:AssetVersion", status=502, body="Bad gateway")

    component = machine.session.create_component(
        str(machine.publisher.file()), {"name": "main", "version_id": version_id}, location=machine.location
    )

    (found,) = kept(machine)
    assert (found.component_ids, found.publications) == ((component["id"],), ())
    assert (found.location_name, found.username, found.workspace) == ("artist.desk", "artist", "acme")
    intake.step()
    publication = machine.item(component).publication
    assert machine.states() == {"main": "pending"}
    assert (publication.project_name, publication.workspace, publication.username) == ("show_a", "acme", "artist")
    assert (machine.studio.staging / publication.files[0].path).is_file()
    assert kept(machine) == []


def test_component_whose_files_have_vanished_stays_shown(
    machine: Machine, intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    announce._said.clear()
    component = machine.version().create_component(str(machine.publisher.file()), {"name": "main"}, location=None)
    machine.session.commit()
    path = machine.studio.staging / "main.mov"

    machine.location._register_component_in_location(component, "main.mov")

    intake.step()
    assert machine.states() == {}
    assert len(kept(machine)) == 1
    assert any("main.mov" in text and "Put the files back" in text for text in caplog.messages)
    assert not intake.waiting()
    path.write_bytes(b"found again")
    machine.monotonic.now += AGAIN_S
    assert intake.waiting()
    intake.step()
    assert machine.states() == {"main": "pending"}
    assert kept(machine) == []


def test_ftrack_that_cannot_be_asked_is_asked_again_more_and_more_seldom(
    machine: Machine, closed: Callable[[], Closed], intake: Intake
) -> None:
    version = machine.version()
    machine.studio.ftrack.switches.drop_after("create:FileComponent")
    with closed(), pytest.raises(ftrack_api.exception.LocationError):
        machine.publisher.publish_file(version)
    machine.studio.ftrack.switches.refuse(True)
    moments = []
    for _ in range(200):
        if intake.waiting():
            intake.step()
            moments.append(machine.monotonic.now)
        machine.monotonic.now += 5.0
    machine.studio.ftrack.switches.refuse(False)
    pauses = [after - before for before, after in zip(moments, moments[1:])]
    assert pauses[:5] == [10.0, 20.0, 40.0, 80.0, 160.0]
    machine.monotonic.now += 300.0
    intake.step()
    assert machine.states() == {"main": "pending"}


def test_publish_of_another_ftrack_is_left_to_a_process_of_its_own(
    machine: Machine, closed: Callable[[], Closed]
) -> None:
    version = machine.version()
    machine.studio.ftrack.switches.drop_after("create:FileComponent")
    with closed(), pytest.raises(ftrack_api.exception.LocationError):
        machine.publisher.publish_file(version)

    new_intake(machine, server_url="https://other.test").step()

    assert len(kept(machine)) == 1
    assert machine.states() == {}


def test_file_that_cannot_be_read_is_told_and_stops_no_other(
    machine: Machine, closed: Callable[[], Closed], intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    announce._said.clear()
    with closed():
        machine.publisher.publish_file(machine.version())
    folder = machine.outbox.path.parent / unqueued.FOLDER_NAME
    (folder / f"{machine.outbox.path.stem}-{'0' * 32}.json").write_text("{")

    intake.step()

    assert machine.states() == {"main": "pending"}
    assert [each.readable for each in kept(machine)] == [False]
    assert any("cannot be read" in text for text in caplog.messages)
    assert not intake.waiting()


# Killed in between.

KILLED = """
    import os, signal, sys
    from pathlib import Path
    import ftrack_api
    from ftrack_accsyn_accessor.outbox import Outbox
    from ftrack_accsyn_accessor.outbox.locks import OwnerLock
    from ftrack_accsyn_accessor.staging import location
    from ftrack_accsyn_accessor.staging.area import StagingArea

    class Kill:
        def _register_components_in_location(self, components, resource_identifiers):
            if sys.argv[3] == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            super()._register_components_in_location(components, resource_identifiers)
            os.kill(os.getpid(), signal.SIGKILL)

    class Staging:
        volume = "projects"

        def __init__(self, outbox, root):
            self.area = StagingArea(root)
            self.area.prepare()
            self.outbox = Outbox(outbox)
            self.owner = OwnerLock(outbox.parent / "owners")

        def studio_workspace(self):
            return "acme"

        def wake(self):
            pass

    session = ftrack_api.Session(plugin_paths=[], auto_connect_event_hub=False)
    ftrack_api.mixin(location.find_or_create(session, "artist.desk"), Kill, name="Killing")
    staging = location.configure(session, "artist.desk", Staging(Path(sys.argv[1]), os.environ["ACCSYN_PROJECTS_PATH"]))
    version = session.get("AssetVersion", sys.argv[4])
    version.create_component(sys.argv[2], {"name": "main"}, location=staging)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
@pytest.mark.parametrize(("moment", "states"), [("before", {}), ("after", {"main": "pending"})])
def test_process_that_is_killed_while_it_registers_what_it_could_not_queue_loses_nothing(
    machine: Machine, closed: Callable[[], Closed], intake: Intake, moment: str, states: dict[str, str]
) -> None:
    source = machine.publisher.file()
    version = machine.version()
    path = os.pathsep.join((str(ROOT / "source"), os.environ.get("PYTHONPATH", "")))
    with closed():
        code = [sys.executable, "-c", textwrap.dedent(KILLED)]
        arguments = [str(machine.outbox.path), str(source), moment, version["id"]]
        ended = subprocess.run([*code, *arguments], env={**os.environ, "PYTHONPATH": path}, check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    (found,) = kept(machine)
    assert not found.registered

    intake.step()

    assert machine.states() == states
    assert len(kept(machine)) == (0 if states else 1)
