"""The query language: text to a tree of conditions. Knows nothing of entity types."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Any, Union

import lark

from . import errors

_QUOTED = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_BARE = r"""[^\s,()"']+"""
# LIST makes the list behind `in` one token: parsing ten thousand ids one by one would take a second.
_GRAMMAR = rf"""
start: query | grouped
grouped: _SELECT aggregate ("," aggregate)* _FROM PATH [_WHERE either] _GROUP _BY paths
aggregate: FUNCTION "(" PATH ")"
query: [_SELECT paths _FROM] PATH [_WHERE either] [_ORDER _BY orders] paging*
paths: PATH ("," PATH)*
orders: order ("," order)*
order: PATH [DIRECTION]
paging: PAGING COUNT

?either: both (_OR both)*
?both: condition (_AND condition)*
?condition: _NOT condition -> negated
    | "(" either ")"
    | PATH OPERATOR (QUOTED | BARE) -> comparison
    | PATH IN LIST -> membership
    | PATH IN "(" query ")" -> subquery
    | PATH RELATION "(" [either] ")" -> relation

_SELECT.2: /select\b/i
_FROM.2: /from\b/i
_WHERE.2: /where\b/i
_ORDER.2: /order\b/i
_GROUP.2: /group\b/i
FUNCTION.2: /(?:count|sum|avg|min|max)(?=\s*\()/i
_BY.2: /by\b/i
_AND.2: /and\b/i
_OR.2: /or\b/i
_NOT.2: /not\b/i
DIRECTION.2: /(?:ascending|descending|asc|desc)\b/i
PAGING.2: /(?:offset|limit)\b/i
COUNT: /\d+/
OPERATOR.2: /(?:is_not|is|not_like|like|after|greater_than|before|less_than)\b|[!<>]=|[=<>]/i
IN.2: /(?:not_)?in\b/i
RELATION.2: /(?:has|any)\b/i
PATH: /[A-Za-z_]\w*(?:\[\w+\])?(?:\.[A-Za-z_]\w*(?:\[\w+\])?)*/
LIST.3: /\(\s*(?!select\b)(?:{_QUOTED}|{_BARE})(?:\s*,\s*(?:{_QUOTED}|{_BARE}))*\s*\)/i
QUOTED: /{_QUOTED}/
BARE: /{_BARE}/
%ignore /\s+/
"""

_ITEM = re.compile(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s,()"']+)""")
_SEGMENT = re.compile(r"(\w+)(?:\[(\w+)\])?")
_SYNONYMS = {"is": "=", "is_not": "!=", "after": ">", "greater_than": ">", "before": "<", "less_than": "<"}


@dataclass(frozen=True)
class Segment:
    """One step of a path: an attribute, and the entity type it is taken to hold, as in `parent[Shot]`."""

    name: str
    cast: str = ""


Path = tuple[Segment, ...]


@dataclass(frozen=True)
class Literal:
    """A value as written. Unquoted `none` and `null` mean no value."""

    text: str
    quoted: bool

    @property
    def is_none(self) -> bool:
        """Whether it stands for no value."""
        return not self.quoted and self.text.lower() in ("none", "null")


@dataclass(frozen=True)
class Comparison:
    """`path operator literal`; operator is one of = != < <= > >= like not_like."""

    path: Path
    operator: str
    literal: Literal


@dataclass(frozen=True)
class Membership:
    """`path in (literals)`, or not."""

    path: Path
    literals: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True)
class Subquery:
    """`path in (query)`, or not."""

    path: Path
    query: Query
    negated: bool


@dataclass(frozen=True)
class Relation:
    """`path has (condition)` or `path any (condition)`; without a condition: that there is something at all."""

    path: Path
    condition: Condition | None


@dataclass(frozen=True)
class Both:
    """All conditions hold."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Either:
    """At least one condition holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Negated:
    """The condition does not hold."""

    condition: Condition


@dataclass(frozen=True)
class Grouped:
    """A query for figures of groups: pairs of a function (count, sum, avg, min, max) and the path that it goes over."""

    entity_type: str
    figures: tuple[tuple[str, Path], ...]
    condition: Condition | None
    by: tuple[Path, ...]


