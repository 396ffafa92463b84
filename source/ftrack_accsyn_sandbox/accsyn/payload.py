"""What a hook is told of a job (accsyn workflow facts, section 6); the documents name the keys and show no example."""

from __future__ import annotations

from typing import Any

from ftrack_accsyn_sandbox.accsyn import views
from ftrack_accsyn_sandbox.accsyn.entities import Client, Entity, Job, Party, Share, Task, User
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

VERSION = "3.6-5"
# What stands for a path on the machine of a user.
OBSCURED = "..."


def of_job(workspace: Workspace, job: Job) -> dict[str, Any]:
    """Return the payload of a hook of *job*, all its tasks in it; the caller holds the workspace's lock."""
    row = views.show(workspace, job)
    queue = workspace.queue_of(job)
    return {
        "version": VERSION,
        **{key: row[key] for key in ("id", "code", "name", "created", "size", "user", "user_hr")},
        "status": workspace.hooks.status,
        **_party(workspace, "source", job.source),
        **_party(workspace, "destination", job.destination),
        "queue": job.parent_id or queue.id,
        "queue_hr": row["parent_hr"],
        "engine": None,
        "engine_hr": None,
        "metadata": _metadata(workspace, job, queue),
        "clients": _clients(workspace, job),
        "tasks": {task.uri: _task(workspace, job, task) for task in job.tasks},
    }


def _party(workspace: Workspace, name: str, party: Party) -> dict[str, str]:
    kind, ident = party.kind, party.id
    machine = workspace.entities.get(ident)
    if isinstance(machine, Client):
        kind, ident = "user", machine.user_id
    entity = workspace.entities.get(ident)
    code = workspace.code if kind == "workspace" else entity.code if entity is not None else ""
    role = f"[{entity.role}]" if isinstance(entity, User) else ""
    return {name: f"{kind}:{ident}", f"{name}_hr": f"{kind}:{code}{role}({ident})"}


def _metadata(workspace: Workspace, job: Job, queue: Entity) -> dict[str, Any]:
    shares = {end.share_id for task in job.tasks for end in (task.source, task.destination) if end.share_id}
    internal = dict(queue.metadata)
    for share_id in sorted(shares):
        internal.update(workspace.entities[share_id].metadata)
    if workspace.hooks.metadata_in_parts:
        return {"internal": internal, "external": job.metadata}
    return {**internal, **job.metadata}


def _clients(workspace: Workspace, job: Job) -> Any:
    rows = []
    for party in (job.source, job.destination):
        machine = workspace.entities.get(party.machine_id or "")
        if isinstance(machine, Client):
            role = "server" if party.kind in ("workspace", "site") else "client"
            rows.append({"role": role, "id": machine.id, "code": machine.code, "metadata": machine.metadata})
    return {row["role"]: row for row in rows} if workspace.hooks.clients_by_role else rows


def _task(workspace: Workspace, job: Job, task: Task) -> dict[str, Any]:
    shown = views.show_task(workspace, job, task)
    keys = ("id", "uri", "status", "priority", "size", "created", "finished", "metadata")
    ends = {name: _end(workspace, shown[name]) for name in ("source", "destination")}
    return {**{key: shown[key] for key in keys}, **ends}


def _end(workspace: Workspace, end: dict[str, Any]) -> dict[str, Any]:
    """Return one end of a task without what is not told: paths on a user's machine."""
    if end["client"] is not None:
        return {**{key: end[key] for key in ("client", "user")}, "path": OBSCURED}
    told = {key: value for key, value in end.items() if key not in ("client", "user")}
    if not workspace.hooks.final_paths:
        told.pop("path_abs_final", None)
    share = workspace.entities.get(end["s"] or "")
    return {**told, "s_hr": share.code if isinstance(share, Share) else None}
