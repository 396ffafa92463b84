"""Two machines hear of the same assignment: they have a spool and an outbox each, and hand it out as one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.vendor.advancing import advance
from ftrack_accsyn_sandbox.accsyn.entities import Delivery
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from integration.actions.test_outsource import TASK, handed_out, running, studio
from integration.actions.test_outsource_assigned import Watch

__all__ = ["running", "studio"]


def test_what_two_machines_hear_of_at_the_same_moment_is_one_package_note_and_delivery(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    wait_until(lambda: not sum(map(waits, machines)), 30.0, "accsyn to have it from both")

    assert handed_out(studio) == [studio.ids[TASK]]
    assert len(studio.ftrack.store.find("Note", parent_id=studio.ids[TASK])) == 1
    assert len(list((studio.hq / "show_a").glob("_vendors/*/to/*/manifest.json"))) == 1
    assert len(list(studio.demo.workspace.each(Delivery))) == 1
    (one,), (other,) = (each.outbox.requests.latest(5) for each in machines.values())
    assert one.request.token == other.request.token
    for machine in machines.values():
        machine.close()
