"""What somebody types on a command line -> what is meant in ftrack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted, quoted_batches
from ftrack_accsyn_accessor.model.errors import Unresolved
from ftrack_accsyn_accessor.send.order import Picked

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_VERSION = re.compile(r"(?P<asset>.+?)[\s/]+v(?P<number>[0-9]+)", re.IGNORECASE)
#: Types that an id may have, and by what people know the entity.
_TYPES = {
    "AssetVersion": "asset.name",
    "Component": "name",
    "TypedContext": "name",
    "Project": "name",
    "Asset": "name",
    "List": "name",
    "ReviewSession": "name",
}
#: Candidates that a refusal lists.
_MOST = 10
_TRIED = "find what is meant in ftrack"
_REMEDY = "Name an id, or a path such as project/sq010/sh010, or project/sq010/sh010/plate v003."


class _Named(NamedTuple):
    """An entity with the path by which it may be named, in lower case for comparison."""

    picked: Picked
    path: str


def find(connection: FtrackConnection, words: Sequence[str]) -> list[Picked]:
    """Return what each of *words* names.

    An id of anything that can be picked; the path of a context from its project on (`project/sq010/sh010`), or its end
    as far as that is enough (`sq010/sh010`); the same with an asset (`project/sq010/sh010/plate`) and with a version
    (`project/sq010/sh010/plate v003`). Case does not count. Raise `errors.Unresolved`, which lists the candidates,
    where nothing or more than one thing has this name, and `errors.RegistrationError`.

    One request for all ids, at most three for each other word.
    """
    ids = _by_id(connection, [word.strip() for word in words if _ID.fullmatch(word.strip())])
    return [ids[word.strip()] if word.strip() in ids else _by_path(connection, word.strip()) for word in words]


def _by_id(connection: FtrackConnection, ids: Sequence[str]) -> dict[str, Picked]:
    queries = [
        f"select id from {entity_type} where id in ({batch}) order by id"  # noqa: S608
        for entity_type in _TYPES
        for batch in quoted_batches(ids)
    ]
    found = {row["id"].lower(): row["__entity_type__"] for rows in connection.rows(*queries) for row in rows}
    for each in ids:
        if each.lower() not in found:
            outcome = "ftrack has nothing with this id, or does not show it to you"
            raise Unresolved(_TRIED, each, outcome, _REMEDY)
    return {each: Picked(found[each.lower()], each) for each in ids}


def _by_path(connection: FtrackConnection, word: str) -> Picked:
    """Return what *word* names: by its last name at first, then by those above it."""
    names = [name.strip() for name in word.replace("\\", "/").split("/") if name.strip()]
    if not names:
        raise Unresolved(_TRIED, word, "it is empty", _REMEDY)
    version = _VERSION.fullmatch("/".join(names[-2:]) if re.fullmatch(r"v[0-9]+", names[-1], re.I) else names[-1])
    if version is not None:
        above = names[:-2] if re.fullmatch(r"v[0-9]+", names[-1], re.I) else names[:-1]
        return _chosen(
            word, _versions(connection, version["asset"], int(version["number"])), [*above, version["asset"]]
        )
    return _chosen(word, [*_contexts(connection, names[-1]), *_assets(connection, names[-1])], names)


def _contexts(connection: FtrackConnection, name: str) -> list[_Named]:
    types = ("Project", "TypedContext")
    answers = connection.rows(*(f"select id, link from {each} where {_like('name', name)}" for each in types))  # noqa: S608
    return [_Named(Picked(row["__entity_type__"], row["id"]), _path(row["link"])) for rows in answers for row in rows]


def _assets(connection: FtrackConnection, name: str) -> list[_Named]:
    rows = connection.rows(f"select id, name, parent.link from Asset where {_like('name', name)}")[0]  # noqa: S608
    return [_Named(Picked("Asset", row["id"]), _path([*row["parent"]["link"], row])) for row in rows if row["parent"]]


def _versions(connection: FtrackConnection, asset: str, number: int) -> list[_Named]:
    condition = f"version is {number} and {_like('asset.name', asset)}"
    rows = connection.rows(f"select id, asset.name, asset.parent.link from AssetVersion where {condition}")[0]  # noqa: S608
    return [
        _Named(Picked("AssetVersion", row["id"]), _path([*row["asset"]["parent"]["link"], row["asset"]]))
        for row in rows
        if row["asset"]["parent"]
    ]


def _like(path: str, name: str) -> str:
    """Return the condition that finds *name* in any case, and perhaps others: what is found is compared afterwards."""
    return f"{path} like {quoted([name.replace('%', '_')])} order by id"


def _path(link: Iterable[Any]) -> str:
    return "/".join(str(each["name"]) for each in link)


def _chosen(word: str, found: Sequence[_Named], names: Sequence[str]) -> Picked:
    """Return that of *found* whose path is *names*, else the only one whose path ends with them."""
    wanted = "/".join(names).lower()
    exact = [each for each in found if each.path.lower() == wanted]
    fitting = exact or [each for each in found if f"/{each.path.lower()}".endswith(f"/{wanted}")]
    if len(fitting) == 1:
        return fitting[0].picked
    if not fitting:
        outcome = "ftrack has nothing of this name, or does not show it to you"
        known = sorted({each.path for each in found})[:_MOST]
        outcome += f"; there is {', '.join(known)}" if known else ""
        raise Unresolved(_TRIED, word, outcome, _REMEDY)
    listed = [f"{each.path} ({each.picked.entity_type} {each.picked.entity_id})" for each in fitting[:_MOST]]
    more = f" and {len(fitting) - _MOST} more" if len(fitting) > _MOST else ""
    raise Unresolved(_TRIED, word, f"it may be {', '.join(listed)}{more}", "Name one of them by its path or id.")
