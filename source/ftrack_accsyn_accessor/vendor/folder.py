"""One folder of a volume at a time, held so that nobody can put a link in its place meanwhile.

The one place of the vendor loop that knows how systems do that. POSIX has it from the kernel: a folder is opened once,
and everything in it is done by the open handle. Windows has no such calls: there, every folder on the way is looked at
before something is done in it and afterwards, and no link may lie on it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from typing import Any, Callable, Optional, cast

#: In the tag of what Windows keeps instead of an entry: it stands for another place (a link, a junction).
_NAME_SURROGATE = 0x20000000
#: A file is opened so that nothing waits for a writer, no terminal becomes this process's, and no link is followed.
FLAGS = sum(getattr(os, f"O_{name}", 0) for name in ("NONBLOCK", "NOCTTY", "BINARY", "CLOEXEC", "NOFOLLOW"))
_BUSY = "another process is writing it"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
#: What a file system says that cannot rename without replacing, or link.
_CANNOT = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EMLINK, errno.EACCES)
#: Linux' renameat2 with RENAME_NOREPLACE, macOS' renameatx_np with RENAME_EXCL.
_EXCLUSIVE = {"linux": ("renameat2", 1), "darwin": ("renameatx_np", 4)}


class Folder:
    """A folder, until it is closed; for one thread. Names are those of entries in it, never paths.

    Methods raise OSError as the system does.
    """

    def enter(self, name: str) -> Folder:
        """Return a folder in it, held as well; a link to one is none."""
        raise NotImplementedError

    def itself(self) -> os.stat_result:
        """Return which folder it is."""
        raise NotImplementedError

    def look(self, name: str) -> Optional[os.stat_result]:
        """Return what lies there, itself and not what it may link to; None for nothing."""
        raise NotImplementedError

    def entries(self) -> Iterator[tuple[str, os.stat_result]]:
        """Yield what lies in it, as `look` does; what goes meanwhile is left out."""
        raise NotImplementedError

    def open(self, name: str, flags: int) -> int:
        """Return a handle of a file; *flags* besides those that keep links and pipes away."""
        raise NotImplementedError

    def make(self, name: str) -> None:
        """Make a folder in it."""
        raise NotImplementedError

    def begin(self, name: str) -> tuple[str, int]:
        """Return the name and the handle of a new file to write to, called *name* where that can be.

        What a killed process has left under that name goes; OSError where another process is writing it.
        """
        raise NotImplementedError

    def end(self, name: str) -> None:
        """Remove what was begun under that name, unless it has another one by now."""
        raise NotImplementedError

    def clear(self, name: str) -> Optional[bool]:
        """Remove what a killed process has begun under that name; what somebody writes at the moment stays.

        Return whether nothing is left, None where nothing tells the one from the other.
        """
        raise NotImplementedError

    def give(self, name: str, target: Folder, new: str) -> None:
        """Rename an entry into *target*, where nothing of the name *new* may lie: FileExistsError."""
        raise NotImplementedError

    def replace(self, name: str, new: str) -> None:
        """Rename a file over another one."""
        raise NotImplementedError

    def date(self, name: str, like: os.stat_result) -> None:
        """Give a file the times of another one."""
        raise NotImplementedError

    def remove(self, name: str) -> None:
        """Remove a file."""
        raise NotImplementedError

    def flush(self) -> None:
        """Bring the names in it to the disk."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of it."""

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def opened(path: str) -> Folder:
    """Return the folder *path* of this machine, held; links on the way to it are followed: it is nobody's to choose."""
    if os.open in os.supports_dir_fd and os.scandir in os.supports_fd:
        return ByHandle(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    return ByName(os.path.realpath(path), None)


def is_link(found: os.stat_result) -> bool:
    """Whether an entry stands for another place."""
    return stat.S_ISLNK(found.st_mode) or bool(getattr(found, "st_reparse_tag", 0) & _NAME_SURROGATE)


def same(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether both are one entry of a disk."""
    return (one.st_dev, one.st_ino, stat.S_IFMT(one.st_mode)) == (
        other.st_dev,
        other.st_ino,
        stat.S_IFMT(other.st_mode),
    )


class ByHandle(Folder):
    """A folder by its open handle."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._begun: dict[str, int] = {}  # their locks last as long as these handles

    def enter(self, name: str) -> Folder:  # noqa: D102 - as the base says, here and below
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        return ByHandle(os.open(name, flags, dir_fd=self._handle))

    def itself(self) -> os.stat_result:  # noqa: D102
        return os.fstat(self._handle)

    def look(self, name: str) -> Optional[os.stat_result]:  # noqa: D102
        try:
            return os.stat(name, dir_fd=self._handle, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def entries(self) -> Iterator[tuple[str, os.stat_result]]:  # noqa: D102
        with os.scandir(self._handle) as found:
            for entry in found:
                with contextlib.suppress(FileNotFoundError):
                    yield entry.name, entry.stat(follow_symlinks=False)

    def open(self, name: str, flags: int) -> int:  # noqa: D102
        return os.open(name, flags | FLAGS, 0o666, dir_fd=self._handle)

    def make(self, name: str) -> None:  # noqa: D102
        os.mkdir(name, dir_fd=self._handle)

    def begin(self, name: str) -> tuple[str, int]:  # noqa: D102
        while True:
            cleared = self.clear(name)
            try:
                handle = self.open(name, _NEW)
            except FileExistsError:
                if cleared is False:
                    raise OSError(errno.EBUSY, _BUSY) from None
                if cleared is None:
                    name += f".{secrets.token_hex(4)}"
                continue
            if _locked(handle) is not False and self._is(name, handle):
                self._begun[name] = os.dup(handle)
                return name, handle
            os.close(handle)  # somebody took it for one that was left

    def end(self, name: str) -> None:  # noqa: D102
        handle = self._begun.pop(name)
        try:
            if self._is(name, handle):
                self.remove(name)
        finally:
            os.close(handle)

    def clear(self, name: str) -> Optional[bool]:  # noqa: D102
        lies = self.look(name)
        if lies is None or not stat.S_ISREG(lies.st_mode):
            return lies is None
        try:
            handle = self.open(name, os.O_RDWR)
        except FileNotFoundError:
            return True
        with open(handle, "r+b"):  # who has the lock of what is called so is the only one to remove it
            free = _locked(handle)
            if free and self._is(name, handle):
                self.remove(name)
            return free

    def _is(self, name: str, handle: int) -> bool:
        found = self.look(name)
        return found is not None and same(found, os.fstat(handle))

    def give(self, name: str, target: Folder, new: str) -> None:  # noqa: D102
        there = cast(ByHandle, target)
        if _renamed_exclusively(self._handle, name, there._handle, new):
            return
        found = os.stat(name, dir_fd=self._handle, follow_symlinks=False)
        if stat.S_ISREG(found.st_mode) and self._linked(name, there, new):
            return
        if target.look(new) is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
        os.rename(name, new, src_dir_fd=self._handle, dst_dir_fd=there._handle)

    def _linked(self, name: str, target: ByHandle, new: str) -> bool:
        """Give a file its new name before it loses the old one; return False where the disk has no second names."""
        try:
            os.link(name, new, src_dir_fd=self._handle, dst_dir_fd=target._handle, follow_symlinks=False)
        except OSError as error:
            if error.errno in _CANNOT:
                return False
            raise
        self.remove(name)
        return True

    def replace(self, name: str, new: str) -> None:  # noqa: D102
        os.replace(name, new, src_dir_fd=self._handle, dst_dir_fd=self._handle)

    def date(self, name: str, like: os.stat_result) -> None:  # noqa: D102
        os.utime(name, ns=(like.st_atime_ns, like.st_mtime_ns), dir_fd=self._handle, follow_symlinks=False)

    def remove(self, name: str) -> None:  # noqa: D102
        os.unlink(name, dir_fd=self._handle)

    def flush(self) -> None:  # noqa: D102
        os.fsync(self._handle)

    def close(self) -> None:  # noqa: D102
        os.close(self._handle)


class ByName(Folder):
    """A folder by its path, for systems that have no handles of folders."""

    def __init__(self, path: str, above: Optional[ByName]) -> None:
        self._path = path
        self._above = above
        self._found = os.lstat(path)
        if is_link(self._found) or not stat.S_ISDIR(self._found.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)

    def _require(self) -> None:
        """Raise OSError where this folder, or one above it, is not the one any more that it was."""
        each: Optional[ByName] = self
        while each is not None:
            if is_link(now := os.lstat(each._path)) or not same(now, each._found):
                raise OSError(errno.ESTALE, "another folder, or a link, has taken its place", each._path)
            each = each._above

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        self._require()
        yield
        self._require()

    def _full(self, name: str) -> str:
        return os.path.join(self._path, name)

    def enter(self, name: str) -> Folder:  # noqa: D102
        with self._kept():
            return ByName(self._full(name), self)

    def itself(self) -> os.stat_result:  # noqa: D102
        return self._found

    def look(self, name: str) -> Optional[os.stat_result]:  # noqa: D102
        with self._kept():
            try:
                return os.lstat(self._full(name))
            except FileNotFoundError:
                return None

    def entries(self) -> Iterator[tuple[str, os.stat_result]]:  # noqa: D102
        with self._kept(), os.scandir(self._path) as found:
            for entry in found:
                with contextlib.suppress(FileNotFoundError):
                    yield entry.name, os.lstat(entry.path)  # what the listing knows lacks names and numbers

    def open(self, name: str, flags: int) -> int:  # noqa: D102
        before = self.look(name)
        if before is not None and is_link(before):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name)
        with self._kept():
            handle = os.open(self._full(name), flags | FLAGS, 0o666)
        if before is not None and not same(before, os.fstat(handle)):
            os.close(handle)
            raise OSError(errno.ESTALE, "another file, or a link, has taken its place", name)
        return handle

    def make(self, name: str) -> None:  # noqa: D102
        with self._kept():
            os.mkdir(self._full(name))

    def begin(self, name: str) -> tuple[str, int]:  # noqa: D102
        name += f".{secrets.token_hex(4)}"  # nothing tells what was left from what is written by somebody
        return name, self.open(name, _NEW)

    def end(self, name: str) -> None:  # noqa: D102
        with contextlib.suppress(FileNotFoundError):
            self.remove(name)

    def clear(self, name: str) -> Optional[bool]:  # noqa: D102
        return None

    def give(self, name: str, target: Folder, new: str) -> None:  # noqa: D102
        there = cast(ByName, target)
        if there.look(new) is not None:  # Windows refuses by itself
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
        with self._kept(), there._kept():
            os.rename(self._full(name), there._full(new))

    def replace(self, name: str, new: str) -> None:  # noqa: D102
        with self._kept():
            os.replace(self._full(name), self._full(new))

    def date(self, name: str, like: os.stat_result) -> None:  # noqa: D102
        with self._kept():
            os.utime(self._full(name), ns=(like.st_atime_ns, like.st_mtime_ns))

    def remove(self, name: str) -> None:  # noqa: D102
        with self._kept():
            os.unlink(self._full(name))

    def flush(self) -> None:  # noqa: D102
        self._require()  # Windows keeps names by itself


def _locked(handle: int) -> Optional[bool]:
    """Lock an open file for as long as it is open; return whether it is ours, None where its disk has no locks."""
    import fcntl  # not on Windows

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _renamed_exclusively(source: int, name: str, target: int, new: str) -> bool:
    """Rename by handles of folders where nothing of that name lies; return False where this system, or disk, cannot."""
    call, flag = _exclusive_rename()
    if call is None:
        return False
    import ctypes

    if call(source, os.fsencode(name), target, os.fsencode(new), flag) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), name)


def _exclusive_rename() -> tuple[Optional[Callable[..., int]], int]:
    name, flag = _EXCLUSIVE.get(sys.platform, ("", 0))
    try:
        import ctypes  # not everywhere where Python is

        library: Any = ctypes.CDLL(None, use_errno=True)
        return (getattr(library, name) if name else None), flag
    except (ImportError, OSError, AttributeError):
        return None, 0
