"""SIGKILL at each step from a confirmation to what the vendor has: one package, one note, one way, whatever is lost."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asking import Asking
from fault.support_fixtures import Run
from fault.support_handing import STEPS
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.outsourcing import Way
from ftrack_accsyn_accessor.model.vendors import VendorRules, places
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outside_path
from ftrack_accsyn_sandbox.accsyn.entities import Acl, Delivery, Ticks
from ftrack_accsyn_sandbox.studio import Studio

KILLED = -getattr(signal, "SIGKILL", 9)
VENDOR = "vendor@acme.test"
FILES = ("show_a/refs/a.txt", "show_a/refs/b.txt")
PLACES = places(VendorRules(), "show_a", VENDOR)
TASKS = ("show_a/sq010/sh010/Animation", "show_a/sq010/sh020/Animation")
#: About how many lines of the plugin run in a process that hands out and carries.
LINES = 70_000
DEFAULT_TRIALS, SLOW_TRIALS = 3, 97
#: Steps like those before them, for the slow tier.
ALIKE = ("access recorded", "first task recorded", "access given again", "about to be over", "over")
steps = [pytest.param(name, marks=pytest.mark.slow if name in ALIKE else ()) for name in STEPS]
trials = [
    *(pytest.param(seed) for seed in range(DEFAULT_TRIALS)),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(DEFAULT_TRIALS, DEFAULT_TRIALS + SLOW_TRIALS)),
]


@pytest.fixture
def desk(studio: Studio) -> Iterator[Asking]:
    working = Asking(studio)
    for path in FILES:
        working.write_at(working.hq, path, 300)
    yield working
    working.close()


@pytest.fixture
def how(desk: Asking, tmp_path: Path) -> dict[str, Any]:
    """What a child is started with."""
    status = desk.studio.ids["status:In progress"]
    (name,) = [row["name"] for row in desk.studio.ftrack.store.find("Status", id=status)]
    rules = {"root": str(desk.studio.hq), "spool": str(tmp_path / "spool"), "status_out": name}
    (tmp_path / "vendors.json").write_text(json.dumps(rules))
    environ = desk.studio.environment("admin")
    wanted = ("ACCSYN_API_USER", "ACCSYN_API_KEY", "FTRACK_API_USER", "FTRACK_API_KEY")
    variables = {name: environ[name] for name in wanted if name in environ}
    ours = {"ACCSYN_PROJECTS_PATH": None, "FTRACK_ACCSYN_VENDORS": str(tmp_path / "vendors.json")}
    return {
        "environment": {**variables, **ours},
        "tasks": [desk.studio.ids[each] for each in TASKS],
        "vendor": VENDOR,
        "added": list(FILES),
    }


@pytest.fixture
def fetching(desk: Asking, tmp_path: Path) -> Iterator[None]:
    """Somebody who fetches the first delivery as soon as it is open."""
    stopped = threading.Event()

    def fetch() -> None:
        while not stopped.wait(0.1):
            found = [each for each in desk.studio.demo.workspace.each(Delivery) if each.status == "waiting"]
            if found:
                desk.studio.fetch_delivery(found[0].id, VENDOR, tmp_path / "got")
                return

    thread = threading.Thread(target=fetch)
    thread.start()
    yield
    stopped.set()
    thread.join()


def assert_handed_out_once(desk: Asking, tmp_path: Path, *, pushed: bool) -> None:
    kept = Outbox(outside_path(None, Path(os.environ["XDG_STATE_HOME"]) / "ftrack-accsyn"))
    (standing,) = kept.requests.latest(10)
    assert standing.counts == {State.SYNCED: 1}, [(item.state, item.cause) for item in kept.items()]
    (package,) = [each.name for each in (desk.studio.hq / PLACES.to_folder).iterdir()]
    reached = (tmp_path / "vendor" / PLACES.to_folder if pushed else tmp_path / "got") / package
    there = {each.name for each in reached.rglob("*") if each.is_file()}
    assert there == {"a.txt", "b.txt", "manifest.json", "WORK.md"}
    store, demo = desk.studio.ftrack.store, desk.studio.demo
    for path in TASKS:
        (note,) = store.find("Note", parent_id=desk.studio.ids[path])
        assert package in note["content"]
        (record,) = store.find("Metadata", parent_id=desk.studio.ids[path])
        assert json.loads(record["value"])["package"] == package
        (task,) = store.find("Task", id=desk.studio.ids[path])
        assert task["status_id"] == desk.studio.ids["status:In progress"]
    shown = [row for row in store.find("Job") if "request" in json.loads(row["data"] or "{}")]
    assert [row["status"] for row in shown] == ["done"]
    assert len(list(demo.workspace.each(Delivery))) == (0 if pushed else 1)
    assert len([each for each in demo.workspace.each(Acl) if each.user_id == demo.vendor.id]) == 2
    assert not [each for each in (tmp_path / "spool").iterdir() if each.is_file()], "nothing waits any more"
    (ended,) = (tmp_path / "spool" / "done").glob("hand-out-*.json")
    assert json.loads(ended.read_text())["result"]["way"] == (Way.PUSH if pushed else Way.DELIVERY).value


@pytest.mark.usefixtures("fetching")
@pytest.mark.parametrize("name", steps)
def test_a_confirmation_whose_process_is_killed_at_a_step_is_one_hand_out(
    desk: Asking, run: Run, how: dict[str, Any], tmp_path: Path, name: str
) -> None:
    killed = run("hand_out", kill=dataclasses.asdict(STEPS[name]), **how)
    assert killed.wait() == KILLED, killed.output

    again = run("hand_out", **how)  # the same event, delivered once more
    assert again.wait() == 0, again.output

    assert_handed_out_once(desk, tmp_path, pushed=False)


@pytest.mark.parametrize("seed", trials)
def test_a_confirmation_whose_process_is_killed_at_random_lines_is_one_hand_out(
    desk: Asking, run: Run, how: dict[str, Any], tmp_path: Path, seed: int
) -> None:
    demo, chance = desk.studio.demo, random.Random(seed)
    mapped = Ticks(read=True, write=True, by_environment=True)
    demo.workspace.map_share(demo.vendor_client, demo.volume, tmp_path / "vendor", mapped)
    for _ in range(chance.randint(1, 3)):
        killed = run("hand_out", kill={"line": chance.randrange(LINES)}, **how)
        assert killed.wait() in (0, KILLED), killed.output

    assert run("hand_out", **how).wait() == 0

    assert_handed_out_once(desk, tmp_path, pushed=True)


def test_two_processes_at_once_hand_out_once(desk: Asking, run: Run, how: dict[str, Any], tmp_path: Path) -> None:
    demo = desk.studio.demo
    mapped = Ticks(read=True, write=True, by_environment=True)
    demo.workspace.map_share(demo.vendor_client, demo.volume, tmp_path / "vendor", mapped)
    both = [run("hand_out", **how) for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0], [each.output for each in both]
    assert_handed_out_once(desk, tmp_path, pushed=True)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_relay_whose_process_is_killed_between_its_legs_goes_on_with_the_second(
    desk: Asking, run: Run, how: dict[str, Any], tmp_path: Path, when: str
) -> None:
    demo, london = desk.studio.demo, desk.studio.site("london")
    rules = json.loads((tmp_path / "vendors.json").read_text())
    (tmp_path / "vendors.json").write_text(json.dumps({**rules, "root": str(london), "production": "site=london"}))
    mapped = Ticks(read=True, write=True, by_environment=True)
    demo.workspace.map_share(demo.vendor_client, demo.volume, tmp_path / "vendor", mapped)
    for path in FILES:
        desk.write_at(desk.london, path, 300)
    second = dataclasses.replace(STEPS["request written"], when=when, nth=2)
    killed = run("hand_out", kill=dataclasses.asdict(second), **how)
    assert killed.wait() == KILLED, killed.output

    again = run("hand_out", **how)
    assert again.wait() == 0, again.output

    kept = Outbox(outside_path(None, Path(os.environ["XDG_STATE_HOME"]) / "ftrack-accsyn"))
    legs = kept.requests.latest(10)
    ends = [(each.request.source.party, each.request.destination.party) for each in legs]
    assert ends == [(desk.hq.party, VENDOR), ("site=london", desk.hq.party)]
    assert [each.counts for each in legs] == [{State.SYNCED: 1}] * 2
    (package,) = [each.name for each in (london / PLACES.to_folder).iterdir()]
    for root in (desk.studio.hq, tmp_path / "vendor"):
        assert (root / PLACES.to_folder / package / "manifest.json").is_file()
    assert len(desk.studio.ftrack.store.find("Note", parent_id=how["tasks"][0])) == 1