Condition = Union[Comparison, Membership, Subquery, Relation, Both, Either, Negated]


@dataclass(frozen=True)
class Query:
    """A whole query; `order` holds paths and whether they descend."""

    entity_type: str
    projections: tuple[Path, ...] = ()
    condition: Condition | None = None
    order: tuple[tuple[Path, bool], ...] = ()
    paging: dict[str, int] = field(default_factory=dict, hash=False)


@functools.lru_cache(maxsize=16)
def parse(expression: str) -> Query | Grouped:
    """The query that `expression` says. Raises `ServerError` (`ParseError`) where it says none."""
    try:
        tree: Any = _parser().parse(expression)
    except lark.UnexpectedInput as error:
        position = error.pos_in_stream or 0
        raise errors.unparsable(expression, f"{_complaint(error)} (at char {position})") from None
    query: Query | Grouped = tree
    return query


def parse_path(text: str) -> Path:
    """The segments of a dotted path."""
    return tuple(Segment(match[1], match[2] or "") for match in _SEGMENT.finditer(text))


@functools.lru_cache(maxsize=1)
def _parser() -> lark.Lark:
    return lark.Lark(_GRAMMAR, parser="lalr", lexer="contextual", transformer=_Builder(), maybe_placeholders=True)


def _complaint(error: lark.UnexpectedInput) -> str:
    if isinstance(error, lark.UnexpectedToken):
        return "Unexpected end of text" if error.token.type == "$END" else f"Unexpected '{error.token}'"
    return "Unexpected text"


def _unquote(text: str) -> str:
    return text.replace('\\"', '"').replace("\\'", "'")


class _Builder(lark.Transformer[lark.Token, Any]):
    """Makes the tree while parsing; the methods are called with the children of their rule."""

    def start(self, children: list[Any]) -> Query | Grouped:
        query: Query | Grouped = children[0]
        return query

    def grouped(self, children: list[Any]) -> Grouped:
        *figures, name, condition, by = children
        return Grouped(str(name), tuple(figures), condition, by)

    def aggregate(self, children: list[Any]) -> tuple[str, Path]:
        function, path = children
        return function.lower(), parse_path(path)

    def query(self, children: list[Any]) -> Query:
        projections, name, condition, order, *paging = children
        return Query(str(name), projections or (), condition, order or (), dict(paging))

    def paths(self, children: list[Any]) -> tuple[Path, ...]:
        return tuple(parse_path(child) for child in children)

    def orders(self, children: list[Any]) -> tuple[tuple[Path, bool], ...]:
        return tuple(children)

    def order(self, children: list[Any]) -> tuple[Path, bool]:
        path, direction = children
        return parse_path(path), (direction or "").lower().startswith("desc")

    def paging(self, children: list[Any]) -> tuple[str, int]:
        word, count = children
        return word.lower(), int(count)

    def either(self, children: list[Any]) -> Either:
        return Either(tuple(children))

    def both(self, children: list[Any]) -> Both:
        return Both(tuple(children))

    def negated(self, children: list[Any]) -> Negated:
        return Negated(children[0])

    def comparison(self, children: list[Any]) -> Comparison:
        path, operator, value = children
        word = operator.lower()
        quoted = value.type == "QUOTED"
        literal = Literal(_unquote(value[1:-1]) if quoted else str(value), quoted)
        return Comparison(parse_path(path), _SYNONYMS.get(word, word), literal)

    def membership(self, children: list[Any]) -> Membership:
        path, word, text = children
        literals = []
        for double, single, bare in _ITEM.findall(text):
            literals.append(Literal(bare, False) if bare else Literal(_unquote(double or single), True))
        return Membership(parse_path(path), tuple(literals), word.lower() == "not_in")

    def subquery(self, children: list[Any]) -> Subquery:
        path, word, query = children
        return Subquery(parse_path(path), query, word.lower() == "not_in")

    def relation(self, children: list[Any]) -> Relation:
        path, _, condition = children
        return Relation(parse_path(path), condition)
