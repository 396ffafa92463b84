"""What a submitted form gives back, and what a selection looks like."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_sandbox.ftrack import Store, demo
from ftrack_accsyn_sandbox.ftrack.forms import pick, values_of

COLOURS = [{"label": "Red", "value": "r"}, {"label": "Green", "value": "g"}]
FORM: list[dict[str, Any]] = [
    {"type": "label", "value": "## Title ##"},
    {"type": "text", "name": "name", "label": "Name", "empty_text": "as on the door"},
    {"type": "textarea", "name": "files", "label": "Files", "value": "a\nb"},
    {"type": "number", "name": "priority", "label": "Priority", "value": 500},
    {"type": "date", "name": "day", "label": "Day", "value": "2026-11-27"},
    {"type": "boolean", "name": "latest", "label": "Latest", "value": True},
    {"type": "enumerator", "name": "colour", "label": "Colour", "data": COLOURS, "value": "r"},
    {"type": "enumerator", "name": "colours", "label": "Colours", "data": COLOURS, "multi_select": True},
    {"type": "hidden", "name": "plan", "value": "p-1"},
]
OFFERED = {
    "name": "",
    "files": "a\nb",
    "priority": 500,
    "day": "2026-11-27",
    "latest": True,
    "colour": "r",
    "colours": [],
    "plan": "p-1",
}


def test_an_untouched_form_gives_what_it_offers() -> None:
    assert values_of(FORM) == OFFERED


def test_answers_take_the_place_of_what_is_offered() -> None:
    answers = {"name": "x", "latest": False, "colour": "g", "colours": ["r", "g"]}
    assert values_of(FORM, **answers) == {**OFFERED, **answers}


@pytest.mark.parametrize("answers", [{"nothing": 1}, {"plan": "p-2"}, {"colour": "b"}, {"colours": ["r", "b"]}])
def test_an_answer_that_nobody_could_give_is_refused(answers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(answers))):
        values_of(FORM, **answers)


def test_fields_of_one_name_give_a_list_in_their_order() -> None:
    form = [{"type": "text", "name": "row", "value": value} for value in "abc"]
    assert values_of(form) == {"row": ["a", "b", "c"]}


def test_each_kind_of_entity_is_called_as_the_page_calls_it() -> None:
    store = Store()
    demo.prepare(store)
    ids = demo.build(store)
    category_id = store.create("ListCategory", name="Work")["id"]
    asset_id = store.create("Asset", name="x", context_id=ids["show_a/sq010/sh010"])["id"]
    version_id = store.create("AssetVersion", asset_id=asset_id)["id"]
    made = {
        ids["show_a"]: "show",
        ids["show_a/sq010"]: "task",
        ids["show_a/sq010/sh010/Lighting"]: "task",
        version_id: "assetversion",
        store.create("FileComponent", version_id=version_id)["id"]: "Component",
        store.create("AssetVersionList", project_id=ids["show_a"], category_id=category_id)["id"]: "list",
        store.create("ReviewSession", project_id=ids["show_a"])["id"]: "reviewsession",
        ids["artist"]: "user",
    }
    assert pick(store, *made) == [{"entityId": key, "entityType": name} for key, name in made.items()]
    with pytest.raises(KeyError, match=asset_id):
        pick(store, asset_id)
