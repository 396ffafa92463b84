"""Frees staged files that are proven to be at their destination, or that nobody wants any more.

The order keeps every moment true: first the registration in the staging location goes, so that nobody looks there for
a file that is about to go; then the files; then the item. A run that is killed in between is finished by the next.
"""

from __future__ import annotations

import dataclasses
import errno
import itertools
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Callable, NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.availability import deregister
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.ftrack.registrations import hidden
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Item, StagedFile, State, Studio
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.held import READERS, is_held
from ftrack_accsyn_accessor.staging.naming import naming_of
from ftrack_accsyn_accessor.staging.removing import full_path, remove_if
from ftrack_accsyn_accessor.upkeep.evidence import Collector, rests_here
from ftrack_accsyn_accessor.upkeep.policy import (
    PINNED,
    Evidence,
    Policy,
    choose,
    is_pinned,
    objection,
    withdrawn_objection,
)
from ftrack_accsyn_accessor.upkeep.verifying import difference
from ftrack_accsyn_accessor.workspace import Workspace

logger = logging.getLogger(__name__)

#: Items looked at together: bounds memory and the size of requests.
BATCH = 1000


@dataclasses.dataclass(frozen=True)
class Candidate:
    """An item that is wanted to go, with its evidence; `objection` says why it stays nevertheless."""

    item: Item
    evidence: Evidence
    objection: str

    @property
    def pinned(self) -> bool:
        """Whether somebody wants it to stay, whatever else speaks for or against it."""
        return self.objection == PINNED


class Freed(NamedTuple):
    """How many bytes were freed of a candidate; `objection` says why it stayed."""

    size_bytes: int
    objection: str = ""


