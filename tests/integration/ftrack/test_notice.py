"""Events over an event hub that goes away at the worst moments: the thread ends, and nobody hears of it."""

from __future__ import annotations

import logging
import os
import socket
import threading
from typing import Any

import ftrack_api.event.hub
import pytest

from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until

EventHub = ftrack_api.event.hub.EventHub


@pytest.fixture
def notices(studio: Studio) -> Notices:
    return Notices(FtrackCredentials(*credentials(studio)))


def credentials(studio: Studio) -> tuple[str, str, str]:
    artist = studio.environment()
    return artist["FTRACK_SERVER"], artist["FTRACK_API_USER"], artist["FTRACK_API_KEY"]


def cut_at(method: str, studio: Studio, monkeypatch: pytest.MonkeyPatch, once: bool) -> threading.Event:
    """Cut the connection when *method* is called. Only a hook holds the client at a moment of microseconds."""
    original = getattr(EventHub, method)
    happened = threading.Event()

    def held(hub: Any, *arguments: Any, **keywords: Any) -> Any:
        if not (once and happened.is_set()):
            wait_until(lambda: studio.ftrack.hub.connection_count or not hub.connected)
            studio.ftrack.hub.disconnect_all()
            wait_until(lambda: not hub.connected)
            happened.set()
        return original(hub, *arguments, **keywords)

    monkeypatch.setattr(EventHub, method, held)
    return happened


def ended() -> bool:
    return not [thread for thread in threading.enumerate() if thread.name == "ftrack-accsyn-notices"]


# `_add_subscriber`: connected, and nothing sent yet; `_emit_event_packet`: found connected, and about to send.
@pytest.mark.parametrize("method", ["_add_subscriber", "_emit_event_packet"])
@pytest.mark.parametrize("once", [True, False], ids=["once", "every time"])
def test_connection_cut_while_it_is_made_or_used_ends_the_thread_in_silence(
    studio: Studio,
    notices: Notices,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    method: str,
    once: bool,
) -> None:
    caplog.set_level(logging.INFO)
    happened = cut_at(method, studio, monkeypatch, once)

    for number in range(3):
        notices.message("u1", f"message {number}", True)

    assert happened.wait(10.0)
    wait_until(ended)
    assert [record for record in caplog.records if record.name.startswith("ftrack")] == []


@pytest.mark.skipif(os.name == "nt", reason="a socket is exchanged under its number, which is a file's on POSIX alone")
def test_connection_that_breaks_under_what_is_being_sent_is_given_up_at_once(
    studio: Studio, notices: Notices, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    original = EventHub._emit_event_packet
    tried = []

    def broken(hub: Any, *arguments: Any, **keywords: Any) -> Any:
        # Only a hook holds the client between its look and its sending; the hub still takes itself for connected.
        tried.append(hub.connected)
        ours, theirs = socket.socketpair()
        theirs.close()
        os.dup2(ours.fileno(), hub._connection.sock.fileno())  # the thread that reads goes on waiting meanwhile
        ours.close()
        return original(hub, *arguments, **keywords)

    monkeypatch.setattr(EventHub, "_emit_event_packet", broken)

    notices.message("u1", "message", True)

    wait_until(lambda: tried, what="the sending")
    wait_until(ended)
    assert tried == [True]
    assert [record for record in caplog.records if record.name.startswith("ftrack")] == []


def test_events_are_sent_again_after_a_connection_was_cut(
    studio: Studio, notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened = cut_at("_add_subscriber", studio, monkeypatch, once=True)
    notices.message("u1", "lost", True)
    assert happened.wait(10.0)
    wait_until(ended)

    heard = threading.Event()
    listener = EventHub(*credentials(studio))
    listener.connect()
    web = {"id": "web", "applicationId": "ftrack.client.web", "user": {"id": "u1"}}
    listener.subscribe("topic=ftrack.action.trigger-user-interface", lambda event: heard.set(), subscriber=web)
    wait_until(lambda: "web" in studio.ftrack.hub.subscriber_ids())
    notices.message("u1", "heard", True)

    wait_until(lambda: listener.wait(0.05) or heard.is_set())
    notices.close()
    listener.disconnect()
