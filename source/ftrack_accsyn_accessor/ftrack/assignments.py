"""Which tasks are assigned to people who have a location of their e-mail address, or who are of a group."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted, quoted_batches

logger = logging.getLogger(__name__)


class Assignment(NamedTuple):
    """A task that is assigned to a user, by name or as a member of a group.

    `location_id` is the location of the user's e-mail address, empty where none was asked for, `parent_id` what the
    task is of; that is empty where it is the project itself.
    """

    appointment_id: str
    user_id: str
    username: str
    location_id: str
    task_id: str
    parent_id: str = ""
    email: str = ""

    @property
    def key(self) -> str:
        """What tells it from every other one; assigning a task anew is another one."""
        return f"{self.appointment_id} {self.user_id}"


def assignments(connection: FtrackConnection) -> list[Assignment]:
    """Return the assignments of this moment, without what their tasks are of.

    Four queries, and one more for each 500 people; may raise `errors.RegistrationError`.
    """
    locations = connection.query("select id, name from Location order by id")
    by_email = {row["name"].lower(): row["id"] for row in locations if "@" in row["name"]}
    users = connection.query("select id, username, email from User where is_active is True order by id")
    people = {row["id"]: row for row in users if str(row["email"] or "").lower() in by_email}
    who = defaultdict(list)
    for batch in quoted_batches(people):
        members = connection.query(
            f"select group_id, user_id from Membership where user_id in ({batch}) order by id"  # noqa: S608
        )
        for row in members:
            who[row["group_id"]].append(row["user_id"])
    who.update({user_id: [user_id] for user_id in people})
    found = _assigned(connection, {each: [people[user_id] for user_id in users] for each, users in who.items()})
    return [each._replace(location_id=by_email[each.email.lower()]) for each in found]


def members(connection: FtrackConnection, group: str) -> list[Any]:
    """Return the users (`id`, `username`, `email`) of the groups with this name who are active, each once.

    Two queries, and one more for each 500 users; may raise `errors.RegistrationError`.
    """
    rows = connection.query(
        f"select id, user_id from Membership where group.name is {quoted([group])} order by id"  # noqa: S608
    )
    found = []
    for batch in quoted_batches(sorted({row["user_id"] for row in rows})):
        found += connection.query(
            f"select id, username, email from User where is_active is True and id in ({batch}) order by id"  # noqa: S608
        )
    return found


def of_members(connection: FtrackConnection, group: str) -> list[Assignment]:
    """Return what is assigned to members of the groups with this name, by their own names.

    What is assigned to a group is left out: it would be everybody's in it. As `members`, and one query more for each
    500 of them.
    """
    found = members(connection, group)
    if not found:
        announce.once(logger, logging.WARNING, f"No active user of ftrack is a member of a group called {group}.")
    return _assigned(connection, {row["id"]: [row] for row in found})


def _assigned(connection: FtrackConnection, who: Mapping[str, Iterable[Any]]) -> list[Assignment]:
    """Return what is assigned to the users and groups that *who* names, for the users whom each stands for."""
    found = {}
    for batch in quoted_batches(who):
        rows = connection.query(
            "select id, context_id, resource_id from Appointment "  # noqa: S608
            f'where type is "assignment" and resource_id in ({batch}) order by id'
        )
        for row in rows:
            for user in who[row["resource_id"]]:
                each = Assignment(
                    row["id"], user["id"], user["username"], "", row["context_id"], email=str(user["email"] or "")
                )
                found[each.key] = each
    return list(found.values())


def with_parents(connection: FtrackConnection, found: list[Assignment]) -> list[Assignment]:
    """Return those of *found* whose tasks are there, with what these are of. Two queries for each 500 tasks."""
    parents: dict[str, str] = {}
    for batch in quoted_batches(dict.fromkeys(each.task_id for each in found)):
        rows = connection.query(f"select id, parent_id from TypedContext where id in ({batch}) order by id")  # noqa: S608
        parents.update({row["id"]: row["parent_id"] for row in rows})
    contexts: set[str] = set()
    for batch in quoted_batches(dict.fromkeys(filter(None, parents.values()))):
        rows = connection.query(f"select id from TypedContext where id in ({batch}) order by id")  # noqa: S608
        contexts.update(row["id"] for row in rows)
    return [
        each._replace(parent_id=parents[each.task_id] if parents[each.task_id] in contexts else "")
        for each in found
        if each.task_id in parents
    ]
