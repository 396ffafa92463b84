"""Rows as the JSON entities of an answer.

An entity is written out once in an answer, with everything loaded of it; where it comes up again there is only a
reference (ftrack's documentation, "API endpoint: Entities"). Attributes are visited in the order of the schema, because
the client merges an answer in that order and takes the first mention of an entity for the whole one.
"""

from __future__ import annotations

from typing import Any, Iterable

from . import computed, errors
from .access import View
from .grammar import Path
from .query import step
from .schema import EntityType
from .store import Store
from .table import Row
from .values import to_wire

Projections = dict[str, "Projections"]


def projection_tree(store: Store, entity_type: EntityType, paths: Iterable[Path]) -> Projections:
    """The paths as nested mappings. Raises `ServerError` for an attribute that does not exist."""
    tree: Projections = {}
    for path in paths:
        branch, owner = tree, entity_type
        for segment in path:
            if segment.name == "id" and "id" not in owner.attributes:
                # Connect asks for it of types that have another key, and gets the key.
                break
            attribute, target = step(store, owner, segment)
            branch = branch.setdefault(attribute.name, {})
            if target is not None:
                owner = target
            elif segment is not path[-1]:
                raise errors.unknown_attribute(f"{owner.name}.{attribute.name}", path[-1].name)
    return tree


def encode_rows(store: Store, rows: list[Row], tree: Projections, view: View | None = None) -> list[dict[str, Any]]:
    """The rows with the projected attributes, and in these what the *view* shows; without one everything."""
    encoder = _Encoder(store, view)
    for row in rows:
        encoder.load(row, tree)
    return [encoder.encode(row) for row in rows]


def encode_written(store: Store, row: Row, names: Iterable[str]) -> dict[str, Any]:
    """The row after it was created or changed, with the attributes called `names`."""
    return encode_rows(store, [row], {name: {} for name in names})[0]


class _Encoder:
    def __init__(self, store: Store, view: View | None) -> None:
        self._store = store
        self._view = view
        self._loaded: dict[Row, dict[str, Any]] = {}
        self._done: set[Row] = set()

    def load(self, row: Row, tree: Projections) -> None:
        """Note the attributes of the tree, and below, as wanted in the answer."""
        loaded = self._loaded.get(row)
        if loaded is None:
            loaded = self._loaded[row] = {}
            for name in row.entity_type.always_sent:
                loaded[name] = to_wire(row.entity_type.attributes[name], row.values.get(name))
        for name, branch in tree.items():
            attribute = row.entity_type.attributes.get(name)
            if attribute is None:
                continue
            if attribute.is_scalar:
                value = computed.value_of(self._store, row, name) if attribute.computed else row.values.get(name)
                loaded[name] = to_wire(attribute, value)
                continue
            members = self._store.related(row, attribute)
            if self._view is not None and self._view.hidden:
                members = [member for member in members if self._view.sees(member)]
            for member in members:
                self.load(member, branch)
            loaded[name] = members if attribute.is_plural else (members[0] if members else None)

    def encode(self, row: Row) -> dict[str, Any]:
        """The row with all that is loaded of it, or a reference if it was written out already."""
        if row in self._done:
            return row.reference()
        self._done.add(row)
        loaded = self._loaded[row]
        entity: dict[str, Any] = {"__entity_type__": row.entity_type.name}
        for name in sorted(loaded, key=row.entity_type.positions.__getitem__):
            value = loaded[name]
            if isinstance(value, Row):
                entity[name] = self.encode(value)
            elif isinstance(value, list) and value and isinstance(value[0], Row):
                entity[name] = [self.encode(member) for member in value]
            else:
                entity[name] = value
        return entity
