"""Check of the process that sends."""

from __future__ import annotations

from collections.abc import Iterator

from ftrack_accsyn_accessor.insight.doctor.check import Check, fail, warn
from ftrack_accsyn_accessor.insight.leading import obstacle
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.outbox import Outbox


def leader(outbox: Outbox, studio: Studio, summary: Summary) -> Iterator[Check]:
    """Yield what is wrong with the process that sends from *outbox*, or what that met; nothing where all is well."""
    found = obstacle(outbox.path, studio)
    if found is not None and found.frozen:
        yield fail("worker", found.what, found.remedy)
    elif found is not None and summary.left:
        yield warn("worker", found.what, found.remedy)
    elif summary.contact.what and summary.left:
        yield warn("worker", summary.contact.what, summary.contact.remedy)
