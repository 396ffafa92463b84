"""The names of what lies above entities, by their type: what folders are called after."""

from __future__ import annotations

from collections.abc import Iterable

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted_batches


def ancestry(connection: FtrackConnection, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return, for each context in *ids*, the names of itself and of what lies above it, by their types.

    A type is in lower case, with `_` for blanks ("asset_build"); of several of one type the nearest counts. Two queries
    for each 500 contexts; may raise `errors.RegistrationError`.
    """
    links: dict[str, list[dict[str, str]]] = {}
    for batch in quoted_batches(dict.fromkeys(ids)):
        for row in connection.query(f"select id, link from TypedContext where id in ({batch}) order by id"):  # noqa: S608
            links[row["id"]] = list(row["link"])
    types: dict[str, str] = {}
    for batch in quoted_batches(dict.fromkeys(each["id"] for link in links.values() for each in link)):
        query = f"select id, object_type.name from TypedContext where id in ({batch}) order by id"  # noqa: S608
        types.update({row["id"]: str(row["object_type"]["name"]) for row in connection.query(query)})
    return {
        context_id: {types.get(each["id"], "Project").lower().replace(" ", "_"): str(each["name"]) for each in link}
        for context_id, link in links.items()
    }
