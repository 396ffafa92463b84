"""What the server fills in or keeps in step when an entity is written."""

from __future__ import annotations

from typing import Any, Callable

from . import custom_attributes, errors
from .changes import UPDATE, Change
from .rows import Rows
from .schema import EntityType
from .table import Row
from .values import now

Values = dict[str, Any]
THUMBNAIL_TYPES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff")


def complete_new(rows: Rows, entity_type: EntityType, values: Values, actor_id: str | None) -> None:
    """Fill in what a new entity lacks. `actor_id` is the user who makes the request, if any."""
    for member in entity_type.lineage:
        rule = _NEW.get(member.name)
        if rule:
            rule(rows, values, actor_id)


def complete_change(rows: Rows, row: Row, changes: Values) -> None:
    """Add what follows from `changes` to them."""
    name = row.entity_type.name
    if name == custom_attributes.SET and "value" in changes:
        changes["value"] = custom_attributes.cast(rows, row.key[0], changes["value"])
    if name == "CustomAttributeConfiguration" and "default" in changes:
        changes["default"] = custom_attributes.default_for(rows, {**row.values, **changes})
    if name == "Job" and changes.get("status") in ("done", "failed"):
        changes.setdefault("finished_at", now())


def status_change(change: Change, actor_id: str | None) -> Values | None:
    """What is kept of a change of a status, by its columns; None for another change."""
    parent_type = {"Context": "task", "AssetVersion": "assetversion"}.get(change.row.entity_type.root.name)
    if parent_type is None or change.action != UPDATE or "status_id" not in change.values():
        return None
    old, new = change.values()["status_id"]
    told = {"parent_id": change.row.key[0], "parent_type": parent_type, "user_id": actor_id, "date": now()}
    return {**told, "from_status_id": old, "status_id": new}


def check(rows: Rows, values: Values) -> None:
    """Raise `ServerError` for values that the server refuses: a thumbnail must be of a type that browsers show."""
    thumbnail = rows.lookup("Component", values.get("thumbnail_id"))
    if thumbnail is not None and str(thumbnail.values["file_type"]).lower() not in THUMBNAIL_TYPES:
        raise errors.invalid_value(f"A thumbnail cannot be of the type {thumbnail.values['file_type']}.")


def _new_context(rows: Rows, values: Values, actor_id: str | None) -> None:
    values["created_at"] = now()
    values["created_by_id"] = actor_id


def _new_project(rows: Rows, values: Values, actor_id: str | None) -> None:
    values["project_id"] = values["id"]


def _new_typed_context(rows: Rows, values: Values, actor_id: str | None) -> None:
    if values.get("project_id") is None:
        values["project_id"] = _project_of(rows, values.get("parent_id"))
    if values.get("parent_id") is None:
        values["parent_id"] = values["project_id"]
    fill_context(rows, values)


def fill_context(rows: Rows, values: Values) -> None:
    """Fill in what a context has by the workflow of its project, which may be told after it was created."""
    schema_id = _project_schema_of(rows, values["project_id"])
    if values.get("status_id") is None:
        values["status_id"] = _first_status(rows, schema_id, "task_workflow_schema_id")
    if values.get("type_id") is None:
        values["type_id"] = _first_type(rows, schema_id)
    if values.get("priority_id") is None:
        priorities = sorted(rows.all_of("Priority"), key=lambda priority: priority.values["sort"])
        values["priority_id"] = priorities[0].key[0] if priorities else None


def _new_asset_version(rows: Rows, values: Values, actor_id: str | None) -> None:
    """Versions of an asset count up from 1."""
    values["date"] = values.get("date") or now()
    values["user_id"] = values.get("user_id") or actor_id
    asset_id = values.get("asset_id")
    if not values.get("version"):
        numbers = [row.values["version"] or 0 for row in rows.select("AssetVersion", "asset_id", asset_id)]
        values["version"] = max(numbers, default=0) + 1
    if values.get("status_id") is None:
        asset = rows.lookup("Asset", asset_id)
        project_id = _project_of(rows, asset.values.get("context_id")) if asset else None
        schema_id = _project_schema_of(rows, project_id)
        values["status_id"] = _first_status(rows, schema_id, "asset_version_workflow_schema_id") or _any_status(rows)


