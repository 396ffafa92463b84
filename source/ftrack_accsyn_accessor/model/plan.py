"""What would happen to what was asked for, and why not to the rest. Pure.

The same plan serves preview, dry run and confirmation: nothing goes that it does not name.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model.item import Endpoint, Reason, Studio
from ftrack_accsyn_accessor.model.request import Wanted


class Fate(str, enum.Enum):
    """What becomes of something that was asked for."""

    GOES = "goes"
    THERE = "is there"
    ON_ITS_WAY = "is on its way"
    CANNOT = "cannot go"


class Obstacle(str, enum.Enum):
    """Why something cannot go."""

    NO_PATH = "no-path"  # its place is below no root that accsyn has
    NOT_AT_SOURCE = "not-at-source"  # ftrack has it not in the source location
    CONFLICT = "conflict"  # another component has that path at the destination
    UNREACHABLE = "unreachable"  # an end cannot be reached, or not written to
    NO_SPACE = "no-space"  # it is larger than what is free there
    NEVER_SENT = "never-sent"  # accsyn passes over files of its name
    EMPTY = "empty"  # there is nothing in it


class Sum(NamedTuple):
    """Items, their files, and their bytes together."""

    items: int = 0
    files: int = 0
    size_bytes: int = 0


@dataclasses.dataclass(frozen=True)
class Planned:
    """Something that was asked for, with its fate. `cause` tells why in words, with what to do; empty for what goes."""

    wanted: Wanted
    fate: Fate
    obstacle: Optional[Obstacle] = None
    cause: str = ""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What would happen. Times and ids of nothing: two plans of the same state of the world are equal."""

    reason: Reason
    studio: Studio
    source: Endpoint
    destination: Endpoint
    planned: tuple[Planned, ...]

    def of(self, fate: Fate) -> Sequence[Planned]:
        """Return what has this fate, in the order in which it was asked for."""
        return [each for each in self.planned if each.fate is fate]

    def sum(self, fate: Fate) -> Sum:
        """Return how much has this fate."""
        found = [each.wanted.publication for each in self.of(fate)]
        return Sum(len(found), sum(len(each.files) for each in found), sum(each.size_bytes for each in found))

    @property
    def going(self) -> list[Wanted]:
        """What goes when the plan is confirmed."""
        return [each.wanted for each in self.of(Fate.GOES)]


class World(NamedTuple):
    """What is known of the moment, for a plan.

    `there` are the ids of components registered at the destination, `moving` the keys (`Wanted.key`) of what is on its
    way there with the words of who carries it, `rivals` by component id the words for another component that has its
    path there. `unreachable` tells in words why nothing can go at all; `free_bytes` is None where accsyn tells nothing.
    """

    there: Collection[str] = ()
    moving: Mapping[tuple[str, str, str], str] = {}
    rivals: Mapping[str, str] = {}
    unreachable: str = ""
    free_bytes: Optional[int] = None


def make(
    reason: Reason,
    studio: Studio,
    ends: tuple[Endpoint, Endpoint],
    wanted: Iterable[Wanted],
    misplaced: Iterable[Planned],
    world: World,
) -> Plan:
    """Return the plan for *wanted*, each once, and for *misplaced*, of which is known already that it cannot go."""
    raise NotImplementedError
