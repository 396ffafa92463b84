"""Threads that open their sessions at the same moment all hear of what they subscribe to."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import ftrack_api.exception
import pytest
from ftrack_api.event.expression import Parser
from ftrack_api.event.hub import EventHub
from ftrack_api.event.subscription import Subscription

from ftrack_accsyn_accessor.ftrack.subscribing import subscribe

TOPICS = ("ftrack.api.session.configure-location", "ftrack.connect.application.launch", "ftrack.action.launch")
THREADS = 4
ROUNDS = 60


@pytest.fixture
def eager() -> Iterator[None]:
    """Threads that are exchanged all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("eager")
def test_threads_that_use_the_parser_first_at_the_same_moment_all_subscribe(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(ROUNDS):
        monkeypatch.setattr(Subscription, "parser", Parser())  # as at the beginning of a process
        hub = EventHub("http://127.0.0.1:1", "user", "key")
        barrier = threading.Barrier(THREADS)

        def work(hub: EventHub = hub, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            for topic in TOPICS:
                subscribe(hub, f"topic={topic}", print)

        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(hub._subscribers) == THREADS * len(TOPICS)


def test_expression_that_is_none_is_refused_as_ever() -> None:
    with pytest.raises(ftrack_api.exception.ParseError):
        subscribe(EventHub("http://127.0.0.1:1", "user", "key"), "topic=", print)
