"""Notes and statuses: what the vendor loop leaves in ftrack for people to read. Doing it twice does it once."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted, quoted_batches
from ftrack_accsyn_accessor.model import errors

#: What is written is known by what it is about: whoever does it again, after whatever end of a process, finds it there.
_DERIVED = uuid.UUID("5a8e2b1c-7f0d-5c43-9d55-2f7e0c6b9a31")
_STATUSES = "statuses.id", "statuses.name"


class Note(NamedTuple):
    """What is to be written at an entity, such as a "Task" or an "AssetVersion"; its author is a user in ftrack."""

    parent_type: str
    parent_id: str
    author_id: str
    text: str


def derived_id(key: str) -> str:
    """Return the id in ftrack of what is made once for *key*, which tells what and for which occasion."""
    return str(uuid.uuid5(_DERIVED, key))


def write(connection: FtrackConnection, key: str, note: Note) -> str:
    """Write a note, unless that with this *key* is there already, as it is; return its id.

    At most three requests. Raise `errors.RegistrationError`.
    """
    note_id = derived_id(f"note {key}")
    text = {"content": note.text, "user_id": note.author_id}
    parent = {"parent_id": note.parent_id, "parent_type": note.parent_type}
    create_once(connection, "Note", {"id": note_id, **text, **parent})
    return note_id


def create_once(connection: FtrackConnection, entity_type: str, row: dict[str, Any]) -> bool:
    """Create an entity, unless one with its `id` is there; return whether it was created.

    Somebody else may create it at this moment. Raise `errors.RegistrationError`.
    """
    query = f'select id from {entity_type} where id is "{row["id"]}"'  # noqa: S608
    if connection.query(query):
        return False
    try:
        connection.create(entity_type, [row])
    except errors.RegistrationRefused:
        if not connection.query(query):
            raise
        return False
    return True


def user_id(connection: FtrackConnection, address: str) -> str:
    """Return ftrack's id of the user with this e-mail address or user name; empty where there is none.

    An active one goes first. One query; may raise `errors.RegistrationError`.
    """
    wanted = quoted([address])
    query = f"select id, email, is_active from User where email in ({wanted}) or username in ({wanted}) order by id"  # noqa: S608
    (rows,) = connection.rows(query)
    rows.sort(key=lambda row: (not row["is_active"], str(row["email"] or "").casefold() != address.casefold()))
    return str(rows[0]["id"]) if rows else ""


def version_status(connection: FtrackConnection, project_id: str, name: str) -> Optional[str]:
    """Return the id of the status that versions of a project may have by this *name*, None where they may not.

    One query; may raise `errors.RegistrationError`.
    """
    columns = _columns("project_schema.asset_version_workflow_schema")
    query = f'select {columns} from Project where id is "{project_id}" order by id'  # noqa: S608
    (rows,) = connection.rows(query)
    return _named(rows[0]["project_schema"]["asset_version_workflow_schema"], name) if rows else None


def version_statuses(connection: FtrackConnection, project_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the names of the statuses that versions of projects may have, in their order, by the projects' ids.

    One query for each 500; may raise `errors.RegistrationError`.
    """
    columns = _columns("project_schema.asset_version_workflow_schema")
    rows: list[dict[str, Any]] = []
    for batch in quoted_batches(project_ids):
        query = f"select id, {columns} from Project where id in ({batch}) order by id"  # noqa: S608
        rows += connection.rows(query)[0]
    found = ((row["id"], row["project_schema"]["asset_version_workflow_schema"]) for row in rows)
    return {
        project_id: [str(each["name"]) for each in (schema or {}).get("statuses", ())] for project_id, schema in found
    }


def set_task_status(connection: FtrackConnection, task_ids: Collection[str], name: str) -> list[str]:
    """Give tasks the status called *name*; return the ids of those that may not have it, or are not there.

    Two queries, and one request for each task that had another one. May raise `errors.RegistrationError`.
    """
    tasks: list[dict[str, Any]] = []
    for batch in quoted_batches(sorted(task_ids)):
        query = "select id, type_id, status_id, project.project_schema_id from Task"
        tasks += connection.rows(f"{query} where id in ({batch}) order by id")[0]
    schemas = _task_schemas(connection, sorted({task["project"]["project_schema_id"] for task in tasks}))
    wanted = {task["id"]: _of_task(schemas, task, name) for task in tasks}
    for task in tasks:
        status_id = wanted[task["id"]]
        if status_id and status_id != task["status_id"]:
            connection.update("Task", task["id"], {"status_id": status_id})
    return [task_id for task_id in sorted(task_ids) if not wanted.get(task_id)]


def _task_schemas(connection: FtrackConnection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    if not ids:
        return {}
    overrides = "task_workflow_schema_overrides"
    columns = f"{_columns('task_workflow_schema')}, {overrides}.type_id, {_columns(f'{overrides}.workflow_schema')}"
    query = f"select {columns} from ProjectSchema where id in ({quoted(ids)}) order by id"  # noqa: S608
    return {row["id"]: row for row in connection.rows(query)[0]}


def _of_task(schemas: Mapping[str, Mapping[str, Any]], task: Mapping[str, Any], name: str) -> Optional[str]:
    schema = schemas.get(task["project"]["project_schema_id"])
    if schema is None:
        return None
    own = (each for each in schema["task_workflow_schema_overrides"] if each["type_id"] == task["type_id"])
    override = next(own, None)
    return _named(override["workflow_schema"] if override is not None else schema["task_workflow_schema"], name)


def _columns(workflow: str) -> str:
    return ", ".join(f"{workflow}.{column}" for column in _STATUSES)


def _named(workflow: Optional[Mapping[str, Any]], name: str) -> Optional[str]:
    """Return the id of the status called *name* in a workflow; people write names in any case."""
    statuses = workflow["statuses"] if workflow else ()
    return next((row["id"] for row in statuses if str(row["name"]).casefold() == name.strip().casefold()), None)
