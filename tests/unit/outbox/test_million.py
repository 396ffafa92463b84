"""Very many items that have arrived: they cost nobody anything who looks, publishes, sends or frees."""

from __future__ import annotations

import collections
import itertools
import re
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from ftrack_accsyn_accessor.insight import rows, status
from ftrack_accsyn_accessor.model.item import Endpoint, State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.moving import Moving
from ftrack_accsyn_accessor.outbox.survey import PUBLISHED
from many import DAY_S, STUDIO, fill, plan, publication, send, steps

FEW, MANY = 2_000, 20_000
HQ = Endpoint("acme", "d1", "studio.hq")
#: What walks along an index of few rows: of what is stale, was fetched or asked for.
FEW_ROWS = re.compile(r"SCAN (TABLE )?item USING (COVERING )?INDEX (item_stale|item_fetched|item_asked_for)")


def filled(folder: Path, count: int) -> Outbox:
    outbox = Outbox(folder / "outbox.sqlite3")
    fill(outbox, count)
    for number in range(3):
        send(outbox, number)
    return outbox


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outbox]:
    outbox = filled(tmp_path_factory.mktemp("few"), FEW)
    yield outbox
    outbox.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outbox]:
    outbox = filled(tmp_path_factory.mktemp("many"), MANY)
    yield outbox
    outbox.close()


def glance(outbox: Outbox) -> Any:
    """Return what `status` shows by default."""
    summary = status.summary(outbox, STUDIO)
    return summary, rows.rows(outbox, limit=20, request=PUBLISHED), rows.count(outbox, request=PUBLISHED)


def sent(outbox: Outbox) -> Any:
    return next(outbox.items(State.SUBMITTED))


CALLS: dict[str, Callable[[Outbox], Any]] = {
    "status": glance,
    "counts": lambda outbox: outbox.counts(),
    "next page": lambda outbox: rows.rows(outbox, limit=20, offset=40),
    "one state": lambda outbox: rows.rows(outbox, [State.PENDING], limit=20),
    "work": lambda outbox: outbox.work(STUDIO),
    "due": lambda outbox: outbox.due(1000, STUDIO),
    "stale": lambda outbox: outbox.stale(),
    "prepared": lambda outbox: outbox.prepared(),
    "live jobs": lambda outbox: outbox.tracking.live_jobs(),
    "rounds": lambda outbox: outbox.tracking.rounds(),
    "followed": lambda outbox: outbox.tracking.followed(sent(outbox).job),
    "tally": lambda outbox: outbox.tracking.tally(sent(outbox).job, 0.0),
    "arrived": lambda outbox: outbox.tracking.arrived(20),
    "clients here": lambda outbox: outbox.tracking.clients_here(outbox.job_by_id(sent(outbox).job)),
    "coming": lambda outbox: outbox.incoming.over([sent(outbox)], "client=here"),
    "came": lambda outbox: outbox.incoming.since(sent(outbox), "client=here"),
    "moving to": lambda outbox: outbox.requests.moving_to(HQ, STUDIO),
    "rival": lambda outbox: outbox.requests.rival(sent(outbox)),
    "published at": lambda outbox: outbox.requests.published_at(sent(outbox)),
    "staged": lambda outbox: outbox.requests.staged(publication(1)),
    "to take back": lambda outbox: outbox.requests.to_take_back(STUDIO),
    "endangering": lambda outbox: outbox.requests.endangering(STUDIO, "client=here"),
    "untold": lambda outbox: outbox.control.untold(STUDIO),
    "any to free": lambda outbox: outbox.resting.any_synced(0.0),
    "known": lambda outbox: outbox.resting.known("l1", ["new-000001", "unknown"]),
    "here": lambda outbox: outbox.resting.here(),
    "movable": lambda outbox: Moving(outbox._connections, outbox.archive)._movable(0.0),
    "component": lambda outbox: outbox.survey.of_component("new-000001"),
    "publish": lambda outbox: outbox.prepare([publication(0)], "owner"),
    "confirm": lambda outbox: outbox.activate(["new-000000"], "l1"),
    "arrival": lambda outbox: outbox.tracking.synced([sent(outbox)]),
}


@pytest.mark.parametrize("name", CALLS)
def test_rows_are_found_by_an_index(few: Outbox, name: str) -> None:
    scans = [step for step in plan(few, lambda: CALLS[name](few)) if step.startswith("SCAN") and " item" in step]
    assert [step for step in scans if not FEW_ROWS.match(step)] == []


@pytest.mark.parametrize("name", ["status", "next page", "work", "any to free", "publish", "known", "clients here"])
def test_ten_times_as_many_items_cost_no_more_work(few: Outbox, many: Outbox, name: str) -> None:
    counts = []
    for outbox in (few, many):
        CALLS[name](outbox)  # what is asked for the first time is read from the schema
        counts.append(steps(outbox, lambda outbox=outbox: CALLS[name](outbox)))
    assert counts[1] <= 1.3 * counts[0] + 100


# Memory.


