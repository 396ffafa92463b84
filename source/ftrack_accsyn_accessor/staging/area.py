"""The staging area on disk: made once and known again, written to atomically, its files checked before they go out."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import stat
import threading
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, Collection, Dict, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple

import filelock

from ftrack_accsyn_accessor.model.errors import FileChanged, StagingError, StagingGone
from ftrack_accsyn_accessor.outbox import memory
from ftrack_accsyn_accessor.outbox.file import STATE_FOLDER as STATE_FOLDER
from ftrack_accsyn_accessor.outbox.file import marker_path, read_marker, write
from ftrack_accsyn_accessor.staging.probe import probe
from ftrack_accsyn_accessor.staging.refusal import absent_disk, remedy

MARKER_SCHEMA = 1

# Making the marker takes milliseconds; a process that waits this long for another one met a broken file lock.
_LOCK_TIMEOUT_S = 5.0

_TEMPORARY_SUFFIX = ".accsyn-part"
_TEMPORARY = re.compile(r"\..*\.[0-9a-f]{8}" + re.escape(_TEMPORARY_SUFFIX), re.DOTALL)
# The part of the final name that a temporary name repeats: file systems allow 255 bytes, encrypting ones only 143.
_STEM_BYTES = 100

# On Windows a virus scanner may hold a file just written for some tens of milliseconds; elsewhere nothing does.
_REPLACE_PAUSES_S = (0.01, 0.03, 0.1, 0.3, 0.6) if os.name == "nt" else ()

# File systems and files for which fsync means nothing say so with one of these.
_NO_FSYNC = (errno.EINVAL, errno.EBADF, errno.EROFS, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)

_NAMED_AT_MOST = 3
_UNPLUGGED = "it is known on this machine, but is not there: its disk is unplugged"
_NOT_THERE = "there is no staging area: its disk is unplugged, or nothing was ever published here"
_NOTHING_LOST = "Nothing is lost: plug the disk in again."
_NEVER_SERVED = "Plug it in, or correct the path. Where no disk is meant, make that folder by hand."

# Roots that this process has prepared, with the identity of their markers: a root that vanishes while the process lives
# is waited for and never made anew, whichever object asks.
_prepared: Dict[str, str] = {}
_prepared_lock = threading.Lock()


def temporary_name(name: str) -> str:
    """Return a fresh name for the unfinished content of the file *name*, in the same folder."""
    stem = os.fsencode(name)[:_STEM_BYTES].decode(errors="ignore")
    return f".{stem}.{secrets.token_hex(4)}{_TEMPORARY_SUFFIX}"


def is_temporary_name(name: str) -> bool:
    """Return whether *name*, without its folder, is the name of an unfinished write."""
    return name.endswith(_TEMPORARY_SUFFIX) and _TEMPORARY.fullmatch(name) is not None


class Stamp(NamedTuple):
    """Size and modification time by which a staged file is recognised."""

    size_bytes: int
    mtime_ns: int


class StagedWrite:
    """A write to *path* that goes to a temporary name beside it until `commit`.

    *existing* is what lies at *path* now. *mode* as for the built-in open, and with its meaning: `a` and `r+` start
    from a copy of what is there, `x` refuses an existing file (looked at when opening and again before the rename,
    which is no lock against others). `file` is the open file. Raises OSError as open does.
    """

    def __init__(self, path: str, mode: str, existing: Optional[os.stat_result]) -> None:
        _check_writable(path, mode, existing)
        self.path = path
        self._exclusive = "x" in mode
        folder, name = os.path.split(path)
        self.temporary = os.path.join(folder, temporary_name(name))
        self._pid = os.getpid()
        self.file: IO[Any]
        try:
            if existing is not None and "w" not in mode:
                shutil.copyfile(path, self.temporary)
                self.file = open(self.temporary, mode)  # noqa: SIM115  # handed to the caller
            else:
                self.file = open(self.temporary, mode.replace("w", "x"))  # noqa: SIM115  # handed to the caller
            if existing is not None:
                os.chmod(self.temporary, stat.S_IMODE(existing.st_mode))
        except BaseException:
            self.discard()
            raise

    def commit(self) -> None:
        """Close the file and give it its final name."""
        self.file.close()
        if self._exclusive and os.path.lexists(self.path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), self.path)
        _replace(self.temporary, self.path)

    def discard(self) -> None:
        """Close the file and remove it; does nothing in a forked child, whose parent is still writing."""
        if os.getpid() != self._pid:
            return
        with contextlib.suppress(OSError, AttributeError):
            self.file.close()
        with contextlib.suppress(OSError):
            os.remove(self.temporary)


def _check_writable(path: str, mode: str, existing: Optional[os.stat_result]) -> None:
    """Raise what open would raise: a rename heeds neither the kind of the file that it replaces nor its protection."""
    code = 0
    if existing is None:
        code = errno.ENOENT if set(mode) & set("rwax") == {"r"} else 0
    elif "x" in mode:
        code = errno.EEXIST
    elif stat.S_ISDIR(existing.st_mode):
        code = errno.EISDIR
    elif not stat.S_ISREG(existing.st_mode):
        code = errno.EINVAL
    elif not os.access(path, os.W_OK):
        code = errno.EACCES
    if code:
        raise OSError(code, os.strerror(code), path)


def _replace(source: str, target: str) -> None:
    for pause_s in _REPLACE_PAUSES_S:
        try:
            return os.replace(source, target)
        except PermissionError:
            time.sleep(pause_s)
    return os.replace(source, target)


class StagingArea:
    """The folder *root* that ACCSYN_<VOLUME>_PATH names, known again by a marker file.

    Nothing is touched before `prepare`. Paths given to the other methods are relative to *root*, with forward slashes.
    Safe to use from several threads; `prepare` also from several processes.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(os.path.expanduser(os.path.expandvars(root)))  # as ftrack's DiskAccessor does
        self.was_new = False
        self.uuid = ""
        self._awaited = False
        self._seen: Optional[Tuple[int, ...]] = None
        self._refused: Optional[PermissionError] = None

    @property
    def state_dir(self) -> str:
        """The folder for the plugin's own files, private to their owner."""
        return os.path.join(self.root, STATE_FOLDER)

    @property
    def marker_path(self) -> str:
        """The file by which the staging area is known again."""
        return marker_path(self.root)

    def prepare(self, begin: bool = True, known: str = "") -> None:
        """Make the root, its state folder and its marker where they are missing; `was_new` tells if the marker was.

        StagingGone, and nothing is made, where the area is not there and this process has prepared it, the machine
        remembers it, *known* is not empty (the identity in its marker), nothing new is to *begin*, or the disk is not
        there that the path lies on: it is waited for then. Who wants a new one there makes the state folder by hand.
        StagingError when the path cannot be used.
        """
        with _prepared_lock:
            key = os.path.normcase(self.root)
            self.was_new = False
            prepared = _prepared.get(key, "")
            try:
                if prepared:
                    self.uuid = prepared
                    self.require()
                else:
                    self._begin(begin, known)
                probe(self.root)
            except (OSError, filelock.Timeout) as error:
                if prepared:
                    self.require()
                raise self._unusable(error) from error
            _prepared[key] = self.uuid

    def _begin(self, begin: bool, known: str) -> None:
        """Find the area or make it, the first time in this process."""
        found = read_marker(self.root)
        if not found and not os.path.isdir(self.state_dir):
            remembered = memory.known(self.root)
            known = known or (remembered.uuid if remembered is not None else "")
            if known or not begin or absent_disk(self.root):
                self.uuid, self._awaited = known, True
                self.require()
        self._make_folders()
        self.uuid, self._awaited = found or self._make_marker(), False

    def present(self) -> bool:
        """Return whether the root is there and is the one that was prepared (another disk has another marker).

        Of one that is waited for and was never seen by this machine the first marker counts. Costs one stat as long as
        nothing changed.
        """
        try:
            found = os.stat(self.marker_path)
            seen = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if seen != self._seen:
                marker = read_marker(self.root)
                if self._awaited and not self.uuid:
                    self.uuid = marker
                if not self.uuid or marker != self.uuid:
                    return False
                self._seen = seen
        except OSError as error:
            self._refused = error if isinstance(error, PermissionError) else None
            return False
        return True

    def require(self) -> None:
        """Raise StagingGone unless the staging area is present."""
        if self.present():
            return
        tried = "use the staging area"
        if self._refused is not None:
            raise StagingGone(tried, self.root, str(self._refused.strerror), remedy(self._refused, self.state_dir))
        outcome = "it has vanished, or another one is in its place"
        if self._awaited:
            outcome = _UNPLUGGED if self.uuid else _NOT_THERE
        disk = absent_disk(self.root)
        if not disk:
            anew = f"To begin a new staging area there, make the folder {self.state_dir} and restart the application."
            raise StagingGone(tried, self.root, outcome, f"{_NOTHING_LOST} {anew}")
        if self._awaited and not self.uuid:
            raise StagingGone(tried, self.root, disk, _NEVER_SERVED)
        raise StagingGone(tried, self.root, f"{outcome}: {disk}", _NOTHING_LOST)

    def fsync_files(self, paths: Iterable[str]) -> None:
        """Return when the data of *paths*, and their names, have reached the disk; for a background thread.

        File systems without fsync are passed over, and so are missing files: `verify` names those. StagingError when
        the disk reports that it could not write.
        """
        folders = set()
        for path in paths:
            full = self._full(path)
            self._fsync(full)
            folders.add(os.path.dirname(full))
        if os.name != "nt":  # a folder cannot be opened there
            for folder in folders:
                self._fsync(folder)

    def stat_file(self, path: str) -> Stamp:
        """Return the stamp of a staged file; FileChanged when it is no file, StagingGone when the root vanished."""
        found = _stat_regular(self._full(path))
        if found is None:
            self.require()
            raise FileChanged("look at a staged file", path, "it is missing", "Publish it again.")
        return Stamp(found.st_size, found.st_mtime_ns)

    def date(self, path: str, mtime_ns: int) -> Stamp:
        """Date a staged file; return its stamp, as its file system keeps it. May raise OSError."""
        os.utime(self._full(path), ns=(mtime_ns, mtime_ns))
        return self.stat_file(path)

    def verify(self, files: Mapping[str, Stamp]) -> List[str]:
        """Return why *files*, path to stamp at publish, are not what was published; empty when they are.

        At most one reason for the missing and one for the changed files, each naming a few of them. Times may differ
        below a microsecond, the precision in which other systems hand them on. StagingGone when the root vanished: then
        nothing can be said of the files.
        """
        missing, changed = [], []
        for path, stamp in files.items():
            found = _stat_regular(self._full(path))
            if found is None:
                missing.append(path)
            elif found.st_size != stamp.size_bytes:
                changed.append(f"{path} has {found.st_size} bytes, published with {stamp.size_bytes}")
            elif found.st_mtime_ns != stamp.mtime_ns and found.st_mtime_ns // 1000 != stamp.mtime_ns // 1000:
                changed.append(f"{path} was written to since")
        if missing:
            self.require()
        return _reasons(missing, "missing", len(files)) + _reasons(changed, "changed", len(files))

    def names(self, absolute: str, path: str) -> bool:
        """Return whether *absolute*, as a program on this machine tells it, is the staged file, or folder, *path*.

        The name of a frame range is no file: then its folder decides.
        """
        ours = self._full(path)
        for one, other in ((absolute, ours), (os.path.dirname(absolute), os.path.dirname(ours))):
            with contextlib.suppress(OSError, ValueError):
                return os.path.samefile(one, other)
        return os.path.normcase(os.path.normpath(absolute)) == os.path.normcase(os.path.normpath(ours))

    def holds_only(self, folder: str, paths: Collection[str]) -> bool:
        """Return whether *folder*, at any depth, holds exactly the files *paths* (relative to the root)."""
        found: Set[str] = set()
        for base, folders, names in os.walk(self._full(folder)):
            if any(os.path.islink(os.path.join(base, name)) for name in folders):
                return False
            relative = os.path.relpath(base, self.root).replace(os.sep, "/")
            found.update(f"{relative}/{name}" for name in names)
            if len(found) > len(paths):
                return False
        return found == set(paths)

    def sweep_temporaries(self, folder: str, older_than_s: float) -> int:
        """Remove what killed processes left unfinished in *folder* (not below it); return how many files.

        A write that goes on touches its file, so only those that nothing was written to for *older_than_s* are removed.
        """
        oldest_s = time.time() - older_than_s
        removed = 0
        with contextlib.suppress(OSError), os.scandir(self._full(folder)) as entries:
            for entry in entries:
                if is_temporary_name(entry.name):
                    with contextlib.suppress(OSError):
                        if entry.stat(follow_symlinks=False).st_mtime < oldest_s:
                            os.remove(entry.path)
                            removed += 1
        return removed

    def _full(self, path: str) -> str:
        return f"{self.root}/{path}"

    def _make_folders(self) -> None:
        try:
            os.stat(self.root)  # why it may not be looked at, `makedirs` would not tell
        except FileNotFoundError:
            os.makedirs(self.root, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(self.state_dir, 0o700)
        if stat.S_IMODE(os.stat(self.state_dir).st_mode) & 0o077:
            with contextlib.suppress(OSError):  # file systems without modes
                os.chmod(self.state_dir, 0o700)

    def _make_marker(self) -> str:
        with filelock.FileLock(os.path.join(self.state_dir, "staging.lock"), timeout=_LOCK_TIMEOUT_S):
            known = read_marker(self.root)
            if known:
                return known
            identity = str(uuid.uuid4())
            created = datetime.now(timezone.utc).isoformat(timespec="seconds")
            content = {"schema": MARKER_SCHEMA, "uuid": identity, "created": created}
            write(Path(self.marker_path), json.dumps(content))
            self.was_new = True
            return identity

    def _fsync(self, path: str) -> None:
        # Windows flushes only through a handle that may write.
        flags = os.O_RDWR if os.name == "nt" else os.O_RDONLY
        try:
            handle = os.open(path, flags)
        except OSError:
            return
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in _NO_FSYNC:
                self.require()
                remedy = "Look after the disk, then publish again."
                raise StagingError("get a staged file to the disk", path, str(error.strerror), remedy) from error
        finally:
            os.close(handle)

    def _unusable(self, error: Exception) -> StagingError:
        reason = getattr(error, "strerror", None) or str(error)
        return StagingError("prepare the staging area", self.root, reason, remedy(error, self.root))


def _stat_regular(path: str) -> Optional[os.stat_result]:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _reasons(items: List[str], what: str, total: int) -> List[str]:
    if not items:
        return []
    more = "; .." if len(items) > _NAMED_AT_MOST else ""
    return [
        f"{len(items)} of {total} {'file' if total == 1 else 'files'} {what}: "
        + "; ".join(items[:_NAMED_AT_MOST])
        + more
    ]
