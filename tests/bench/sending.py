"""What it costs to send much: a preview of thousands of components, and what accsyn is asked when they are sent."""

from __future__ import annotations

import json
import subprocess
import sys
import time

from hosts import CHILD_TIMEOUT_S, FOLLOWING, HERE, Row, environment, studio_with_latency, tasks_in_accsyn

from ftrack_accsyn_sandbox.ftrack import world
from ftrack_accsyn_sandbox.studio import Studio

SHOTS, VERSIONS, COMPONENTS, FRAMES = 100, 20, 3, 200_000
#: A script that asks for each entity by itself takes minutes: it is measured on a part, and reckoned up.
PART = 20
LOCATIONS = "locations.json"
MOST_S, MOST_CALLS, MOST_BYTES = 5.0, 40, 200_000_000


def sending() -> list[Row]:
    """Preview a project of 6,000 components and 200,000 frames, send it to a site; and what a plain script asks."""
    with studio_with_latency() as studio:
        big = world.build(
            studio.ftrack.store, studio.ids, shots=SHOTS, versions=VERSIONS, components=COMPONENTS, frames=FRAMES
        )
        studio.ftrack.store.create("Location", name="london")
        text = json.dumps({"locations": {"studio.hq": {"party": "hq"}}})
        (studio.root / LOCATIONS).write_text(text, encoding="utf-8")
        plain = measured(studio, "plain", big.project_id)
        ours = measured(studio, "ours", big.project_id)
        calls = ours["accsyn"] + ours["submitting"]
    components = len(big.component_ids)
    # Components, and the rows of frames: each is at the source, and may be at the destination.
    allowed = 12 + (components + FRAMES) / 500
    about = f"{len(big.version_ids):,} versions, {components:,} components, {FRAMES:,} frames"
    return [
        Row(
            f"preview of {about}",
            f"{plain['preview_s'] * PART:.0f} s, {plain['queries'] * PART:,.0f} queries (x {PART})",
            "",
            f"{ours['preview_s']:.1f} s, {ours['queries']:.0f} queries, {ours['accsyn']:.0f} accsyn calls",
            f"{MOST_S:g} s, {allowed:.0f} queries",
            ours["preview_s"] < MOST_S and ours["queries"] <= allowed,
        ),
        Row(
            f"sending it: {ours['tasks']:,.0f} tasks",
            "",
            "",
            f"{calls:.0f} accsyn calls, in accsyn after {ours['submit_s']:.1f} s",
            f"{MOST_CALLS} accsyn calls",
            calls <= MOST_CALLS,
        ),
        Row(
            "memory at its most, beyond that of a session",
            f"{plain['grown'] / 1e6:.0f} MB (1/{PART} of it)",
            "",
            f"{ours['grown'] / 1e6:.0f} MB",
            f"{MOST_BYTES / 1e6:.0f} MB",
            ours["grown"] < MOST_BYTES,
        ),
    ]


def measured(studio: Studio, who: str, project_id: str) -> dict[str, float]:
    """Let a process of its own preview and send; return its figures, with what the services counted."""
    arguments = [sys.executable, str(HERE / "send_child.py"), who, project_id, str(SHOTS // PART)]
    variables = {**environment(studio, "plain"), "FTRACK_ACCSYN_LOCATIONS": str(studio.root / LOCATIONS)}
    studio.ftrack.log.clear()
    child = subprocess.Popen(arguments, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = {}
    for step in ("ready", "preview", "sent"):
        line = json.loads(child.stdout.readline() or "{}")
        if not line:
            raise SystemExit(f"The process that sends has ended before it was {step}.")
        figures.update(line)
        if step == "ready":
            studio.ftrack.log.clear()
            studio.accsyn.log.clear()
            begun = time.perf_counter()
        elif step == "preview":
            figures["preview_s"] = time.perf_counter() - begun
            figures["queries"] = studio.ftrack.log.count("query")
            figures["accsyn"] = studio.accsyn.log.count()
            studio.accsyn.log.clear()
        _go_on(child)
    child.communicate(timeout=CHILD_TIMEOUT_S)
    operations = studio.accsyn.log.operations()
    figures["submitting"] = sum(operation not in FOLLOWING for operation in operations)
    figures["tasks"] = tasks_in_accsyn(studio)
    return figures


def _go_on(child: subprocess.Popen[str]) -> None:
    child.stdin.write("\n")
    child.stdin.flush()
