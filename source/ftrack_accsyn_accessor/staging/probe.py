"""Finds out whether files can be written in a folder, by writing one: modes tell little of Windows and access lists."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator

from ftrack_accsyn_accessor.outbox.file import patiently

#: The accessor takes it for an unfinished write, and does not list it.
_NAME = ".probe.{}.accsyn-part"
_PROBE = re.compile(_NAME.replace(".", r"\.").format("[0-9a-f]{8}"))

#: Folders in which a probe of this process could not be removed yet.
_left: set[str] = set()


def probe(folder: str) -> None:
    """Write a file in *folder* and remove it. Raise OSError where it cannot be written.

    One that was written proves that one can write: a virus scanner, a backup or a sync client may have it open. It is
    removed by a later probe then, of any process, or by `clear_left`.
    """
    path = os.path.join(folder, _NAME.format(secrets.token_hex(4)))
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with contextlib.suppress(OSError):
        patiently(lambda: _remove(path))
    _clear(folder)


def clear_left() -> None:
    """Remove the probes that this process had to leave. Never raises; costs nothing where there are none."""
    for folder in tuple(_left):
        _clear(folder)


def _clear(folder: str) -> None:
    """Remove the probes in *folder*, whoever has written them: each had told what it is for when it was closed."""
    _left.discard(folder)
    for path in _probes(folder):
        try:
            _remove(path)
        except OSError:
            _left.add(folder)


def _probes(folder: str) -> Iterator[str]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        yield from [entry.path for entry in entries if _PROBE.fullmatch(entry.name)]


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.remove(path)
