"""Rows and summaries as `status` gives them, for tests of what is shown."""

from __future__ import annotations

from typing import Any

from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model.item import Kind, State
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox.facts import Contact, Link

NOW = 1_790_000_000.0
SETTINGS = Settings(staging_path="/data/projects", workspace="acme", api_user="artist@acme.test")


def row(**changes: Any) -> Row:
    values: dict[str, Any] = {
        "item_id": 7,
        "component_id": "c1",
        "component": "main",
        "version_id": "v1",
        "version": "plate v003",
        "project_id": "p1",
        "project": "show_a",
        "kind": Kind.SEQUENCE,
        "resource_identifier": "show_a/sq010/sh010/plate/v003/main.%04d.exr",
        "user": "artist",
        "files": 240,
        "files_done": 120,
        "size_bytes": 4_000_000_000,
        "done_bytes": 2_000_000_000,
        "percent": 50,
        "speed_bytes_per_s": 1e6,
        "time_left_s": 125.0,
        "state": State.TRANSFERRING,
        "cause_kind": "",
        "cause": "",
        "remedy": "",
        "attempts": 0,
        "job": "job",
        "job_id": "j1",
        "job_status": "running",
        "created_at": NOW,
        "updated_at": NOW,
        "synced_at": None,
        "next_try_at": None,
        "server_url": "https://acme.test",
        "workspace": "acme",
        "left_over": "",
        "waits_for_older": False,
        "context": "sq010/sh010",
    }
    return Row(**{**values, **changes})


def summary(**changes: Any) -> Summary:
    counts = dict.fromkeys(State, 0) | changes.pop("counts", {})
    values: dict[str, Any] = {
        "counts": counts,
        "sizes_bytes": {state: 1000 * count for state, count in counts.items()},
        "pending": counts[State.PREPARED] + counts[State.PENDING],
        "moving": counts[State.SUBMITTED] + counts[State.TRANSFERRING],
        "stuck": counts[State.NEEDS_ATTENTION],
        "synced": counts[State.SYNCED],
        "withdrawn": counts[State.WITHDRAWN],
        **dict.fromkeys(("forgotten", "pending_elsewhere", "moving_elsewhere"), 0),
        "unsent_bytes": 1000 * (counts[State.PREPARED] + counts[State.PENDING]),
        "total_bytes": 4_000_000,
        "done_bytes": 1_000_000,
        "speed_bytes_per_s": None,
        "time_left_s": None,
        "safe_to_quit": True,
        "safe_reason": "",
        "all_arrived": not any(counts[state] for state in State if state not in (State.SYNCED, State.WITHDRAWN)),
        "paused": None,
        "pausing": False,
        "resuming": False,
        "problem": "",
        "problem_remedy": "",
        "location_name": "artist.ws1",
        "staging_path": "/data/projects",
        "staging_present": True,
        "free_bytes": 80_000_000_000,
        "destination": "studio.hq",
        "endpoint": Link(
            workspace="acme",
            api_user="artist@acme.test",
            client="ws1",
            client_status="online",
            seen_at=NOW - 120,
            party="acme",
            destination="studio.hq",
        ),
        "contact": Contact(),
        "outbox_path": "/data/projects/.ftrack-accsyn/outbox.sqlite3",
        "held": False,
        "remarks": (),
    }
    return Summary(**{**values, **changes})
