"""What is measured while there is work: each function returns rows of the table."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hosts import ROOT, Row, run
from staging import submitted

from ftrack_accsyn_accessor.model.credentials import Credentials
from ftrack_accsyn_accessor.model.item import Kind, Publication, StagedFile, State, Studio
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn import demo
from ftrack_accsyn_sandbox.accsyn.service import AccsynService
from ftrack_accsyn_sandbox.service import HOST

#: Two things that differ by less than a busy machine's moods are measured in turn so often; the fastest runs count.
ROUNDS = 3
STUDIO = Studio("https://acme.example", "acme")


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
    rounds = [(run("plain", "files", 100), run("ours", "files", 100)) for _ in range(ROUNDS)]
    plain, ours = (min(runs, key=lambda each: each.figures["publish_s"]) for runs in zip(*rounds))
    events = run("per-event", "files", 100)
    ratio = ours.figures["publish_s"] / plain.figures["publish_s"]
    return [
        Row(
            "publish 100 single files",
            f"{plain.figures['publish_s']:.1f} s, {plain.posts} POSTs",
            f"{events.figures['publish_s']:.1f} s, {events.posts} POSTs",
            f"{ours.figures['publish_s']:.1f} s, {ours.posts} POSTs, {ratio:.2f} x plain",
            "0.75 x plain, 205 POSTs",
            ratio <= 0.75 and ours.posts <= 205,
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
    plain, ours, events = (run(location, "sequence", 200) for location in ("plain", "ours", "per-event"))
    ratio = ours.figures["publish_s"] / plain.figures["publish_s"]
    return [
        Row(
            "publish a 200-frame sequence",
            f"{plain.figures['publish_s']:.1f} s, {plain.posts} POSTs",
            f"{events.figures['publish_s']:.1f} s",
            f"{ours.figures['publish_s']:.1f} s, {ours.posts} POSTs, {ratio:.2f} x plain",
            "two POSTs fewer than plain",
            ours.posts <= plain.posts - 2,
        ),
        submitted(200, ours, events),
    ]


def long_runs() -> list[Row]:
    files = run("ours", "files", 1000)
    return [
        Row(
            "1,000 files: last publish to all submitted",
            "",
            "",
            f"{files.submitted_s:.1f} s, {files.calls} accsyn calls (and {files.following} to follow)",
            "2 s, 12 calls",
            files.submitted_s <= 2.0 and files.calls <= 12,
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
        look_ms = statistics.median(_timed(lambda: outbox.work(STUDIO)) for _ in range(9)) * 1000
        grown = drain_memory(outbox)
    slowest_ms = max(summary_ms, look_ms)
    return [
        Row("enqueue, per item", "", "", f"median {median_ms:.2f} ms", "1 ms", median_ms < 1.0),
        Row("summary of 100,000 items", "", "", f"{slowest_ms:.1f} ms", "50 ms", slowest_ms < 50.0),
        Row("drain of 100,000 items, extra memory", "", "", f"{grown:.1f} MB", "60 MB", grown < 60.0),
    ]


def _timed(call: Any) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _enqueue(outbox: Outbox, number: int) -> None:
    outbox.prepare([publication(number)], "owner")
    outbox.activate([f"component-{number:06d}"], "location")


def drain_memory(outbox: Outbox) -> float:
    """Return by how many MB a process grows that takes all items out, as the worker does."""
    script = (
        "import datetime, resource, sys; from pathlib import Path; from ftrack_accsyn_accessor.outbox import Outbox\n"
        "from ftrack_accsyn_accessor.model.item import Endpoint, Sent, Studio\n"
        "from ftrack_accsyn_accessor.model.route import Route\n"
        "end, day = Endpoint('acme', 'd', 'studio.hq'), datetime.date(2026, 11, 26)\n"
        "route = Route('p', 'show_a', 'l', 'ws', 'c', 'projects', end, day, Studio('https://acme.example', 'acme'))\n"
        "outbox = Outbox(Path(sys.argv[1])); outbox.open()\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); job = outbox.job(route)\n"
        "while True:\n"
        "    items = outbox.due(1000)\n"
        "    if not items: break\n"
        "    outbox.attempt(items, job, {item.id: Sent((item.publication.path,)) for item in items})\n"
        "    outbox.submitted(items, job)\n"
        "print((peak() - before) / 1024)\n"
    )
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "source")}
    arguments = [sys.executable, "-c", script, str(outbox.path)]
    done = subprocess.run(arguments, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    if outbox.counts()[State.SUBMITTED] != 100_000:
        raise SystemExit("The drain left items behind.")
    return float(done.stdout)


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
