"""What kind of disk a folder lies on, as far as an outbox or a staging area comes to harm there.

All that only one system knows is asked for in the functions `_on_..`, which answer with an empty text elsewhere.
"""

from __future__ import annotations

import contextlib
import ntpath
import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Callable, NamedTuple

from ftrack_accsyn_accessor.outbox import lockable

_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\w*|ncpfs|afs|ceph|lustre|glusterfs|beegfs|gpfs|9p|drvfs|vboxsf|vmhgfs|prl_fs|davfs|webdav|afpfs|"
    r"fuse\.(sshfs|rclone|s3fs|gcsfuse|davfs2?|glusterfs|gvfsd-fuse|vmhgfs-fuse|onedriver|google-drive-ocamlfuse)"
)
_CLOUD = re.compile(r"(dropbox|onedrive|google ?drive|icloud ?drive|nextcloud|my drive)(?:$|[ \-(].*)", re.IGNORECASE)
_ICLOUD = "mobile documents"
_ONEDRIVE = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")
_DRIVE_REMOTE = 4
_MNT_LOCAL = 0x1000
#: In macOS's `struct statfs` with 64-bit inodes.
_FLAGS_AT, _TYPE_AT, _TYPE_BYTES, _STATFS_BYTES = 64, 72, 16, 4096
#: Recalled when it is opened, or read, or kept elsewhere altogether.
_WINDOWS_PLACEHOLDER = 0x00040000 | 0x00400000 | 0x00001000
_MACOS_DATALESS = 0x40000000


class Concern(NamedTuple):
    """What is wrong with where something lies, and what to do."""

    what: str
    remedy: str


def concerns(outbox: str, root: str, variable: str) -> Iterator[Concern]:
    """Yield what is wrong with where the outbox file lies, and the staging area at *root*, which *variable* names."""
    kind = network(os.path.dirname(outbox))
    if kind:
        what = f"The outbox {outbox} lies on a disk of another machine ({kind}), on which a database comes to harm."
        yield Concern(what, lockable.REMEDY)
    service = cloud(outbox)
    if service:
        what = f"The outbox {outbox} lies in a folder of {service}, which may exchange it at any time."
        yield Concern(what, lockable.REMEDY)
    service = cloud(root)
    if service:
        what = f"The staging area {root} lies in a folder of {service}, which may put placeholders in place of files."
        yield Concern(what, f"Let {variable} name a folder outside of it.")


def network(folder: str) -> str:
    """Return what kind of network file system *folder* lies on; empty for a local disk, or where that is not known."""
    if sys.platform == "win32":
        return _on_windows(folder)
    if sys.platform == "darwin":
        return _on_macos(os.path.realpath(folder))
    with contextlib.suppress(OSError), open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
        return _on_linux(os.path.realpath(folder), mounts.read())
    return ""


def cloud(path: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the service that syncs the folder in which *path* lies, as far as names tell; empty for none."""
    parts = [part for part in re.split(r"[/\\]", path) if part]
    for name in _ONEDRIVE:
        folder = [part for part in re.split(r"[/\\]", environ.get(name) or "") if part]
        if folder and [part.lower() for part in parts[: len(folder)]] == [part.lower() for part in folder]:
            return "OneDrive"
    for part in parts:
        found = _CLOUD.fullmatch(part)
        if found or part.lower() == _ICLOUD:
            return found[1] if found else "iCloud Drive"
    return ""


def is_placeholder(found: os.stat_result) -> bool:
    """Whether only the name of a file is here, and its content with a service that fetches it when it is read."""
    attributes = getattr(found, "st_file_attributes", 0)
    flags = getattr(found, "st_flags", 0)
    return bool(attributes & _WINDOWS_PLACEHOLDER or flags & _MACOS_DATALESS)


def _on_linux(path: str, mounts: str) -> str:
    """Return the type of the file system of the real *path* where it is a network's; *mounts* is `mountinfo`."""
    longest, kind = "", ""
    for line in mounts.splitlines():
        fields, _, more = line.partition(" - ")
        point = re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), fields.split(" ")[4])
        if len(point) >= len(longest) and (path + "/").startswith(point.rstrip("/") + "/"):
            longest, kind = point, more.split(" ")[0]
    return kind if _NETWORK.fullmatch(kind) else ""


def _on_windows(path: str, drive_type: Callable[[str], int] = lambda root: _drive_type(root)) -> str:
    device = re.match(r"[/\\]{2}[?.][/\\](UNC[/\\])?", path, re.IGNORECASE)
    if device is not None and not device[1]:
        path = path[device.end() :]
    drive = ntpath.splitdrive(path)[0]
    if (device is not None and device[1]) or drive[:2] in ("\\\\", "//"):
        return "a share"
    return "a mapped drive" if drive and drive_type(f"{drive}\\") == _DRIVE_REMOTE else ""


def _drive_type(root: str) -> int:
    """Return what Windows says of the drive *root*; 0 where it cannot be asked: frozen hosts may lack ctypes."""
    if sys.platform == "win32":
        with contextlib.suppress(ImportError):
            import ctypes

            return int(ctypes.windll.kernel32.GetDriveTypeW(root))
    return 0


def _on_macos(path: str, statfs: Callable[[str], bytes] = lambda path: _statfs(path)) -> str:
    answer = statfs(path)
    flags = int.from_bytes(answer[_FLAGS_AT : _FLAGS_AT + 4], sys.byteorder)
    kind = answer[_TYPE_AT : _TYPE_AT + _TYPE_BYTES].partition(b"\0")[0].decode("ascii", "replace")
    return kind if kind and not flags & _MNT_LOCAL else ""


def _statfs(path: str) -> bytes:
    """Return macOS's `struct statfs` of *path*; nothing where the system cannot be asked."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        library = ctypes.CDLL(None)
        call = getattr(library, "statfs$INODE64", None) or library.statfs
        answer = ctypes.create_string_buffer(_STATFS_BYTES)
        return answer.raw if not call(os.fsencode(path), answer) else b""
    return b""
