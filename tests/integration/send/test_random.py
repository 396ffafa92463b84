"""Random selections in random states: the preview is what then happens, no more and no less."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model.plan import Fate, Plan
from ftrack_accsyn_accessor.send import send
from ftrack_accsyn_accessor.send.asking import Requester, confirm
from ftrack_accsyn_accessor.worker import runtime
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import workers
from sending import Sender, ids_of

SOON_S = 60.0
BOTH = ("studio.hq", "studio.london")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Give one studio to the module, whose engine copies."""
    with Studio(tmp_path_factory.mktemp("studio")) as studio:
        yield studio


class State:
    """A shot with components in whatever state; what each of them is to become, by its id."""

    def __init__(self, sender: Sender, chance: random.Random) -> None:
        self.sender = sender
        self.chance = chance
        self.shot = sender.shot()
        self.fates: dict[str, Fate] = {}
        self.files: dict[str, list[str]] = {}
        self.paths = [f"show_a/{self.shot}/p{number}.mov" for number in range(8)]
        for number in range(chance.randint(1, 4)):
            version = sender.version(sender.asset(self.shot, f"a{number}"), date=f"2026-01-{number + 1:02d}")
            for _ in range(chance.randint(0, 4)):
                self.add(version)

    def add(self, version: str) -> None:
        sender, chance = self.sender, self.chance
        kind = chance.choice(
            ["file", "file", "sequence", "lost", "there", "half", "empty", "never", "taken", "outside"]
        )
        if kind in ("file", "taken") and not self.paths:
            return
        if kind in ("sequence", "half"):
            frames = sorted(chance.sample(range(1, 12), chance.randint(1, 5)))
            made = sender.sequence(version, frames, at=("studio.hq",) if kind == "sequence" else BOTH)
            if kind == "half":
                sender.member(made, f"show_a/{made}/f.0099.exr", name="99")
                frames.append(99)
            self.expect(made, Fate.GOES, *(f"show_a/{made}/f.{frame:04d}.exr" for frame in frames))
        elif kind == "file":
            path = self.paths.pop()
            self.expect(sender.component(version, path, size=10), Fate.GOES, path)
        elif kind == "taken":
            path = self.paths.pop()
            sender.component(sender.version(sender.asset(sender.shot())), path, at=("studio.london",))
            self.expect(sender.component(version, path), Fate.CANNOT)
        elif kind == "there":
            self.expect(sender.component(version, at=BOTH), Fate.THERE)
        else:
            self.expect(self.hopeless(version, kind), Fate.CANNOT)

    def hopeless(self, version: str, kind: str) -> str:
        if kind == "lost":
            return self.sender.component(version, at=())
        if kind == "empty":
            return self.sender.sequence(version, [])
        return self.sender.component(version, "/nowhere/x.mov" if kind == "outside" else f"show_a/{version}/.DS_Store")

    def expect(self, component_id: str, fate: Fate, *files: str) -> None:
        self.fates[component_id] = fate
        if files:
            self.files[component_id] = list(files)


def check(found: Plan, state: State) -> None:
    """The plan says of each component what is to become of it, and adds up."""
    assert {each.wanted.publication.component_id: each.fate for each in found.planned} == state.fates
    assert {
        each.publication.component_id: [file.path for file in each.publication.files] for each in found.going
    } == state.files
    files = sum(map(len, state.files.values()))
    assert found.sum(Fate.GOES)[:2] == (len(state.files), files)
    assert found.sum(Fate.GOES).size_bytes == 10 * files


@pytest.mark.parametrize("seed", range(12))
def test_what_a_plan_names_is_what_is_asked_for(sender: Sender, seed: int) -> None:
    state = State(sender, random.Random(seed))
    order = sender.order(("shot", state.shot))
    (found,) = sender.planner().plan(order)
    check(found, state)
    ids = confirm(sender.outbox, order, [found], Requester("ada"), f"seed {seed}")
    assert len(ids) == bool(state.files)
    items = [item for request_id in ids for item in sender.outbox.requests.items(request_id)]
    assert {item.publication.component_id for item in items} == set(state.files)
    assert sum(item.file_count for item in items) == found.sum(Fate.GOES).files
    later = sender.planner().plan(order)[0]
    assert ids_of(later, Fate.ON_ITS_WAY) == set(state.files)
    assert not later.going


@pytest.mark.parametrize("seed", [101, 102])
def test_what_a_plan_names_is_what_arrives_with_equal_bytes(
    sender: Sender, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACCSYN_PROJECTS_PATH")
    studio, chance = sender.studio, random.Random(seed)
    state = State(sender, chance)
    contents = {path: chance.randbytes(10) for paths in state.files.values() for path in paths}
    for path, content in contents.items():
        (studio.hq / path).parent.mkdir(parents=True, exist_ok=True)
        (studio.hq / path).write_bytes(content)
    before = arrived(studio.site("london"))
    try:
        asked = send(state.shot, "studio.hq", "studio.london", wait=True, timeout_s=SOON_S)
    finally:
        runtime.stop_all(timeout_s=0.0)
        wait_until(lambda: not workers(), 40.0, "the background thread to end")
    check(asked.plans[0], state)
    after = arrived(studio.site("london"))
    assert {path: after[path] for path in after.keys() - before.keys()} == contents
    location_id = sender.ids["studio.london"]
    rows = sender.store.find("ComponentLocation", location_id=location_id)
    there = {row["component_id"] for row in rows} & state.fates.keys()
    expected = {each for each, fate in state.fates.items() if fate in (Fate.THERE, Fate.GOES)}
    assert there == expected


def arrived(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
