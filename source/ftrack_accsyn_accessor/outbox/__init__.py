"""The outbox: a durable queue of items, shared by all processes of a machine."""

from __future__ import annotations

from ftrack_accsyn_accessor.outbox import engine as engine  # before all that takes SQLite for granted
from ftrack_accsyn_accessor.outbox.agenda import Work
from ftrack_accsyn_accessor.outbox.records import JobRow
from ftrack_accsyn_accessor.outbox.store import Outbox

__all__ = ["JobRow", "Outbox", "Work"]
