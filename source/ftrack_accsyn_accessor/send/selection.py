"""What was picked in ftrack -> the components that are meant, with where they are registered.

The number of queries grows with the rows that they give, never with what was picked.
"""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted_batches
from ftrack_accsyn_accessor.model.item import Kind
from ftrack_accsyn_accessor.send.finding import find as find
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.send.picking import Picks, Sort, any_of
from ftrack_accsyn_accessor.send.uses import linked_contexts, used_versions

#: What ftrack makes for its own pages, and keeps on its own servers.
_OWN = ("ftrackreview-*", "thumbnail")
_KINDS: Mapping[str, Kind] = {"FileComponent": Kind.FILE, "SequenceComponent": Kind.SEQUENCE}
_VERSION = "select id, version, date, link, asset_id, task_id, asset.name, asset.context_id from AssetVersion where "
#: With where they are registered: one relation to many in one query, never more.
_COMPONENT = (
    "select id, name, size, file_type, version_id, component_locations.location_id, "
    "component_locations.resource_identifier from Component where "
)
_LATEST = " and is_latest_version is True"
_ORDER = " order by id"


class Version(NamedTuple):
    """A version in ftrack. `contexts` are the names from the project down to what its asset belongs to.

    `date` is ISO 8601, UTC; empty where there is none.
    """

    id: str
    number: int
    date: str
    asset: str
    asset_id: str
    task_id: str
    contexts: tuple[str, ...]
    project_id: str

    @property
    def name(self) -> str:
        """What people call it, with what it belongs to below its project: "sh010 plate v003"; empty for none."""
        return " ".join((*self.contexts[1:][-1:], self.own_name)) if self.id else ""

    @property
    def own_name(self) -> str:
        """The name of its asset, and its number: "plate v003"; empty for none."""
        return f"{self.asset} v{self.number:03d}" if self.id else ""

    @property
    def context(self) -> str:
        """The names between its project and its asset: "sq010/sh010"."""
        return "/".join(self.contexts[1:])

    @property
    def project_name(self) -> str:
        """The name of its project."""
        return self.contexts[0] if self.contexts else ""


#: Of a component that belongs to none.
_NONE = Version("", 0, "", "", "", "", (), "")


class Component(NamedTuple):
    """A component of a version. `size_bytes` and `file_type` (".exr") are as ftrack knows them.

    `registered` maps the id of each location that has it to its resource identifier there.
    """

    id: str
    name: str
    kind: Kind
    size_bytes: int
    file_type: str
    version: Version
    registered: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Selection:
    """Components in the order of their contexts, versions and names; and the names of those that were left out.

    The latter are what ftrack itself shows of a version, and are on its own servers alone.
    """

    components: Sequence[Component]
    left_out: Sequence[str] = ()


def select(connection: FtrackConnection, order: Order) -> Selection:
    """Return what *order* picks.

    Versions, components, and the versions of lists and review sessions were picked one by one: they count whether they
    are the latest or not. Of projects, contexts and assets the latest version of each asset does, of a task the latest
    that was made on it, unless *order* wants all. What is used in addition is always the latest version of a linked
    context, and exactly the version that another one uses.

    At most 12 requests, and one more for each 500 rows; without used ones at most 3. Raise `errors.RegistrationError`.
    """
    picks = Picks(order.picked)
    _unfold_lists(connection, picks)
    linked = Picks()
    if order.with_used:
        linked.add(Sort.CONTEXT, linked_contexts(connection, picks))
    versions, others = _versions(connection, picks, linked, order.latest_only)
    if order.with_used:
        known = {**versions, **others}
        versions |= _by_id(connection, used_versions(connection, known) - known.keys())
    return _components(connection, versions, others, picks.of(Sort.COMPONENT), order.components)


def _unfold_lists(connection: FtrackConnection, picks: Picks) -> None:
    """Put what is in the picked lists among *picks*."""
    lists = quoted_batches(picks.of(Sort.LIST))
    query = "select id, entity_id, list.system_type from ListObject where list_id in ({})" + _ORDER  # noqa: S608
    for rows in connection.rows(*map(query.format, lists)):
        for row in rows:
            is_version = row["list"]["system_type"] == "assetversion"
            picks.add(Sort.VERSION if is_version else Sort.CONTEXT, [row["entity_id"]])


