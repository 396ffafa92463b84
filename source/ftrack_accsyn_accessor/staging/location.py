"""The staging location: configures it in a session, and writes into the outbox what is registered in it."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import sys
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Optional, Protocol

import ftrack_api
import ftrack_api.symbol

from ftrack_accsyn_accessor.model.entry import Kind, Publication, StagedFile
from ftrack_accsyn_accessor.model.errors import FileChanged, OutboxError, words
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.locks import OwnerLock
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor, normalise_identifier
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.structure import StagingStructure, container_id

logger = logging.getLogger(__name__)

#: Above every other location, so that publishing picks the staging location.
PRIORITY = 1 - sys.maxsize

#: What follows from everything that keeps a publish out of the outbox.
NOT_QUEUED = "The files are staged, but not queued; when this is mended, run `ftrack-accsyn reconcile`."

_KINDS = {"SequenceComponent": Kind.SEQUENCE, "ContainerComponent": Kind.CONTAINER}


class Staging(Protocol):
    """What a staging location needs from the rest of the plugin."""

    area: StagingArea
    outbox: Outbox
    owner: OwnerLock

    def wake(self) -> None:
        """Tell the uploader that there is work."""


def configure(session: Any, name: str, staging: Staging) -> Any:
    """Find or create the location called *name*, make it the staging location of *session* and return it.

    To be called on the host's thread, as often as the host likes. Costs one ftrack call when the location exists.
    """
    location = find_or_create(session, name)
    location.accessor = AccsynAccessor(prefix=str(staging.area.root), marker=str(staging.area.marker_path))
    if location.structure is ftrack_api.symbol.NOT_SET:
        location.structure = StagingStructure()
    location.priority = PRIORITY
    ftrack_api.mixin(location, StagingLocationMixin, name="AccsynStagingLocation")
    location.accsyn_staging = staging
    return location


def find_or_create(session: Any, name: str) -> Any:
    """Return the location called *name*, created unless it exists; of many processes at once exactly one creates it."""
    quoted = name.replace('"', '\\"')
    expression = f'select id, name from Location where name is "{quoted}"'  # noqa: S608 - ftrack's query language
    location = session.query(expression).first()
    if location is not None:
        return location
    try:
        # Not `session.create`: a refused creation would stay among the host's own pending operations.
        session.call([_creation(name)])
    except Exception as error:
        location = session.query(expression).first()
        if location is None:
            raise
        logger.debug("Another process created the location %s first: %s", name, words(error, session.api_key))
        return location
    return session.query(expression).one()


def _creation(name: str) -> dict[str, Any]:
    location_id = str(uuid.uuid4())
    data = {
        "__entity_type__": "Location",
        "id": location_id,
        "name": name,
        "label": name,
        "description": "Local staging area; accsyn carries its files to the studio's storage.",
    }
    return {"action": "create", "entity_type": "Location", "entity_key": [location_id], "entity_data": data}


@dataclasses.dataclass
class _Publish:
    """One call of `add_components`: its components by id, and those whose entries are complete already."""

    components: dict[str, tuple[Any, Any]]
    prepared: set[str] = dataclasses.field(default_factory=set)


class StagingLocationMixin:
    """Makes a Location entity the staging location.

    Enqueues what is registered in it, on whatever thread the host publishes. The event
    `ftrack.location.component-added` would not do: it reaches only sessions that pump the hub, and twice when two of
    them do (ftrack facts).
    """

    accsyn_staging: Staging
    _accsyn_publish: Optional[_Publish] = None

    def add_components(self, components: Sequence[Any], sources: Any, recursive: bool = True, _depth: int = 0) -> Any:
        """Add *components*, as Location does; see there."""
        add = super().add_components  # type: ignore[misc]
        if _depth:
            return add(components, sources, recursive=recursive, _depth=_depth)
        with self._publishing(components, sources, recursive):
            return add(components, sources, recursive=recursive)

    @contextlib.contextmanager
    def _publishing(self, components: Sequence[Any], sources: Any, recursive: bool) -> Iterator[None]:
        """Remember, for the time of one publish, what was asked for; members belong to their container.

        A container that is added without its members brings no files.
        """
        listed = sources if isinstance(sources, Sequence) and not isinstance(sources, str) else [sources]
        each = listed if len(listed) == len(components) else list(listed) * len(components)
        pairs = [pair for pair in zip(components, each) if recursive or not _is_container(pair[0])]
        publish = _Publish({component["id"]: (component, source) for component, source in pairs})
        outer, self._accsyn_publish = self._accsyn_publish, publish
        structure: Any = self.structure  # type: ignore[attr-defined]
        one_publish = getattr(structure, "one_publish", contextlib.nullcontext)
        try:
            with one_publish():
                yield
        finally:
            self._accsyn_publish = outer

    def _register_components_in_location(self, components: Sequence[Any], resource_identifiers: Sequence[str]) -> None:
        """Register *components*: into the outbox as prepared, into ftrack, and as pending when ftrack has them."""
        with _shielded("queue the published components"):
            self._prepare(components, resource_identifiers)
        super()._register_components_in_location(components, resource_identifiers)  # type: ignore[misc]
        with _shielded("queue the published components"):
            self._activate(components)

    def _deregister_component_in_location(self, component: Any) -> None:
        """Take *component* out of the location, and out of the outbox unless it was submitted already."""
        super()._deregister_component_in_location(component)  # type: ignore[misc]
        with _shielded("take a removed component out of the queue"):
            self.accsyn_staging.outbox.cancel([component["id"]], self["id"])  # type: ignore[index]

    def _prepare(self, components: Sequence[Any], resource_identifiers: Sequence[str]) -> None:
        """Write what is about to be registered into the outbox, as prepared.

        ftrack registers a nested container level by level. From the first level on there is an entry of what is staged,
        so that no registration is without one; it is written anew until it is complete.
        """
        publish = self._accsyn_publish or _Publish({component["id"]: (component, None) for component in components})
        identifiers = dict(zip((component["id"] for component in components), resource_identifiers))
        publications = []
        for component, source in self._published_with(components, publish):
            files = self._files(component, source, identifiers) if component["id"] not in publish.prepared else []
            staged = tuple(file for file in files if file is not None)
            if staged:
                publications.append(self._publication(component, source, identifiers, staged))
                if len(staged) == len(files):
                    publish.prepared.add(component["id"])
        if publications:
            self.accsyn_staging.outbox.prepare(publications, self.accsyn_staging.owner.hold())

    def _published_with(self, components: Sequence[Any], publish: _Publish) -> list[tuple[Any, Any]]:
        """Return the components of the publish that *components* are, or are members of, each with its source."""
        found: dict[str, tuple[Any, Any]] = {}
        for component in components:
            # Frame by frame, ftrack_api's own reference to the container would cost the square of their number.
            key = component["id"] if component["id"] in publish.components else container_id(component)
            entity: Any = component
            while key not in publish.components and entity is not None:
                entity = entity["container"]
                key = entity["id"] if entity is not None else None
            if key is not None:
                found[key] = publish.components[key]
        return list(found.values())

    def _publication(
        self, component: Any, source: Any, identifiers: dict[str, str], files: tuple[StagedFile, ...]
    ) -> Publication:
        identifier = identifiers.get(component["id"]) or self._identifier(component, source)
        project_id, project_name, version_id, version_name = _context(component, identifier)
        session = component.session
        return Publication(
            component_id=component["id"],
            component_name=component["name"],
            kind=_KINDS.get(component.entity_type, Kind.FILE),
            resource_identifier=identifier,
            location_id=self["id"],  # type: ignore[index]
            location_name=self["name"],  # type: ignore[index]
            server_url=session.server_url,
            username=session.api_user,
            project_id=project_id,
            project_name=project_name,
            version_id=version_id,
            version_name=version_name,
            files=files,
        )

    def _identifier(self, component: Any, source: Any) -> str:
        """Return the identifier under which ftrack is about to register *component*."""
        context = self._get_context(component, source)  # type: ignore[attr-defined]
        return str(self.structure.get_resource_identifier(component, context))  # type: ignore[attr-defined]

    def _files(self, component: Any, source: Any, identifiers: dict[str, str]) -> list[Optional[StagedFile]]:
        """Return the files of *component*, or those of its members at any depth, as they lie in the staging area.

        None stands for a member's file that is not staged yet; what is about to be registered must be.
        """
        if _is_container(component):
            return [file for member in component["members"] for file in self._files(member, source, identifiers)]
        identifier = identifiers.get(component["id"]) or self._identifier(component, source)
        relative = normalise_identifier(identifier, self.accessor.prefix)  # type: ignore[attr-defined]
        try:
            stamp = self.accsyn_staging.area.stat_file(relative)
        except FileChanged:
            if component["id"] in identifiers:
                raise
            return [None]
        return [StagedFile(relative, stamp.size_bytes, stamp.mtime_ns)]

    def _activate(self, components: Sequence[Any]) -> None:
        publish = self._accsyn_publish
        ids = [component["id"] for component in components if publish is None or component["id"] in publish.components]
        if ids and self.accsyn_staging.outbox.activate(ids, self["id"]):  # type: ignore[index]
            self.accsyn_staging.wake()


def _is_container(component: Any) -> bool:
    return "members" in component.keys()  # noqa: SIM118 - as ftrack_api tells them apart


def _context(component: Any, identifier: str) -> tuple[str, str, str, str]:
    """Return project id and name, version id and "asset v001", from what the structure has made ftrack load already."""
    version = component["version"]
    while not version and component["container"]:
        component = component["container"]
        version = component["version"]
    first_folder = identifier.replace("\\", "/").lstrip("/").partition("/")[0]
    if not version:
        return "", first_folder, "", ""
    link = version["link"]
    name = "{} v{:03d}".format(version["asset"]["name"], version["version"])
    if not link:
        return "", first_folder, version["id"], name
    project = component.session.get("Project", link[0]["id"])
    return link[0]["id"], project["name"] if project else first_folder, version["id"], name


@contextlib.contextmanager
def _shielded(tried: str) -> Iterator[None]:
    """Keep every fault of ours away from the host's publish, and say it."""
    try:
        yield
    except OutboxError as error:
        logger.error("Could not %s. %s The publish itself is not affected. %s", tried, error, NOT_QUEUED)
    except Exception:
        logger.exception("Could not %s. The publish itself is not affected. %s", tried, NOT_QUEUED)
