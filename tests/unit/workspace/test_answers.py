"""Every kind of answer and failure becomes the right error, with a text that can be shown."""

from __future__ import annotations

import datetime
import json
import math

import pytest

from ftrack_accsyn_accessor.model.errors import (
    Busy,
    NotReady,
    Refused,
    Unauthorised,
    Uncertain,
    Unreachable,
    Unserved,
    WorkspaceError,
)
from ftrack_accsyn_accessor.workspace import answers
from ftrack_accsyn_accessor.workspace.answers import Problem, Reply, read_reply, translate

GATEWAY_PAGE = "<html><head><title>502 Bad\n Gateway</title></head><body>nginx</body></html>"


def problem_of(status: int, body: object, headers: dict[str, str] | None = None) -> Problem:
    text = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(Problem) as caught:
        read_reply(Reply(status, headers or {}, text))
    return caught.value


@pytest.mark.parametrize("result", [[], None, {"id": "x"}, True, "text", [{"a": 1}]])
def test_an_object_with_a_result_is_the_answer(result):
    assert read_reply(Reply(200, {}, json.dumps({"result": result})))["result"] == result


def test_texts_that_look_like_dates_or_ids_stay_as_they_are():
    row = {"name": "2026-11-21T10:00:00", "metadata": {"a": "2026-99-99T10:00:00", "b": "ObjectId:abc"}}
    assert read_reply(Reply(200, {}, json.dumps({"result": [row]})))["result"] == [row]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1e400", math.inf),
        ("-" + "9" * 5000, math.inf),
        ("9" * 5000, math.inf),
        ("NaN", None),
        (r'"a\ud800b"', "a?b"),
        (r'"\uD83D\uDE00"', "\U0001f600"),
        (r'{"\udfff": ["\ud800"]}', {"?": ["?"]}),
    ],
)
def test_one_odd_value_spoils_no_answer(written, read):
    text = f'{{"result": [{{"id": "a"}}, {{"id": "b", "odd": {written}}}, {{"id": "c"}}]}}'
    rows = read_reply(Reply(200, {}, text))["result"]
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert rows[1]["odd"] == read or read is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "outcome"),
    [
        # what gateways and the service send when there is too much to do
        (429, "Too Many Requests", Busy, "HTTP status 429: Too Many Requests"),
        (429, {"error": "slow down"}, Busy, "HTTP status 429: slow down"),
        (429, {"message": "Not now"}, Busy, "Not now"),
        (429, {"result": []}, Busy, "HTTP status 429 with an answer that holds no result"),
        (503, GATEWAY_PAGE, Busy, "HTTP status 503: the page '502 Bad Gateway'"),
        (200, {"message": "Rate limit exceeded"}, Busy, "Rate limit exceeded"),
        # no usable answer: it may have been processed
        (500, "Internal Server Error", Uncertain, "HTTP status 500: Internal Server Error"),
        (500, {"exception": "Traceback ... secret path"}, Uncertain, "accsyn reported an internal error"),
        (200, {"exception": "Traceback", "result": []}, Uncertain, "accsyn reported an internal error"),
        (200, {"exception": "Traceback", "message": "x"}, Uncertain, "accsyn reported an internal error"),
        (502, GATEWAY_PAGE, Uncertain, "HTTP status 502: the page '502 Bad Gateway'"),
        (504, "", Uncertain, "HTTP status 504 with an empty answer"),
        (502, {"message": "Endpoint request timed out"}, Uncertain, "Endpoint request timed out"),
        (504, {"message": "Endpoint request timed out"}, Uncertain, "Endpoint request timed out"),
        (500, {"result": []}, Uncertain, "HTTP status 500 with an answer that holds no result"),
        (408, "", Uncertain, "HTTP status 408 with an empty answer"),
        (200, GATEWAY_PAGE, Uncertain, "HTTP status 200: the page '502 Bad Gateway'"),
        (200, "<p>hello", Uncertain, "HTTP status 200: a page without a title"),
        (200, '{"result": [{"id": "4f', Uncertain, 'HTTP status 200: {"result": [{"id": "4f'),
        (200, '{"result": [,]}', Uncertain, 'HTTP status 200: {"result": [,]}'),
        (200, "", Uncertain, "HTTP status 200 with an empty answer"),
        (200, {}, Uncertain, "HTTP status 200 with an answer that holds no result"),
        (200, [], Uncertain, "HTTP status 200 with an answer that holds no result"),
        (200, 42, Uncertain, "HTTP status 200 with an answer that holds no result"),
        (200, "null", Uncertain, "HTTP status 200: null"),
        (200, {"other": 1}, Uncertain, "HTTP status 200 with an answer that holds no result"),
        (200, {"error": "odd"}, Uncertain, "HTTP status 200: odd"),
        # accsyn says no
        (200, {"message": "Unknown queue: x"}, Refused, "Unknown queue: x"),
        (400, {"message": "E1", "message_hr": "Unknown queue"}, Refused, "Unknown queue"),
        (500, {"message": "No such job"}, Refused, "No such job"),
        (200, {"message": None}, Refused, "no reason given"),
        (403, {"message": "You are not allowed to read volumes."}, Refused, "You are not allowed to read volumes."),
        (404, "Not Found", Refused, "HTTP status 404: Not Found"),
        (413, "<html><title>Too large</title>", Refused, "HTTP status 413: the page 'Too large'"),
        # who we are
        (401, "Unauthorized", Unauthorised, "HTTP status 401: Unauthorized"),
        (401, {"message": "Nope"}, Unauthorised, "Nope"),
        (403, "", Unauthorised, "HTTP status 403 with an empty answer"),
        (403, {"message": "Forbidden"}, Unauthorised, "Forbidden"),
        (
            403,
            {"message": "This API key may not be used from here"},
            Unauthorised,
            "This API key may not be used from here",
        ),
        (400, "Unauthorized", Unauthorised, "HTTP status 400: Unauthorized"),
        # somebody else stands in front
        (302, "", Unreachable, "HTTP status 302 with an empty answer"),
        (407, "<title>Proxy</title>", Unreachable, "HTTP status 407: the page 'Proxy'"),
        (511, "", Unreachable, "HTTP status 511 with an empty answer"),
    ],
)
def test_each_answer_becomes_one_kind_of_problem(status, body, kind, outcome):
    problem = problem_of(status, body)
    assert (problem.kind, problem.outcome, problem.status) == (kind, outcome, status)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 1.5 "}, 1.5),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "86400000"}, answers.MAX_RETRY_AFTER_S),
        ({"Retry-After": "Sat, 21 Nov 2026 10:00:20 GMT"}, 20.0),
        ({"Retry-After": "Sat, 21 Nov 2026 10:00:20 -0000"}, 20.0),
        ({"Retry-After": "Sat, 21 Nov 2026 09:00:00 GMT"}, 0.0),
        ({"Retry-After": "Mon, 21 Nov 2039 09:00:00 GMT"}, answers.MAX_RETRY_AFTER_S),
        ({"Retry-After": "Sat, 21 Nov 99999999999 10:00:20 GMT"}, None),
        ({"Retry-After": "Sat, 21 Nov 2026 10:00:20 +99999999999999"}, None),
        # the service's own clock counts, not ours
        ({"Retry-After": "Sat, 21 Nov 2026 12:00:30 GMT", "Date": "Sat, 21 Nov 2026 12:00:00 GMT"}, 30.0),
        ({"Retry-After": "Sat, 21 Nov 2026 10:00:20 GMT", "Date": "yesterday"}, 20.0),
        ({"Retry-After": "Sat, 21 Nov 2026 10:00:20 GMT", "Date": "Sat, 21 Nov 99999999999 10:00:00 GMT"}, 20.0),
    ],
)
def test_retry_after_is_read_in_both_forms(headers, expected):
    now = datetime.datetime(2026, 11, 21, 10, 0, 0, tzinfo=datetime.timezone.utc)
    assert answers.retry_after_s(headers, now) == expected


