"""One publish into the staging location: what is known of it, and its items in the outbox."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional, Protocol

from ftrack_accsyn_accessor.model.credentials import plain_server
from ftrack_accsyn_accessor.model.errors import FileChanged, OutboxDamaged, OutboxError, StagingError, words
from ftrack_accsyn_accessor.model.item import Kind, Publication, StagedFile
from ftrack_accsyn_accessor.outbox import Outbox, moments, unqueued
from ftrack_accsyn_accessor.outbox.locks import OwnerLock
from ftrack_accsyn_accessor.outbox.patience import Patience
from ftrack_accsyn_accessor.staging.abandoned import Abandoned
from ftrack_accsyn_accessor.staging.accessor import normalise_identifier
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.entities import (
    container_id,
    context_of,
    copied_from,
    files_of,
    is_container,
    is_empty,
)
from ftrack_accsyn_accessor.staging.freshness import set_apart
from ftrack_accsyn_accessor.staging.source import SourceFile, doubts, other_sizes

logger = logging.getLogger(__name__)

#: What becomes of components that could not be queued.
QUEUED_LATER = "The files are staged, and are queued by themselves as soon as that is possible."
NOT_QUEUED = "The files are staged, but not queued; when this is mended, run `ftrack-accsyn reconcile`."

#: How long keeping them waits for a program that looks into new files; with the patience for all else, two seconds.
KEEP_S = 0.4

_KINDS = {"SequenceComponent": Kind.SEQUENCE, "ContainerComponent": Kind.CONTAINER}


class Staging(Protocol):
    """What a staging location needs from the rest of the plugin."""

    area: StagingArea
    outbox: Outbox
    owner: OwnerLock

    @property
    def volume(self) -> str:
        """The code of the accsyn volume that the settings of this moment name."""

    @property
    def priority(self) -> Optional[int]:
        """The priority that the settings of this moment give what is published, None for accsyn's own."""

    def studio_workspace(self) -> str:
        """Return the code of the accsyn workspace that the settings of this moment name; empty where none is set."""

    def wake(self) -> None:
        """Tell the worker that there is work."""


