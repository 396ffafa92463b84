"""Taking over what release 1.0.0 left, and what comes of it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from ftrack_accsyn_accessor.outbox import Outbox, locations
from ftrack_accsyn_accessor.outbox.file import outbox_path
from ftrack_accsyn_accessor.outbox.takeover import Takeover

UUID = "11111111-2222-4333-8444-555555555555"


def opened(root: Path) -> Outbox:
    outbox = Outbox(outbox_path(None, str(root)))
    outbox.open()
    return outbox


def take_over(root: Path) -> Outbox:
    outbox = opened(root)
    Takeover(outbox, str(root), UUID).step()
    return outbox


def rows(path: Path, statement: str) -> list[dict[str, Any]]:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(statement)]
    finally:
        connection.close()


def content(root: Path) -> dict[str, Any]:
    """What the present outbox holds, without the ids that it gave."""
    path = outbox_path(None, str(root))
    names = {row["id"]: row["route"] for row in rows(path, "SELECT * FROM job")}
    items = rows(path, "SELECT item.*, hex(packed) AS hexed FROM item LEFT JOIN files ON files.item = item.id")
    jobs = rows(path, "SELECT * FROM job")
    meta = {row["name"]: row["value"] for row in rows(path, "SELECT * FROM meta")}
    paused = sorted(names[job] for job in json.loads(meta.pop("paused-jobs")))
    return {
        "items": sorted(({**row, "id": 0, "job": names.get(row["job"])} for row in items), key=str),
        "jobs": sorted(({**row, "id": 0} for row in jobs), key=str),
        "meta": meta,
        "paused-jobs": paused,
        "locations": locations.located(str(root)),
    }
