"""Lets a new file share the blocks of another one, by the call that each system has for it: no byte is moved.

Who writes to one of the two later gets blocks of its own. Which disks can is not asked beforehand; they are btrfs, XFS
and some others on Linux, and shares of such; APFS on macOS; ReFS (Dev Drives) on Windows.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import struct
import sys
from typing import Any, Callable

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# Linux: the order to a new file, with the descriptor of the other one.
_FICLONE = 0x40049409

# macOS: no folder to begin from; the new file is its maker's; all that a file has beside its content.
_AT_FDCWD, _CLONE_NOOWNERCOPY, _COPYFILE_METADATA = -2, 0x0002, 0x0007
# What macOS tracks documents by: of the flags that a clone would get, too, the only one that does no harm.
_UF_TRACKED = 0x40

# Windows: what ReFS alone tells of a file, the size of a cluster at its end; and the order to share whole clusters, of
# less than 4 GB at a time.
_GET_INTEGRITY, _DUPLICATE_EXTENTS = 0x0009027C, 0x00098344
_INTEGRITY, _EXTENTS = struct.Struct("<HHIII"), struct.Struct("@Pqqq")
_AT_ONCE = 1 << 30

#: Windows' DeviceIoControl: takes descriptor, code, input and the size of the answer; returns that, or raises OSError.
Control = Callable[[int, int, bytes, int], bytes]


def clone(source: int, target: int, path: str, spare: Callable[[], str]) -> None:
    """Give *path*, the empty new file that is open for writing as *target*, the content of the one open as *source*.

    On macOS another file lies at *path* afterwards, which has all from *target* but its content; it is made at what
    *spare* returns, a free path in the same folder, of which nothing is left. Raise OSError where it cannot be done;
    *path* is the empty file then that it was.
    """
    try:
        if sys.platform == "darwin":
            clone_on_macos(source, target, path, spare(), _library())
        elif os.name == "nt":
            clone_on_windows(source, target, _device_io_control)
        else:
            _clone_on_linux(source, target)
    except (ImportError, AttributeError):  # frozen hosts may lack ctypes, old systems the call
        raise _unsupported() from None


def _clone_on_linux(source: int, target: int) -> None:
    size = os.fstat(source).st_size
    fcntl.ioctl(target, _FICLONE, source)
    if os.fstat(target).st_size < size:  # a disk that nods at orders it does not know
        os.ftruncate(target, 0)
        raise _unsupported()


def clone_on_macos(source: int, target: int, path: str, spare: str, library: Any) -> None:
    """As `clone`; *library* has the system's `fclonefileat` and `fcopyfile`."""
    if not is_plain(getattr(os.fstat(source), "st_flags", 0)):
        raise _unsupported()
    if library.fclonefileat(source, _AT_FDCWD, os.fsencode(spare), _CLONE_NOOWNERCOPY):
        raise _unsupported()
    try:
        made = os.open(spare, os.O_RDONLY)
        try:
            if library.fcopyfile(target, made, None, _COPYFILE_METADATA):
                raise _unsupported()
        finally:
            os.close(made)
        os.replace(spare, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(spare)
        raise


def is_plain(flags: int) -> bool:
    """Return whether a file with these *flags* of macOS is neither locked nor compressed by the system."""
    return not flags & ~_UF_TRACKED


def clone_on_windows(source: int, target: int, control: Control) -> None:
    """As `clone`, by *control*."""
    cluster = _INTEGRITY.unpack(control(source, _GET_INTEGRITY, b"", _INTEGRITY.size))[-1]
    if not cluster or _AT_ONCE % cluster:
        raise _unsupported()
    size = os.fstat(source).st_size
    end = -(-size // cluster) * cluster
    try:
        os.ftruncate(target, size)
        for start in range(0, end, _AT_ONCE):
            extents = _EXTENTS.pack(_handle(source), start, start, min(_AT_ONCE, end - start))
            control(target, _DUPLICATE_EXTENTS, extents, 0)
    except BaseException:
        os.ftruncate(target, 0)
        raise


def _handle(descriptor: int) -> int:
    """Return what Windows calls an open file."""
    if os.name != "nt":
        return descriptor
    import msvcrt

    system: Any = msvcrt  # unknown to type checkers elsewhere
    return int(system.get_osfhandle(descriptor))


def _device_io_control(descriptor: int, code: int, given: bytes, answer_bytes: int) -> bytes:
    answer = bytearray(max(answer_bytes, 1))
    if not _kernel()(descriptor, code, given, answer, answer_bytes):
        raise _unsupported()
    return bytes(answer[:answer_bytes])


@functools.cache
def _kernel() -> Callable[[int, int, bytes, bytearray, int], bool]:
    import ctypes

    windows: Any = ctypes
    call = windows.WinDLL("kernel32").DeviceIoControl
    number, pointer = windows.c_uint32, windows.c_void_p
    call.argtypes = [pointer, number, pointer, number, pointer, number, pointer, pointer]

    def done(descriptor: int, code: int, given: bytes, answer: bytearray, answer_bytes: int) -> bool:
        place, length = (windows.c_ubyte * len(answer)).from_buffer(answer), number()
        size = windows.byref(length)
        return bool(call(_handle(descriptor), code, given, len(given), place, answer_bytes, size, None))

    return done


@functools.cache
def _library() -> Any:
    import ctypes

    library = ctypes.CDLL(None)
    number = ctypes.c_int
    library.fclonefileat.argtypes = [number, number, ctypes.c_char_p, ctypes.c_uint32]
    library.fcopyfile.argtypes = [number, number, ctypes.c_void_p, ctypes.c_uint32]
    return library


def _unsupported() -> OSError:
    return OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
