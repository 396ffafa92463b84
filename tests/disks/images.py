"""Disks of real file systems, each in an image: NTFS and exFAT by their drivers for FUSE, XFS and btrfs by the kernel.

The latter two can let files share their blocks.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from disks.disk import CannotMount, unmount

SIZE_BYTES = 512 * 2**20
#: XFS does without less.
KERNELS_BYTES = 384 * 2**20


class FileSystem(NamedTuple):
    """How to make and mount one, as commands that take the image, and device and mount point."""

    make: Sequence[str]
    mount: Sequence[str]
    options: Sequence[str] = ()
    size_bytes: int = SIZE_BYTES


FILE_SYSTEMS = {
    "ntfs": FileSystem(("mkfs.ntfs", "-F", "-q"), ("lowntfs-3g",), ("-o", "windows_names,ignore_case")),
    "exfat": FileSystem(("mkfs.exfat",), ("mount.exfat-fuse",), ("-o", "noatime")),
    "xfs": FileSystem(("mkfs.xfs", "-q", "-m", "reflink=1"), ("mount", "-t", "xfs"), size_bytes=KERNELS_BYTES),
    "btrfs": FileSystem(("mkfs.btrfs", "-q"), ("mount", "-t", "btrfs"), size_bytes=KERNELS_BYTES),
}


@contextlib.contextmanager
def mounted(kind: str, folder: Path, size_bytes: int = 0) -> Iterator[Path]:
    """Make a file system of *kind* in an image in *folder*, and give the folder where it is mounted.

    *size_bytes* is for who needs more than the usual; the image takes as much of its disk as is written to it.

    Raises CannotMount, in words, where the machine has no such driver or does not let us.
    """
    system = FILE_SYSTEMS[kind]
    missing = [command[0] for command in (system.make, system.mount, ("losetup",)) if shutil.which(command[0]) is None]
    if sys.platform != "linux" or missing:
        raise CannotMount(f"{kind} needs Linux with {', '.join(missing) or 'its tools'}")
    folder.mkdir(parents=True, exist_ok=True)
    image, mount_point = folder / f"{kind}.img", folder / kind
    mount_point.mkdir()
    with image.open("wb") as empty:
        empty.truncate(size_bytes or system.size_bytes)
    _run(kind, *system.make, str(image))
    device = _run(kind, "losetup", "-f", "--show", str(image))
    try:
        _run(kind, *system.mount, device, str(mount_point), *system.options)
        try:
            yield mount_point
        finally:
            unmount(mount_point)
            # What is no driver for FUSE: `fusermount` leaves it.
            subprocess.run(["umount", "-q", str(mount_point)], stderr=subprocess.DEVNULL, check=False)
    finally:
        subprocess.run(["losetup", "-d", device], stderr=subprocess.DEVNULL, check=False)
        image.unlink()


def _run(kind: str, *command: str) -> str:
    # The drivers' own processes stay behind with what they inherit: a pipe of theirs would never end.
    with open(os.devnull) as nothing:
        done = subprocess.run(command, stdin=nothing, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CannotMount(f"{kind} cannot be mounted here: {command[0]}: {' '.join(said[-1:]) or done.returncode}")
    return done.stdout.strip()
