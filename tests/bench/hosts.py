"""What all rows share: the form of a row, a studio with latency, and a host process that publishes in it."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from ftrack_accsyn_sandbox.studio import Studio

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LATENCY_S = 0.05
CHILD_TIMEOUT_S = 900.0
#: What the tracker asks, every few seconds while anything is on its way; the rest is what it costs to submit.
FOLLOWING = ("transfer/find", "task/find")


@functools.cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that is removed when all was measured.

    ext4 passes over what was removed in the last five minutes, which makes new files ten times as dear: a row would pay
    for what the one before it has made.
    """
    return tempfile.TemporaryDirectory(prefix="bench")


class Row(NamedTuple):
    """One line of the table; figures as texts, `ok` None where nothing was promised."""

    name: str
    plain: str
    per_event: str
    ours: str
    wanted: str
    ok: Optional[bool]


class Run(NamedTuple):
    """What one measured host process did."""

    figures: dict[str, float]
    posts: int
    submitted_s: float
    calls: int
    following: int
    tasks: int


@contextlib.contextmanager
def studio_with_latency() -> Iterator[Studio]:
    with Studio(Path(tempfile.mkdtemp(dir=_kept().name)), engine_paused=True) as studio:
        studio.ftrack.switches.latency_s = LATENCY_S
        studio.accsyn.switches.latency_s = LATENCY_S
        yield studio


def sources(studio: Studio, count: int) -> Path:
    folder = studio.root / "sources"
    folder.mkdir(exist_ok=True)
    for number in range(1, count + 1):
        (folder / f"frame.{number:05d}.exr").write_bytes(b"x" * 1000)
    return folder


def environment(studio: Studio, location: str) -> dict[str, str]:
    variables = {**os.environ, **studio.environment()}
    if location == "ours":
        variables["FTRACK_EVENT_PLUGIN_PATH"] = str(ROOT / "hook")
    return variables


def tasks_in_accsyn(studio: Studio) -> int:
    return sum(len(job.tasks) for job in studio.accsyn.workspace.jobs())


def wait_for_tasks(studio: Studio, wanted: int, timeout_s: float) -> float:
    """Return the seconds until accsyn had *wanted* tasks."""
    begun = time.perf_counter()
    pause = threading.Event()
    while tasks_in_accsyn(studio) < wanted:
        if time.perf_counter() - begun > timeout_s:
            raise SystemExit(f"Only {tasks_in_accsyn(studio)} of {wanted} tasks after {timeout_s:g} s.")
        pause.wait(0.02)
    return time.perf_counter() - begun


def run(location: str, work: str, count: int) -> Run:
    """Let a host process publish, and watch what comes of it."""
    with studio_with_latency() as studio, contextlib.ExitStack() as stack:
        folder = sources(studio, count)
        task_id = studio.ids["show_a/sq010/sh010/Animation"]
        arguments = [sys.executable, str(HERE / "child.py"), location, work, str(count), str(folder), task_id]
        # The schemas are in the cache and the location exists, as on any day but the first.
        warm_up(studio, location, folder, task_id)
        if location == "per-event":
            stack.enter_context(listening(studio))
        studio.ftrack.log.clear()
        studio.accsyn.log.clear()
        child = subprocess.Popen(
            arguments, env=environment(studio, location), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        figures = json.loads(child.stdout.readline())
        posts = int(figures["posts"]) if work != "open" else studio.ftrack.log.count()
        wanted = 0 if work == "open" or location == "plain" else (1 if work == "sequence" else count)
        if work == "sequence" and location == "per-event":
            wanted = count
        submitted_s = wait_for_tasks(studio, wanted, CHILD_TIMEOUT_S)
        operations = studio.accsyn.log.operations()
        child.communicate("\n", timeout=CHILD_TIMEOUT_S)
        following = sum(operation in FOLLOWING for operation in operations) if location == "ours" else 0
        return Run(figures, posts, submitted_s, len(operations) - following, following, tasks_in_accsyn(studio))


def warm_up(studio: Studio, location: str, folder: Path, task_id: str) -> None:
    arguments = [sys.executable, str(HERE / "child.py"), location, "open", "0", str(folder), task_id]
    subprocess.run(
        arguments, env=environment(studio, location), input="\n", stdout=subprocess.DEVNULL, text=True, check=True
    )


@contextlib.contextmanager
def listening(studio: Studio) -> Iterator[None]:
    arguments = [sys.executable, str(HERE / "per_event.py")]
    submitter = subprocess.Popen(
        arguments, env=environment(studio, "plain"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        submitter.stdout.readline()
        yield
    finally:
        submitter.kill()
        submitter.communicate()
