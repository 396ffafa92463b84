"""What is known of the moment in which a plan is made: what is on its way, whose the paths are, who can be reached."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.ftrack.registrations import read_holders
from ftrack_accsyn_accessor.model import parties
from ftrack_accsyn_accessor.model.claims import same_path
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Reason, Studio, label
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_accessor.outbox import Outbox

_ELSEWHERE = "Publish it under another name, or take the other one from that place."


def moving(outboxes: Iterable[Outbox], destination: Endpoint, studio: Studio) -> list[Item]:
    """Return what is on its way to *destination*, however its party is spelt. May raise `errors.OutboxError`."""
    names = {destination.party}
    if parties.parse(destination.party, studio.workspace).kind == parties.MAIN:
        names |= {parties.HQ, studio.workspace} - {""}
    ends = [destination._replace(party=name) for name in sorted(names)]
    return [item for outbox in outboxes for end in ends for item in outbox.requests.moving_to(end, studio)]


def carriers(items: Iterable[Item]) -> dict[tuple[str, str, str], str]:
    """Return in words who carries what, by `Wanted.key`."""
    return {Wanted(item.publication).key: _carrier(item) for item in items}


def _carrier(item: Item) -> str:
    since = datetime.datetime.fromtimestamp(item.created_at).astimezone().strftime("%Y-%m-%d %H:%M")
    what = "The publish" if item.reason is Reason.PUBLISH else f"A {item.reason.value.capitalize()}"
    number = f" (request {item.request})" if item.request is not None and item.reason is not Reason.PUBLISH else ""
    who = item.publication.username or "somebody"
    return f"{what} of {who}{number} carries it since {since}; it is {item.state.value}."


def rivals(
    connection: FtrackConnection,
    destination: Endpoint,
    wanted: Sequence[Wanted],
    items: Iterable[Item],
) -> dict[str, str]:
    """Return by component id, in words, which other component has a path of one of *wanted* at the destination.

    Registered there, or on its way there as one of *items*. Of a sequence or container itself and its first file
    are compared; before it is sent all its files are. One request for each 4,000 paths.
    May raise `errors.RegistrationError`.
    """
    asked = {each.publication.component_id: _identifiers(each) for each in wanted if each.publication.component_id}
    holders: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    if destination.location_id:
        claims = read_holders(connection, destination.location_id, {path for paths in asked.values() for path in paths})
        for claim in claims:
            words = f"{claim} is there under {claim.resource_identifier}, registered in {claim.location_name}."
            owners = (claim.component_id, *claim.within)
            holders.setdefault(same_path(claim.resource_identifier), []).append((owners, f"{words} {_ELSEWHERE}"))
    under_way = _under_way(items)
    found: dict[str, str] = {}
    for each in wanted:
        component_id = each.publication.component_id
        if component_id not in asked:
            continue
        others = [held for path in asked[component_id] for held in holders.get(same_path(path), ())]
        others += under_way.get((each.publication.volume, same_path(each.publication.path)), ())
        words = next((words for owners, words in others if component_id not in owners), "")
        if words:
            found[component_id] = words
    return found


def _under_way(items: Iterable[Item]) -> Mapping[tuple[str, str], list[tuple[tuple[str, ...], str]]]:
    found: dict[tuple[str, str], list[tuple[tuple[str, ...], str]]] = {}
    for item in items:
        publication = item.publication
        if publication.component_id:
            words = f"{label(item)} ({publication.component_id}) is on its way to this path. {_ELSEWHERE}"
            key = (publication.volume, same_path(publication.path))
            found.setdefault(key, []).append(((publication.component_id,), words))
    return found


def _identifiers(wanted: Wanted) -> list[str]:
    """Return what the destination's location would keep of *wanted*, and of the first file of more than one."""
    publication = wanted.publication
    identifier = wanted.identifier or publication.resource_identifier
    if publication.kind in (Kind.FILE, Kind.FOLDER) or not publication.files:
        return [identifier]
    # What stands before the path in the volume is the same for the members.
    head = identifier[: -len(publication.path)] if identifier.endswith(publication.path) else None
    return [identifier] if head is None else [identifier, f"{head}{publication.files[0].path}"]
