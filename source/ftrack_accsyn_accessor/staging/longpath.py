"""Paths of any length on Windows, which finds longer ones than 259 characters only where they are spelt in full."""

from __future__ import annotations

import errno
import os
from types import ModuleType

# A folder's path leaves room for twelve characters more.
_SHORT_ENOUGH = 247
_EXTENDED = "\\\\?\\"


def reachable(path: str, flavour: ModuleType = os.path) -> str:
    """Return the absolute *path* as the system finds it, whatever its length; *flavour* is the system's path module."""
    if flavour.sep != "\\" or len(path) <= _SHORT_ENOUGH or path.startswith(_EXTENDED):
        return path
    plain: str = flavour.normpath(path)
    return f"{_EXTENDED}UNC{plain[1:]}" if plain.startswith("\\\\") else f"{_EXTENDED}{plain}"


def is_too_long(error: OSError, path: str, is_made: bool) -> bool:
    """Return whether *error* is due to the length of *path*; *is_made* tells that it was to be made.

    Windows says that there is no such file: but for its length, nothing could be missing for what is made in a folder
    that is there.
    """
    if error.errno != errno.ENOENT or not is_made:
        return error.errno == errno.ENAMETOOLONG
    return os.path.isdir(os.path.dirname(path)) and not os.path.lexists(path)
