"""StandardStructure's identifiers without its cost per frame."""

from __future__ import annotations

import contextlib
import threading
from typing import Any, Dict, Iterator, List, Optional

import ftrack_api.inspection
import ftrack_api.symbol
from ftrack_api.structure.standard import StandardStructure


class StagingStructure(StandardStructure):  # type: ignore[misc]  # ftrack_api is untyped
    """The same resource identifiers as ftrack's StandardStructure, whose code builds them.

    Two things are cheaper: whether the version is committed is read from the operations still to be sent, not from a
    list of all new entities; and during `one_publish` a container is worked out once, not again for every member.
    """

    def __init__(
        self, project_versions_prefix: Optional[str] = None, illegal_character_substitute: Optional[str] = "_"
    ) -> None:
        super().__init__(project_versions_prefix, illegal_character_substitute)
        self._publish = threading.local()

    @contextlib.contextmanager
    def one_publish(self) -> Iterator[None]:
        """Remember the identifiers of containers until the end, for the calling thread; may be nested.

        Names of entities must not change meanwhile.
        """
        if self._memo is not None:
            yield
            return
        self._publish.memo = {}
        try:
            yield
        finally:
            self._publish.memo = None

    def get_resource_identifier(self, entity: Any, context: Any = None) -> str:
        """Return the resource identifier of a component; StructureError unless its version is committed."""
        memo = self._memo
        if memo is None or entity.entity_type == "FileComponent":
            identifier: str = super().get_resource_identifier(entity, context)
            return identifier
        key = entity["id"]
        if key not in memo:
            memo[key] = super().get_resource_identifier(entity, context)
        return memo[key]

    @property
    def _memo(self) -> Optional[Dict[str, str]]:
        return getattr(self._publish, "memo", None)

    def _get_parts(self, entity: Any) -> List[str]:
        parts: List[str] = super()._get_parts(_ComponentView(entity))
        return parts


class _ComponentView:
    """A component as StandardStructure asks it, in a session that is quick to tell whether an entity is new."""

    def __init__(self, component: Any) -> None:
        self._component = component
        self.session = _SessionView(component.session)

    def __getitem__(self, name: str) -> Any:
        return self._component[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._component, name)

    def __repr__(self) -> str:
        return repr(self._component)


class _SessionView:
    def __init__(self, session: Any) -> None:
        self._session = session
        self.created = _NewEntities()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class _NewEntities:
    """Stands for `Session.created`, which is built from every entity the session knows each time it is read."""

    def __contains__(self, entity: Any) -> bool:
        return ftrack_api.inspection.state(entity) is ftrack_api.symbol.CREATED
