"""What a host costs in which nothing happens: nothing to do at all, or nothing that moves."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from hosts import CHILD_TIMEOUT_S, HERE, LATENCY_S, Row, environment, sources, studio_with_latency, wait_for_tasks

from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_sandbox.studio import Studio

#: While items are on their way, accsyn may be looked at, and asked on average, once in so long.
A_CALL_S = 5.0
#: Calls that follow each other within this are one look.
A_LOOK_S = 1.0
#: After so long without a change the tracker looks as seldom as it ever does.
CALM_S = 30.0


@contextlib.contextmanager
def host(studio: Studio, count: int) -> Iterator[subprocess.Popen[str]]:
    """Give a host process that has published *count* files, all of them in accsyn, and that stays open."""
    folder = sources(studio, count)
    task_id = studio.ids["show_a/sq010/sh010/Animation"]
    arguments = [sys.executable, str(HERE / "child.py"), "ours", "files", str(count), str(folder), task_id]
    child = subprocess.Popen(
        arguments, env=environment(studio, "ours"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        child.stdout.readline()
        wait_for_tasks(studio, count, CHILD_TIMEOUT_S)
        yield child
        child.communicate("\n", timeout=60.0)
    finally:
        child.kill()
        child.communicate()


def idle(seconds: float = 60.0) -> list[Row]:
    """Watch a host that has nothing to do."""
    with studio_with_latency() as studio, host(studio, 1) as child:
        studio.accsyn.engine.paused = False
        studio.accsyn.engine.wait_idle(60.0)
        settle_calls(studio)
        before, calls = cpu_seconds(child.pid), calls_of_all(studio)
        threading.Event().wait(seconds)
        used = cpu_seconds(child.pid) - before
        calls = calls_of_all(studio) - calls
    share = 100.0 * used / seconds
    return [
        Row(
            "idle, a minute",
            "",
            "",
            f"{share:.2f} % of a core, {calls} calls",
            "0.2 %, no call",
            share < 0.2 and not calls,
        )
    ]


def following(count: int = 1000, seconds: float = 60.0, settled_s: float = 30.0) -> list[Row]:
    """Watch a host while *count* items wait in accsyn and nothing moves, and again when all have arrived."""
    with studio_with_latency() as studio:
        # They are published without latency: what they cost until they are in accsyn is measured elsewhere.
        studio.ftrack.switches.latency_s = studio.accsyn.switches.latency_s = 0.0
        with host(studio, count):
            studio.ftrack.switches.latency_s = studio.accsyn.switches.latency_s = LATENCY_S
            threading.Event().wait(CALM_S)
            begun = time.monotonic()
            threading.Event().wait(seconds)
            asked_at = sorted(each.at for each in studio.accsyn.log.all() if begun <= each.at < begun + seconds)
            require_all_in(State.SUBMITTED, studio, count)
            studio.accsyn.engine.paused = False
            studio.accsyn.engine.wait_idle(CHILD_TIMEOUT_S)
            wait_until_synced(studio, count)
            settle_calls(studio)
            before = calls_of_all(studio)
            threading.Event().wait(settled_s)
            calls = calls_of_all(studio) - before
    looks = [at for before, at in zip([-A_LOOK_S, *asked_at], asked_at) if at - before >= A_LOOK_S]
    apart_s = round(min((later - at for at, later in zip(looks, looks[1:])), default=seconds), 1)
    return [
        Row(
            f"{count:,} live items, nothing moves, {seconds:g} s",
            "",
            "",
            f"{len(asked_at)} accsyn calls, in {len(looks)} looks, never less than {apart_s} s apart",
            f"one call in {A_CALL_S:g} s, and looks as far apart",
            len(asked_at) <= seconds / A_CALL_S and apart_s >= A_CALL_S,
        ),
        Row(f"{count:,} items that have arrived, {settled_s:g} s", "", "", f"{calls} calls", "no call", not calls),
    ]


def outbox_of(studio: Studio) -> Outbox:
    (path,) = (studio.staging / ".ftrack-accsyn").glob("*.sqlite3")
    return Outbox(path)


def require_all_in(state: State, studio: Studio, count: int) -> None:
    """End the measurement unless it is about what it says it is about."""
    with contextlib.closing(outbox_of(studio)) as outbox:
        found = outbox.counts()
    if found[state] != count:
        raise SystemExit(f"Not all of {count} items are {state.value}: {found}")


def wait_until_synced(studio: Studio, count: int) -> None:
    """Wait until all items have arrived."""
    deadline = time.monotonic() + CHILD_TIMEOUT_S
    pause = threading.Event()
    with contextlib.closing(outbox_of(studio)) as outbox:
        while outbox.counts()[State.SYNCED] < count and time.monotonic() < deadline:
            pause.wait(0.5)
    require_all_in(State.SYNCED, studio, count)


def settle_calls(studio: Studio) -> None:
    """Wait until five seconds went by without a call: everything is followed to its end."""
    quiet = threading.Event()
    while True:
        before = calls_of_all(studio)
        quiet.wait(5.0)
        if calls_of_all(studio) == before:
            return


def calls_of_all(studio: Studio) -> int:
    """Return how often either service was asked."""
    return studio.accsyn.log.count() + studio.ftrack.log.count()


def cpu_seconds(pid: int) -> float:
    """Return the processor time of another process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
