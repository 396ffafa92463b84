"""The outbox: a durable queue of entries, shared by all processes of a machine."""

from __future__ import annotations

from ftrack_accsyn_accessor.outbox.records import JobRow, Prepared
from ftrack_accsyn_accessor.outbox.store import Outbox, Work

__all__ = ["JobRow", "Outbox", "Prepared", "Work"]
