"""The server's own log: entities `Event`, with a `Feed` to each whom it concerns.

It logs what somebody catching up after an absence looks for. The names of actions are those that others' queries ask
for; that of an unassignment is none of them: nothing readable says it.
"""

from __future__ import annotations

import json
from typing import Any, Iterable, Iterator

from . import custom_attributes
from .changes import ADD, REMOVE, UPDATE, Change
from .rows import Rows
from .table import Row

ASSIGNED, UNASSIGNED = "db.append.task:user", "db.remove.task:user"
_INSERT = {ADD: "insert", UPDATE: "update", REMOVE: "delete"}

#: Columns of an Event, and who is told how: owner and relation of its Feed.
Entry = tuple[dict[str, Any], "tuple[str, str] | None"]


def entries(rows: Rows, changes: Iterable[Change]) -> Iterator[Entry]:
    """Yield what the log gets of a transaction."""
    for change in changes:
        made = _entry(rows, change)
        if made is not None:
            columns, told = made
            yield {"insert": _INSERT[change.action], **columns}, told


def _entry(rows: Rows, change: Change) -> Entry | None:
    row, root = change.row, change.row.entity_type.root.name
    if root == "Appointment" and change.action != UPDATE and row.values["type"] == "assignment":
        return _assignment(rows, change)
    if root == "AssetVersion" and change.action == ADD and row.values["is_published"]:
        asset = rows.lookup("Asset", row.values["asset_id"])
        return _columns("asset.published", row, "assetversion", rows, asset and asset.values["context_id"], {}), None
    if root == "Context" and change.action == UPDATE and "status_id" in change.values():
        old, new = change.values()["status_id"]
        action = f"change.status.{row.entity_type.name.lower()}"
        return _columns(action, row, "task", rows, row.key[0], {"statusid": {"old": old, "new": new}}), None
    if root == custom_attributes.SET:
        return _custom_attribute(rows, change)
    if root == "Note" and change.action == ADD:
        data = {"text": {"old": None, "new": row.values["content"]}}
        return _columns("db.all.note", row, "note", rows, row.values["parent_id"], data), None
    return None


def _assignment(rows: Rows, change: Change) -> Entry:
    values = change.row.values
    action, which = (ASSIGNED, 1) if change.action == ADD else (UNASSIGNED, 0)
    data = {name: {"old": pair[0], "new": pair[1]} for name, pair in change.values().items()}
    columns = _columns(action, change.row, "task", rows, values["context_id"], data)
    told = (values["resource_id"], "assigned") if which else None
    return {**columns, "parent_id": values["context_id"]}, told


def _custom_attribute(rows: Rows, change: Change) -> Entry | None:
    """Of a context's; that of a context which went in the same transaction is not logged."""
    values = change.row.values
    configuration = rows.lookup("CustomAttributeConfiguration", values["configuration_id"])
    context = rows.lookup("Context", values["entity_id"])
    if configuration is None or context is None:
        return None
    key = configuration.values["key"]
    old, new = change.values().get("value", (None, None))
    data = {key: {"old": old, "new": new}}
    return _columns(f"update.custom_attribute.{key}", context, "task", rows, context.key[0], data), None


def _columns(
    action: str, row: Row, parent_type: str, rows: Rows, context_id: Any, data: dict[str, Any]
) -> dict[str, Any]:
    context = rows.lookup("Context", context_id)
    return {
        "action": action,
        "parent_id": row.key[0],
        "parent_type": parent_type,
        "project_id": context.values["project_id"] if context else None,
        "data": json.dumps(data),
    }
