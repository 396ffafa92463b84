"""The web page's actions, on a real hub with a real action on its other side."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from acting import Action, acting
from ftrack_accsyn_sandbox.ftrack import FtrackService, WebPage, demo
from helpers import wait_until

FORM = {
    "title": "How?",
    "submit_button_label": "Go on",
    "items": [
        {"type": "label", "value": "## How? ##"},
        {"type": "text", "name": "name", "label": "Name"},
        {"type": "boolean", "name": "latest", "label": "Latest", "value": True},
        {"type": "hidden", "name": "plan", "value": "p-1"},
    ],
}
DONE = {"success": True, "message": "Done."}
SHORT_S = 0.2


@pytest.fixture(scope="module")
def studio() -> Iterator[Any]:
    with FtrackService() as service:
        for name in ("artist", "admin"):
            service.add_user(name, f"{name}-key")
        yield service, demo.build(service.store)


@pytest.fixture(scope="module")
def page(studio: Any) -> Iterator[WebPage]:
    with WebPage(studio[0]) as page:
        yield page


@pytest.fixture
def selection(studio: Any, page: WebPage) -> list[dict[str, str]]:
    return page.pick(studio[1]["show_a/sq010/sh010"])


def an_action(studio: Any, *answers: Any, **options: Any) -> Any:
    return acting(studio[0], ("admin", "admin-key"), *answers, **options)


def test_discover_asks_as_the_page_does_and_gives_the_items(studio: Any, page: WebPage, selection: Any) -> None:
    with an_action(studio) as action:
        assert page.discover("artist", selection) == [action.item]
        (event,) = action.discovered
    assert event["data"] == {
        "selection": [{"entityId": studio[1]["show_a/sq010/sh010"], "entityType": "task"}],
        "groupers": [],
        "filters": [],
        "sorters": [{"direction": "ASC", "property": "label", "root": "data"}],
    }
    assert event["source"] == {
        "id": event["source"]["id"],
        "user": {"id": studio[1]["artist"], "username": "artist"},
    }


def test_items_of_several_actions_are_given_together(studio: Any, page: WebPage, selection: Any) -> None:
    with an_action(studio, identifier="one") as one, an_action(studio, identifier="two") as two:
        found = page.discover("artist", selection, replies=2)
        assert {item["actionIdentifier"] for item in found} == {"one", "two"}
        assert len(one.discovered) == len(two.discovered) == 1


def test_launch_carries_the_whole_item_and_gives_the_reply(studio: Any, page: WebPage, selection: Any) -> None:
    with an_action(studio, DONE) as action:
        item = page.discover("artist", selection)[0]
        assert page.launch("artist", item, selection) == DONE
        assert action.launched[0]["data"] == {**action.item, "selection": selection}


def test_a_form_is_filled_in_and_comes_back_until_it_is_done(studio: Any, page: WebPage, selection: Any) -> None:
    preview = {"items": [{"type": "hidden", "name": "plan", "value": "p-2"}], "submit_button_label": "Send"}
    with an_action(studio, FORM, preview, DONE) as action:
        item = page.discover("artist", selection)[0]
        form = page.launch("artist", item, selection)
        assert form == FORM
        second = page.submit("artist", item, selection, form, latest=False)
        assert second == preview
        assert page.submit("artist", item, selection, second) == DONE
        assert [event["data"].get("values") for event in action.launched] == [
            None,
            {"name": "", "latest": False, "plan": "p-1"},
            {"plan": "p-2"},
        ]


def test_an_action_for_another_user_is_neither_found_nor_launched(studio: Any, page: WebPage, selection: Any) -> None:
    with an_action(studio, DONE, only_for="admin") as action:
        assert page.discover("admin", selection) == [action.item]
        assert page.discover("artist", selection, timeout_s=SHORT_S) == []
        assert page.launch("artist", action.item, selection, timeout_s=SHORT_S) is None
        assert action.launched == []


def test_an_action_that_raises_gives_no_reply(studio: Any, page: WebPage, selection: Any) -> None:
    def fail(event: Any) -> None:
        raise RuntimeError("a bug")

    with an_action(studio, fail) as action:
        assert page.launch("artist", action.item, selection, timeout_s=SHORT_S) is None
        assert len(action.launched) == 1


def test_a_later_message_reaches_its_user_alone(studio: Any, page: WebPage) -> None:
    ids = studio[1]
    page.open("artist")
    page.open("admin")
    with an_action(studio) as action:
        action.show(ids["artist"], type="message", success=True, message="All is there.")
        action.show(ids["admin"], type="form", title="More", items=[])
        assert page.wait_for_messages("artist")[-1] == {"type": "message", "success": True, "message": "All is there."}
        assert [message["type"] for message in page.wait_for_messages("admin")] == ["form"]
    assert len(page.messages("artist")) == 1


def test_what_is_said_before_the_page_is_open_is_lost(studio: Any, page: WebPage) -> None:
    with WebPage(studio[0]) as other, an_action(studio) as action:
        page.open("artist")
        seen = len(page.messages("artist"))
        action.show(studio[1]["artist"], type="message", success=True, message="early")
        page.wait_for_messages("artist", seen + 1)
        assert other.messages("artist") == []


def test_a_page_that_was_cut_off_opens_again(studio: Any, page: WebPage, selection: Any) -> None:
    opened = page.open("artist")
    studio[0].hub.disconnect_all()
    wait_until(lambda: opened.closed, what="the cut")
    with an_action(studio) as action:
        assert page.discover("artist", selection) == [action.item]


def test_messages_that_do_not_come_are_a_timeout_that_says_what_came(page: WebPage) -> None:
    with pytest.raises(TimeoutError, match="99 messages to artist"):
        page.wait_for_messages("artist", 99, timeout_s=SHORT_S)


def test_nobody_without_a_key_has_a_page(page: WebPage) -> None:
    with pytest.raises(KeyError):
        page.discover("stranger", [])


def test_an_action_answers_two_users_by_name(studio: Any, page: WebPage, selection: Any) -> None:
    def greet(event: Any) -> dict[str, Any]:
        return {"success": True, "message": event["source"]["user"]["username"]}

    with an_action(studio, greet) as action:
        assert isinstance(action, Action)
        replies = [page.launch(user, action.item, selection) for user in ("artist", "admin")]
    assert [reply and reply["message"] for reply in replies] == ["artist", "admin"]
