"""Actions in Connect: for its own user, asked for in the web page; in Connect's own tab the answer is where to go."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import Any

import ftrack_api.event.base
import pytest

from ftrack_accsyn_accessor.actions import connected
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import Publisher
from serving import Page, Planning, hidden

#: Discover, and three launches.
SESSION_SUBSCRIPTIONS = 4


class Connect:
    """Connect's session, with a thread that handles what the hub brings."""

    def __init__(self, publisher: Publisher) -> None:
        self.session = publisher.session(auto_connect_event_hub=False)
        self.hub = self.session.event_hub
        connected.register(self.session)
        self.hub.connect()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.hub.wait(duration=0.05)

    def tab(self, topic: str, **data: Any) -> list[Any]:
        """Ask as the tab of Connect does."""
        selection = [{"entityId": "s1", "entityType": "shot"}]
        event = ftrack_api.event.base.Event(topic=topic, data={"selection": selection, **data})
        return [answer for answer in self.hub.publish(event, synchronous=True) if answer is not None]

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def connect(studio: Studio, publisher: Publisher, planned: Planning) -> Iterator[Connect]:
    found = Connect(publisher)
    wait_until(lambda: len(studio.ftrack.hub.subscriber_ids()) > SESSION_SUBSCRIPTIONS)
    yield found
    found.close()


def test_a_shot_is_sent_by_the_users_own_connect(
    studio: Studio, connect: Connect, page: Page, publisher: Publisher
) -> None:
    selection = [{"entityId": studio.ids["show_a/sq010/sh010"], "entityType": "task"}]
    action = page.action("send", selection)
    assert "by your Connect" in action["variant"]

    done = page.launch(action, selection, **hidden(page.preview(action, selection)))

    assert done["success"], done
    (request,) = publisher.outbox.requests.latest(5)
    assert request.request.username == "artist"


def test_whoever_an_event_names_connect_works_for_its_own_user(
    studio: Studio, connect: Connect, open_page: Any, publisher: Publisher
) -> None:
    forger = open_page("artist", {"username": "artist", "id": studio.ids["admin"]})
    selection = [{"entityId": studio.ids["show_a/sq010/sh010"], "entityType": "task"}]
    action = forger.action("send", selection)

    assert forger.launch(action, selection, **hidden(forger.preview(action, selection)))["success"]

    (request,) = publisher.outbox.requests.latest(5)
    assert (request.request.username, request.request.user_id) == ("artist", studio.ids["artist"])


def test_nobody_else_is_offered_what_this_connect_does(
    studio: Studio, connect: Connect, page: Page, open_page: Any
) -> None:
    selection = [{"entityId": studio.ids["show_a/sq010/sh010"], "entityType": "task"}]
    other = open_page("admin").publish("ftrack.action.discover", {"selection": selection})

    assert page.discover(selection)
    assert other == []


def test_connects_own_tab_says_where_to_go(connect: Connect) -> None:
    (menu,) = connect.tab("ftrack.action.discover")
    assert "accsyn.send" in [item["actionIdentifier"] for item in menu["items"]]

    (told,) = connect.tab("ftrack.action.launch", **menu["items"][0])

    assert (told["success"], "web page" in told["message"]) == (False, True)


def test_another_session_in_connect_offers_nothing_twice(connect: Connect, publisher: Publisher) -> None:
    other = publisher.session(auto_connect_event_hub=False, plugin_paths=[])
    before = len(other.event_hub._subscribers)

    connected.register(other)

    assert len(other.event_hub._subscribers) == before


def test_who_logs_in_anew_has_the_actions_in_the_new_session(connect: Connect, publisher: Publisher) -> None:
    connect.close()
    connect.session.close()
    gc.collect()
    other = publisher.session(auto_connect_event_hub=False, plugin_paths=[])
    before = len(other.event_hub._subscribers)

    connected.register(other)

    assert len(other.event_hub._subscribers) == before + SESSION_SUBSCRIPTIONS


@pytest.mark.parametrize("variables", [{"FTRACK_ACCSYN_DISABLE": "1"}, {"ACCSYN_WORKSPACE": None}])
def test_nothing_is_offered_where_accsyn_is_off_or_not_set_up(publisher: Publisher, variables: Any) -> None:
    publisher.environment(**variables)
    session = publisher.session(auto_connect_event_hub=False, plugin_paths=[])
    before = len(session.event_hub._subscribers)

    connected.register(session)

    assert len(session.event_hub._subscribers) == before


def test_a_user_whose_name_no_expression_can_hold_still_gets_a_session(
    studio: Studio, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    studio.ftrack.add_user('a"b', "key")
    publisher.environment(FTRACK_API_USER='a"b', FTRACK_API_KEY="key")

    connected.register(publisher.session(auto_connect_event_hub=False, plugin_paths=[]))

    assert "not offered by this Connect" in caplog.text
