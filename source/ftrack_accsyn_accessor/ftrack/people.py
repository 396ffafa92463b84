"""Who asks, and what ftrack lets them see: for a service that acts with its own rights."""

from __future__ import annotations

from typing import Any, Optional

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted
from ftrack_accsyn_accessor.model.permission import ASSIGNED, Person, Project, Role


class People:
    """For one thread, that of *connection*; every method may raise `errors.RegistrationError`."""

    def __init__(self, connection: FtrackConnection) -> None:
        self._connection = connection

    def person(self, username: str, user_id: str) -> Optional[Person]:
        """Return the user with *user_id*, or else with *username*; None where there is none. At most 3 queries."""
        where = f"id in ({quoted([user_id])})" if user_id else f"username in ({quoted([username])})"
        query = f"select id, username, is_active, memberships.group_id from User where {where}"  # noqa: S608
        rows = self._connection.query(query)
        if len(rows) != 1:
            return None
        user = rows[0]
        roles = self._roles(user["id"])
        assigned: frozenset[str] = frozenset()
        if any(role.type == ASSIGNED for role in roles):
            assigned = self._assigned([user["id"], *(each["group_id"] for each in user["memberships"])])
        return Person(user["id"], user["username"], bool(user["is_active"]), roles, assigned)

    def projects(self) -> dict[str, Project]:
        """Return all projects that the service sees, by id."""
        rows = self._connection.query("select id, name, is_private, status from Project order by id")
        return {row["id"]: _project(row) for row in rows}

    def _roles(self, user_id: str) -> tuple[Role, ...]:
        rows = self._connection.query(
            "select is_all_open_projects, security_role.type, user_security_role_projects.project_id "  # noqa: S608
            f"from UserSecurityRole where user_id in ({quoted([user_id])})"
        )
        return tuple(
            Role(
                str(row["security_role"]["type"] or "").upper() if row["security_role"] else "",
                bool(row["is_all_open_projects"]),
                frozenset(each["project_id"] for each in row["user_security_role_projects"]),
            )
            for row in rows
        )

    def _assigned(self, resources: list[str]) -> frozenset[str]:
        rows = self._connection.query(
            "select context.link from Appointment "  # noqa: S608
            f'where type is "assignment" and resource_id in ({quoted(resources)}) order by id'
        )
        # The first of a link is the project: Context itself has no attribute for it.
        return frozenset(row["context"]["link"][0]["id"] for row in rows if row["context"])


def _project(row: Any) -> Project:
    status = str(row["status"] or "active").lower()
    return Project(row["id"], str(row["name"]), bool(row["is_private"]), status == "active")
