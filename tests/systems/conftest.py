"""Disks with the manners of other systems."""

from __future__ import annotations

from disks.fixtures import new_disk

__all__ = ["new_disk"]
