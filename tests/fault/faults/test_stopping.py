"""A worker that is to stop: what is due in time, nothing after that, and nothing is left open."""

from __future__ import annotations

import threading
import time
from typing import Any

import ftrack_api.event.hub
import pytest

from fault.faults.desk import Desk
from ftrack_accsyn_accessor.ftrack import notice
from ftrack_accsyn_accessor.worker import worker
from helpers import wait_until


def threads(name: str) -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == name and each.is_alive()]


def test_nothing_is_begun_when_there_is_no_time_left(desk: Desk) -> None:
    desk.publish_file("main")
    desk.worker.start()

    desk.worker.stop(0.0)

    wait_until(lambda: not threads("ftrack-accsyn-worker"), what="the thread to end")
    assert desk.studio.accsyn.log.count() == desk.studio.ftrack.log.count() == 0
    assert len(desk.waiting()) == 1


def test_nothing_more_is_begun_when_the_time_is_up_meanwhile(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "ITEMS_PER_PASS", 1)
    for name in ("first", "second", "third"):
        desk.publish_file(name)
    submit = desk.carrier.submit

    def late(items: Any) -> Any:
        refusal = submit(items)
        desk.worker._deadline = time.monotonic()  # as if this had taken all the time that there was
        return refusal

    monkeypatch.setattr(desk.carrier, "submit", late)
    desk.worker.start()

    desk.worker.stop(20.0)

    wait_until(lambda: not threads("ftrack-accsyn-worker"), what="the thread to end")
    assert len(desk.waiting()) == 2
    assert desk.studio.accsyn.log.count("transfer/create") == 1


def test_stopped_worker_starts_again_and_sends(desk: Desk) -> None:
    desk.worker.start()
    desk.worker.stop(0.0)
    wait_until(lambda: not threads("ftrack-accsyn-worker"), what="the thread to end")
    desk.publish_file("main")
    desk.worker.start()

    assert desk.worker.stop(20.0)

    assert not desk.waiting()


def test_stop_sends_the_last_notices_and_closes_every_connection(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    person, ftrack = desk.studio.artist, desk.studio.ftrack
    listener = ftrack_api.event.hub.EventHub(ftrack.url, person.ftrack_user, person.ftrack_key)
    listener.connect()
    heard: list[str] = []
    topic = "topic=ftrack.accsyn.component-synced"
    listener.subscribe(topic, lambda event: heard.append(event["data"]["component_id"]), subscriber={"id": "pipeline"})
    wait_until(lambda: "pipeline" in ftrack.hub.subscriber_ids())
    component = desk.publish_file("main")
    others = threads("ftrack-accsyn-sign-of-life")  # of earlier desks, for some seconds
    closing = threading.Event()
    connect, close = ftrack_api.event.hub.EventHub.connect, desk.carrier.close
    monkeypatch.setattr(notice, "_LINGER_S", 60.0)  # by itself the thread stays
    # Only a hook keeps what waits from being sent until the very last moment.
    monkeypatch.setattr(ftrack_api.event.hub.EventHub, "connect", lambda hub: closing.wait(20.0) and connect(hub))
    monkeypatch.setattr(desk.carrier, "close", lambda: closing.set() or close())

    desk.finish()
    assert threads("ftrack-accsyn-notices")
    desk.worker.start()
    assert desk.worker.stop(20.0)

    wait_until(lambda: listener.wait(0.05) or heard, what="the notice")
    assert heard == [component]
    wait_until(lambda: not threads("ftrack-accsyn-notices"), what="the thread of the notices to end")
    assert desk.carrier.calls == 0
    listener.disconnect()
    wait_until(lambda: not ftrack.hub.connection_count, what="the connections to be closed")
    wait_until(lambda: not {*threads("ftrack-accsyn-sign-of-life")} - {*others}, what="the signs of life to end")
