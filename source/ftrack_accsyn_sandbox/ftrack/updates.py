"""`ftrack.update`: what the server tells of each transaction to those who may see its project.

Keys of changes are the names of the database's columns, not those of the API. Components and their locations are not
told of: nothing recorded shows that they are.
"""

from __future__ import annotations

import uuid
from typing import Any, Iterable

from . import custom_attributes
from .above import above, parent_id, project_of
from .changes import UPDATE, Change
from .rows import Rows
from .table import Row
from .values import to_plain

TOPIC = "ftrack.update"
Event = dict[str, Any]

#: By the top of a type's hierarchy: what events call it.
_NAMES = {
    "Appointment": "appointment",
    "Asset": "asset",
    "AssetVersion": "assetversion",
    "Job": "job",
    "List": "list",
    "ListObject": "listobject",
    "Note": "note",
    "Resource": "user",
    "ReviewSession": "reviewsession",
    "ReviewSessionObject": "reviewsessionobject",
    "Timelog": "timelog",
    "Timer": "timer",
    "TypedContextLink": "dependency",
    "UserSecurityRoleProject": "userroleproject",
}
_TOLD = {*_NAMES, "Context"} - {"Asset"}

#: Columns whose name in the database is another, by the same; for the rest they are equal.
_CONTEXT = {
    "created_by_id": "created_by",
    "end_date": "enddate",
    "object_type_id": "object_typeid",
    "priority_id": "priorityid",
    "project_id": "showid",
    "start_date": "startdate",
    "status_id": "statusid",
    "thumbnail_id": "thumbid",
    "type_id": "typeid",
    "full_name": "fullname",
    "disk_id": "diskid",
    "is_global": "isglobal",
    "is_private": "private",
    "project_schema_id": "projectschemeid",
}
_COLUMNS = {
    "AssetVersion": {
        "asset_id": "assetid",
        "id": "versionid",
        "is_published": "ispublished",
        "status_id": "statusid",
        "task_id": "taskid",
        "thumbnail_id": "thumbid",
        "user_id": "userid",
    },
    "Context": _CONTEXT,
    "Job": {"id": "jobid", "user_id": "userid"},
    "List": {
        "category_id": "typeid",
        "id": "listid",
        "is_open": "isopen",
        "project_id": "showid",
        "system_type": "entity",
        "user_id": "userid",
    },
    "ListObject": {"entity_id": "entityid", "list_id": "listid"},
    "Note": {
        "content": "text",
        "id": "noteid",
        "in_reply_to_id": "noteparentid",
        "thread_activity": "triggerdate",
        "user_id": "userid",
    },
    "Resource": {
        "first_name": "firstname",
        "is_active": "isactive",
        "is_otp_enabled": "otp_enabled",
        "is_totp_enabled": "totp_enabled",
        "last_name": "lastname",
        "thumbnail_id": "thumbid",
    },
    "ReviewSession": {"created_by_id": "created_by", "end_date": "end", "start_date": "start"},
    "TypedContextLink": {"id": "dependencyid"},
    "UserSecurityRoleProject": {"user_security_role_id": "user_role_id"},
}


def events_of(rows: Rows, changes: Iterable[Change], actor_id: str | None) -> list[tuple[str | None, Event]]:
    """Return an event for each project that a transaction touched (None: no project's), with the project's id."""
    changes = list(changes)
    logged = [_feed_event(change.row) for change in changes if change.row.entity_type.name == "Event"]
    gone = {change.row.key[0]: change.row for change in changes if change.action == "remove"}
    items: dict[str | None, list[dict[str, Any]]] = {}
    for change in changes:
        if change.row.entity_type.name == custom_attributes.SET and change.row.values["entity_id"] not in gone:
            item = _custom_attribute_item(rows, change)
            items.setdefault(_project_of(rows, change.row, item), []).append(item)
        if change.row.entity_type.root.name in _TOLD and change.row.entity_type.name != "Group":
            item = _item(rows, change, gone)
            items.setdefault(_project_of(rows, change.row, item), []).append(item)
    return [(project_id, _event(rows, entities, actor_id)) for project_id, entities in items.items()] + logged


