"""How a staged file goes: only while it is what was published."""

from __future__ import annotations

import contextlib
import errno
import os

from ftrack_accsyn_accessor.model.stamp import Stamp, is_same
from ftrack_accsyn_accessor.outbox.file import state_folder
from ftrack_accsyn_accessor.staging import temporaries
from ftrack_accsyn_accessor.staging.longpath import reachable


def remove_if(root: str, path: str, published: Stamp) -> bool:
    """Remove the file at *path* below *root* if it is what was *published*; return whether it was removed.

    The one way in which a staged file goes. It is taken aside first: a file that is published to the same place at this
    moment is put back, or never touched.
    Folders stay: a publish may have made one and be about to write into it. Raise OSError where the system refuses.
    """
    full = full_path(root, path)
    aside = ""
    try:
        if not _is_what(full, published):
            return False
        aside = _taken_aside(root, full)
        if not _is_what(aside, published):
            _put_back(aside, full)
            return False
        os.remove(aside)
    except FileNotFoundError:
        return False
    except OSError:
        with contextlib.suppress(OSError):
            _put_back(aside, full)
        raise
    return True


def _taken_aside(root: str, full: str) -> str:
    """Take the file *full* out of everybody's way; return where it is then."""
    aside = temporaries.apart(full, reachable(os.path.join(root, state_folder(root))))
    try:
        os.rename(full, aside)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        aside = temporaries.beside(full)
        os.rename(full, aside)
    return aside


def full_path(root: str, path: str) -> str:
    """Return where the staged file *path* lies."""
    return reachable(os.path.join(root, *path.split("/")))


def _is_what(full: str, published: Stamp) -> bool:
    found = os.lstat(full)
    return is_same(Stamp(found.st_size, found.st_mtime_ns), published)


def _put_back(aside: str, full: str) -> None:
    """Give a file its name back unless another one has got it meanwhile."""
    if aside and not os.path.lexists(full):
        os.rename(aside, full)
