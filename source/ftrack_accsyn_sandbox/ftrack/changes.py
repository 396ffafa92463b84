"""What a transaction has done, entity by entity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .table import Row

ADD, UPDATE, REMOVE = "add", "update", "remove"


@dataclass
class Change:
    """One entity's change: `before` holds the columns that were written, as they were; empty for what is new."""

    action: str
    row: Row
    before: dict[str, Any] = field(default_factory=dict)

    def values(self) -> dict[str, tuple[Any, Any]]:
        """By column, what it held and what it holds; for an update only where these differ."""
        values = self.row.values
        if self.action == ADD:
            return {name: (None, value) for name, value in values.items()}
        if self.action == REMOVE:
            return {name: (self.before.get(name, value), None) for name, value in values.items()}
        return {name: (old, values[name]) for name, old in self.before.items() if old != values[name]}


class Changes:
    """The changes of one transaction, in the order in which their entities were first touched."""

    def __init__(self) -> None:
        self._by_row: dict[Row, Change] = {}

    def add(self, row: Row) -> None:
        """Note a new entity."""
        self._by_row[row] = Change(ADD, row)

    def update(self, row: Row, before: dict[str, Any]) -> None:
        """Note that columns were written which held *before*."""
        known = self._by_row.setdefault(row, Change(UPDATE, row))
        if known.action == UPDATE:
            for name, value in before.items():
                known.before.setdefault(name, value)

    def remove(self, row: Row) -> None:
        """Note that an entity is gone; one that had come in the same transaction has never been."""
        known = self._by_row.pop(row, None)
        if known is None or known.action != ADD:
            self._by_row[row] = Change(REMOVE, row, known.before if known else {})

    def all(self) -> list[Change]:
        """Return every change that is one."""
        return [change for change in self._by_row.values() if change.action != UPDATE or change.values()]

    def clear(self) -> None:
        """Forget all."""
        self._by_row.clear()
