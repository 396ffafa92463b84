"""What is not finished yet, on disk: hooks and services work it off, whoever comes first, also after a crash."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Optional

#: Kinds of entries: a delivery that is to become a version, and a package, or a delivery, on its way by a relay.
INGEST, HAND_OUT, RELAY = "ingest", "hand-out", "relay"


class Entry:
    """Something to be worked off; what was saved of it survives any end of a process. For one thread."""

    kind: str
    key: str
    data: dict[str, Any]

    def save(self, data: Mapping[str, Any]) -> None:
        """Keep *data* as what is known of it now, in one step."""
        raise NotImplementedError

    def finish(self, result: Mapping[str, Any]) -> None:
        """Take it out of what waits; that it was there, and *result*, stay known."""
        raise NotImplementedError


class Spool:
    """Entries below *folder*, which is private to its account. Any thread, any number of processes of a machine.

    Methods raise `errors.SpoolError` where the disk refuses.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, kind: str, key: str, data: Mapping[str, Any]) -> None:
        """Have something worked off; the same key again, also of what has ended, changes nothing."""
        raise NotImplementedError

    def waiting(self, kind: str = "") -> list[Entry]:
        """Return what has not ended, oldest first, of one kind or of all; what cannot be read is left out, and told."""
        raise NotImplementedError

    def result(self, kind: str, key: str) -> Optional[Mapping[str, Any]]:
        """Return what became of an entry, None while it has not ended."""
        raise NotImplementedError

    @contextlib.contextmanager
    def claim(self, entry: Entry) -> Iterator[Optional[Entry]]:
        """Give the entry as it is now to work on; None where another process does, or it has ended meanwhile."""
        raise NotImplementedError
        yield None

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Give True to one process of the machine at a time, after waiting for a while; False where that was vain."""
        raise NotImplementedError
        yield False
