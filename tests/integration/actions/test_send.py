"""accsyn Send as ftrack's web page asks for it: from the menu over form and preview to a request in the outbox."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from ftrack_accsyn_accessor.actions import answer, kept
from ftrack_accsyn_accessor.actions.launch import SERVICE
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from serving import Page, Planning, Serving, hidden, text

pytestmark = pytest.mark.usefixtures("planned")


@pytest.fixture
def selection(studio: Studio) -> list[dict[str, str]]:
    return [{"entityId": studio.ids["show_a/sq010/sh010"], "entityType": "task"}]


@pytest.fixture
def action(serving: Serving, page: Page, selection: list[dict[str, str]]) -> dict[str, Any]:
    return page.action("send", selection)


def test_a_shot_is_sent_from_the_menu_over_form_and_preview_to_a_request(
    serving: Serving, page: Page, action: Any, selection: Any, planned: Planning, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    preview = page.preview(action, selection, components="main", priority="7")

    assert preview["title"] == "Send 1 item (1 file, 1.0 MB)"
    assert "<b>" not in text(preview)
    assert serving.outbox.requests.latest(10) == []
    done = page.launch(action, selection, **hidden(preview))

    assert done["success"], done
    (request,) = serving.outbox.requests.latest(10)
    assert (request.request.username, request.items) == ("artist", 1)
    assert (planned.orders[-1].components, planned.orders[-1].priority) == (("main",), 7)
    assert f"Request {request.id}: send of artist asked for 1 item(s) from studio.hq to site=london" in caplog.text


def test_discover_asks_nobody(studio: Studio, serving: Serving, page: Page, selection: Any) -> None:
    before = studio.ftrack.log.count("query"), studio.accsyn.log.count()

    assert page.discover(selection)

    assert (studio.ftrack.log.count("query"), studio.accsyn.log.count()) == before


def test_what_is_wrong_is_told_in_the_form_with_what_was_filled_in(page: Page, action: Any, selection: Any) -> None:
    again = page.preview(action, selection, destination="", added="/mnt/a\n/mnt/b", latest=False)

    assert "Choose where it is to be sent to." in text(again)
    kept_values = hidden(again)
    assert (kept_values["added"], kept_values["latest"]) == ("/mnt/a\n/mnt/b", False)


def test_a_preview_confirmed_twice_is_one_request(serving: Serving, page: Page, action: Any, selection: Any) -> None:
    preview = page.preview(action, selection)
    assert page.launch(action, selection, **hidden(preview))["success"]

    again = page.launch(action, selection, **hidden(preview))

    assert not again["success"]
    assert "confirmed already, as request 1" in again["message"]
    assert len(serving.outbox.requests.latest(10)) == 1


def test_one_event_that_is_delivered_twice_is_one_request_and_one_reply(
    serving: Serving, page: Page, action: Any, selection: Any
) -> None:
    preview = page.preview(action, selection)

    replies = page.ask(action, selection, "same", **hidden(preview))
    more = page.ask(action, selection, "same", **hidden(preview))
    wait_until(lambda: replies or more)
    page.discover(selection)  # whatever else was to come has come before its answer

    assert [each["success"] for each in [*replies, *more]] == [True]
    assert len(serving.outbox.requests.latest(10)) == 1


def test_somebody_elses_preview_cannot_be_confirmed(
    serving: Serving, page: Page, open_page: Any, action: Any, selection: Any
) -> None:
    preview = page.preview(action, selection)

    forged = open_page("admin").launch(action, selection, **hidden(preview))

    assert (forged["success"], "no preview of yours" in forged["message"].lower()) == (False, True)
    assert serving.outbox.requests.latest(10) == []
    assert page.launch(action, selection, **hidden(preview))["success"]


def test_an_edited_name_confirms_nothing(serving: Serving, page: Page, action: Any, selection: Any) -> None:
    preview = page.preview(action, selection)

    forged = page.launch(action, selection, **{**hidden(preview), "plan": "x" * 32})

    assert not forged["success"]
    assert serving.outbox.requests.latest(10) == []


def test_a_preview_that_has_expired_is_made_anew_and_nothing_is_sent(
    serving: Serving, page: Page, action: Any, selection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = page.preview(action, selection)
    monkeypatch.setattr(kept, "VALID_S", 0.0)

    again = page.launch(action, selection, **hidden(preview))

    assert "had expired" in text(again)
    assert serving.outbox.requests.latest(10) == []


def test_a_preview_that_takes_long_is_shown_when_it_is_there(
    serving: Serving,
    page: Page,
    action: Any,
    selection: Any,
    planned: Planning,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned.gate = threading.Event()
    form = page.launch(action, selection)
    ends = {"source": page.ids["studio.hq"], "destination": page.ids["studio.london"]}

    with monkeypatch.context() as patch:
        patch.setattr(answer, "PATIENCE_S", 0.05)
        first = page.launch(action, selection, **{**hidden(form), **ends})
    assert (first["type"], first["success"], "is at it" in first["message"]) == ("message", True, True)
    planned.gate.set()
    (preview,) = wait_until(lambda: page.shown)

    assert (preview["actionIdentifier"], preview["selection"]) == ("accsyn.send", selection)
    launched = {"actionIdentifier": preview["actionIdentifier"]}  # all that is sure to come back with the values
    monkeypatch.setattr("ftrack_accsyn_accessor.send.asking.confirm", planned.confirm)
    assert page.launch(launched, preview["selection"], **hidden(preview))["success"]


def test_what_another_service_was_asked_for_is_not_answered(page: Page, action: Any, selection: Any) -> None:
    replies = page.ask({**action, SERVICE: "another"}, selection)
    page.launch(action, selection)

    assert replies == []


def test_what_keeps_a_plan_from_being_made_is_said_in_words(
    page: Page, action: Any, selection: Any, planned: Planning
) -> None:
    planned.fault = errors.Unreachable("reach accsyn", "<acme>", "no route to host", "Try later.")

    reply = page.preview(action, selection)

    assert reply == {
        "type": "message",
        "success": False,
        "message": "Could not reach accsyn (‹acme›): no route to host. Try later.",
    }


def test_a_bug_of_ours_is_an_answer_too(page: Page, action: Any, selection: Any, planned: Planning) -> None:
    planned.fault = ZeroDivisionError("bug")
    assert "accsyn Send failed" in page.preview(action, selection)["message"]


def test_a_preview_of_nothing_leads_back_to_the_form(page: Page, action: Any, planned: Planning) -> None:
    nothing = page.preview(action, [], added="")
    assert "Nothing is selected" in text(nothing)


def test_a_plan_that_could_not_be_written_may_be_confirmed_again(
    serving: Serving, page: Page, action: Any, selection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = page.preview(action, selection)
    with monkeypatch.context() as broken:  # a disk that is full for a moment, without filling one
        broken.setattr(type(serving.outbox.requests), "write", _full)
        refused = page.launch(action, selection, **hidden(preview))

    assert (refused["success"], "no space" in refused["message"]) == (False, True)
    assert page.launch(action, selection, **hidden(preview))["success"]


def _full(*_: Any) -> int:
    raise errors.OutboxUnusable("write to the outbox", "", "no space", "Free some.")
