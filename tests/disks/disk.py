"""A disk with manners, as tests use it: mounted and unmounted by a context manager, led by a door of its own."""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from disks.manners import PLAIN, Manners
from helpers import ROOT, wait_until

CONTROL = "user.disk"
MOUNTED_S = 20.0


class CannotMount(Exception):
    """What stands against a disk on this machine, in words."""


def obstacle() -> str:
    """Return why this machine can have no FUSE disk, or nothing."""
    if sys.platform != "linux":
        return "a disk with manners needs Linux"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "a disk with manners needs /dev/fuse"
    try:
        importlib.import_module("mfusepy")
    except (ImportError, OSError) as error:
        return f"a disk with manners needs mfusepy and libfuse ({error})"
    return ""


class Disk:
    """The folder *backing*, seen under *mount_point* with *manners*. Both folders are made where they are missing.

    Raises CannotMount where the machine has no FUSE. Methods take absolute paths below the mount point.
    """

    def __init__(self, backing: Path, mount_point: Path, manners: Manners = PLAIN) -> None:
        self.backing = backing
        self.mount_point = mount_point
        self.manners = manners
        self._daemon: Optional[subprocess.Popen[bytes]] = None

    def __enter__(self) -> Disk:
        self.plug()
        return self

    def __exit__(self, *error: object) -> None:
        self.unplug()

    # The disk itself

    def plug(self, backing: Optional[Path] = None) -> None:
        """Mount the disk, or another one in its place."""
        reason = obstacle()
        if reason:
            raise CannotMount(reason)
        self.backing = backing or self.backing
        for folder in (self.backing, self.mount_point):
            folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "disks.daemon", *map(str, (self.backing, self.mount_point))]
        # Not measured: the disk is no part of the plugin, and many times slower under coverage.
        variables = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        variables["PYTHONPATH"] = str(ROOT / "tests")
        daemon = subprocess.Popen(
            [*command, json.dumps(self.manners.as_values())],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=variables,
        )
        self._daemon = daemon
        wait_until(lambda: self.is_mounted or daemon.poll() is not None, MOUNTED_S, "the disk")
        if not self.is_mounted:
            self._daemon = None
            complaint = daemon.communicate()[1].decode(errors="replace").strip().splitlines()
            raise CannotMount(f"a disk with manners cannot be mounted here ({' '.join(complaint[-1:])})")

    def unplug(self) -> None:
        """Pull the disk out, whoever uses it: the mount point is an empty folder then, and open files are cut off."""
        daemon, self._daemon = self._daemon, None
        if daemon is None:
            return
        assert daemon.stdin is not None
        assert daemon.stderr is not None
        daemon.stdin.close()
        try:
            daemon.wait(MOUNTED_S)
        finally:
            daemon.kill()
            daemon.wait()
            daemon.stderr.close()
            unmount(self.mount_point)

    def eject(self) -> bool:
        """Take the disk away if nobody uses it, as a person who clicks on "eject"; return whether it went."""
        for command in (["fusermount3", "-u"], ["fusermount", "-u"], ["umount"]):
            with contextlib.suppress(FileNotFoundError):
                done = subprocess.run([*command, self.mount_point], stderr=subprocess.DEVNULL, check=False)
                if done.returncode == 0:
                    self.unplug()
                return not self.is_mounted
        return False

    @property
    def is_mounted(self) -> bool:
        try:
            return os.path.ismount(self.mount_point)
        except OSError:
            return True

    # Its door

    def change(self, **manners: Any) -> None:
        """Change manners of the mounted disk."""
        self._order("change", **manners)

    def fail(self, number: int, path: Optional[Path] = None) -> None:
        """Let everything at or below *path* (the whole disk) fail with an errno, until it is told to fail with 0."""
        self._order("fail", path=self._inside(path or self.mount_point), number=number)

    def vanish(self) -> None:
        """Let the disk be gone while it is still mounted, as one whose plug was just pulled."""
        self.fail(errno.ENODEV)

    @contextlib.contextmanager
    def held(self, path: Path) -> Iterator[None]:
        """Let another program have the existing file *path* open: nobody can rename, replace or remove it."""
        self._order("hold", path=self._inside(path))
        try:
            yield
        finally:
            self._order("let_go", path=self._inside(path))

    def open_files(self) -> list[str]:
        """Return the files that processes have open, relative to the mount point."""
        found: list[str] = json.loads(os.getxattr(self.mount_point, CONTROL))["open"]
        return found

    def _order(self, order: str, **arguments: Any) -> None:
        os.setxattr(self.mount_point, CONTROL, json.dumps({"order": order, **arguments}).encode())

    def _inside(self, path: Path) -> str:
        inside = path.relative_to(self.mount_point)
        return f"/{inside.as_posix()}" if inside.parts else "/"


def unmount(mount_point: Path) -> None:
    """Make sure that nothing is mounted there, a disk whose process was killed included."""
    for command in (["fusermount3", "-uzq"], ["fusermount", "-uzq"], ["umount", "-l"]):
        with contextlib.suppress(FileNotFoundError):
            subprocess.run([*command, mount_point], stderr=subprocess.DEVNULL, check=False)
            return
