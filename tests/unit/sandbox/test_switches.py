"""The bookkeeping of the fault switches: which fault a request meets, and how often."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ftrack_accsyn_sandbox.switches import GARBLE_KINDS, Switches, encode, garbled


def test_request_meets_the_first_fault_that_fits() -> None:
    switches = Switches()
    switches.drop_before("task/")
    switches.hang("")
    first, second, third = (switches.take(operation) for operation in ("task/create", "task/create", "task/create"))
    assert first is not None
    assert second is not None
    assert (first.kind, second.kind, third) == ("drop", "hang", None)


def test_one_operation_of_a_batch_is_enough() -> None:
    switches = Switches()
    switches.fail_next("create:Job", status=500)
    assert switches.take("query:Location,update:Job") is None
    assert switches.take("query:Location,create:Job") is not None


def test_page_that_stands_in_comes_before_all_faults_and_takes_none_away() -> None:
    switches = Switches()
    switches.drop_before("task/")
    switches.stand_in("<title>Please log in</title>")
    fault = switches.take("task/create")
    assert fault is not None
    assert (fault.kind, fault.status, fault.processed, fault.body) == (
        "fail",
        200,
        False,
        b"<title>Please log in</title>",
    )
    switches.stand_in(None)
    dropped = switches.take("task/create")
    assert dropped is not None
    assert dropped.kind == "drop"
    switches.stand_in("again")
    switches.clear()
    assert switches.take("task/create") is None


@pytest.mark.parametrize(
    ("set_fault", "kind", "processed"),
    [
        (lambda s: s.fail_next(status=500), "fail", False),
        (lambda s: s.drop_before(), "drop", False),
        (lambda s: s.drop_after(), "drop", True),
        (lambda s: s.hang(), "hang", False),
        (lambda s: s.hang(after=True), "hang", True),
        (lambda s: s.garble(kind="html"), "garble", True),
        (lambda s: s.garble(kind="html", processed=False), "garble", False),
    ],
)
def test_fault_knows_whether_its_request_is_processed(set_fault: object, kind: str, processed: bool) -> None:
    switches = Switches()
    assert callable(set_fault)
    set_fault(switches)
    fault = switches.take("anything")
    assert fault is not None
    assert (fault.kind, fault.processed) == (kind, processed)


def test_fault_happens_exactly_as_often_as_asked_in_many_threads() -> None:
    switches = Switches()
    switches.drop_before(times=50)
    gate = threading.Barrier(8)

    def ask(_: int) -> int:
        gate.wait()
        return sum(switches.take("x") is not None for _ in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(8))) == 50


def test_rate_limit_goes_before_faults_and_leaves_them_unused() -> None:
    switches = Switches()
    switches.drop_before()
    switches.rate_limit(0.001, 0, 7)
    limited = switches.take("x")
    assert limited is not None
    assert (limited.status, limited.headers["Retry-After"]) == (429, "7")
    switches.clear()
    assert switches.take("x") is None


@pytest.mark.parametrize(
    ("body", "text", "content_type"),
    [
        ({"message": "no"}, b'{"message": "no"}', "application/json"),
        ("<html>", b"<html>", "text/html; charset=utf-8"),
        (b"\xff", b"\xff", "text/html; charset=utf-8"),
    ],
)
def test_body_may_be_an_object_text_or_bytes(body: object, text: bytes, content_type: str) -> None:
    switches = Switches()
    switches.fail_next(status=500, body=body)  # type: ignore[arg-type]
    fault = switches.take("x")
    assert fault is not None
    assert (fault.body, fault.headers["Content-Type"]) == (text, content_type)


def test_named_headers_win() -> None:
    switches = Switches()
    switches.fail_next(status=503, headers={"Content-Type": "text/plain", "Retry-After": "1"})
    fault = switches.take("x")
    assert fault is not None
    assert fault.headers == {"Content-Type": "text/plain", "Retry-After": "1"}


@pytest.mark.parametrize("kind", GARBLE_KINDS)
def test_garbled_answer_differs_unless_it_is_cut(kind: str) -> None:
    answer = encode({"result": [{"id": "x"}]})
    assert (garbled(kind, answer) == answer) is (kind == "cut")


@pytest.mark.parametrize("kind", ["truncated", "invalid_json", "html"])
def test_garbled_answer_is_no_json(kind: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(garbled(kind, encode({"result": []})))
