"""`make bench`: measures the plugin beside the alternatives; prints one table, and writes it to build/bench.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent))

import rows
from hosts import LATENCY_S, ROOT, Row
from million import million
from resting import following, idle
from staging import long_sequences, staging_copy

from sending import sending

#: What is measured, in the order of the table; each returns rows of it.
MEASUREMENTS = (
    rows.session_open,
    rows.publish_files,
    rows.publish_sequences,
    long_sequences,
    staging_copy,
    rows.long_runs,
    rows.outbox_rows,
    million,
    idle,
    following,
    rows.tls_calls,
    sending,
)


def main() -> int:
    """Measure what was asked for by name, or everything; return 1 if a promised figure was missed."""
    console = Console(width=200 if not sys.stdout.isatty() else None)
    wanted = sys.argv[1:] or [measurement.__name__ for measurement in MEASUREMENTS]
    found: list[Row] = []
    for measurement in MEASUREMENTS:
        if measurement.__name__ in wanted:
            console.print(f"measuring: {measurement.__name__} ..", style="dim")
            found += measurement()
    console.print(table(found))
    path = ROOT / "build" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([row._asdict() for row in found], indent=1) + "\n", encoding="utf-8")
    console.print(f"Written to {path.relative_to(ROOT)}.")
    return int(any(row.ok is False for row in found))


def table(found: list[Row]) -> Table:
    """Return the rows as one table."""
    result = Table(title=f"Python {sys.version.split()[0]}, {LATENCY_S * 1000:.0f} ms latency on both services")
    for name in ("what", "plain location", "per-event submitter", "this plugin", "at most", ""):
        result.add_column(name)
    for row in found:
        mark = {True: "met", False: "MISSED", None: ""}[row.ok]
        result.add_row(row.name, row.plain, row.per_event, row.ours, row.wanted, mark)
    return result


if __name__ == "__main__":
    sys.exit(main())
