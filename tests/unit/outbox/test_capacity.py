"""A long outbox: 100,000 waiting items cost no look into the table and no memory to speak of."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from ftrack_accsyn_accessor.model.item import Kind, StagedFile, State
from ftrack_accsyn_accessor.outbox import Outbox, agenda, records
from many import plan

COUNT = 100_000

MEASURE = """
import itertools, resource, sys
from pathlib import Path
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox
unit = 1 if sys.platform == "darwin" else 1024
outbox = Outbox(Path(sys.argv[1]))
outbox.due(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
outbox.work(), outbox.counts(), outbox.prepared(), len(outbox.due(1000)), outbox.wake("refused")
assert sum(1 for item in itertools.islice(outbox.items(State.PENDING), 5000)) == 5000
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit)
outbox.close()
"""


@pytest.fixture(scope="module")
def long_outbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outbox]:
    """An outbox with `COUNT` items to be submitted and as many that have been."""
    outbox = Outbox(tmp_path_factory.mktemp("long") / "outbox.sqlite3")
    packed = records.pack((StagedFile("show_a/shot/main.mov", 10, 1_790_000_000_123_456_789),))
    texts = ("component_name", "path", "studio", "resource_identifier", "location_name", "server_url", "username")
    empty = ("project_id", "project_name", "version_id", "version_name")
    names = ("component_id", "location_id", "kind", "size_bytes", "file_count", "state", "created_at", "updated_at")
    with outbox._connections.writing() as connection:
        connection.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {2 * COUNT}) "
            f"INSERT INTO item ({', '.join((*names, *texts, *empty))}) SELECT 'c' || i, 'l1', 'file', 10, 1, "
            f"CASE i % 2 WHEN 0 THEN 'pending' ELSE 'synced' END, i, i, {', '.join(['printf(?, i)'] * 7)}, "
            "'p1', 'show_a', 'v1', 'shot v001' FROM n",
            ["show_a/sequence/shot/main_%d.mov"] * 7,
        )
        connection.execute("INSERT INTO files SELECT id, ? FROM item", (packed,))
    yield outbox
    outbox.close()


@pytest.mark.parametrize(
    "call",
    [
        lambda outbox: outbox.work(),
        lambda outbox: outbox.due(1000),
        lambda outbox: outbox.prepared(),
        lambda outbox: outbox.wake("refused"),
        lambda outbox: outbox.activate(["c1"], "l2"),
        lambda outbox: outbox.cancel(["c1"], "l2"),
        lambda outbox: next(outbox.items(State.PENDING)),
    ],
    ids=["work", "due", "prepared", "wake", "activate", "cancel", "items"],
)
def test_query_finds_its_rows_by_an_index(long_outbox: Outbox, call: Callable[[Outbox], Any]) -> None:
    steps = plan(long_outbox, lambda: call(long_outbox))
    # The index of what ftrack has to take back holds those few rows only.
    assert [step for step in steps if re.match("SCAN (item|files)(?!.* item_stale$)", step)] == []


def test_waiting_items_are_counted_on_the_index_alone(long_outbox: Outbox) -> None:
    waiting = [step for step in plan(long_outbox, long_outbox.work) if "next_try_at" in step]
    everything = [step for step in plan(long_outbox, long_outbox.counts) if " item" in step]
    assert waiting
    assert everything == []  # they are counted as they come and go
    assert [step for step in waiting if "USING COVERING INDEX item_by_state" not in step] == []


def test_due_sorts_ids_only_and_then_reads_its_thousand_rows(long_outbox: Outbox) -> None:
    steps = plan(long_outbox, lambda: long_outbox.due(1000))
    assert "SEARCH item USING COVERING INDEX item_by_state" in " ".join(steps)
    assert any("item USING INTEGER PRIMARY KEY" in step for step in steps)


def test_long_outbox_is_answered_rightly(long_outbox: Outbox) -> None:
    work = long_outbox.work()
    assert (work.due, work.oldest_due_at, work.newest_due_at) == (COUNT, 2.0, 2.0 * COUNT)
    due = long_outbox.due(1000)
    assert [item.publication.component_id for item in due] == [f"c{2 * number}" for number in range(1, 1001)]
    assert long_outbox.counts()[State.SYNCED] == COUNT


@pytest.mark.skipif(os.name == "nt", reason="no resource module there")
def test_long_outbox_costs_little_memory(
    long_outbox: Outbox, start: Callable[..., Any], finish: Callable[..., str]
) -> None:
    assert int(finish(start(MEASURE, long_outbox.path))) < 30_000_000


def test_writer_waits_for_no_reader(long_outbox: Outbox) -> None:
    walk = long_outbox.items(State.PENDING)
    next(walk)
    with long_outbox._connections.reading() as connection:
        rows = connection.execute("SELECT * FROM item")
        rows.fetchone()
        failures: list[BaseException] = []

        def write() -> None:
            other = sqlite3.connect(long_outbox.path, timeout=0)
            try:
                with other:
                    other.execute("INSERT OR REPLACE INTO meta VALUES ('written', '1')")
            except sqlite3.Error as error:
                failures.append(error)
            finally:
                other.close()

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        rows.close()
    assert failures == []


# Long sequences.


def test_very_many_files_are_handed_out_in_parts(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Made smaller, so that the test need not make millions of files.
    monkeypatch.setattr(agenda, "FILES_AT_ONCE", 100)
    for name, count in (("a", 60), ("b", 40), ("c", 250), ("d", 1), ("e", 1)):
        files = tuple(StagedFile(f"show_a/{name}.{number}.exr", 1, 1) for number in range(count))
        desk.outbox.prepare([desk.publication(name, kind=Kind.SEQUENCE, files=files)], "owner")
    desk.outbox.activate("abcde", "l1")
    job, parts = desk.job(), []
    while True:
        part = desk.outbox.due(1000)
        if not part:
            break
        parts.append("".join(item.publication.component_id for item in part))
        assert all(item.publication.files for item in part)
        desk.outbox.submitted(part, job)
    assert parts == ["ab", "c", "de"]


def test_ten_thousand_frames_take_little_room(tmp_path: Path) -> None:
    files = tuple(
        StagedFile(f"show_a/sq010/sh020/comp/main.{number:04}.exr", 12_345_678, 1_790_000_000_123_456_789 + number**3)
        for number in range(10_000)
    )
    packed = records.pack(files)
    assert records.unpack(packed) == files
    assert len(packed) < 200_000
