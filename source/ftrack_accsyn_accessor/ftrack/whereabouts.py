"""Asks ftrack which components are at a location."""

from __future__ import annotations

import dataclasses
from typing import Any

from ftrack_accsyn_accessor.ftrack.connection import FtrackCredentials, quoted_batches
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model.errors import RegistrationRefused

#: Locations of ftrack's own servers, with the ids that they have in every ftrack (ftrack_api.symbol).
SERVER_LOCATIONS = ("3a372bde-05bc-11e4-8908-20c9d081909b", "cd41be70-8809-11e3-b98a-20c9d081909b")


@dataclasses.dataclass(frozen=True)
class Arrival:
    """The ids of the components that are wanted at a location, and of those that are there."""

    wanted: tuple[str, ...]
    arrived: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether something is wanted, and all of it is there."""
        return bool(self.wanted) and set(self.wanted) == set(self.arrived)


class Whereabouts:
    """For one thread only. Every method may raise `errors.RegistrationError`."""

    def __init__(self, credentials: FtrackCredentials) -> None:
        self._registrations = Registrations(credentials)
        self._connection = self._registrations.connection

    def location_id(self, name: str) -> str:
        """Return the id of the location called *name*; raise `errors.RegistrationRefused` if there is none."""
        found = self._registrations.location_id(name)
        if found is None:
            raise RegistrationRefused("find the location in ftrack", name, "there is none", "Correct its name.")
        return found

    def look(self, location_id: str, component_id: str, version_id: str) -> Arrival:
        """Return what of a component, or else of a version, is at the location."""
        wanted = self._components_of(version_id) if version_id else self._component(component_id)
        arrived = self._at((location_id,), wanted)
        elsewhere = wanted - arrived
        if version_id and elsewhere:
            wanted -= self._at(SERVER_LOCATIONS, elsewhere)
        return Arrival(tuple(sorted(wanted)), tuple(sorted(arrived)))

    def close(self) -> None:
        """Close the connection."""
        self._registrations.close()

    def _component(self, component_id: str) -> set[str]:
        if not self._connection.query(f'select id from Component where id is "{component_id}"'):  # noqa: S608
            raise RegistrationRefused("find the component in ftrack", component_id, "there is none", "Correct its id.")
        return {component_id}

    def _components_of(self, version_id: str) -> set[str]:
        if not self._connection.query(f'select id from AssetVersion where id is "{version_id}"'):  # noqa: S608
            raise RegistrationRefused("find the version in ftrack", version_id, "there is none", "Correct its id.")
        return _ids(self._connection.query(f'select id from Component where version_id is "{version_id}"'), "id")  # noqa: S608

    def _at(self, location_ids: tuple[str, ...], component_ids: set[str]) -> set[str]:
        found: set[str] = set()
        locations = ", ".join(f'"{location_id}"' for location_id in location_ids)
        for ids in quoted_batches(sorted(component_ids)):
            where = f"location_id in ({locations}) and component_id in ({ids})"
            rows = self._connection.query(f"select component_id from ComponentLocation where {where}")  # noqa: S608
            found |= _ids(rows, "component_id")
        return found


def _ids(rows: list[Any], name: str) -> set[str]:
    return {str(row[name]) for row in rows}
