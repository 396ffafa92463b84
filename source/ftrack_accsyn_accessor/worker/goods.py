"""Which items may go to accsyn, and as which tasks: published files are looked at where they lie before they go.

On the worker's thread only.
"""

from __future__ import annotations

import logging
import posixpath
from collections.abc import Mapping, Sequence
from typing import Callable, Optional, Protocol

from ftrack_accsyn_accessor.model import errors, progress, retry, tasks
from ftrack_accsyn_accessor.model.assumptions import Notation
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Publication, Trouble, label
from ftrack_accsyn_accessor.model.request import Request
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.claims import Claims
from ftrack_accsyn_accessor.worker.endpoint import known_here

logger = logging.getLogger(__name__)

#: A temporary file that nobody has written to for so long belongs to a writer that is gone.
ABANDONED_S = 3600.0
#: How often it is looked whether what comes to a publish's place has ended.
_STILL_COMING_S = 10.0


class Goods(Protocol):
    """What a submission has to know of its items. `requests` are those that they belong to, none for publishes.

    Methods may raise `errors.StagingGone`, `errors.OutboxError`, and what ftrack raises.
    """

    requests: Mapping[int, Request]

    def sound(self, items: Sequence[Item]) -> list[Item]:
        """Return those of *items* that may be sent; the others need attention, are withdrawn, or wait."""

    def wanted(self, items: Sequence[Item]) -> list[Item]:
        """Return those of *items*, of which accsyn has nothing, that are still to be sent."""

    def paths(self, item: Item, notation: Notation) -> list[str]:
        """Return the paths of the tasks of *item*, which are written in *notation*."""


def stop(outbox: Outbox, items: Sequence[Item], error: errors.AccsynAccessorError, now: float) -> None:
    """Let *items* need attention for *error*; they are looked at again some time later."""
    for item in items:
        logger.warning("%s needs attention. %s", label(item), error)
    outbox.needs_attention(items, error, now + retry.delay(error, 1, 0.0, 0.0))


class Staged:
    """What was published into this machine's staging area."""

    def __init__(
        self, outbox: Outbox, area: StagingArea, claims: Claims, destination: Endpoint, clock: Callable[[], float]
    ) -> None:
        self.requests: Mapping[int, Request] = {}
        self._outbox = outbox
        self._area = area
        self._claims = claims
        self._destination = destination
        self._clock = clock

    def sound(self, items: Sequence[Item]) -> list[Item]:
        """Return the items whose files are what was published, safely on disk; the others need attention."""
        self._area.sweep_unfinished(ABANDONED_S)
        sound = []
        for item in self._claims.admit(self._undisturbed(items), self._destination):
            error = self._fault(item)
            if error is not None:
                stop(self._outbox, [item], error, self._clock())
            else:
                sound.append(item)
        return on_disk(self._outbox, self._area, sound, self._clock)

    def _undisturbed(self, items: Sequence[Item]) -> list[Item]:
        """Return those of *items* to whose places accsyn brings nothing; the others wait until that has ended.

        It would read there what was brought, and prove that instead.
        """
        coming = self._outbox.incoming.over(items, known_here(self._outbox))
        for item in items:
            if item.id in coming:
                outcome = f"{label(coming[item.id])} is being brought to its place"
                remedy = "It is sent when that has ended, if it is still as it was published."
                error = errors.Busy("send the files as published", label(item), outcome, remedy)
                self._outbox.delay([item], error, self._clock() + _STILL_COMING_S)
        return [item for item in items if item.id not in coming]

    def wanted(self, items: Sequence[Item]) -> list[Item]:
        """Return those of *items* that nobody has forgotten: ftrack, which was just asked, has them."""
        return self._outbox.past.without_forgotten(items)

    def paths(self, item: Item, notation: Notation) -> list[str]:
        """Return the paths of the tasks of *item*, which are written in *notation*."""
        publication = item.publication
        doubtful = publication.kind is Kind.CONTAINER and notation.folders
        whole = not doubtful or self._is_whole_folder(publication)
        return tasks.source_paths(publication, whole, notation)

    def _fault(self, item: Item) -> Optional[errors.AccsynAccessorError]:
        """Return what is wrong with the staged files of *item*."""
        files = item.publication.files
        if not files and (item.file_count or item.publication.kind is Kind.FILE):
            reasons = ["the outbox has lost the list of its files"]
        else:
            try:
                reasons = self._area.verify({file.path: file.stamp for file in files})
            except errors.FileUnreadable as error:
                return error
        if reasons:
            remedy = "Publish it again, or put the published files back."
            brought = self._outbox.incoming.since(item, known_here(self._outbox))
            if brought is not None:
                reasons.append(f"a {brought.reason.value.capitalize()} of {label(brought)} wrote over it")
                remedy = "Publish it again."
            return errors.FileChanged("send the files as published", label(item), "; ".join(reasons), remedy)
        return never_sent(item)

    def _is_whole_folder(self, publication: Publication) -> bool:
        """Whether the folder of a container holds its files only; what killed writers left in it does not count."""
        files = {file.path for file in publication.files}
        for folder in {posixpath.dirname(path) for path in files}:
            self._area.sweep_temporaries(folder, ABANDONED_S)
        return self._area.holds_only(publication.path, files)


def never_sent(item: Item) -> Optional[errors.NeverSent]:
    """Return the error for an *item* that has a file which accsyn would pass over, None where it has none."""
    paths = [file.path for file in item.publication.files] or [item.publication.path]
    passed_over = next((path for path in paths if tasks.never_sent(path)), "")
    if not passed_over:
        return None
    outcome, remedy = f"accsyn passes over {passed_over}", progress.remedy(Trouble.NEVER_SENT)
    return errors.NeverSent("send the files as published", label(item), outcome, remedy)


def on_disk(outbox: Outbox, area: StagingArea, items: Sequence[Item], clock: Callable[[], float]) -> list[Item]:
    """Return the items whose files have reached the disk; those that it could not write need attention."""
    try:
        area.fsync_files([file.path for item in items for file in item.publication.files])
    except errors.StagingGone:
        raise
    except errors.StagingError as error:
        if len(items) == 1:
            stop(outbox, items, error, clock())
            return []
        return [item for each in items for item in on_disk(outbox, area, [each], clock)]
    return list(items)
