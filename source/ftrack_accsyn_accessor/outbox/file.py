"""Where the plugin's own files lie: in a staging area, and where its outbox lies elsewhere."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
from pathlib import Path
from typing import Optional

#: The folder for the plugin's own files in a staging area, private to their owner.
STATE_FOLDER = ".ftrack-accsyn"
MARKER_NAME = "staging.json"
OUTBOX_NAME = "outbox.sqlite3"
_DIGITS = 8


def outbox_path(folder: Optional[str], root: str) -> Path:
    """Return the outbox file of the staging area at *root* (absolute), the same for everybody who uses the area.

    It lies in the area, unless FTRACK_ACCSYN_OUTBOX names a *folder*, which may serve several areas.
    """
    if not folder:
        return Path(root) / STATE_FOLDER / OUTBOX_NAME
    last = re.split(r"[/\\]", root.rstrip("/\\"))[-1]
    name = re.sub(r"[^\w.@\-]", "_", last) or "root"
    return Path(folder) / f"{name}-{digest(root)[:_DIGITS]}.sqlite3"


def marker_path(root: str) -> str:
    """Return the file by which the staging area at *root* is known again."""
    return os.path.join(root, STATE_FOLDER, MARKER_NAME)


def read_marker(root: str) -> str:
    """Return the identity of the staging area at *root*; empty where there is none, or its marker is damaged.

    Raise OSError where the marker is there and cannot be read.
    """
    try:
        with open(marker_path(root), encoding="utf-8") as marker:
            content = json.load(marker)
    except (FileNotFoundError, ValueError):
        return ""
    identity = content.get("uuid") if isinstance(content, dict) else None
    return identity if isinstance(identity, str) else ""


def lock_path(outbox: Path) -> Path:
    """Return the file whose lock the one active worker of an outbox holds."""
    return outbox.with_suffix(".lock")


def digest(root: str, *more: str) -> str:
    """Return hexadecimal digits that stand for the folder *root*, however it is spelt, and for *more*."""
    return hashlib.sha256("\n".join((normalised(root), *more)).encode("utf-8", "surrogatepass")).hexdigest()


def normalised(path: str) -> str:
    """Return *path* in the one spelling that it has on its system: Windows knows no case and two separators."""
    return os.path.normcase(os.path.normpath(path))


def write(path: Path, content: str) -> None:
    """Write *content* to *path*, private to its owner, so that a reader meets the old content or the new one.

    It has reached the disk when this returns. Raise OSError; the folder has to be there.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
