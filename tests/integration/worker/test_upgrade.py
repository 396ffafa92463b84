"""A machine on which release 1.0.0 has published, submitted and left things behind, and which is upgraded then."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.insight.installation import find_installation
from ftrack_accsyn_accessor.model.item import State, Trouble
from ftrack_accsyn_accessor.outbox import locations
from ftrack_accsyn_accessor.plugin import read_settings
from ftrack_accsyn_accessor.worker import runtime
from ftrack_accsyn_sandbox.accsyn.parties import Reader
from helpers import wait_until
from publishing import Publisher
from release import Start, release, run_release

__all__ = ["release", "run_release"]

PUBLISH = """
import os, sys, time
from pathlib import Path
import ftrack_api
from ftrack_api.symbol import ORIGIN_LOCATION_ID

folder, version_id, prefix, sent = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] == "sent"
session = ftrack_api.Session()
version = session.get("AssetVersion", version_id)
location = session.pick_location()

def file(name):
    path = folder / name
    path.write_bytes(os.urandom(500))
    return str(path)

version.create_component(file(f"{prefix}file.mov"), {"name": f"{prefix}file"}, location="auto")
for frame in (1, 2, 3, 7):
    file(f"{prefix}frames.{frame:04d}.exr")
expression = f"{folder}/{prefix}frames.%04d.exr [1-3, 7]"
version.create_component(expression, {"name": f"{prefix}frames"}, location="auto")
pack = session.create("ContainerComponent", {"name": f"{prefix}pack", "version": version})
for member in "ab":
    data = {"name": member, "container": pack}
    pack["members"].append(session.create_component(file(f"{prefix}{member}.txt"), data, location=None))
session.commit()
location.add_component(pack, session.get("Location", ORIGIN_LOCATION_ID))
outbox = location.accsyn_staging.outbox
deadline = time.monotonic() + 20
wanted = {"submitted", "transferring"} if sent else {"pending"}

def states():
    ours = [entry for entry in outbox.entries() if entry.publication.component_name.startswith(prefix)]
    return {entry.state.value for entry in ours}

while states() - wanted and time.monotonic() < deadline:
    time.sleep(0.05)
print(*states(), flush=True)
location.accsyn_staging.uploader.stop(0.0)
os._exit(0)
"""


@pytest.fixture
def version(publisher: Publisher) -> Any:
    """A version, made by a session without any plugin."""
    session = publisher.session(plugin_paths=[], auto_connect_event_hub=False)
    return publisher.version(session)


def released(run_release: Start, publisher: Publisher, version: Any, prefix: str, sent: bool) -> None:
    """Publish a file, a sequence with a hole and a container with the release; it ends when they are *sent* or wait."""
    process = run_release(PUBLISH, publisher.folder, version["id"], prefix, "sent" if sent else "waiting")
    printed, complaint = process.communicate(timeout=60)
    assert process.returncode == 0, complaint
    assert set(printed.split()) <= ({"submitted", "transferring"} if sent else {"pending"}), (printed, complaint)


def tasks(publisher: Publisher) -> Counter[str]:
    """The paths of all tasks, without the slash that the release put behind folders."""
    found = [task for job in publisher.studio.accsyn.workspace.jobs() for task in job.tasks]
    return Counter(task.source.rpartition("projects/")[2].rstrip("/") for task in found)


@pytest.fixture
def gentle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let accsyn take a slash behind a mirrored folder for nothing: which of both readings is true is not known."""
    mirror = Reader.mirror

    def without_slash(self: Any, party: Any, source: Any, text: str) -> Any:
        return mirror(self, party, dataclasses.replace(source, into=False), text)

    monkeypatch.setattr(Reader, "mirror", without_slash)


@pytest.fixture
def upgraded(publisher: Publisher, version: Any, run_release: Start) -> Counter[str]:
    """Let the release submit, and leave some that wait, and open a session of the present plugin; return its tasks."""
    accsyn = publisher.studio.accsyn
    accsyn.engine.paused = True
    released(run_release, publisher, version, "sent_", sent=True)
    before = tasks(publisher)
    assert len(before) == 4
    accsyn.switches.refuse(True)
    released(run_release, publisher, version, "waiting_", sent=False)
    accsyn.switches.refuse(False)
    return before


def test_what_the_release_submitted_and_what_still_waited_arrives_with_one_task_each(
    publisher: Publisher, gentle: None, upgraded: Counter[str]
) -> None:
    accsyn = publisher.studio.accsyn

    publisher.session()

    assert len(list(publisher.outbox.items())) == 6
    accsyn.engine.paused = False
    wait_until(lambda: publisher.outbox.counts()[State.SYNCED] == 6, 40.0, "everything to arrive")
    found = tasks(publisher)
    assert len(found) == 8
    assert set(found.values()) == {1}
    assert upgraded.items() <= found.items()
    assert len(accsyn.workspace.jobs()) == 1
    assert publisher.hq() == staged_files(publisher)


def test_container_that_accsyn_carries_elsewhere_for_its_slash_is_not_green(
    publisher: Publisher, upgraded: Counter[str]
) -> None:
    publisher.session()
    publisher.studio.accsyn.engine.paused = False
    wait_until(lambda: publisher.outbox.counts()[State.SYNCED] == 5, 40.0, "all but one to arrive")
    (stuck,) = publisher.outbox.items(State.NEEDS_ATTENTION)
    assert (stuck.publication.component_name, stuck.cause_kind) == ("sent_pack", Trouble.FORM.value)

    publisher.outbox.control.retry([stuck.id])

    wait_until(lambda: publisher.outbox.counts()[State.SYNCED] == 6, 40.0, "the last one to arrive")
    arrived = publisher.hq()
    assert staged_files(publisher).items() <= arrived.items()


def staged_files(publisher: Publisher) -> dict[str, bytes]:
    root = publisher.studio.staging
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".ftrack-accsyn" not in path.parts
    }


def test_what_the_release_left_is_known_before_the_first_session_and_is_not_touched(
    publisher: Publisher, version: Any, run_release: Start
) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    released(run_release, publisher, version, "waiting_", sent=False)

    here = find_installation(read_settings(), "artist")

    assert [path.stem for path in here.earlier] == [here.location_name]
    assert not here.outbox_path.exists()


def test_location_of_the_release_is_kept_for_its_user_after_the_host_was_renamed(
    publisher: Publisher, version: Any, run_release: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    released(run_release, publisher, version, "waiting_", sent=False)
    (before,) = [row["name"] for row in publisher.studio.ftrack.store.find("Location") if "artist." in row["name"]]
    publisher.session().close()  # takes it over, and remembers the location's name
    runtime.stop_all(0.0)
    monkeypatch.setattr("socket.gethostname", lambda: "renamed")

    location = publisher.session().pick_location()

    assert location["name"] == before
    assert locations.located(str(publisher.studio.staging))[-1].name == before
    assert Path(location.accessor.prefix) == publisher.studio.staging
