"""What is filled in, in every way in which a page may write it, becomes an order or a sentence on what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ftrack_accsyn_accessor.actions import forms
from ftrack_accsyn_accessor.actions.launch import SERVICE, Action, Launch
from ftrack_accsyn_accessor.ftrack.places import Place
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Order, Picked

PLACES = [Place("hq", "studio.hq", "Head quarters"), Place("ldn", "studio.london", "London")]
UNMANAGED = Place("un", "ftrack.unmanaged", "ftrack.unmanaged")
PICKED = (Picked("task", "s1"),)


def launch(picked: tuple[Picked, ...] = PICKED, action: Action = Action.SEND, **values: Any) -> Launch:
    return Launch(action, Requester("ana"), picked, {"source": "hq", "destination": "ldn", **values})


def order(found: Launch) -> Order:
    filled = forms.filled(found)
    assert filled.order is not None, filled.problems
    return filled.order


def fields(reply: dict[str, Any]) -> dict[str, Any]:
    return {item["name"]: item["value"] for item in reply["items"] if "name" in item}


def test_a_form_sent_back_untouched_but_for_the_ends_is_the_plain_order() -> None:
    shown = fields(forms.send_form(PLACES, {}, (), "me"))
    values = {**shown, "source": "hq", "destination": "ldn"}

    assert order(launch(**values)) == Order(Reason.SEND, PICKED, "hq", "ldn")


@pytest.mark.parametrize(
    "names", ["main, *_exr", ["main", "*_exr"], '["main", "*_exr"]', " main ,, *_exr,main", ("main", "*_exr")]
)
def test_several_names_are_read_however_a_page_lists_them(names: Any) -> None:
    assert order(launch(components=names)).components == ("main", "*_exr")


@pytest.mark.parametrize("value", [True, "true", "True", "1", 1, "yes", "on"])
def test_yes_is_read_however_a_page_writes_it(value: Any) -> None:
    found = order(launch(with_used=value, latest=value, again=value))
    assert (found.with_used, found.latest_only, found.again) == (True, True, True)


@pytest.mark.parametrize("value", [False, "false", "0", 0, "", "off", "No"])
def test_no_is_read_however_a_page_writes_it(value: Any) -> None:
    found = order(launch(with_used=value, latest=value, again=value))
    assert (found.with_used, found.latest_only, found.again) == (False, False, False)


@pytest.mark.parametrize(
    ("value", "priority"), [(None, None), ("", None), (" 7 ", 7), (500.0, 500), (0, 0), ("1000", 1000)]
)
def test_a_priority_is_a_whole_number_or_none(value: Any, priority: Any) -> None:
    assert order(launch(priority=value)).priority == priority


def test_additional_files_are_one_a_line_as_they_are_written() -> None:
    found = order(launch((), added=" P:\\show\\a b.exr \n\n/mnt/show/*.mov\r\n/mnt/show/*.mov"))
    assert found.added == ("P:\\show\\a b.exr", "/mnt/show/*.mov")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"source": ""}, "from"),
        ({"destination": None}, "to"),
        ({"destination": ["ldn", "hq"]}, "to"),
        ({"destination": "hq"}, "cannot be sent to where"),
        ({"priority": "soon"}, "priority"),
        ({"priority": -1}, "priority"),
        ({"priority": 1001}, "priority"),
        ({"priority": 1.5}, "priority"),
        ({"priority": "nan"}, "priority"),
        ({"latest": "maybe"}, "yes or no"),
        ({"with_used": [1]}, "yes or no"),
    ],
)
def test_each_wrong_value_is_told_in_the_form_with_everything_kept(values: dict[str, Any], words: str) -> None:
    asked = launch(**{"components": "main", "added": "/a\n/b", **values})
    found = forms.filled(asked)

    assert found.order is None
    assert [words in problem for problem in found.problems] == [True]
    again = forms.send_form(PLACES, asked.values or {}, found.problems, "me")
    assert words in again["items"][0]["value"]
    kept = fields(again)
    assert (kept["components"], kept["added"]) == ("main", "/a\n/b")
    if "priority" in values:
        assert kept["priority"] == str(values["priority"])


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(forms.filled(launch((), source="", destination="", priority="x")).problems) == 4


def test_nothing_selected_and_no_files_is_a_problem_and_files_alone_are_none() -> None:
    assert forms.filled(launch(())).problems == ("Nothing is selected, and no files are named.",)
    assert order(launch((), added="/a")).picked == ()


def test_unmanaged_files_may_be_sent_from_but_not_to() -> None:
    items = {item.get("name"): item for item in forms.send_form([*PLACES, UNMANAGED], {}, (), "me")["items"]}

    assert [each["value"] for each in items["source"]["data"]] == ["hq", "ldn", "un"]
    assert [each["label"] for each in items["destination"]["data"]] == ["Head quarters", "London"]


def test_what_is_typed_cannot_break_out_of_the_complaint() -> None:
    (problem,) = forms.filled(launch(priority="<img src=x>**")).problems
    assert "<" not in problem
    assert "**" not in problem


def test_every_form_names_its_service() -> None:
    assert fields(forms.send_form(PLACES, {SERVICE: "forged"}, (), "me"))[SERVICE] == "me"


def test_everything_in_a_form_can_be_sent_as_json() -> None:
    json.dumps(forms.send_form(PLACES, {"priority": 3, "added": ["a"]}, ("wrong",), "me"))


@pytest.mark.parametrize(
    ("direction", "ends"), [("download", ("hq", "site=london")), ("upload", ("site=london", "hq"))]
)
def test_sync_goes_from_head_quarters_to_the_site_or_back(direction: str, ends: tuple[str, str]) -> None:
    values = {"site": "site=london", "direction": direction, "added": "show_a/sq010/sh010/scans"}
    found = order(Launch(Action.SYNC, Requester("ana"), PICKED, values))

    assert (found.source, found.destination) == ends
    assert (found.reason, found.picked, found.added) == (Reason.SYNC, (), ("show_a/sq010/sh010/scans",))


def test_sync_tells_a_missing_site_direction_and_folder() -> None:
    found = forms.filled(Launch(Action.SYNC, Requester("ana"), PICKED, {"direction": "sideways"}))
    assert found.problems == ("Choose the site.", "sideways is no direction.", "Name at least one folder.")


def test_sync_fills_in_the_folders_until_somebody_changes_them() -> None:
    assert fields(forms.sync_form([], ["a/scans", "b/scans"], {}, (), "me"))["added"] == "a/scans\nb/scans"
    assert fields(forms.sync_form([], ["a/scans"], {"added": "c"}, (), "me"))["added"] == "c"
