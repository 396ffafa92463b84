"""Keeps new content apart from older content of the same path, so that accsyn sends it.

accsyn takes a file of the same size and date for the same, and dates in whole seconds (accsyn fact sheet, section 6):
content that is replaced within a moment would stay behind, and look as if it had arrived.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from ftrack_accsyn_accessor.model.item import Publication, StagedFile
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea

#: The coarsest dates in use are FAT's, of two seconds.
APART_NS = 2_000_000_000
#: Each content of a path is dated after all before it, of which only the last is known here. Only where the clock was
#: set back by more than this is the order given up for the truth.
BACK_NS = 3600 * 1_000_000_000


def set_apart(area: StagingArea, outbox: Outbox, publications: Iterable[Publication]) -> list[Publication]:
    """Return *publications* after dating anew what could be taken for an older content of the same path.

    Writes nothing but those dates. May raise `errors.OutboxError`, and OSError where a date cannot be set.
    """
    return [_set_apart(area, outbox.earlier_files(publication), publication) for publication in publications]


def _set_apart(area: StagingArea, earlier: Sequence[StagedFile], publication: Publication) -> Publication:
    if not earlier:
        return publication
    last: dict[str, int] = {}
    for file in earlier:
        last[file.path] = max(file.mtime_ns, last.get(file.path, 0))
    files = [_dated_after(area, last[file.path], file) if file.path in last else file for file in publication.files]
    return dataclasses.replace(publication, files=tuple(files))


def _dated_after(area: StagingArea, before_ns: int, file: StagedFile) -> StagedFile:
    if before_ns - BACK_NS < file.mtime_ns < before_ns + APART_NS:
        return StagedFile(file.path, *area.date(file.path, before_ns + APART_NS))
    return file
