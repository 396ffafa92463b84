"""What versions use, and what contexts are linked with: to any depth, cycles survived.

The first levels are asked after by their ids. Where there are more of them, all links of the projects in question are
read instead, so that a long chain costs rows, and no request for each of its links.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted, quoted_batches
from ftrack_accsyn_accessor.send.picking import Picks, any_of


class _Links(NamedTuple):
    """A type of link in ftrack, what it links, and the path from there to the project."""

    entity_type: str
    linked: str
    project: str

    def query(self, condition: str) -> str:
        """Return the query for links, which go from what is used to what uses it."""
        return f"select id, from_id, to_id from {self.entity_type} where {condition} order by id"  # noqa: S608

    def projects_query(self, ids: str) -> str:
        """Return the query for the projects of what is linked."""
        return f"select id, {self.project} from {self.linked} where id in ({ids}) order by id"  # noqa: S608

    def project_of(self, row: Mapping[str, Any]) -> str:
        """Return the project in an answer to that."""
        found: Any = row
        for name in self.project.split("."):
            found = found[name] if found else None
        return found or ""


_VERSIONS = _Links("AssetVersionLink", "AssetVersion", "asset.parent.project_id")
_CONTEXTS = _Links("TypedContextLink", "TypedContext", "project_id")


def used_versions(connection: FtrackConnection, version_ids: Collection[str]) -> set[str]:
    """Return the ids of the versions that *version_ids* use, at any depth. May raise `errors.RegistrationError`.

    One request where nothing is used, at most four in one project, and one more for each 5,000 links.
    """
    return _reach(connection, _VERSIONS, [f"to_id in ({ids})" for ids in quoted_batches(sorted(version_ids))])


def linked_contexts(connection: FtrackConnection, picks: Picks) -> set[str]:
    """Return the ids of the contexts that those of *picks* are linked from, at any depth, as `used_versions` does."""
    condition = any_of(picks.links())
    return _reach(connection, _CONTEXTS, [condition] if condition else [])


def _reach(connection: FtrackConnection, links: _Links, conditions: Sequence[str]) -> set[str]:
    """Return all that is used, beginning with the links on which one of *conditions* holds."""
    found: set[str] = set()
    read: set[str] = set()
    level = {row["from_id"] for row in _ask(connection, map(links.query, conditions))}
    while level:
        found |= level
        batches = list(quoted_batches(sorted(level)))
        rows = _ask(
            connection, [links.query(f"to_id in ({ids})") for ids in batches], map(links.projects_query, batches)
        )
        level = {row["from_id"] for row in rows if "from_id" in row} - found
        unread = {links.project_of(row) for row in rows if "from_id" not in row} - read - {""}
        if level and unread:
            read |= unread
            rows = _ask(connection, [links.query(f"to.{links.project} in ({quoted(sorted(unread))})")])
            level = _closure(level, rows) - found
    return found


def _closure(start: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return *start*, and what is used by it by the links *rows*."""
    sources: dict[str, list[str]] = {}
    for row in rows:
        sources.setdefault(row["to_id"], []).append(row["from_id"])
    found = set(start)
    waiting = list(found)
    while waiting:
        following = set(sources.get(waiting.pop(), ())) - found
        found |= following
        waiting += following
    return found


def _ask(connection: FtrackConnection, *queries: Iterable[str]) -> list[dict[str, Any]]:
    return [row for answer in connection.rows(*(query for each in queries for query in each)) for row in answer]
