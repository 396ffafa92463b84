"""Frees staged files that are proven to be at their destination.

The order keeps every moment true: first the registration in the staging location goes, so that nobody looks there for
a file that is about to go; then the files; then the entry. A run that is killed in between is finished by the next.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
from collections.abc import Iterator

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model.entry import Entry, StagedFile
from ftrack_accsyn_accessor.model.errors import RegistrationRefused
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea, Stamp, temporary_name
from ftrack_accsyn_accessor.upkeep.evidence import Collector, is_same
from ftrack_accsyn_accessor.upkeep.policy import Evidence, Policy, choose, objection

logger = logging.getLogger(__name__)

#: Entries looked at together: bounds memory and the size of requests.
BATCH = 1000


@dataclasses.dataclass(frozen=True)
class Item:
    """An entry that the policy wants to go, with its evidence; `objection` says why it stays nevertheless."""

    entry: Entry
    evidence: Evidence
    objection: str


class Cleaner:
    """For one thread only, with the uploader's lock held where anything is freed.

    Methods may raise `errors.RegistrationError`, `errors.StagingGone` (which means that nothing more is known of the
    files: nothing is freed then) and `errors.OutboxError`.
    """

    def __init__(self, outbox: Outbox, area: StagingArea, connection: FtrackConnection) -> None:
        self._outbox = outbox
        self._area = area
        self._connection = connection
        self._collector = Collector(outbox, area, connection)

    def plan(self, policy: Policy, now: float) -> Iterator[Item]:
        """Yield what the policy wants to go, the longest arrived first. Changes nothing.

        *now* is in seconds since the epoch.
        """
        self._area.require()
        arrived_by = now - policy.older_than_s if policy.older_than_s is not None else now
        arrived = self._outbox.survey.synced(now if policy.quota_bytes is not None else arrived_by)
        chosen = choose(arrived, self._outbox.control.pins(), policy, now)
        for start in range(0, len(chosen), BATCH):
            entries = self._outbox.tracking.with_files(chosen[start : start + BATCH])
            found = self._collector.collect(entries)
            self._area.require()
            for entry in entries:
                yield Item(entry, found[entry.id], objection(entry, found[entry.id]))

    def free(self, item: Item) -> int:
        """Free one item; return the bytes.

        One with an objection, that was published anew meanwhile, or that ftrack does not let go, stays: 0.
        """
        entry = item.entry
        if item.objection:
            return 0
        self._area.require()
        if not self._outbox.control.still_synced(entry):
            return 0
        try:
            self._deregister(item.evidence)
        except RegistrationRefused as error:
            logger.warning("The staged files of %s stay. %s", entry.publication.resource_identifier, error)
            return 0
        freed = [file for file in entry.publication.files if self._remove(file)]
        left = [file for file in entry.publication.files if os.path.lexists(full_path(self._area.root, file.path))]
        self._area.require()
        if not left:
            self._outbox.control.forget(entry)
        freed_bytes = sum(file.size_bytes for file in freed)
        logger.info("Freed %d bytes of %s.", freed_bytes, entry.publication.resource_identifier)
        return freed_bytes

    def _deregister(self, evidence: Evidence) -> None:
        """Remove the registrations that were seen, and no later ones: those belong to a publish that came after."""
        registrations = sorted(evidence.registrations)
        try:
            self._connection.delete("ComponentLocation", registrations)
        except RegistrationRefused:  # somebody else has removed some
            existing = self._collector.existing(registrations)
            self._connection.delete("ComponentLocation", existing)

    def _remove(self, file: StagedFile) -> bool:
        return remove_if(self._area.root, file.path, Stamp(file.size_bytes, file.mtime_ns))


def remove_if(root: str, path: str, published: Stamp) -> bool:
    """Remove the file at *path* below *root* if it is what was *published*; return whether it was removed.

    It is taken aside first: a file that is published to the same place at this moment is put back, or never touched.
    Folders stay: a publish may have made one and be about to write into it.
    """
    full = full_path(root, path)
    aside = os.path.join(os.path.dirname(full), temporary_name(os.path.basename(full)))
    try:
        if not _is_what(full, published):
            return False
        os.rename(full, aside)
        if not _is_what(aside, published):
            _put_back(aside, full)
            return False
        os.remove(aside)
    except OSError as error:
        logger.warning("Could not free %s: %s", full, error)
        with contextlib.suppress(OSError):
            _put_back(aside, full)
        return False
    return True


def full_path(root: str, path: str) -> str:
    """Return where the staged file *path* lies."""
    return os.path.join(root, *path.split("/"))


def _is_what(full: str, published: Stamp) -> bool:
    found = os.lstat(full)
    return is_same(Stamp(found.st_size, found.st_mtime_ns), published)


def _put_back(aside: str, full: str) -> None:
    """Give a file its name back unless another one has got it meanwhile."""
    if not os.path.lexists(full):
        os.rename(aside, full)
