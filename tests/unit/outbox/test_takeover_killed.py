"""A take-over that is killed, or begun by several processes at once, comes out as one that nobody has disturbed."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fault.support_kill import Step
from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.outbox.facts import Earlier
from helpers import ROOT
from release import leave_outboxes, release, run_release
from unit.outbox.taking_over import UUID, content, take_over

needs_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL there")

__all__ = ["release", "run_release"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    announce._said.clear()
    return tmp_path / "projects"


_TAKEOVER = ("ftrack_accsyn_accessor.outbox.takeover", "Takeover")
STEPS = {
    "lock taken, nothing done": Step(*_TAKEOVER, "_take", "before"),
    "marked as begun": Step(*_TAKEOVER, "_mark"),
    "at the present version": Step(*_TAKEOVER, "_upgrade"),
    "merged, not marked": Step(*_TAKEOVER, "_merge"),
    "about to be marked": Step(*_TAKEOVER, "_finish", "before"),
    "marked as done": Step(*_TAKEOVER, "_finish"),
    "told": Step(*_TAKEOVER, "_tell"),
    "second one about to begin": Step(*_TAKEOVER, "_take", "before", 2),
    "second one merged": Step(*_TAKEOVER, "_merge", nth=2),
}
KILLED = """
import sys
from pathlib import Path
from fault import support_kill
from ftrack_accsyn_accessor.outbox import Outbox, takeover
root = Path(sys.argv[1])
outbox = Outbox(root / ".ftrack-accsyn" / "outbox.sqlite3")
outbox.open()
lines = support_kill.Lines(int(sys.argv[2]) if sys.argv[2].isdigit() else None)
if sys.argv[2].isdigit() or sys.argv[2] == "count":
    lines.start()
else:
    support_kill.arm(support_kill.Step(*sys.argv[2:6], int(sys.argv[6])))
takeover.Takeover(outbox, str(root), "{uuid}").step()
print(lines.run)
""".replace("{uuid}", UUID)


def in_child(root: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "source"), str(ROOT / "tests")])}
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(root), *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def whole(tmp_path: Path) -> dict[str, Any]:
    """What comes of a take-over that nobody has disturbed."""
    leave_outboxes(tmp_path / "whole")
    take_over(tmp_path / "whole").close()
    return portable(tmp_path / "whole")


def portable(root: Path) -> dict[str, Any]:
    found = content(root)
    earlier = json.loads(found["meta"].pop(Earlier.NAME))["files"]
    return {**found, "earlier": {Path(path).name: outcome for path, outcome in earlier.items()}}


@needs_kill
@pytest.mark.parametrize("name", STEPS)
def test_take_over_that_was_killed_at_a_step_is_finished_by_the_next_without_doubling(
    root: Path, tmp_path: Path, name: str
) -> None:
    leave_outboxes(root)

    killed = in_child(root, *dataclasses.astuple(STEPS[name]))

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    take_over(root).close()
    assert portable(root) == whole(tmp_path)


TOGETHER = """
import sys
from pathlib import Path
from ftrack_accsyn_accessor.outbox import Outbox, takeover
root = Path(sys.argv[1])
outbox = Outbox(root / ".ftrack-accsyn" / "outbox.sqlite3")
outbox.open()
print("ready", flush=True)
sys.stdin.readline()
takeover.Takeover(outbox, str(root), "{uuid}").step()
""".replace("{uuid}", UUID)


def test_processes_that_start_together_take_everything_over_once(root: Path, tmp_path: Path, start: Any) -> None:
    leave_outboxes(root)
    processes = [start(TOGETHER, root) for _ in range(6)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        assert (process.wait(60), process.stderr.read()) == (0, "")

    take_over(root).close()

    assert portable(root) == whole(tmp_path)


@needs_kill
@pytest.mark.parametrize("seed", range(8))
def test_take_over_that_was_killed_at_any_line_is_finished_by_the_next_without_doubling(
    root: Path, tmp_path: Path, seed: int
) -> None:
    leave_outboxes(root.parent / "counted")
    counted = in_child(root.parent / "counted", "count")
    lines = int(counted.stdout)
    leave_outboxes(root)

    killed = in_child(root, 1 + lines * (2 * seed + 1) // 16)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    take_over(root).close()
    assert portable(root) == whole(tmp_path)
