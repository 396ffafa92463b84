"""Very many items in an outbox, written in one go: what a machine has after years."""

from __future__ import annotations

import re
import time
from typing import Any, Callable

from ftrack_accsyn_accessor.model.item import Publication, StagedFile, Studio
from ftrack_accsyn_accessor.outbox import Outbox, records
from making import route

STUDIO = Studio("https://acme.test", "acme")
DAY_S = 86_400.0
#: One for so many items.
_ITEMS_A_JOB = 500

_PATH = "printf('show_a/sq%03d/sh%04d/comp/v%03d/main.%07d.exr', i / 50000, i / 500, i % 7, i)"
_COLUMNS = {
    "id": "i",
    "request": "i",
    "component_id": "printf('%08x-%04x-4000-8000-%012x', i * 2654435761 % 4294967296, i % 65536, i)",
    "version_id": "printf('%08x-%04x-4000-9000-%012x', i / 3 * 2654435761 % 4294967296, 7, i / 3)",
    "version_name": "printf('comp v%03d', i % 7)",
    "context": "printf('sq%03d/sh%04d', i / 50000, i / 500)",
    "path": _PATH,
    "resource_identifier": _PATH,
    "state": "'synced'",
    "job": f"1 + i / {_ITEMS_A_JOB}",
    "party": "'acme'",
    "destination_id": "'d1'",
    "destination_name": "'studio.hq'",
    "source_party": "'client=' || hex(zeroblob(12))",
    "size_bytes": "1000",
    "done_bytes": "1000",
    "file_count": "1",
    "created_at": ":begun + i * :every",
    "updated_at": ":begun + i * :every + 60",
    "arrived_at": ":begun + i * :every + 50",
    "synced_at": ":begun + i * :every + 60",
    "component_name": "'main'",
    "kind": "'file'",
    "location_id": "'l1'",
    "location_name": "'artist.ws1'",
    "server_url": f"'{STUDIO.server_url}'",
    "workspace": f"'{STUDIO.workspace}'",
    "studio": f"'{STUDIO.key}'",
    "username": "'artist@acme.test'",
    "project_id": "'5671dcb0-66de-11e1-8e6e-f23c91df25eb'",
    "project_name": "'show_a'",
}


def fill(outbox: Outbox, count: int, days: float = 365.0) -> None:
    """Write *count* synced publishes into *outbox*, which is empty, evenly over the last *days*."""
    file = StagedFile("show_a/sq010/sh0100/comp/v001/main.0000001.exr", 1000, 1_790_000_000_123_456_789)
    packed = records.pack((file,))
    bound = {"count": count, "begun": time.time() - days * DAY_S - 3600.0, "every": days * DAY_S / count}
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
    columns, values = ", ".join(_COLUMNS), ", ".join(_COLUMNS.values())
    with outbox._connections.writing() as connection:
        connection.execute(
            f"{numbers} INSERT INTO job (id, route, key, generation, name, accsyn_id, status, created_at) "
            f"SELECT i, 'r' || i, 'k' || i, 0, 'show_a ftrack upload ' || i, 'j' || i, 'done', 1 FROM n "
            f"WHERE i <= 1 + :count / {_ITEMS_A_JOB}",
            bound,
        )
        connection.execute(
            f"{numbers} INSERT INTO request (id, reason, username, server_url, created_at) "
            f"SELECT i, 'publish', 'artist@acme.test', '{STUDIO.server_url}', :begun FROM n",
            bound,
        )
        connection.execute(f"{numbers} INSERT INTO item ({columns}) SELECT {values} FROM n", bound)
        connection.execute("INSERT INTO files SELECT id, ? FROM item", (packed,))


def publication(number: int) -> Publication:
    """Return something that is not among them."""
    path = f"show_b/sh{number:04d}/main.mov"
    return Publication(
        component_id=f"new-{number:06d}",
        component_name="main",
        kind=records.Kind.FILE,
        resource_identifier=path,
        location_id="l1",
        location_name="artist.ws1",
        server_url=STUDIO.server_url,
        username="artist@acme.test",
        project_id="p2",
        project_name="show_b",
        version_id=f"version-{number:06d}",
        version_name="plate v001",
        files=(StagedFile(path, 1000, number),),
        workspace=STUDIO.workspace,
    )


def send(outbox: Outbox, number: int) -> None:
    """Publish one of these, and let it be submitted."""
    outbox.prepare([publication(number)], "owner")
    outbox.activate([publication(number).component_id], "l1")
    outbox.submitted(outbox.due(10), outbox.job_found(outbox.job(route(studio=STUDIO)), "j" * 24))


def plan(outbox: Outbox, call: Callable[[], Any]) -> list[str]:
    """Return how SQLite carries out the queries of *call*."""
    statements: list[str] = []
    with outbox._connections.reading() as connection:
        connection.set_trace_callback(statements.append)
        call()
        connection.set_trace_callback(None)
        steps: list[str] = []
        for statement in statements:
            if re.match("SELECT|UPDATE|DELETE", statement):
                steps += [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert steps
    return steps


def steps(outbox: Outbox, call: Callable[[], Any], every: int = 20) -> int:
    """Return how many instructions SQLite carries out in *outbox* for *call*, about."""
    seen: list[int] = []
    with outbox._connections.reading() as connection:
        connection.set_progress_handler(lambda: seen.append(1), every)  # type: ignore[arg-type,return-value]
    call()
    with outbox._connections.reading() as connection:
        connection.set_progress_handler(None, every)
    return every * len(seen)
