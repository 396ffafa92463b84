"""What a file with credentials says: NAME=VALUE lines, as `.env` files and the scripts of shells have them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ftrack_accsyn_accessor.model.slips import unquoted

#: How shells of both families, and people who copied from them, write a variable.
_SHELL = re.compile(r"(?:export\s+|set\s+|\$env:)", re.IGNORECASE)
#: A name of a variable, and not a piece of a key that stands alone in a file.
_NAME = re.compile(r"[A-Z]+(?:_[A-Z0-9]+)+")
_MOST_NAMES = 8
_LONGEST_NAME = 40


def values(text: str, wanted: set[str]) -> dict[str, str]:
    """Return the values that *text* has for the names *wanted*, without quotes; the last of several counts."""
    return {name: unquoted(value) for name, value in _assignments(text) if name in wanted}


def held(text: str) -> str:
    """Return in words which names *text* has values for. Nothing else is shown, as a key may stand alone in it."""
    found = {name: None for name, value in _assignments(text) if value}
    told = [name for name in found if _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME]
    if not told:
        return "there is no line NAME=VALUE in it that could be of use"
    more = ["others"] if len(told) > _MOST_NAMES or len(told) < len(found) else []
    return f"the names in it are {', '.join([*told[:_MOST_NAMES], *more])}"


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    """Yield each name and value of the NAME=VALUE lines in *text*; shells' words before the name are left out."""
    for line in text.lstrip("\ufeff").splitlines():  # Windows' editors mark UTF-8 in this way
        name, separator, value = unquoted(_SHELL.sub("", line.strip(), 1)).partition("=")
        if separator:
            yield name.strip(), value.strip()
