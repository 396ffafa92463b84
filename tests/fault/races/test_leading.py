"""Real processes of which one is frozen, or cannot send: it is named, and another one that can sends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from fault.support_fixtures import Run
from fault.support_studio import assert_nothing_lost_or_doubled, environment, outbox
from fault.support_template import Child
from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.insight import leading
from ftrack_accsyn_accessor.insight.remarks import ANYBODY
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import leadership
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from runner import RUNNER

Say = Callable[[str], str]
FROZEN = "is frozen: it has given no sign of life for"


@pytest.fixture
def say(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Return a function that gives what a command says on the same machine, with settings that are right."""
    for name, value in environment(studio).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "1000")
    return lambda command: RUNNER.invoke(application, [command], prog_name="ftrack-accsyn").stdout


def names(child: Child) -> str:
    return f"(process {child.pid})"


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a process is stopped by a signal of POSIX")
def test_frozen_leader_is_named_with_since_when_and_one_in_a_long_call_is_not(
    studio: Studio, run: Run, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine who lives may be silent for seconds, too: only who is stopped is to be found silent.
    monkeypatch.setattr(leadership, "SILENT_S", 120.0)
    studio.accsyn.switches.hang("client/find")
    child = run("publish", items=[["file", "plate"]], leave="stay", BEAT_S=0.05)
    studio.accsyn.log.wait_for("client/find")
    path = outbox(studio).path
    beats = set()
    wait_until(lambda: beats.add(leadership.read(path)) or len(beats - {None}) > 50, 20.0, "signs of life")
    assert leading.obstacle(path, ANYBODY) is None
    assert FROZEN not in say("why") + say("status")
    studio.accsyn.switches.clear()

    os.kill(child.pid, signal.SIGSTOP)
    monkeypatch.setattr(leadership, "SILENT_S", 2.0)
    wait_until(lambda: leading.obstacle(path, ANYBODY), 20.0, "the silence to be noticed")

    for command in ("why", "status", "doctor"):
        said = say(command)
        assert FROZEN in said, command
        assert names(child) in said, command
    os.kill(child.pid, signal.SIGCONT)
    wait_until(lambda: not leading.obstacle(path, ANYBODY), 20.0, "a sign of life")
    monkeypatch.setattr(leadership, "SILENT_S", 120.0)
    assert FROZEN not in say("why")


def test_process_without_a_key_is_named_and_what_it_published_is_sent_by_one_that_has_it(
    studio: Studio, run: Run, say: Say, tmp_path: Path
) -> None:
    unable = run("publish", {"ACCSYN_API_KEY": None}, items=[["file", "plate"]], leave="stay")
    wait_until(lambda: unable.reported("published"), 20.0, "the publish")
    wait_until(lambda: leading.obstacle(outbox(studio).path, ANYBODY), 20.0, "the process to say that it cannot send")

    for command in ("why", "status", "doctor"):
        said = say(command)
        assert names(unable) in said, command
        assert "ACCSYN_API_KEY" in said, command

    (tmp_path / "go").touch()
    able = run("open_session", go=str(tmp_path / "go"), leave="stay")
    assert studio.accsyn.log.wait_for("transfer/create", timeout_s=30.0)
    assert unable.alive
    assert able.alive
    wait_until(lambda: not outbox(studio).counts()[State.PENDING], 20.0, "the submission to be written down")
    assert_nothing_lost_or_doubled(studio)
    wait_until(lambda: not leading.obstacle(outbox(studio).path, ANYBODY), 20.0, "it to say nothing any more")
