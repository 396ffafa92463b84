"""Settings of entities, and the calls of accsyn's ftrack integration (accsyn fact sheet, section 8)."""

from __future__ import annotations

from typing import Any, Optional

from ftrack_accsyn_sandbox.accsyn import access
from ftrack_accsyn_sandbox.accsyn.call import Call, check_texts, checked_id
from ftrack_accsyn_sandbox.accsyn.entities import Client, Entity, Job, Queue, Share
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.find import CLASSES


def get_setting(call: Call) -> Any:
    """Return one setting (None when unset) by *name*, or all of an entity; *upstream* adds the inherited ones."""
    if call.options.get("integration"):
        return _integration_setting(call)
    entity = _entity(call)
    own = call.workspace.settings if entity is None else entity.settings
    if call.options.get("name") is not None:
        return own.get(call.text("name"))
    if not call.options.get("upstream"):
        return dict(own)
    return {**_inherited(call, entity), **own}


def set_setting(call: Call) -> bool:
    """Set one setting; its value must be a string."""
    name = call.text("name")
    check_texts({name: call.options.get("value")})
    _writable(call)[name] = call.options["value"]
    call.workspace.changed.notify_all()
    return True


def delete_setting(call: Call) -> bool:
    """Delete one setting; False when it was not set."""
    return _writable(call).pop(call.text("name"), None) is not None


def integration_call(call: Call) -> Any:
    """Answer `workspace/integration/<name>/utility`: the operation `client_register` of ftrack.

    What the real one answers is not known; here it is null. The user must own the client, or be an administrator.
    """
    integration = call.workspace.integration
    _check_integration(call, call.kind)
    if call.text("operation") != "client_register":
        raise Refusal(f"Unknown operation: {call.text('operation')}")
    data = call.options.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("location"), str) or not data["location"]:
        raise Refusal("Please supply client and location.")
    client = call.workspace.entities.get(checked_id(data.get("client")))
    if not isinstance(client, Client):
        raise Refusal(f"Unknown client: {data.get('client')}")
    if client.user_id != call.user.id:
        access.check_admin(call.user, "register the client of another user")
    integration.registered[data["location"]] = client.id
    return None


def _integration_setting(call: Call) -> Any:
    """Answer `upload_location` and `upload_ident` for a location.

    None for a location that no client has registered, and for the destination itself: nothing to sync.
    """
    integration = call.workspace.integration
    _check_integration(call, call.text("integration"))
    data = call.options.get("data")
    location_id = data.get("location_id") if isinstance(data, dict) else None
    if not isinstance(location_id, str) or not location_id:
        raise Refusal("Please supply location_id.")
    default = (integration.upload_location, integration.upload_ident)
    location, ident = integration.locations.get(location_id, default)
    if location_id not in integration.registered or (location is not None and location["id"] == location_id):
        location = ident = None
    name = call.text("name")
    if name == "upload_location":
        return dict(location) if location is not None else None
    if name == "upload_ident":
        return ident
    raise Refusal(f"Unknown setting: {name}")


def _check_integration(call: Call, name: str) -> None:
    if name.lower() != "ftrack" or not call.workspace.integration.enabled:
        raise Refusal(f"The integration {name} is not enabled for this workspace.")
    if call.user.role == "standard":
        access.check_admin(call.user, "use integrations")


def _entity(call: Call) -> Optional[Entity]:
    """Return the entity whose settings are meant, None for the workspace; older clients say `scope` and `ident`.

    A queue is a job, too, as accsyn's own tests have it.
    """
    kind = str(call.options.get("entitytype") or call.options.get("scope") or "workspace").lower()
    if kind == "workspace":
        return None
    if kind not in CLASSES:
        raise Refusal(f"Unknown entity type: {kind}")
    ident = checked_id(call.id or call.options.get("ident"))
    entity = call.workspace.entities.get(ident)
    classes = (Job, Queue) if kind == "job" else CLASSES[kind]
    if not isinstance(entity, classes) or not access.visible(call.workspace, call.user, entity):
        raise Refusal(f"No {kind} found with id {ident}.")
    return entity


def _writable(call: Call) -> dict[str, str]:
    entity = _entity(call)
    if entity is None:
        access.check_admin(call.user, "change settings of the workspace")
        return call.workspace.settings
    access.check_edit(call.workspace, call.user, entity)
    return entity.settings


def _inherited(call: Call, entity: Optional[Entity]) -> dict[str, str]:
    """Return what an entity inherits: workspace -> queue -> job, volume -> folder."""
    if isinstance(entity, Job):
        return call.workspace.inherited_settings(entity)
    if isinstance(entity, Share) and entity.parent_id:
        return dict(call.workspace.entities[entity.parent_id].settings)
    return dict(call.workspace.settings) if entity is not None else {}