def _new_note(rows: Rows, values: Values, actor_id: str | None) -> None:
    values["date"] = values.get("date") or now()
    values["user_id"] = values.get("user_id") or actor_id


def _new_job(rows: Rows, values: Values, actor_id: str | None) -> None:
    values["created_at"] = values.get("created_at") or now()
    values["user_id"] = values.get("user_id") or actor_id


def _new_custom_attribute(rows: Rows, values: Values, actor_id: str | None) -> None:
    values["default"] = custom_attributes.default_for(rows, values)


def _new_custom_attribute_value(rows: Rows, values: Values, actor_id: str | None) -> None:
    values["value"] = custom_attributes.cast(rows, values["configuration_id"], values.get("value"))


def _new_timer(rows: Rows, values: Values, actor_id: str | None) -> None:
    values["start"] = values.get("start") or now()


def _new_user(rows: Rows, values: Values, actor_id: str | None) -> None:
    """A user whom nobody has named can be told from others."""
    values["username"] = values.get("username") or values["id"]


def _new_review_session(rows: Rows, values: Values, actor_id: str | None) -> None:
    for name in ("start_date", "end_date", "created_at"):
        values[name] = values.get(name) or now()
    values["created_by_id"] = values.get("created_by_id") or actor_id


def _new_review_session_object(rows: Rows, values: Values, actor_id: str | None) -> None:
    values["created_at"] = values.get("created_at") or now()


def _new_invitee(rows: Rows, values: Values, actor_id: str | None) -> None:
    values["created_at"] = values.get("created_at") or now()
    values["created_by_id"] = values.get("created_by_id") or actor_id


def _new_event(rows: Rows, values: Values, actor_id: str | None) -> None:
    """Events are numbered; the table holds them in their order."""
    last = next(reversed(rows.table(rows.schema["Event"]).rows), (0,))[0]
    values["id"] = last + 1
    values["created_at"] = now()
    values["user_id"] = actor_id


def _new_schema(rows: Rows, values: Values, actor_id: str | None) -> None:
    """Two names for one thing."""
    values["type_id"] = values.get("type_id") or values.get("object_type_id")
    values["object_type_id"] = values["type_id"]


def _project_of(rows: Rows, context_id: Any) -> Any:
    context = rows.lookup("Context", context_id)
    return context.values["project_id"] if context else None


def _project_schema_of(rows: Rows, project_id: Any) -> Any:
    project = rows.lookup("Context", project_id)
    return project.values.get("project_schema_id") if project else None


def _first_status(rows: Rows, schema_id: Any, workflow_column: str) -> Any:
    schema = rows.lookup("ProjectSchema", schema_id)
    workflow_id = schema.values.get(workflow_column) if schema else None
    statuses = rows.select("WorkflowSchemaStatus", "workflow_schema_id", workflow_id)
    return statuses[0].values["status_id"] if statuses else None


def _any_status(rows: Rows) -> Any:
    """The first status there is, for what belongs to no project."""
    statuses = sorted(rows.all_of("Status"), key=lambda status: status.values["sort"])
    return statuses[0].key[0] if statuses else None


def _first_type(rows: Rows, schema_id: Any) -> Any:
    schema = rows.lookup("ProjectSchema", schema_id)
    type_schema_id = schema.values.get("task_type_schema_id") if schema else None
    types = rows.select("TaskTypeSchemaType", "task_type_schema_id", type_schema_id)
    return types[0].values["type_id"] if types else None


_NEW: dict[str, Callable[[Rows, Values, str | None], None]] = {
    "Context": _new_context,
    "Project": _new_project,
    "TypedContext": _new_typed_context,
    "AssetVersion": _new_asset_version,
    "Note": _new_note,
    "Job": _new_job,
    "ReviewSession": _new_review_session,
    "ReviewSessionInvitee": _new_invitee,
    "ReviewSessionObject": _new_review_session_object,
    "ReviewSessionObjectStatus": _new_review_session_object,
    "Event": _new_event,
    "CustomAttributeConfiguration": _new_custom_attribute,
    "CustomAttributeValue": _new_custom_attribute_value,
    "Timer": _new_timer,
    "User": _new_user,
    "Schema": _new_schema,
}
