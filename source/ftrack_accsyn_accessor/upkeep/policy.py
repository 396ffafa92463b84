"""Which staged files may go, and which should. Pure.

Two questions that are kept apart: a policy says what is old or too much, a proof says what is safely elsewhere. Only
what both allow is freed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator
from typing import Optional

from ftrack_accsyn_accessor.model.item import Item, Kind, State
from ftrack_accsyn_accessor.model.naming import EXACT, Naming

DAY_S = 86_400.0
#: Why something stays that nothing else speaks against.
PINNED = "it is pinned"


@dataclasses.dataclass(frozen=True)
class Policy:
    """What is to go: items that arrived more than *older_than_s* seconds ago, or the oldest beyond *quota_bytes*.

    With both, the oldest beyond the quota as far as they are older than that: what is younger stays, however much it
    is. None asks for nothing.
    """

    older_than_s: Optional[float] = None
    quota_bytes: Optional[int] = None


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What is known about the copies of an item. Components are those of the item with its members, at any depth.

    `components` is empty where ftrack knows none of them any more. `destination_id` is the ftrack location of the
    destination, `arrived` the components registered there, `staged` those registered in the staging location,
    `registrations` the ids of these registrations.
    `missing` and `changed` are staged files that are not there, or not what was published; `unreadable` are words on
    those that the system does not let be looked at; `shared` are files that another item needs as well, `carried` those
    in a folder that is still to be sent from here. `claimed` are components that ftrack has in this staging area under
    paths of the item.
    """

    components: frozenset[str] = frozenset()
    destination_id: str = ""
    arrived: frozenset[str] = frozenset()
    staged: frozenset[str] = frozenset()
    registrations: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    unreadable: tuple[str, ...] = ()
    shared: frozenset[str] = frozenset()
    carried: frozenset[str] = frozenset()
    claimed: frozenset[str] = frozenset()


def choose(
    arrived: Iterable[Item],
    arrived_bytes: int,
    pins: Collection[str],
    policy: Policy,
    now: float,
    naming: Naming = EXACT,
) -> Iterator[Item]:
    """Yield the items that *policy* wants to go, of those that have *arrived*, which come in the order of that.

    *arrived_bytes* is the size of all of them, which matters for a quota only. Pinned ones are among them, as they are
    wanted to go; they stay all the same, see `is_pinned`, and so count towards the quota.
    """
    if policy == Policy():
        return
    left_bytes = arrived_bytes
    for item in filter(_has_arrived, arrived):
        young = policy.older_than_s is not None and now - _arrived_at(item) <= policy.older_than_s
        if young or (policy.quota_bytes is not None and left_bytes <= policy.quota_bytes):
            return
        yield item
        left_bytes -= 0 if is_pinned(item, pins, naming) else item.progress.size_bytes


def objection(item: Item, evidence: Evidence) -> str:
    """Return why the staged files of *item* must stay, empty when they are proven to be at the destination."""
    if not _has_arrived(item):
        return "it has not arrived"
    if not evidence.destination_id:
        return "no ftrack location stands for its destination"
    if evidence.destination_id == item.staged_at:
        return "its destination in ftrack is the staging location itself"
    if item.publication.component_id not in evidence.components:
        return "ftrack does not know it any more: --withdrawn frees it"
    absent = evidence.components - evidence.arrived
    if absent:
        return f"ftrack does not have {_count(len(absent), 'component')} of it at the destination"
    if _all_missing(item, evidence) and evidence.staged:
        return "its staged files are missing"
    return _not_its_own(evidence)


def withdrawn_objection(item: Item, evidence: Evidence) -> str:
    """Return why the staged files of *item* must stay, empty when nobody needs them.

    It is withdrawn, or rests here while ftrack does not know it any more.
    """
    if item.state not in (State.WITHDRAWN, State.SYNCED, State.NEEDS_ATTENTION):
        return "it is not withdrawn"
    if item.state is not State.WITHDRAWN and evidence.components:
        return "ftrack knows it"
    if evidence.staged:
        return "ftrack has it in the staging location after all"
    if evidence.claimed:
        return f"ftrack has the component {min(evidence.claimed)} in the staging location under its path"
    return _not_its_own(evidence)


def _not_its_own(evidence: Evidence) -> str:
    if evidence.unreadable:
        return evidence.unreadable[0]
    if evidence.changed:
        return f"{min(evidence.changed)} was written to since it was published"
    if evidence.shared:
        return f"{min(evidence.shared)} belongs to another component as well"
    if evidence.carried:
        return f"{min(evidence.carried)} is in a folder that is still to be sent from here"
    return ""


def _all_missing(item: Item, evidence: Evidence) -> bool:
    files = item.publication.files
    return bool(files) and evidence.missing >= {file.path for file in files}


def is_pinned(item: Item, pins: Collection[str], naming: Naming = EXACT) -> bool:
    """Return whether a pin keeps *item*: that of its component, of its path or a folder above, or of a part of it.

    *pins* are component ids, or paths relative to the staging area; *naming* says which spellings of a path are one
    there. What has several files is freed whole, or not at all.
    """
    path, wide = item.publication.path, item.publication.kind is not Kind.FILE
    if item.publication.component_id in pins:
        return True
    return any(naming.covers(pin, path) or (wide and naming.covers(path, pin)) for pin in pins)


def _has_arrived(item: Item) -> bool:
    return item.state is State.SYNCED and item.synced_at is not None


def _arrived_at(item: Item) -> float:
    return item.synced_at or item.updated_at


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
