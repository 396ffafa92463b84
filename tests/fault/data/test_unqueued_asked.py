"""What could not be queued, and of which only ftrack can tell what became of it; killed in between, too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable

import ftrack_api
import ftrack_api.exception
import ftrack_api.structure.id
import pytest

from fault.data.queueing import Closed, kept, new_intake
from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.outbox import unqueued
from ftrack_accsyn_accessor.staging import location
from ftrack_accsyn_accessor.worker.intake import AGAIN_S, CONFIRMED_WITHIN_S, Intake
from helpers import ROOT
from tracking import Desk as Machine

REFUSAL = {"exception": "ValidationError", "content": "Not this one", "error_code": None}


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
        priority = None

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
