"""Registers components at the destination location in ftrack as they are in the staging location, and takes that back.

Whoever comes first, accsyn's ftrack integration or this, the other finds it done.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from ftrack_accsyn_accessor.ftrack.connection import BATCH, FtrackConnection, quoted_batches
from ftrack_accsyn_accessor.ftrack.registrations import hidden, read_asked, read_claims
from ftrack_accsyn_accessor.ftrack.tree import Member, members, registered_members
from ftrack_accsyn_accessor.model.claims import Ruling, conflict, rule, rule_asked
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, RegistrationRefused
from ftrack_accsyn_accessor.model.identifiers import moved
from ftrack_accsyn_accessor.model.item import Item, Kind, Reason

#: Refusals after which the rest of a request is taken for refused as well.
_REFUSALS_TO_BELIEVE = 20


@dataclasses.dataclass
class Outcome:
    """What could not be registered, by the item's id; and the items whose components ftrack does not know any more.

    `sourceless` are those that were taken away from their source, as a whole or in part, so that nothing tells of
    members: without them a container or sequence would look available, and have nothing in it.
    """

    refusals: dict[int, AccsynAccessorError] = dataclasses.field(default_factory=dict)
    deleted: set[int] = dataclasses.field(default_factory=set)
    sourceless: set[int] = dataclasses.field(default_factory=set)


@dataclasses.dataclass(frozen=True)
class _Row:
    """A component to be registered, and the id of the item that it belongs to."""

    component_id: str
    resource_identifier: str
    item: int
    is_member: bool = False
    is_file: bool = False


class Availability:
    """Makes components available at a location, or takes that back. For one thread only.

    Methods raise `errors.RegistrationError` when ftrack cannot be asked; what was written by then is found again by the
    next call.
    """

    def __init__(self, connection: FtrackConnection) -> None:
        self._connection = connection

    def register(self, items: Sequence[Item], location_id: str, forgotten: Collection[str] = ()) -> Outcome:
        """Register *items*, at most `connection.BATCH`, with their members at any depth, in the location.

        They come with their files, whose paths are asked after as well. One of which a path belongs to another
        component, none of the *forgotten* ones (see `claims.rule`), is refused with `errors.Conflict`.
        """
        outcome = Outcome()
        items = [item for item in items if item.publication.location_id != location_id]
        if not items:
            return outcome
        sound = []
        for ruling in self._rulings(items, location_id, forgotten):
            if ruling.rival is not None:
                outcome.refusals[ruling.item.id] = conflict(ruling.item, ruling.rival, location_id)
            else:
                sound.append(ruling)
        told = self._members([ruling.item for ruling in sound])
        rows = self._missing(told, location_id)
        outcome.sourceless = self._sourceless(sound, told, location_id)
        sound = [ruling for ruling in sound if ruling.item.id not in outcome.sourceless]
        rows = [row for row in rows if row.item not in outcome.sourceless]
        rows += self._tops(sound, outcome)
        for start in range(0, len(rows), BATCH):
            self._create(_with_members(rows[start : start + BATCH], outcome), location_id, outcome)
        unseen = hidden(self._connection, [item for item in items if item.id in outcome.deleted])
        outcome.refusals.update(unseen)
        outcome.deleted -= unseen.keys()
        return outcome

    def _rulings(self, items: Sequence[Item], location_id: str, forgotten: Collection[str]) -> list[Ruling]:
        published = [item for item in items if item.reason is Reason.PUBLISH]
        rulings: list[Ruling] = []
        if published:
            locations = {item.publication.location_id for item in published}
            claims = read_claims(self._connection, published, {*locations, location_id})
            rulings += rule(published, claims, location_id, forgotten)
        asked: dict[str, list[Item]] = {}
        for item in items:
            if item.reason is not Reason.PUBLISH:
                asked.setdefault(item.publication.location_id, []).append(item)
        for source_id, group in asked.items():
            rulings += rule_asked(group, read_asked(self._connection, group, {source_id, location_id}), location_id)
        return rulings

    def take_back(self, component_ids: Collection[str], location_id: str) -> None:
        """Remove what is registered of components, and of their members, in a location."""
        found: list[str] = []
        for ids in quoted_batches(sorted(component_ids)):
            where = f'location_id is "{location_id}" and component_id in ({ids})'
            rows = self._connection.query(f"select id from ComponentLocation where {where}")  # noqa: S608
            found += [row["id"] for row in rows]
        for level in registered_members(self._connection, component_ids, location_id):
            found += [member.row["id"] for member in level]
        deregister(self._connection, found)

    # What is to be registered, members before their containers.

    def _members(self, items: Sequence[Item]) -> list[_Row]:
        levels: list[list[_Row]] = []
        for staging_id in sorted({item.publication.location_id for item in items}):
            owners = {
                item.publication.component_id: item
                for item in items
                if item.publication.location_id == staging_id and item.publication.kind is not Kind.FILE
            }
            for level in registered_members(self._connection, owners, staging_id):
                levels.append([_member(each, owners[each.outermost]) for each in level])
        return [row for level in reversed(levels) for row in level]

    def _sourceless(self, rulings: Sequence[Ruling], told: Sequence[_Row], location_id: str) -> set[int]:
        """Return the ids of the items with members that are neither at their source nor at the destination.

        The host takes them out of the staging location one by one, the container last. ftrack is asked only where fewer
        are told of than there were files: some may have been deleted since, and those are missed by nobody.
        """
        files = Counter(row.item for row in told if row.is_file)
        doubtful = {
            ruling.item.publication.component_id: ruling.item
            for ruling in rulings
            if ruling.item.publication.kind is not Kind.FILE
            if files[ruling.item.id] < len(ruling.item.publication.files)
        }
        if not doubtful:
            return set()
        known = {row.component_id for row in told}
        missed = [
            _Row(each.component_id, "", doubtful[each.outermost].id, is_member=True)
            for level in members(self._connection, doubtful)
            for each in level
            if each.component_id not in known
        ]
        return {row.item for row in self._missing(missed, location_id)}

    def _tops(self, rulings: Sequence[Ruling], outcome: Outcome) -> list[_Row]:
        """Return what is left to be registered of the items' own components, also where they left the staging area."""
        left = [ruling for ruling in rulings if not ruling.available and ruling.staged is None]
        existing = self._existing(ruling.item.publication.component_id for ruling in left)
        rows = []
        for ruling in rulings:
            item, publication = ruling.item, ruling.item.publication
            if ruling.staged is not None and not ruling.available:
                identifier = item.identifier or ruling.staged.resource_identifier
                rows.append(_Row(publication.component_id, identifier, item.id))
            elif ruling in left and publication.component_id in existing:
                rows.append(_Row(publication.component_id, item.identifier_there, item.id))
            elif ruling in left:
                outcome.deleted.add(ruling.item.id)
        return rows

    def _existing(self, component_ids: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for ids in quoted_batches(component_ids):
            answers = self._connection.query(f"select id from Component where id in ({ids})")  # noqa: S608
            found.update(answer["id"] for answer in answers)
        return found

    def _missing(self, rows: Sequence[_Row], location_id: str) -> list[_Row]:
        """Return those of *rows* whose components are not registered in the location."""
        there: set[str] = set()
        for ids in quoted_batches(row.component_id for row in rows):
            answers = self._connection.query(
                "select component_id from ComponentLocation "  # noqa: S608 - ftrack's query language
                f'where location_id is "{location_id}" and component_id in ({ids})'
            )
            there.update(answer["component_id"] for answer in answers)
        return [row for row in rows if row.component_id not in there]

    # Writing.

    def _create(self, rows: Sequence[_Row], location_id: str, outcome: Outcome) -> None:
        """Create *rows* in one request; when ftrack refuses it, somebody else may have been faster with some."""
        try:
            self._send(rows, location_id)
        except RegistrationRefused:
            left = self._missing(rows, location_id)
            if len(left) < len(rows):
                self._create(left, location_id, outcome)
                return
            self._create_each([row for row in left if row.is_member], location_id, outcome)
            tops = [row for row in left if not row.is_member]
            self._create_each(_with_members(tops, outcome), location_id, outcome)

    def _create_each(self, rows: Sequence[_Row], location_id: str, outcome: Outcome) -> None:
        """Create *rows* one by one, so that one which cannot be registered stops no other."""
        refused: dict[_Row, RegistrationRefused] = {}
        last = None
        for row in rows:
            if last is not None and len(refused) >= _REFUSALS_TO_BELIEVE:
                refused[row] = last
                continue
            try:
                self._send([row], location_id)
            except RegistrationRefused as error:
                refused[row] = last = error
        real = self._missing(list(refused), location_id)
        existing = self._existing(row.component_id for row in real)
        for row in real:
            if row.component_id in existing:
                outcome.refusals[row.item] = refused[row]
            elif not row.is_member:
                outcome.deleted.add(row.item)

    def _send(self, rows: Sequence[_Row], location_id: str) -> None:
        if not rows:
            return
        self._connection.create(
            "ComponentLocation",
            [
                {
                    "id": str(uuid.uuid4()),
                    "component_id": row.component_id,
                    "location_id": location_id,
                    "resource_identifier": row.resource_identifier,
                }
                for row in rows
            ],
        )


def _with_members(rows: Sequence[_Row], outcome: Outcome) -> list[_Row]:
    """Return *rows* without the components of which a member was refused: they wait for it."""
    return [row for row in rows if row.is_member or row.item not in outcome.refusals]


def _member(member: Member, item: Item) -> _Row:
    """Return what is to be registered of a member of *item* that is registered at its source."""
    identifier = member.row["resource_identifier"]
    if item.identifier:
        identifier = moved(identifier, item.publication.resource_identifier, item.identifier)
    return _Row(member.component_id, identifier, item.id, is_member=True, is_file=member.is_file)


def deregister(connection: FtrackConnection, registration_ids: Iterable[str]) -> None:
    """Remove registrations that were seen, and no later ones: those belong to a publish that came after.

    May raise `errors.RegistrationError`; that somebody else has removed some is none.
    """
    seen = sorted(registration_ids)
    try:
        connection.delete("ComponentLocation", seen)
    except RegistrationRefused:
        existing: list[str] = []
        for ids in quoted_batches(seen):
            rows = connection.query(f"select id from ComponentLocation where id in ({ids})")  # noqa: S608
            existing += [str(row["id"]) for row in rows]
        connection.delete("ComponentLocation", existing)
