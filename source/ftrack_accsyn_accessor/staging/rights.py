"""Rights: of a file that is made in one folder and moved into another, and of the folder that is ours alone."""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import sys
from typing import Any, Dict, Tuple

_EFFECTIVE = os.access in os.supports_effective_ids  # not on Windows
_MAC = sys.platform == "darwin"
_WINDOWS = os.name == "nt"

# Linux: the entries of an access list that a new file's mode limits (user, group where there is no mask, mask, other).
_DEFAULT_LIST, _OWN_LIST = "system.posix_acl_default", "system.posix_acl_access"
_VERSION, _ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
_USER, _GROUP, _MASK, _OTHER = 0x01, 0x04, 0x10, 0x20
_NEW_FILE = 0o6

# Windows' SetNamedSecurityInfo: the list of a file, open to what its folder hands on.
_FILE_OBJECT, _UNPROTECTED_LIST, _ACL_REVISION = 1, 0x20000004, 2

# Windows' SetFileAttributes, and the releases of CPython from which on a folder's mode means an access list there.
_HIDDEN = 0x02
_PRIVATE_SINCE: Dict[Tuple[int, ...], Tuple[int, ...]] = {
    (3, 9): (3, 9, 20),
    (3, 10): (3, 10, 15),
    (3, 11): (3, 11, 10),
    (3, 12): (3, 12, 4),
}


def allow(path: str, mode: int) -> bool:
    """Return whether *path* may be used by *mode*, as of `os.access`, by the account that this process acts as.

    A service that acts for its users has a real account beside it.
    """
    return os.access(path, mode, effective_ids=_EFFECTIVE)


def as_if_made_in(folder: str, path: str) -> None:
    """Give the new file *path* the group and access list that *folder* gives to what is made in it.

    Never raises: a disk that has no such thing, or lets nobody change it, has its own way.
    """
    with contextlib.suppress(OSError, AttributeError):  # neither exists on Windows
        found = os.stat(folder)
        if (_MAC or found.st_mode & stat.S_ISGID) and os.stat(path).st_gid != found.st_gid:
            os.chown(path, -1, found.st_gid)
    with contextlib.suppress(OSError, AttributeError, struct.error):  # on Linux alone
        os.setxattr(path, _OWN_LIST, _for_a_file(os.getxattr(folder, _DEFAULT_LIST)))


def _for_a_file(inherited: bytes) -> bytes:
    """Return the access list of a new file in a folder that hands *inherited* on."""
    entries = list(_ENTRY.iter_unpack(inherited[_VERSION.size :]))
    masked = any(tag == _MASK for tag, _, _ in entries)
    limited = {_USER, _OTHER, _MASK if masked else _GROUP}
    return inherited[: _VERSION.size] + b"".join(
        _ENTRY.pack(tag, rights & _NEW_FILE if tag in limited else rights, who) for tag, rights, who in entries
    )


def inherit(path: str) -> None:
    """Let a file that was moved inherit from the folder that it is in now, which Windows does not do by itself.

    Never raises.
    """
    if not _WINDOWS:
        return
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes  # frozen hosts may lack it

        empty = (ctypes.c_ubyte * 8)(_ACL_REVISION, 0, 8)  # a list that has no entry of the file's own
        windll: Any = getattr(ctypes, "windll", None)  # unknown to type checkers elsewhere
        windll.advapi32.SetNamedSecurityInfoW(
            ctypes.c_wchar_p(path), _FILE_OBJECT, _UNPROTECTED_LIST, None, None, ctypes.byref(empty), None
        )


def hide(path: str) -> None:
    """Hide the folder *path* from Windows, for which a dot at the beginning means nothing. Never raises."""
    if not _WINDOWS:
        return
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        windll: Any = getattr(ctypes, "windll", None)
        windll.kernel32.SetFileAttributesW(ctypes.c_wchar_p(path), _HIDDEN)


def keeps_private(version: Tuple[int, ...] = sys.version_info[:3]) -> bool:
    """Return whether `os.mkdir` with the mode 0o700 makes a folder that only its account may enter.

    On Windows it gives it an access list, since the releases named here; earlier ones take no notice of the mode.
    """
    return not _WINDOWS or version >= _PRIVATE_SINCE.get(version[:2], version)
