"""What a vendor's machine remembers of a delivery: its note, its job, and the digests of its files."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ftrack_accsyn_accessor.files import read_text
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE
from ftrack_accsyn_accessor.model.submission import Found, FoundKind
from ftrack_accsyn_accessor.outbox import file
from ftrack_accsyn_accessor.outbox.locks import ProcessLock

_RECORD, _LOCK = "upload.json", "upload.lock"
_DIGITS = 16
#: Five years from the beginning of 2020, in seconds.
_DATES_FROM, _DATES = 1_577_836_800, 5 * 365 * 86_400


class Known(NamedTuple):
    """The job of the latest content, and its files by path, as they were when they were read."""

    job: str = ""
    files: Mapping[str, Found] = {}


class Uploaded:
    """What is remembered of one folder or file that goes to one share, in a folder of its own below *state*.

    Methods raise `errors.StorageError` where the disk refuses.
    """

    def __init__(self, state: Path, *what: str) -> None:
        key = hashlib.sha256("\n".join(what).encode("utf-8", "surrogatepass")).hexdigest()
        self._folder = state / "deliveries" / key[:_DIGITS]

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Let no other process of this machine deliver the same, *name*, meanwhile.

        Raise `errors.NotReady` where one does, `errors.OutboxUnusable` where the disk has no locks.
        """
        with _told("remember the delivery", self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = ProcessLock(self._folder / _LOCK)
        if not lock.acquire():
            outcome = "another process of this machine is about to deliver it"
            raise errors.NotReady("deliver", name, outcome, "Wait until that has handed it to accsyn.")
        try:
            yield
        finally:
            lock.release()

    def read(self) -> Known:
        """Return what is known. What cannot be read is not known: files are read again, and accsyn is asked."""
        try:
            told = json.loads(read_text(self._folder / _RECORD))
            found = {
                path: Found(path, FoundKind.FILE, int(size_bytes), None, str(mark), str(sha256))
                for path, (size_bytes, mark, sha256) in told["files"].items()
            }
            return Known(str(told["job"]), found)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return Known()

    def keep(self, known: Known) -> None:
        """Remember *known*."""
        files = {path: (each.size_bytes, each.mark, each.sha256) for path, each in known.files.items()}
        with _told("remember the delivery", self._folder):
            file.write(self._folder / _RECORD, json.dumps({"job": known.job, "files": files}))

    def keep_note(self, content: str, text: str) -> Path:
        """Write the note of a *content* (a digest) where accsyn finds it, and return its path.

        It stays: accsyn reads it again when the upload is retried. As accsyn tells files apart by size and date, each
        content has a date of its own.
        """
        path = self._folder / content / DELIVERY_NOTE
        with _told("write the delivery note", path):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            file.write(path, text)
            date = _DATES_FROM + int(content, 16) % _DATES
            os.utime(path, (date, date))
        return path


@contextlib.contextmanager
def _told(tried: str, on: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise errors.StorageError(tried, str(on), error.strerror or str(error)) from error
