"""Roles and grants: who may do what (accsyn fact sheet, section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, Optional

from ftrack_accsyn_sandbox.accsyn.entities import (
    CLIENT_SERVER,
    Acl,
    Client,
    Delivery,
    Endpoint,
    Entity,
    Job,
    Queue,
    Share,
    Site,
    Task,
    Ticks,
    User,
)
from ftrack_accsyn_sandbox.accsyn.errors import Denied

if TYPE_CHECKING:
    from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

# The version from which on others reach a volume that is mapped by environment.
_PUSHED_BY_ENVIRONMENT = (3, 6, 5)


def visible(workspace: Workspace, user: User, entity: Entity) -> bool:
    """Return whether *user* sees *entity* in the answer of a find.

    Which clients an employee sees is not documented beyond servers; `Workspace.employee_clients` decides.
    """
    if user.role == "admin":
        return True
    if isinstance(entity, User):
        return user.role == "employee" or entity.id == user.id
    if isinstance(entity, Client):
        shown = entity.type == CLIENT_SERVER or workspace.employee_clients
        return entity.user_id == user.id or (user.role == "employee" and shown)
    if isinstance(entity, Share):
        return _sees_share(workspace, user, entity)
    if isinstance(entity, Job):
        return user.role == "employee" or takes_part(workspace, user, entity)
    if isinstance(entity, Delivery):
        return user.id in entity.recipients or _may_deliver(workspace, user, entity)
    if isinstance(entity, Acl):
        return entity.user_id == user.id or (user.role == "employee" and _sees_grants(workspace, user, entity))
    return user.role == "employee" and isinstance(entity, (Queue, Site))


def check_find(workspace: Workspace, user: User, kind: str) -> None:
    """Raise Denied when a find of entities of *kind* is refused as a whole.

    Whether employees may read volumes is not settled; `Workspace.employee_volumes` decides.
    """
    if user.role == "admin":
        return
    refused = user.role == "standard" or workspace.employee_volumes == "refused"
    if kind == "volume" and refused:
        raise Denied("You are not allowed to read volumes.")
    if user.role == "standard" and kind in ("queue", "site"):
        raise Denied(f"You are not allowed to read {kind}s.")


def takes_part(workspace: Workspace, user: User, job: Job) -> bool:
    """Return whether *job* is the user's, or one to or from a machine of the user."""
    ends = (workspace.entities.get(party.machine_id or "") for party in (job.source, job.destination))
    return job.user_id == user.id or any(isinstance(end, Client) and _is_own(end, user) for end in ends)


def _is_own(client: Client, user: User) -> bool:
    return client.user_id == user.id and client.type != CLIENT_SERVER


def check_edit(workspace: Workspace, user: User, entity: Entity) -> None:
    """Raise Denied unless *user* may change or delete *entity*."""
    if user.role == "admin" or entity is user:
        return
    if isinstance(entity, Job) and (user.role == "employee" or takes_part(workspace, user, entity)):
        return
    if isinstance(entity, Client) and _is_own(entity, user):
        return
    shared = isinstance(entity, Share) and entity.type in ("folder", "collection")
    if shared and user.role == "employee" and visible(workspace, user, entity):
        return
    if isinstance(entity, User) and user.role == "employee" and entity.role == "standard":
        return
    raise Denied(f"You are not allowed to change the {entity.kind or 'share'}.")


def check_create(user: User, kind: str) -> None:
    """Raise Denied unless *user* may create an entity of *kind* (jobs are checked by their endpoints)."""
    if user.role == "admin" or (user.role == "employee" and kind in ("folder", "collection", "acl", "user")):
        return
    raise Denied(f"You are not allowed to create a {kind}.")


def check_admin(user: User, what: str) -> None:
    """Raise Denied unless *user* is an administrator."""
    if user.role != "admin":
        raise Denied(f"You are not allowed to {what}.")


def check_share(workspace: Workspace, user: User, share: Share, path: str, *, write: bool) -> None:
    """Raise Denied unless *user* may read, or write, *path* of *share*; administrators may.

    An employee needs grants, too, of volumes (accsyn workflow facts, section 1).
    """
    if user.role == "admin":
        return
    if not any(_covers(acl, share, path, write) for acl in workspace.each(Acl) if acl.user_id == user.id):
        raise Denied(f"You have no {'write' if write else 'read'} access to {share.code}.")


def may_read(workspace: Workspace, user: User, share: Share, path: str) -> bool:
    """Return whether *user* may read *path* of *share*."""
    own = [acl for acl in workspace.each(Acl) if acl.user_id == user.id]
    return user.role == "admin" or any(_covers(acl, share, path, False) for acl in own)


def leads_to_grant(workspace: Workspace, user: User, share: Share, path: str) -> bool:
    """Return whether *user* may read something below *path* of *share*."""
    for acl in workspace.each(Acl):
        place = _place(acl, share, path) if acl.user_id == user.id and acl.read else None
        if place is not None and place.root and (not place.path or place.root.startswith(f"{place.path}/")):
            return True
    return False


