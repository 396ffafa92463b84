"""`find` and what else reads entities (accsyn fact sheet, section 4)."""

from __future__ import annotations

import re
from typing import Any, Optional

from ftrack_accsyn_sandbox.accsyn import access, deliveries, query, views
from ftrack_accsyn_sandbox.accsyn.call import Call, checked_id
from ftrack_accsyn_sandbox.accsyn.entities import (
    CLIENT_KINDS,
    CLIENT_SERVER,
    Acl,
    Client,
    Delivery,
    Entity,
    Job,
    Queue,
    Share,
    Site,
    Task,
    User,
)
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.jobs import FINISHED
from ftrack_accsyn_sandbox.accsyn.transfers import find_job

# Entity types as the client names them -> class; "share" means folder since 3.2, "job" still means transfer.
CLASSES: dict[str, type[Entity]] = {
    "user": User,
    "client": Client,
    **dict.fromkeys(CLIENT_KINDS, Client),
    "site": Site,
    "queue": Queue,
    "volume": Share,
    "folder": Share,
    "share": Share,
    "home": Share,
    "collection": Share,
    "acl": Acl,
    "delivery": Delivery,
    "transfer": Job,
    "job": Job,
}
# Types that exist at accsyn, of which this workspace has none.
EMPTY = ("request", "stream", "compute", "engine", "lane")

_JOB_ID = re.compile(r"""\bjob\.id\s*=\s*["']?([a-z0-9]{24})\b""", re.IGNORECASE)


def find(call: Call) -> list[dict[str, Any]]:
    """Answer `<type>/find`. An id in the envelope finds that entity in any state.

    Entities come oldest first; the order of the real answers is not known.
    """
    if call.kind in EMPTY:
        return []
    kind = _known_kind(call)
    access.check_find(call.workspace, call.user, kind)
    if call.id is not None:
        ident = checked_id(call.id)
        found = [entity for entity in _of_kind(call, kind) if entity.id == ident]
    else:
        found = [entity for entity in _of_kind(call, kind) if _in_scope(call, entity)]
    rows = [views.show(call.workspace, entity) for entity in found]
    return _narrow(call, rows, kind)


def find_tasks(call: Call) -> list[dict[str, Any]]:
    """Answer `task/find` for one job or delivery, in whatever state it is.

    Newest first: the order of the real answers is not known, so nothing may rely on that of creation.
    """
    in_query = _JOB_ID.search(call.query)
    job_id = call.options.get("parent") or call.id or (in_query.group(1) if in_query else None)
    if job_id is None:
        raise Refusal("Tasks are found beneath a job, please supply its id.")
    delivery = call.workspace.entities.get(checked_id(job_id))
    if not isinstance(delivery, Delivery) or not access.visible(call.workspace, call.user, delivery):
        delivery = None
    job = delivery or find_job(call, job_id)
    tasks: list[Task] = list(reversed(job.tasks))
    return _narrow(call, [views.show_task(call.workspace, job, task) for task in tasks], "task")


def entity_types(call: Call) -> list[str]:
    """Answer `entitytypes`."""
    return sorted([*CLASSES, "task", *EMPTY])


def attributes(call: Call) -> list[str]:
    """Answer `attributes` for one entity type, from an entity of that type; empty while there is none."""
    kind = call.text("entitytype").lower()
    if kind == "delivery" and (call.options.get("create") or call.options.get("update")):
        return sorted(deliveries.CREATE_KEYS if call.options.get("create") else deliveries.EDIT_KEYS)
    if kind == "task":
        jobs = [job for job in call.workspace.each(Job) if job.tasks]
        return sorted(views.show_task(call.workspace, jobs[0], jobs[0].tasks[0])) if jobs else []
    if kind not in CLASSES:
        raise Refusal(f"Unknown entity type: {kind}")
    shown = "folder" if kind == "share" else kind
    first = next((entity for entity in call.workspace.each(CLASSES[kind]) if _is_of_kind(entity, shown)), None)
    return sorted(views.show(call.workspace, first)) if first is not None else []


def assignments(call: Call) -> list[dict[str, Any]]:
    """Answer `volume/servers`: the servers that serve a volume, with the attributes of clients.

    "Needs rights" is all that is known of who may ask; here: who may find volumes.
    """
    access.check_find(call.workspace, call.user, "volume")
    volume = call.workspace.entities.get(call.entity_id)
    if not isinstance(volume, Share) or volume.type != "volume":
        raise Refusal(f"No volume found with id {call.id}.")
    serving = {site.id for site in call.workspace.live(Site) if volume.id in site.folders}
    servers = [c for c in call.workspace.live(Client) if c.type == CLIENT_SERVER and c.site_id in serving]
    return [views.show(call.workspace, server) for server in servers]


