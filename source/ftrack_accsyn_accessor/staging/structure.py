"""StandardStructure's identifiers without its cost per frame."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from typing import Any, Dict, Iterator, List, Optional

import ftrack_api.inspection
import ftrack_api.symbol
from ftrack_api.structure.standard import StandardStructure


def container_id(component: Any) -> Optional[str]:
    """Return the id of the container of *component*; None when it has none, or ftrack_api has not loaded that yet.

    ``component["container"]`` costs more the more members the container has: ftrack_api compares them all when it hands
    out the reference for the first time, so that asking every frame takes a time that grows with the square of their
    number.
    """
    attribute = component.attributes.get("container")
    container = attribute.get_local_value(component)
    if container is ftrack_api.symbol.NOT_SET:
        container = attribute.get_remote_value(component)
    return str(container["id"]) if container else None


class StagingStructure(StandardStructure):  # type: ignore[misc]  # ftrack_api is untyped
    """The same resource identifiers as ftrack's StandardStructure, whose code builds them.

    Two things are cheaper: whether the version is committed is read from the operations still to be sent, not from a
    list of all new entities; and during `one_publish` a container is looked up and worked out once, not again for every
    member.
    """

    def __init__(
        self, project_versions_prefix: Optional[str] = None, illegal_character_substitute: Optional[str] = "_"
    ) -> None:
        super().__init__(project_versions_prefix, illegal_character_substitute)
        self._publish = threading.local()

    @contextlib.contextmanager
    def one_publish(self) -> Iterator[None]:
        """Remember the containers and their identifiers until the end, for the calling thread; may be nested.

        Names of entities must not change meanwhile.
        """
        if self._memory is not None:
            yield
            return
        self._publish.memory = _Memory()
        try:
            yield
        finally:
            self._publish.memory = None

    def get_resource_identifier(self, entity: Any, context: Any = None) -> str:
        """Return the resource identifier of a component; StructureError unless its version is committed."""
        memory = self._memory
        if memory is None:
            return self._standard_identifier(entity)
        if entity.entity_type == "FileComponent":
            return self._standard_identifier(_ComponentView(entity, container=memory.container_of(entity)))
        key = entity["id"]
        if key not in memory.identifiers:
            memory.identifiers[key] = self._standard_identifier(entity)
        return memory.identifiers[key]

    @property
    def _memory(self) -> Optional[_Memory]:
        return getattr(self._publish, "memory", None)

    def _standard_identifier(self, entity: Any) -> str:
        identifier: str = super().get_resource_identifier(entity)
        return identifier

    def _get_parts(self, entity: Any) -> List[str]:
        parts: List[str] = super()._get_parts(_ComponentView(entity, session=_SessionView(entity.session)))
        return parts


@dataclasses.dataclass
class _Memory:
    """What is known during one publish, by the id of the container."""

    containers: Dict[str, Any] = dataclasses.field(default_factory=dict)
    identifiers: Dict[str, str] = dataclasses.field(default_factory=dict)

    def container_of(self, component: Any) -> Any:
        known = self.containers.get(container_id(component) or "")
        if known is not None:
            return known
        container = component["container"]
        if container:
            self.containers[container["id"]] = container
        return container


class _ComponentView:
    """A component as StandardStructure asks it, but for the given *session* or *container*."""

    def __init__(self, component: Any, session: Any = None, **known: Any) -> None:
        self._component = component
        self._known = known
        self.session = session or component.session

    def __getitem__(self, name: str) -> Any:
        return self._known[name] if name in self._known else self._component[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._component, name)

    def __repr__(self) -> str:
        return repr(self._component)


class _SessionView:
    """A session that is quick to tell whether an entity is new."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.created = _NewEntities()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class _NewEntities:
    """Stands for `Session.created`, which is built from every entity the session knows each time it is read."""

    def __contains__(self, entity: Any) -> bool:
        return ftrack_api.inspection.state(entity) is ftrack_api.symbol.CREATED
