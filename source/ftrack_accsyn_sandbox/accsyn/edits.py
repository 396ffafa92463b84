"""Calls that create, change, deactivate and delete everything but jobs, tasks and files."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Optional

from ftrack_accsyn_sandbox.accsyn import access, collected, leaving, people, shares, views
from ftrack_accsyn_sandbox.accsyn.call import Call, check_keys, check_metadata, check_texts
from ftrack_accsyn_sandbox.accsyn.entities import (
    ROLES,
    Acl,
    Client,
    Delivery,
    Entity,
    Mail,
    Queue,
    Share,
    Site,
    User,
    now,
)
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.find import CLASSES

_VOLUME_KEYS = ("give_all_volumes_access", "give_default_volume_access", "volumes")
_COMMON_KEYS = ("description", "settings", "metadata")
# What has no place in the code of a queue; what accsyn puts there when it makes one of a name is not known.
_UNFIT = re.compile(r"[^a-z0-9._-]+")
# Type -> attributes that may be changed, and the statuses that may be set.
_EDITABLE: dict[type[Entity], tuple[tuple[str, ...], tuple[str, ...]]] = {
    User: (("name", "role", "status", "queue"), ("enabled", "disabled")),
    Client: (("status",), ("online", "enabled", "disabled")),
    Share: (("name", "code", "status", "queue", "email"), ("enabled", "disabled")),
    Site: (("status",), ("enabled", "disabled")),
    Queue: (("name", "priority", "status"), ("waiting", "enabled", "paused")),
}


def create(call: Call) -> list[Any]:
    """Create a user, share, queue or grant. Clients, sites and volumes are not created by the API."""
    kind = "queue" if call.kind == "job" else call.kind
    makers: dict[str, Callable[[Call], Entity]] = {
        "user": _new_user,
        "folder": shares.new_folder,
        "share": shares.new_folder,
        "home": shares.new_home,
        "collection": collected.new_collection,
        "queue": _new_queue,
    }
    if kind not in (*makers, "acl"):
        raise Refusal(f"A {kind} cannot be created.")
    access.check_create(call.user, "folder" if kind == "share" else kind)
    if kind == "acl":
        return _grant(call)
    settings, metadata = check_texts(call.options.get("settings", {})), check_metadata(call.options.get("metadata", {}))
    entity = makers[kind](call)
    entity.settings, entity.metadata = settings, metadata
    entity.creator, entity.description = call.user.code, str(call.options.get("description", ""))
    call.workspace.add(entity)
    return [views.show(call.workspace, entity)]


def edit(call: Call) -> list[dict[str, Any]]:
    """Change an entity."""
    entity = _existing(call)
    access.check_edit(call.workspace, call.user, entity)
    data = call.options
    keys, statuses = _EDITABLE.get(type(entity), ((), ()))
    check_keys(data, (*keys, "description", "metadata"), call.kind)
    if "status" in data and data["status"] not in statuses:
        raise Refusal(f"Status cannot be set to {data['status']}.")
    if "priority" in data:
        _check_priority(data["priority"])
    if data.get("role", "standard") not in ROLES:
        raise Refusal(f"Unknown role: {data['role']}")
    if "name" in data:
        call.text("name")
    metadata = check_metadata(data.get("metadata", entity.metadata))
    if isinstance(entity, Share):
        shares.change(call, entity)
    if isinstance(entity, User) and "queue" in data:
        entity.queue_id = shares.queue_id(call)
    if isinstance(entity, User) and data.get("role", getattr(entity, "role", "")) != entity.role:
        access.check_admin(call.user, "change a role")
        call.workspace.change_role(entity.code, data["role"])
    for key in ("name", "description", "status", "priority"):
        if key in data:
            setattr(entity, key, _stored_status(entity, data[key]) if key == "status" else data[key])
    entity.metadata, entity.modified, entity.modifier = metadata, now(), call.user.code
    call.workspace.changed.notify_all()
    return [views.show(call.workspace, entity)]


def set_active(call: Call, *, active: bool) -> bool:
    """Deactivate an entity, or bring it back; unique ones also by code."""
    entity = _existing(call)
    access.check_edit(call.workspace, call.user, entity)
    if not active:
        leaving.check_deactivation(call.workspace, entity)
    if isinstance(entity, User):
        people.set_active(call.workspace, entity, active=active)
    entity.active = active
    call.workspace.changed.notify_all()
    return True


def delete(call: Call) -> bool:
    """Archive an entity; an access grant is really removed."""
    entity = _existing(call)
    if isinstance(entity, Acl):
        access.check_create(call.user, "acl")
        if not access.visible(call.workspace, call.user, entity):
            raise Refusal(f"No acl found with id {call.id}.")
        del call.workspace.entities[entity.id]
    else:
        if isinstance(entity, Delivery):
            access.check_delivery(call.workspace, call.user, entity)
        else:
            access.check_edit(call.workspace, call.user, entity)
        leaving.take_leave(call.workspace, entity, force=call.options.get("force") is True)
        entity.archived = True
    call.workspace.changed.notify_all()
    return True


def _new_user(call: Call) -> User:
    check_keys(
        call.options,
        (*_COMMON_KEYS, *_VOLUME_KEYS, "code", "name", "role", "message", "mail", "create_home_share", "queue"),
        "user",
    )
    email, role = call.text("code"), call.text("role", "standard")
    if "@" not in email or role not in ROLES:
        raise Refusal(f"Invalid user: {email}, role {role}")
    if role != "standard":
        access.check_admin(call.user, f"invite a user with the role {role}")
    _check_unused(call, User, email)
    volumes, queue_id = _volumes_to_give(call, role), shares.queue_id(call)
    user = people.invited(
        call.workspace,
        email,
        name=str(call.options.get("name") or email),
        role=role,
        message=str(call.options.get("message") or ""),
        mail=call.options.get("mail", True) is not False,
    )
    user.queue_id = queue_id
    for volume in volumes:
        call.workspace.grant(user, volume).creator = call.user.code
    if call.options.get("create_home_share", call.workspace.auto_homes) is True:
        shares.give_home(call.workspace, user)
    return user


def _volumes_to_give(call: Call, role: str) -> list[Share]:
    """Return the volumes that a new user may read and write from the start. Raises Refusal.

    Standard users have no volumes; what accsyn says when they shall get one is not known.
    """
    data, volumes = call.options, [share for share in call.workspace.live(Share) if share.type == "volume"]
    named = call.texts("volumes")
    unknown = [ident for ident in named if ident not in [volume.id for volume in volumes]]
    if unknown:
        raise Refusal(f"Unknown volume: {unknown[0]}")
    to_all = data.get("give_all_volumes_access") is True
    to_default = data.get("give_default_volume_access") is True
    given = [each for each in volumes if to_all or (to_default and each.default) or each.id in named]
    if given and role == "standard":
        raise Refusal("Standard users cannot be given access to volumes.")
    return given


def _new_queue(call: Call) -> Queue:
    check_keys(call.options, (*_COMMON_KEYS, "code", "name", "priority", "type"), "queue")
    name = call.text("name", call.options.get("code"))
    code = call.text("code", _UNFIT.sub("-", name.lower()))
    _check_unused(call, Queue, code)
    return Queue(code, name, priority=_check_priority(call.options.get("priority", 500)))


def _grant(call: Call) -> list[Any]:
    """Grant access, again and again the same one; a user who is not known yet is invited unless told not to."""
    data = call.options
    email = call.text("entity").partition(":")[2]
    share = call.workspace.get(Share, call.text("target").partition(":")[2])
    if share is None:
        raise Refusal(f"Unknown share: {data['target']}")
    path, read, write = call.text("path", "/"), bool(data.get("read")), bool(data.get("write"))
    access.check_share(call.workspace, call.user, share, path, write=False)
    if not (read or write):
        raise Refusal("A grant must let its user read or write.")
    user = people.known(call.workspace, email)
    if user is None:
        if "@" not in email or data.get("invite") is False:
            raise Refusal(f"Unknown user: {email}")
        user = people.invited(call.workspace, email)
    call.workspace.reached(user.id, share.id)
    existing = [acl for acl in call.workspace.each(Acl) if (acl.user_id, acl.share_id) == (user.id, share.id)]
    acl = next((acl for acl in existing if acl.path == path or call.workspace.one_grant_per_share), None)
    if acl is None:
        acl = call.workspace.add(Acl("", user_id=user.id, share_id=share.id, path=path, creator=call.user.code))
    if data.get("notify"):
        call.workspace.mails.append(Mail(user.code, "grant", str(data.get("message") or ""), share.code))
    moved, acl.path, acl.read, acl.write = acl.path != path, path, read, write
    return [True if moved else views.show(call.workspace, acl)]


def _check_unused(call: Call, kind: type[Entity], code: str) -> None:
    if call.workspace.get(kind, code) is not None:
        raise Refusal(f"There is a {call.kind} with the code {code} already.")


def _check_priority(priority: Any) -> int:
    if not isinstance(priority, int) or isinstance(priority, bool) or not 0 <= priority <= 1000:
        raise Refusal("Priority must be a number from 0 to 1000.")
    return priority


def _stored_status(entity: Entity, status: str) -> str:
    """Return the status under which a written one is shown. Raises Refusal for a machine that is not disabled, or is.

    A machine is online by itself: what is written only disables it, or takes that back.
    """
    if not isinstance(entity, Client):
        return "waiting" if isinstance(entity, Queue) and status == "enabled" else status
    now_on = {"disabled": "online", "disabled-offline": "offline"}
    if status == "disabled":
        return next((off for off, on in now_on.items() if entity.status == on), entity.status)
    if entity.status not in ("online", *now_on):
        raise Refusal(f"The client {entity.code} is not disabled, but {entity.status}.")
    return now_on.get(entity.status, "online")


def _existing(call: Call) -> Entity:
    """Return the entity that the call means, by id, by code where the client sends one. Raises Refusal."""
    kind: Optional[type[Entity]] = CLASSES.get(call.kind)
    if kind is None:
        raise Refusal(f"Unknown entity type: {call.kind}")
    if call.id:
        entity = call.workspace.entities.get(call.entity_id)
    else:
        named = (entity for entity in call.workspace.each(kind) if entity.code.lower() == call.query.lower())
        entity = next(named, None)
    if not isinstance(entity, kind):
        raise Refusal(f"No {call.kind} found with id {call.id or call.query}.")
    return entity
