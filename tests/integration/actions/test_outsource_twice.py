"""Two machines hear of the same assignment: they have a spool and an outbox each, and hand it out as one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model.accsyn import FINISHED
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox.store import Outbox
from ftrack_accsyn_accessor.vendor.advancing import advance
from ftrack_accsyn_sandbox.accsyn.entities import Delivery
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from integration.actions.test_outsource import TASK, handed_out, running, studio
from integration.actions.test_outsource_assigned import Watch

__all__ = ["running", "studio"]


def is_sent(outbox: Outbox) -> bool:
    """Whether accsyn has all that was asked for: a delivery, which is fetched, is over before that."""
    return not any(outbox.counts()[state] for state in (State.PREPARED, State.PENDING))


def set_up(studio: Studio, how: str) -> None:
    if how.startswith("at once"):
        studio.accsyn.switches.gather("delivery/create", 2)
    if how.endswith("taken back"):
        refusal = json.dumps({"message": "This delivery cannot be edited."})
        studio.accsyn.switches.fail_next("delivery/edit", status=400, body=refusal)


@pytest.mark.parametrize("how", ["as it comes", "at once", "at once, and neither can be taken back"])
def test_what_two_machines_hear_of_at_the_same_moment_is_one_package_note_and_delivery(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    before = {each.id for each in studio.demo.workspace.each(Delivery)}
    set_up(studio, how)

    def be(name: str) -> None:
        """Let this process be on another machine."""
        rules = {"root": str(studio.hq), "spool": str(tmp_path / f"spool {name}")}
        (tmp_path / "vendors.json").write_text(json.dumps(rules))
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / f"state {name}"))

    def waits(name: str) -> bool:
        be(name)
        office = machines[name].office
        advance(office.means(), office.runtime())
        office.runtime().wake()
        return bool(office.means().spool.waiting())

    machines: dict[str, Watch] = {}
    for name in ("one", "other"):
        be(name)
        machines[name] = Watch(studio)
        machines[name].look()
    machines["one"].assign()
    for name, machine in machines.items():
        be(name)
        machine.look()
        assert machine.tasks == [studio.ids[TASK]]
    wait_until(lambda: not sum(map(waits, machines)), 30.0, "the outboxes of both to have it")
    wait_until(lambda: all(is_sent(each.outbox) for each in machines.values()), 30.0, "accsyn to have it from both")

    assert handed_out(studio) == [studio.ids[TASK]]
    assert len(studio.ftrack.store.find("Note", parent_id=studio.ids[TASK])) == 1
    assert len(list((studio.hq / "show_a").glob("_vendors/*/to/*/manifest.json"))) == 1
    made = [each for each in studio.demo.workspace.each(Delivery) if each.id not in before]
    assert len(made) == 2 or not how.startswith("at once")
    opened = sorted(each.id for each in made if each.status not in FINISHED)
    assert len(opened) == (2 if how.endswith("taken back") else 1)
    jobs = [each.outbox.job_by_id(item.job) for each in machines.values() for item in each.outbox.items()]
    assert [job.accsyn_id for job in jobs if job is not None] == opened[:1] * 2
    (one,), (other,) = (each.outbox.requests.latest(5) for each in machines.values())
    assert one.request.token == other.request.token
    for machine in machines.values():
        machine.close()
