"""SIGKILL at any line of a hook, and accsyn runs it again: one version, each file once, everybody told once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.vendor import receipt
from ftrack_accsyn_sandbox.accsyn.entities import Delivery
from helpers import ROOT
from hooking import Hooking, hook_studio, hooking

pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or not hasattr(signal, "SIGKILL"), reason="no fork there")

#: For each seed: forks that run the hook, killed before a line, until one of them comes to its end. Every third time
#: two run at once, one of which is left alone.
CODE = """
import json, os, random, sys
from fault import support_kill
from ftrack_accsyn_accessor.vendor import hooks, keeping
import ftrack_api, requests, sqlite3  # what a hook needs is there before anything is counted

LINES = 19_000  # that a hook with one delivery runs, the modules that it loads included

run = getattr(hooks, sys.argv[2])

def start(path, line):
    child = os.fork()
    if child == 0:
        if line:
            support_kill.Lines(line).start()
        run(path)
        os._exit(0)
    return child

def killed(child):
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])

for seed, path in json.loads(sys.argv[1]):
    chance = random.Random(seed)
    kills = 0
    for attempt in range(chance.randrange(1, 4)):
        children = [start(path, chance.choice([chance.randrange(1, 3000), chance.randrange(1, LINES)]))]
        if seed % 3 == 0:
            children.append(start(path, 0))
        kills += sum([killed(child) for child in children])
    assert not killed(start(path, 0))
    print(seed, kills, flush=True)
"""

__all__ = ["hook_studio", "hooking"]


def deliver(hooking: Hooking, version: int) -> tuple[str, dict[str, bytes]]:
    """Let a version arrive on the volume; return the hook's input, and the contents of its files."""
    name = f"{hooking.stem}_v{version:03d}"
    folder = hooking.studio.hq / hooking.places().from_folder / name
    folder.mkdir(parents=True)
    files = {f"{name}.{frame}.exr": f"{name} {frame}".encode() * 20 for frame in (1001, 1002, 1003)}
    for each, content in files.items():
        (folder / each).write_bytes(content)
    path = hooking.folder / f"{version}.json"
    job = hooking.job(f"{hooking.places().from_folder}/{name}")
    path.write_text(json.dumps(job), encoding="utf-8")
    return str(path), files


def everywhere(hooking: Hooking) -> Counter[bytes]:
    """Return the contents of all files on the volume, wherever they lie."""
    return Counter(path.read_bytes() for path in Path(hooking.studio.hq).rglob("*.exr") if path.is_file())


def registered(hooking: Hooking) -> Counter[bytes]:
    """Return the contents of all files that are registered as part of a version of the deliverable."""
    found: Counter[bytes] = Counter()
    (asset,) = hooking.store.find("Asset", name=hooking.stem)
    for version in hooking.store.find("AssetVersion", asset_id=asset["id"]):
        for component in hooking.store.find("Component", version_id=version["id"]):
            for member in hooking.store.find("Component", container_id=component["id"]):
                (row,) = hooking.store.find("ComponentLocation", component_id=member["id"])
                found[(hooking.studio.hq / row["resource_identifier"]).read_bytes()] += 1
    return found


def kill(hooking: Hooking, inputs: Sequence[tuple[int, str]], verb: str = "job_done") -> None:
    python_path = os.pathsep.join([str(ROOT / "source"), str(ROOT / "tests")])
    ran = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(inputs), verb],
        env={**hooking.workspace.hooks.environment, "PYTHONPATH": python_path, "HOME": os.environ["HOME"]},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert sum(int(line.split()[1]) for line in ran.stdout.splitlines()) > 0
    assert hooking.waiting() == []


def trials(hooking: Hooking, seeds: range) -> None:
    hooking.hand_out()
    before = everywhere(hooking)
    inputs: list[tuple[int, str]] = []
    wanted: Counter[bytes] = Counter()
    for version, seed in enumerate(seeds, 1):
        path, files = deliver(hooking, version)
        inputs.append((seed, path))
        wanted.update(files.values())

    kill(hooking, inputs)

    assert hooking.versions() == list(range(1, len(seeds) + 1)), hooking.ended()
    assert everywhere(hooking) - before == wanted
    assert registered(hooking) == wanted
    told = Counter(note.splitlines()[0] for note in hooking.notes() if "accepted" in note)
    assert set(told.values()) == {1}
    assert len(told) == len(seeds)


def test_a_hook_that_is_killed_at_any_line_and_run_again_makes_one_version(hooking: Hooking) -> None:
    trials(hooking, range(4))


def failures(hooking: Hooking, seeds: range) -> None:
    hooking.hand_out()
    inputs: list[tuple[int, str]] = []
    for version, seed in enumerate(seeds, 1):
        path, _ = deliver(hooking, version)
        job = json.loads(Path(path).read_bytes())
        job["hook"], job["tasks"]["0"]["status"] = "post-failed-server", "failed"
        Path(path).write_text(json.dumps(job), encoding="utf-8")
        inputs.append((seed, path))

    kill(hooking, inputs, "job_failed")

    told = Counter(note.splitlines()[0] for note in hooking.notes())
    assert (len(told), set(told.values())) == (len(seeds), {1})
    folder = f"{hooking.places().to_folder}/{receipt.FOLDER}"
    receipts = {path.stem for path in (hooking.studio.hq / folder).glob("missing-*.txt")}
    mails = Counter(each.name.split()[-1] for each in hooking.workspace.each(Delivery) if "missing-" in each.name)
    assert {name: mails[name] for name in receipts if name in mails} == dict.fromkeys(receipts, 1)
    assert hooking.versions() == []


def test_what_has_failed_is_told_once_whenever_the_hook_is_killed(hooking: Hooking) -> None:
    failures(hooking, range(4, 6))


@pytest.mark.slow
def test_failures_are_told_once_whenever_many_hooks_are_killed(hooking: Hooking) -> None:
    failures(hooking, range(300, 330))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100, 300, 20))
def test_two_hundred_hooks_are_killed_at_any_line_and_run_again(hooking: Hooking, first: int) -> None:
    trials(hooking, range(first, first + 20))
