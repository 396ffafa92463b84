"""What an entity belongs to: the way up to its project."""

from __future__ import annotations

from typing import Any, Mapping

from .rows import Rows
from .table import Row

#: By the top of a type's hierarchy, where the entity above is looked up: column and type.
WAYS: dict[str, tuple[tuple[str, str], ...]] = {
    "Appointment": (("context_id", "Context"),),
    "Asset": (("context_id", "Context"),),
    "AssetVersion": (("asset_id", "Asset"),),
    "AssetVersionLink": (("to_id", "AssetVersion"),),
    "Component": (("version_id", "AssetVersion"), ("container_id", "Component")),
    "ComponentLocation": (("component_id", "Component"),),
    "Context": (("parent_id", "Context"),),
    "Feed": (("social_id", "Event"),),
    "Job": (("user_id", "User"),),
    "List": (("project_id", "Project"),),
    "ListObject": (("list_id", "List"),),
    "Manager": (("context_id", "Context"),),
    "Note": (("parent_id", "Context"), ("parent_id", "AssetVersion"), ("parent_id", "ReviewSessionObject")),
    "ReviewSession": (("project_id", "Project"),),
    "ReviewSessionInvitee": (("review_session_id", "ReviewSession"),),
    "ReviewSessionObject": (("review_session_id", "ReviewSession"),),
    "ReviewSessionObjectStatus": (("review_session_object_id", "ReviewSessionObject"),),
    "StatusChange": (("parent_id", "Context"), ("parent_id", "AssetVersion")),
    "Timelog": (("context_id", "Context"),),
    "Timer": (("user_id", "User"),),
    "TypedContextLink": (("to_id", "TypedContext"),),
    "UserSecurityRole": (("user_id", "User"),),
    "UserSecurityRoleProject": (("user_security_role_id", "UserSecurityRole"),),
    "CustomAttributeValue": tuple(("entity_id", name) for name in ("Context", "Asset", "AssetVersion", "List", "User")),
    **{
        f"{name}CustomAttributeValue": (("entity_id", name),)
        for name in ("Context", "Asset", "AssetVersion", "List", "User")
    },
}


def above(rows: Rows, row: Row, gone: Mapping[Any, Row] | None = None) -> Row | None:
    """Return the entity that another belongs to; *gone* holds, by id, some that are not stored any more."""
    for column, entity_type in WAYS.get(row.entity_type.root.name, ()):
        value = row.values.get(column)
        found = rows.lookup(entity_type, value) or (gone or {}).get(value)
        if found is not None:
            return found
    return None


def project_of(rows: Rows, row: Row) -> str | None:
    """Return the id of the project that an entity belongs to, None for what belongs to none, such as a location."""
    owner: Row | None = row
    while owner is not None:
        if "project_id" in owner.values:
            project_id: str | None = owner.values["project_id"]
            return project_id
        owner = above(rows, owner)
    return None


def parent_id(row: Row) -> Any:
    """Return the id of the entity above by the first way there is."""
    ways = WAYS.get(row.entity_type.root.name, ())
    return row.values.get(ways[0][0]) if ways else None