def logs(call: Call) -> list[dict[str, Any]]:
    """Answer `log/find` for a job: lines with date, level and message, oldest first unless reversed.

    They tell why its tasks failed, and what it waited for; accsyn's code stands at the end of the message. Which
    attributes the real rows have is not known.
    """
    if call.text("entitytype", "workspace") not in ("job", "transfer"):
        return []
    wanted = str(call.options.get("search") or "").lower()
    rows = [row for row in find_job(call, call.entity_id).log if wanted in row["message"].lower()]
    if call.options.get("sort_reverse"):
        rows.reverse()
    page = call.options.get("pagination") or {}
    if not isinstance(page, dict) or not all(isinstance(value, (int, type(None))) for value in page.values()):
        raise Refusal('"pagination" must be an object of numbers.')
    limit = page.get("limit") or len(rows)
    first = page.get("skip") or limit * max(0, (page.get("page") or 1) - 1)
    return rows[first : first + limit]


def _known_kind(call: Call) -> str:
    if call.kind not in CLASSES:
        raise Refusal(f"Unknown entity type: {call.kind}")
    # Clients before 3.1 ask for queues as jobs of type 2.
    if call.kind == "job" and isinstance(call.data, dict) and call.data.get("type") == 2:
        return "queue"
    return {"job": "transfer", "share": "folder"}.get(call.kind, call.kind)


def _of_kind(call: Call, kind: str) -> list[Entity]:
    found = [entity for entity in call.workspace.each(CLASSES[kind]) if _is_of_kind(entity, kind)]
    return [entity for entity in found if access.visible(call.workspace, call.user, entity)]


def _is_of_kind(entity: Entity, kind: str) -> bool:
    if isinstance(entity, Share):
        return entity.type == kind
    return kind not in CLIENT_KINDS or (isinstance(entity, Client) and entity.type == CLIENT_KINDS[kind])


def _in_scope(call: Call, entity: Entity) -> bool:
    """Return whether an entity is in the scope of a find without id.

    Jobs and deliveries: live ones; with *finished* only done and aborted ones; a single entity query also looks among
    those. Others: active ones; with *inactive* (in old clients *offline*) only deactivated ones. *archived*: only
    archived ones. The grants of a deactivated share, or user, are gone until it comes back.
    """
    options = call.options
    if entity.archived or options.get("archived"):
        return entity.archived and bool(options.get("archived"))
    if isinstance(entity, (Job, Delivery)):
        finished = entity.status in FINISHED
        if options.get("single_entity_query") and options.get("finished") is None:
            return True
        return finished is bool(options.get("finished"))
    if isinstance(entity, Acl):
        ends = (call.workspace.entities.get(ident) for ident in (entity.share_id, entity.user_id))
        if not all(end is None or end.active for end in ends):
            return False
    return entity.active is not bool(options.get("inactive") or options.get("offline"))


def _narrow(call: Call, rows: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Apply query, skip, limit and attributes."""
    if call.query:
        condition = query.parse(call.query)
        rows = [row for row in rows if condition(_lookup(call, row, kind))]
    skip, limit = _count(call, "skip"), _count(call, "limit")
    rows = rows[skip or 0 :]
    if limit:
        rows = rows[:limit]
    wanted = call.texts("attributes") if call.options.get("attributes") is not None else None
    return [views.select(row, wanted, kind) for row in rows]


def _lookup(call: Call, row: dict[str, Any], kind: str) -> query.Lookup:
    """Return the look-up for *row*; with *recursive*, a grant on a share is one on the shares above it, too."""
    own = views.lookup(call.workspace, row, kind)
    share = call.workspace.entities.get(row["target"].partition(":")[2]) if kind == "acl" else None
    if not isinstance(share, Share) or not call.options.get("recursive"):
        return own
    above = [form for each in _above(call, share) for form in (f"share:{each.id}", each.id)]
    return lambda attribute: [*own(attribute), *above] if attribute == "target" else own(attribute)


def _above(call: Call, share: Share) -> list[Share]:
    """Return the shares that hold *share*: its volume and, for a folder or home, the folders and homes it lies in."""
    others = [other for other in call.workspace.live(Share) if other.volume_id == share.volume_id]
    holding = [each for each in others if each.path and share.path.startswith(f"{each.path}/")]
    return [other for other in others if other.type == "volume" or other in holding]


def _count(call: Call, name: str) -> Optional[int]:
    value = call.options.get(name)
    if value is not None and (not isinstance(value, int) or value < 0):
        raise Refusal(f'"{name}" must be a number.')
    return value
