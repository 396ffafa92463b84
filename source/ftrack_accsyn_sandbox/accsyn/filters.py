"""The filters of file listings, `include` and `exclude`, as accsyn's client documents them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ftrack_accsyn_sandbox.accsyn.errors import Refusal

_EXPRESSION = re.compile(r"""^re\((["'])(.*)\1(?:,\s*["'](\w*)["'])?\)$""", re.DOTALL)


def chosen(options: dict[str, Any]) -> Callable[[str], bool]:
    """Return what tells whether a name is in a listing with *options*; what is included cannot be excluded.

    Without regard to case, unless an expression says "I". Whether such a one has to fit the whole name is not known;
    here a part will do. Raises Refusal for what is no filter.
    """
    include, exclude = (_filters(options.get(name), name) for name in ("include", "exclude"))

    def is_chosen(name: str) -> bool:
        return any(each.search(name) for each in include) if include else not any(each.search(name) for each in exclude)

    return is_chosen


def _filters(texts: Any, name: str) -> list[re.Pattern[str]]:
    listed = texts if isinstance(texts, list) else [texts] if texts else []
    if not all(isinstance(text, str) for text in listed):
        raise Refusal(f'"{name}" must be a text or a list of texts.')
    return [_filter(text) for text in listed]


def _filter(text: str) -> re.Pattern[str]:
    expression = _EXPRESSION.match(text)
    if expression is None:
        whole = ".*".join(re.escape(part) for part in text.split("*"))
        return re.compile(rf"\A{whole}\Z", re.IGNORECASE | re.DOTALL)
    try:
        return re.compile(expression.group(2), 0 if expression.group(3) == "I" else re.IGNORECASE)
    except re.error as error:
        raise Refusal(f"Invalid regular expression: {text}") from error
