"""The staging location: configures it in a session, and writes into the outbox what is registered in it."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
import threading
import uuid
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any, Optional

import ftrack_api
import ftrack_api.entity.location
import ftrack_api.exception
import ftrack_api.session
import ftrack_api.symbol
from ftrack_api.operation import CreateEntityOperation

from ftrack_accsyn_accessor.model.claims import STAGING_DESCRIPTION
from ftrack_accsyn_accessor.model.errors import OutboxError, words
from ftrack_accsyn_accessor.outbox.patience import Patience
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
from ftrack_accsyn_accessor.staging.entities import are_new, files_of, is_container
from ftrack_accsyn_accessor.staging.publish import Publish, Staging
from ftrack_accsyn_accessor.staging.source import gives_files
from ftrack_accsyn_accessor.staging.structure import StagingStructure

logger = logging.getLogger(__name__)

#: Above every other location, so that publishing picks the staging location.
PRIORITY = 1 - sys.maxsize
#: One thread at a time creates a location: ftrack_api writes to stderr that somebody else was quicker. None waits for
#: longer than this for another one, which may hang, or has not been inherited by a forked child.
CREATING_S = 1.0
_creating = threading.Lock()


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
    if not hasattr(location, "accsyn_thread"):
        location.accsyn_thread = _Thread()
    location.accsyn_staging = staging
    return location


def find_or_create(session: Any, name: str) -> Any:
    """Return the location called *name*, created unless it exists; of many processes at once exactly one creates it."""
    quoted = name.replace('"', '\\"')
    expression = f'select id, name from Location where name is "{quoted}"'  # noqa: S608 - ftrack's query language
    location = session.query(expression).first()
    if location is not None:
        return location
    is_first = _creating.acquire(blocking=False)
    is_alone = is_first or _creating.acquire(timeout=CREATING_S)
    try:
        return (None if is_first else session.query(expression).first()) or _create(session, name, expression)
    finally:
        if is_alone:
            _creating.release()


def _create(session: Any, name: str, expression: str) -> Any:
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
        "description": STAGING_DESCRIPTION,
    }
    return {"action": "create", "entity_type": "Location", "entity_key": [location_id], "entity_data": data}


class _Thread(threading.local):
    """What a thread does with a staging location: actions transfer on several, by the locations of one session."""

    publish: Optional[Publish] = None


class StagingLocationMixin:
    """Makes a Location entity the staging location.

    Enqueues what is registered in it, on whatever thread the host publishes. The event
    `ftrack.location.component-added` would not do: it reaches only sessions that pump the hub, and twice when two of
    them do (ftrack facts).
    """

    accsyn_staging: Staging
    accsyn_thread: _Thread
    #: Components whose registration failed: ftrack may have it nevertheless, as an answer can get lost.
    _accsyn_doubtful: frozenset[str] = frozenset()

    def add_components(self, components: Sequence[Any], sources: Any, recursive: bool = True, _depth: int = 0) -> Any:
        """Add *components*, as Location does; see there."""
        add = super().add_components  # type: ignore[misc]
        if not _depth:
            with self._publishing(components, sources, recursive):
                return add(components, sources, recursive=recursive)
        try:
            return add(components, sources, recursive=recursive, _depth=_depth)
        except ftrack_api.exception.ComponentInLocationError as error:
            present = error.details["components"]
            if not self._are_in_place(present):
                raise
        # Members of a container that broke off when they had been registered: adding it again completes it.
        known = {component["id"] for component in present}
        missing = [component for component in components if component["id"] not in known]
        return add(missing, sources, recursive=recursive, _depth=_depth)

    def _are_in_place(self, components: Sequence[Any]) -> bool:
        """Return whether *components*, registered here, are staged as members of what is being added."""
        publish, doubtful = self.accsyn_thread.publish, self._accsyn_doubtful  # the session means to register those yet
        if publish is None or any(each["id"] in doubtful or not publish.asked_for(each) for each in components):
            return False
        each_file = [file for component in components for file in files_of(component)]
        paths = self.get_resource_identifiers(each_file) if each_file else []  # type: ignore[attr-defined]
        structure, accessor = self.structure, self.accessor  # type: ignore[attr-defined]
        return all(
            path == structure.get_resource_identifier(file, {"source_resource_identifier": path})
            and accessor.is_file(path)
            for file, path in zip(each_file, paths)
        )

    @contextlib.contextmanager
    def _publishing(self, components: Sequence[Any], sources: Any, recursive: bool) -> Iterator[None]:
        """Remember, for the time of one publish, what was asked for; members belong to their container.

        A container that is added without its members brings no files.
        """
        listed = sources if isinstance(sources, Sequence) and not isinstance(sources, str) else [sources]
        each = listed if len(listed) == len(components) else list(listed) * len(components)
        pairs = [pair for pair in zip(components, each) if recursive or not is_container(pair[0])]
        publish = Publish(self, {component["id"]: (component, source) for component, source in pairs})
        outer, self.accsyn_thread.publish = self.accsyn_thread.publish, publish
        structure: Any = self.structure  # type: ignore[attr-defined]
        one_publish = getattr(structure, "one_publish", contextlib.nullcontext)
        one_wait = getattr(self.accessor, "one_publish", contextlib.nullcontext)  # type: ignore[attr-defined]
        try:
            with one_publish(), one_wait():
                yield
        except BaseException:
            with _shielded("give up what was not registered"):
                publish.give_up()
            raise
        else:
            with _shielded("keep what could not be queued"):
                publish.end()
        finally:
            self.accsyn_thread.publish = outer

    def _get_resource_identifiers(self, components: Sequence[Any]) -> Any:
        """Return the resource identifiers, as Location does; of components that ftrack cannot know it is not asked."""
        ids = {component["id"] for component in components}
        if ids.isdisjoint(self._accsyn_doubtful) and are_new(components):
            raise ftrack_api.exception.ComponentNotInLocationError(list(components), self)
        return super()._get_resource_identifiers(components)  # type: ignore[misc]

    def _get_context(self, component: Any, source: Any) -> Any:
        """Return the structure's context, as Location does, and remember what *component* is called in *source*."""
        context = super()._get_context(component, source)  # type: ignore[misc]
        if self.accsyn_thread.publish is not None:
            self.accsyn_thread.publish.comes_from(component, context.get("source_resource_identifier"))
        return context

    def _add_data(self, component: Any, resource_identifier: str, source: Any) -> None:
        """Stage the data of *component*, as Location does, and look whether its source stays the same meanwhile.

        What an earlier publish has left at its path, and ftrack does not know any more, makes way.
        """
        publish = self.accsyn_thread.publish
        with publish.staging(component, resource_identifier, source) if publish else contextlib.nullcontext():
            try:
                self._add(component, resource_identifier, source)
            except ftrack_api.exception.LocationError:
                if publish is None or not publish.make_way(component, resource_identifier, source):
                    raise
                self._add(component, resource_identifier, source)

    def _add(self, component: Any, resource_identifier: str, source: Any) -> None:
        add = super()._add_data  # type: ignore[misc]
        if not (_is_ftracks(add) and self._add_file(component, resource_identifier, source)):
            add(component, resource_identifier, source)

    def _add_file(self, component: Any, resource_identifier: str, source: Any) -> bool:
        """Stage the data of *component* if it is a file on a disk, and nothing has its name yet; return whether."""
        accessor: Any = self.accessor  # type: ignore[attr-defined]
        if is_container(component) or not isinstance(accessor, AccsynAccessor) or not gives_files(source):
            return False
        with contextlib.closing(source.accessor.open(source.get_resource_identifier(component), "rb")) as data:
            return accessor.stage(resource_identifier, data.wrapped_file)

    def _register_components_in_location(self, components: Sequence[Any], resource_identifiers: Sequence[str]) -> None:
        """Register *components*: into the outbox as prepared, into ftrack, and as pending when ftrack has them."""
        publish = self.accsyn_thread.publish
        if publish is None:  # registered without being added: their data lies there already
            with self._publishing(components, None, recursive=True):
                self._register_components_in_location(components, resource_identifiers)
            return
        accessor: Any = self.accessor  # type: ignore[attr-defined]
        if hasattr(accessor, "finish"):
            accessor.finish()
            accessor.keep(publish.staged(components))  # ftrack may have them, even where registering fails
        with _shielded("queue the published components"):
            publish.prepare(components, resource_identifiers)
        try:
            register, create = super()._register_components_in_location, self.session.create  # type: ignore[misc, attr-defined]
            by_ids = _is_ftracks(register) and _is_ftracks(create, ftrack_api.session)
            (self._register if by_ids else register)(components, resource_identifiers)
        except BaseException:
            self._accsyn_doubtful |= {component["id"] for component in components}
            raise
        with _shielded("queue the published components"):
            publish.activate(components)

    def _register(self, components: Sequence[Any], resource_identifiers: Sequence[str]) -> None:
        """Register *components*, as Location does, but by their ids, and without entities of this side's making.

        With entities, the session would merge the component and its container, with all members, once for each frame.
        What ftrack answers becomes entities as ever.
        """
        session: Any = self.session  # type: ignore[attr-defined]
        for component, identifier in zip(components, resource_identifiers):
            key = {"id": str(uuid.uuid4())}
            ids = {"component_id": component["id"], "location_id": self["id"]}  # type: ignore[index]
            values = {**key, **ids, "resource_identifier": identifier}
            session.recorded_operations.push(CreateEntityOperation("ComponentLocation", key, values))
        with _uncollected():
            session.commit()

    def _deregister_component_in_location(self, component: Any) -> None:
        """Take *component* out of the location, and out of the outbox unless it was submitted already."""
        super()._deregister_component_in_location(component)  # type: ignore[misc]
        with _shielded("take a removed component out of the queue"), Patience():
            self.accsyn_staging.outbox.cancel([component["id"]], self["id"])  # type: ignore[index]


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for garbage: while thousands of entities are made, that takes a quarter of the time.

    It would walk through all of them again and again, and find nothing. A host that has it switched off keeps it so.
    """
    if not gc.isenabled():
        yield
        return
    _pauses.append(threading.get_ident())
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        _pauses.remove(threading.get_ident())


#: The threads that have switched it off.
_pauses: list[int] = []


def _collect_in_child() -> None:
    """Switch it on in a forked child, where the thread that would do it does not run."""
    if set(_pauses) - {threading.get_ident()}:
        gc.enable()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_collect_in_child)


def _is_ftracks(method: Any, module: ModuleType = ftrack_api.entity.location) -> bool:
    """Return whether *method* is as *module* of ftrack_api has it: a studio may have put its own in its place."""
    written_in = getattr(getattr(method, "__func__", None), "__globals__", None)
    return written_in is vars(module)


@contextlib.contextmanager
def _shielded(tried: str) -> Iterator[None]:
    """Keep every fault of ours away from the host's publish, and say it."""
    try:
        yield
    except OutboxError as error:
        logger.error("Could not %s. %s What the host does is not affected.", tried, error)
    except Exception:
        logger.exception("Could not %s. What the host does is not affected.", tried)
