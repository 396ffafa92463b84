"""Each fault switch as accsyn's real client meets it (accsyn fact sheet, section 9)."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import Any

import pytest
import requests

from ftrack_accsyn_sandbox.switches import TRICKLE_PARTS, Switches
from helpers import wait_until
from integration.sandbox_accsyn.bare_client import AccsynException


def context_of(call: Any) -> BaseException:
    with pytest.raises(AccsynException) as caught:
        call()
    assert caught.value.__context__ is not None
    return caught.value.__context__


def create(acme: Any, session: Any) -> Any:
    return session.create("Transfer", acme.job("a.mov"))


def test_refused_connection_is_never_processed(acme: Any, session: Any) -> None:
    acme.service.switches.refuse(True)
    assert "refused" in str(context_of(lambda: create(acme, session)))
    acme.service.switches.refuse(False)
    assert acme.service.workspace.jobs() == []
    assert create(acme, session)["id"]


@pytest.mark.parametrize(("switch", "jobs"), [("drop_before", 0), ("drop_after", 1)])
def test_dropped_connections_look_the_same_before_and_after(acme: Any, session: Any, switch: str, jobs: int) -> None:
    getattr(acme.service.switches, switch)("transfer/create")
    error = context_of(lambda: create(acme, session))
    assert isinstance(error, requests.ConnectionError)
    assert "aborted" in str(error)
    assert len(acme.service.workspace.jobs()) == jobs


@pytest.mark.parametrize(("after", "jobs"), [(False, 0), (True, 1)])
def test_hanging_call_ends_in_a_read_time_out(acme: Any, session: Any, after: bool, jobs: int) -> None:
    session._timeout = 0.1
    acme.service.switches.hang("transfer/create", after=after)
    assert isinstance(context_of(lambda: create(acme, session)), requests.ReadTimeout)
    assert len(acme.service.workspace.jobs()) == jobs


@pytest.mark.parametrize("kind", ["html", "truncated", "invalid_json"])
def test_unreadable_answer_hides_that_the_call_was_processed(acme: Any, session: Any, kind: str) -> None:
    acme.service.switches.garble("transfer/create", kind=kind)
    assert isinstance(context_of(lambda: create(acme, session)), json.JSONDecodeError)
    assert len(acme.service.workspace.jobs()) == 1


def test_cut_answer_is_a_broken_connection(acme: Any, session: Any) -> None:
    acme.service.switches.garble("transfer/create", kind="cut")
    assert isinstance(context_of(lambda: create(acme, session)), requests.exceptions.ChunkedEncodingError)


def test_empty_object_looks_like_success_without_a_result(acme: Any, session: Any) -> None:
    acme.service.switches.garble("transfer/create", kind="empty_object")
    assert create(acme, session) is None
    acme.service.switches.garble("transfer/find", kind="null")
    with pytest.raises(TypeError):
        session.find("Transfer")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_http_error_with_a_page_is_not_processed(acme: Any, session: Any, status: int) -> None:
    acme.service.switches.fail_next("transfer/create", status=status, body="<html>sorry</html>")
    assert isinstance(context_of(lambda: create(acme, session)), json.JSONDecodeError)
    assert acme.service.workspace.jobs() == []


def test_exception_answer_is_raised_without_details(acme: Any, session: Any) -> None:
    acme.service.switches.fail_next("transfer/create", status=500, body={"exception": "KeyError"})
    with pytest.raises(AccsynException, match="caused an exception"):
        create(acme, session)


def test_rate_limit_looks_like_success_to_the_client(acme: Any, session: Any) -> None:
    acme.service.switches.rate_limit(0.001, 0, retry_after_s=2)
    assert create(acme, session) == {"error": "Too Many Requests"}
    assert acme.service.log.all()[-1].status == 429
    acme.service.switches.clear()
    assert create(acme, session)["id"]


def test_failing_look_up_and_login_hit_the_constructor(acme: Any) -> None:
    for operation in ("master", "api/login"):
        acme.service.switches.fail_next(operation, status=503, body="sorry")
        with pytest.raises(AccsynException, match="sorry"):
            acme.login()


@pytest.mark.parametrize("part", TRICKLE_PARTS)
def test_trickling_answer_never_ends_and_never_lets_the_clients_own_limit_run_out(acme: Any, part: str) -> None:
    acme.service.switches.trickle("master", part=part)
    ended = threading.Event()

    def ask() -> None:
        with contextlib.suppress(requests.RequestException):
            requests.get(f"{acme.service.url}/api/v3/J3PKTtDvolDMBtTy6AFGA", timeout=0.3)
        ended.set()

    thread = threading.Thread(target=ask)
    thread.start()
    acme.service.log.wait_for("master")
    assert not ended.wait(1.0)  # a silence of its limit would have ended it long ago
    acme.service.switches.release()
    thread.join(10)
    assert ended.is_set()


def test_trickling_part_must_be_one_of_an_answer() -> None:
    with pytest.raises(ValueError, match="headers, body"):
        Switches().trickle(part="feet")


def test_late_call_is_carried_out_when_nobody_waits_for_it_any_more(acme: Any, session: Any) -> None:
    acme.service.switches.drop_before("transfer/create", carry_out_late=True)
    assert isinstance(context_of(lambda: create(acme, session)), requests.ConnectionError)
    assert acme.service.workspace.jobs() == []
    acme.service.switches.release()
    wait_until(lambda: len(acme.service.workspace.jobs()) == 1, 10, "the late job")
