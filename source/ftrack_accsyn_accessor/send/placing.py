"""Components as ftrack knows them -> what can be carried: a place in a volume, at the source and at the destination."""

from __future__ import annotations

from typing import Optional, Union

from ftrack_accsyn_accessor.model.item import Kind, Publication, StagedFile, Studio
from ftrack_accsyn_accessor.model.naming import unsafe_on_windows
from ftrack_accsyn_accessor.model.paths import Place
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle, Planned
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_accessor.send.endpoints import Resolved
from ftrack_accsyn_accessor.send.members import Members
from ftrack_accsyn_accessor.send.selection import Component


class Placing:
    """Places components that go from one end to another. Nothing is asked here."""

    def __init__(self, studio: Studio, source: Resolved, destination: Resolved) -> None:
        self._studio = studio
        self._source = source
        self._destination = destination
        self._folders: dict[str, Optional[Place]] = {}

    def place(self, component: Component, members: Optional[Members]) -> Union[Wanted, Planned]:
        """Return what is to be carried of *component*, or why it cannot be; *members* are those of a container."""
        location = self._source.endpoint
        identifier = component.registered.get(location.location_id, "")
        if not identifier:
            return self.nowhere(component)
        place = self._source.paths.read(identifier)
        if place is None:
            cause = f"{identifier}: {self._source.paths.why_not(identifier)}."
            return self._misplaced(component, Obstacle.NO_PATH, cause)
        own = [(identifier, component.size_bytes)] if component.kind is Kind.FILE else members.files if members else []
        files = []
        for each, size_bytes in own:
            found = self._file(each)
            if found is None or found.volume != place.volume:
                reason = self._source.paths.why_not(each) or f"it is not in the volume {place.volume}"
                return self._misplaced(component, Obstacle.NO_PATH, f"{each}: {reason}.")
            files.append(StagedFile(found.path, size_bytes, 0))
        written = self._destination.paths.write(place, identifier)
        if written is None:
            where = self._destination.endpoint.location_name or self._destination.endpoint.party
            cause = f"{place.path} in the volume {place.volume} has no place in {where}."
            return self._misplaced(component, Obstacle.NO_PATH, cause)
        publication = self._publication(component, identifier, place, tuple(files))
        return Wanted(publication, written if written != identifier else "")

    def nowhere(self, component: Component) -> Planned:
        """Return that *component* cannot go, as it is not at the source."""
        where = self._source.endpoint.location_name or self._source.endpoint.party
        cause = f"ftrack does not have it in {where}, nor at any place that was asked for and that accsyn reaches."
        return self._misplaced(component, Obstacle.NOT_AT_SOURCE, cause)

    def _file(self, identifier: str) -> Optional[Place]:
        """Return the place of a file; what lies in one folder is read once."""
        folder, separator, name = identifier.replace("\\", "/").rpartition("/")
        if not separator or name in ("", ".", "..") or not folder or unsafe_on_windows(name):
            return self._source.paths.read(identifier)
        if folder not in self._folders:
            self._folders[folder] = self._source.paths.read(folder)
        above = self._folders[folder]
        return above and Place(above.volume, f"{above.path}/{name}" if above.path else name)

    def _publication(
        self, component: Component, identifier: str, place: Place, files: tuple[StagedFile, ...]
    ) -> Publication:
        version, location = component.version, self._source.endpoint
        return Publication(
            component_id=component.id,
            component_name=component.name,
            kind=component.kind,
            resource_identifier=identifier,
            location_id=location.location_id,
            location_name=location.location_name,
            server_url=self._studio.server_url,
            username="",
            project_id=version.project_id,
            project_name=version.project_name,
            version_id=version.id,
            version_name=version.own_name,
            files=files,
            workspace=self._studio.workspace,
            volume=place.volume,
            path=place.path,
            context=version.context,
        )

    def _misplaced(self, component: Component, obstacle: Obstacle, cause: str) -> Planned:
        """Return that *component* cannot go; of what has no place only the name and size are known."""
        name = f"{component.name}{component.file_type}"
        place = Place(self._source.paths.volume or "", name)
        publication = self._publication(component, "", place, (StagedFile(name, component.size_bytes, 0),))
        return Planned(Wanted(publication), Fate.CANNOT, obstacle, cause)
