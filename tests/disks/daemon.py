"""The process that serves a disk: a folder passed through, with manners. Started by `disks.disk`, ends with its parent.

One thread serves all requests in the order of the kernel, so that a file that was closed counts as closed at once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import select
import stat
import subprocess
import sys
import threading
import time
from typing import Any, Callable, NamedTuple, Optional

import mfusepy

from disks.manners import Manners

#: The disk's door for tests: an extended attribute of its root. Setting it orders, reading it tells.
CONTROL = "user.disk"
#: What libfuse calls a removed file that is still open.
REMOVED_YET_OPEN = ".fuse_hidden"
UTIME_NOW, UTIME_OMIT = 0x3FFFFFFF, 0x3FFFFFFE
#: SQLite tries again to remove these where somebody holds them; but only its edition for Windows does.
SQLITES_OWN = ("-journal", "-wal", "-shm")
FOREVER = float("inf")
SHOWN = ("st_atime_ns", "st_ctime_ns", "st_gid", "st_ino", "st_mode", "st_nlink", "st_size", "st_uid", "st_blocks")


class Handle(NamedTuple):
    path: str
    is_written: bool


class Disk(mfusepy.Operations):
    """The operations of a disk over *folder*, seen under *mount_point*. Paths are absolute ones of the real folder."""

    use_ns = True

    def __init__(self, folder: str, mount_point: str, manners: Manners) -> None:
        self._folder = folder
        self._mount_point = mount_point
        self._manners = manners
        self._handles: dict[int, Handle] = {}
        #: Path -> the moment (monotonic, seconds) until which somebody holds the file.
        self._held: dict[str, float] = {}
        #: Path -> the moment at which its modification time moves on.
        self._late: dict[str, float] = {}
        #: Where anything fails: (path, errno); the longest path decides.
        self._failing: list[tuple[str, int]] = []
        if not manners.lock_errno:  # the kernel keeps locks by itself where a disk knows nothing of them
            self.lock = self.flock = None

    # Paths

    def _real(self, path: str, is_folder: bool = False) -> str:
        """Return where *path* lies, or would: spelt as it is there, as given where there is nothing."""
        self._fail(path)
        self._manners.check(self._mount_point + path.rstrip("/"), is_folder)
        real = self._folder
        for name in path.split("/"):
            if name:
                real = os.path.join(real, self._spelt(real, name))
        return real

    def _spelt(self, folder: str, name: str) -> str:
        wanted = self._manners.key(name)
        if os.path.lexists(os.path.join(folder, name)):
            return name
        with contextlib.suppress(OSError):
            for existing in os.listdir(folder):
                if self._manners.key(existing) == wanted:
                    return existing
        return name

    def _fail(self, path: str) -> None:
        keys = [(self._manners.key(prefix), number) for prefix, number in self._failing]
        key = self._manners.key(path)
        for prefix, number in sorted(keys, key=lambda each: len(each[0]), reverse=True):
            if _is_below(key, prefix):
                raise OSError(number, os.strerror(number))

    # Sharing

    def _refuse_if_open(self, path: str) -> None:
        """Refuse to rename, replace or remove what somebody holds, or has open where nothing is shared."""
        now = time.monotonic()
        self._held = {held: until for held, until in self._held.items() if until > now}
        users = list(self._held)
        if self._manners.shares_nothing:
            users += [handle.path for handle in self._handles.values()]
        if any(_is_below(user, path) for user in users if not user.endswith(SQLITES_OWN)):
            raise OSError(errno.EACCES, "in use")

    def _hold_for_a_while(self, path: str) -> None:
        if self._manners.holder_ms and self._held.get(path) != FOREVER:
            self._held[path] = time.monotonic() + self._manners.holder_ms / 1000

    def _moved(self, old: str, new: str) -> None:
        """Let what is known of *old*, and of all below it, follow to *new*."""
        for known in (self._held, self._late):
            for path in [path for path in known if _is_below(path, old)]:
                known[new + path[len(old) :]] = known.pop(path)
        for fh, handle in self._handles.items():
            if _is_below(handle.path, old):
                self._handles[fh] = handle._replace(path=new + handle.path[len(old) :])

    def _forget(self, path: str) -> None:
        self._held.pop(path, None)
        self._late.pop(path, None)

    # Looking

    def getattr(self, path: str, fh: Optional[int] = None) -> dict[str, Any]:
        real = self._real(path)
        self._write_late_time(real)
        found = os.lstat(real)
        shown = {name.replace("_ns", ""): getattr(found, name) for name in SHOWN}
        shown["st_mtime"] = self._manners.shown_time(found.st_mtime_ns)
        if (self._manners.ignores_modes or self._manners.refuses_modes) and not stat.S_ISLNK(found.st_mode):
            shown["st_mode"] = stat.S_IFMT(found.st_mode) | 0o777
        return shown

    def _write_late_time(self, real: str) -> None:
        if self._late.get(real, FOREVER) <= time.monotonic():
            del self._late[real]
            found = os.lstat(real)
            os.utime(real, ns=(found.st_atime_ns, found.st_mtime_ns + self._manners.lazy_times_ms * 10**6))

    def access(self, path: str, amode: int) -> int:
        self._real(path)
        return 0

    def opendir(self, path: str) -> int:
        self._real(path)
        return 0

    def readdir(self, path: str, fh: int) -> list[tuple[str, dict[str, int], int]]:
        real = self._real(path)
        names = [name for name in os.listdir(real) if not name.startswith(REMOVED_YET_OPEN)]
        shown = [(".", os.lstat(real)), ("..", os.lstat(real))]
        shown += [(self._manners.shown(name), os.lstat(os.path.join(real, name))) for name in names]
        return [(name, {"st_ino": attributes.st_ino, "st_mode": attributes.st_mode}, 0) for name, attributes in shown]

    def releasedir(self, path: str, fh: int) -> int:
        return 0

    def readlink(self, path: str) -> str:
        return os.readlink(self._real(path))

    def statfs(self, path: str) -> dict[str, int]:
        found = os.statvfs(self._real(path))
        names = (
            "f_bavail",
            "f_bfree",
            "f_blocks",
            "f_bsize",
            "f_favail",
            "f_ffree",
            "f_files",
            "f_frsize",
            "f_namemax",
        )
        return {name: getattr(found, name) for name in names}

    # Files

    def create(self, path: str, mode: int, flags: int) -> int:
        return self._open(self._real(path), flags | os.O_CREAT, mode)

    def open(self, path: str, flags: int) -> int:
        return self._open(self._real(path), flags & ~os.O_CREAT & ~os.O_EXCL)

    def _open(self, real: str, flags: int, mode: int = 0o666) -> int:
        is_written = bool(flags & (os.O_WRONLY | os.O_RDWR))
        # The kernel reads and appends by itself, at offsets of its own.
        flags = flags & ~(os.O_ACCMODE | os.O_APPEND) | (os.O_RDWR if is_written else os.O_RDONLY)
        fh = os.open(real, flags, mode)
        self._handles[fh] = Handle(real, is_written)
        return fh

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        self._fail(path)
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        self._fail(path)
        self._late.pop(self._handles[fh].path, None)
        return os.pwrite(fh, data, offset)

    def truncate(self, path: str, length: int, fh: Optional[int] = None) -> int:
        os.truncate(self._real(path), length)
        return 0

    def flush(self, path: str, fh: int) -> int:
        self._fail(path)
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        self._fail(path)
        return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        self._fail(path)
        return 0

    def release(self, path: str, fh: int) -> int:
        handle = self._handles.pop(fh)
        os.close(fh)
        if handle.is_written and os.path.lexists(handle.path):
            self._hold_for_a_while(handle.path)
            if self._manners.lazy_times_ms:
                self._late[handle.path] = time.monotonic() + self._manners.lazy_times_ms / 1000
        return 0

    # Names

    def mkdir(self, path: str, mode: int) -> int:
        os.mkdir(self._real(path, is_folder=True), mode)
        return 0

    def rmdir(self, path: str) -> int:
        real = self._real(path)
        with contextlib.suppress(OSError):
            for name in os.listdir(real):
                if name.startswith(REMOVED_YET_OPEN):
                    os.unlink(os.path.join(real, name))
        os.rmdir(real)
        return 0

    def unlink(self, path: str) -> int:
        real = self._real(path)
        if not os.path.basename(path).startswith(REMOVED_YET_OPEN):
            self._refuse_if_open(real)
        os.unlink(real)
        self._forget(real)
        return 0

    def rename(self, old: str, new: str) -> int:
        source, target = self._real(old), self._real(new)
        self._refuse_if_open(source)
        spelt = os.path.join(os.path.dirname(target), os.path.basename(new))
        if target != source and os.path.lexists(target):
            self._refuse_if_open(target)
            os.rename(source, target)
            self._forget(target)
            os.rename(target, spelt)
        else:
            os.rename(source, spelt)
        self._moved(source, spelt)
        if os.path.isfile(spelt):
            self._hold_for_a_while(spelt)
        return 0

    def symlink(self, target: str, source: str) -> int:
        if self._manners.no_symlinks:
            raise OSError(errno.EPERM, "no symbolic links")
        os.symlink(source, self._real(target))
        return 0

    def link(self, target: str, source: str) -> int:
        if self._manners.no_hard_links:
            raise OSError(errno.EPERM, "no hard links")
        os.link(self._real(source), self._real(target))
        return 0

    # Attributes

    def chmod(self, path: str, mode: int) -> int:
        self._change_owner_or_mode(path, lambda real: os.chmod(real, mode))
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        self._change_owner_or_mode(path, lambda real: os.chown(real, uid, gid))
        return 0

    def _change_owner_or_mode(self, path: str, change: Callable[[str], None]) -> None:
        real = self._real(path)
        if self._manners.refuses_modes:
            raise OSError(errno.EPERM, "no modes")
        if not self._manners.ignores_modes:
            change(real)

    def utimens(self, path: str, times: Optional[tuple[int, int]] = None) -> int:
        real = self._real(path)
        self._late.pop(real, None)  # whoever sets the time has the last word
        found, now = os.lstat(real), time.time_ns()
        read_ns, written_ns = times or (UTIME_NOW, UTIME_NOW)
        kept = {UTIME_NOW: now, UTIME_OMIT: found.st_atime_ns}.get(read_ns, read_ns)
        written = {UTIME_NOW: now, UTIME_OMIT: found.st_mtime_ns}.get(written_ns, -1)
        os.utime(real, ns=(kept, self._manners.real_time(written_ns) if written < 0 else written))
        return 0

    def lock(self, path: str, fh: int, cmd: int, lock: Any) -> int:
        raise OSError(self._manners.lock_errno, "no locks")

    def flock(self, path: str, fh: int, op: int) -> int:
        raise OSError(self._manners.lock_errno, "no locks")

    # Control

    def setxattr(self, path: str, name: str, value: bytes, options: int, position: int = 0) -> int:
        if (path, name) != ("/", CONTROL):
            raise OSError(errno.ENOTSUP, "no extended attributes")
        order = json.loads(value)
        getattr(self, f"_order_{order.pop('order')}")(**order)
        return 0

    def getxattr(self, path: str, name: str, position: int = 0) -> bytes:
        if (path, name) != ("/", CONTROL):
            raise OSError(errno.ENOTSUP, "no extended attributes")
        opened = sorted(handle.path[len(self._folder) :].lstrip("/") for handle in self._handles.values())
        return json.dumps({"open": opened}).encode()

    def _order_change(self, **values: Any) -> None:
        self._manners = dataclasses.replace(self._manners, **values)

    def _order_hold(self, path: str) -> None:
        real = self._real(path)
        os.lstat(real)
        self._held[real] = FOREVER

    def _order_let_go(self, path: str) -> None:
        self._held.pop(self._real(path), None)

    def _order_fail(self, path: str, number: int) -> None:
        self._failing = [each for each in self._failing if each[0] != path]
        if number:
            self._failing.append((path, number))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def end_with_parent(mount_point: str) -> None:
    """Take the disk away as soon as whoever started it has let go of it, or has died."""
    parent = os.getppid()
    # The pipe alone does not tell: a process forked by the parent may have its end, too.
    while os.getppid() == parent:
        if select.select([sys.stdin], [], [], 0.5)[0] and not os.read(sys.stdin.fileno(), 1):
            break
    unmount(mount_point)
    os._exit(0)


def unmount(mount_point: str) -> None:
    """Take the disk away, whoever uses it."""
    for command in (["fusermount3", "-uzq"], ["fusermount", "-uzq"], ["umount", "-l"]):
        with contextlib.suppress(FileNotFoundError):
            if subprocess.run([*command, mount_point], stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return


def main() -> None:
    """Serve the disk that the arguments tell: folder, mount point, and manners as JSON."""
    folder, mount_point, values = sys.argv[1:]
    threading.Thread(target=end_with_parent, args=(mount_point,), daemon=True).start()
    options: dict[str, Any] = dict.fromkeys(("entry_timeout", "attr_timeout", "negative_timeout"), 0)
    if os.geteuid() == 0:
        options["allow_other"] = True  # a program may give its rights away
    manners = Manners(**json.loads(values))
    os.chdir(folder)  # no path of the disk becomes longer by where its files really are
    operations = Disk(".", mount_point, manners)
    mfusepy.FUSE(
        operations,
        mount_point,
        foreground=True,
        nothreads=True,
        use_ino=True,
        fsname="manners",
        subtype="disk",
        **options,
    )


if __name__ == "__main__":
    main()
