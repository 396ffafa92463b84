"""Which function answers which verb and uri."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ftrack_accsyn_sandbox.accsyn import collected, deliveries, edits, files, find, publishing, settings, transfers
from ftrack_accsyn_sandbox.accsyn.call import Answered, Call
from ftrack_accsyn_sandbox.accsyn.entities import User
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

Handler = Callable[[Call], Any]

_FIXED: dict[tuple[str, str], Handler] = {
    ("GET", "entitytypes"): find.entity_types,
    ("GET", "attributes"): find.attributes,
    ("GET", "log/find"): find.logs,
    ("GET", "volume/servers"): find.assignments,
    ("GET", "share/servers"): find.assignments,
    ("GET", "file/find"): collected.find_files,
    ("POST", "file/add"): collected.add_files,
    ("DELETE", "collection/file/remove"): collected.remove_files,
    ("GET", "job/recipients"): deliveries.recipients,
    ("PUT", "job/recipient/add"): deliveries.add_recipient,
    ("DELETE", "job/recipient"): deliveries.remove_recipient,
    ("PUT", "workspace/publish/preprocess"): publishing.preprocess,
    ("GET", "setting"): settings.get_setting,
    ("PUT", "setting"): settings.set_setting,
    ("DELETE", "setting"): settings.delete_setting,
    **{(verb, "workspace/file"): files.file_operation for verb in ("GET", "POST", "PUT")},
}
_ACTIONS: dict[tuple[str, str], Handler] = {
    ("GET", "find"): find.find,
    ("POST", "create"): edits.create,
    ("PUT", "edit"): edits.edit,
    ("DELETE", "delete"): edits.delete,
    ("DELETE", "deactivate"): functools.partial(edits.set_active, active=False),
    ("DELETE", "offline"): functools.partial(edits.set_active, active=False),
    ("POST", "activate"): functools.partial(edits.set_active, active=True),
}
_JOB_ACTIONS: dict[tuple[str, str], Handler] = {
    ("POST", "create"): transfers.create_job,
    ("PUT", "edit"): transfers.edit_job,
    ("DELETE", "delete"): transfers.delete_job,
}
_DELIVERY_ACTIONS: dict[tuple[str, str], Handler] = {
    **_ACTIONS,
    ("POST", "create"): deliveries.create,
    ("PUT", "edit"): deliveries.edit,
}
_TASK_ACTIONS: dict[tuple[str, str], Handler] = {
    ("GET", "find"): find.find_tasks,
    ("POST", "create"): transfers.create_tasks,
    ("PUT", "edit"): transfers.edit_tasks,
}


def answer(workspace: Workspace, user: User, verb: str, envelope: dict[str, Any]) -> Any:
    """Return the result of one call, or `Later`.

    Raises Refusal, also for what accsyn knows and this workspace does not offer.
    """
    uri, data = str(envelope.get("uri", "")).lower(), envelope.get("data")
    handler, kind = _handler(verb, uri, data)
    ident = envelope.get("id")
    call = Call(workspace, user, kind, {} if data is None else data, str(envelope.get("query") or ""), ident)
    with workspace.changed:
        return _twisted(handler, call, uri)


def _twisted(handler: Handler, call: Call, uri: str) -> Any:
    """Carry *call* out, with what the workspace is made to do otherwise."""
    twists = [twist for twist in call.workspace.twists if uri in twist.uris]
    try:
        for twist in twists:
            call = (twist.before(call) if twist.before is not None else None) or call
        result = handler(call)
    except Answered as answered:
        return answered.result
    for twist in twists:
        result = twist.after(call, result) if twist.after is not None else result
    return result


def _handler(verb: str, uri: str, data: Any) -> tuple[Handler, str]:
    """Return the function for a call and the entity type, or integration, that stands in its uri."""
    if (verb, uri) in _FIXED:
        return _FIXED[verb, uri], ""
    parts = uri.split("/")
    if verb == "PUT" and len(parts) == 4 and parts[:2] == ["workspace", "integration"] and parts[3] == "utility":
        return settings.integration_call, parts[2]
    kind, _, action = uri.rpartition("/")
    kind = "task" if kind == "job/task" else kind  # as clients before 3.1 say it
    is_queue = isinstance(data, dict) and data.get("type") == 2
    table = _ACTIONS
    if kind == "task":
        table = _TASK_ACTIONS
    elif kind == "delivery":
        table = _DELIVERY_ACTIONS
    elif kind in ("transfer", "job") and action != "find" and not is_queue:
        table = {key: _JOB_ACTIONS.get(key, _refused) for key in _ACTIONS}
    if (verb, action) not in table:
        return _refused, kind
    return table[verb, action], kind


def _refused(call: Call) -> Any:
    raise Refusal("The operation is not supported.")
