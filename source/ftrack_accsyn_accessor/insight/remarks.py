"""What is to be told besides the items of an outbox: what waits for others, elsewhere, or could not even be queued.

Pure reading; any thread. Nothing of ftrack or accsyn is asked. What reads an outbox may raise `errors.OutboxError`.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Sequence
from pathlib import Path

from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.outbox import Outbox, memory, takeover, unqueued
from ftrack_accsyn_accessor.outbox.facts import Area, Earlier, kept
from ftrack_accsyn_accessor.outbox.file import is_state_folder, normalised
from ftrack_accsyn_accessor.outbox.survey import UnderWay

#: For whoever is nobody's in particular: no item is another studio's then.
ANYBODY = Studio("", "")

_QUEUED_LATER = "Queueing is tried again by itself; nothing has to be published anew."
_FOR_IT = "Start an application that publishes with it, or run ftrack-accsyn drain, with that staging path set."


class Topic(str, enum.Enum):
    """What a remark is about."""

    UNQUEUED = "not-queued"
    OTHER_STUDIO = "other-studio"
    OTHER_AREA = "other-area"
    EARLIER = "earlier-outbox"

    @property
    def heading(self) -> str:
        """What it is called."""
        return self.value.replace("-", " ")


@dataclasses.dataclass(frozen=True)
class Remark:
    """Something that no row of the outbox tells.

    `count` components are concerned, 0 where that is not known; `where` is the studio, staging area or file. `unsent`
    tells that accsyn does not have all of it: not everything has arrived, and nothing here is safe to leave.
    """

    topic: Topic
    where: str
    count: int
    what: str
    remedy: str
    unsent: bool = True

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".rstrip()


def remarks(outbox: Outbox, others: Sequence[UnderWay]) -> tuple[Remark, ...]:
    """Return all remarks on *outbox*, in which *others* wait: the other studios than that of whoever asks."""
    return (*outside(outbox.path), *_of_studios(others), *_of_earlier(outbox))


def outside(outbox: Path) -> tuple[Remark, ...]:
    """Return the remarks on what is in no outbox, or in another one than *outbox*, which need not be there."""
    return (*of_unqueued(outbox), *_of_areas(outbox))


def of_unqueued(outbox: Path) -> Iterator[Remark]:
    """Yield a remark for each reason why something could not be queued into the file *outbox*."""
    counts: dict[str, int] = {}
    for each in unqueued.kept(outbox):
        if each.readable:
            counts[each.words] = counts.get(each.words, 0) + each.count
        else:
            yield Remark(Topic.UNQUEUED, str(outbox), 0, each.words, "")
    for words, count in counts.items():
        yield not_queued(outbox, words, count)


def not_queued(outbox: Path, words: str, count: int) -> Remark:
    """Return the remark on *count* components that could not be queued into the file *outbox*, because of *words*."""
    reason = f": {words.rstrip('.')}." if words else "."
    what = f"{components(count)} {was(count)} published and {'waits' if count == 1 else 'wait'} to be queued{reason}"
    return Remark(Topic.UNQUEUED, str(outbox), count, what, _QUEUED_LATER)


def named(studio: Studio) -> str:
    """Return what people call a studio: the accsyn workspace and the ftrack server."""
    return f"workspace {studio.workspace} at {studio.server_url}" if studio.workspace else studio.server_url


def _of_studios(others: Sequence[UnderWay]) -> Iterator[Remark]:
    for each in others:
        where = named(each.studio)
        if each.unsent:
            sent = "it is sent" if each.unsent == 1 else "they are sent"
            waits = "waits" if each.unsent == 1 else "wait"
            what = f"{components(each.unsent)} {waits} for {where}: {sent} when somebody logs in there."
            yield Remark(Topic.OTHER_STUDIO, where, each.unsent, what, "")
        if each.moving:
            noticed = "what becomes of that is noticed when somebody logs in there."
            are = "is" if each.moving == 1 else "are"
            what = f"{components(each.moving)} {are} on the way in {where}; {noticed}"
            yield Remark(Topic.OTHER_STUDIO, where, each.moving, what, "", unsent=False)


def _of_areas(outbox: Path) -> Iterator[Remark]:
    for each in memory.others(outbox):
        if each.present:
            what = f"{components(each.unsent)} in another staging area of this machine, {each.root}, {has(each.unsent)}"
            yield Remark(Topic.OTHER_AREA, each.root, each.unsent, f"{what} not been sent.", _FOR_IT)
            continue
        what = (
            f"Another staging area of this machine, {each.root}, is unplugged; when it was there last, "
            f"{components(each.unsent)} in it had not been sent."
        )
        forget = f" To have it forgotten, remove {each.record}." if each.record is not None else ""
        yield Remark(Topic.OTHER_AREA, each.root, each.unsent, what, f"Plug its disk in. {_FOR_IT}{forget}")


def _of_earlier(outbox: Outbox) -> Iterator[Remark]:
    """Yield what is known of outboxes of an earlier release that were not taken over, except damaged ones."""
    known, root = kept(outbox, Earlier).files, kept(outbox, Area).staging_path
    for path in earlier_files(outbox.path, root) if root else ():
        outcome = known.get(str(path), "")
        if outcome == takeover.IN_USE:
            what = f"The outbox {path} is in use by an application with an earlier release, which sends what is in it."
            remedy = "It is taken over when that application has ended."
        elif outcome == takeover.UNREADABLE:
            what = f"The outbox {path} of an earlier release cannot be read, so that what waits in it is not known."
            remedy = "It is tried again by itself; the log says why it failed."
        elif not outcome and is_state_folder(path.parent.name):
            what = f"The outbox {path} of an earlier release has not been taken over yet."
            remedy = "The next session does that, or ftrack-accsyn drain."
        else:
            continue
        yield Remark(Topic.EARLIER, str(path), 0, what, remedy)


def earlier_files(outbox: Path, root: str) -> list[Path]:
    """Return what may be outboxes of an earlier release for the area at *root*; those of other areas are not."""
    found = takeover.candidates(outbox, root)
    theirs = {normalised(each.outbox) for each in memory.served()} if found else set()
    return [path for path in found if normalised(str(path)) not in theirs]


def components(count: int) -> str:
    """Return *count* with its noun."""
    return "1 component" if count == 1 else f"{count} components"


def has(count: int) -> str:
    """Return the verb that goes with *count* components."""
    return "has" if count == 1 else "have"


def was(count: int) -> str:
    """Return the verb that goes with *count* components."""
    return "was" if count == 1 else "were"
