"""Which items somebody searches for: as a condition of SQL. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Optional, Union

from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.outbox import records

_SEARCHED = (
    "component_name",
    "component_id",
    "version_name",
    "context",
    "project_name",
    "resource_identifier",
    "username",
    "cause",
)
#: In place of a request's id: the items that were published.
PUBLISHED = 0


def pattern(word: str) -> Union[str, bytes]:
    """Return the operand of LIKE, with `\\` as its escape, for texts in which *word* occurs."""
    return records.storable("%{}%".format(word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")))


def conditions(states: Collection[State], search: str, request: Optional[int]) -> tuple[str, list[Any]]:
    """Return a WHERE clause, or nothing, with its values. Every word of *search* has to occur somewhere."""
    parts: list[str] = []
    values: list[Any] = []
    if request is not None:
        parts.append("reason = ?" if request == PUBLISHED else "request = ?")
        values.append(Reason.PUBLISH.value if request == PUBLISHED else request)
    if states:
        parts.append(f"state IN ({', '.join('?' * len(states))})")
        values += [state.value for state in states]
    for word in search.split():
        parts.append("({})".format(" OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in _SEARCHED)))
        values += [pattern(word)] * len(_SEARCHED)
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), values
