"""What the outbox has let go, as all faces tell it: freed from the staging area, or forgotten. Pure reading.

Any thread may call these functions; each may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`. Times are seconds
since the epoch.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterable, Sequence
from typing import Optional

from ftrack_accsyn_accessor.insight import naming, rows
from ftrack_accsyn_accessor.insight.naming import Titled
from ftrack_accsyn_accessor.insight.remarks import ANYBODY
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.model import titles
from ftrack_accsyn_accessor.model.item import Kind, Studio
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.covering import around
from ftrack_accsyn_accessor.outbox.past import Ended, Gone

_BY_ID = re.compile(r"item=(\d{1,18})", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Past:
    """One item as it was when it was let go: `row`, how, when, and by whom if anybody."""

    row: Row
    ended: Ended
    ended_at: float
    ended_by: str

    @property
    def sentence(self) -> str:
        """Return what became of it: when it arrived, where, and when it was freed or forgotten."""
        place = f" at {self.row.destination}" if self.row.destination else ""
        arrived = f"It arrived{place} on {_moment(self.row.synced_at)}" if self.row.synced_at is not None else ""
        at = _moment(self.ended_at)
        if self.ended is Ended.FREED:
            return f"{arrived}, and was freed here on {at}." if arrived else f"It was not wanted, and freed on {at}."
        cause = self.row.cause.partition(f"{rows.AGAIN} ")[2] or self.row.cause
        return f"It needed attention, and was forgotten on {at} by {self.ended_by}: {cause}".rstrip(": ")


def past(outbox: Outbox, text: str, studio: Studio = ANYBODY) -> list[Past]:
    """Return what was let go of the one item that *text* means, the latest first; nothing where none is called that.

    *text* is what `naming.named` takes for what is still there. Raise `errors.NotOne` where several are called that.
    """
    found = _of_id(outbox, text) or _of_path(outbox, rows.relative_path(outbox, text))
    called = [naming.titled(each.named) for each in found] or _called(outbox, text)
    meant = {each.key: each for each in called}
    if len(meant) > 1:
        raise naming.several(text, naming.candidates([*meant.values()]), " that are not on this machine any more")
    if not found:
        found = [gone for each in called for gone in outbox.past.of_item(each.item.item_id)]
    return _shown(found, studio)


def of_component(outbox: Outbox, component_id: str, studio: Studio = ANYBODY) -> list[Past]:
    """Return what was let go of a component, the latest first."""
    return _shown(outbox.past.of_component(component_id), studio)


def of_entity(outbox: Outbox, entity_id: str, studio: Studio = ANYBODY) -> list[Past]:
    """Return what was let go of a component, or of a version, the latest first."""
    return _shown(outbox.past.of_component(entity_id) or outbox.past.of_version(entity_id), studio)


def latest(outbox: Outbox, limit: int = 20, studio: Studio = ANYBODY) -> list[Past]:
    """Return what was let go last, the latest first."""
    return _shown(outbox.past.latest(limit), studio)


def _of_id(outbox: Outbox, text: str) -> Sequence[Gone]:
    by_id = _BY_ID.fullmatch(text)
    return outbox.past.of_item(int(by_id[1])) if by_id else outbox.past.of_component(text)


def _of_path(outbox: Outbox, path: str) -> Sequence[Gone]:
    """Return what had the staged file *path*, or may have had it: the files of a sequence or container are not kept."""
    if not path:
        return []
    own = outbox.past.of_paths([path])
    wide = [] if own else outbox.past.of_paths([*around(path)])
    return own or [each for each in wide if each.found.item.publication.kind is not Kind.FILE][:1]


def _called(outbox: Outbox, text: str) -> list[Titled]:
    """Return what is called *text* most exactly, by the rule of `naming.named`."""
    wanted = (titles.key(text), titles.key(text, any_case=True))
    found: dict[int, list[Titled]] = {}
    for each in map(naming.titled, outbox.past.names() if wanted[0] else ()):
        rank = naming.rank_of(each.title, *wanted)
        if rank is not None:
            found.setdefault(rank, []).append(each)
    return found[min(found)] if found else []


def _shown(found: Iterable[Gone], studio: Studio) -> list[Past]:
    return [Past(rows.row(each.found, studio), each.ended, each.at, each.by) for each in found]


def _moment(at: Optional[float]) -> str:
    return datetime.datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M") if at is not None else ""
