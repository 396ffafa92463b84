"""What is known of the moment in which a plan is made: what is on its way, whose the paths are, who can be reached."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.ftrack.registrations import read_holders
from ftrack_accsyn_accessor.model import parties
from ftrack_accsyn_accessor.model.claims import same_path, shows_older
from ftrack_accsyn_accessor.model.identifiers import moved
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Reason, State, Studio, label
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_accessor.outbox import Outbox

_ELSEWHERE = "Publish it under another name, or take the other one from that place."


def moving(outboxes: Iterable[Outbox], destination: Endpoint, studio: Studio) -> list[Item]:
    """Return what is on its way to *destination*, however its party is spelt. May raise `errors.OutboxError`.

    With what needs attention, unless its request was cancelled: then nobody means it any more.
    """
    names = {destination.party}
    if parties.of_endpoint(destination.party, studio.workspace).kind == parties.MAIN:
        names |= {parties.HQ, studio.workspace} - {""}
    ends = [destination._replace(party=name) for name in sorted(names)]
    found: list[Item] = []
    for outbox in outboxes:
        items = [item for end in ends for item in outbox.requests.moving_to(end, studio)]
        cancelled = outbox.requests.cancelled(item.request for item in items if _stopped(item))
        found += [item for item in items if not (_stopped(item) and item.request in cancelled)]
    return found


def outdated(outboxes: Iterable[Outbox], destination: Endpoint) -> set[str]:
    """Return the components that ftrack has at *destination* with a content that was replaced since."""
    return {
        item.publication.component_id
        for outbox in outboxes
        for item in outbox.stale()
        if item.stale_at == destination.location_id and shows_older(item)
    }


def carriers(items: Iterable[Item]) -> dict[tuple[str, str, str], str]:
    """Return in words who carries what, by `Wanted.key`; what needs attention is carried by nobody."""
    return {Wanted(item.publication).key: _carrier(item) for item in items if not _stopped(item)}


def stuck(items: Iterable[Item]) -> dict[tuple[str, str, str], str]:
    """Return in words what was to be carried and needs attention, by `Wanted.key`."""
    return {Wanted(item.publication).key: _attention(item) for item in items if _stopped(item)}


def _stopped(item: Item) -> bool:
    return item.state is State.NEEDS_ATTENTION


def _attention(item: Item) -> str:
    cause = (item.cause or item.cause_kind).rstrip()
    cause += "" if cause.endswith((".", "!", "?")) else "."
    if item.reason is Reason.PUBLISH or item.request is None:
        name = item.publication.component_id or item.publication.path
        who = item.publication.username or "somebody"
        return f"The publish of {who} needs attention: {cause} Retry it: ftrack-accsyn retry {name}."
    number = item.request
    ways = f"Retry it (ftrack-accsyn retry {number}), or cancel it (ftrack-accsyn cancel {number}) and send it again."
    return f"It needs attention in request {number}: {cause} {ways}"


def _carrier(item: Item) -> str:
    since = datetime.datetime.fromtimestamp(item.created_at).astimezone().strftime("%Y-%m-%d %H:%M")
    what = "The publish" if item.reason is Reason.PUBLISH else f"A {item.reason.value.capitalize()}"
    number = f" (request {item.request})" if item.request is not None and item.reason is not Reason.PUBLISH else ""
    who = item.publication.username or "somebody"
    return f"{what} of {who}{number} carries it since {since}; it is {item.state.value}."


#: By path, who has it: the ids of a component and of what it is in, and in words.
_Owners = dict[Any, list[tuple[tuple[str, ...], str]]]


def rivals(
    connection: FtrackConnection, destination: Endpoint, wanted: Sequence[Wanted], items: Iterable[Item]
) -> dict[str, str]:
    """Return by component id, in words, which other component has a path of one of *wanted* at the destination.

    Registered there, or on its way there as one of *items*. Of a sequence or container itself and its first file are
    compared; before it is sent all its files are. One request for each 4,000 paths. May raise
    `errors.RegistrationError`.
    """
    asked = {each.publication.component_id: _identifiers(each) for each in wanted if each.publication.component_id}
    identifiers = {identifier for each in asked.values() for identifier in each}
    arrived = _arrived(connection, destination.location_id, identifiers) if destination.location_id else {}
    under_way = _under_way(items)
    found: dict[str, str] = {}
    for each in wanted:
        publication = each.publication
        others = [held for path in asked.get(publication.component_id, ()) for held in arrived.get(same_path(path), ())]
        others += under_way.get((publication.volume, same_path(publication.path)), ())
        rival = next((words for owners, words in others if publication.component_id not in owners), "")
        if rival and publication.component_id:
            found[publication.component_id] = rival
    return found


def _arrived(connection: FtrackConnection, location_id: str, identifiers: Iterable[str]) -> _Owners:
    """Return who has *identifiers* in a location."""
    found: _Owners = {}
    for claim in read_holders(connection, location_id, identifiers):
        words = f"{claim} is there under {claim.resource_identifier}, registered in {claim.location_name}. {_ELSEWHERE}"
        owners = (claim.component_id, *claim.within)
        found.setdefault(same_path(claim.resource_identifier), []).append((owners, words))
    return found


def _under_way(items: Iterable[Item]) -> _Owners:
    """Return who is on its way to which path of a volume; what needs attention goes nowhere."""
    found: _Owners = {}
    for item in items:
        publication = item.publication
        if publication.component_id and item.state is not State.NEEDS_ATTENTION:
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
    return [identifier, moved(publication.files[0].path, publication.path, identifier)]