def _versions(
    connection: FtrackConnection, picks: Picks, linked: Picks, latest_only: bool
) -> tuple[dict[str, Version], dict[str, Version]]:
    """Return the versions that *picks* and *linked* lead to, and the versions of picked components, by id."""
    tasks = picks.of(Sort.CONTEXT)
    of_tasks = [f"task_id in ({ids})" for ids in quoted_batches(tasks)]
    above = any_of(picks.versions(Sort.PROJECT, Sort.CONTEXT, Sort.ASSET))
    used = any_of(linked.versions(Sort.CONTEXT))
    groups = {
        "picked": any_of([*([f"({above}){_LATEST}" if latest_only else above] if above else []), *of_tasks]),
        "chosen": any_of(picks.versions(Sort.VERSION, Sort.REVIEW)),
        "linked": used and f"({used}){_LATEST}",
        "others": any_of(picks.versions(Sort.COMPONENT)),
    }
    asked = {group: f"{_VERSION}{condition}{_ORDER}" for group, condition in groups.items() if condition}
    found = {group: [*map(_version, rows)] for group, rows in zip(asked, connection.rows(*asked.values()))}
    if latest_only:
        found["picked"] = _latest_of_tasks(found.get("picked", ()), set(tasks))
    others = {version.id: version for version in found.pop("others", ())}
    return {version.id: version for group in found.values() for version in group}, others


def _latest_of_tasks(versions: Sequence[Version], task_ids: set[str]) -> list[Version]:
    """Return *versions* without those of picked tasks that are followed by another one of the same asset and task."""
    latest: dict[tuple[str, str], int] = {}
    for each in versions:
        key = (each.asset_id, each.task_id)
        latest[key] = max(latest.get(key, 0), each.number)
    return [
        each for each in versions if each.task_id not in task_ids or each.number == latest[each.asset_id, each.task_id]
    ]


def _by_id(connection: FtrackConnection, version_ids: Iterable[str]) -> dict[str, Version]:
    queries = [f"{_VERSION}id in ({ids}){_ORDER}" for ids in quoted_batches(sorted(version_ids))]
    return {row["id"]: _version(row) for rows in connection.rows(*queries) for row in rows}


def _components(
    connection: FtrackConnection,
    versions: Mapping[str, Version],
    others: Mapping[str, Version],
    chosen: Sequence[str],
    names: Sequence[str],
) -> Selection:
    """Return the components of *versions* that have one of *names*, and those with the ids *chosen*, of *others*."""
    conditions = [
        *(f"version_id in ({ids})" for ids in quoted_batches(sorted(versions))),
        *(f"id in ({ids})" for ids in quoted_batches(chosen)),
    ]
    answers = connection.rows(*(f"{_COMPONENT}{condition}{_ORDER}" for condition in conditions))
    rows = {row["id"]: row for answer in answers for row in answer}.values()
    known, picked = {**others, **versions}, set(chosen)
    wanted = [
        _component(row, known.get(row["version_id"], _NONE))
        for row in rows
        if row["id"] in picked or not names or _is_one_of(row["name"], names)
    ]
    left_out = [component.name for component in wanted if _is_one_of(component.name, _OWN)]
    shown = (component for component in wanted if not _is_one_of(component.name, _OWN))
    return Selection(sorted(shown, key=_place), left_out)


def _is_one_of(name: Optional[str], patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase((name or "").lower(), pattern.strip().lower()) for pattern in patterns)


def _version(row: Mapping[str, Any]) -> Version:
    above = [each for each in row["link"] or () if each.get("type") != "AssetVersion"]
    return Version(
        id=row["id"],
        number=row["version"] or 0,
        date=(row["date"] or {}).get("value", ""),
        asset=row["asset"]["name"] or "",
        asset_id=row["asset_id"],
        task_id=row["task_id"] or "",
        contexts=tuple(each.get("name") or "" for each in above),
        project_id=above[0]["id"] if above else "",
    )


def _component(row: Mapping[str, Any], version: Version) -> Component:
    return Component(
        id=row["id"],
        name=row["name"] or "",
        kind=_KINDS.get(row["__entity_type__"], Kind.CONTAINER),
        size_bytes=row["size"] or 0,
        file_type=row["file_type"] or "",
        version=version,
        registered={
            each["location_id"]: each["resource_identifier"] or "" for each in row["component_locations"] or ()
        },
    )


def _place(component: Component) -> tuple[Any, ...]:
    version = component.version
    return version.contexts, version.asset, version.number, component.name, component.id
