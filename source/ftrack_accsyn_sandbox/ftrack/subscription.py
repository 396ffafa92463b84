"""Subscription and target expressions of events, as the client's own hub understands them.

Conditions `key=value` (also != < <= > >=) joined by `and`, `or`, `not` and parentheses; keys are dotted paths into the
event. A value ending in `*` is satisfied by any text that contains what precedes it. A missing key satisfies nothing.
"""

from __future__ import annotations

import functools
import operator
from typing import Any, Callable, Mapping

import lark

Test = Callable[[Mapping[str, Any]], bool]

_GRAMMAR = r"""
?start: either
?either: both (_OR both)*
?both: condition (_AND condition)*
?condition: _NOT condition -> negated
    | "(" either ")"
    | KEY OPERATOR (QUOTED | BARE) -> comparison
_AND.2: /and\b/i
_OR.2: /or\b/i
_NOT.2: /not\b/i
KEY: /[\w.]+/
OPERATOR: /[!<>]=|[=<>]/
QUOTED: /"[^"]*"|'[^']*'/
BARE: /[\w\-,.\/*@+]+/
%ignore /\s+/
"""
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@functools.lru_cache(maxsize=1024)
def parse(expression: str) -> Test:
    """A function that tells whether a mapping satisfies `expression`. Raises ValueError when it cannot be read."""
    try:
        test: Any = _parser().parse(expression)
    except lark.UnexpectedInput as error:
        raise ValueError(f"Failed to parse: {expression}. {str(error).splitlines()[0]}") from None
    result: Test = test
    return result


@functools.lru_cache(maxsize=1)
def _parser() -> lark.Lark:
    return lark.Lark(_GRAMMAR, parser="lalr", lexer="contextual", transformer=_Builder())


class _Builder(lark.Transformer[lark.Token, Any]):
    def either(self, tests: list[Test]) -> Test:
        return lambda candidate: any(test(candidate) for test in tests)

    def both(self, tests: list[Test]) -> Test:
        return lambda candidate: all(test(candidate) for test in tests)

    def negated(self, tests: list[Test]) -> Test:
        return lambda candidate: not tests[0](candidate)

    def comparison(self, parts: list[lark.Token]) -> Test:
        key, word, value = parts
        text = value[1:-1] if value.type == "QUOTED" else str(value)
        return functools.partial(_compare, str(key).split("."), str(word), text)


def _compare(keys: list[str], word: str, text: str, candidate: Mapping[str, Any]) -> bool:
    value: Any = candidate
    try:
        for key in keys:
            value = value[key]
        if word == "=" and text.endswith("*"):
            return text[:-1] in value
        return _OPERATORS[word](value, text)
    except (KeyError, TypeError):
        return False
