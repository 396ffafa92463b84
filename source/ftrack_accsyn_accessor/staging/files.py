"""The files of a staging area: looked at, dated, brought to the disk, and compared with what was published."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import unicodedata
from typing import Callable, Collection, Dict, Iterable, List, Mapping, Optional, Set

from ftrack_accsyn_accessor.model.errors import FileChanged, FileUnreadable, StagingError
from ftrack_accsyn_accessor.model.stamp import Stamp, is_same_time
from ftrack_accsyn_accessor.outbox.file import state_folder
from ftrack_accsyn_accessor.staging import temporaries
from ftrack_accsyn_accessor.staging.longpath import reachable

# File systems and files for which fsync means nothing say so with one of these.
_NO_FSYNC = (errno.EINVAL, errno.EBADF, errno.EROFS, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY)
# macOS leaves in the disk's own memory what fsync hands over; once for all files, it is told to write that down.
_FULL_FSYNC: Optional[int] = None
with contextlib.suppress(ImportError):
    import fcntl  # not on Windows

    _FULL_FSYNC = getattr(fcntl, "F_FULLFSYNC", None)

_MISSING = (errno.ENOENT, errno.ENOTDIR)
_NAMED_AT_MOST = 3


class StagedFiles:
    """The files below *root*. Paths are relative to it, with forward slashes. Safe to use from several threads."""

    root: str

    def require(self) -> None:
        """Raise StagingGone unless the root is the one that was prepared."""
        raise NotImplementedError

    def fsync_files(self, paths: Iterable[str]) -> None:
        """Return when the data of *paths*, and their names, have reached the disk; for a background thread.

        File systems without fsync are passed over, and so are missing files: `verify` names those. StagingError when
        the disk reports that it could not write.
        """
        folders = set()
        disks: Dict[int, str] = {}
        for path in paths:
            full = self._full(path)
            disk = self._flush(full, os.fsync)
            if disk is not None:
                disks[disk] = full
            folders.add(os.path.dirname(full))
        if os.name != "nt":  # a folder cannot be opened there
            for folder in folders:
                self._flush(folder, os.fsync)
        for full in disks.values():
            self._flush(full, _full_fsync)

    def stat_file(self, path: str) -> Stamp:
        """Return the stamp of a staged file.

        FileChanged when it is no file, FileUnreadable when the system does not tell, StagingGone when the root is gone.
        """
        found = self._found(path)
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

        At most one reason for the missing and one for the changed files, each naming a few of them. StagingGone when
        the root vanished, FileUnreadable when the system does not let one be looked at: nothing can be said then.
        """
        missing, changed = [], []
        for path, stamp in files.items():
            found = self._found(path)
            if found is None:
                missing.append(path)
            elif found.st_size != stamp.size_bytes:
                changed.append(f"{path} has {found.st_size} bytes, published with {stamp.size_bytes}")
            elif not is_same_time(found.st_mtime_ns, stamp.mtime_ns):
                changed.append(f"{path} was written to since")
        if missing:
            self.require()
        return _reasons(missing, "missing", len(files)) + _reasons(changed, "changed", len(files))

    def lacks(self, paths: Iterable[str]) -> bool:
        """Return whether one of *paths* is no file here.

        StagingGone when the root vanished, FileUnreadable when the system does not let one be looked at.
        """
        for path in paths:
            found = self._found(path)
            if found is None:
                self.require()
                return True
        return False

    def _found(self, path: str) -> Optional[os.stat_result]:
        """Return what `_look` does; FileUnreadable, or StagingGone, where the system does not tell."""
        try:
            return self._look(path)
        except OSError as error:
            self.require()
            raise _unreadable(path, error) from error

    def names(self, absolute: str, path: str) -> bool:
        """Return whether *absolute*, as a program on this machine tells it, is the staged file, or folder, *path*.

        The name of a frame range is no file: then its folder decides.
        """
        ours = self._full(path)
        for one, other in ((absolute, ours), (os.path.dirname(absolute), os.path.dirname(ours))):
            with contextlib.suppress(OSError, ValueError):
                return os.path.samefile(one, other)
        plain = f"{self.root}/{path}"
        return os.path.normcase(os.path.normpath(absolute)) == os.path.normcase(os.path.normpath(plain))

    def holds_only(self, folder: str, paths: Collection[str]) -> bool:
        """Return whether *folder*, at any depth, holds exactly the files *paths* (relative to the root).

        A disk may list other names than those that the files were written with, and know them by both.
        """
        found: Set[str] = set()
        top = self._full(folder)
        for base, folders, names in os.walk(top):
            if any(os.path.islink(os.path.join(base, name)) for name in folders):
                return False
            below = os.path.relpath(base, top).replace(os.sep, "/")
            relative = folder if below == "." else f"{folder}/{below}"
            found.update(f"{relative}/{name}" for name in names)
            if len(found) > len(paths):
                return False
        listed, written = found.difference(paths), set(paths).difference(found)
        return self._are_one(listed, written)

    def _are_one(self, listed: Set[str], written: Set[str]) -> bool:
        """Return whether the disk takes the names *written*, which it does not list, for those that it has *listed*."""
        if {_folded(path) for path in listed} != {_folded(path) for path in written} or len(listed) != len(written):
            return False
        return all(os.path.lexists(self._full(path)) for path in written)

    def sweep_temporaries(self, folder: str, older_than_s: float) -> int:
        """Remove what killed processes left unfinished in *folder* (not below it); see `temporaries.sweep`."""
        return temporaries.sweep(self._full(folder), older_than_s)

    def sweep_unfinished(self, older_than_s: float) -> int:
        """Remove what killed processes left unfinished in the state folder; see `temporaries.sweep`."""
        return self.sweep_temporaries(state_folder(self.root), older_than_s)

    def _full(self, path: str) -> str:
        return reachable(f"{self.root}/{path}")

    def _look(self, path: str) -> Optional[os.stat_result]:
        """Return what lies at *path*; None where no file does. Raise OSError where the system does not tell."""
        try:
            found = os.stat(self._full(path))
        except OSError as error:
            if error.errno in _MISSING:
                return None
            raise
        return found if stat.S_ISREG(found.st_mode) else None

    def _flush(self, path: str, flush: Callable[[int], None]) -> Optional[int]:
        """Have *flush* bring *path* to its disk; return which one that is, None where *path* is missing."""
        # Windows flushes only through a handle that may write.
        flags = os.O_RDWR if os.name == "nt" else os.O_RDONLY
        try:
            handle = os.open(path, flags)
        except OSError:
            return None
        try:
            flush(handle)
        except OSError as error:
            if error.errno not in _NO_FSYNC:
                self.require()
                remedy = "Look after the disk, then publish again."
                raise StagingError("get a staged file to the disk", path, str(error.strerror), remedy) from error
        else:
            return os.fstat(handle).st_dev
        finally:
            os.close(handle)
        return None


def _full_fsync(handle: int) -> None:
    """Have the disk of *handle* write down all that it was handed; nothing to do but on macOS."""
    if _FULL_FSYNC is not None:
        fcntl.fcntl(handle, _FULL_FSYNC)


def _unreadable(path: str, error: OSError) -> FileUnreadable:
    reason = error.strerror or str(error)
    remedy = "It is looked at again within a minute. If this stays, look after the disk and its rights."
    return FileUnreadable("look at a staged file", path, reason, remedy)


def _folded(path: str) -> str:
    """Return what is the same for all names that some file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def _reasons(items: List[str], what: str, total: int) -> List[str]:
    if not items:
        return []
    more = "; .." if len(items) > _NAMED_AT_MOST else ""
    return [
        f"{len(items)} of {total} {'file' if total == 1 else 'files'} {what}: "
        + "; ".join(items[:_NAMED_AT_MOST])
        + more
    ]
