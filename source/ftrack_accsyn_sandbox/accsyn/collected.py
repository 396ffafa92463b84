"""Collections: exactly these files and folders, wherever they lie (accsyn workflow facts, section 2)."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Optional

from ftrack_accsyn_sandbox.accsyn import access
from ftrack_accsyn_sandbox.accsyn.call import Call, check_keys, checked_id
from ftrack_accsyn_sandbox.accsyn.entities import Delivery, Endpoint, Share
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.parties import Reader


def new_collection(call: Call) -> Share:
    """Return a new collection of files that the data name by accsyn paths. Raises Refusal."""
    check_keys(call.options, ("code", "name", "files", "description", "settings", "metadata"), "collection")
    name = call.text("name", call.options.get("code"))
    code = call.text("code", name)
    if call.workspace.get(Share, code) is not None:
        raise Refusal(f"There is a {call.kind} with the code {code} already.")
    files = _read(call)
    share = call.workspace.entities[next(iter(files.values())).share_id or ""]
    volume_id = share.volume_id if isinstance(share, Share) else None
    return Share(code, name, type="collection", parent_id=volume_id, files=files)


def add_files(call: Call) -> list[dict[str, Any]]:
    """Answer `file/add`: put more files into a collection, and return their rows."""
    collection = _existing(call, call.id)
    access.check_edit(call.workspace, call.user, collection)
    added = _read(call)
    collection.files.update(added)
    return [_row(call, ident, entry) for ident, entry in added.items()]


def remove_files(call: Call) -> bool:
    """Answer `collection/file/remove`: take files, named by their ids, out of a collection; all or none."""
    collection = _existing(call, call.id)
    access.check_edit(call.workspace, call.user, collection)
    idents = call.texts("files")
    if not idents or any(ident not in collection.files for ident in idents):
        raise Refusal(f"No such files in the collection: {idents}")
    for ident in idents:
        del collection.files[ident]
    return True


def find_files(call: Call) -> list[dict[str, Any]]:
    """Answer `file/find`: what is in a collection."""
    collection = _existing(call, call.options.get("parent") or call.id)
    return [_row(call, ident, entry) for ident, entry in collection.files.items()]


def listed(call: Call, text: str) -> Optional[list[Path]]:
    """Return the local paths of what is in the collection, or delivery, that *text* names as a whole.

    None for another path. Raises Refusal where the user gets nothing of it.
    """
    kind, _, code = text.rstrip("/").partition("=")
    if kind == "delivery":
        return _delivered(call, code)
    collection = call.workspace.get(Share, code) if kind == "collection" else None
    if collection is None or collection.type != "collection":
        return None
    access.check_share(call.workspace, call.user, collection, "", write=False)
    return [path for path in map(call.workspace.path, collection.files.values()) if path is not None and path.exists()]


def _delivered(call: Call, ident: str) -> list[Path]:
    delivery = call.workspace.entities.get(ident)
    if not isinstance(delivery, Delivery) or not access.visible(call.workspace, call.user, delivery):
        raise Refusal(f"No delivery found with id {ident}.")
    paths = (call.workspace.path(task.source) for task in delivery.tasks)
    return [path for path in paths if path is not None and path.exists()]


def _read(call: Call) -> dict[str, Endpoint]:
    texts = call.options.get("files")
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise Refusal("The files of a collection must be a list of paths.")
    reader = Reader(call.workspace, call.user)
    entries = [reader.place(text, write=False) for text in texts]
    if any(entry.party.kind != "workspace" or entry.share_id is None or not entry.path for entry in entries):
        raise Refusal("Only files and folders in shares of the workspace can be collected.")
    return {str(uuid.uuid4()): entry for entry in entries}


def _row(call: Call, ident: str, entry: Endpoint) -> dict[str, Any]:
    share = call.workspace.entities[entry.share_id or ""]
    return {"id": ident, "name": entry.name, "path": f"{getattr(share, 'type', 'share')}={share.code}/{entry.path}"}


def _existing(call: Call, ident: Any) -> Share:
    collection = call.workspace.entities.get(checked_id(ident))
    seen = collection is not None and access.visible(call.workspace, call.user, collection)
    if not isinstance(collection, Share) or collection.type != "collection" or not seen:
        raise Refusal(f"No collection found with id {ident}.")
    return collection
