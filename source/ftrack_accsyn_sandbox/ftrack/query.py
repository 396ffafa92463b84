"""Which rows a query selects, and in what order.

Conditions become functions of a row. Before that, a plan looks for conditions that an index can answer; the functions
then judge only the rows found there. As in the database behind the real server, a missing value satisfies no comparison
but `is none`; a path through a collection is satisfied by any of its members; `like` ignores case.
"""

from __future__ import annotations

import functools
import itertools
import operator
import re
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple

from . import computed, errors
from .access import View
from .grammar import (
    Both,
    Comparison,
    Condition,
    Either,
    Literal,
    Membership,
    Negated,
    Path,
    Query,
    Relation,
    Segment,
    Subquery,
)
from .schema import Attribute, EntityType
from .store import Store
from .table import Row
from .values import as_plain, to_plain, to_stored

# Queries whose rows are remembered at once.
REMEMBERED = 16
Test = Callable[[Row], bool]
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def select(store: Store, query: Query, view: View | None = None) -> tuple[list[Row], int | None]:
    """The page of rows that `query` asks for, and the offset of the next page if there are more rows.

    Rows that the *view* does not show are left out; without one all are shown.
    """
    rows = _remembered(store, query, view)
    offset = query.paging.get("offset", 0)
    limit = query.paging.get("limit")
    if limit is None:
        return rows[offset:], None
    end = offset + limit
    return rows[offset:end], end if end < len(rows) else None


def _remembered(store: Store, query: Query, view: View | None) -> list[Row]:
    """All rows of the query, found anew only after a write: a client asks for one page after the other."""
    hidden = view.hidden if view else frozenset()
    asked = (query.entity_type, query.condition, query.order, hidden)
    generation, pages = store.found
    if generation != store.generation or len(pages) >= REMEMBERED:
        pages = {}
    if asked not in pages:
        rows = select_all(store, query)
        pages[asked] = [row for row in rows if view.sees(row)] if view and hidden else rows
    store.found = (store.generation, pages)
    return pages[asked]


def select_all(store: Store, query: Query) -> list[Row]:
    """All rows that satisfy the query, in its order, or else in the order of their creation."""
    entity_type = store.schema[query.entity_type]
    test = _test(store, entity_type, query.condition) if query.condition else None
    found = _plan(store, entity_type, query.condition) if query.condition else None
    if found is None:
        rows = list(store.table(entity_type).of_type(entity_type))
    else:
        rows = [row for row in found.rows if entity_type in row.entity_type.lineage]
        test = _test(store, entity_type, found.left) if found.left else None
    if test is not None:
        rows = [row for row in rows if test(row)]
    rows.sort(key=lambda row: row.serial)
    for path, descending in reversed(query.order):
        values = _values(store, entity_type, path)
        rows.sort(key=lambda row: _sort_key(values(row)), reverse=descending)
    return rows


def _sort_key(values: list[Any]) -> tuple[bool, Any]:
    """Missing values come first, as in the database; of values of no declared type numbers do before texts."""
    plain = [to_plain(value) for value in values if value is not None]
    present = [(isinstance(value, str), value) for value in plain]
    return (True, min(present)) if present else (False, 0)


# Conditions as functions of a row.


def _test(store: Store, entity_type: EntityType, condition: Condition) -> Test:
    if isinstance(condition, (Both, Either)):
        tests = [_test(store, entity_type, part) for part in condition.conditions]
        combine = all if isinstance(condition, Both) else any
        return lambda row: combine(test(row) for test in tests)
    if isinstance(condition, Negated):
        test = _test(store, entity_type, condition.condition)
        return lambda row: not test(row)
    if isinstance(condition, Comparison):
        return _comparison_test(store, entity_type, condition)
    if isinstance(condition, Relation):
        members, target = _members(store, entity_type, condition.path)
        if condition.condition is None:
            return lambda row: bool(members(row))
        inner = _test(store, target, condition.condition)
        return lambda row: any(inner(member) for member in members(row))
    return _membership_test(store, entity_type, condition)


def _comparison_test(store: Store, entity_type: EntityType, condition: Comparison) -> Test:
    attribute = leaf(store, entity_type, condition.path)
    literal, word = condition.literal, condition.operator
    if literal.is_none and word in ("=", "!="):
        values, is_missing = _values(store, entity_type, condition.path), word == "="
        return lambda row: all(value is None for value in values(row)) == is_missing
    if word in ("like", "not_like"):
        pattern, wanted = _like_pattern(literal.text), word == "like"
        return _some(
            store, entity_type, condition.path, lambda value: bool(pattern.fullmatch(str(to_plain(value)))) == wanted
        )
    compare = _ORDERED[word]
    if attribute.kind == "variable":
        return _some(store, entity_type, condition.path, lambda value: _compares(compare, value, literal.text))
    operand = _operand(store, attribute, literal)
    return _some(store, entity_type, condition.path, lambda value: compare(value, operand))


