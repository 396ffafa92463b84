"""Disks with the manners of other systems, for tests on Linux: a folder through FUSE, or an image of NTFS or exFAT."""

from disks.disk import CannotMount, Disk, obstacle
from disks.images import FILE_SYSTEMS, mounted
from disks.manners import FAT, MACOS, NAS, PLAIN, PRESETS, WINDOWS, Manners

__all__ = [
    "FAT",
    "FILE_SYSTEMS",
    "MACOS",
    "NAS",
    "PLAIN",
    "PRESETS",
    "WINDOWS",
    "CannotMount",
    "Disk",
    "Manners",
    "mounted",
    "obstacle",
]
