"""An ingest that is killed at any moment, by seed, and done again: one version, each file once."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.vendor.spool import INGEST, Entry
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT
from ingesting import Vendor

pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or not hasattr(signal, "SIGKILL"), reason="no fork there")

DEFAULT_TRIALS = 20
SLOW_TRIALS = 180
#: About how many lines of the plugin run, and calls are made, for each kind of delivery.
LINES = {"sequence": 22_000, "file": 14_000, "refused": 11_000, "taken": 15_500, "two-entries": 27_000}
LINES.update({"rival-file": 24_000, "rival-number": 32_000})
CALLS = {"sequence": 96, "file": 86, "refused": 34, "taken": 52, "two-entries": 100}
CALLS.update({"rival-file": 81, "rival-number": 168})
KINDS = tuple(LINES)

trials = [
    *(pytest.param(seed) for seed in range(DEFAULT_TRIALS)),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(DEFAULT_TRIALS, DEFAULT_TRIALS + SLOW_TRIALS)),
]


class Workers:
    """A process that forks for each try, so that none of them pays for the imports."""

    def __init__(self) -> None:
        paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT / "source"), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fault.support_ingest"],
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready\n"

    def run(self, vendor: Vendor, *fatal: dict[str, Any]) -> list[list[int]]:
        """Work off what waits in as many processes at once; return how each ended, and what it ran.

        *fatal* are the "line" or "call" at which each is killed, if it comes to that.
        """
        rules = dataclasses.asdict(vendor.rules)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([{"rules": rules, **each} for each in fatal]) + "\n")
        self._process.stdin.flush()
        found: list[list[int]] = json.loads(self._line())
        return found

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with (
        Studio(tmp_path_factory.mktemp("studio"), engine_paused=True) as started,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in started.environment("admin").items():
            patch.setenv(name, value)
        yield started


@pytest.fixture(scope="module")
def workers(studio: Studio) -> Iterator[Workers]:
    started = Workers()
    yield started
    started.close()


@pytest.fixture
def killed_vendor(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    for name, value in studio.environment("admin").items():
        monkeypatch.setenv(name, value)
    made = Vendor(studio, tmp_path)
    yield made
    made.close()


def rival(vendor: Vendor, kind: str) -> dict[str, Any]:
    """Return who comes in between: for each attempt the same."""
    if kind == "rival-file":
        return {"rival": {"file": str(vendor.on_disk(f"show_a/sq010/sh010/{vendor.asset}/v001/main.0004.exr"))}}
    if kind == "rival-number":
        (asset,) = vendor.studio.ftrack.store.find("Asset", name=vendor.asset)
        version = {"id": str(uuid.uuid5(uuid.NAMESPACE_DNS, vendor.asset)), "asset_id": asset["id"], "version": 1}
        return {"rival": {"version": version}}
    return {}


def delivered(vendor: Vendor, kind: str) -> tuple[list[Entry], dict[str, bytes]]:
    """Deliver something of a kind; return its entries, and all its files."""
    vendor.hand_out(frames=None if kind == "file" else (1, 6))
    if kind == "file":
        content = f"movie of {vendor.address}".encode()
        return [vendor.deliver(f"{vendor.asset}_v001.mxf", content)], {"": content}
    sent, name = vendor.frames(1, 6), f"{vendor.asset}_v001"
    if kind == "refused":
        sent.pop(f"{name}.0003.exr")
    if kind == "taken":
        vendor.put(f"show_a/sq010/sh010/{vendor.asset}/v001/main.0004.exr", b"ours")
    if kind == "rival-number":
        vendor.studio.ftrack.store.create(
            "Asset", name=vendor.asset, context_id=vendor.studio.ids["show_a/sq010/sh010"]
        )
    entry = vendor.deliver(name, sent)
    return [entry, vendor.entry(name)] if kind == "two-entries" else [entry], sent


def assert_once(vendor: Vendor, kind: str, entries: list[Entry], sent: dict[str, bytes]) -> None:
    results: list[Any] = [vendor.means.spool.result(INGEST, each.key) for each in entries]
    assert all(results), results
    outcomes = sorted(each["outcome"] for each in results)
    assert vendor.everything() == dict.fromkeys(sent.values(), 1)
    if kind in ("refused", "taken", "rival-file"):
        assert outcomes == ["refused"]
        assert not vendor.registered()
        assert not list(vendor.on_disk(vendor.places.from_folder).iterdir())
    else:
        assert outcomes == ["accepted", "elsewhere"][: len(entries)]
        assert sorted(row["version"] for row in vendor.versions()) == ([1, 2] if kind == "rival-number" else [1])
        assert sorted(vendor.registered().values()) == sorted(sent.values())
    assert len(vendor.notes()) == 1
    assert len(vendor.deliveries()) == 1


def moment(chance: random.Random, kind: str) -> dict[str, int]:
    if chance.random() < 0.3:
        return {"line": chance.randrange(LINES[kind])}
    return {"call": chance.randrange(1, CALLS[kind])}


@pytest.mark.parametrize("seed", trials)
def test_an_ingest_killed_at_a_random_moment_loses_and_doubles_nothing(
    killed_vendor: Vendor, workers: Workers, seed: int
) -> None:
    chance = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    entries, sent = delivered(killed_vendor, kind)
    between = rival(killed_vendor, kind)
    for _ in range(chance.randint(1, 3)):
        fatal = [{**moment(chance, kind), **between} for _ in range(chance.randint(1, 2))]
        assert {code for code, *_ in workers.run(killed_vendor, *fatal)} <= {0, -signal.SIGKILL}
    ((code, *_),) = workers.run(killed_vendor, between)
    assert code == 0
    assert_once(killed_vendor, kind, entries, sent)


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_at_once_do_it_once(killed_vendor: Vendor, workers: Workers, kind: str) -> None:
    entries, sent = delivered(killed_vendor, kind)
    between = rival(killed_vendor, kind)
    assert [code for code, *_ in workers.run(killed_vendor, between, between)] == [0, 0]
    workers.run(killed_vendor, between)
    assert_once(killed_vendor, kind, entries, sent)
