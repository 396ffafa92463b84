"""The event hub breaks, stalls and sends nonsense; a service listens on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import ftrack_api.event.base
import ftrack_api.event.hub
import pytest

from ftrack_accsyn_accessor.actions import listening
from ftrack_accsyn_accessor.actions.listening import Listener, Subscription
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_sandbox.ftrack import FtrackService
from helpers import wait_until

TOPIC = "test.topic"


class Listening:
    """A listener on a thread of its own, and what it has heard. Seconds pass as the test says."""

    def __init__(self, service: FtrackService) -> None:
        self.service = service
        self.now = 0.0
        self.heard: list[Any] = []
        self.connections = 0
        self.stop = threading.Event()
        credentials = FtrackCredentials(service.url, "artist", "artist-key")
        wanted = [Subscription(f"topic={TOPIC}", self._hear)]
        self.listener = Listener(credentials, wanted, self._connected, lambda: self.now)
        self._thread = threading.Thread(target=self.listener.run, args=(self.stop,), daemon=True)
        self._thread.start()

    def _hear(self, event: Any) -> None:
        self.heard.append(event["data"])
        if event["data"].get("raise"):
            raise TypeError("a bug of a callback")

    def _connected(self) -> None:
        self.connections += 1

    def listens(self) -> None:
        """Wait until something that is published now is heard."""
        number = len(self.heard)

        def heard() -> bool:
            self.service.hub.publish(TOPIC, {})
            return len(self.heard) > number

        wait_until(heard, what="an event")

    def end(self) -> None:
        self.stop.set()
        self._thread.join(10.0)
        assert not self._thread.is_alive()


@pytest.fixture
def service() -> Iterator[FtrackService]:
    with FtrackService() as running:
        running.add_user("artist", "artist-key")
        yield running
        running.switches.clear()


@pytest.fixture
def ear(service: FtrackService, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listening]:
    monkeypatch.setattr(listening, "LOOK_S", 0.02)
    monkeypatch.setattr(listening, "RETRY_S", 0.02)
    monkeypatch.setattr(listening, "MOST_RETRY_S", 0.05)
    found = Listening(service)
    wait_until(lambda: found.connections)
    yield found
    found.end()


def test_a_connection_that_is_cut_is_made_anew_and_what_was_missed_is_told_of(ear: Listening) -> None:
    ear.listens()

    ear.service.hub.disconnect_all()

    wait_until(lambda: ear.connections == 2)
    ear.listens()


def test_a_server_that_is_away_is_tried_until_it_is_back_and_logging_goes_on(
    ear: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    ear.service.switches.refuse(True)
    ear.service.hub.disconnect_all()
    wait_until(lambda: caplog.text.count("cannot be reached") >= 3)
    assert logging.root.manager.disable == logging.NOTSET

    ear.service.switches.refuse(False)

    wait_until(lambda: ear.connections == 2)
    ear.listens()


def test_a_receiver_that_died_while_it_says_that_it_is_connected_is_replaced(
    ear: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    ear.listens()
    ear.listener._hub._processor_thread.cancel()
    ear.service.hub.publish("anything", {})  # wakes the receiver, which then ends
    ear.service.hub.publish(TOPIC, {})
    wait_until(lambda: not ear.listener._hub._processor_thread.is_alive())

    ear.now += listening.BEAT_S
    wait_until(lambda: ear.listener._sent_at is not None)
    assert ear.listener._hub.connected
    ear.now += listening.LATE_S

    wait_until(lambda: ear.connections == 2)
    assert "no event comes through" in caplog.text
    ear.listens()


def test_while_events_come_through_the_connection_is_left_alone(ear: Listening) -> None:
    for beat in range(1, 4):
        before = ear.listener._heard_at
        ear.now = beat * listening.BEAT_S
        wait_until(lambda before=before: ear.listener._heard_at > before)  # type: ignore[misc]

    assert ear.connections == 1


def test_heartbeats_of_another_service_are_not_taken_for_our_own(ear: Listening, service: FtrackService) -> None:
    ear.now += listening.BEAT_S / 2
    service.hub.publish(listening.HEARTBEAT, {"mark": "another"})
    ear.listens()
    assert ear.listener._heard_at == 0.0


def test_a_callback_that_raises_costs_nothing_but_its_own_answer(ear: Listening) -> None:
    ear.service.hub.publish(TOPIC, {"raise": True})
    ear.listens()
    assert ear.connections == 1


def test_an_event_that_no_expression_can_take_is_passed_over(ear: Listening, caplog: pytest.LogCaptureFixture) -> None:
    ear.listener._hub.subscribe('topic=another and source.user.username="a*"', lambda event: None)
    other = ftrack_api.event.hub.EventHub(ear.service.url, "artist", "artist-key")
    other.connect()

    # Such events are real: they name nobody. The wildcard of ftrack's client raises on it, and its `wait` with it.
    source = {"user": {"username": None}}
    other.publish(ftrack_api.event.base.Event(topic="another", source=source, data={}))
    other.publish(ftrack_api.event.base.Event(topic=TOPIC, source=source, data={"odd": 1}))

    wait_until(lambda: {"odd": 1} in ear.heard or "An event could not be handled" in caplog.text)
    ear.listens()
    assert "An event could not be handled" in caplog.text
    assert ear.connections == 1
    other.disconnect()


def test_it_ends_at_once_while_the_server_is_away(ear: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "RETRY_S", 1000.0)
    monkeypatch.setattr(listening, "MOST_RETRY_S", 1000.0)
    ear.service.switches.refuse(True)
    ear.service.hub.disconnect_all()
    wait_until(lambda: ear.listener._hub is None)
    # The fixture ends it, and waits no thousand seconds.
