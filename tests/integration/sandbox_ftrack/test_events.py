"""The event hub, between real clients in this process and in others."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
from typing import Any, Callable, Iterator

import ftrack_api
import pytest
import requests
import websocket
from ftrack_api.event.base import Event
from ftrack_api.exception import EventHubConnectionError

from ftrack_accsyn_sandbox.ftrack import FtrackService
from helpers import wait_until

PUBLISHER = """
import sys, threading
import ftrack_api, ftrack_api.event.base
url, key, topic = sys.argv[1:]
session = ftrack_api.Session(url, key, "artist", schema_cache_path=False, plugin_paths=[])
session.event_hub.connect()
accepted = threading.Event()
event = ftrack_api.event.base.Event(topic=topic, data={"component_id": "c1"})
session.event_hub._publish(event, callback=lambda answer: accepted.set())
assert accepted.wait(10)
session.close()
"""


class Listener:
    """A connected session whose events are pumped on a thread of their own."""

    def __init__(self, session: ftrack_api.Session, known: Callable[[], set[str]]) -> None:
        self.known = known
        self.hub = session.event_hub
        # Where it cannot connect anew at once, it would sleep for minutes, with the logs of the whole process silenced.
        self.hub._auto_reconnect_attempts, self.hub._auto_reconnect_delay = 50, 0.02
        self.events: queue.Queue[Any] = queue.Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._pump)
        self.hub.connect()
        self._thread.start()

    def subscribe(self, subscription: str, answer: Any = None, **options: Any) -> str:
        def receive(event: Any) -> Any:
            self.events.put(event)
            return answer

        identifier: str = self.hub.subscribe(subscription, receive, **options)
        wait_until(lambda: identifier in self.known(), what="the hub to know the subscriber")
        return identifier

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        with contextlib.suppress(EventHubConnectionError):
            self.hub.disconnect()

    def _pump(self) -> None:
        while not self._stop.is_set():
            self.hub.wait(0.05)


def connecting() -> list[str]:
    """Return the threads with which ftrack_api's hubs read, and connect anew."""
    return [each.name for each in threading.enumerate() if type(each).__module__ == "ftrack_api.event.hub"]


@pytest.fixture
def listen(open_session: Any, studio: Any) -> Iterator[Callable[[], Listener]]:
    listeners = []

    def one() -> Listener:
        listener = Listener(open_session(), studio.service.hub.subscriber_ids)
        listeners.append(listener)
        return listener

    yield one
    for listener in listeners:
        listener.stop()
    wait_until(lambda: not connecting(), 30.0, "the hubs' own threads to end")


def publish(listener: Listener, topic: str, **data: Any) -> None:
    listener.hub.publish(Event(topic=topic, data=data))


def test_event_reaches_a_subscriber_in_another_session(studio: Any, listen: Any) -> None:
    receiver, sender = listen(), listen()
    receiver.subscribe("topic=test.news and data.kind=good")
    publish(sender, "test.news", kind="bad")
    publish(sender, "test.other", kind="good")
    publish(sender, "test.news", kind="good", number=1)
    event = receiver.events.get(timeout=10)
    assert event["data"] == {"kind": "good", "number": 1}
    assert event["source"]["user"]["username"] == "artist"
    assert receiver.events.empty()


def test_event_reaches_a_subscriber_from_another_process(studio: Any, listen: Any) -> None:
    receiver = listen()
    receiver.subscribe("topic=ftrack.location.component-added")
    arguments = [studio.service.url, "artist-key", "ftrack.location.component-added"]
    subprocess.run([sys.executable, "-c", PUBLISHER, *arguments], check=True, timeout=60)
    assert receiver.events.get(timeout=10)["data"] == {"component_id": "c1"}


def test_sender_receives_its_own_event(studio: Any, listen: Any) -> None:
    both = listen()
    both.subscribe("topic=test.news")
    publish(both, "test.news")
    assert both.events.get(timeout=10)["topic"] == "test.news"


def test_reply_reaches_only_the_one_who_asked(studio: Any, listen: Any) -> None:
    answerer, asker, bystander = listen(), listen(), listen()
    answerer.subscribe("topic=test.question", answer={"answer": 42})
    replies: queue.Queue[Any] = queue.Queue()
    stray: queue.Queue[Any] = queue.Queue()
    bystander.hub._reply_callbacks["stray"] = stray.put
    asker.hub.publish(Event(topic="test.question"), on_reply=replies.put)
    assert replies.get(timeout=10)["data"] == {"answer": 42}
    assert stray.empty()


def test_targeted_event_passes_others_by(studio: Any, listen: Any) -> None:
    one, other = listen(), listen()
    one.subscribe("topic=test.*", subscriber={"id": "one", "applicationId": "nuke"})
    other.subscribe("topic=test.*", subscriber={"id": "other"})
    one.hub.publish(Event(topic="test.targeted", target="applicationId=nuke"))
    publish(one, "test.open")
    assert [one.events.get(timeout=10)["topic"] for _ in range(2)] == ["test.targeted", "test.open"]
    assert other.events.get(timeout=10)["topic"] == "test.open"