class Cleaner:
    """For one thread only, with the worker's lock held where anything is freed.

    *studio* is that of *connection* and *workspace*: what belongs to another one stays. Methods may raise
    `errors.RegistrationError`, `errors.StagingGone` (which means that nothing more is known of the files: nothing is
    freed then) and `errors.OutboxError`. That accsyn cannot be asked is an objection.
    """

    def __init__(
        self, outbox: Outbox, area: StagingArea, connection: FtrackConnection, workspace: Workspace, studio: Studio
    ) -> None:
        self._outbox = outbox
        self._area = area
        self._connection = connection
        self._workspace = workspace
        self._studio = studio
        self._collector = Collector(outbox, area, connection)
        self._outage: Optional[errors.WorkspaceError] = None

    @property
    def blind(self) -> bool:
        """Whether accsyn could not be asked: this cleaner looks at the destination no more."""
        return self._outage is not None

    def plan(self, policy: Policy, now: float) -> Iterator[Candidate]:
        """Yield what the policy wants to go, the longest arrived first. Changes nothing, and does not ask accsyn.

        *now* is in seconds since the epoch. What is pinned is among it, and stays.
        """
        self._area.require()
        arrived_by = now - policy.older_than_s if policy.older_than_s is not None else now
        resting, quota = self._outbox.resting, policy.quota_bytes is not None
        arrived = resting.synced(now if quota else arrived_by)
        size_bytes = resting.synced_bytes() if quota else 0
        chosen = choose(arrived, size_bytes, self._outbox.control.pins(), policy, now, naming_of(self._area.root))
        for batch in self._batches(chosen):
            yield from self._candidates(self._outbox.tracking.with_files(batch), self._collector.of_synced, objection)

    def plan_withdrawn(self) -> Iterator[Candidate]:
        """Yield the withdrawn items, and what rests here and ftrack does not know any more. Changes nothing.

        That is what has arrived, what needs attention and what was forgotten. What is pinned is among it, and stays.
        """
        self._area.require()
        for batch in self._batches(itertools.chain(self._outbox.items(State.WITHDRAWN), self._deleted())):
            unseen = hidden(self._connection, batch)
            for candidate in self._candidates(batch, self._collector.of_withdrawn, withdrawn_objection):
                if not candidate.objection and candidate.item.id in unseen:
                    candidate = dataclasses.replace(candidate, objection=str(unseen[candidate.item.id]))
                yield candidate

    def _deleted(self) -> Iterator[Item]:
        """Yield the items, with their files, that rest here and whose components ftrack does not know."""
        there = self._outbox.items(State.SYNCED, State.NEEDS_ATTENTION)
        resting = itertools.chain(there, self._outbox.resting.archived(), self._outbox.past.forgotten())
        for mine in self._batches(each for each in resting if rests_here(each) and self._studio.includes(each.studio)):
            known = self._collector.known({item.publication.component_id for item in mine})
            yield from (item for item in mine if item.publication.component_id not in known)

    @staticmethod
    def _batches(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
        """Yield *items* together, however many there are: no more are in memory."""
        left = iter(items)
        while True:
            batch = list(itertools.islice(left, BATCH))
            if not batch:
                return
            yield batch

    def free(self, candidate: Candidate) -> Freed:
        """Free one candidate.

        One with an objection stays, and so does one that is not what it was when it was planned, that accsyn does not
        show at the destination as it was published, or that ftrack does not let go.
        """
        item = candidate.item
        reason = candidate.objection or self._objection_now(candidate)
        if reason:
            return Freed(0, reason)
        try:
            deregister(self._connection, candidate.evidence.registrations)
        except errors.RegistrationRefused as error:
            return Freed(0, str(error))
        freed, reason = self._remove(item)
        left = [file for file in item.publication.files if _is_there(full_path(self._area.root, file.path))]
        self._area.require()
        if not left:
            self._outbox.past.freed(item)
        size_bytes = sum(file.size_bytes for file in freed)
        logger.info("Freed %d bytes of %s.", size_bytes, item.publication.resource_identifier)
        return Freed(size_bytes, (reason or f"{left[0].path} could not be removed") if left else "")

    def _remove(self, item: Item) -> tuple[list[StagedFile], str]:
        """Remove the files of *item*; return those that went, and why the system kept the first of the others."""
        freed, reason = [], ""
        for file in item.publication.files:
            try:
                if remove_if(self._area.root, file.path, file.stamp):
                    freed.append(file)
            except OSError as error:
                said = error.strerror or str(error)
                if is_held(error, full_path(self._area.root, file.path)):
                    said = f"another program has it open, {READERS} ({said})"
                logger.warning("Could not free %s: %s", file.path, said)
                reason = reason or f"{file.path} could not be removed: {said}"
        return freed, reason

    def _candidates(
        self,
        items: Sequence[Item],
        collect: Callable[[Sequence[Item]], dict[int, Evidence]],
        object_to: Callable[[Item, Evidence], str],
    ) -> Iterator[Candidate]:
        pins, naming = self._outbox.control.pins(), naming_of(self._area.root)
        pinned = {item.id for item in items if is_pinned(item, pins, naming)}
        found = collect([item for item in items if item.id not in pinned and self._studio.includes(item.studio)])
        self._area.require()
        for item in items:
            evidence = found.get(item.id)
            if item.id in pinned:
                yield Candidate(item, Evidence(), PINNED)
            elif evidence is None:
                yield Candidate(item, Evidence(), f"it belongs to another studio: {_name(item.studio)}")
            else:
                yield Candidate(item, evidence, object_to(item, evidence))

    def _objection_now(self, candidate: Candidate) -> str:
        """Return what speaks against freeing *candidate* at this moment."""
        item = candidate.item
        self._area.require()
        if not self._outbox.past.is_unchanged(item):
            return "it was published anew meanwhile"
        files = self._collector.files(item)
        if files.unreadable:
            return files.unreadable[0]
        if files.changed:
            return f"{min(files.changed)} was written to since it was published"
        nothing_left = files.missing >= {file.path for file in item.publication.files}
        unwanted = item.state is State.WITHDRAWN or not candidate.evidence.components
        return "" if unwanted or nothing_left else self._objection_there(item)

    def _objection_there(self, item: Item) -> str:
        """Return what speaks against freeing *item* at its destination, as accsyn sees it at this moment."""
        try:
            if self._outage is not None:
                raise self._outage
            wrong = difference(self._workspace, item)
        except errors.WorkspaceError as error:
            if not isinstance(error, errors.Refused):  # it would be no other for the next one
                self._outage = error
            return f"accsyn could not tell its size at the destination: {error}"
        return f"at the destination {wrong}" if wrong else ""


def _name(studio: Studio) -> str:
    return f"{studio.server_url}, workspace {studio.workspace}" if studio.workspace else studio.server_url


def _is_there(full: str) -> bool:
    """Return whether something is at *full*, or may be: where the system does not tell."""
    try:
        os.lstat(full)
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR)
    return True
