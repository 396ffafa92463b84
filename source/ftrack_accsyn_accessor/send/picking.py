"""What was picked -> conditions of ftrack's query language, one for each kind of entity, whatever their number."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping

from ftrack_accsyn_accessor.ftrack.connection import quoted_batches
from ftrack_accsyn_accessor.send.order import Picked


class Sort(enum.Enum):
    """How an entity leads to versions."""

    PROJECT = "project"
    CONTEXT = "context"  # any typed context; tasks among them, for events do not tell these from shots
    ASSET = "asset"
    VERSION = "version"
    COMPONENT = "component"
    LIST = "list"
    REVIEW = "review session"


#: Types in ftrack's events and its API, in lower case and without underscores. Everything else is a typed context: a
#: studio makes types of its own (ftrack workflow fact sheet, section 1).
_SORTS: Mapping[str, Sort] = {
    **dict.fromkeys(("show", "project"), Sort.PROJECT),
    "asset": Sort.ASSET,
    **dict.fromkeys(("assetversion", "version"), Sort.VERSION),
    **dict.fromkeys(("component", "filecomponent", "sequencecomponent", "containercomponent"), Sort.COMPONENT),
    **dict.fromkeys(("list", "typedcontextlist", "assetversionlist"), Sort.LIST),
    "reviewsession": Sort.REVIEW,
}
#: In selections of ftrack's web page, and nothing that has versions.
_NOISE = frozenset({"socialfeed", "socialnotification", "user", "team", "group", "job", "note"})

#: Versions by what was picked. A task is never an asset's parent, and nothing else is a version's task.
_VERSIONS: Mapping[Sort, str] = {
    Sort.PROJECT: "asset.parent.project_id in ({0}) or asset.context_id in ({0})",
    Sort.CONTEXT: "asset.context_id in ({0}) or asset.parent.ancestors.id in ({0})",
    Sort.ASSET: "asset_id in ({0})",
    Sort.VERSION: "id in ({0})",
    Sort.COMPONENT: "components.id in ({0})",
    Sort.REVIEW: "review_session_objects.review_session_id in ({0})",
}
#: Links to contexts by what was picked: to it, to what is below it, and to what its assets belong to.
_LINKS: Mapping[Sort, str] = {
    Sort.PROJECT: "to.project_id in ({0})",
    Sort.CONTEXT: "to_id in ({0}) or to.ancestors.id in ({0}) or to.children.id in ({0})",
    Sort.ASSET: "to.assets.id in ({0})",
    Sort.VERSION: "to.assets.versions.id in ({0})",
    Sort.COMPONENT: "to.assets.versions.components.id in ({0})",
    Sort.REVIEW: "to.assets.versions.review_session_objects.review_session_id in ({0})",
}


class Picks:
    """The ids of what was picked, by how they lead to versions."""

    def __init__(self, picked: Iterable[Picked] = ()) -> None:
        self._ids: dict[Sort, dict[str, None]] = {sort: {} for sort in Sort}
        for each in picked:
            name = each.entity_type.replace("_", "").replace(" ", "").lower()
            if name not in _NOISE:
                self.add(_SORTS.get(name, Sort.CONTEXT), [each.entity_id])

    def add(self, sort: Sort, ids: Iterable[str]) -> None:
        """Add entities."""
        self._ids[sort].update(dict.fromkeys(ids))

    def of(self, sort: Sort) -> list[str]:
        """Return the ids of one sort, in the order in which they were picked."""
        return list(self._ids[sort])

    def versions(self, *sorts: Sort) -> Iterator[str]:
        """Yield conditions on AssetVersion, by what was picked of *sorts*."""
        return self._conditions(_VERSIONS, sorts)

    def links(self) -> Iterator[str]:
        """Yield conditions on TypedContextLink: what the contexts of all that was picked use."""
        return self._conditions(_LINKS, tuple(_LINKS))

    def _conditions(self, table: Mapping[Sort, str], sorts: Iterable[Sort]) -> Iterator[str]:
        for sort in sorts:
            for ids in quoted_batches(self.of(sort)):
                yield table[sort].format(ids)


def any_of(conditions: Iterable[str]) -> str:
    """Return the condition that any of *conditions* holds; empty where there is none."""
    return " or ".join(f"({each})" for each in conditions)
