"""What `ftrack-accsyn deliver` sends is what the studio's hooks take: from the command to a version in ftrack."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

from helpers import ROOT
from hooking import COMMAND, Hooking


def deliver(hooking: Hooking, *arguments: object) -> Any:
    """Run the command in a process of the vendor's, which knows accsyn only; return what it prints."""
    hooking.studio.demo.vendor_client.code = socket.gethostname()
    environment = {
        **hooking.studio.outside(),
        **{name: os.environ[name] for name in ("PATH", "HOME", "XDG_STATE_HOME")},
        "PYTHONPATH": str(ROOT / "source"),
    }
    words = [*COMMAND, "deliver", *map(str, arguments), "--json"]
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert ended.stdout, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def package(hooking: Hooking) -> Path:
    """Return the manifest that the vendor has got, a copy of the studio's."""
    made = hooking.hand_out()
    path = hooking.studio.vendor_desk / "work" / "manifest.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes((hooking.studio.hq / made.folder / "manifest.json").read_bytes())
    return path


def test_what_is_delivered_becomes_a_version_with_its_note_compared(hooking: Hooking) -> None:
    package(hooking)
    told = deliver(hooking, hooking.frames(), "--to", hooking.places().from_code)
    assert told["exit_code"] == 0, told
    assert told["deliveries"][0]["version"] == 1
    hooking.studio.accsyn.engine.wait_idle(60.0)
    (run,) = hooking.runs()
    assert hooking.versions() == [1], run.output


def test_what_is_published_by_the_tool_becomes_a_version_with_what_was_said(hooking: Hooking) -> None:
    package(hooking)
    told = deliver(hooking, hooking.frames(), "--publish", "--comment", "second pass", "--time", 1.5)
    assert told["exit_code"] == 0, told
    hooking.studio.accsyn.engine.wait_idle(60.0)
    assert hooking.versions() == [1], [run.output for run in hooking.runs()]
    (row,) = [row for row in hooking.store.find("AssetVersion") if "second pass" in (row["comment"] or "")]
    assert row["version"] == 1


def test_what_the_studio_would_refuse_is_not_sent_by_publish(hooking: Hooking) -> None:
    package(hooking).unlink()
    told = deliver(hooking, hooking.frames(name="nothing_v001"), "--publish", "--comment", "x")
    assert told["exit_code"] == 6
    assert told["deliveries"][0]["cause"]
    assert hooking.versions() == []


def test_what_comes_from_one_of_several_machines_is_recognised_as_well(hooking: Hooking) -> None:
    package(hooking)
    hooking.studio.demo.add_machine("elsewhere", None, user=hooking.studio.demo.vendor)
    assert deliver(hooking, hooking.frames(), "--to", hooking.places().from_code)["exit_code"] == 0
    hooking.studio.accsyn.engine.wait_idle(60.0)
    assert hooking.versions() == [1], [run.output for run in hooking.runs()]
