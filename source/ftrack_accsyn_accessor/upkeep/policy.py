"""Which staged files may go, and which should. Pure.

Two questions that are kept apart: a policy says what is old or too much, a proof says what is safely elsewhere. Only
what both allow is freed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from typing import Optional

from ftrack_accsyn_accessor.model.entry import Entry, State

DAY_S = 86_400.0


@dataclasses.dataclass(frozen=True)
class Policy:
    """What is to go: entries that arrived more than *older_than_s* seconds ago, and the oldest beyond *quota_bytes*.

    None asks for nothing.
    """

    older_than_s: Optional[float] = None
    quota_bytes: Optional[int] = None


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What is known about the copies of an entry. Components are those of the entry with its members, at any depth.

    `components` is empty where ftrack knows none of them any more. `destination_id` is the ftrack location of the
    destination, `arrived` the components registered there, `staged` those registered in the staging location,
    `registrations` the ids of these registrations.
    `missing` and `changed` are staged files that are not there, or not what was published; `shared` are files that
    another entry needs as well.
    """

    components: frozenset[str] = frozenset()
    destination_id: str = ""
    arrived: frozenset[str] = frozenset()
    staged: frozenset[str] = frozenset()
    registrations: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()


def choose(entries: Iterable[Entry], pins: Collection[str], policy: Policy, now: float) -> list[Entry]:
    """Return the entries that *policy* wants to go, the longest arrived first.

    Only entries that have arrived are chosen, and none that *pins* names: component ids, or paths relative to the
    staging area with all that lies below them. Pinned ones count towards the quota all the same.
    """
    arrived = sorted(
        (entry for entry in entries if _has_arrived(entry)), key=lambda entry: (_arrived_at(entry), entry.id)
    )
    free = [entry for entry in arrived if not is_pinned(entry, pins)]
    chosen = {entry.id for entry in free if _is_old(entry, policy, now)}
    if policy.quota_bytes is not None:
        left_bytes = sum(entry.progress.size_bytes for entry in arrived if entry.id not in chosen)
        for entry in free:
            if left_bytes <= policy.quota_bytes:
                break
            if entry.id not in chosen:
                chosen.add(entry.id)
                left_bytes -= entry.progress.size_bytes
    return [entry for entry in free if entry.id in chosen]


def objection(entry: Entry, evidence: Evidence) -> str:
    """Return why the staged files of *entry* must stay, empty when they are proven to be at the destination."""
    if not _has_arrived(entry):
        return "it has not arrived"
    if not evidence.destination_id:
        return "no ftrack location stands for its destination"
    if entry.publication.component_id not in evidence.components:
        return "ftrack does not know it any more"
    absent = evidence.components - evidence.arrived
    if absent:
        return f"ftrack does not have {_count(len(absent), 'component')} of it at the destination"
    if evidence.changed:
        return f"{min(evidence.changed)} was written to since it was published"
    if evidence.shared:
        return f"{min(evidence.shared)} belongs to another component as well"
    everything = {file.path for file in entry.publication.files}
    if evidence.missing >= everything and evidence.staged:
        return "its staged files are missing"
    return ""


def is_pinned(entry: Entry, pins: Collection[str]) -> bool:
    """Whether one of *pins* names the component of *entry*, or a folder or file of it."""
    identifier = entry.publication.resource_identifier
    return entry.publication.component_id in pins or any(
        identifier == pin or identifier.startswith(f"{pin.rstrip('/')}/") for pin in pins
    )


def _has_arrived(entry: Entry) -> bool:
    return entry.state is State.SYNCED and entry.synced_at is not None


def _arrived_at(entry: Entry) -> float:
    return entry.synced_at or entry.updated_at


def _is_old(entry: Entry, policy: Policy, now: float) -> bool:
    return policy.older_than_s is not None and now - _arrived_at(entry) > policy.older_than_s


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
