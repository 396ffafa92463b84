"""Registers components at the destination location in ftrack, as they are registered in the staging location.

Whoever comes first, accsyn's ftrack integration or this, the other finds it done.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterable, Sequence

from ftrack_accsyn_accessor.ftrack.connection import BATCH, FtrackConnection, quoted_batches
from ftrack_accsyn_accessor.model.entry import Entry, Kind
from ftrack_accsyn_accessor.model.errors import RegistrationRefused

#: Refusals after which the rest of a request is taken for refused as well.
_REFUSALS_TO_BELIEVE = 20
#: Containers may hold containers; deeper than this nobody nests them.
_DEPTH = 8


@dataclasses.dataclass(frozen=True)
class _Row:
    """A component to be registered, and the id of the entry that it belongs to."""

    component_id: str
    resource_identifier: str
    entry: int


class Availability:
    """Makes components available at a location. For one thread only."""

    def __init__(self, connection: FtrackConnection) -> None:
        self._connection = connection

    def register(self, entries: Sequence[Entry], location_id: str) -> dict[int, RegistrationRefused]:
        """Register *entries*, with their members at any depth, in the location; return refusals by the entry's id.

        A component that ftrack does not know any more needs no registration. Raise `errors.RegistrationError` when
        ftrack cannot be asked; what was registered by then is found again by the next call.
        """
        rows: list[_Row] = []
        for staging_id in sorted({entry.publication.location_id for entry in entries} - {location_id}):
            staged = [entry for entry in entries if entry.publication.location_id == staging_id]
            rows += self._staged(staged, staging_id)
        rows = self._missing(rows, location_id)
        refusals: dict[int, RegistrationRefused] = {}
        for start in range(0, len(rows), BATCH):
            refusals.update(self._create(rows[start : start + BATCH], location_id))
        return refusals

    def _staged(self, entries: Sequence[Entry], staging_id: str) -> list[_Row]:
        """Return what is registered in the staging location, members before their containers."""
        owners = {entry.publication.component_id: entry.id for entry in entries}
        found = [self._rows("component_id", owners, staging_id)]
        parents = self._owners(entries, Kind.SEQUENCE, Kind.CONTAINER)
        nested = self._owners(entries, Kind.CONTAINER)
        for _ in range(_DEPTH):
            if not parents:
                break
            members = self._rows("component.container_id", parents, staging_id)
            found.append(members)
            containers = set(nested.values())
            parents = {row.component_id: row.entry for row in members if row.entry in containers}
        known = {row.component_id for row in found[0]}
        found[0] += self._taken_out([entry for entry in entries if entry.publication.component_id not in known])
        return [row for level in reversed(found) for row in level]

    @staticmethod
    def _owners(entries: Iterable[Entry], *kinds: Kind) -> dict[str, int]:
        return {entry.publication.component_id: entry.id for entry in entries if entry.publication.kind in kinds}

    def _rows(self, path: str, owners: dict[str, int], location_id: str) -> list[_Row]:
        """Return the registrations whose *path* is one of the components in *owners* (component id to entry)."""
        rows = []
        for ids in quoted_batches(owners):
            answers = self._connection.query(
                "select component_id, resource_identifier, component.container_id from ComponentLocation "  # noqa: S608
                f'where location_id is "{location_id}" and {path} in ({ids})'
            )
            for answer in answers:
                owner = answer["component_id"] if path == "component_id" else answer["component"]["container_id"]
                rows.append(_Row(answer["component_id"], answer["resource_identifier"], owners[owner]))
        return rows

    def _taken_out(self, entries: Sequence[Entry]) -> list[_Row]:
        """Return rows for components that left the staging location since they were sent."""
        existing = self._existing(entry.publication.component_id for entry in entries)
        return [
            _Row(entry.publication.component_id, entry.publication.resource_identifier, entry.id)
            for entry in entries
            if entry.publication.component_id in existing
        ]

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

    def _create(self, rows: Sequence[_Row], location_id: str) -> dict[int, RegistrationRefused]:
        """Create *rows* in one request; when ftrack refuses it, somebody else may have been faster with some."""
        try:
            self._send(rows, location_id)
        except RegistrationRefused:
            left = self._missing(rows, location_id)
            return self._create_each(left, location_id) if len(left) == len(rows) else self._create(left, location_id)
        return {}

    def _create_each(self, rows: Sequence[_Row], location_id: str) -> dict[int, RegistrationRefused]:
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
        return {row.entry: refused[row] for row in real if row.component_id in existing}

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
