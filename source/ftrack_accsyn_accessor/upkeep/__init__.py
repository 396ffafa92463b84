"""Frees staged files that are proven to be at their destination, or wanted by nobody; queues what was forgotten.

Policy and objections are pure, the rest does I/O.
"""

from __future__ import annotations

from ftrack_accsyn_accessor.upkeep.cleaner import Candidate, Cleaner, Freed
from ftrack_accsyn_accessor.upkeep.policy import DAY_S, Policy

__all__ = ["DAY_S", "Candidate", "Cleaner", "Freed", "Policy"]
