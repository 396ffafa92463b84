"""What a studio's own tools are told of items: values that stay as they are. Pure.

Fields may be added at any time; none goes, and none changes its meaning.
"""

from __future__ import annotations

import dataclasses
from typing import Optional

from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.model.item import State

#: In this order a state tells more about how far all is.
_TELLING = (
    *(State.NEEDS_ATTENTION, State.PREPARED, State.PENDING, State.SUBMITTED, State.TRANSFERRING),
    *(State.WITHDRAWN, State.SYNCED),
)


@dataclasses.dataclass(frozen=True)
class ItemStatus:
    """One item: what carries a component, or a file or folder, to one destination.

    `state` is prepared, pending, submitted, transferring, synced, needs-attention or withdrawn; `reason` is publish,
    send, sync or get. `cause` says why it waits, `remedy` what to do; both are empty where nothing is in its way.
    `percent` is of its bytes. `title` is what one types to mean it, and what people are shown. `source` and
    `destination` are what people call its ends, `destination_id` is the latter's id in ftrack; empty where not known.
    Times are seconds since the epoch; `synced_at` is None until it has arrived, `freed_at` while its staged files are
    here.
    """

    item_id: int
    component_id: str
    version_id: str
    title: str
    reason: str
    state: str
    percent: int
    files: int
    files_done: int
    size_bytes: int
    done_bytes: int
    source: str
    destination: str
    destination_id: str
    cause: str
    remedy: str
    updated_at: float
    synced_at: Optional[float]
    freed_at: Optional[float] = None


@dataclasses.dataclass(frozen=True)
class Status:
    """What this machine knows of something: its items, the newest first.

    `unattended` tells that something on this machine waits for a process with the plugin, and that none is there.
    """

    items: tuple[ItemStatus, ...]
    unattended: bool

    @property
    def there(self) -> bool:
        """Whether there is something, and all of it that is wanted has arrived."""
        wanted = [each for each in self.items if each.state != State.WITHDRAWN.value]
        return bool(wanted) and all(each.state == State.SYNCED.value for each in wanted)

    @property
    def state(self) -> str:
        """The state of the item that is the farthest from having arrived; empty where there is none."""
        states = {each.state for each in self.items}
        return next((state.value for state in _TELLING if state.value in states), "")

    @property
    def percent(self) -> int:
        """How much of all bytes that are wanted has been transferred; 100 only where all has arrived."""
        wanted = [each for each in self.items if each.state != State.WITHDRAWN.value]
        size_bytes = sum(each.size_bytes for each in wanted)
        done_bytes = sum(each.size_bytes if each.percent == 100 else each.done_bytes for each in wanted)
        return 100 if self.there else min(99, 100 * done_bytes // size_bytes) if size_bytes else 0


@dataclasses.dataclass(frozen=True)
class Arrival:
    """How a wait has ended.

    `outcome` is there, attention (it does not come by itself: `why` says what to do), withdrawn (nobody wants it any
    more) or timeout. `wanted` and `arrived` are ids of components; `items` is what this machine knows of them. `why`
    says what is in the way; it is empty where all is there.
    """

    outcome: str
    wanted: tuple[str, ...]
    arrived: tuple[str, ...]
    items: tuple[ItemStatus, ...]
    why: str

    @property
    def there(self) -> bool:
        """Whether all that was waited for is there."""
        return self.outcome == "there"


def item_status(row: Row, freed_at: Optional[float] = None) -> ItemStatus:
    """Return *row* as it is promised to stay."""
    return ItemStatus(
        item_id=row.item_id,
        component_id=row.component_id,
        version_id=row.version_id,
        title=row.title,
        reason=row.reason.value,
        state=row.state.value,
        percent=row.percent,
        files=row.files,
        files_done=row.files_done,
        size_bytes=row.size_bytes,
        done_bytes=row.done_bytes,
        source=row.source,
        destination=row.destination,
        destination_id=row.destination_id,
        cause=row.cause,
        remedy=row.remedy,
        updated_at=row.updated_at,
        synced_at=row.synced_at,
        freed_at=freed_at,
    )