class Publish:
    """One call of `add_components` of a staging location; on the host's thread, and with the host's session.

    *components* are those that were asked for, by id, each with its source; what else is staged are members of theirs.
    ftrack registers a nested container level by level. From the first level on there is an item of what is staged, so
    that no registration is without one; it is written anew until it is complete.
    """

    def __init__(self, location: Any, components: Mapping[str, tuple[Any, Any]]) -> None:
        self._location = location
        self._staging: Staging = location.accsyn_staging
        self._components = components
        self._abandoned = Abandoned(location, self._staging.outbox, self._staging.area.root)
        self._began_at = moments.now()
        self._patience = Patience()
        self._keeping = Patience(KEEP_S)
        self._id = unqueued.new_id()
        self._origins: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        self._changes: dict[str, str] = {}
        self._known_before: dict[str, bool] = {}
        self._complete: dict[str, Publication] = {}
        self._prepared: set[str] = set()
        self._queued: set[str] = set()
        self._fault = ""

    # Staging.

    def comes_from(self, component: Any, identifier: Optional[str]) -> None:
        """Remember what *component* is called in the location that it comes from, where it is there."""
        if identifier:
            self._origins[component["id"]] = identifier

    @contextlib.contextmanager
    def staging(self, component: Any, path: str, source: Any) -> Iterator[None]:
        """Watch the source of *component* while its data is copied to *path*, as the structure has made it."""
        key = component["id"]
        self._paths[key] = path
        file = SourceFile(source, None if is_container(component) else self._origins.get(key))
        yield
        changed = file.changed()
        if changed:
            self._changes[key] = changed

    def make_way(self, component: Any, path: str, source: Any) -> bool:
        """Return whether what lay at *path*, where *component* is to be staged, was abandoned, and is gone now.

        Nothing goes where *component* itself comes from what was abandoned: that may be all there is of it.
        """
        session = self._location.session
        try:
            with self._patience, session.auto_populating(True):
                self._require_own_accessor()
                file, staged = SourceFile(source, self._origins.get(component["id"])), self._location.accessor
                if file.is_at(staged.get_filesystem_path(path)):
                    return False
                return self._abandoned.make_way(component, path, file.below(staged.prefix))
        except Exception as error:  # noqa: BLE001 - then ftrack_api refuses, as ever
            logger.warning("What lies at %s could not make way: %s", path, words(error, session.api_key))
            return False

    def staged(self, components: Sequence[Any]) -> list[str]:
        """Return what the accessor calls *components*, of those that were staged."""
        return [self._paths[each["id"]] for each in components if each["id"] in self._paths]

    # Registering.

    def prepare(self, components: Sequence[Any], resource_identifiers: Sequence[str]) -> None:
        """Write what is about to be registered into the outbox, as prepared; what fails is kept beside it.

        *resource_identifiers* are those that ftrack is to keep.
        """
        identifiers = dict(zip((each["id"] for each in components), resource_identifiers))
        try:
            with self._patience, self._location.session.auto_populating(True):  # a host may have switched that off
                self._prepare(components, identifiers)
        except Exception as error:  # noqa: BLE001 - told there
            self._not_queued(error)

    def _prepare(self, components: Sequence[Any], identifiers: Mapping[str, str]) -> None:
        self._require_own_accessor()
        publications: list[Publication] = []
        faults: list[Exception] = []
        for component, source in self._published_with(components):
            try:
                publication = self._publication(component, source, identifiers)
            except Exception as error:  # noqa: BLE001 - raised when the other components are in the outbox
                faults.append(error)
            else:
                publications += [publication] if publication is not None else []
        if publications:
            self._write(publications)
        if faults:
            raise faults[0]

    def _require_own_accessor(self) -> None:
        """Raise StagingError where another plugin has given the location an accessor for another folder."""
        accessor = self._location.accessor
        folder, root = str(getattr(accessor, "prefix", "")), str(self._staging.area.root)
        if os.path.normcase(os.path.abspath(folder)) != os.path.normcase(os.path.abspath(root)):
            raise StagingError(
                "queue what was published into the location",
                self._location["name"],
                f"another plugin has given it an accessor of its own, {type(accessor).__name__} for {folder}",
                f"Let FTRACK_ACCSYN_LOCATION give the location of {root} another name than that plugin's.",
            )

    def _write(self, publications: Sequence[Publication]) -> None:
        with contextlib.suppress(OutboxDamaged):  # the new one, which takes its place, knows no earlier content
            publications = set_apart(self._staging.area, self._staging.outbox, publications)
        written = {publication.component_id: publication for publication in publications}
        self._complete = {key: written.get(key, publication) for key, publication in self._complete.items()}
        with self._staging.owner.holding() as owner:
            self._staging.outbox.prepare(publications, owner)
        self._abandoned.let_go()
        self._prepared.update(written)

    def activate(self, components: Sequence[Any]) -> None:
        """Let what ftrack has registered now be sent; what fails is kept beside the outbox."""
        ids = self._prepared.intersection(component["id"] for component in components)
        try:
            with self._patience:
                if ids and self._staging.outbox.activate(ids, self._location["id"]):
                    self._staging.wake()
            self._queued.update(ids)
        except Exception as error:  # noqa: BLE001 - told there
            self._not_queued(error)

    def give_up(self) -> None:
        """Leave it to the worker to ask ftrack what was registered, as the publish has failed."""
        with self._patience:
            if self._prepared and self._staging.outbox.disown(self._prepared, self._location["id"]):
                self._staging.wake()

    def end(self) -> None:
        """Take note that ftrack has everything, for what could not be queued."""
        if self._fault:
            self._keep(registered=True)
            self._staging.wake()

    # What could not be queued.

    def _not_queued(self, error: Exception) -> None:
        """Keep what the outbox does not have, and say it, once for each publish."""
        first, self._fault = not self._fault, words(error, self._location.session.api_key)
        outlook = QUEUED_LATER if self._keep(registered=False) else NOT_QUEUED
        if first:
            text = "Could not queue the published components. %s. The publish itself is not affected. %s"
            place = None if isinstance(error, OutboxError) else error
            logger.error(text, self._fault.rstrip("."), outlook, exc_info=place)

    def _keep(self, registered: bool) -> bool:
        session, outbox = self._location.session, self._staging.outbox.path
        found = unqueued.Unqueued(
            id=self._id,
            at=self._began_at,
            words=self._fault,
            server_url=plain_server(session.server_url),
            username=session.api_user,
            location_id=self._location["id"],
            location_name=self._location["name"],
            workspace=self._codes[0],
            volume=self._codes[1],
            publications=tuple(each for key, each in self._complete.items() if key not in self._queued),
            component_ids=tuple(key for key in self._components if key not in {*self._complete, *self._queued}),
            registered=registered,
        )
        if not (found.publications or found.component_ids):
            unqueued.forget(outbox, found)
            return True
        with self._keeping:
            return unqueued.keep(outbox, found)

    # Components -> publications.

    def _published_with(self, components: Sequence[Any]) -> list[tuple[Any, Any]]:
        """Return those that were asked for, and have no complete item, of which *components* are, or are members."""
        keys = dict.fromkeys(map(self.asked_for, components))
        return [self._components[key] for key in keys if key is not None and key not in self._complete]

    def asked_for(self, component: Any) -> Optional[str]:
        """Return the id of the one that was asked for and is *component*, or has it, at any depth; None without one."""
        # Frame by frame, ftrack_api's own reference to the container would cost the square of their number.
        key = component["id"] if component["id"] in self._components else container_id(component)
        entity: Any = component
        while key not in self._components and entity:
            entity = entity["container"]
            key = entity["id"] if entity else None
        return key

    def _publication(self, component: Any, source: Any, identifiers: Mapping[str, str]) -> Optional[Publication]:
        """Return what is staged of *component*; None while nothing is, although it has files."""
        session = component.session
        members = list(files_of(component))
        staged = {member["id"]: self._staged_file(member, source, identifiers) for member in members}
        found = {key: file for key, file in staged.items() if file is not None}
        if not found and (staged or not is_empty(component)):
            return None
        path = self._path(component, source, identifiers)
        workspace, volume = self._codes
        complete = len(found) == len(staged)
        publication = Publication(
            component_id=component["id"],
            component_name=component["name"],
            kind=_KINDS.get(component.entity_type, Kind.FILE),
            resource_identifier=identifiers.get(component["id"]) or self._encoded(component, path),
            location_id=self._location["id"],
            location_name=self._location["name"],
            server_url=session.server_url,
            username=session.api_user,
            **context_of(component)._asdict(),
            files=tuple(found.values()),
            workspace=workspace,
            volume=volume,
            path=normalise_identifier(path, self._location.accessor.prefix),
            doubt=self._doubt(component, found, complete),
            copied_from=copied_from(source),
            priority=self._staging.priority,
        )
        if complete:
            self._complete[component["id"]] = publication
        return publication

    @functools.cached_property
    def _codes(self) -> tuple[str, str]:
        """The accsyn workspace and the volume for which this is published."""
        return self._staging.studio_workspace(), self._staging.volume

    def _staged_file(self, component: Any, source: Any, identifiers: Mapping[str, str]) -> Optional[StagedFile]:
        """Return the file of *component* as it lies in the staging area; None while it does not.

        What is about to be registered must be there.
        """
        path = self._path(component, source, identifiers)
        relative = normalise_identifier(path, self._location.accessor.prefix)
        try:
            stamp = self._staging.area.stat_file(relative)
        except FileChanged:
            if component["id"] in identifiers:
                raise
            return None
        return StagedFile(relative, stamp.size_bytes, stamp.mtime_ns)

    def _path(self, component: Any, source: Any, identifiers: Mapping[str, str]) -> str:
        """Return the identifier that the structure gives *component*, by which the accessor knows it."""
        key = component["id"]
        if key in self._paths:
            return self._paths[key]
        transformer = self._location.resource_identifier_transformer
        if key in identifiers:
            return str(
                transformer.decode(identifiers[key], {"component": component}) if transformer else identifiers[key]
            )
        context = self._location._get_context(component, source)
        return str(self._location.structure.get_resource_identifier(component, context))

    def _encoded(self, component: Any, path: str) -> str:
        """Return the identifier under which ftrack is about to register *component*."""
        transformer = self._location.resource_identifier_transformer
        return str(transformer.encode(path, {"component": component}) if transformer else path)

    def _doubt(self, component: Any, staged: Mapping[str, StagedFile], complete: bool) -> str:
        """Return what is wrong with *component* as it is staged, for the outbox, and tell the log."""
        if not complete:
            self._is_known(component["id"])  # from now on it would be
            return ""
        sizes = other_sizes(component, staged)
        if sizes and self._is_known(component["id"]):
            sizes = []  # ftrack has the size of the content that it was created with
        changes = [self._changes[key] for key in staged if key in self._changes]
        found = doubts(list(staged.values()), changes or sizes)
        for doubt in found:
            logger.warning("%s: %s", component["name"], doubt.words)
        return str(found[0]) if found else ""

    def _is_known(self, component_id: str) -> bool:
        """Return whether the outbox has had *component_id* before this publish."""
        if component_id not in self._known_before:
            found = []
            with contextlib.suppress(OutboxError):
                found = self._staging.outbox.survey.of_component(component_id)
            here = [each for each in found if each.item.publication.location_id == self._location["id"]]
            self._known_before[component_id] = bool(here)
        return self._known_before[component_id]
