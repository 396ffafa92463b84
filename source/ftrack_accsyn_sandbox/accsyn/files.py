"""File operations on shares (accsyn fact sheet, section 8c), answered by the server that serves the volume."""

from __future__ import annotations

import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ftrack_accsyn_sandbox.accsyn import collected
from ftrack_accsyn_sandbox.accsyn.call import Call
from ftrack_accsyn_sandbox.accsyn.entities import CLIENT_SERVER, Client, Endpoint, Site
from ftrack_accsyn_sandbox.accsyn.errors import Denied, Refusal
from ftrack_accsyn_sandbox.accsyn.parties import Reader

_READING = ("ls", "getsize", "exists")


def file_operation(call: Call) -> Any:
    """Answer `workspace/file`; the operation is `op` of the data. Refused while the server is offline."""
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
    try:
        return operations[name](call)
    except OSError as error:
        raise Refusal(f"File operation {name} failed: {error.strerror or error}") from error


def _ls(call: Call) -> list[dict[str, Any]]:
    options = call.options
    depth = int(options.get("maxdepth") or 1_000) if options.get("recursive") else 1
    gathered = collected.listed(call, call.text("path"))
    if gathered is not None:
        return _entries(gathered, depth, options)
    folder = _existing(call)
    if not folder.is_dir():
        raise Refusal(f"Not a directory: {call.text('path')}")
    return _entries(sorted(folder.iterdir()), depth, options)


def _entries(entries: list[Path], depth: int, options: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for entry in entries:
        is_dir = entry.is_dir()
        if options.get("files_only" if is_dir else "directories_only"):
            continue
        facts = entry.stat()
        modified = datetime.fromtimestamp(facts.st_mtime, timezone.utc).replace(microsecond=0)
        row: dict[str, Any] = {"type": 0 if is_dir else 1, "filename": entry.name, "modified": modified}
        if options.get("getsize") or not is_dir:
            row["size"] = _size(entry)
        if is_dir and depth > 1:
            row["files"] = _entries(sorted(entry.iterdir()), depth - 1, options)
        rows.append(row)
    return rows


def _getsize(call: Call) -> int:
    return _size(_existing(call))


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(entry.stat().st_size for entry in path.rglob("*") if entry.is_file())
    return path.stat().st_size


def _exists(call: Call) -> bool:
    return _path(call, "path").exists()


def _mkdir(call: Call) -> bool:
    _path(call, "path").mkdir(parents=True)
    return True


def _rename(call: Call) -> bool:
    source, target = _existing(call), _path(call, "path_to")
    if source.parent != target.parent:
        raise Refusal("A file can only be renamed within its directory.")
    return _to(source, target)


def _move(call: Call) -> bool:
    source, target = _existing(call), _path(call, "path_to")
    target.parent.mkdir(parents=True, exist_ok=True)
    return _to(source, target)


def _to(source: Path, target: Path) -> bool:
    if target.exists():
        raise Refusal(f"The file exists already: {target.name}")
    source.rename(target)
    return True


def _delete(call: Call) -> bool:
    path = _existing(call)
    if path == _path(call, "path", root=True):
        raise Refusal("A share cannot be deleted by a file operation.")
    if not path.is_dir():
        path.unlink()
    elif call.options.get("force"):
        shutil.rmtree(path)
    else:
        path.rmdir()
    return True


def _existing(call: Call) -> Path:
    path = _path(call, "path")
    if not path.exists():
        raise Refusal(f"No such file or directory: {call.text('path')}")
    return path


def _path(call: Call, name: str, *, root: bool = False) -> Path:
    """Return the local path that an argument names on a server; with *root* that of its share. Raises Refusal.

    One path only: what lists and objects mean is not documented. Whether a site may stand in front is not settled
    either, so `Workspace.files_at_sites` decides.
    """
    text = call.text(name)
    endpoint = Reader(call.workspace, call.user).place(text, write=call.options.get("op") not in _READING)
    if endpoint.share_id is None or endpoint.party.kind not in ("workspace", "site"):
        raise Refusal(f"Not a path in a share: {text}")
    if endpoint.party.kind == "site" and not call.workspace.files_at_sites:
        raise Refusal(f"Not a path in a share: {text}")
    _check_server(call, endpoint)
    folder = call.workspace.folder(endpoint.party, endpoint.share_id)
    if folder is None:
        raise Denied(f"The share is not served there: {text}")
    return folder if root else folder / endpoint.path


def _check_server(call: Call, endpoint: Endpoint) -> None:
    site = call.workspace.holder(endpoint.party)
    servers = [client for client in call.workspace.live(Client) if client.type == CLIENT_SERVER]
    if isinstance(site, Site) and not any(s.status == "online" and s.site_id == site.id for s in servers):
        raise Refusal(f"The server of {site.code} is offline.")
