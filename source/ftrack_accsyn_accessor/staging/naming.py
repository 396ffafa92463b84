"""Asks the disk of a staging area which spellings of a path are one to it, and where a path lies in the area."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import unicodedata
from typing import Dict, Tuple

from ftrack_accsyn_accessor.model.naming import Naming
from ftrack_accsyn_accessor.outbox.file import marker_path

#: What disks of this system usually do; for those that cannot be asked.
_USUAL = Naming(any_case=sys.platform == "darwin" or os.name == "nt", any_form=sys.platform == "darwin")

# What is known, by the folder that was looked at and its identity: another disk may come in its place. Two threads may
# ask at once, which does no harm; a lock might be left taken in a forked child.
_known: Dict[Tuple[str, int, int], Naming] = {}


def naming_of(root: str) -> Naming:
    """Return the rule of the disk on which the staging area at *root* lies; never raises.

    A disk is asked once in a process, with a folder that is made in this account's own one and removed again. One that
    cannot be asked is taken for what is usual on the system.
    """
    marker = marker_path(root)
    folder = os.path.dirname(marker)
    try:
        found = os.stat(folder)
    except OSError:
        return _USUAL
    key = (folder, found.st_dev, found.st_ino)
    if key not in _known:
        _known[key] = Naming(_ignores_case(marker), _ignores_form(folder))
    return _known[key]


def _ignores_case(marker: str) -> bool:
    folder, name = os.path.split(marker)
    try:
        return os.path.samefile(marker, os.path.join(folder, name.upper()))
    except FileNotFoundError:
        return _USUAL.any_case and not os.path.exists(marker)
    except OSError:
        return _USUAL.any_case


def _ignores_form(folder: str) -> bool:
    # A folder: what watches for new files (virus scanners, sync clients) leaves it alone.
    name = f"é{secrets.token_hex(4)}"
    path = os.path.join(folder, name)
    try:
        os.mkdir(path)
    except OSError:
        return _USUAL.any_form
    try:
        return os.path.isdir(os.path.join(folder, unicodedata.normalize("NFD", name)))
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(path)


def below(path: str, root: str) -> str:
    """Return the absolute *path* relative to *root*, with forward slashes; "." for *root*, "" for what lies elsewhere.

    *root* is known by its identity, whatever leads to it: another case or Unicode form, links, a drive of its own; and
    by its text while it is not there.
    """
    for start in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
        folder, names = start, ""
        while folder:
            if _is(folder, root):
                return names or "."
            above, name = os.path.split(folder)
            folder, names = above if len(above) < len(folder) and name else "", f"{name}/{names}" if names else name
    return ""


def _is(folder: str, root: str) -> bool:
    try:
        return os.path.samefile(folder, root)
    except OSError:
        return _USUAL.same(*(os.path.normcase(each).replace("\\", "/") for each in (folder, root)))