def check_again(workspace: Workspace, user: User, job: Job, tasks: Iterable[Task]) -> None:
    """Raise Denied unless *user* may still have *tasks* of *job* run: grants may have gone since they were made.

    Those of a delivery and of a publish never needed any. What accsyn looks at then is not known.
    """
    if job.published is not None or isinstance(workspace.entities.get(job.parent_id), Delivery):
        return
    for task in tasks:
        for end, write in ((task.source, False), (task.destination, True)):
            share = workspace.entities.get(end.share_id or "")
            collected = not write and _collected(workspace, user, end)
            if end.party.kind in ("workspace", "site") and isinstance(share, Share) and not collected:
                check_share(workspace, user, share, end.path, write=write)


def _collected(workspace: Workspace, user: User, end: Endpoint) -> bool:
    """Return whether *user* reads the place of *end* by a collection."""
    for share in workspace.each(Share):
        places = [entry.path for entry in share.files.values() if entry.share_id == end.share_id]
        inside = any(end.path == path or end.path.startswith(f"{path}/") for path in places)
        if inside and may_read(workspace, user, share, ""):
            return True
    return False


def check_site_transfer(workspace: Workspace, user: User, share: Share) -> None:
    """Raise Denied unless *user* may transfer to and from sites: an admin, or an employee with full volume access."""
    if user.role == "admin":
        return
    grants = [acl for acl in workspace.each(Acl) if acl.user_id == user.id and acl.share_id == share.volume_id]
    full = any(acl.read and acl.write and acl.path in ("", "/") for acl in grants)
    if user.role != "employee" or not full:
        raise Denied("Site transfers need full access to the volume.")


def check_delivery(workspace: Workspace, user: User, delivery: Delivery) -> None:
    """Raise Denied unless *user* may change *delivery*: an administrator, or an employee with access to its volume."""
    if not _may_deliver(workspace, user, delivery):
        raise Denied("You are not allowed to use the delivery.")


def _may_deliver(workspace: Workspace, user: User, delivery: Delivery) -> bool:
    own = [acl for acl in workspace.each(Acl) if (acl.user_id, acl.share_id) == (user.id, delivery.volume_id)]
    return user.role == "admin" or (user.role == "employee" and any(acl.read for acl in own))


def check_site(site: Site, *, write: bool) -> None:
    """Raise Denied when the permissions of *site* forbid to write to, or read from, it, whoever asks."""
    if site.no_writing if write else site.no_reading:
        raise Denied(f"The site {site.code} does not permit {'writing to' if write else 'reading from'} it.")


def check_mapped(client: Client, share: Share, *, write: bool) -> None:
    """Raise Denied unless the user of *client* has mapped *share* there and lets others read from, or write to, it.

    A mapping by environment serves others only from version 3.6-5 on. The wording of the real refusal is not known.
    """
    ticks = client.ticks.get(share.id, Ticks())
    outdated = ticks.by_environment and _numbers(client.version) < _PUSHED_BY_ENVIRONMENT
    if share.id not in client.folders or outdated:
        raise Denied(f"The share {share.code} is not mapped on the client {client.code} of the other user.")
    if not (ticks.write if write else ticks.read):
        raise Denied(f"The other user does not let others {'write to' if write else 'read'} {share.code}.")


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version like "3.6-5_3"."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _sees_grants(workspace: Workspace, user: User, acl: Acl) -> bool:
    """Return whether an employee sees a grant of another user: assumed of who may give such ones, and take them."""
    share = workspace.entities.get(acl.share_id)
    return isinstance(share, Share) and may_read(workspace, user, share, acl.path)


def _sees_share(workspace: Workspace, user: User, share: Share) -> bool:
    """Employees see what lies below volumes granted to them, but no homes of administrators and other employees."""
    granted = {acl.share_id for acl in workspace.each(Acl) if acl.user_id == user.id}
    if share.type == "volume":
        return share.id in granted and workspace.employee_volumes == "granted"
    if user.role == "standard" or share.id in granted:
        return share.id in granted
    owner = workspace.entities.get(share.user_id)
    private = isinstance(owner, User) and owner.role != "standard" and owner is not user
    return share.volume_id in granted and not private


def _covers(acl: Acl, share: Share, path: str, write: bool) -> bool:
    """Return whether a grant on *share*, or on the volume above it, reaches *path*."""
    place = _place(acl, share, path) if (acl.write if write else acl.read) else None
    return place is not None and (not place.root or place.path == place.root or place.path.startswith(f"{place.root}/"))


class _Place(NamedTuple):
    """What a grant is on, and what is looked at, both as paths in the share of the grant."""

    root: str
    path: str


def _place(acl: Acl, share: Share, path: str) -> Optional[_Place]:
    """Return what *path* of *share* is to a grant on it, or on the volume above it; None for a grant elsewhere."""
    inside = path.strip("/")
    if acl.share_id != share.id:
        if acl.share_id != share.parent_id:
            return None
        inside = f"{share.path}/{inside}".strip("/")
    return _Place(acl.path.strip("/"), inside)