def test_unsubscribed_listener_is_left_alone(studio: Any, listen: Any) -> None:
    receiver, sender = listen(), listen()
    identifier = receiver.subscribe("topic=test.news")
    receiver.subscribe("topic=test.end")
    receiver.hub.unsubscribe(identifier)
    wait_until(lambda: identifier not in studio.service.hub.subscriber_ids())
    publish(sender, "test.news")
    publish(sender, "test.end")
    assert receiver.events.get(timeout=10)["topic"] == "test.end"


def test_client_connects_and_subscribes_again_after_a_drop(studio: Any, listen: Any) -> None:
    receiver, sender = listen(), listen()
    identifier = receiver.subscribe("topic=test.news")
    handshakes = studio.service.log.count("event_hub_handshake")
    studio.service.hub.disconnect_all()
    # The connections that were cut are counted for a moment more.
    wait_until(lambda: studio.service.log.count("event_hub_handshake") >= handshakes + 2, what="both clients")
    wait_until(lambda: studio.service.hub.connection_count == 2, what="both clients to come back")
    wait_until(lambda: identifier in studio.service.hub.subscriber_ids())
    publish(sender, "test.news", after="drop")
    assert receiver.events.get(timeout=10)["data"] == {"after": "drop"}


def test_subscription_made_before_connecting_is_known(studio: Any, open_session: Any) -> None:
    session = open_session()
    identifier = session.event_hub.subscribe("topic=test.news", lambda event: None)
    session.event_hub.connect()
    wait_until(lambda: identifier in studio.service.hub.subscriber_ids())


def test_closed_session_leaves_the_hub(studio: Any, open_session: Any) -> None:
    session = open_session()
    session.event_hub.connect()
    wait_until(lambda: studio.service.hub.connection_count == 1)
    session.close()
    wait_until(lambda: studio.service.hub.connection_count == 0)


def test_event_of_the_servers_own_is_delivered(studio: Any, listen: Any) -> None:
    receiver = listen()
    receiver.subscribe("topic=ftrack.update")
    studio.service.hub.publish("ftrack.update", {"entities": []})
    assert receiver.events.get(timeout=10)["data"] == {"entities": []}


def test_wrong_key_is_not_let_in(studio: Any, open_session: Any) -> None:
    session = open_session()
    studio.service.add_user("artist", "new-key")
    with pytest.raises(EventHubConnectionError, match="401"):
        session.event_hub.connect()


def raw_connection(service: FtrackService) -> websocket.WebSocket:
    """A websocket without the client's own reading thread, to see the packets."""
    headers = {"ftrack-user": "artist", "ftrack-api-key": "artist-key"}
    handshake = requests.get(service.url + "/socket.io/1/", headers=headers, timeout=5).text
    session_id, heartbeat, closing, transports = handshake.split(":")
    assert (heartbeat, closing, transports) == ("60", "60", "websocket")
    return websocket.create_connection(
        f"{service.url.replace('http', 'ws')}/socket.io/1/websocket/{session_id}", timeout=10
    )


def test_session_id_is_good_for_one_websocket(studio: Any) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(
            f"{studio.service.url.replace('http', 'ws')}/socket.io/1/websocket/made-up", timeout=5
        )


def test_heartbeats_keep_coming() -> None:
    with FtrackService(heartbeat_s=0.02) as service:
        service.add_user("artist", "artist-key")
        connection = raw_connection(service)
        assert [connection.recv() for _ in range(4)] == ["1::", "2::", "2::", "2::"]
        connection.send("2:::")
        assert connection.recv() == "2::"
        connection.close()


@pytest.mark.parametrize(
    ("event", "success"),
    [
        ({"topic": "test.news", "data": {}}, True),
        ({"data": {}}, False),
        ({"topic": "ftrack.meta.subscribe", "data": {"subscriber": {"id": "1"}, "subscription": "nonsense"}}, False),
        ({"topic": "ftrack.meta.subscribe", "data": {"subscriber": {"id": "1"}, "subscription": "topic=*"}}, True),
        ({"topic": "test.news", "target": "("}, False),
    ],
)
def test_event_packet_is_acknowledged(studio: Any, event: dict[str, Any], success: bool) -> None:
    connection = raw_connection(studio.service)
    assert [connection.recv() for _ in range(2)] == ["1::", "2::"]
    connection.send("5:7+::" + json.dumps({"name": "ftrack.event", "args": [event]}))
    code, _, _, data = connection.recv().split(":", 3)
    number, answer = data.split("+", 1)
    assert (code, number, json.loads(answer)[0]["success"]) == ("6", "7", success)
    connection.close()


def test_disconnect_packet_ends_the_connection(studio: Any) -> None:
    connection = raw_connection(studio.service)
    connection.send("0::")
    wait_until(lambda: studio.service.hub.connection_count == 0)
    connection.close()


def test_service_stops_while_clients_are_connected(studio: Any) -> None:
    connection = raw_connection(studio.service)
    studio.service.stop()
    assert [connection.recv() for _ in range(2)] == ["1::", "2::"]
    with pytest.raises(websocket.WebSocketConnectionClosedException):
        connection.recv()
    studio.service.start()
    raw_connection(studio.service).close()
