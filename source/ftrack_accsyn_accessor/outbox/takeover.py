"""Takes over what release 1.0.0 left behind: one outbox for each staging location, several in one staging area.

Each file goes through these steps, and may be met after a kill at any of them:
1. Nobody works with it: its process lock is free, and no process has it open. Else it is left to whoever has.
2. It is marked as begun, then brought to the present version, where it lies. From then on 1.0.0 refuses it in words.
3. Its rows are merged into the present outbox, in one transaction, which also tells that this has happened.
4. It is marked as done, and never read again. It stays where it is, since without it 1.0.0 would begin a new one.

The file is never renamed: that takes three renames, between which a process of 1.0.0 may open it without its journal,
and Windows refuses it while the file is open.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import urllib.parse
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model.item import Publication
from ftrack_accsyn_accessor.outbox import damage, facts, locations, merging, schema
from ftrack_accsyn_accessor.outbox.archive import Archive
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.file import is_state_folder, lock_path, normalised, state_folder
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.outbox.recalling import Recalling
from ftrack_accsyn_accessor.outbox.store import Outbox

logger = logging.getLogger(__name__)

#: What became of a file, in `facts.Earlier`.
MERGED = "merged"  # its rows are ours; it is not marked yet
TAKEN = "taken over"
IN_USE = "in use"  # looked at again, and so is what cannot be read
UNREADABLE = "unreadable"
DAMAGED = "damaged"
FOREIGN = "not ours"  # the outbox of another area, or none at all
_SETTLED = (TAKEN, DAMAGED, FOREIGN)

#: The version that 1.0.0 wrote, and its mark in `meta`, with its values.
_VERSION = 1
_MARK = "taken over"
_BEGUN, _DONE = "begun", "done"
#: A process that has the file open keeps it so; one that only looks is through in milliseconds.
_BUSY_TIMEOUT_S = 0.3


class _InUseError(Exception):
    """Another process works with the file."""


def candidates(outbox: Path, root: str) -> list[Path]:
    """Return what may be outboxes of an earlier release, beside the one at *outbox* and in the area at *root*."""
    folders = {normalised(str(folder)): folder for folder in (Path(root) / state_folder(root), outbox.parent)}
    found = (path for folder in folders.values() for path in sorted(folder.glob("*.sqlite3")))
    return [path for path in found if normalised(str(path)) != normalised(str(outbox)) and path.is_file()]


class Takeover:
    """The take-over into *outbox*, which serves the staging area at *root* with the identity *uuid*.

    On any thread of any process; of several at once one does it.
    """

    def __init__(self, outbox: Outbox, root: str, uuid: str) -> None:
        self._outbox = outbox
        self._root = root
        self._uuid = uuid

    def step(self) -> bool:
        """Take over what can be taken over now; return whether nothing is left to be looked at again.

        Raise `errors.OutboxError` where the present outbox cannot be used.

        What is wrong with an earlier one is said, and kept in `facts.Earlier`. Another process that does the same is
        left to it.
        """
        lock = ProcessLock(self._outbox.path.with_suffix(".takeover.lock"))
        if not lock.acquire():
            return False
        try:
            return self._step()
        finally:
            lock.release()

    def _step(self) -> bool:
        known = facts.kept(self._outbox, facts.Earlier).files
        found = candidates(self._outbox.path, self._root)
        for path in found:
            if known.get(str(path)) not in _SETTLED:
                self._tell(path, self._outcome(path), again=str(path) in known)
        files = facts.kept(self._outbox, facts.Earlier).files
        if {IN_USE, UNREADABLE, DAMAGED} & set(files.values()) and self._outbox.fact(facts.COMPLETE) == "1":
            self._outbox.keep_fact(facts.COMPLETE, "0")
        return all(files.get(str(path)) in _SETTLED for path in found)

    def _outcome(self, path: Path) -> str:
        lock = ProcessLock(lock_path(path))
        try:
            if not self._is_earlier(path):
                return TAKEN if self._is_merged(path) else FOREIGN
            if not lock.acquire():
                return IN_USE
            with _alone(path) as earlier:
                self._take(path, earlier)
            return TAKEN
        except _InUseError:
            return IN_USE
        except merging.UnreadableError as error:
            return self._failed(path, error)
        finally:
            lock.release()

    def _is_earlier(self, path: Path) -> bool:
        """Whether 1.0.0 wrote the file, for this staging area, and it is not done with."""
        with _opened(path) as earlier:
            version = int(earlier.execute("PRAGMA user_version").fetchone()[0])
            if version == 0:
                return is_state_folder(path.parent.name)
            mark = merging.meta(earlier, _MARK)
            if mark == _DONE or (version > _VERSION and mark != _BEGUN):
                return False
            place = json.loads(merging.meta(earlier, facts.Area.NAME) or "{}")
        if is_state_folder(path.parent.name) and normalised(str(path.parent.parent)) == normalised(self._root):
            return True
        same_root = normalised(str(place.get("staging_path", ""))) == normalised(self._root)
        return same_root or (place.get("staging_uuid") or None) == self._uuid

    def _is_merged(self, path: Path) -> bool:
        return facts.kept(self._outbox, facts.Earlier).files.get(str(path)) == MERGED

    def _take(self, path: Path, earlier: sqlite3.Connection) -> None:
        self._upgrade(path, earlier)
        if not self._is_merged(path):
            self._merge(path, earlier)
        locations.keep(self._root, merging.located(earlier), known_win=True)
        self._finish(earlier)

    def _upgrade(self, path: Path, earlier: sqlite3.Connection) -> None:
        """Bring the file to the present version, so that 1.0.0 refuses it; marked first, to be known again."""
        if int(earlier.execute("PRAGMA user_version").fetchone()[0]) == _VERSION:
            self._mark(earlier, _BEGUN)
        schema.upgrade(earlier, str(path))

    def _merge(self, path: Path, earlier: sqlite3.Connection) -> None:
        with self._writing(merging.published(earlier)) as connection:
            merging.merge(connection, earlier)
            _keep(connection, path, MERGED)

    @contextlib.contextmanager
    def _writing(self, publications: Sequence[Publication] = ()) -> Iterator[sqlite3.Connection]:
        """Give a connection inside a transaction, with what *publications* concern in the outbox itself."""
        connections = Connections(self._outbox.path)
        archive = Archive(connections)
        try:
            with Recalling(connections, archive).writing(publications) as connection:
                yield connection
        finally:
            archive.close()
            connections.close()

    def _finish(self, earlier: sqlite3.Connection) -> None:
        self._mark(earlier, _DONE)

    def _mark(self, earlier: sqlite3.Connection, mark: str) -> None:
        with merging.readable():
            merging.keep_meta(earlier, _MARK, mark)

    def _failed(self, path: Path, error: Exception) -> str:
        damaged = damage.is_damage(error.__cause__ or error)
        what = f"is damaged ({error})" if damaged else f"cannot be taken over ({error}); it is tried again"
        text = f"The outbox {path} of an earlier release {what}. It is left as it is."
        announce.once(logger, logging.ERROR, f"{text} {damage.REMEDY}" if damaged else text)
        return DAMAGED if damaged else UNREADABLE

    def _tell(self, path: Path, outcome: str, again: bool) -> None:
        """Keep what became of the file, and say it.

        One in use is said when it is met *again*: the first time another process may just be taking it over.
        """
        with self._writing() as connection:
            _keep(connection, path, outcome)
        if outcome == IN_USE and again:
            text = f"The outbox {path} is in use by an application with release 1.0.0 of the plugin, which sends what"
            announce.once(logger, logging.WARNING, f"{text} is in it. It is taken over when that has ended.")
        elif outcome == TAKEN:
            logger.info("What release 1.0.0 left in %s was taken over.", path)


def _keep(connection: sqlite3.Connection, path: Path, outcome: str) -> None:
    """Keep what became of the file; what another process has merged meanwhile stays so."""
    known = json.loads(merging.meta(connection, facts.Earlier.NAME) or "{}").get("files", {})
    if outcome == TAKEN or known.get(str(path)) not in (MERGED, TAKEN):
        text = json.dumps({"files": {**known, str(path): outcome}}, sort_keys=True)
        merging.keep_meta(connection, facts.Earlier.NAME, text)


def _uri(path: PurePath) -> str:
    """Return what SQLite opens the file at *path* (absolute) by, without making it.

    Other than in `as_uri` the server of a share is a part of the path: SQLite refuses one in its own place.
    """
    text = path.as_posix()
    return f"file://{'' if text.startswith('/') else '/'}{urllib.parse.quote(os.fsencode(text))}?mode=rw"


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to the file at *path*, which is not made."""
    with merging.readable():
        earlier = sqlite3.connect(_uri(path.absolute()), uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
    earlier.row_factory = sqlite3.Row
    try:
        with merging.readable():
            yield earlier
    finally:
        with contextlib.suppress(sqlite3.Error):
            earlier.close()


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[sqlite3.Connection]:
    """Give the same as the only connection that any process has to the file."""
    with _opened(path) as earlier:
        earlier.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:
            earlier.execute("BEGIN EXCLUSIVE")
            earlier.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise _InUseError from error
        yield earlier
