"""Looking up the rows of all entities: what rules and computed values need of the store."""

from __future__ import annotations

from typing import Any, Callable, Iterable

from . import errors
from .schema import EntityType, Schema
from .table import Row, Table


class Rows:
    """The tables of all entity types, for reading. Not thread-safe: the store's lock guards it."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        #: Counts writes, so that what was found may be remembered as long as nothing has changed.
        self.generation = 0
        #: The address of a component's picture, and of the one that stands for none; set by who serves them.
        self.picture_address: Callable[[Any], str] | None = None
        indexed = _indexed_columns(schema)
        self._tables = {
            entity_type.name: Table(entity_type, indexed.get(entity_type.name, set()))
            for entity_type in schema
            if entity_type.base is None
        }

    def row(self, entity_type: EntityType, key: Iterable[Any]) -> Row | None:
        """The row of that type, or a subtype, with the primary key."""
        try:
            row = self._tables[entity_type.root.name].get(tuple(key))
        except TypeError:  # of a form that no key has
            return None
        return row if row and entity_type in row.entity_type.lineage else None

    def existing(self, entity_type: EntityType, key: Iterable[Any]) -> Row:
        """Like `row`; raises `ServerError` when there is none."""
        row = self.row(entity_type, key)
        if row is None:
            raise errors.not_found(entity_type.name, list(key) if isinstance(key, tuple) else key)
        return row

    def lookup(self, entity_type: str, entity_id: Any) -> Row | None:
        """The row with a single-column primary key, or None; None also for the id None."""
        return self.row(self.schema[entity_type], (entity_id,))

    def all_of(self, entity_type: str) -> list[Row]:
        """Every row of the type or its subtypes."""
        member = self.schema[entity_type]
        return list(self._tables[member.root.name].of_type(member))

    def select(self, entity_type: str, column: str, value: Any) -> list[Row]:
        """Rows of the type whose indexed `column` has `value`."""
        member = self.schema[entity_type]
        rows = self._tables[member.root.name].select(column, value)
        return rows if member.base is None else [row for row in rows if member in row.entity_type.lineage]

    def table(self, entity_type: EntityType) -> Table:
        """The table that holds the rows of the type."""
        return self._tables[entity_type.root.name]


def _indexed_columns(schema: Schema) -> dict[str, set[str]]:
    """By root type: the columns that name another entity."""
    indexed: dict[str, set[str]] = {}
    for entity_type in schema:
        columns = {attribute.name for attribute in entity_type.stored if attribute.target}
        if len(entity_type.primary_key) > 1:
            columns.update(entity_type.primary_key)
        columns.update(name for constraint in entity_type.unique for name in constraint)
        indexed.setdefault(entity_type.root.name, set()).update(columns)
        for attribute in entity_type.attributes.values():
            if attribute.other:
                indexed.setdefault(schema[attribute.other].root.name, set()).add(attribute.column)
    return indexed
