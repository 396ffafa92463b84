"""Rows of one entity type hierarchy, found by primary key, by column and by unique constraint."""

from __future__ import annotations

import itertools
from typing import Any, Iterator

from . import errors
from .schema import EntityType

Key = tuple[Any, ...]


class Row:
    """Stored values of one entity. `serial` is the order of creation."""

    __slots__ = ("entity_type", "key", "serial", "values")

    def __init__(self, entity_type: EntityType, key: Key, values: dict[str, Any], serial: int) -> None:
        self.entity_type = entity_type
        self.key = key
        self.values = values
        self.serial = serial

    def reference(self) -> dict[str, Any]:
        """What names the entity on the wire: its type and primary key."""
        return {"__entity_type__": self.entity_type.name, **dict(zip(self.entity_type.primary_key, self.key))}


class Table:
    """All rows whose type belongs to the hierarchy of `root`. Not thread-safe: the store's lock guards it.

    Every column with a foreign key, every column of a composite primary key and the owner columns of collections are
    indexed, so that a condition on them costs what it finds, not what is stored.
    """

    def __init__(self, root: EntityType, indexed: set[str]) -> None:
        self.root = root
        self.rows: dict[Key, Row] = {}
        self._by_type: dict[str, dict[Key, Row]] = {member.name: {} for member in root.family}
        self._indexes: dict[str, dict[Any, dict[Key, Row]]] = {column: {} for column in indexed}
        self._unique: dict[tuple[str, ...], dict[Key, Row]] = {}
        for member in root.family:
            self._unique.update({columns: {} for columns in member.unique})
        self._serials = itertools.count()

    def get(self, key: Key) -> Row | None:
        """The row with the primary key."""
        return self.rows.get(key)

    def is_indexed(self, column: str) -> bool:
        """Whether `select` can answer for the column."""
        return column in self._indexes

    def select(self, column: str, value: Any) -> list[Row]:
        """Rows with `value` in an indexed column, in the order in which they got it."""
        return list(self._indexes[column].get(value, {}).values())

    def of_type(self, entity_type: EntityType) -> Iterator[Row]:
        """Rows of the type or one of its subtypes, in order of creation within each type."""
        return itertools.chain.from_iterable(self._by_type[member.name].values() for member in entity_type.family)

    def make(self, entity_type: EntityType, key: Key, values: dict[str, Any]) -> Row:
        """A row that is not stored yet."""
        return Row(entity_type, key, values, next(self._serials))

    def insert(self, row: Row) -> None:
        """Store a row. Raises `ServerError` when its key or a unique value is taken; nothing is changed then."""
        if row.key in self.rows:
            raise errors.duplicate_entry(row.key, "PRIMARY")
        self._check_unique(row, row.values)
        self.rows[row.key] = row
        self._by_type[row.entity_type.name][row.key] = row
        for column, index in self._indexes.items():
            value = row.values.get(column)
            if value is not None:
                index.setdefault(value, {})[row.key] = row
        for columns, taken in self._unique.items():
            unique_key = tuple(row.values.get(column) for column in columns)
            if None not in unique_key:
                taken[unique_key] = row

    def remove(self, row: Row) -> None:
        """Forget a stored row."""
        del self.rows[row.key]
        del self._by_type[row.entity_type.name][row.key]
        for column, index in self._indexes.items():
            value = row.values.get(column)
            if value is not None:
                _drop(index, value, row.key)
        for columns, taken in self._unique.items():
            taken.pop(tuple(row.values.get(column) for column in columns), None)

    def change(self, row: Row, values: dict[str, Any]) -> dict[str, Any]:
        """Set columns of a stored row and return what they held. Raises `ServerError` when a unique value is taken."""
        self._check_unique(row, {**row.values, **values})
        before = {column: row.values.get(column) for column in values}
        for columns, taken in self._unique.items():
            if any(column in values for column in columns):
                taken.pop(tuple(row.values.get(column) for column in columns), None)
        row.values.update(values)
        for columns, taken in self._unique.items():
            unique_key = tuple(row.values.get(column) for column in columns)
            if None not in unique_key and any(column in values for column in columns):
                taken[unique_key] = row
        for column, value in values.items():
            index = self._indexes.get(column)
            if index is None or value == before[column]:
                continue
            if before[column] is not None:
                _drop(index, before[column], row.key)
            if value is not None:
                index.setdefault(value, {})[row.key] = row
        return before

    def _check_unique(self, row: Row, values: dict[str, Any]) -> None:
        for columns, taken in self._unique.items():
            unique_key = tuple(values.get(column) for column in columns)
            if taken.get(unique_key, row) is not row:
                raise errors.duplicate_entry(unique_key, "_".join(columns))


def _drop(index: dict[Any, dict[Key, Row]], value: Any, key: Key) -> None:
    entries = index[value]
    del entries[key]
    if not entries:
        del index[value]
