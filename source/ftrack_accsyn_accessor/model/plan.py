"""What would happen to what was asked for, and why not to the rest. Pure.

The same plan serves preview, dry run and confirmation: nothing goes that it does not name.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Optional, Union

from ftrack_accsyn_accessor.model import delivery
from ftrack_accsyn_accessor.model.claims import same_path
from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Publication, Reason, Studio
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_accessor.model.tasks import never_sent

_SHARE = "Have a share mapped for it."


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
    STUCK = "stuck"  # it was asked for before, and that needs attention


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
    """What would happen. Times and ids of nothing: two plans of the same state of the world are equal.

    `remarks` are sentences on what is no part of it, such as components that were left out.
    """

    reason: Reason
    studio: Studio
    source: Endpoint
    destination: Endpoint
    planned: tuple[Planned, ...]
    remarks: tuple[str, ...] = ()

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
    way there with the words of who carries it, `stuck` those of what was to get there and needs attention with the
    words for that, `rivals` by component id the words for another component that has its path there. `unreachable`
    tells in words, by the code of the volume, why nothing can go at all; `free_bytes` is None where accsyn tells
    nothing. `delivered` means that it goes as a delivery, which loses the folders of files.
    `dates` are those of the components' versions (ISO 8601), by component id.
    """

    there: Collection[str] = ()
    moving: Mapping[tuple[str, str, str], str] = {}
    stuck: Mapping[tuple[str, str, str], str] = {}
    rivals: Mapping[str, str] = {}
    unreachable: Mapping[tuple[str, str], str] = {}
    free_bytes: Optional[int] = None
    dates: Mapping[str, str] = {}
    delivered: bool = False


class Part(NamedTuple):
    """What is asked for from one source; what is known already to be unable to go is planned beforehand."""

    source: Endpoint
    items: Sequence[Union[Wanted, Planned]]


def make(
    reason: Reason,
    studio: Studio,
    ends: tuple[Endpoint, Endpoint],
    wanted: Iterable[Wanted],
    misplaced: Iterable[Planned],
    world: World,
    remarks: Iterable[str] = (),
) -> Plan:
    """Return the plan for what has one source, as `make_all` does for several."""
    source, destination = ends
    return make_all(reason, studio, destination, [Part(source, [*wanted, *misplaced])], world, remarks)[0]


def make_all(
    reason: Reason,
    studio: Studio,
    destination: Endpoint,
    parts: Sequence[Part],
    world: World,
    remarks: Iterable[str] = (),
) -> list[Plan]:
    """Return a plan for each of *parts*; what is in several of them, or several times in one, counts once.

    What becomes of something does not depend on the order: of two with one path, that whose version ftrack dates first
    goes, then the one with the smaller id, as `claims.rule` has it; so it is where the free space is not enough for
    all. The *remarks* are said of the first.
    """
    distinct: dict[tuple[str, str, str], Wanted] = {}
    for part in parts:
        for each in part.items:
            if isinstance(each, Wanted):
                distinct.setdefault(each.key, each)
    fates = _Fates(world)
    decided = {each.key: fates.decide(each) for each in sorted(distinct.values(), key=fates.rank)}
    seen: set[tuple[str, str, str]] = set()
    plans: list[Plan] = []
    for part in parts:
        planned = []
        for each in part.items:
            key = each.key if isinstance(each, Wanted) else each.wanted.key
            if key not in seen and (isinstance(each, Wanted) or key not in decided):
                seen.add(key)
                planned.append(decided[key] if isinstance(each, Wanted) else each)
        plans.append(
            Plan(reason, studio, part.source, destination, tuple(planned), tuple(remarks) if not plans else ())
        )
    return plans


