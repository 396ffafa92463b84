"""Writes files into the staging area so that they appear whole under their final names, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from typing import IO, Any, BinaryIO, Optional

from ftrack_accsyn_accessor import copying
from ftrack_accsyn_accessor.model.stamp import Stamp, is_same
from ftrack_accsyn_accessor.staging import rights
from ftrack_accsyn_accessor.staging.temporaries import apart, beside, remove


class StagedWrite:
    """A write to *path* that goes to a temporary file, in *state_folder* where that is of use, until `rename`.

    *existing* is what lies at *path* now. *mode* as for the built-in open, and with its meaning: `a` and `r+` start
    from a copy of what is there, `x` refuses an existing file (looked at when opening and again before the rename,
    which is no lock against others). `file` is the open file. Raises OSError as open does.
    """

    def __init__(self, path: str, mode: str, existing: Optional[os.stat_result], state_folder: str) -> None:
        _check_writable(path, mode, existing)
        self.path = path
        self._folder = os.path.dirname(path)
        self._lie_at(apart(path, state_folder))
        self.file: IO[Any]
        self._exclusive = "x" in mode
        self._pid = os.getpid()
        self._stamp: Optional[Stamp] = None
        try:
            if self._is_apart and not rights.allow(self._folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            try:
                self.file = self._opened(mode, existing)
            except PermissionError:  # the state folder is another account's, whatever its mode says
                if not self._is_apart:
                    raise
                self._lie_at(beside(path))
                self.file = self._opened(mode, existing)
            if self._is_apart:
                rights.as_if_made_in(self._folder, self.temporary)
            if existing is not None:
                with contextlib.suppress(OSError):  # a storage that lets nobody change modes has its own
                    os.chmod(self.temporary, stat.S_IMODE(existing.st_mode))
        except BaseException:
            self.discard()
            raise

    def fill(self, source: BinaryIO) -> None:
        """Write all of *source*, the fastest way that the disks have; before and after it nothing else is written.

        *source* was just opened. Raise what `copying.copy` does.
        """
        copying.copy(source, self.file, self.temporary, lambda: beside(self.temporary))

    def close(self) -> None:
        """Close the file; what was written has a time from then on that its file system does not change any more.

        Some write it down later, as that of a moment after the last write, unless it was set.
        """
        self.file.close()
        with contextlib.suppress(OSError):
            found = os.stat(self.temporary)
            self._stamp = Stamp(found.st_size, found.st_mtime_ns)
            os.utime(self.temporary, ns=(found.st_atime_ns, found.st_mtime_ns))

    def rename(self) -> None:
        """Give the closed file its final name; may be tried again."""
        if self._exclusive and os.path.lexists(self.path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), self.path)
        try:
            os.replace(self.temporary, self.path)
        except FileNotFoundError:
            if not os.path.lexists(self.temporary):
                raise OSError(errno.EIO, "its unfinished file was removed", self.path) from None
            raise
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._move_beside()  # quotas and mounts may divide what is one disk
            os.replace(self.temporary, self.path)
        if self._is_apart:
            rights.inherit(self.path)

    def discard(self) -> None:
        """Close the file and remove it; does nothing in a forked child, whose parent is still writing."""
        if os.getpid() != self._pid:
            return
        with contextlib.suppress(OSError, AttributeError):
            self.file.close()
        remove(self.temporary)

    def take_back(self) -> None:
        """Remove the file, also under its final name unless another one lies there by now."""
        self.discard()
        if os.getpid() != self._pid or self._stamp is None:
            return
        with contextlib.suppress(OSError):
            found = os.lstat(self.path)
            if is_same(Stamp(found.st_size, found.st_mtime_ns), self._stamp):
                remove(self.path)

    def _opened(self, mode: str, existing: Optional[os.stat_result]) -> IO[Any]:
        if existing is not None and "w" not in mode:
            _copy(self.path, self.temporary)
            return open(self.temporary, mode)
        return open(self.temporary, mode.replace("w", "x"))

    def _lie_at(self, temporary: str) -> None:
        self.temporary = temporary
        self._is_apart = os.path.dirname(temporary) != self._folder

    def _move_beside(self) -> None:
        copy = beside(self.path)
        try:
            _copy(self.temporary, copy)
            with contextlib.suppress(OSError):  # a storage that lets nobody change modes
                shutil.copystat(self.temporary, copy)
        except BaseException:
            with contextlib.suppress(OSError):
                os.remove(copy)
            raise
        remove(self.temporary)
        self._lie_at(copy)


def _copy(path: str, new: str) -> None:
    """Make the file *new* with the content of the file *path*. Raise OSError."""
    with open(path, "rb") as source, open(new, "xb") as target:
        try:
            copying.copy(source, target, new, lambda: beside(new))
        except copying.SourceUnreadable as unreadable:
            raise unreadable.error from None


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
    elif not rights.allow(path, os.W_OK):
        code = errno.EACCES
    if code:
        raise OSError(code, os.strerror(code), path)
