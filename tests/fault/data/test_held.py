"""An outbox that another process holds for long, as one does that is stopped in the middle of a write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import ftrack_api
import pytest

from fault.data.queueing import kept
from fault.data.test_unqueued import ClosedByRegistering
from ftrack_accsyn_accessor.insight import remarks, status
from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.outbox import patience
from ftrack_accsyn_accessor.staging import location
from ftrack_accsyn_accessor.worker.intake import Intake
from ftrack_accsyn_accessor.worker.settling import CONFIRM_S, Settling
from helpers import ROOT, wait_until
from holding import HOLD
from publishing import Publisher
from tracking import Desk as Machine

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no stopped processes there")


class Holder:
    """Another process that is stopped inside a write transaction, until it is killed."""

    def __init__(self, path: Path, what: str = "writing") -> None:
        command = [sys.executable, "-c", HOLD, str(path), what]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "held\n"
        self.process.send_signal(signal.SIGSTOP)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def hold() -> Iterator[Callable[..., Holder]]:
    holders: list[Holder] = []

    def start(path: Path, what: str = "writing") -> Holder:
        holders.append(Holder(path, what))
        return holders[-1]

    yield start
    for holder in holders:
        holder.end()


@pytest.fixture
def spent(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that threads with little patience were allowed to wait, by each wait."""
    found: list[float] = []
    really = patience.left_s

    def noting(most_s: float) -> float:
        allowed = really(most_s)
        if patience._on_this_thread():
            found.append(allowed)
        return allowed

    monkeypatch.setattr(patience, "left_s", noting)
    return found


def publish(machine: Machine) -> Any:
    return machine.publisher.publish_file(machine.version())


@pytest.mark.parametrize("what", ["writing", "everything"])
def test_publish_beside_a_stopped_writer_is_kept_and_queued_once_when_that_is_gone(
    machine: Machine, intake: Intake, hold: Callable[..., Holder], spent: list[float], what: str
) -> None:
    machine.outbox.close()
    holder = hold(machine.outbox.path, what)

    component = publish(machine)

    assert max(spent) <= patience.HOST_S
    (found,) = kept(machine)
    assert found.registered
    assert [each.component_id for each in found.publications] == [component["id"]]
    assert "Another process is writing to it" in found.words
    holder.end()
    intake.step()
    intake.step()
    assert machine.states() == {"main": "pending"}
    assert kept(machine) == []


def test_what_waits_beside_the_outbox_is_told_while_the_writer_is_stopped(
    machine: Machine, hold: Callable[..., Holder]
) -> None:
    hold(machine.outbox.path)
    publish(machine)

    (remark,) = remarks.of_unqueued(machine.outbox.path)

    assert (remark.count, remark.unsent) == (1, True)
    assert "waits to be queued" in remark.what
    assert "nothing has to be published anew" in remark.remedy
    summary = status.summary(machine.outbox, Studio(machine.studio.ftrack.url, "acme"))
    assert remark in summary.remarks
    assert not summary.safe_to_quit


def test_item_whose_confirmation_could_not_be_written_is_sent_when_ftrack_has_it(
    machine: Machine, intake: Intake, hold: Callable[..., Holder], spent: list[float]
) -> None:
    other = location.find_or_create(machine.session, "artist.other")
    ftrack_api.mixin(other, ClosedByRegistering, name="Holding")
    machine.location = location.configure(machine.session, "artist.other", machine)
    holders: list[Holder] = []
    machine.location.after_registering = lambda: holders.append(hold(machine.outbox.path))

    machine.version().create_component(str(machine.publisher.file()), {"name": "main"}, location=machine.location)

    assert max(spent) <= patience.HOST_S
    assert machine.states() == {"main": "prepared"}
    assert [each.registered for each in kept(machine)] == [True]
    holders[0].end()
    intake.step()
    assert kept(machine) == []
    Settling(
        machine.outbox,
        Path(machine.area.state_dir) / "owners",
        lambda: machine.studio.ftrack.url,
        lambda: machine.registrations,
        lambda: time.time() + CONFIRM_S,
        machine.monotonic,
    ).step()
    assert machine.states() == {"main": "pending"}


def test_component_that_is_removed_while_the_writer_is_stopped_is_not_sent(
    machine: Machine, hold: Callable[..., Holder], spent: list[float]
) -> None:
    component = publish(machine)
    holder = hold(machine.outbox.path)

    machine.location.remove_component(component)

    assert max(spent) <= patience.HOST_S
    holder.end()
    machine.submit()
    assert machine.states() == {"main": "withdrawn"}
    assert machine.studio.accsyn.workspace.jobs() == []


def test_session_that_opens_beside_a_stopped_writer_has_its_location_and_sends_later(
    publisher: Publisher, hold: Callable[..., Holder], spent: list[float]
) -> None:
    publisher.submitted(publisher.publish_file(publisher.version(publisher.session()), "before"))
    publisher.rest()
    path = publisher.outbox.path
    holder = hold(path)
    spent.clear()

    session = publisher.session()
    during = publisher.publish_file(publisher.version(session), "during")

    assert session.pick_location()["name"].startswith("artist.")
    assert max(spent) <= patience.HOST_S
    holder.end()
    wait_until(lambda: len(publisher.hq()) == 2, 40.0, "both files to arrive")
    assert publisher.item(during)


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from ftrack_accsyn_accessor.outbox import Outbox, unqueued
    from ftrack_accsyn_accessor.staging.area import StagingArea
    from ftrack_accsyn_accessor.worker.intake import Intake

    def die(*ignored):
        os.kill(os.getpid(), signal.SIGKILL)

    if sys.argv[3] == "before":
        Outbox.enqueue = die
    else:
        unqueued.forget = die
    area = StagingArea(sys.argv[2])
    area.prepare()
    Intake(Outbox(Path(sys.argv[1])), area, lambda: None, lambda: "").step()
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_process_that_is_killed_while_it_takes_a_publish_in_neither_loses_nor_doubles_it(
    machine: Machine, intake: Intake, hold: Callable[..., Holder], moment: str
) -> None:
    holder = hold(machine.outbox.path)
    publish(machine)
    holder.end()
    arguments = [str(machine.outbox.path), machine.area.root, moment]
    path = os.pathsep.join((str(ROOT / "source"), os.environ.get("PYTHONPATH", "")))
    command = [sys.executable, "-c", textwrap.dedent(KILLED), *arguments]
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    machine.submit()  # the next process goes on with what is queued, before it takes in what is kept
    before = machine.states()

    intake.step()

    assert kept(machine) == []
    assert machine.states() == (before or {"main": "pending"})
    machine.submit()
    machine.settle()
    assert len(list(machine.outbox.items())) == 1
    assert machine.states() == {"main": "synced"}
    (job,) = machine.studio.accsyn.workspace.jobs()
    assert len(job.tasks) == 1