class _Fates:
    """Decides one by one, in the order of `rank`; whoever has a path keeps it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._owners: dict[str, dict[str, Wanted]] = {}
        self._left_bytes = world.free_bytes

    def rank(self, wanted: Wanted) -> tuple[bool, bool, str, tuple[str, str, str]]:
        """Return what puts those first that have their path already, then as `claims` does."""
        date = self._world.dates.get(wanted.publication.component_id, "")
        return self._settled(wanted) is None, not date, date, wanted.key

    def decide(self, wanted: Wanted) -> Planned:
        """Return what becomes of *wanted*."""
        settled = self._settled(wanted)
        if settled is not None:
            self._own(wanted)
            return settled
        obstacle, cause = self._obstacle(wanted)
        if obstacle is not None:
            return Planned(wanted, Fate.CANNOT, obstacle, cause)
        self._own(wanted)
        if self._left_bytes is not None:
            self._left_bytes -= wanted.publication.size_bytes
        return Planned(wanted, Fate.GOES)

    def _settled(self, wanted: Wanted) -> Optional[Planned]:
        if wanted.publication.component_id and wanted.publication.component_id in self._world.there:
            return Planned(wanted, Fate.THERE, None, "It is registered there.")
        carrier = self._world.moving.get(wanted.key)
        return Planned(wanted, Fate.ON_ITS_WAY, None, carrier) if carrier is not None else None

    def _obstacle(self, wanted: Wanted) -> tuple[Optional[Obstacle], str]:
        publication = wanted.publication
        if wanted.key in self._world.stuck:
            return Obstacle.STUCK, self._world.stuck[wanted.key]
        if publication.kind is not Kind.FOLDER and not publication.files:
            return Obstacle.EMPTY, "It has no files at the source. Publish it again, or remove it in ftrack."
        passed = next((path for path in _paths(publication) if never_sent(path)), None)
        if passed is not None:
            return Obstacle.NEVER_SENT, f"accsyn passes over files of this name: {passed}. Give it another one."
        way = (publication.location_id, publication.volume)
        if way in self._world.unreachable:
            return Obstacle.UNREACHABLE, self._world.unreachable[way]
        rival = self._world.rivals.get(publication.component_id) or self._rival(wanted)
        if rival:
            return Obstacle.CONFLICT, rival
        if self._left_bytes is not None and publication.size_bytes > self._left_bytes:
            free = f"{size_text(max(self._left_bytes, 0))} of {size_text(self._world.free_bytes or 0)} are left there"
            return Obstacle.NO_SPACE, f"It has {size_text(publication.size_bytes)}, and {free}. Free some space there."
        return None, ""

    def _rival(self, wanted: Wanted) -> str:
        """Return in words what else of the same order gets a path of *wanted*, empty where nothing does."""
        owners = self._owners.get(wanted.publication.volume, {})
        if self._world.delivered:
            return self._namesake(wanted, owners)
        first = next((owners[key] for key in map(_key, _paths(wanted.publication)) if key in owners), None)
        if first is None:
            return ""
        named, known = first.publication.title, first.publication.component_id
        identity = f" ({known})" if known else ""
        return f"{named}{identity} has the same path, {first.publication.path}, and goes first. Send one of them alone."

    def _namesake(self, wanted: Wanted, owners: Mapping[str, Wanted]) -> str:
        """Return in words what else of the same delivery is called like a file of *wanted*, empty where nothing is."""
        called = delivery.names(wanted.publication)
        keys = [_key(name) for name in called]
        if len(set(keys)) < len(keys):
            return f"Several of its files have one name, and a delivery loses their folders. {_SHARE}"
        name = next((name for name, key in zip(called, keys) if key in owners), "")
        if not name:
            return ""
        first = owners[_key(name)].publication
        return f"{first.title} has a file {name} as well, and a delivery loses their folders. Send one of them alone."

    def _own(self, wanted: Wanted) -> None:
        owners = self._owners.setdefault(wanted.publication.volume, {})
        if not self._world.delivered:
            owners.update(dict.fromkeys(map(_key, _paths(wanted.publication)), wanted))
        elif self._settled(wanted) is None:  # what went with another delivery lies elsewhere
            owners.update(dict.fromkeys(map(_key, delivery.names(wanted.publication)), wanted))


def _paths(publication: Publication) -> Iterator[str]:
    """Yield the paths that nothing else may have."""
    yield publication.path
    if publication.kind not in (Kind.FILE, Kind.FOLDER):
        yield from (file.path for file in publication.files)


def _key(path: str) -> str:
    """Return what `same_path` does, in a fraction of its time for the usual path: there may be one for each frame."""
    return path.lower() if path.isascii() else same_path(path)