def _feed_event(row: Row) -> tuple[str | None, Event]:
    """What is told of an entry in the feed: hardly anything, and in nobody's name."""
    data = {
        "entities": [{"action": "update", "entityType": "socialfeed"}],
        "parents": [row.values["parent_id"]],
        "pushToken": None,
        "clientToken": None,
    }
    return row.values["project_id"], _envelope(data, None, None)


def _event(rows: Rows, entities: list[dict[str, Any]], actor_id: str | None) -> Event:
    user = rows.lookup("User", actor_id)
    client = uuid.uuid4().hex if user else None
    parents = dict.fromkeys(parent["entityId"] for item in entities for parent in item["parents"])
    data: dict[str, Any] = {
        "entities": entities,
        "parents": list(parents),
        "pushToken": uuid.uuid4().hex,
        "clientToken": client,
    }
    if user:
        full_name = f"{user.values['first_name'] or ''} {user.values['last_name'] or ''}".strip()
        data["user"] = {"userid": actor_id, "name": full_name}
    return _envelope(data, client, user)


def _envelope(data: dict[str, Any], client: str | None, user: Row | None) -> Event:
    """The event in the name of a user; the application is the web page's whoever it was."""
    person = {"id": user.key[0] if user else None, "username": user.values["username"] if user else None}
    return {
        "topic": TOPIC,
        "data": data,
        "id": uuid.uuid4().hex,
        "sent": None,
        "source": {"applicationId": "ftrack.client.web", "id": client, "user": person},
        "target": "",
    }


def _item(rows: Rows, change: Change, gone: dict[Any, Row]) -> dict[str, Any]:
    row = change.row
    parents = _lineage(rows, row, gone)
    changes = _named(row, change.values())
    is_moved = change.action == UPDATE and _name(row) == "task" and "parent_id" in changes
    return {
        "entityType": _name(row),
        "entity_type": row.entity_type.name,
        "entityId": row.key[0],
        "action": "move" if is_moved else change.action,
        "keys": list(changes),
        "changes": changes,
        "parentId": parent_id(row),
        "objectTypeId": row.values.get("object_type_id"),
        "parents": [_mention(parent) for parent in parents],
    }


def _custom_attribute_item(rows: Rows, change: Change) -> dict[str, Any]:
    """The update of the entity whose custom attribute was set: values are told as text."""
    values = change.row.values
    entity = next(row for row in _lineage(rows, change.row, {})[1:])
    configuration = rows.lookup("CustomAttributeConfiguration", values["configuration_id"])
    key = configuration.values["key"] if configuration else ""
    old, new = change.values().get("value", (None, None))
    changes = {key: {"old": _text(old), "new": _text(new)}}
    return {**_item(rows, Change(UPDATE, entity), {}), "keys": [key], "changes": changes}


def _text(value: Any) -> str | None:
    plain = to_plain(value)
    return None if plain is None else str(int(plain) if isinstance(plain, bool) else plain)


def _named(row: Row, values: dict[str, tuple[Any, Any]]) -> dict[str, dict[str, Any]]:
    names = _COLUMNS.get(row.entity_type.root.name, {})
    changes = {names.get(name, name): {"old": old, "new": new} for name, (old, new) in values.items()}
    if _name(row) == "task" and "id" in changes:
        changes["taskid"] = changes["id"]
    return changes


def _lineage(rows: Rows, row: Row, gone: dict[Any, Row]) -> list[Row]:
    """The entity and those above it, a project last; what went in the same transaction is among them."""
    found: list[Row] = []
    owner: Row | None = row
    while owner is not None and owner not in found:
        found.append(owner)
        owner = above(rows, owner, gone)
    return found


def _mention(row: Row) -> dict[str, Any]:
    return {
        "entityId": row.key[0],
        "entityType": _name(row),
        "entity_type": row.entity_type.name,
        "parentId": parent_id(row),
    }


def _name(row: Row) -> str:
    """What events call the type of an entity."""
    if row.entity_type.root.name == "Context":
        return "show" if row.entity_type.name == "Project" else "task"
    return _NAMES.get(row.entity_type.root.name, row.entity_type.name.lower())


def _project_of(rows: Rows, row: Row, item: dict[str, Any]) -> str | None:
    """Whose project the event is of: from the item where the entity's own way there is gone."""
    for parent in item["parents"]:
        if parent["entityType"] == "show":
            project_id: str = parent["entityId"]
            return project_id
    return project_of(rows, row)
