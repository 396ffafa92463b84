"""Where the plugin's own files lie, in a staging area and elsewhere, and how the small ones of them are written."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Callable, Optional, TypeVar

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.files import read_text
from ftrack_accsyn_accessor.model.errors import OutboxUnusable
from ftrack_accsyn_accessor.outbox import patience

#: The folder for the plugin's own files in a staging area, private to their owner.
STATE_FOLDER = ".ftrack-accsyn"
MARKER_NAME = "staging.json"
OUTBOX_NAME = "outbox.sqlite3"
#: The outbox of what is asked for where there is no staging area.
OUTSIDE_NAME = "requests.sqlite3"
_DIGITS = 8

#: A virus scanner, a backup or a sync client may have a new file open for a moment: no other system than Windows minds,
#: but disks of other systems do. A session that opens writes four such files: together these stay below two seconds.
HELD_PAUSES_S = (0.01,) * 10 + (0.03,) * 10
_HELD = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY)
#: What a write that was killed, or held for longer, has left is removed by a later one.
LEFT_S = 3600.0
_TOKEN_BYTES = 4

_Result = TypeVar("_Result")
#: A seam: tests count the pauses.
pause = time.sleep


def state_folder(root: str) -> str:
    """Return the name of the folder for this account's own files in the staging area at *root*.

    Who comes first has STATE_FOLDER, private to that account of the system; whoever it keeps out has another beside it,
    and keeps it.
    """
    own = f"{STATE_FOLDER}-{re.sub(r'[^A-Za-z0-9_.@-]', '_', environment.account())}"
    if os.path.isdir(os.path.join(root, own)):
        return own
    first = os.path.join(root, STATE_FOLDER)
    try:
        os.scandir(first).close()
    except PermissionError as error:
        # Not where macOS keeps the application out of everything, nor where the account has lost a right to its own.
        return own if error.errno == errno.EACCES and _is_anothers(first) else STATE_FOLDER
    except OSError:
        pass
    return STATE_FOLDER


def is_state_folder(name: str) -> bool:
    """Return whether a folder of this *name* in a staging area holds the plugin's own files, whoever's they are."""
    return name == STATE_FOLDER or name.startswith(f"{STATE_FOLDER}-")


def other_accounts(root: str) -> list[tuple[str, str]]:
    """Return other accounts' folders for their own files in the staging area at *root*, each with whose it is.

    Windows does not tell whose the first one is; the others have it in their names.
    """
    mine, found = state_folder(root), []
    with contextlib.suppress(OSError), os.scandir(root) as entries:
        for entry in entries:
            if entry.name != mine and is_state_folder(entry.name) and entry.is_dir():
                account = environment.owner(entry.path) or entry.name[len(STATE_FOLDER) + 1 :] or "another account"
                found.append((entry.path, account))
    return sorted(each for each in found if each[1] != environment.account())


def _is_anothers(path: str) -> bool:
    """Return whether *path* may belong to another account: Windows does not tell."""
    with contextlib.suppress(OSError):
        return not hasattr(os, "geteuid") or os.stat(path).st_uid != os.geteuid()
    return False


def outbox_path(folder: Optional[str], root: str) -> Path:
    """Return this account's outbox file of the staging area at *root* (absolute), the same for all its processes.

    It lies in the area, unless FTRACK_ACCSYN_OUTBOX names a *folder*, which may serve several areas.
    """
    if not folder:
        return Path(root) / state_folder(root) / OUTBOX_NAME
    last = re.split(r"[/\\]", root.rstrip("/\\"))[-1]
    name = re.sub(r"[^\w.@\-]", "_", last) or "root"
    return Path(folder) / f"{name}-{digest(root)[:_DIGITS]}.sqlite3"


def outside_path(folder: Optional[str], state: Optional[Path]) -> Path:
    """Return this account's outbox file for what is asked for without a staging area; it is not there at first.

    It lies in the user's *state* folder, unless FTRACK_ACCSYN_OUTBOX names a *folder*. Raise `errors.OutboxUnusable`
    where there is neither.
    """
    if folder:
        return Path(folder) / OUTSIDE_NAME
    if state is None:
        outcome, remedy = "this user has no home folder", "Set FTRACK_ACCSYN_OUTBOX to a folder."
        raise OutboxUnusable("find a place for the outbox", "", outcome, remedy)
    return state / "requests" / OUTSIDE_NAME


def marker_path(root: str) -> str:
    """Return the file by which the staging area at *root* is known again."""
    return os.path.join(root, state_folder(root), MARKER_NAME)


def read_marker(root: str) -> str:
    """Return the identity of the staging area at *root*; empty where there is none, or its marker is damaged.

    Raise OSError where the marker is there and cannot be read.
    """
    try:
        content = json.loads(read_text(marker_path(root)))
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

    It has reached the disk when this returns, which takes half a second longer where another program keeps *path* or
    the new file open. Raise OSError; the folder has to be there.
    """
    temporary = temporary_beside(path)
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        patiently(lambda: os.replace(temporary, path))
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        raise


def patiently(step: Callable[[], _Result], pauses_s: Sequence[float] = HELD_PAUSES_S) -> _Result:
    """Return what *step* returns, tried again after each of *pauses_s* while another program has its file open.

    Raise the OSError of the last try, and any other at once. A thread whose patience is used up does not pause.
    """
    for pause_s in pauses_s:
        try:
            return step()
        except OSError as error:
            if error.errno not in _HELD or patience.left_s(pause_s) < pause_s:
                raise
            pause(pause_s)
            patience.spend(pause_s)
    return step()


def temporary_beside(path: Path) -> Path:
    """Return a fresh path for a file that goes again at once, in the folder of *path*.

    Those of *path* that could not be removed, long ago, are. Never raises.
    """
    _sweep(path)
    return path.with_name(f".{path.name}.{secrets.token_hex(_TOKEN_BYTES)}")


def _sweep(path: Path) -> None:
    left = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{{2 * _TOKEN_BYTES}}}")
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if left.fullmatch(entry.name) and entry.stat().st_mtime < time.time() - LEFT_S:
                os.remove(entry.path)
