"""What the API shows of each entity, and what its references may be compared with."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any, Callable, Optional, Union

from ftrack_accsyn_sandbox.accsyn.entities import (
    NOT_FINISHED,
    Acl,
    Client,
    Delivery,
    Endpoint,
    Entity,
    Job,
    Party,
    Queue,
    Share,
    Site,
    Task,
    User,
)
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

# Shown, but not offered to queries: whether metadata can be queried is not known (accsyn fact sheet, section 6).
NOT_QUERYABLE = ("metadata",)
REFERENCES = ("user", "site", "parent", "source", "destination", "modifier", "entity", "target", "job")


def show(workspace: Workspace, entity: Entity) -> dict[str, Any]:
    """Return the attributes of *entity* as the API shows them."""
    common = {
        "id": entity.id,
        "code": entity.code,
        "name": entity.name,
        "description": entity.description,
        "status": entity.status,
        "created": entity.created,
        "creator": entity.creator,
        "modified": entity.modified,
        "modifier": entity.modifier,
        "metadata": entity.metadata,
    }
    row = {**common, **_SHOWS[type(entity)](workspace, entity)}
    return {**row, "status_hr": str(row["status"]).capitalize()}


def _user(workspace: Workspace, user: User) -> dict[str, Any]:
    logged_in = user.id in workspace.sessions.values() if user.signed_up else None
    queue = {"queue": user.queue_id, "queue_hr": _code(workspace, user.queue_id)}
    return {"role": user.role, "clearance": user.role, "logged_in": logged_in, **queue}


def _client(workspace: Workspace, client: Client) -> dict[str, Any]:
    return {
        "user": client.user_id,
        "user_hr": _code(workspace, client.user_id),
        "type": client.type,
        "site": client.site_id,
        "site_hr": _code(workspace, client.site_id),
        "os": client.os,
        "roles": client.roles,
        "last_checkin": client.last_checkin,
        "host_id": client.host_id,
        "version": client.version,
        "wan_ip": client.wan_ip,
        "parent": None,
    }


def _site(workspace: Workspace, site: Site) -> dict[str, Any]:
    return {"main": site.main, "accsyn": False}


def _queue(workspace: Workspace, queue: Queue) -> dict[str, Any]:
    """Return what only queues have; none lies in another here."""
    return {"priority": queue.priority, "default": queue.default, "compute_default": False, "uri": workspace.code}


def _share(workspace: Workspace, share: Share) -> dict[str, Any]:
    row: dict[str, Any] = {"type": share.type, "default": share.default, "queue": share.queue_id, "email": share.email}
    if share.type == "volume":
        return {**row, **_volume(workspace, share)}
    return {**row, "path": share.path, "parent": share.parent_id, "parent_hr": _code(workspace, share.parent_id)}


def _volume(workspace: Workspace, volume: Share) -> dict[str, Any]:
    """Return the roots of a volume and, where the workspace tells it, its free space."""
    folder = workspace.main_site.folders.get(volume.id)
    row: dict[str, Any] = {"path": volume.root or str(folder or ""), "paths": dict(volume.paths)}
    if workspace.free_space_attribute is not None:
        on_disk = shutil.disk_usage(folder).free if folder is not None and folder.is_dir() else 0
        row[workspace.free_space_attribute] = on_disk if volume.free_bytes is None else volume.free_bytes
    return row


def _acl(workspace: Workspace, acl: Acl) -> dict[str, Any]:
    return {
        "entity": f"user:{acl.user_id}",
        "entity_hr": _code(workspace, acl.user_id),
        "target": f"share:{acl.share_id}",
        "target_hr": _code(workspace, acl.share_id),
        "path": acl.path,
        "read": acl.read,
        "write": acl.write,
        "acknowledged": acl.acknowledged,
        "role": getattr(workspace.entities.get(acl.user_id), "role", None),
        "token": "",
    }


def _job(workspace: Workspace, job: Job) -> dict[str, Any]:
    return {
        "status": job.status,
        **_totals(job),
        "source": _reference(workspace, job.source),
        "source_hr": _party_code(workspace, job.source),
        "destination": _reference(workspace, job.destination),
        "destination_hr": _party_code(workspace, job.destination),
        "user": job.user_id,
        "user_hr": _code(workspace, job.user_id),
        "parent": job.parent_id or job.queue_id,
        "parent_hr": _code(workspace, job.parent_id or job.queue_id),
        "uri": job.uri,
        "modifier": job.modifier_id,
        "finished": job.finished or NOT_FINISHED,
    }


def _delivery(workspace: Workspace, delivery: Delivery) -> dict[str, Any]:
    return {"public": False, "user": delivery.user_id, "user_hr": _code(workspace, delivery.user_id)}


def _totals(job: Job) -> dict[str, Any]:
    """Return size, progress, speed and time left over all tasks that are not excluded."""
    tasks = [task for task in job.tasks if task.status != "excluded"]
    size = sum(task.size for task in tasks) if tasks and all(task.size >= 0 for task in tasks) else -1
    known = sum(max(task.size, 0) for task in tasks)
    moved = sum(task.size if task.status == "done" else task.done_bytes for task in tasks)
    complete = all(task.status == "done" for task in tasks)
    progress = 100 if complete else min(99, int(100 * moved / known)) if known else 0
    speeds = [task.speed_mb_s for task in tasks if task.status == "executing"]
    speed = max(speeds, default=-1.0)
    etr_s = (known - moved) / (speed * 1_000_000) if speed > 0 else None
    return {"size": size, "progress": progress, "speed": round(speed, 3), "etr": _duration(etr_s)}


def show_task(workspace: Workspace, job: Union[Job, Delivery], task: Task) -> dict[str, Any]:
    """Return the attributes of a task as the API shows them; why it failed is in the job's log only."""
    progress = 100 if task.status == "done" else min(99, int(100 * task.done_bytes / max(task.size, 1)))
    return {
        "id": task.id,
        "uri": task.uri,
        "job": job.id,
        "status": task.status,
        "priority": task.priority,
        "size": task.size,
        "progress": progress,
        "speed": round(task.speed_mb_s, 3),
        "etr": _duration(task.etr_s),
        "time": task.time_ms,
        "created": task.created,
        "finished": task.finished,
        "metadata": task.metadata,
        "source": _show_endpoint(workspace, job, task.source, task.source_path),
        "destination": _show_endpoint(workspace, job, task.destination, task.destination_path),
    }


