"""What 1,000,000 items cost that have arrived, beside an empty outbox: to look, to publish, and in memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

from hosts import ROOT, Row

sys.path.append(str(ROOT / "tests"))

import many
from ftrack_accsyn_accessor.insight import rows, status
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.moving import Moving
from ftrack_accsyn_accessor.outbox.survey import PUBLISHED

COUNT = 1_000_000
ROUNDS = 9
PUBLISHES = 300

#: What the worker does over and over, while there is something to send, and while it has nothing else to do.
WORKER = """
import resource, sys, time
from pathlib import Path
sys.path.append(sys.argv[2])
import many
from ftrack_accsyn_accessor.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
many.send(outbox, 1_000_000)
before = peak()
for number in range(50):
    outbox.work(many.STUDIO), outbox.stale(), outbox.prepared()
    many.send(outbox, 1_000_001 + number)
    tracking = outbox.tracking_of(many.STUDIO)
    for job in tracking.live_jobs():
        tracking.synced(tracking.followed(job.row.id))
    outbox.resting.any_synced(0.0)
    outbox.moving.step(time.time() - 300 * 86400)
for number, item in enumerate(outbox.resting.synced(time.time())):
    if number > 20_000:
        break
print((peak() - before) / 1024)
"""


def million() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        empty, full = Outbox(Path(folder) / "empty.sqlite3"), Outbox(Path(folder) / "full.sqlite3")
        many.fill(full, COUNT)
        looks = [_look_ms(each) for each in (empty, full)]
        publishes = _publish_ms(0, empty, full)
        grown = _worker_mb(full.path)
        before, begun = _size_mb(full.path), time.perf_counter()
        moved, longest_ms = _upkeep(full)
        took_s = time.perf_counter() - begun
        archive = full.archive.path()
        assert archive is not None
        sizes = f"{before:.0f} MB, then {_size_mb(full.path):.0f} MB and an archive of {_size_mb(archive):.0f} MB"
        looks.append(_look_ms(full))
        publishes += _publish_ms(PUBLISHES, full)
        left = full.counts()[State.SYNCED]
        empty.close(), full.close()
    ratios = [each / publishes[0] for each in publishes[1:]]
    return [
        Row(
            "status (default limit): empty, 1,000,000 items, after upkeep",
            "",
            "",
            ", ".join(f"{each:.1f} ms" for each in looks),
            "100 ms",
            max(looks) <= 100.0,
        ),
        Row(
            "publish to submitted: empty, 1,000,000 items, after upkeep",
            "",
            "",
            f"{publishes[0]:.2f} ms, {ratios[0]:.2f} x, {ratios[1]:.2f} x",
            "2 x the empty one",
            max(ratios) <= 2.0,
        ),
        Row("worker at 1,000,000 items, extra memory", "", "", f"{grown:.1f} MB", "20 MB", grown < 20.0),
        Row(
            "upkeep of 1,000,000 items",
            "",
            "",
            f"{moved:,} moved in {took_s:.0f} s, {left:,} left; {sizes}; lock held {longest_ms:.0f} ms at most",
            "",
            None,
        ),
    ]


def _look_ms(outbox: Outbox) -> float:
    def look() -> Any:
        summary = status.summary(outbox, many.STUDIO)
        shown = rows.rows(outbox, limit=20, studio=many.STUDIO, request=PUBLISHED)
        return summary, shown, rows.count(outbox, request=PUBLISHED)

    look()
    return statistics.median(_ms(look) for _ in range(ROUNDS))


def _publish_ms(first: int, *outboxes: Outbox) -> list[float]:
    """Return how long a publish takes until it is submitted, in each of *outboxes* in turn; numbered from *first*."""
    taken: list[list[float]] = [[] for _ in outboxes]
    for number in range(first, first + PUBLISHES):
        for outbox, each in zip(outboxes, taken):
            each.append(_ms(lambda outbox=outbox, number=number: many.send(outbox, number)))
    return [statistics.median(each) for each in taken]


def _worker_mb(path: Path) -> float:
    """Return by how many MB a process grows that does what the worker does."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "source")}
    arguments = [sys.executable, "-c", WORKER, str(path), str(ROOT / "tests")]
    return float(subprocess.run(arguments, env=variables, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _upkeep(outbox: Outbox) -> tuple[int, float]:
    """Move what arrived more than a week ago, and give the room back, without pauses.

    Return how many items that were, and for how long the longest step kept others from writing, in ms.
    """
    moving = Moving(outbox._connections, outbox.archive, pause=lambda seconds: None)
    begun, longest_s, moved = [0.0], [0.0], 0
    writing = outbox._connections.writing

    def timed() -> Any:
        return _Timed(writing(), begun, longest_s)

    outbox._connections.writing = timed  # type: ignore[method-assign]
    while True:
        count = moving.step(time.time() - 7 * many.DAY_S)
        moved += count
        if not count:
            break
    del outbox._connections.writing  # type: ignore[attr-defined]
    more = True
    while more:
        start = time.perf_counter()
        more = moving.shrink()
        longest_s[0] = max(longest_s[0], time.perf_counter() - start)
    archive = outbox.archive.path()
    assert archive is not None
    for connections in (outbox._connections, outbox.archive._connections(archive)):
        with connections.reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return moved, 1000 * longest_s[0]


class _Timed:
    """A transaction, and how long it was open."""

    def __init__(self, transaction: Any, begun: list[float], longest_s: list[float]) -> None:
        self._transaction, self._begun, self._longest_s = transaction, begun, longest_s

    def __enter__(self) -> Any:
        connection = self._transaction.__enter__()
        self._begun[0] = time.perf_counter()
        return connection

    def __exit__(self, *ended: Any) -> Any:
        result = self._transaction.__exit__(*ended)
        self._longest_s[0] = max(self._longest_s[0], time.perf_counter() - self._begun[0])
        return result


def _size_mb(path: Path) -> float:
    return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*") if each.suffix != ".lock") / 1e6


def _ms(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - begun)
