"""The query language of `find`: text -> condition -> yes or no for an entity (accsyn fact sheet, section 4)."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any, Union

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import LarkError

from ftrack_accsyn_sandbox.accsyn.errors import Refusal

# Returns what an attribute of an entity may be compared with: its value and, for a reference, id, code and e-mail.
Lookup = Callable[[str], Sequence[Any]]
Condition = Callable[[Lookup], bool]

_GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction ("or"i conjunction)*
?conjunction: term ("and"i term)*
?term: "(" disjunction ")" | comparison
comparison: ATTRIBUTE operator value
operator: COMPARE | NOT? WORD
value: QUOTED | BARE

ATTRIBUTE: /[a-z_][a-z0-9_.]*/i
COMPARE: "<>" | "!=" | "<=" | ">=" | "=" | "<" | ">"
NOT: "not"i
WORD.2: /(in|contains|matches)(?=[\s"'])/i
QUOTED.2: /"[^"]*"/ | /'[^']*'/
BARE: /[^\s()"']+/
%ignore /\s+/
"""

# Some calls of the client send the whole statement where others send the expression only.
_STATEMENT = re.compile(r"^\s*\w+\s+where\s+", re.IGNORECASE)


@v_args(inline=True)
class _Builder(Transformer[Token, Condition]):
    """Turns the parse tree into one nested function."""

    def comparison(self, attribute: Token, operator: str, value: str) -> Condition:
        name = str(attribute).lower()
        negated = operator in ("!=", "<>") or operator.startswith("not ")
        test = _test({"!=": "=", "<>": "="}.get(operator, operator.replace("not ", "")), value)
        return lambda lookup: any(test(candidate) for candidate in lookup(name)) is not negated

    def operator(self, *tokens: Token) -> str:
        return " ".join(str(token).lower() for token in tokens)

    def value(self, token: Token) -> str:
        return str(token)[1:-1] if token.type == "QUOTED" else str(token)

    def conjunction(self, *parts: Condition) -> Condition:
        return lambda lookup: all(_results(parts, lookup))

    def disjunction(self, *parts: Condition) -> Condition:
        return lambda lookup: any(_results(parts, lookup))


_parser = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


@functools.lru_cache(maxsize=256)
def parse(expression: str) -> Condition:
    """Return the condition that *expression* states. Raises Refusal, quoting it, when it cannot be read."""
    text = _STATEMENT.sub("", expression)
    try:
        return _Builder().transform(_parser.parse(text))
    except LarkError as error:
        reason = error.__context__ if isinstance(error.__context__, Refusal) else None
        raise reason or Refusal(f"Invalid query expression: {expression}") from error


def _results(parts: Sequence[Condition], lookup: Lookup) -> list[bool]:
    """Evaluate all parts, also when the first decides: an unknown attribute is refused wherever it stands."""
    return [part(lookup) for part in parts]


def _test(operator: str, value: str) -> Callable[[Any], bool]:
    if operator == "=":
        return functools.partial(_equal, value)
    if operator == "in":
        members = [member.strip() for member in value.split(",")]
        return lambda candidate: any(_equal(member, candidate) for member in members)
    if operator == "contains":
        return lambda candidate: value.lower() in _text(candidate)
    if operator == "matches":
        try:
            pattern = re.compile(value, re.IGNORECASE)
        except re.error as error:
            raise Refusal(f"Invalid regular expression: {value}") from error
        return lambda candidate: pattern.search(_text(candidate)) is not None
    return functools.partial(_ordered, operator, value)


def _equal(value: str, candidate: Any) -> bool:
    """Compare without regard to case; `*` stands for any text."""
    if isinstance(candidate, (int, float, datetime)) and not isinstance(candidate, bool):
        return _number(value) == _number(candidate)
    pattern = ".*".join(re.escape(part) for part in value.lower().split("*"))
    return re.fullmatch(pattern, _text(candidate), re.DOTALL) is not None


def _ordered(operator: str, value: str, candidate: Any) -> bool:
    left: Union[float, str, None] = _number(candidate)
    right: Union[float, str, None] = _number(value)
    if left is None or right is None:
        left, right = _text(candidate), value.lower()
    if operator == "<":
        return left < right  # type: ignore[operator]
    if operator == ">":
        return left > right  # type: ignore[operator]
    return left <= right if operator == "<=" else left >= right  # type: ignore[operator]


def _text(candidate: Any) -> str:
    if candidate is None:
        return ""
    return str(candidate).lower()


def _number(candidate: Any) -> Union[float, None]:
    """Return a number, or a date as seconds, when *candidate* is or spells one."""
    if isinstance(candidate, datetime):
        return candidate.timestamp()
    try:
        return float(candidate)
    except (TypeError, ValueError):
        pass
    try:
        return datetime.fromisoformat(str(candidate).upper()).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None
