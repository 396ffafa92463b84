"""Finds out whether files can be written in a folder, by writing one: modes tell little of Windows and access lists."""

from __future__ import annotations

import os

from ftrack_accsyn_accessor.outbox.file import patiently
from ftrack_accsyn_accessor.staging import temporaries
from ftrack_accsyn_accessor.staging.temporaries import temporary_name

#: Probes of killed processes are removed after this long.
_LEFT_S = 3600.0


def probe(folder: str) -> None:
    """Write a file in *folder* and remove it. Raise OSError where it cannot be written.

    One that was written proves that one can write: a virus scanner, a backup or a sync client may have it open. It is
    removed at a later look then; see `temporaries.remove_held`.
    """
    path = os.path.join(folder, temporary_name())
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        patiently(lambda: os.remove(path))
    except OSError:
        temporaries.remove(path)
    temporaries.sweep(folder, _LEFT_S)
