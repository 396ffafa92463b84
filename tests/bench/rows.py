"""What is measured: each function returns rows of the table (name, plain, per-event, ours, wanted)."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.entry import Kind, Publication, StagedFile, State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.workspace import Credentials, Workspace
from ftrack_accsyn_sandbox.accsyn import demo
from ftrack_accsyn_sandbox.accsyn.service import AccsynService
from ftrack_accsyn_sandbox.service import HOST
from ftrack_accsyn_sandbox.studio import Studio

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LATENCY_S = 0.05
CHILD_TIMEOUT_S = 900.0
#: What the tracker asks, every few seconds while anything is on its way; the rest is what it costs to submit.
FOLLOWING = ("transfer/find", "task/find")


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
    with tempfile.TemporaryDirectory(prefix="bench") as folder, Studio(Path(folder), engine_paused=True) as studio:
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


def session_open() -> list[Row]:
    plain, ours = run("plain", "open", 0), run("ours", "open", 0)
    extra = ours.posts - (plain.posts - 1)  # the plain location's own look-up is not the host's
    cells = [f"{each.figures['open_s']:.2f} s, {each.posts} POSTs" for each in (plain, ours)]
    wanted = "at most one POST more than no plugin, no accsyn call"
    return [
        Row(
            "session open",
            cells[0],
            "",
            f"{cells[1]}, {ours.calls} accsyn calls",
            wanted,
            extra <= 1 and not ours.calls,
        )
    ]


def publish_files() -> list[Row]:
    plain, ours = run("plain", "files", 100), run("ours", "files", 100)
    events = run("per-event", "files", 100)
    ratio = ours.figures["publish_s"] / plain.figures["publish_s"]
    return [
        Row(
            "publish 100 single files",
            f"{plain.figures['publish_s']:.1f} s, {plain.posts} POSTs",
            f"{events.figures['publish_s']:.1f} s, {events.posts} POSTs",
            f"{ours.figures['publish_s']:.1f} s, {ours.posts} POSTs, {ratio:.2f} x plain",
            "1.05 x plain, same POSTs",
            ratio <= 1.05 and ours.posts <= plain.posts,
        ),
        Row(
            "100 files: last publish to all submitted",
            "",
            f"{events.submitted_s:.1f} s, {events.calls} accsyn calls",
            f"{ours.submitted_s:.1f} s, {ours.calls} accsyn calls",
            "2 s",
            ours.submitted_s <= 2.0,
        ),
    ]


def publish_sequences() -> list[Row]:
    rows, times = [], {}
    for count in (200, 2000):
        plain, ours = run("plain", "sequence", count), run("ours", "sequence", count)
        events = run("per-event", "sequence", count) if count == 200 else None
        ratio = ours.figures["publish_s"] / plain.figures["publish_s"]
        times[count] = ours.figures["publish_s"]
        growth = f", {times[2000] / times[200]:.1f} x the 200 frames" if count == 2000 else ""
        rows.append(
            Row(
                f"publish a {count:,}-frame sequence",
                f"{plain.figures['publish_s']:.1f} s, {plain.posts} POSTs",
                "" if events is None else f"{events.figures['publish_s']:.1f} s",
                f"{ours.figures['publish_s']:.1f} s, {ours.posts} POSTs, {ratio:.2f} x plain{growth}",
                "0.25 x plain" if count == 2000 else "",
                ratio <= 0.25 if count == 2000 else None,
            )
        )
        rows.append(
            Row(
                f"{count:,} frames: last publish to all submitted",
                "",
                ""
                if events is None
                else f"{events.submitted_s:.1f} s, {events.tasks} tasks, {events.calls} accsyn calls",
                f"{ours.submitted_s:.1f} s, {ours.tasks} task, {ours.calls} accsyn calls",
                "one task, 8 calls",
                ours.tasks == 1 and ours.calls <= 8,
            )
        )
    return rows


def long_runs() -> list[Row]:
    files, frames = run("ours", "files", 1000), run("ours", "sequence", 10000)
    return [
        Row(
            "1,000 files: last publish to all submitted",
            "",
            "",
            f"{files.submitted_s:.1f} s, {files.calls} accsyn calls (and {files.following} to follow)",
            "2 s, 12 calls",
            files.submitted_s <= 2.0 and files.calls <= 12,
        ),
        Row(
            "10,000 frames: last publish to all submitted",
            "",
            "",
            f"{frames.submitted_s:.1f} s, {frames.tasks} task, {frames.calls} accsyn calls",
            "one task, 8 calls",
            frames.tasks == 1 and frames.calls <= 8,
        ),
    ]


def publication(number: int) -> Publication:
    path = f"show_a/sq010/sh010/plate/v{number:06d}/main.mov"
    return Publication(
        component_id=f"component-{number:06d}",
        component_name="main",
        kind=Kind.FILE,
        resource_identifier=path,
        location_id="location",
        location_name="artist.host",
        server_url="https://acme.example",
        username="artist",
        project_id="project",
        project_name="show_a",
        version_id=f"version-{number:06d}",
        version_name="plate v001",
        files=(StagedFile(path, 1000, number),),
    )


def outbox_rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        outbox = Outbox(Path(folder) / "outbox.sqlite3")
        outbox.open()
        enqueue = [_timed(lambda number=number: _enqueue(outbox, number)) for number in range(1000)]
        median_ms = statistics.median(enqueue) * 1000
        outbox.prepare([publication(number) for number in range(1000, 100_000)], "owner")
        outbox.activate([f"component-{number:06d}" for number in range(1000, 100_000)], "location")
        summary_ms = statistics.median(_timed(outbox.counts) for _ in range(9)) * 1000
        look_ms = statistics.median(_timed(outbox.work) for _ in range(9)) * 1000
        grown = drain_memory(outbox)
    slowest_ms = max(summary_ms, look_ms)
    return [
        Row("enqueue, per entry", "", "", f"median {median_ms:.2f} ms", "1 ms", median_ms < 1.0),
        Row("summary of 100,000 entries", "", "", f"{slowest_ms:.1f} ms", "50 ms", slowest_ms < 50.0),
        Row("drain of 100,000 entries, extra memory", "", "", f"{grown:.1f} MB", "60 MB", grown < 60.0),
    ]


def _timed(call: Any) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _enqueue(outbox: Outbox, number: int) -> None:
    outbox.prepare([publication(number)], "owner")
    outbox.activate([f"component-{number:06d}"], "location")


def drain_memory(outbox: Outbox) -> float:
    """Return by how many MB a process grows that takes all entries out, as the uploader does."""
    script = (
        "import resource, sys; from pathlib import Path; from ftrack_accsyn_accessor.outbox import Outbox\n"
        "outbox = Outbox(Path(sys.argv[1])); outbox.open()\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); job = outbox.job('route', 'key', 'name')\n"
        "while True:\n"
        "    entries = outbox.due(1000)\n"
        "    if not entries: break\n"
        "    outbox.attempt(entries, job); outbox.submitted(entries, job)\n"
        "print((peak() - before) / 1024)\n"
    )
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "source")}
    arguments = [sys.executable, "-c", script, str(outbox.path)]
    done = subprocess.run(arguments, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    if outbox.counts()[State.SUBMITTED] != 100_000:
        raise SystemExit("The drain left entries behind.")
    return float(done.stdout)


def idle(seconds: float = 60.0) -> list[Row]:
    """Watch a host that has nothing to do."""
    with studio_with_latency() as studio:
        folder = sources(studio, 1)
        task_id = studio.ids["show_a/sq010/sh010/Animation"]
        arguments = [sys.executable, str(HERE / "child.py"), "ours", "files", "1", str(folder), task_id]
        child = subprocess.Popen(
            arguments, env=environment(studio, "ours"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        child.stdout.readline()
        wait_for_tasks(studio, 1, 60.0)
        studio.accsyn.engine.paused = False
        studio.accsyn.engine.wait_idle(60.0)
        settle_calls(studio)
        before, calls = cpu_seconds(child.pid), studio.accsyn.log.count() + studio.ftrack.log.count()
        threading.Event().wait(seconds)
        used = cpu_seconds(child.pid) - before
        calls = studio.accsyn.log.count() + studio.ftrack.log.count() - calls
        child.communicate("\n", timeout=60.0)
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


def settle_calls(studio: Studio) -> None:
    """Wait until five seconds went by without a call: everything is followed to its end."""
    quiet = threading.Event()
    while True:
        before = studio.accsyn.log.count() + studio.ftrack.log.count()
        quiet.wait(5.0)
        if studio.accsyn.log.count() + studio.ftrack.log.count() == before:
            return


def cpu_seconds(pid: int) -> float:
    """Return the processor time of another process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tls_calls(count: int = 60) -> list[Row]:
    """Calls per second over TLS, without latency: the door against the client as it is."""
    import accsyn_api

    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        root = Path(folder)
        workspace = demo.build(root / "staging", root / "hq", root / "london").workspace
        person = workspace.user("artist@acme.test")
        with AccsynService(workspace=workspace, engine_paused=True, tls=True) as accsyn:
            who = (workspace.code, person.code, person.api_key)
            bare = accsyn_api.Session(*who, hostname=HOST, port=accsyn.port, path_envfile=os.devnull)
            bare_s = _timed(lambda: [bare.find("Queue WHERE code=none") for _ in range(count)])
            certificate = str(accsyn.certificate)
            door = Workspace(Credentials(*who), proxy=None, hostname=HOST, port=accsyn.port, certificate=certificate)
            door.find_queue("none")
            door_s = _timed(lambda: [door.find_queue("none") for _ in range(count)])
            door.close()
    return [Row("TLS calls per second", "", f"{count / bare_s:.0f} (bare client)", f"{count / door_s:.0f}", "", None)]


MEASUREMENTS = (session_open, publish_files, publish_sequences, long_runs, outbox_rows, idle, tls_calls)