def test_a_busy_answer_carries_the_wish_of_the_service():
    assert problem_of(429, "", {"Retry-After": "12"}).retry_after_s == 12.0
    assert problem_of(503, "").retry_after_s is None


def test_an_error_tells_what_was_tried_on_what_with_what_outcome_and_remedy():
    error = problem_of(429, "", {"Retry-After": "12"}).error("create the sync job", "show_a", ())
    assert isinstance(error, Busy)
    assert (error.tried, error.on, error.status, error.retry_after_s) == ("create the sync job", "show_a", 429, 12.0)
    assert str(error) == (
        "Could not create the sync job (show_a): HTTP status 429 with an empty answer. It is tried again later."
    )


@pytest.mark.parametrize(
    ("wish", "again"),
    [("59", "It is tried again later."), ("60", "It is tried again after 1 min, as accsyn wishes.")]
    + [(wish, f"It is tried again after {told} min, as accsyn wishes.") for wish, told in (("89", 2), ("99999", 60))],
)
def test_long_wait_that_accsyn_wishes_is_told(wish, again):
    assert str(problem_of(429, "", {"Retry-After": wish}).error("log in", "acme", ())).endswith(again)


#: What one end of a request refuses is told with its own remedy, by whoever carries it.
OF_ANSWERS = [kind for kind in WorkspaceError.__subclasses__() if kind is not Unserved]


@pytest.mark.parametrize("kind", OF_ANSWERS)
def test_every_kind_of_workspace_error_has_a_remedy_on_file(kind):
    error = Problem(kind, "x").error("try", "", ())
    assert type(error) is kind
    assert (error.advice, error.by_itself) == (answers._REMEDIES[kind], answers._BY_ITSELF[kind])


def test_secrets_are_blotted_out_of_an_error():
    problem = problem_of(400, {"message": "bad envelope with session s-123 and key K3Y!"})
    error = problem.error("ask", "", ("K3Y!", "s-123", ""))
    assert str(error) == "Could not ask: bad envelope with session *** and key ***."


def test_a_long_message_is_shortened_to_one_line():
    problem = problem_of(400, {"message": "a\r\n\tb\x00\x1b[31m " + "x" * 1000})
    assert problem.outcome.startswith("a b [31m xxx")
    assert len(problem.outcome) == answers.MAX_EXCERPT
    assert problem.outcome.endswith("...")


@pytest.mark.parametrize(
    "error", [KeyError("result"), TypeError("x"), IndexError("y"), AssertionError("z"), ValueError()]
)
def test_an_odd_error_of_the_client_library_leaves_the_outcome_open(error):
    problem = translate(error)
    assert problem.kind is Uncertain
    assert type(error).__name__ in problem.outcome


def test_an_error_of_our_own_keeps_its_words():
    problem = translate(NotReady("load the client", "", "it is not there", "Install it."))
    assert (problem.kind, problem.outcome, problem.remedy) == (NotReady, "it is not there", "Install it.")
    assert translate(problem) is problem
