"""Actions on who may see what: the roles of users, and the projects that a role opens to them.

Users' roles are not written as other entities are (ftrack workflow facts, section 4). What is answered beside the
success is not known, nor who may do it; here everybody may.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from . import errors
from .access import View
from .store import Store
from .table import Row

#: By the types that only actions write: what to use instead.
INSTEAD = {"UserSecurityRole": "add_user_security_role", "UserSecurityRoleProject": "grant_user_security_role_project"}


class Roles:
    """Answers the actions; what is there already, or is not there any more, may be asked for again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        acts: dict[str, Callable[[dict[str, Any]], None]] = {
            "add_user_security_role": self._add,
            "remove_user_security_role": self._remove,
            "update_user_security_role": self._update,
            "grant_user_security_role_project": self._grant,
            "revoke_user_security_role_project": self._revoke,
        }
        self.actions: Mapping[str, Callable[[dict[str, Any], View], Any]] = {
            name: self._answer(name, act) for name, act in acts.items()
        }

    @staticmethod
    def _answer(name: str, act: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any], View], Any]:
        def answer(operation: dict[str, Any], view: View) -> dict[str, Any]:
            act(operation)
            return {"action": name, "data": True}

        return answer

    def _add(self, operation: dict[str, Any]) -> None:
        user, role = self._named(operation, "User", "user_id"), self._named(operation, "SecurityRole", "role_id")
        if self._held(user, role) is None:
            data = {"user_id": user.key[0], "security_role_id": role.key[0]}
            self._store.insert(self._store.schema["UserSecurityRole"], data)

    def _remove(self, operation: dict[str, Any]) -> None:
        self._store.remove(self._holding(operation))

    def _update(self, operation: dict[str, Any]) -> None:
        new_role = self._named(operation, "SecurityRole", "new_role_id")
        self._store.change(self._holding(operation), {"security_role_id": new_role.key[0]})

    def _grant(self, operation: dict[str, Any]) -> None:
        held, project = self._holding(operation), self._named(operation, "Project", "project_id")
        if not self._grants(held, project):
            data = {"user_security_role_id": held.key[0], "project_id": project.key[0]}
            self._store.insert(self._store.schema["UserSecurityRoleProject"], data)

    def _revoke(self, operation: dict[str, Any]) -> None:
        held, project = self._holding(operation), self._named(operation, "Project", "project_id")
        grants = self._grants(held, project)
        if not grants:
            raise errors.not_found("UserSecurityRoleProject", project.key[0])
        for grant in grants:
            self._store.remove(grant)

    def _named(self, operation: dict[str, Any], entity_type: str, name: str) -> Row:
        return self._store.existing(self._store.schema[entity_type], [operation.get(name)])

    def _holding(self, operation: dict[str, Any]) -> Row:
        user, role = self._named(operation, "User", "user_id"), self._named(operation, "SecurityRole", "role_id")
        held = self._held(user, role)
        if held is None:
            raise errors.not_found("UserSecurityRole", [user.key[0], role.key[0]])
        return held

    def _held(self, user: Row, role: Row) -> Row | None:
        rows = self._store.select("UserSecurityRole", "user_id", user.key[0])
        return next((row for row in rows if row.values["security_role_id"] == role.key[0]), None)

    def _grants(self, held: Row, project: Row) -> list[Row]:
        rows = self._store.select("UserSecurityRoleProject", "user_security_role_id", held.key[0])
        return [row for row in rows if row.values["project_id"] == project.key[0]]
