"""File operations on shares (accsyn fact sheet, section 8c), answered by the server that serves the volume."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ftrack_accsyn_sandbox.accsyn import access, collected
from ftrack_accsyn_sandbox.accsyn.call import Call
from ftrack_accsyn_sandbox.accsyn.entities import CLIENT_SERVER, Client, Endpoint, Site
from ftrack_accsyn_sandbox.accsyn.errors import Denied, Refusal
from ftrack_accsyn_sandbox.accsyn.filters import chosen
from ftrack_accsyn_sandbox.accsyn.parties import Reader

_READING = ("ls", "getsize", "exists")


def file_operation(call: Call) -> Any:
    """Answer `workspace/file`; the operation is `op` of the data. Refused while the server is offline.

    Several paths are looked at one by one, and answered in a list; all is refused when one of them is.
    """
    operations = {
        "ls": _ls,
        "getsize": _getsize,
        "exists": _exists,
        "mkdir": _mkdir,
        "rename": _rename,
        "move": _move,
        "delete": _delete,
    }
    name = call.text("op")
    if name not in operations:
        raise Refusal(f"Unknown file operation: {name}")
    paths = call.options.get("path")
    if isinstance(paths, list) and paths and name in _READING:
        each = (replace(call, data={**call.options, "path": path}) for path in paths)
        return [{"path": one.options["path"], "result": file_operation(one)} for one in each]
    try:
        return operations[name](call)
    except OSError as error:
        raise Refusal(f"File operation {name} failed: {error.strerror or error}") from error


def _ls(call: Call) -> list[dict[str, Any]]:
    options = call.options
    deepest = options.get("maxdepth") or 1_000
    if not isinstance(deepest, int):
        raise Refusal('"maxdepth" must be a number.')
    depth = deepest if options.get("recursive") else 1
    gathered = collected.listed(call, call.text("path"))
    if gathered is not None:
        return _entries(gathered, depth, options)
    endpoint = _endpoint(call, "path")
    folder = _local(call, endpoint)
    if not folder.exists():
        raise Refusal(f"No such file or directory: {call.text('path')}")
    if not folder.is_dir():
        raise Refusal(f"Not a directory: {call.text('path')}")
    return _entries(sorted(folder.iterdir()), depth, options, _shown(call, endpoint, folder))


def _shown(call: Call, endpoint: Endpoint, folder: Path) -> Callable[[Path], bool]:
    """Return what tells whether the user gets to see an entry below *folder*, the place of *endpoint*.

    That is everything, unless the user may only read some of it: then those, and the directories on the way to them.
    """
    share: Any = call.workspace.entities[endpoint.share_id or ""]
    whole = access.may_read(call.workspace, call.user, share, endpoint.path)
    if whole or not access.leads_to_grant(call.workspace, call.user, share, endpoint.path):
        return Path.exists

    def shown(entry: Path) -> bool:
        path = f"{endpoint.path}/{entry.relative_to(folder).as_posix()}".strip("/")
        leads = entry.is_dir() and access.leads_to_grant(call.workspace, call.user, share, path)
        return leads or access.may_read(call.workspace, call.user, share, path)

    return shown


def _entries(
    entries: list[Path], depth: int, options: dict[str, Any], shown: Callable[[Path], bool] = Path.exists
) -> list[dict[str, Any]]:
    """Return the rows of a listing. A directory that a filter leaves out is there for what it lets through below."""
    rows, is_chosen = [], chosen(options)
    for entry in entries:
        is_dir = entry.is_dir()
        if options.get("files_only" if is_dir else "directories_only") or not shown(entry):
            continue
        facts = entry.stat()
        modified = datetime.fromtimestamp(facts.st_mtime, timezone.utc).replace(microsecond=0)
        row: dict[str, Any] = {"type": 0 if is_dir else 1, "filename": entry.name, "modified": modified}
        if options.get("getsize") or not is_dir:
            row["size"] = _size(entry)
        if is_dir and depth > 1:
            row["files"] = _entries(sorted(entry.iterdir()), depth - 1, options, shown)
        if is_chosen(entry.name) or row.get("files"):
            rows.append(row)
    return rows


def _getsize(call: Call) -> int:
    return _size(_existing(call), chosen(call.options))


def _size(path: Path, is_chosen: Callable[[str], bool] = bool) -> int:
    if path.is_dir():
        return sum(entry.stat().st_size for entry in path.rglob("*") if entry.is_file() and is_chosen(entry.name))
    return path.stat().st_size


def _exists(call: Call) -> bool:
    return _path(call, "path").exists()


def _mkdir(call: Call) -> bool:
    _path(call, "path").mkdir()  # what lies above must be there
    return True


def _rename(call: Call) -> bool:
    source, target = _existing_inside(call, "renamed"), _path(call, "path_to")
    if source.parent != target.parent:
        raise Refusal("A file can only be renamed within its directory.")
    return _to(source, target)


def _move(call: Call) -> bool:
    source, target = _existing_inside(call, "moved"), _path(call, "path_to")
    target.parent.mkdir(parents=True, exist_ok=True)
    return _to(source, target)


def _to(source: Path, target: Path) -> bool:
    if target.exists():
        raise Refusal(f"The file exists already: {target.name}")
    source.rename(target)
    return True


def _delete(call: Call) -> bool:
    path = _existing_inside(call, "deleted")
    if not path.is_dir():
        path.unlink()
    elif call.options.get("force"):
        shutil.rmtree(path)
    elif any(path.iterdir()):
        raise Refusal(f"Cannot delete non-empty directory '{call.text('path')}'!")
    else:
        path.rmdir()
    return True


def _existing(call: Call) -> Path:
    return _checked(call, _path(call, "path"))


def _existing_inside(call: Call, what: str) -> Path:
    """Return what is to be *what*, which must not be a share as a whole. Raises Refusal."""
    endpoint = _endpoint(call, "path")
    path = _checked(call, _local(call, endpoint))
    if not endpoint.path:
        raise Refusal(f"A share cannot be {what} by a file operation.")
    return path


def _checked(call: Call, path: Path) -> Path:
    if not path.exists():
        raise Refusal(f"No such file or directory: {call.text('path')}")
    return path


def _path(call: Call, name: str) -> Path:
    return _local(call, _endpoint(call, name))


def _endpoint(call: Call, name: str) -> Endpoint:
    """Return the place in a share that an argument names. Raises Refusal.

    One path only: what objects mean, and lists where something is written, is not documented. Whether a site may stand
    in front is not settled either, so `Workspace.files_at_sites` decides.
    """
    text, operation = call.text(name), call.text("op")
    reader = Reader(call.workspace, call.user, listing=operation == "ls")
    endpoint = reader.place(text, write=operation not in _READING)
    if endpoint.share_id is None or endpoint.party.kind not in ("workspace", "site"):
        raise Refusal(f"Not a path in a share: {text}")
    if endpoint.party.kind == "site" and not call.workspace.files_at_sites:
        raise Refusal(f"Not a path in a share: {text}")
    return endpoint


def _local(call: Call, endpoint: Endpoint) -> Path:
    """Return the path on the server that *endpoint* stands for. Raises Refusal, also while the server is offline."""
    _check_server(call, endpoint)
    path = call.workspace.path(endpoint)
    if path is None:
        raise Denied("The share is not served there.")
    return path


def _check_server(call: Call, endpoint: Endpoint) -> None:
    site = call.workspace.holder(endpoint.party)
    servers = [client for client in call.workspace.live(Client) if client.type == CLIENT_SERVER]
    if isinstance(site, Site) and not any(s.status == "online" and s.site_id == site.id for s in servers):
        raise Refusal(f"The server of {site.code} is offline.")