def _membership_test(store: Store, entity_type: EntityType, condition: Membership | Subquery) -> Test:
    attribute = leaf(store, entity_type, condition.path)
    members = _member_values(store, attribute, condition)
    is_member: Callable[[Any], bool] = members.__contains__
    if attribute.kind == "variable":
        is_member = functools.partial(_equals_one, [str(member) for member in members])
    wanted = not condition.negated
    return _some(store, entity_type, condition.path, lambda value: is_member(value) == wanted)


def _equals_one(texts: Iterable[str], value: Any) -> bool:
    return any(_compares(operator.eq, value, text) for text in texts)


def _some(store: Store, entity_type: EntityType, path: Path, holds: Callable[[Any], bool]) -> Test:
    """Whether something that a row has at the end of the path, and that is not missing, is so."""
    attribute = leaf(store, entity_type, path)
    if len(path) > 1 or attribute.computed:
        values = _values(store, entity_type, path)
        return lambda row: any(value is not None and holds(value) for value in values(row))
    column = _column(attribute)
    return lambda row: (value := row.values.get(column)) is not None and holds(value)


def _compares(compare: Callable[[Any, Any], bool], value: Any, text: str) -> bool:
    """Whether a value of no declared type compares so to *text*, taken as what the value is."""
    try:
        return compare(to_plain(value), as_plain(text, value))
    except (KeyError, ValueError):
        return False


def _member_values(store: Store, attribute: Attribute, condition: Membership | Subquery) -> set[Any]:
    if isinstance(condition, Membership):
        return {_operand(store, attribute, literal) for literal in condition.literals}
    inner = condition.query
    inner_type = store.schema[inner.entity_type]
    path = inner.projections[0] if inner.projections else (Segment(inner_type.primary_key[0]),)
    values = _values(store, inner_type, path)
    return {value for row in select_all(store, inner) for value in values(row)}


def _operand(store: Store, attribute: Attribute, literal: Literal) -> Any:
    """What is written, as the attribute has it; a reference has the key of what it refers to."""
    if attribute.kind == "reference":
        target = store.schema[attribute.target]
        attribute = target.attributes[target.primary_key[0]]
    return to_stored(attribute, literal.text)


def _like_pattern(text: str) -> re.Pattern[str]:
    parts = (".*" if char == "%" else "." if char == "_" else re.escape(char) for char in text)
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


# Paths.


def step(store: Store, entity_type: EntityType, segment: Segment) -> tuple[Attribute, EntityType | None]:
    """The attribute of a path's segment, and the type of the entities it holds (None for a scalar)."""
    attribute = entity_type.find(segment.name)
    if attribute.is_scalar:
        return attribute, None
    return attribute, store.schema[segment.cast or attribute.target]


def leaf(store: Store, entity_type: EntityType, path: Path) -> Attribute:
    """The last attribute of a path that a condition may judge: a stored scalar or a reference."""
    for segment in path[:-1]:
        attribute, target = step(store, entity_type, segment)
        if target is None:
            raise errors.unknown_attribute(f"{entity_type.name}.{attribute.name}", path[-1].name)
        entity_type = target
    attribute, _ = step(store, entity_type, path[-1])
    if attribute.computed and attribute.is_scalar and computed.is_searchable(entity_type, attribute.name):
        return attribute
    if attribute.computed or attribute.is_plural or (attribute.kind == "reference" and not attribute.column):
        raise errors.invalid_value(
            f"Attribute '{path[-1].name}' of '{entity_type.name}' cannot be used in a condition."
        )
    return attribute


def _column(attribute: Attribute) -> str:
    """The column that has the value; the id for a reference."""
    return attribute.column if attribute.kind == "reference" else attribute.name


def _values(store: Store, entity_type: EntityType, path: Path) -> Callable[[Row], list[Any]]:
    """What a row has at the end of the path; the id for a reference."""
    attribute = leaf(store, entity_type, path)
    column = _column(attribute)
    if attribute.computed:
        owners, _ = _members(store, entity_type, path[:-1])
        return lambda row: [computed.value_of(store, owner, column) for owner in owners(row)]
    if len(path) == 1:
        return lambda row: [row.values.get(column)]
    members, _ = _members(store, entity_type, path[:-1])
    return lambda row: [member.values.get(column) for member in members(row)]


def _members(store: Store, entity_type: EntityType, path: Path) -> tuple[Callable[[Row], list[Row]], EntityType]:
    """The entities that a row has at the end of a path of relations, and their type."""
    names = []
    for segment in path:
        attribute, target = step(store, entity_type, segment)
        if target is None:
            raise errors.invalid_value(f"Attribute '{attribute.name}' of '{entity_type.name}' is not a relation.")
        names.append((segment.name, target if segment.cast else None))
        entity_type = target

    def members(row: Row) -> list[Row]:
        rows = [row]
        for name, cast in names:
            found = (member for owner in rows for member in store.members(owner, name))
            rows = [member for member in found if cast is None or cast in member.entity_type.lineage]
        return rows

    return members, entity_type


