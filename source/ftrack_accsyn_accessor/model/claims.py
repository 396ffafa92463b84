"""Whose a path at the destination is: which items may go there, and which give way to another component. Pure.

Every machine decides from the same registrations in ftrack, and alike: of components that are on their way to one path,
the one whose version ftrack dates first goes, then the one with the smaller id.
"""

from __future__ import annotations

import dataclasses
import posixpath
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model import errors, progress
from ftrack_accsyn_accessor.model.identifiers import moved
from ftrack_accsyn_accessor.model.item import Item, State, Trouble, label

#: Description of every staging location in ftrack, by which other machines know it.
STAGING_DESCRIPTION = "Local staging area; accsyn carries its files to the studio's storage."


@dataclasses.dataclass(frozen=True)
class Claim:
    """A component that ftrack has registered in a location, under a resource identifier.

    `within` are the ids of the containers that it is a member of, innermost first. `version_name` ("plate v001") and
    `version_date` (ISO 8601, UTC) are those of its version or of its container's; empty where there is none.
    """

    component_id: str
    component_name: str
    resource_identifier: str
    location_id: str
    location_name: str
    within: tuple[str, ...] = ()
    version_name: str = ""
    version_date: str = ""

    def is_of(self, item: Item) -> bool:
        """Whether it is that of the component of *item*, or of one of its members."""
        return item.publication.component_id in (self.component_id, *self.within)

    def __str__(self) -> str:
        return f"{self.version_name} {self.component_name} ({self.component_id})".lstrip()


class Ruling(NamedTuple):
    """What the registrations say of an item.

    `staged`: the claim of its component in its source location. `available`: it is registered at the destination
    already. `rival`: the component that its path belongs to instead, if there is one.
    """

    item: Item
    staged: Optional[Claim]
    available: bool
    rival: Optional[Claim]


def spellings(identifier: str) -> set[str]:
    """Return the forms of Unicode under which another machine may have registered the same path."""
    return {identifier, unicodedata.normalize("NFC", identifier), unicodedata.normalize("NFD", identifier)}


def rule(
    items: Sequence[Item], claims: Iterable[Claim], destination_id: str, forgotten: Collection[str] = ()
) -> list[Ruling]:
    """Return what *claims*, all those on the paths and of the components of *items*, say of each item.

    *destination_id* is the ftrack location that stands for the destination, empty where none does. *forgotten* are
    components that nobody wants sent from the locations of *items* any more.
    """
    on_paths: dict[str, list[Claim]] = {}
    of_components: dict[str, dict[str, Claim]] = {}
    here = {item.publication.location_id for item in items}
    for claim in claims:
        if claim.location_id in here and not {claim.component_id, *claim.within}.isdisjoint(forgotten):
            continue
        on_paths.setdefault(same_path(claim.resource_identifier), []).append(claim)
        of_components.setdefault(claim.component_id, {})[claim.location_id] = claim
    return [_ruling(item, on_paths, of_components, destination_id) for item in items]


def rule_asked(items: Sequence[Item], claims: Iterable[Claim], destination_id: str) -> list[Ruling]:
    """Return what *claims* say of each of *items*, which were asked for: they are in their source location for long.

    So nobody is on the way to their paths but who was asked for as well; what lies at the destination goes first.
    """
    on_paths: dict[str, list[Claim]] = {}
    of_components: dict[str, dict[str, Claim]] = {}
    for claim in claims:
        of_components.setdefault(claim.component_id, {})[claim.location_id] = claim
        if claim.location_id == destination_id:
            on_paths.setdefault(same_path(claim.resource_identifier), []).append(claim)
    found = []
    for item in items:
        at = of_components.get(item.publication.component_id, {})
        paths = dict.fromkeys(map(same_path, identifiers_there(item)))
        others = [claim for path in paths for claim in on_paths.get(path, ()) if not claim.is_of(item)]
        source = at.get(item.publication.location_id)
        found.append(Ruling(item, source, destination_id in at, min(others, key=_rank) if others else None))
    return found


def identifiers_there(item: Item) -> list[str]:
    """Return the identifiers of *item*, and of its files, in its destination's location."""
    publication = item.publication
    files = [moved(file.path, publication.path, item.identifier_there) for file in publication.files]
    return [item.identifier_there, *files]


def _ruling(
    item: Item,
    on_paths: Mapping[str, Sequence[Claim]],
    of_components: Mapping[str, Mapping[str, Claim]],
    destination_id: str,
) -> Ruling:
    publication = item.publication
    there = destination_id if destination_id != publication.location_id else ""
    at = of_components.get(publication.component_id, {})
    paths = dict.fromkeys(map(same_path, (publication.resource_identifier, *(file.path for file in publication.files))))
    rivals = (_rival(item, on_paths[path], there) for path in paths if path in on_paths)
    return Ruling(item, at.get(publication.location_id), there in at, next(filter(None, rivals), None))


def _rival(item: Item, on_path: Sequence[Claim], destination_id: str) -> Optional[Claim]:
    """Return the component that the path of *item* belongs to, None where that is its own."""
    own = [claim for claim in on_path if claim.is_of(item)]
    others = [claim for claim in on_path if not claim.is_of(item)]
    arrived = [claim for claim in others if claim.location_id == destination_id]
    if arrived:
        return min(arrived, key=_rank)
    if not others or any(claim.location_id == destination_id for claim in own):
        return None
    first = min(others, key=_rank)
    # One that ftrack does not show under this path is not seen by other machines either, and gives way.
    return None if own and min(map(_rank, own)) < _rank(first) else first


def shows_older(item: Item) -> bool:
    """Whether what is registered of *item* at `stale_at` is its older content: the present one is not there yet."""
    return bool(item.stale_at) and not (item.state is State.SYNCED and item.stale_at == item.destination.location_id)


def conflict(item: Item, rival: Claim, destination_id: str) -> errors.Conflict:
    """Return the error for *item*, whose path at the destination belongs to *rival*."""
    arrived = rival.location_id == destination_id
    where = f"{'is' if arrived else 'is on its way'} there, registered in {rival.location_name}"
    outcome = f"{rival} {where}" + ("" if arrived else ", and goes first")
    return errors.Conflict(f"send {label(item)}", item.publication.path, outcome, progress.remedy(Trouble.CONFLICT))


def _rank(claim: Claim) -> tuple[bool, str, str]:
    return not claim.version_date, claim.version_date, claim.component_id


def same_path(identifier: str) -> str:
    """Return what two identifiers have in common that may be one path on some storage: case and form do not count."""
    path = posixpath.normpath(identifier.replace("\\", "/")).lstrip("/")
    return unicodedata.normalize("NFC", path).casefold()
