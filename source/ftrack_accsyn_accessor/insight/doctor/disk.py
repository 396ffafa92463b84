"""Checks of where the staging area and the outbox lie."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from ftrack_accsyn_accessor.insight.doctor.check import Check, ok, warn
from ftrack_accsyn_accessor.insight.installation import Installation
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox, disk

#: Staged files looked at, of those that wait.
_FILES = 10_000


def checks(here: Installation) -> Iterator[Check]:
    """Yield what is wrong with where things lie."""
    found = list(disk.concerns(str(here.outbox_path), here.area.root, here.settings.staging_variable))
    for concern in found:
        yield warn("disk", *concern)
    if not found:
        yield ok("disk", "As far as can be told, the staging area and the outbox lie on local disks.")


def placeholders(here: Installation, outbox: Outbox) -> Iterator[Check]:
    """Yield a warning where content of staged files that wait is not on this machine."""
    count, looked = 0, 0
    for item in outbox.items(State.PENDING, State.NEEDS_ATTENTION, State.SUBMITTED, State.TRANSFERRING):
        for file in item.publication.files:
            with contextlib.suppress(OSError):
                count += disk.is_placeholder(os.stat(os.path.join(here.area.root, file.path)))
        looked += len(item.publication.files)
        if looked >= _FILES:
            break
    if count:
        what = f"{count} staged file(s) that wait are placeholders: their content is with the service that syncs them."
        yield warn("placeholders", what, "Have the staging area always kept on this machine.")
