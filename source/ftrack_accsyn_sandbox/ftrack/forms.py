"""What a form of an action gives back when it is submitted, and what a selection of entities looks like in an event."""

from __future__ import annotations

from typing import Any

from .store import Store

# What the web page calls the entities of a selection; by the top of their type's hierarchy.
SELECTED = {
    "AssetVersion": "assetversion",
    "Component": "Component",
    "List": "list",
    "Project": "show",
    "ReviewSession": "reviewsession",
    "TypedContext": "task",
    "User": "user",
}
#: What a field gives that was left as it is and had no value; nothing recorded says so.
UNTOUCHED: dict[str, Any] = {
    "text": "",
    "textarea": "",
    "number": None,
    "date": None,
    "boolean": False,
    "enumerator": None,
    "hidden": None,
}

Item = dict[str, Any]


def pick(store: Store, *entity_ids: str) -> list[dict[str, str]]:
    """Return the `selection` of an event for entities of the store, in their order. Raises KeyError for an unknown."""
    return [{"entityId": entity_id, "entityType": _selected_type(store, entity_id)} for entity_id in entity_ids]


def _selected_type(store: Store, entity_id: str) -> str:
    for entity_type, name in SELECTED.items():
        if store.get(entity_type, entity_id) is not None:
            return name
    raise KeyError(f"No entity {entity_id} that ftrack's web page could select.")


def values_of(items: list[Item], /, **answers: Any) -> dict[str, Any]:
    """Return the `values` of a submitted form: *answers* by field name, every other field as it was offered.

    Two fields of one name give a list. Raises ValueError where a person could not have given such an answer: no field
    of that name, a hidden one, a choice that is not offered.
    """
    fields = [item for item in items if item.get("name") and item.get("type") != "label"]
    for name in answers:
        if not any(item["name"] == name and item["type"] != "hidden" for item in fields):
            raise ValueError(f"The form has no field {name!r} to fill in, but {[item['name'] for item in fields]}.")
    values: dict[str, Any] = {}
    repeated = {item["name"] for item in fields if [other["name"] for other in fields].count(item["name"]) > 1}
    for item in fields:
        name = item["name"]
        answer = _answer(item, answers[name]) if name in answers and item["type"] != "hidden" else _offered(item)
        if name in repeated:
            values.setdefault(name, []).append(answer)
        else:
            values[name] = answer
    return values


def _offered(item: Item) -> Any:
    value = item.get("value")
    if value is None and item.get("multi_select"):
        return []
    return UNTOUCHED[item["type"]] if value is None else value


def _answer(item: Item, answer: Any) -> Any:
    if item["type"] == "enumerator":
        offered = [option["value"] for option in item.get("data", ())]
        for chosen in answer if item.get("multi_select") else [answer]:
            if chosen not in offered:
                raise ValueError(f"{item['name']!r} offers {offered}, not {chosen!r}.")
    return answer
