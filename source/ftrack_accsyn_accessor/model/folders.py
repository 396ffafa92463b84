"""What a path tells of the folders above it and of its disk, by the rules of any system. Pure."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Callable

#: Where systems mount disks, by platform, and how deep below: Linux has a folder for each user in between, or none.
MOUNTED_IN = {"darwin": (("/Volumes", 1),), "linux": (("/mnt", 1), ("/media", 2), ("/run/media", 2))}

_FULL_ON_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|[\\/]{2}[^\\/]+[\\/]+[^\\/]")
_SHARE_IN_FULL = re.compile(r"\\\\\?\\UNC\\[^\\]+\\[^\\]+", re.IGNORECASE)
_SHARE_ITSELF = re.compile(r"(\\\\[^\\]+\\[^\\]+)\\")


def full(path: str, flavour: ModuleType = os.path) -> str:
    """Return *path* in one spelling, or nothing where its meaning hangs on what is current: a folder, a drive.

    *flavour* is the path module of the system in question. The same on every CPython, which `isabs` is not: it refuses
    a share without a folder before 3.11, and takes a server without a share from 3.12 on.
    """
    if flavour.sep == "/":
        return str(flavour.normpath(path)) if flavour.isabs(path) else ""
    if not _FULL_ON_WINDOWS.match(path):
        return ""
    found = str(flavour.normpath(path))
    share = _SHARE_ITSELF.fullmatch(found)
    return share[1] if share else found


def expanded(path: str, flavour: ModuleType = os.path) -> str:
    """Return *path* with `~` and variables expanded, as ftrack's disk accessor does; raise ValueError for a NUL."""
    return str(flavour.expanduser(flavour.expandvars(path)))


def above(path: str, flavour: ModuleType = os.path) -> Iterator[str]:
    """Yield the folders above *path*, the nearest first, until nothing is above; that comes for any text.

    A walk that waits for a folder that it knows may never meet it: `//server/share/` lies above `//server/share/a`.
    """
    parent = str(flavour.dirname(path))
    while parent and len(parent) < len(path):
        yield parent
        path, parent = parent, str(flavour.dirname(parent))


def missing(
    folder: str, root: str, is_folder: Callable[[str], bool] = os.path.isdir, flavour: ModuleType = os.path
) -> list[str]:
    """Return which folders have to be made for *folder*, which lies in *root*, the outermost first; *root* never is."""
    found: list[str] = []
    for each in (folder, *above(folder, flavour)):
        if len(each.rstrip("\\/")) <= len(root.rstrip("\\/")) or is_folder(each):
            break
        found.insert(0, each)
    return found


def disk_folders(path: str, flavour: ModuleType = os.path, platform: str = sys.platform) -> list[str]:
    """Return the folders on the way to *path* that are there only while its disk is, the outermost first.

    None for a path on the system's own disk, as far as its text tells.
    """
    if flavour.sep == "\\":
        share = _SHARE_IN_FULL.match(path)  # which CPython 3.9 and 3.10 split elsewhere
        drive = share[0] if share else str(flavour.splitdrive(path)[0])
        return [f"{drive}\\" if drive.endswith(":") else drive] if drive else []  # without it a device is meant
    for parent, depth in MOUNTED_IN.get(platform, ()):
        if path.startswith(f"{parent}/"):
            names = path[len(parent) + 1 :].split("/")[:depth]
            return ["/".join([parent, *names[: index + 1]]) for index in range(len(names))]
    return []