# Indexes.


class Found(NamedTuple):
    """Rows among which all that satisfy a condition are, and what is left of it to be judged."""

    rows: list[Row]
    left: Condition | None


def _plan(store: Store, entity_type: EntityType, condition: Condition) -> Found | None:
    """What indexes find for the condition, None where none helps."""
    if isinstance(condition, Both):
        return _plan_both(store, entity_type, condition)
    if isinstance(condition, Either):
        parts = [_plan(store, entity_type, part) for part in condition.conditions]
        known = [part.rows for part in parts if part is not None]
        return Found(_distinct(itertools.chain(*known)), condition) if len(known) == len(parts) else None
    if isinstance(condition, Relation) and condition.condition is not None:
        rows = _plan_relation(store, entity_type, condition.path, condition.condition)
    elif isinstance(condition, Comparison) and condition.operator == "=" and not condition.literal.is_none:
        operand = _operand(store, leaf(store, entity_type, condition.path), condition.literal)
        rows = _plan_path(store, entity_type, condition.path, [operand])
    elif isinstance(condition, (Membership, Subquery)) and not condition.negated:
        members = _member_values(store, leaf(store, entity_type, condition.path), condition)
        rows = _plan_path(store, entity_type, condition.path, list(members))
    else:
        return None
    if rows is None:
        return None
    return Found(rows, None if _is_decided(store, entity_type, condition) else condition)


def _plan_both(store: Store, entity_type: EntityType, condition: Both) -> Found | None:
    """The fewest rows that an index finds for one of the conditions; the others are left."""
    plans = [_plan(store, entity_type, part) for part in condition.conditions]
    found = [(len(plan.rows), index, plan) for index, plan in enumerate(plans) if plan is not None]
    if not found:
        return None
    _, index, best = min(found)
    others = [part for number, part in enumerate(condition.conditions) if number != index]
    left = [best.left, *others] if best.left else others
    return Found(best.rows, Both(tuple(left)) if len(left) > 1 else next(iter(left), None))


def _is_decided(store: Store, entity_type: EntityType, condition: Condition) -> bool:
    """Whether an index finds just the rows that satisfy the condition: along references, which have one value each."""
    if not isinstance(condition, (Comparison, Membership, Subquery)):
        return False
    for segment in condition.path[:-1]:
        attribute, target = step(store, entity_type, segment)
        if target is None or segment.cast or attribute.kind != "reference" or not attribute.column:
            return False
        entity_type = target
    return True


def _plan_path(store: Store, entity_type: EntityType, path: Path, values: list[Any]) -> list[Row] | None:
    if len(path) > 1:
        attribute, target = step(store, entity_type, path[0])
        rows = _plan_path(store, target, path[1:], values) if target else None
        return None if rows is None else _owners(store, entity_type, attribute, rows)
    attribute, _ = step(store, entity_type, path[0])
    column = _column(attribute)
    table = store.table(entity_type)
    if entity_type.primary_key == (column,):
        return [row for value in values if (row := table.get((value,)))]
    if table.is_indexed(column):
        return [row for value in values for row in table.select(column, value)]
    return None


def _plan_relation(store: Store, entity_type: EntityType, path: Path, condition: Condition) -> list[Row] | None:
    attribute, target = step(store, entity_type, path[0])
    if target is None:
        return None
    if len(path) > 1:
        rows = _plan_relation(store, target, path[1:], condition)
    else:
        found = _plan(store, target, condition)
        rows = found.rows if found else None
    return None if rows is None else _owners(store, entity_type, attribute, rows)


def _owners(store: Store, entity_type: EntityType, attribute: Attribute, rows: list[Row]) -> list[Row] | None:
    """The rows whose relation `attribute` may hold one of `rows`."""
    table = store.table(entity_type)
    if attribute.kind == "reference" and attribute.column:
        if not table.is_indexed(attribute.column):
            return None
        return _distinct([owner for row in rows for owner in table.select(attribute.column, row.key[0])])
    if not attribute.other:
        return _distinct(
            [owner for row in rows for owner in computed.owners_of(store, entity_type, attribute.name, row)]
        )
    if attribute.far:
        rows = [link for row in rows for link in store.select(attribute.other, attribute.far, row.key[0])]
    owners = (table.get((row.values.get(attribute.column),)) for row in rows)
    return _distinct([owner for owner in owners if owner])


def _distinct(rows: Iterable[Row]) -> list[Row]:
    return list(dict.fromkeys(rows))
