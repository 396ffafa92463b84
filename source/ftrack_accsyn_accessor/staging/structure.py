"""StandardStructure's identifiers without its cost per frame, and with the letters that it would drop."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import unicodedata
from typing import Any, Dict, Iterator, List, Optional

import ftrack_api.inspection
import ftrack_api.symbol
from ftrack_api.structure.standard import StandardStructure

from ftrack_accsyn_accessor.staging.entities import container_id

#: Letters, digits and other numbers, and the marks that go with letters.
_KEPT = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Mn", "Mc"})


class StagingStructure(StandardStructure):  # type: ignore[misc]  # ftrack_api is untyped
    """The resource identifiers of ftrack's StandardStructure, whose code builds them, for names in every script.

    StandardStructure drops what has no ASCII form: shots called in Japanese get one and the same empty part. Here
    letters, digits and combining marks of every script stay, character by character:

    - A name of which StandardStructure drops nothing gets its very result: "SH 01" -> "sh_01", "Ärmel" -> "armel".
    - In any other name, what has a whole ASCII form is still written in it ("東京 Été" -> "東京_ete"); a letter, digit
      or mark that has none is kept in lower case ("Bjørn" -> "bjørn"), and a mark also with the kept letter that it
      belongs to; whatever else has none is substituted ("東京–大阪" -> "東京_大阪").
    - The result is in Unicode form NFC, and no part is ever empty.

    Each character is dealt with by itself, but for its marks, so that a sequence and its frames agree.

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
        return identifier + self._stand_in if identifier.endswith(self.path_separator) else identifier

    def sanitise_for_filesystem(self, value: Any) -> str:
        """Return *value* as a part of a resource identifier, see the class."""
        text = unicodedata.normalize("NFC", str(value))
        if self.illegal_character_substitute is None or text.isascii() or not any(map(_loses, text)):
            standard: str = super().sanitise_for_filesystem(value)
            return standard
        parts: List[str] = []
        kept = False  # whether the letter was, to which the next mark belongs
        for character in text:
            if unicodedata.combining(character):
                parts.append(character if kept else "")
            else:
                kept = _loses(character) and unicodedata.category(character) in _KEPT
                parts.append(character.lower() if kept else self._in_ascii(character))
        return unicodedata.normalize("NFC", "".join(parts))

    def _in_ascii(self, character: str) -> str:
        # Any illegal character stands for one that StandardStructure would drop: it gets the same substitute.
        return str(super().sanitise_for_filesystem("*" if _loses(character) else character))

    def _get_parts(self, entity: Any) -> List[str]:
        parts = super()._get_parts(_ComponentView(entity, session=_SessionView(entity.session)))
        return [part or self._stand_in for part in parts]

    @property
    def _stand_in(self) -> str:
        """What stands for a name of which nothing is left."""
        return self.illegal_character_substitute or "_"


def _loses(character: str) -> bool:
    """Return whether StandardStructure drops *character*, or a part of it that is no mere diacritic."""
    pieces = unicodedata.normalize("NFKD", character)
    return not all(piece.isascii() or unicodedata.combining(piece) for piece in pieces)


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
