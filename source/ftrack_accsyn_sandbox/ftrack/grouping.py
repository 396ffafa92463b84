"""Figures of groups: `select count(id) from Task group by status_id`, for sessions that are strict.

Keys of the answer are those that ftrack's documentation shows (`count_id`, `status_id`). Which entity types can be
grouped is not known; here all can, by attributes of their own.
"""

from __future__ import annotations

from typing import Any, Callable

from . import errors, query
from .access import View
from .grammar import Grouped, Path, Query
from .schema import EntityType
from .store import Store
from .values import to_wire

_NUMBERS = ("integer", "number")
_FIGURES: dict[str, Callable[[list[Any]], Any]] = {
    "count": len,
    "sum": lambda values: sum(values) if values else None,
    "avg": lambda values: sum(values) / len(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
}


def select(store: Store, grouped: Grouped, view: View) -> list[dict[str, Any]]:
    """One object for each group, in the order in which their first entities were created. Raises `ServerError`."""
    if not view.is_strict:
        raise errors.invalid_value("Figures of groups are for sessions that are strict: strict_api=True.")
    entity_type = store.schema[grouped.entity_type]
    names = [_column(entity_type, path) for path in grouped.by]
    figures = [(function, _column(entity_type, path, function)) for function, path in grouped.figures]
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in query.select_all(store, Query(grouped.entity_type, condition=grouped.condition)):
        if view.sees(row):
            groups.setdefault(tuple(row.values.get(name) for name in names), []).append(row)
    found = []
    for key, rows in groups.items():
        told = {name: to_wire(entity_type.find(name), value) for name, value in zip(names, key)}
        for function, name in figures:
            values = [row.values[name] for row in rows if row.values.get(name) is not None]
            told[f"{function}_{name}"] = _FIGURES[function](values)
        found.append(told)
    return found


def _column(entity_type: EntityType, path: Path, function: str = "") -> str:
    attribute = entity_type.find(path[0].name)
    if len(path) > 1 or not attribute.is_stored:
        raise errors.invalid_value(f"'{path[-1].name}' of '{entity_type.name}' cannot be grouped.")
    if function not in ("", "count") and attribute.kind not in _NUMBERS:
        raise errors.invalid_value(f"'{function}' needs numbers, which '{attribute.name}' does not hold.")
    return attribute.name
