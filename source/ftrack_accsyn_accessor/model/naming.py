"""Which spellings of a path are one to a disk. Pure."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from typing import NamedTuple

_UNSAFE_ON_WINDOWS = re.compile(
    r":|[. ](?:/|$)|(?:^|/)(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3]) *(?:\.|/|$)",
    re.IGNORECASE,
)


class Naming(NamedTuple):
    """The rule of a disk: whether names that differ only in case, or only in Unicode form (NFC, NFD), are one to it.

    Paths have forward slashes, and are relative to the staging area; "." is all of it.
    """

    any_case: bool = False
    any_form: bool = False

    def key(self, path: str) -> str:
        """Return what is equal for all spellings of *path* that are one.

        Disks fold case letter by letter, each by a table of its own. What all their tables take for one is one here,
        and little more: "ß" and "ss".
        """
        path = posixpath.normpath(path)
        if self.any_form:
            path = unicodedata.normalize("NFD", path)
        if self.any_case:
            path = path.casefold()
        return unicodedata.normalize("NFD", path) if self.any_form else path

    def same(self, one: str, other: str) -> bool:
        """Return whether both paths lead to the same place."""
        return self.key(one) == self.key(other)

    def covers(self, folder: str, path: str) -> bool:
        """Return whether *path* is *folder*, or below it."""
        above = self.key(folder)
        return above == "." or f"{self.key(path)}/".startswith(f"{above}/")


#: A disk to which no two spellings are one.
EXACT = Naming()
#: A disk to which all spellings of a name are one: what is different to it is different everywhere.
LOOSE = Naming(any_case=True, any_form=True)


def unsafe_on_windows(path: str) -> bool:
    """Whether Windows gives a name in the relative *path* (forward slashes) another meaning than a file's or folder's.

    It may be a device, a stream of a file, or end in a dot or blank, which Windows drops.
    """
    return bool(_UNSAFE_ON_WINDOWS.search(path))
