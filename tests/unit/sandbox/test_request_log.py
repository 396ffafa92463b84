"""The request log: counting by operation, and waiting without polling."""

from __future__ import annotations

import threading

import pytest

from ftrack_accsyn_sandbox.request_log import Request, RequestLog


def row(operation: str) -> Request:
    return Request(0.0, "GET", "/", operation, 200, None)


@pytest.fixture
def log() -> RequestLog:
    log = RequestLog()
    for operation in ("query:Location,create:Job", "transfer/find", "transfer/create"):
        log.add(row(operation))
    return log


@pytest.mark.parametrize(
    ("prefix", "count"),
    [("", 3), ("transfer/", 2), ("transfer/create", 1), ("create:Job", 1), ("Job", 0), ("query", 1)],
)
def test_prefix_counts_operations_and_their_parts(log: RequestLog, prefix: str, count: int) -> None:
    assert log.count(prefix) == count


def test_operations_keep_their_order(log: RequestLog) -> None:
    assert log.operations() == ["query:Location,create:Job", "transfer/find", "transfer/create"]


def test_cleared_log_is_empty(log: RequestLog) -> None:
    log.clear()
    assert log.all() == []


def test_waiting_ends_when_the_last_row_arrives(log: RequestLog) -> None:
    late = threading.Thread(target=log.add, args=(row("task/create"),))
    late.start()
    assert [found.operation for found in log.wait_for("task/", timeout_s=10)] == ["task/create"]
    late.join()


def test_waiting_in_vain_names_what_was_seen(log: RequestLog) -> None:
    with pytest.raises(TimeoutError, match=r"2 requests 'task/', saw 0; last: .*transfer/create"):
        log.wait_for("task/", count=2, timeout_s=0.02)


def test_waiting_counts_rows_that_are_there_already(log: RequestLog) -> None:
    assert len(log.wait_for("transfer/", count=2, timeout_s=0)) == 2
