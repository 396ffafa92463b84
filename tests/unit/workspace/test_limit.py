"""A call never takes longer than its limit, whatever the other side does in between."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterable, Iterator
from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.errors import Uncertain, Unreachable
from ftrack_accsyn_accessor.workspace import limit
from ftrack_accsyn_accessor.workspace.answers import Problem, translate
from ftrack_accsyn_accessor.workspace.limit import Limit
from ftrack_accsyn_accessor.workspace.transport import Transport

LIMIT_S = 0.5
#: Between two bytes: short enough that no silence ever lasts as long as the limit.
PAUSE_S = 0.02


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0.001, 5.0), max_size=20), st.floats(0.1, 10.0))
def test_what_is_left_and_what_has_passed_are_the_limit(steps, seconds):
    clock = Clock()
    limited = Limit(seconds, clock)
    for step in steps:
        clock.now += step
        if clock.now >= seconds:
            with pytest.raises(socket.timeout):
                limited.left_s()
        else:
            assert limited.left_s() == pytest.approx(seconds - clock.now)
    limited.begin(1.0)
    assert limited.left_s() == pytest.approx(1.0)


class Slow:
    """A connection whose other side is always just ready, each time a little later."""

    def __init__(self, clock: Clock, step_s: float) -> None:
        self.clock = clock
        self.step_s = step_s
        self.waits: list[float] = []
        self.passed = 0

    def settimeout(self, seconds: float) -> None:
        self.waits.append(seconds)

    def makefile(self, mode: str, buffering: int) -> Slow:
        return self

    def readinto(self, buffer: memoryview) -> int:
        self.clock.now += self.step_s
        buffer[:1] = b"x"
        return 1

    def sendall(self, data: bytes) -> None:
        self.clock.now += self.step_s
        self.passed += len(data)

    def close(self) -> None:
        pass


def test_each_byte_of_an_answer_gets_only_what_is_left():
    clock = Clock()
    slow = Slow(clock, 1.0)
    answer = limit._Socket(slow, Limit(3.0, clock)).makefile("rb")
    with pytest.raises(socket.timeout):
        answer.read(100)
    assert slow.waits == [3.0, 2.0, 1.0]


def test_each_piece_of_a_body_gets_only_what_is_left():
    clock = Clock()
    slow = Slow(clock, 1.0)
    connection = limit._Connection("127.0.0.1")
    connection.sock = slow
    connection.limit = Limit(3.0, clock)
    with pytest.raises(socket.timeout):
        connection.send(b"x" * 10 * limit._PIECE)
    assert (slow.waits, slow.passed) == ([3.0, 2.0, 1.0], 3 * limit._PIECE)


@pytest.fixture
def trickle() -> Iterator[Callable[..., int]]:
    """Start a peer that sends bytes of its answer one by one, for ever, when it was asked; returns its port."""
    ended = threading.Event()
    with contextlib.ExitStack() as stack:

        def start(at_once: bytes, slowly: Iterable[int], *, asked: bool = True) -> int:
            listening = stack.enter_context(contextlib.closing(socket.create_server(("127.0.0.1", 0))))

            def serve() -> None:
                with contextlib.suppress(OSError):
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(65536 if asked else 1)
                        connection.sendall(at_once)
                        for byte in slowly:
                            connection.sendall(bytes([byte]))
                            if ended.wait(PAUSE_S):
                                return

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            stack.callback(thread.join, 5)
            return int(listening.getsockname()[1])

        yield start
        ended.set()


def problem_of(port: int, *, plain: bool = True) -> Problem:
    sender = Transport(None, tls_verify=True, certificate=None, limit_s=LIMIT_S)
    with contextlib.closing(sender), pytest.raises(Exception) as caught:  # noqa: PT011 - translated below
        sender.send("GET", *sender.address("127.0.0.1", port, "event", plain), {}, "", None)
    return translate(caught.value)


BLANKS = itertools.repeat(32)
WHOLE_HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("at_once", "slowly"),
    [
        (b"", itertools.chain(b"HTTP/1.1 200 OK\r\nX-Padding:", BLANKS)),
        (b"", itertools.cycle(b"HTTP/1.1 100 Continue\r\n\r\n")),
        (WHOLE_HEADERS + b"Content-Length: 100000\r\n\r\n", BLANKS),
        (WHOLE_HEADERS + b"\r\n", BLANKS),
        (WHOLE_HEADERS + b"Transfer-Encoding: chunked\r\n\r\n", itertools.cycle(b"1\r\nx\r\n")),
    ],
    ids=["headers", "preliminary answers", "body", "body of unknown length", "chunks"],
)
def test_a_trickling_answer_is_given_up_and_leaves_the_outcome_open(trickle, at_once, slowly):
    problem = problem_of(trickle(at_once, slowly))
    assert problem.kind is Uncertain
    assert problem.outcome.endswith("no answer in time")


def test_a_trickling_tls_handshake_was_never_processed(trickle):
    record = b"\x16\x03\x03\x40\x00"  # a handshake of sixteen kilobytes begins
    problem = problem_of(trickle(record, itertools.repeat(0), asked=False), plain=False)
    assert problem.kind is Unreachable


def test_a_web_proxy_that_trickles_its_answer_was_never_processed(trickle, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{trickle(b'HTTP/1.1 200 OK', itertools.chain(b' ', BLANKS))}")
    monkeypatch.setenv("NO_PROXY", "")
    sender = Transport(None, tls_verify=True, certificate=None, limit_s=LIMIT_S)
    with contextlib.closing(sender), pytest.raises(Exception) as caught:  # noqa: PT011 - translated below
        sender.send("GET", *sender.address("accsyn.test", 443, "event", False), {}, "", None)
    problem = translate(caught.value)
    assert problem.kind is Unreachable
    assert "no answer in time" in problem.outcome


def test_no_time_left_means_that_nothing_is_sent():
    sender = Transport(None, tls_verify=True, certificate=None, limit_s=LIMIT_S)
    sender._limit.begin(-1.0)
    with pytest.raises(socket.timeout) as caught:
        sender.send("GET", "http://127.0.0.1:9/", None, {}, "", None)
    assert translate(caught.value).kind is Unreachable
