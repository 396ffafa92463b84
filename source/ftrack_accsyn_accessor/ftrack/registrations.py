"""Asks ftrack, on the background thread, with a session of its own: what is registered where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, FtrackCredentials, quoted_batches

__all__ = ["FtrackCredentials", "Registrations"]


class Registrations:
    """A window on ftrack's registrations. For one thread only; the session is opened at the first question."""

    def __init__(self, credentials: FtrackCredentials) -> None:
        self.connection = FtrackConnection(credentials)

    def registered(self, component_ids: Iterable[str], location_id: str) -> set[str]:
        """Return those of *component_ids* that are registered in the location, or one of whose members is.

        Members are registered before their container, and ftrack shows a container as available where its members are.
        They may be in a container of their own, such as the frames of a sequence.

        Raise `errors.RegistrationError` when ftrack cannot be asked.
        """
        missing = list(component_ids)
        found: set[str] = set()
        for path in ("component_id", "component.container_id", "component.container.container_id"):
            for ids in quoted_batches(missing):
                where = f'location_id is "{location_id}" and {path} in ({ids})'
                rows = self.connection.query(f"select {path} from ComponentLocation where {where}")  # noqa: S608
                found.update(_value(row, path) for row in rows)
            missing = [component_id for component_id in missing if component_id not in found]
        return found

    def location_id(self, name: str) -> Optional[str]:
        """Return the id of the ftrack location called *name*, or None."""
        rows = self.connection.query(f'select id from Location where name is "{name}"')  # noqa: S608 - ftrack's query language
        return str(rows[0]["id"]) if rows else None

    def close(self) -> None:
        """Close the session, if one was opened."""
        self.connection.close()


def _value(row: Any, path: str) -> str:
    for name in path.split("."):
        row = row[name]
    return str(row)
