"""What is not finished yet, on disk: hooks and services work it off, whoever comes first, also after a crash.

One JSON file for each entry, named by its kind and a digest of its key; those that have ended lie in a folder of their
own. A file is only ever there as a whole. Locks are the system's, so that whoever is killed frees what it had.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.files import read_text
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import file
from ftrack_accsyn_accessor.outbox.locks import ProcessLock

#: Kinds of entries: a delivery that is to become a version; a package, a delivery, or a receipt on its way by a relay;
#: and what of a delivery has not arrived, which both sides are to be told.
INGEST, HAND_OUT, RELAY, RECEIPT, MISSING = "ingest", "hand-out", "relay", "receipt", "missing"

#: How long it is known that something has ended. What accsyn reports again after that is looked at again.
KEPT_DAYS = 180.0
#: How long somebody waits for what only one process may do at a time.
WAIT_S = 30.0
_POLL_S = 0.05
_DAY_S = 86_400.0
_DONE, _UNREADABLE, _LOCKS = "done", "unreadable", "locks"
_SUFFIX = ".json"
_NAME = re.compile(r"[a-z][a-z-]*-[0-9a-f]{40}\.json")
_KIND = re.compile(r"[a-z][a-z-]{0,30}")
_WRITERS = "writers"
#: In the data of an entry.
_BEGUN = "begun"
_CAUSE, _STOPPED_AT, _NEEDS_HELP = "cause", "stopped_at", "needs_help"
#: The cause of what is stopped by a fault of ours.
WRONG = "Something is wrong with the plugin; its log tells more."
_OTHERS_WRITE = 0o022
_REMEDY = "Check the folder's permissions and the free space of its disk."

logger = logging.getLogger(__name__)


class _Kept(NamedTuple):
    """What a file holds."""

    kind: str
    key: str
    put_at: float
    data: dict[str, Any]
    result: Optional[dict[str, Any]] = None


class Entry:
    """Something to be worked off; what was saved of it survives any end of a process. For one thread.

    To be changed by whoever has claimed it.
    """

    def __init__(self, spool: Spool, kept: _Kept) -> None:
        self._spool = spool
        self._kept = kept
        self.ended = kept.result is not None

    @property
    def kind(self) -> str:
        """What is to be done with it."""
        return self._kept.kind

    @property
    def key(self) -> str:
        """What it is known by, within its kind."""
        return self._kept.key

    @property
    def name(self) -> str:
        """What people call it by: the first part of its file's name."""
        return name_of(self.kind, self.key)

    @property
    def put_at(self) -> float:
        """When it was put there, in seconds since 1970 by this machine's clock."""
        return self._kept.put_at

    @property
    def data(self) -> dict[str, Any]:
        """What is known of it: JSON."""
        return self._kept.data

    @property
    def begun(self) -> int:
        """How often work on it has begun."""
        count = self.data.get(_BEGUN)
        return count if isinstance(count, int) else 0

    @property
    def cause(self) -> str:
        """Why it could not be gone on with when that was tried last; empty where it could."""
        return str(self.data.get(_CAUSE) or "")

    @property
    def stopped_at(self) -> Optional[float]:
        """Since when it cannot be gone on with, in seconds since 1970; None where it can."""
        at = self.data.get(_STOPPED_AT)
        return float(at) if self.cause and isinstance(at, (int, float)) else None

    @property
    def needs_help(self) -> bool:
        """Whether it does not go on by itself: somebody has to change something."""
        return bool(self.cause and self.data.get(_NEEDS_HELP))

    def stop(self, cause: str, at: float, *, needs_help: bool = False) -> None:
        """Keep why it cannot be gone on with at *at*, in seconds since 1970; with an empty *cause*, that it can."""
        told = {_CAUSE: cause, _STOPPED_AT: self.data.get(_STOPPED_AT, at), _NEEDS_HELP: needs_help} if cause else {}
        if {**going_on(self.data), **told} != self.data:
            self.save({**going_on(self.data), **told})

    def begin(self) -> None:
        """Keep that work on it begins once more, whatever comes of it: others have their turn before it then."""
        self.save({**self.data, _BEGUN: self.begun + 1})

    def save(self, data: Mapping[str, Any]) -> None:
        """Keep *data* as what is known of it now, in one step. Of what has ended, nothing more is kept."""
        if not self.ended:
            self._kept = self._kept._replace(data=dict(data))
            self._spool._save(self._kept)

    def finish(self, result: Mapping[str, Any], without: Collection[str] = ()) -> None:
        """Take it out of what waits; that it was there, and *result*, stay known, and its data *without* some."""
        if not self.ended:
            data = {name: value for name, value in self.data.items() if name not in without}
            self._kept = self._kept._replace(data=data, result=dict(result))
            self._spool._finish(self._kept)
            self.ended = True


