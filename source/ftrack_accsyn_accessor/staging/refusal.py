"""Why a folder cannot be used, and what helps: a disk that is not there, a system that keeps the application out."""

from __future__ import annotations

import errno
import os
import stat
import sys

from ftrack_accsyn_accessor import machine
from ftrack_accsyn_accessor.model.folders import above, disk_folders

try:
    import pwd
except ImportError:  # Windows
    pwd = None  # type: ignore[assignment]

MAKE_WRITABLE = "Make the folder writable for this user, or let ACCSYN_<VOLUME>_PATH name one that is."
_KEPT_OUT = "macOS keeps"


def absent_disk(path: str) -> str:
    """Return what is not there of the disk that *path* lies on, in words; empty where nothing is missing.

    Nobody but the system may make the folder that it mounts a disk on: macOS would mount the disk beside it then, under
    another name, and elsewhere files would land on the system's own disk.
    """
    for folder in disk_folders(path, platform=sys.platform):
        if not os.path.isdir(folder):
            return f"its disk is not there ({folder} is missing)"
        if os.path.ismount(folder) or os.path.islink(folder):
            return ""
        if sys.platform == "darwin":  # elsewhere people keep folders of their own there
            return f"its disk is not there ({folder} is a folder of the system's own disk)"
    return ""


def remedy(error: Exception, path: str) -> str:
    """Return what helps against *error*, which the system gave when *path* was used."""
    told = cause(error, path) if isinstance(error, OSError) else ""
    return f"{told} {MAKE_WRITABLE}".lstrip() if not told.startswith(_KEPT_OUT) else told


def cause(error: OSError, path: str) -> str:
    """Return who keeps this process from using *path*, in a sentence; empty where that cannot be told."""
    if error.errno == errno.EPERM and sys.platform == "darwin":
        name = machine.bundle() or "the terminal or application that runs this"
        return (
            f"{_KEPT_OUT} {name} out of it: allow it under System Settings > Privacy & Security > Files and Folders "
            f"(or Full Disk Access), then start {name} anew."
        )
    return _whose_fault(path) if error.errno == errno.EACCES else ""


def _whose_fault(path: str) -> str:
    """Return who keeps this process from using what lies at *path*, or nearest above; empty where the modes let it."""
    for each in (path, *above(path)):
        try:
            found = os.stat(each)
        except OSError:
            continue
        if pwd is None:  # Windows, whose modes tell nothing
            return ""
        if found.st_uid != os.geteuid():
            return f"{each} belongs to {_account(found.st_uid)}, who has to let this user in."
        needed = stat.S_IRWXU if stat.S_ISDIR(found.st_mode) else stat.S_IRUSR | stat.S_IWUSR
        if found.st_mode & needed != needed:
            mode = f"{stat.S_IMODE(found.st_mode):03o}"
            cure = "correct it, and the umask of the application that made it"
            return f"{each} belongs to this user, whom its mode ({mode}) keeps out: {cure}."
        return ""
    return ""


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