def _show_endpoint(
    workspace: Workspace, job: Union[Job, Delivery], endpoint: Endpoint, path_abs_final: str
) -> dict[str, Any]:
    """Return one end of a task; where a path lies on the machine of another user is told only once it was there."""
    holder = workspace.holder(endpoint.party)
    share = workspace.entities.get(endpoint.share_id or "")
    client = holder if isinstance(holder, Client) else None
    row: dict[str, Any] = {
        "client": client.id if client else None,
        "user": client.user_id if client else None,
        "site": holder.id if isinstance(holder, Site) else None,
        "s": endpoint.share_id,
        "v": share.volume_id if isinstance(share, Share) else None,
        "path": "null" if endpoint.null else endpoint.path or str(endpoint.absolute or ""),
    }
    path_abs = workspace.path(endpoint)
    if path_abs is not None and (client is None or client.user_id == job.user_id):
        row["path_abs"] = str(path_abs)
    return {**row, "path_abs_final": path_abs_final} if path_abs_final else row


_SHOWS: dict[type[Entity], Callable[[Workspace, Any], dict[str, Any]]] = {
    User: _user,
    Client: _client,
    Site: _site,
    Queue: _queue,
    Share: _share,
    Acl: _acl,
    Job: _job,
    Delivery: _delivery,
}


def lookup(workspace: Workspace, row: dict[str, Any], kind: str) -> Callable[[str], Sequence[Any]]:
    """Return the look-up of a query for the shown *row*: value of an attribute, and id, code or e-mail of a reference.

    It raises Refusal for attributes that the entity does not have.
    """

    def values(attribute: str) -> Sequence[Any]:
        name = attribute.split(".", 1)[1] if attribute.startswith(f"{kind}.") else attribute
        if name == "job.id" and kind == "task":
            name = "job"
        if name not in row or name in NOT_QUERYABLE:
            raise Refusal(f'Unknown attribute "{attribute}" of {kind}.')
        value = row[name]
        return [value, *_aliases(workspace, value)] if name in REFERENCES and value else [value]

    return values


def select(row: dict[str, Any], attributes: Optional[list[str]], kind: str) -> dict[str, Any]:
    """Return the wanted attributes of *row*, the id always among them. Raises Refusal for unknown ones."""
    if not attributes:
        return row
    unknown = [name for name in attributes if name not in row]
    if unknown:
        raise Refusal(f'Unknown attribute "{unknown[0]}" of {kind}.')
    return {name: row[name] for name in ("id", *attributes)}


def _aliases(workspace: Workspace, value: str) -> list[str]:
    kind, colon, ident = value.partition(":")
    if not colon:
        kind, ident = "", value
    if kind == "workspace":
        return [workspace.id, workspace.code, workspace.main_site.code]
    entity = workspace.entities.get(ident)
    if entity is None:
        return []
    return [entity.id, entity.code, *([f"{kind}:{entity.code}"] if kind else [])]


def _reference(workspace: Workspace, party: Party) -> str:
    """Return how a job names its party: a client appears as its user."""
    if party.kind != "client":
        return f"{party.kind}:{party.id}"
    client = workspace.entities.get(party.id)
    return f"user:{client.user_id}" if isinstance(client, Client) else f"client:{party.id}"


def _party_code(workspace: Workspace, party: Party) -> str:
    if party.kind == "workspace":
        return workspace.code
    return _code(workspace, _reference(workspace, party).split(":")[1]) or ""


def _code(workspace: Workspace, ident: Optional[str]) -> Optional[str]:
    entity = workspace.entities.get(ident or "")
    return entity.code if entity is not None else None


def _duration(seconds: Optional[float]) -> str:
    if seconds is None:
        return ""
    minutes, left = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}"
