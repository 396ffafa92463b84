"""Values and relations that the server works out when they are asked for."""

from __future__ import annotations

from typing import Any, Callable

from .rows import Rows
from .schema import EntityType
from .table import Row


def value_of(rows: Rows, row: Row, name: str) -> Any:
    """A computed scalar of `row`; None for what a sandbox has no answer to, such as the address of a file."""
    compute = _VALUES.get((row.entity_type.root.name, name))
    return compute(rows, row) if compute else None


def rows_of(rows: Rows, row: Row, name: str) -> list[Row]:
    """The entities of a computed relation of `row`."""
    return _RELATIONS[row.entity_type.root.name, name](rows, row)


def owners_of(rows: Rows, entity_type: EntityType, name: str, row: Row) -> list[Row]:
    """The entities whose computed relation may hold `row`: what `rows_of` says, read backwards."""
    return _OWNERS[entity_type.root.name, name](rows, row)


def is_searchable(entity_type: EntityType, name: str) -> bool:
    """Whether a condition may judge a computed scalar."""
    return (entity_type.root.name, name) in _SEARCHABLE


def _ancestors(rows: Rows, row: Row) -> list[Row]:
    """All contexts above, the project first."""
    found: dict[Row, None] = {}
    parent = rows.lookup("Context", row.values.get("parent_id"))
    while parent is not None and parent not in found:  # within a batch contexts may lie in each other for a moment
        found[parent] = None
        parent = rows.lookup("Context", parent.values.get("parent_id"))
    return list(found)[::-1]


def is_below_itself(rows: Rows, row: Row) -> bool:
    """Whether the way up from a context comes back to it."""
    return row.entity_type.root.name == "Context" and row in _ancestors(rows, row)


def _typed_ancestors(rows: Rows, row: Row) -> list[Row]:
    return [ancestor for ancestor in _ancestors(rows, row) if ancestor.values["context_type"] == "task"]


def _descendants(rows: Rows, row: Row) -> list[Row]:
    found: dict[Row, None] = {}
    waiting = [row]
    while waiting:
        children = rows.select("Context", "parent_id", waiting.pop(0).key[0])
        waiting += [child for child in children if child not in found]
        found.update(dict.fromkeys(children))
    return list(found)


def _context_link(rows: Rows, row: Row) -> list[dict[str, Any]]:
    """Id, name and general type of each context from the project down to this one."""
    return [
        {
            "id": context.key[0],
            "name": context.values["name"],
            "type": "Project" if context.entity_type.name == "Project" else "TypedContext",
        }
        for context in (*_ancestors(rows, row), row)
    ]


def _version_link(rows: Rows, row: Row) -> list[dict[str, Any]]:
    """The link of the context that the asset belongs to, then the version itself."""
    asset = rows.lookup("Asset", row.values.get("asset_id"))
    context = rows.lookup("Context", asset.values.get("context_id")) if asset else None
    if asset is None or context is None:
        return []
    name = f"{asset.values['name']} v{row.values['version']}"
    return [*_context_link(rows, context), {"id": row.key[0], "name": name, "type": "AssetVersion"}]


def _asset_of(rows: Rows, row: Row) -> list[Row]:
    asset = rows.lookup("Asset", row.values.get("asset_id"))
    return [asset] if asset else []


def _latest_version(rows: Rows, row: Row) -> list[Row]:
    """The highest number that is published, as far as known."""
    published = [
        version for version in rows.select("AssetVersion", "asset_id", row.key[0]) if version.values["is_published"]
    ]
    return [max(published, key=lambda version: version.values["version"])] if published else []


def _is_latest_version(rows: Rows, row: Row) -> bool:
    asset = rows.lookup("Asset", row.values.get("asset_id"))
    return asset is not None and _latest_version(rows, asset) == [row]


def _time_logged(rows: Rows, row: Row) -> float:
    """Seconds logged on the context itself."""
    return float(sum(log.values["duration"] for log in rows.select("Timelog", "context_id", row.key[0])))


def _thumbnail_url(rows: Rows, row: Row) -> dict[str, str] | None:
    """There is always one: what has no thumbnail shows a picture that stands for none."""
    component_id = row.values.get("thumbnail_id", row.values.get("component_id"))
    return {"url": rows.picture_address(component_id)} if rows.picture_address else None


_VALUES: dict[tuple[str, str], Callable[[Rows, Row], Any]] = {
    ("Context", "link"): _context_link,
    ("Context", "_link"): _context_link,
    ("Context", "time_logged"): _time_logged,
    ("AssetVersion", "link"): _version_link,
    ("AssetVersion", "_link"): _version_link,
    ("AssetVersion", "is_latest_version"): _is_latest_version,
    **{(name, "thumbnail_url"): _thumbnail_url for name in ("Context", "AssetVersion", "Resource", "NoteComponent")},
}

_RELATIONS: dict[tuple[str, str], Callable[[Rows, Row], list[Row]]] = {
    ("Context", "ancestors"): _typed_ancestors,
    ("Context", "descendants"): _descendants,
    ("Asset", "latest_version"): _latest_version,
}

_OWNERS: dict[tuple[str, str], Callable[[Rows, Row], list[Row]]] = {
    ("Context", "ancestors"): _descendants,
    ("Context", "descendants"): _ancestors,
    ("Asset", "latest_version"): _asset_of,
}

_SEARCHABLE = {("AssetVersion", "is_latest_version")}