class Spool:
    """Entries below *folder*, which is private to its account. Any thread, any number of processes of a machine.

    Methods raise `errors.SpoolError` where the disk refuses, has no locks, or where the folder is not private.
    """

    def __init__(self, folder: Path, wait_s: float = WAIT_S) -> None:
        self.folder = folder
        self._wait_s = wait_s

    def put(self, kind: str, key: str, data: Mapping[str, Any]) -> None:
        """Have something worked off; the same key again, also of what has ended, changes nothing."""
        name = _name(kind, key)
        kept = _Kept(kind, key, time.time(), dict(data))
        with self._told("keep what is to be done", name):
            self.prepare()
            if (self.folder / name).exists():
                return
            with self._writing():
                if not (self.folder / _DONE / name).exists() and not (self.folder / name).exists():
                    _write(self.folder / name, kept)

    def waiting(self, kind: str = "") -> list[Entry]:
        """Return what has not ended, of one kind or of all; what cannot be read is left out, and told.

        First comes what was begun least often, of that what is oldest: nothing that fails keeps others waiting.
        What is no entry at all is set aside, so that it is told once.
        """
        with self._told("see what is to be done"):
            self._require_private()
            names, ended = _names(self.folder), _names(self.folder / _DONE)
            for name in names & ended:
                self._remove(name)  # left by a process that was killed when it had finished it
            chosen = sorted(name for name in names - ended if name.startswith(kind))
            found = [kept for kept in map(self._read, chosen) if kept is not None]
        of_kind = [kept for kept in found if kind in ("", kept.kind)]
        return sorted((Entry(self, kept) for kept in of_kind), key=lambda each: (each.begun, each.put_at))

    def result(self, kind: str, key: str) -> Optional[Mapping[str, Any]]:
        """Return what became of an entry, None while it has not ended."""
        name = _name(kind, key)
        with self._told("see what became of something", name):
            try:
                return _parse(read_text(self.folder / _DONE / name), name).result
            except FileNotFoundError:
                return None
            except ValueError as error:
                raise _broken(self.folder / _DONE / name) from error

    @contextlib.contextmanager
    def claim(self, entry: Entry) -> Iterator[Optional[Entry]]:
        """Give the entry as it is now to work on; None where another process does, or it has ended meanwhile."""
        name = _name(entry.kind, entry.key)
        lock = self._lock(name)
        try:
            with self._told("claim what is to be done", name):
                self.prepare()
                current = self._current(name) if lock.acquire() else None
            yield current
        finally:
            if lock.held:
                if (self.folder / _DONE / name).exists():
                    _drop(lock)  # whoever has this file open already, still finds that the entry has ended
                lock.release()

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Give True to one process of the machine at a time, after waiting for a while; False where that was vain.

        Not to be entered again inside, by the same name.
        """
        lock = self._lock(f"alone-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}")
        with self._told("wait for another process", name):
            self.prepare()
            taken = self._await(lock)
        try:
            yield taken
        finally:
            lock.release()

    def prepare(self) -> None:
        """Make the folders; raise `errors.SpoolError` where somebody else could put anything there, or OSError."""
        for folder in (self.folder, *(self.folder / name for name in (_DONE, _UNREADABLE, _LOCKS))):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._require_private()

    def _current(self, name: str) -> Optional[Entry]:
        if (self.folder / _DONE / name).exists():
            return None
        kept = self._read(name)
        return None if kept is None else Entry(self, kept)

    def _save(self, kept: _Kept) -> None:
        name = _name(kept.kind, kept.key)
        with self._told("keep what was done", name):
            _write(self.folder / name, kept)

    def _finish(self, kept: _Kept) -> None:
        name = _name(kept.kind, kept.key)
        with self._told("keep what became of something", name), self._writing():
            _write(self.folder / _DONE / name, kept)  # first: between the two steps it is known to have ended
            self._remove(name)
            self._forget()

    def _forget(self) -> None:
        oldest = time.time() - KEPT_DAYS * _DAY_S
        for name in _names(self.folder / _DONE):
            path = self.folder / _DONE / name
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest and not (self.folder / name).exists():
                    path.unlink()

    def _read(self, name: str) -> Optional[_Kept]:
        """Return what a waiting file holds; None where it has ended meanwhile, or cannot be read, which is told."""
        path = self.folder / name
        try:
            return _parse(read_text(path), name)
        except FileNotFoundError:
            return None
        except OSError as error:
            logger.warning("%s cannot be read, and what it asks for waits: %s", path, error)
        except ValueError:
            self._set_aside(path)
        return None

    def _set_aside(self, path: Path) -> None:
        # A digit more than its name has makes room for another one of the same name.
        aside = self.folder / _UNREADABLE / f"{path.stem}-{time.time_ns():x}{_SUFFIX}"
        with contextlib.suppress(FileNotFoundError):  # another process was faster
            file.patiently(lambda: os.replace(path, aside))
            logger.error("%s", _broken(aside))

    def _remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            file.patiently(lambda: os.remove(self.folder / name))
        _flush(self.folder)

    def _require_private(self) -> None:
        """Raise `errors.SpoolError` where somebody else could put entries into the folder."""
        if not hasattr(os, "geteuid") or not self.folder.exists():
            return
        found = self.folder.stat()
        if found.st_uid != os.geteuid() or found.st_mode & _OTHERS_WRITE:
            raise errors.SpoolError(
                "use the folder of what is not finished",
                str(self.folder),
                "other accounts may write there",
                "Let it be a folder that only the account of accsyn's daemon can write, and run `serve` as that one.",
            )

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Keep other processes from deciding whether an entry is there, for a moment."""
        lock = self._lock(_WRITERS)
        if not self._await(lock):
            outcome = f"{lock.path.name} could not be locked for {self._wait_s:.0f} s"
            raise errors.SpoolError("use the folder of what is not finished", str(self.folder), outcome, _REMEDY)
        try:
            yield
        finally:
            lock.release()

    def _await(self, lock: ProcessLock) -> bool:
        until = time.monotonic() + self._wait_s
        while not lock.acquire():
            if time.monotonic() > until:
                return False
            time.sleep(_POLL_S)
        return True

    def _lock(self, name: str) -> ProcessLock:
        return ProcessLock(self.folder / _LOCKS / f"{name}.lock")

    @contextlib.contextmanager
    def _told(self, tried: str, name: str = "") -> Iterator[None]:
        try:
            yield
        except errors.OutboxUnusable as error:
            remedy = "Let the spool's folder be one on a local disk."
            raise errors.SpoolError(tried, str(self.folder), error.outcome, remedy) from error
        except OSError as error:
            on = str(self.folder / name) if name else str(self.folder)
            raise errors.SpoolError(tried, on, error.strerror or type(error).__name__, _REMEDY) from error


