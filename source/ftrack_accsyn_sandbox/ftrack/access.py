"""Who may see which projects: private ones only who was let in, restricted users only where they are assigned.

A user without any role is let into all that is open, as if theirs were the role User. What a role allows beside that
stands in no schema, so here everybody may do everything with what they see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .above import above, project_of
from .rows import Rows
from .table import Row

RESTRICTED = "ASSIGNED"


@dataclass(frozen=True)
class Caller:
    """Who makes a request: a user, by a personal key or (`key_projects` is not None) by a global one.

    A global key has its own rights, whosever name it is used with: the open projects, and *key_projects*.
    """

    user_id: str
    key_projects: frozenset[str] | None = None


def hidden_projects(rows: Rows, caller: Caller) -> frozenset[str]:
    """Return the ids of the projects that the caller may not see."""
    projects = rows.all_of("Project")
    private = {project.key[0] for project in projects if project.values["is_private"]}
    if caller.key_projects is not None:
        return frozenset(private - caller.key_projects)
    roles = rows.select("UserSecurityRole", "user_id", caller.user_id)
    granted = {
        grant.values["project_id"]
        for role in roles
        for grant in rows.select("UserSecurityRoleProject", "user_security_role_id", role.key[0])
    }
    hidden = private - granted
    if roles and not any(_opens_all(rows, role) for role in roles):
        open_ids = {project.key[0] for project in projects} - private
        hidden |= open_ids - granted - _assigned_projects(rows, caller.user_id)
    return frozenset(hidden)


class View:
    """What a caller sees of the store, as long as nobody writes; `is_strict` tells in which mode the API is called."""

    def __init__(self, rows: Rows, caller: Caller, *, is_strict: bool = False) -> None:
        self.is_strict = is_strict
        self.hidden = hidden_projects(rows, caller)
        self._rows = rows
        self._projects: dict[Row, str | None] = {}

    def sees(self, row: Row) -> bool:
        """Whether the caller sees an entity."""
        return not self.hidden or self._project_of(row) not in self.hidden

    def _project_of(self, row: Row) -> str | None:
        """Return what `project_of` does; thousands of frames have the same way up."""
        if "project_id" in row.values:
            return project_of(self._rows, row)
        owner = above(self._rows, row)
        if owner is None:
            return None
        if owner not in self._projects:
            self._projects[owner] = self._project_of(owner)
        return self._projects[owner]


def _opens_all(rows: Rows, user_role: Row) -> bool:
    role = rows.lookup("SecurityRole", user_role.values["security_role_id"])
    is_restricted = role is not None and role.values["type"] == RESTRICTED
    return bool(user_role.values["is_all_open_projects"]) and not is_restricted


def _assigned_projects(rows: Rows, user_id: str) -> set[Any]:
    groups = [membership.values["group_id"] for membership in rows.select("Membership", "user_id", user_id)]
    found = set()
    for resource_id in (user_id, *groups):
        for appointment in rows.select("Appointment", "resource_id", resource_id):
            context = rows.lookup("Context", appointment.values["context_id"])
            if context is not None:
                found.add(context.values["project_id"])
    return found
