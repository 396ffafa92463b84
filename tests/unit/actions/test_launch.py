"""Events as the web page, Connect and ill-meaning others write them: what is asked for, or nothing, and no error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.actions import launch
from ftrack_accsyn_accessor.actions.launch import SERVICE, Action
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Picked

SHOT = {"entityId": "s1", "entityType": "task"}


def event(**data: Any) -> dict[str, Any]:
    source = {"id": "hub", "user": {"id": "u1", "username": "ana"}}
    return {"topic": launch.LAUNCH, "id": "e1", "source": source, "data": {"actionIdentifier": "accsyn.send", **data}}


def test_a_launch_of_the_page_is_read_with_who_asks_and_what_was_filled_in() -> None:
    found = launch.read(event(selection=[SHOT], values={"latest": True, SERVICE: "one"}))

    assert found is not None
    assert (found.action, found.requester) == (Action.SEND, Requester("ana", "u1"))
    assert (found.picked, found.service) == ((Picked("task", "s1"),), "one")
    assert (found.event_id, found.source_id, found.values) == ("e1", "hub", {"latest": True, SERVICE: "one"})


def test_a_selection_below_a_context_is_read_where_there_is_no_other() -> None:
    assert launch.picked(event(context={"selection": [SHOT]})) == (Picked("task", "s1"),)


@pytest.mark.parametrize("selection", [None, [], "task", 7, {"entityId": "s1"}, [None, 7, {}, {"entityId": 3}]])
def test_a_selection_that_is_missing_empty_or_odd_is_none(selection: Any) -> None:
    assert launch.picked(event(selection=selection)) == ()


def test_what_can_never_be_sent_is_left_out_and_nothing_comes_twice() -> None:
    noise = ["user", "socialfeed", "socialnotification", "team"]
    selection = [SHOT, SHOT, {"entityId": "c", "entityType": "Component"}]
    selection += [{"entityId": kind, "entityType": kind} for kind in noise]

    assert launch.picked(event(selection=selection)) == (Picked("task", "s1"), Picked("Component", "c"))


@pytest.mark.parametrize("identifier", [None, "", "accsyn", "accsyn.send.x", 5, ["accsyn.send"]])
def test_somebody_elses_action_is_none_of_ours(identifier: Any) -> None:
    assert launch.read(event(actionIdentifier=identifier)) is None


def test_the_service_that_the_form_names_wins_over_the_menus() -> None:
    found = launch.read(event(**{SERVICE: "menu"}, values={SERVICE: "form"}))
    assert found is not None
    assert found.service == "form"
    odd = launch.read(event(**{SERVICE: ["menu"]}))
    assert odd is not None
    assert odd.service == ""


@pytest.mark.parametrize(
    ("kinds", "offered"),
    [
        ([], [Action.SEND]),
        (["user"], []),
        (["task"], [Action.SEND, Action.STATUS, Action.SYNC, Action.OUTSOURCE]),
        (["shot"], [Action.SEND, Action.STATUS, Action.SYNC, Action.OUTSOURCE]),
        (["task", "assetversion"], [Action.SEND, Action.STATUS]),
        (["Component"], [Action.SEND, Action.STATUS]),
        (["list", "user"], [Action.SEND, Action.STATUS, Action.OUTSOURCE]),
        (["show"], [Action.SEND, Action.STATUS]),
    ],
)
def test_the_menu_has_what_makes_sense_for_a_selection(kinds: list[str], offered: list[Action]) -> None:
    selection = [{"entityId": f"e{number}", "entityType": kind} for number, kind in enumerate(kinds)]
    asked = event(selection=selection)
    assert launch.offered(asked, syncing=True, outsourcing=True) == offered
    assert launch.offered(asked, syncing=False, outsourcing=True) == [a for a in offered if a is not Action.SYNC]
    assert launch.offered(asked, syncing=True) == [a for a in offered if a is not Action.OUTSOURCE]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(["actionIdentifier", "selection", "context", "values", SERVICE])


@settings(max_examples=50)
@given(st.dictionaries(_KEYS, _JSON), _JSON, _JSON)
def test_whatever_stands_in_an_event_nothing_raises(data: dict[str, Any], source: Any, whole: Any) -> None:
    for found in (
        {"data": {**data, "actionIdentifier": "accsyn.sync"}, "source": source, "id": whole},
        {"data": whole, "source": source},
        {},
    ):
        launch.read(found)
        launch.offered(found, True)
        launch.requester(found)