def going_on(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of an entry without what it was stopped by."""
    return {name: value for name, value in data.items() if name not in (_CAUSE, _STOPPED_AT, _NEEDS_HELP)}


def name_of(kind: str, key: str) -> str:
    """Return what people call the entry with this key by."""
    return _name(kind, key)[: len(kind) + 9]


def _drop(lock: ProcessLock) -> None:
    with contextlib.suppress(OSError):
        os.remove(lock.path)


def _name(kind: str, key: str) -> str:
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{kind!r} is no kind of entry")
    digest = hashlib.sha256(f"{kind}\n{key}".encode("utf-8", "surrogatepass")).hexdigest()[:40]
    return f"{kind}-{digest}{_SUFFIX}"


def _names(folder: Path) -> set[str]:
    try:
        return {name for name in os.listdir(folder) if _NAME.fullmatch(name)}
    except FileNotFoundError:
        return set()


def _write(path: Path, kept: _Kept) -> None:
    file.write(path, json.dumps(kept._asdict()))
    _flush(path.parent)


def _parse(text: str, name: str) -> _Kept:
    """Return what *text* holds; raise ValueError where that is no entry of this *name*."""
    try:
        found = json.loads(text)
        kept = _Kept(found["kind"], found["key"], float(found["put_at"]), found["data"], found.get("result"))
        whole = isinstance(kept.key, str) and isinstance(kept.data, dict)
        if whole and isinstance(kept.result, (dict, type(None))) and _name(kept.kind, kept.key) == name:
            return kept
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(name) from error
    raise ValueError(name)


def _broken(path: Path) -> errors.SpoolError:
    outcome = "it is no whole entry"
    remedy = "It was left where it is. What it asked for is done when accsyn runs the hook again: retry its job."
    return errors.SpoolError("read what is to be done", str(path), outcome, remedy)


def _flush(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system can be asked for that."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
