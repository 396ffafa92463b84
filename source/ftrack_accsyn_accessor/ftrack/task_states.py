"""How tasks stand: whether they are over, and who they are assigned to, by name or as a member of a group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted_batches
from ftrack_accsyn_accessor.model.closing import TaskState
from ftrack_accsyn_accessor.model.vendors import lowered

#: What ftrack calls the state of statuses with which nothing more is to be done.
_DONE = "done"


def task_states(connection: FtrackConnection, task_ids: Iterable[str]) -> dict[str, TaskState]:
    """Return how tasks stand, by their ids; those that ftrack does not have, or does not show, are left out.

    Five queries for each 500 tasks; may raise `errors.RegistrationError`.
    """
    found: dict[str, TaskState] = {}
    for batch in quoted_batches(sorted(set(task_ids))):
        rows = connection.query(
            "select id, name, parent.name, project.name, status.name, status.state.name "  # noqa: S608
            f"from Task where id in ({batch}) order by id"
        )
        who = _assigned(connection, batch)
        versions = _published(connection, batch)
        for row in rows:
            status = row["status"]
            state = str((status["state"] or {}).get("name") or "") if status else ""
            found[row["id"]] = TaskState(
                name=f"{row['parent']['name']} {row['name']}",
                project=str(row["project"]["name"]),
                status=str(status["name"]) if status else "",
                done=state.lower() == _DONE,
                assigned=frozenset(who[row["id"]]),
                published_at=versions.get(row["id"], ""),
            )
    return found


def _assigned(connection: FtrackConnection, batch: str) -> dict[str, set[str]]:
    """Return the e-mail addresses of those to whom tasks are assigned, by the tasks' ids."""
    rows = connection.query(
        "select id, context_id, resource_id from Appointment "  # noqa: S608
        f'where type is "assignment" and context_id in ({batch}) order by id'
    )
    tasks = defaultdict(set)
    for row in rows:
        tasks[row["resource_id"]].add(row["context_id"])
    who: dict[str, set[str]] = defaultdict(set)
    for resources in quoted_batches(tasks):
        users = connection.query(f"select id, email from User where id in ({resources}) order by id")  # noqa: S608
        members = connection.query(
            f"select id, group_id, user.email from Membership where group_id in ({resources}) order by id"  # noqa: S608
        )
        named = [(row["id"], row["email"]) for row in users]
        named += [(row["group_id"], row["user"]["email"]) for row in members]
        for resource_id, email in named:
            for task_id in tasks[resource_id]:
                who[task_id].add(lowered(str(email or "")))
    return who


def _published(connection: FtrackConnection, batch: str) -> dict[str, str]:
    """Return when the latest version of tasks was made (ISO 8601, UTC), by the tasks' ids."""
    rows = connection.query(f"select id, task_id, date from AssetVersion where task_id in ({batch}) order by id")  # noqa: S608
    latest: dict[str, str] = {}
    for row in rows:
        made = row["date"].to("utc").format("YYYY-MM-DDTHH:mm:ss") + "Z" if row["date"] else ""
        latest[row["task_id"]] = max(made, latest.get(row["task_id"], ""))
    return latest