def peak(call: Callable[[], Any]) -> int:
    """Return by how many bytes *call* grows at most."""
    call()  # what is imported, or kept for ever, is so already
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def consumed(found: Iterator[Any]) -> int:
    collections.deque(found, maxlen=0)
    return 0


WALKS: dict[str, Callable[[Outbox], Any]] = {
    "to free": lambda outbox: consumed(outbox.resting.synced(time.time())),
    "names": lambda outbox: consumed(outbox.survey.names()),
    "items": lambda outbox: consumed(outbox.items(State.SYNCED)),
}


@pytest.mark.parametrize("name", WALKS)
def test_walk_through_ten_times_as_many_items_is_ten_times_the_work(few: Outbox, many: Outbox, name: str) -> None:
    one, ten = (steps(outbox, lambda outbox=outbox: WALKS[name](outbox), every=1000) for outbox in (few, many))
    assert ten <= 15 * one


def test_what_is_about_to_move_is_looked_at_by_its_ids(few: Outbox) -> None:
    moving = Moving(few._connections, few.archive)
    assert [step for step in plan(few, lambda: moving._rows(range(1, 500), 0.0)) if "item_by_state" in step] == []


@pytest.mark.parametrize(
    "walk",
    [
        *WALKS.values(),
        lambda outbox: outbox.work(STUDIO),
        lambda outbox: glance(outbox),
        lambda outbox: outbox.resting.known("l1", (f"new-{number:06d}" for number in range(20))),
    ],
    ids=[*WALKS, "work", "status", "known"],
)
def test_whoever_walks_through_all_of_them_has_few_in_memory(few: Outbox, walk: Callable[[Outbox], Any]) -> None:
    assert peak(lambda: walk(few)) < FEW * 1500  # a row takes 3 kB


# With most of them in the archive.


@pytest.fixture(scope="module")
def parted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outbox]:
    outbox = filled(tmp_path_factory.mktemp("parted"), 3_000)
    moving = Moving(outbox._connections, outbox.archive, pause=lambda seconds: None)
    while moving.step(time.time() - 7 * DAY_S):
        pass
    yield outbox
    outbox.close()


def test_most_are_in_the_archive_and_all_are_told(parted: Outbox) -> None:
    assert parted.counts()[State.SYNCED] < 100
    summary, page, count = glance(parted)
    assert (summary.synced, len(page), count) == (3_000, 20, 3_003)
    pages = (rows.rows(parted, limit=500, offset=start) for start in range(0, 3_500, 500))
    ids = [row.item_id for row in itertools.chain.from_iterable(pages)]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 3_003


def test_the_archive_is_asked_by_its_indexes(parted: Outbox) -> None:
    path = parted.archive.path()
    assert path is not None
    statements: list[str] = []
    archive = parted.archive
    with archive._connections(path).reading() as connection:
        connection.set_trace_callback(statements.append)
    archive.sums(), archive.sums_of(1), archive.newest(20), archive.newest(20, published=True)
    archive.with_ids([1, 2]), archive.of_component("c"), archive.of_version("v"), archive.of_request(1)
    archive.related(publication(1), files=True), archive.latest(20), archive.any_staged(1.0)
    consumed(parted.resting.archived(10.0))
    archive.newest(20, search="main sq001")
    consumed(archive.called(["main", "sq001"]))
    with archive._connections(path).reading() as connection:
        connection.set_trace_callback(None)
        found = [each.replace("Inf", "1e999") for each in statements if each.startswith("SELECT")]
        steps = [str(row[3]) for each in found for row in connection.execute(f"EXPLAIN QUERY PLAN {each}")]
    scans = [step for step in steps if re.match("SCAN (TABLE )?archived", step)]
    # What is shown in order is read from an end of an index; only words are looked for in all, in an index of those.
    assert [each for each in scans if not re.search("archived_by_(creation|arrival|words)", each)] == []


def test_freeing_reads_the_archive_a_few_at_a_time(parted: Outbox) -> None:
    assert sum(1 for _ in parted.resting.synced(time.time())) == 3_000
    assert peak(lambda: consumed(parted.resting.synced(time.time()))) < 3_000 * 1000


def test_what_a_search_finds_is_counted_without_being_read(parted: Outbox) -> None:
    assert rows.count(parted, search="main v00") == 3_003
    assert rows.count(parted, search="MAIN sh0001 v003", request=PUBLISHED) == len(
        rows.rows(parted, search="MAIN sh0001 v003")
    )
    assert rows.count(parted, search="main", request=1) == 0
    assert peak(lambda: rows.count(parted, search="main")) < 3_000 * 20


@pytest.mark.parametrize("search", ["", "main"])
def test_a_page_far_down_is_read_without_those_above_it(parted: Outbox, search: str) -> None:
    listed = [row.item_id for row in rows.rows(parted, search=search, limit=-1)]
    for start in (0, 1, 5, 50, 500, 2_990, 3_000):
        assert [row.item_id for row in rows.rows(parted, (), search, 20, start)] == listed[start : start + 20]
    assert peak(lambda: rows.rows(parted, (), search, 20, 2_950)) < 3_000 * 100
