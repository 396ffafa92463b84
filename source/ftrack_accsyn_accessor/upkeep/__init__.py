"""Frees staged files that are proven to be at their destination; policy and proof are pure, the rest does I/O."""

from __future__ import annotations

from ftrack_accsyn_accessor.upkeep.cleaner import Cleaner, Item
from ftrack_accsyn_accessor.upkeep.policy import DAY_S, Policy

__all__ = ["DAY_S", "Cleaner", "Item", "Policy"]
