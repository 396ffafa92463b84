"""Which staged files may go, and which should. Pure.

Two questions that are kept apart: a policy says what is old or too much, a proof says what is safely elsewhere. Only
what both allow is freed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from typing import Optional

from ftrack_accsyn_accessor.model.item import Item, State
from ftrack_accsyn_accessor.model.naming import EXACT, Naming

DAY_S = 86_400.0


@dataclasses.dataclass(frozen=True)
class Policy:
    """What is to go: items that arrived more than *older_than_s* seconds ago, and the oldest beyond *quota_bytes*.

    None asks for nothing.
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
    items: Iterable[Item], pins: Collection[str], policy: Policy, now: float, naming: Naming = EXACT
) -> list[Item]:
    """Return the items that *policy* wants to go, the longest arrived first.

    Only items that have arrived are chosen, and none that is pinned; see `unpinned` for *pins* and *naming*. Pinned
    ones count towards the quota all the same.
    """
    arrived = sorted((item for item in items if _has_arrived(item)), key=lambda item: (_arrived_at(item), item.id))
    free = unpinned(arrived, pins, naming)
    chosen = {item.id for item in free if _is_old(item, policy, now)}
    if policy.quota_bytes is not None:
        left_bytes = sum(item.progress.size_bytes for item in arrived if item.id not in chosen)
        for item in free:
            if left_bytes <= policy.quota_bytes:
                break
            if item.id not in chosen:
                chosen.add(item.id)
                left_bytes -= item.progress.size_bytes
    return [item for item in free if item.id in chosen]


def objection(item: Item, evidence: Evidence) -> str:
    """Return why the staged files of *item* must stay, empty when they are proven to be at the destination."""
    if not _has_arrived(item):
        return "it has not arrived"
    if not evidence.destination_id:
        return "no ftrack location stands for its destination"
    if evidence.destination_id == item.staged_at:
        return "its destination in ftrack is the staging location itself"
    if item.publication.component_id not in evidence.components:
        return "ftrack does not know it any more"
    absent = evidence.components - evidence.arrived
    if absent:
        return f"ftrack does not have {_count(len(absent), 'component')} of it at the destination"
    if _all_missing(item, evidence) and evidence.staged:
        return "its staged files are missing"
    return _not_its_own(evidence)


def withdrawn_objection(item: Item, evidence: Evidence) -> str:
    """Return why the staged files of a withdrawn *item* must stay, empty when nobody needs them."""
    if item.state is not State.WITHDRAWN:
        return "it is not withdrawn"
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


def unpinned(items: Iterable[Item], pins: Collection[str], naming: Naming = EXACT) -> list[Item]:
    """Return those of *items* that no pin keeps.

    *pins* are component ids, or paths relative to the staging area with all that lies below them; *naming* says which
    spellings of a path are one there.
    """
    if not pins:
        return list(items)
    ids = frozenset(pins)
    return [
        item
        for item in items
        if item.publication.component_id not in ids
        and not any(naming.covers(pin, item.publication.path) for pin in ids)
    ]


def _has_arrived(item: Item) -> bool:
    return item.state is State.SYNCED and item.synced_at is not None


def _arrived_at(item: Item) -> float:
    return item.synced_at or item.updated_at


def _is_old(item: Item, policy: Policy, now: float) -> bool:
    return policy.older_than_s is not None and now - _arrived_at(item) > policy.older_than_s


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
