"""What is known about something that should be moving, and what is told of it. Pure.

`inquiry` gathers a situation, `why` judges it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.insight.absence import Absence
from ftrack_accsyn_accessor.insight.leading import Obstacle
from ftrack_accsyn_accessor.insight.past import Past
from ftrack_accsyn_accessor.insight.remarks import Remark
from ftrack_accsyn_accessor.insight.rows import Row, is_others
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.settings import Problem

#: In this order a state tells more about why not everything has arrived.
_TELLING = (State.NEEDS_ATTENTION, State.PENDING, State.TRANSFERRING, State.SUBMITTED, State.PREPARED)


@dataclasses.dataclass(frozen=True)
class Cause:
    """One thing that is in the way, or else how it stands: one plain sentence, and what to do.

    `kind` is a short stable word. `items` are concerned, with `size_bytes` in all; 0 where that is not known.
    """

    kind: str
    sentence: str
    remedy: str
    items: int = 0
    size_bytes: int = 0


class Fault(NamedTuple):
    """An error as it is told: its kind, what is wrong, what to do."""

    kind: str
    what: str
    remedy: str


class Place(NamedTuple):
    """A sync job as accsyn has it: its status, its queue and that one's status, how many jobs go before it."""

    status: str
    queue: str = ""
    queue_status: str = ""
    ahead: int = 0


@dataclasses.dataclass(frozen=True)
class Accsyn:
    """What accsyn said a moment ago. `fault` is why it could not be asked; texts are empty where it said nothing.

    `client` is this machine's; `jobs` are by their ids in accsyn.
    """

    fault: Optional[Fault] = None
    client: str = ""
    client_status: str = ""
    jobs: Mapping[str, Place] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Alike:
    """Items that the same may be in the way of: `row` stands for all of them."""

    row: Row
    items: int
    size_bytes: int


@dataclasses.dataclass(frozen=True)
class Situation:
    """All that is known. `asked` is what somebody asked for, empty for everything; `alike` the items that it is about.

    `now` is in seconds since the epoch. `summary` is None where there is no outbox, which `absence` tells then, or it
    cannot be read, as `outbox_fault` does. `unqueued` is why what was asked for could not even be queued, `past` what
    became of it where it is not in the outbox any more. `outside`: there is an outbox without a staging area.
    `obstacle` tells whether a process is in the way of others.
    """

    now: float
    asked: str = ""
    disabled: bool = False
    problems: tuple[Problem, ...] = ()
    staging_variable: str = ""
    staging_path: Optional[str] = None
    outside: bool = False
    staging_present: bool = True
    absence: Optional[Absence] = None
    outbox_fault: Optional[Fault] = None
    summary: Optional[Summary] = None
    alike: tuple[Alike, ...] = ()
    unqueued: Optional[Remark] = None
    past: Optional[Past] = None
    obstacle: Optional[Obstacle] = None
    accsyn: Accsyn = Accsyn()

    @property
    def row(self) -> Optional[Row]:
        """The item that tells best why not all is there; of everything none that is another studio's."""
        ranks = {state: rank for rank, state in enumerate(_TELLING)}
        rows = [each.row for each in self.alike if self.asked or not is_others(each.row)]
        return min(rows, key=lambda row: ranks.get(row.state, len(ranks)), default=None)

    @property
    def one(self) -> bool:
        """Whether it is about one item."""
        return bool(self.asked) and sum(each.items for each in self.alike) == 1
